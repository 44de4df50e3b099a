"""The contract: one list of reasons, each told in its table; limits that no row can reach are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clv_ml.config import build_config
from clv_ml.data import contract
from clv_ml.data.contract import CUSTOMER_FAULTS, DECLARED, EVENT_FAULTS, FAULTS, require_known_reasons
from clv_ml.errors import ConfigError

FILE = {"path": "a.csv", "columns": {"customer_id": "id", "timestamp": "ts", "amount": "paid"}}
RULE = {"column": "amount", "at_least": 0, "reason": "too_cheap"}


def told() -> dict[str, tuple[str, str]]:
    """Tables and fault of each reason, from the table in the docstring."""
    lines = str(contract.__doc__).split("=\n")[2].splitlines()
    return {line[:26].strip(): (line[26:33].replace(" ", ""), line[33:39].strip()) for line in lines if line[:1] != "="}


def test_every_reason_is_told_with_its_tables_and_whether_it_is_a_fault() -> None:
    table = told()
    for letter, faults in (("t", FAULTS), ("e", EVENT_FAULTS), ("c", CUSTOMER_FAULTS)):
        assert {reason for reason in faults if letter not in table[reason][0] or table[reason][1] != "yes"} == set()
    assert {table[reason][1] for reason in DECLARED} == {"no"}
    codes = {*FAULTS, *DECLARED, *EVENT_FAULTS, *CUSTOMER_FAULTS}
    assert {reason for reason in table if " " not in reason and "<" not in reason} - codes == {"unreadable_signup_at"}


def test_a_limit_for_a_reason_that_no_row_can_have_is_refused(tmp_path: Path) -> None:
    def require(table: str, **limits: float) -> None:
        tree: dict[str, Any] = {"name": "shop", "transactions": {"sources": [FILE], "rules": [RULE]}}
        tree["events"] = {
            "sources": [{"path": "e.csv", "columns": {"customer_id": "id", "timestamp": "ts"}, "event_type": "x"}]
        }
        tree["customers"] = {
            "sources": [{"path": "c.csv", "columns": {"customer_id": "id", "age": "a"}}],
            "numbers": ["age"],
        }
        tree[table]["max_bad_share_by_reason"] = limits
        require_known_reasons(build_config(tree, environment={}))

    require("transactions", unreadable_amount=0.01, too_cheap=0.5, duplicate_file=0.0)
    require("events", unreadable_value=0.01)
    require("customers", unreadable_age=0.01, repeated_customer=0.0)
    for table in ("transactions", "events", "customers"):
        with pytest.raises(
            ConfigError, match=rf"{table}\.max_bad_share_by_reason: no row is set aside as unreadable_amuont"
        ):
            require(table, unreadable_amuont=0.1)
