"""Quality: every row is valid or in quarantine under one reason, and the reasons are the right ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_ml.config import ExcludeRule, RowPolicy, SourceConfig, TransactionsConfig, load_config
from clv_ml.data.contract import BROKEN_RECORDS, FAULTS
from clv_ml.data.quality import CheckedTransactions, QualityReport, check_transactions, enforce_limit
from clv_ml.data.sources import canonical, read_raw, with_provenance
from clv_ml.engine import Engine
from clv_ml.errors import ConfigError, DataError, DataQualityError

GOOD = ("a", "2024-01-10", "10")
Row = tuple[str | None, ...]


def check(engine: Engine, rows: Sequence[Row], **policy: Any) -> CheckedTransactions:
    names = ["customer_id", "timestamp", "amount", "order_id"][: len(rows[0])] if rows else ["customer_id"]
    frame = pd.DataFrame(list(rows), columns=names, dtype="string")
    raw = engine.materialise(canonical(engine.from_pandas(with_provenance(frame, "orders"))))
    return check_transactions(engine, raw, RowPolicy(**policy))


# each reason with the smallest example: rows beside one good row, and the policy they break
EXAMPLES: list[tuple[str, Row, dict[str, Any]]] = [
    ("missing_customer_id", (None, "2024-01-11", "1"), {}),
    ("missing_customer_id", ("  ", "2024-01-11", "1"), {}),
    ("missing_customer_id", ("NaN", "2024-01-11", "1"), {}),
    ("missing_customer_id", (" N/A ", "2024-01-11", "1"), {}),
    ("mangled_customer_id", ("1.23E+11", "2024-01-11", "1"), {}),
    ("control_character", ("a\x00b", "2024-01-11", "1"), {}),
    ("missing_timestamp", ("a", None, "1"), {}),
    ("missing_timestamp", ("a", " ", "1"), {}),
    ("unreadable_timestamp", ("a", "11 Jan", "1"), {}),
    ("unreadable_timestamp", ("a", "2024-02-30", "1"), {}),
    ("unreadable_timestamp", ("a", "infinity", "1"), {}),
    ("unreadable_timestamp", ("a", "9999-12-31", "1"), {}),
    ("unreadable_timestamp", ("a", "epoch", "1"), {}),
    ("unreadable_timestamp", ("a", "2024-01-11 10:00 PM", "1"), {}),
    ("unreadable_timestamp", ("a", "2024-01-11 10:00 Europe/Berlin", "1"), {}),
    ("missing_amount", ("a", "2024-01-11", None), {}),
    ("missing_amount", ("a", "2024-01-11", ""), {}),
    ("unreadable_amount", ("a", "2024-01-11", "ten"), {}),
    ("unreadable_amount", ("a", "2024-01-11", "1,234.50"), {}),
    ("unreadable_amount", ("a", "2024-01-11", "1_000"), {}),
    ("non_finite_amount", ("a", "2024-01-11", "NaN"), {}),
    ("non_finite_amount", ("a", "2024-01-11", "-inf"), {}),
    ("amount_out_of_range", ("a", "2024-01-11", "1e300"), {}),
    ("amount_out_of_range", ("a", "2024-01-11", "-1000000000000"), {}),
    ("after_data_end", ("a", "2024-02-01", "1"), {"data_end": dt.date(2024, 1, 31)}),
    ("refund_without_purchase", ("b", "2024-01-11", "-1"), {}),
    ("refund_without_purchase", ("a", "2024-01-09", "-1"), {}),
    ("zero_amount", ("a", "2024-01-11", "0.00"), {"zero_amounts": "quarantine"}),
    ("refund_dropped", ("a", "2024-01-11", "-1"), {"refunds": "drop"}),
    ("staff", ("a", "2024-01-11", "17"), {"exclude": (ExcludeRule(column="amount", matches="^17$", reason="staff"),)}),
]


def test_each_fault_has_its_example(engine: Engine) -> None:
    faults = [(reason, row) for reason, row, policy in EXAMPLES if not policy]
    checked = check(engine, [GOOD, *(row for _, row in faults)])
    aside = engine.to_pandas(checked.quarantine).sort_values("source_line")
    assert aside["source_line"].tolist() == list(range(2, len(faults) + 2))
    assert aside["reason"].tolist() == [reason for reason, _ in faults]
    assert checked.report.rows_valid == 1
    assert checked.report.bad_share == len(faults) / (len(faults) + 1)
    elsewhere = {"duplicate_line", "ambiguous_timestamp", "missing_currency", "no_exchange_rate", *BROKEN_RECORDS}
    assert {reason for reason, _, _ in EXAMPLES} | elsewhere >= set(FAULTS)


@pytest.mark.parametrize(("reason", "row", "policy"), [example for example in EXAMPLES if example[2]])
def test_each_policy_has_its_example(engine: Engine, reason: str, row: Row, policy: dict[str, Any]) -> None:
    checked = check(engine, [GOOD, row], **policy)
    assert checked.report.quarantined == {reason: 1}
    assert (checked.report.rows_in, checked.report.rows_valid) == (2, 1)
    assert checked.report.bad_share == (0.5 if reason in FAULTS else 0.0)


def test_a_copy_of_a_line_is_set_aside_where_order_ids_tell(engine: Engine) -> None:
    line = ("a", "2024-01-10", "10", "o1")
    checked = check(engine, [line, line, line, ("a", "2024-01-10", "10", "o2")])
    assert checked.report.quarantined == {"duplicate_line": 2}
    assert engine.to_pandas(checked.quarantine)["source_line"].tolist() == [2, 3]
    assert check(engine, [line, line], duplicates="keep").report.quarantined == {}
    # without an order id two equal purchases may be two purchases
    assert check(engine, [GOOD, GOOD]).report.quarantined == {}
    assert check(engine, [(*GOOD, None), (*GOOD, None)]).report.quarantined == {}


def test_a_row_has_one_reason_the_first_that_holds(engine: Engine) -> None:
    rule = ExcludeRule(column="customer_id", matches="^test", reason="test_account")
    rows = [GOOD, (None, None, None), ("a", None, "x"), ("a", "2024-01-11", "x"), ("test1", "soon", "x")]
    found = check(engine, rows, exclude=(rule,)).report.quarantined
    assert found == {"missing_customer_id": 1, "missing_timestamp": 1, "test_account": 1, "unreadable_amount": 1}


texts = st.sampled_from([None, "", " ", "a", "b", " a ", "00123", "x y"])
dates = st.sampled_from([None, "", "soon", "2024-02-30", "2024-01-05", "2024-01-20 10:00", "2024-03-01", "epoch"])
amounts = st.sampled_from([None, "", "nan", "inf", "1e99", "-5", "0", "7.5", "-0.001", "ten", "999999999999", "-7.5"])
orders = st.sampled_from([None, "", "o1", "o2"])


@settings(settings.get_profile("engine"), max_examples=10)
@given(
    rows=st.lists(st.tuples(texts, dates, amounts, orders), max_size=40),
    refunds=st.sampled_from(["net", "drop"]),
    zero=st.sampled_from(["keep", "quarantine"]),
    end=st.sampled_from([None, dt.date(2024, 1, 15)]),
)
def test_rows_in_are_valid_or_quarantined(
    engine: Engine, rows: list[Row], refunds: str, zero: str, end: dt.date | None
) -> None:
    checked = check(engine, [(*GOOD, "good"), *rows], refunds=refunds, zero_amounts=zero, data_end=end)
    report = checked.report
    assert report.rows_in == 1 + len(rows) == report.rows_valid + sum(report.quarantined.values())
    assert report.rows_valid == engine.row_count(checked.transactions)
    aside = engine.to_pandas(checked.quarantine)
    assert aside["reason"].value_counts().to_dict() == report.quarantined
    valid = engine.to_pandas(checked.transactions)
    assert valid[["customer_id", "timestamp", "day", "amount"]].notna().all(axis=None)
    assert valid["amount"].abs().max() < 1e12
    assert (valid["customer_id"].str.strip() == valid["customer_id"]).all()
    assert (report.customers, report.refund_rows) == (valid["customer_id"].nunique(), (valid["amount"] < 0).sum())
    assert report.first_day == valid["day"].min().date()
    assert sum(sum(counts.values()) for counts in report.by_file.values()) == report.rows_in


def test_the_quarantine_says_where_a_row_stands_and_what_it_held(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id,ts,paid,land\na,2024-01-10,10,NL\nb,soon,ten,BE\n")
    columns = {"customer_id": "id", "timestamp": "ts", "amount": "paid", "country": "land"}
    config = TransactionsConfig(root=tmp_path, sources=(SourceConfig(path="orders.csv", columns=columns),))
    checked = check_transactions(engine, read_raw(engine, config), config)
    assert engine.to_pandas(engine.with_originals(checked.quarantine)).to_dict("records") == [
        {
            "source_file": "orders.csv",
            "source_line": 2,
            "reason": "unreadable_timestamp",
            "customer_id": "b",
            "timestamp_text": "soon",
            "amount_text": "ten",
            "country": "BE",
            "original": '{"id":"b","ts":"soon","paid":"ten","land":"BE"}',
        }
    ]
    assert list(checked.transactions.columns) == ["customer_id", "timestamp", "day", "amount", "country"]
    assert checked.report.to_dict()["by_file"] == {"orders.csv": {"unreadable_timestamp": 1, "valid": 1}}


def test_no_valid_row_is_an_error_that_counts_the_reasons(engine: Engine) -> None:
    with pytest.raises(DataError, match=r"no valid row among 2 \(missing_amount: 1, unreadable_timestamp: 1\)"):
        check(engine, [("a", "2024-01-10", None), ("a", "soon", "1")])


def test_refunds_are_an_error_where_the_config_says_so(engine: Engine) -> None:
    with pytest.raises(DataError, match="transactions: 1 refunds, and the config says `refunds: raise`"):
        check(engine, [GOOD, ("a", "2024-01-11", "-1")], refunds="raise")


def test_an_exclude_rule_must_name_a_mapped_column_and_a_reason_of_its_own(engine: Engine) -> None:
    for column, reason, message in [
        ("region", "staff", "no column 'region'; mapped: customer_id, timestamp, amount$"),
        ("amount", "valid", "the reason 'valid' has a meaning already"),
        ("amount", "missing_amount", "the reason 'missing_amount' has a meaning already"),
    ]:
        with pytest.raises(ConfigError, match=message):
            check(engine, [GOOD], exclude=(ExcludeRule(column=column, matches="x", reason=reason),))


def test_the_limit_counts_faults_only() -> None:
    counts = {"missing_amount": 6, "zero_amount": 50, "not_a_sale": 30, "outside_source_window": 4, "duplicate_line": 2}
    day = dt.date(2024, 1, 1)
    report = QualityReport(100, 8, counts, refund_rows=0, customers=1, first_day=day, last_day=day)
    assert report.bad_share == 0.08
    enforce_limit(report, RowPolicy(max_bad_share=0.08))
    message = r"8.0% of 100 rows break the contract, more than the 5.0% .* \(missing_amount: 6, duplicate_line: 2\)"
    with pytest.raises(DataQualityError, match=message) as caught:
        enforce_limit(report, RowPolicy())
    assert caught.value.exit_code == 3
    limits = {"missing_amount": 0.06, "zero_amount": 0.5, "no_exchange_rate": 0.0}
    enforce_limit(report, RowPolicy(max_bad_share=0.08, max_bad_share_by_reason=limits))
    message = r"50 of 100 rows are set aside as zero_amount \(50.00%\), more than the 10.00% of .*_by_reason.zero"
    with pytest.raises(DataQualityError, match=message):
        enforce_limit(report, RowPolicy(max_bad_share=0.08, max_bad_share_by_reason=limits | {"zero_amount": 0.1}))


@pytest.mark.data
def test_online_retail_is_counted_like_an_independent_count(engine: Engine, data_dir: Path) -> None:
    file = Path(__file__).parents[1] / "configs" / "online_retail.yaml"
    root = data_dir / "online_retail"
    config = load_config(file, overrides=[f"transactions.root={root}"], environment={}).transactions
    report = check_transactions(engine, read_raw(engine, config), config).report
    old = pd.read_parquet(root / "online_retail_II_2009_2010.parquet")
    new = pd.read_parquet(root / "online_retail_2010_2011.parquet")
    lines = pd.concat([_counted(old, end=pd.Timestamp("2010-12-01 08:26")), _counted(new, end=None)])
    bought = lines[lines["reason"].isna() & (lines["amount"] > 0)].groupby("id")["day"].min()
    orphan = lines["reason"].isna() & (lines["amount"] < 0) & ~(lines["day"] >= lines["id"].map(bought))
    lines.loc[orphan, "reason"] = "refund_without_purchase"
    assert report.quarantined == lines["reason"].value_counts().to_dict()
    assert report.rows_in == 541_909 + 525_461
    assert report.rows_valid == lines["reason"].isna().sum()
    assert report.refund_rows == (lines["reason"].isna() & (lines["amount"] < 0)).sum() > 10_000  # cancellations
    assert report.customers == lines.loc[lines["reason"].isna(), "id"].nunique()
    # the quirks that the data are known for
    assert len(set(old["Invoice"]) & set(new["InvoiceNo"])) == 1088
    assert report.quarantined["outside_source_window"] == (old["Invoice"].isin(set(new["InvoiceNo"]))).sum()
    assert 0.20 < old["Customer ID"].isna().mean() < 0.22
    assert 0.24 < new["CustomerID"].isna().mean() < 0.26
    assert 0.005 < report.quarantined["duplicate_line"] / report.rows_in < 0.015


def _counted(raw: pd.DataFrame, end: pd.Timestamp | None) -> pd.DataFrame:
    """The reason of each line of one file, in pandas."""
    names = {"Invoice": "InvoiceNo", "Price": "UnitPrice", "Customer ID": "CustomerID"}
    lines = raw.rename(columns=names)
    moment = pd.to_datetime(lines["InvoiceDate"])
    amount = lines["Quantity"].astype(float) * lines["UnitPrice"].astype(float)
    product = lines["StockCode"].str.strip()
    not_a_sale = product.isin(["AMAZONFEE", "BANK CHARGES", "B", "CRUK"]) | product.str.fullmatch(r"TEST\d+")
    rules = {
        "outside_source_window": moment >= end if end is not None else moment.isna(),
        "bad_debt_adjustment": lines["InvoiceNo"].str.startswith("A"),
        "not_a_sale": not_a_sale,
        "missing_customer_id": lines["CustomerID"].isna(),
        "missing_amount": amount.isna(),
        "zero_amount": amount.abs() < 0.005,
    }
    reason = pd.Series(None, index=lines.index, dtype="object")
    for name, holds in rules.items():
        reason = reason.mask(reason.isna() & holds.fillna(False).astype(bool), name)
    copies = raw[reason.isna()].duplicated(keep="first")
    reason.loc[copies.index[copies]] = "duplicate_line"
    ids = lines["CustomerID"].astype("Int64").astype("string")
    return pd.DataFrame({"reason": reason, "id": ids, "day": moment.dt.normalize(), "amount": amount})
