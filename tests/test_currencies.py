"""Amounts in several currencies: converted by the declared table, set aside, or refused; never added as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clv_ml.config import SourceConfig, TransactionsConfig
from clv_ml.data.quality import CheckedTransactions, check_transactions
from clv_ml.data.sources import read_raw
from clv_ml.engine import Engine
from clv_ml.errors import DataError

COLUMNS = {"customer_id": "id", "timestamp": "ts", "amount": "paid"}


def check(engine: Engine, root: Path, rows: list[str], **policy: Any) -> CheckedTransactions:
    """Purchases with a currency, and one of a source that has no such column."""
    (root / "a.csv").write_text("\n".join(["id,ts,paid,money", *(f"{row}" for row in rows), ""]))
    (root / "b.csv").write_text("id,ts,paid\nz,2024-01-01,7\n")
    sources = (
        SourceConfig(path="a.csv", columns=COLUMNS | {"currency": "money"}),
        SourceConfig(path="b.csv", columns=COLUMNS),
    )
    config = TransactionsConfig(root=root, sources=sources, **policy)
    return check_transactions(engine, read_raw(engine, config), config, currency="USD")


def test_other_currencies_are_converted_by_the_declared_table(engine: Engine, tmp_path: Path) -> None:
    rows = [
        "a,2024-01-01,10,usd",
        "b,2024-01-01,10,EUR",
        "c,2024-01-01,-3,EUR",
        "c,2024-01-01,1000,JPY",
        "d,2024-01-01,1,",
    ]
    rows.append("e,2024-01-01,5,XXX")
    checked = check(engine, tmp_path, rows, exchange_rates={"EUR": 1.0834, "JPY": 0.00671})
    amounts = engine.to_arrow(checked.transactions.orderBy("customer_id", "amount"))["amount"].to_pylist()
    assert [str(amount) for amount in amounts] == ["10.00", "10.83", "-3.25", "6.71", "7.00"]
    assert checked.report.quarantined == {"missing_currency": 1, "no_exchange_rate": 1}
    assert str(checked.report.amount) == "31.29"
    assert checked.report.faults == checked.report.quarantined


def test_without_a_table_another_currency_stops_the_job(engine: Engine, tmp_path: Path) -> None:
    rows = ["a,2024-01-01,10,USD", "b,2024-01-01,10,EUR", "b,2024-01-02,10,EUR", "c,2024-01-01,10,GBP"]
    message = r"amounts in EUR \(2 rows\), GBP \(1 rows\), and the config's currency is USD; .*exchange_rates"
    with pytest.raises(DataError, match=message):
        check(engine, tmp_path, rows)
    excluded = [{"column": "currency", "matches": "^(EUR|GBP)$", "reason": "abroad"}]
    checked = check(engine, tmp_path, rows, exclude=excluded)
    assert checked.report.quarantined == {"abroad": 3}
