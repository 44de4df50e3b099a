"""Value rules: each kind finds what breaks it, an empty value is asked of by `required` alone."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from clv_ml.config import RowPolicy, ValueRule
from clv_ml.data.quality import check_transactions
from clv_ml.data.sources import canonical, with_provenance
from clv_ml.engine import Engine
from clv_ml.errors import ConfigError


def lines_that_break(engine: Engine, **rule: Any) -> list[int]:
    rows = [
        ("a1", "2024-01-01", "10", "a1-x"),
        ("a1", "2024-01-01", "20", "b2-x"),
        ("b2", "2024-02-01", "30", None),
        ("B2", "2024-03-01", "30", "B2-y"),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount", "order_id"], dtype="string")
    raw = engine.materialise(canonical(engine.from_pandas(with_provenance(frame, "orders"))))
    checked = check_transactions(engine, raw, RowPolicy(rules=({"reason": "wrong"} | rule,)))
    assert checked.report.faults == checked.report.quarantined
    return sorted(engine.to_pandas(checked.quarantine)["source_line"])


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        ({"column": "order_id", "required": True}, [3]),
        ({"column": "order_id", "matches": "x$"}, [4]),
        ({"column": "order_id", "matches": "x$", "required": True}, [3, 4]),
        ({"column": "order_id", "one_of": ["a1-x", "B2-y"]}, [2]),
        ({"column": "order_id", "starts_with": "customer_id"}, [2]),
        ({"column": "customer_id", "matches": "^[a-z]"}, [4]),
        ({"column": "amount", "at_least": 20}, [1]),
        ({"column": "amount", "at_least": 15, "at_most": 25}, [1, 3, 4]),
        ({"column": "amount", "most_alike": 1}, [3, 4]),
        ({"column": "amount", "sum_of": ["amount"]}, []),
        ({"column": "order_id", "sum_of": ["amount"]}, [1, 2, 4]),
        ({"column": "timestamp", "at_least": "2024-01-15", "at_most": "2024-02-15"}, [1, 2, 4]),
    ],
)
def test_each_kind_of_rule_finds_what_breaks_it(engine: Engine, rule: dict[str, Any], lines: list[int]) -> None:
    assert lines_that_break(engine, **rule) == lines


def test_a_rule_must_name_columns_that_are_there_and_a_reason_of_its_own(engine: Engine) -> None:
    with pytest.raises(ConfigError, match=r"transactions\.rules: no column 'country'; mapped: customer_id, "):
        lines_that_break(engine, column="country", required=True)
    with pytest.raises(ConfigError, match=r"transactions\.rules: no column 'country'"):
        lines_that_break(engine, column="amount", sum_of=["country"])
    with pytest.raises(ConfigError, match="the reason 'missing_amount' has a meaning already"):
        lines_that_break(engine, column="amount", required=True, reason="missing_amount")
    with pytest.raises(ValueError, match="say what amount must hold"):
        ValueRule(column="amount", reason="wrong")
    with pytest.raises(ValueError, match="not a regular expression"):
        ValueRule(column="amount", reason="wrong", matches="(")
