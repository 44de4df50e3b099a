"""Features and the leak test: what comes after the cutoff, row order and threads change nothing, byte for byte."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import START, Order, features_of, purchase_days, tables, transactions_of

from clv_ml.config import ChurnConfig, EngineConfig, SourceConfig, TransactionsConfig
from clv_ml.data.quality import check_transactions
from clv_ml.data.sources import read_raw
from clv_ml.engine import DataFrame, Engine
from clv_ml.models.training_rows import training_snapshots
from clv_ml.snapshot.features import PURCHASE_FEATURES, purchase_features
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import Window, day_totals

CUTOFF = dt.date(1997, 12, 31)


def features(engine: Engine, orders: list[Order], cutoff: dt.date) -> pd.DataFrame:
    """Planned once, as it takes longer than to count."""

    def build(frames: Mapping[str, DataFrame], day: dt.date) -> DataFrame:
        return purchase_features(Window(day, 1).history(day_totals(frames["orders"])), day)

    known = {"orders": transactions_of(engine, orders)}
    return engine.to_pandas(engine.planned("features of orders", known, cutoff, build))


@settings(settings.get_profile("engine"), max_examples=12)
@given(orders=tables(), cut=st.integers(0, 420))
def test_features_equal_a_plain_python_count(engine: Engine, orders: list[Order], cut: int) -> None:
    cutoff = START + dt.timedelta(days=cut)
    expected = features_of(purchase_days([order for order in orders if order.day <= cutoff]), cutoff)
    table = features(engine, orders, cutoff).set_index("customer_id")
    table = table[list(PURCHASE_FEATURES)].astype("float64")
    assert set(table.index) == set(expected)
    for customer, row in expected.items():
        assert set(row) == set(PURCHASE_FEATURES)
        for name, value in row.items():
            got = table[name].loc[customer]
            assert (math.isnan(got) and math.isnan(value)) or got == pytest.approx(value, rel=1e-12, abs=1e-9), name


def test_one_customer_worked_by_hand(engine: Engine) -> None:
    days = {0: 1000, 5: 2000, 20: 3000, 200: 4000}  # gaps 5, 15, 180
    orders = [Order("a", START + dt.timedelta(days=n), cents, None) for n, cents in days.items()]
    cutoff = START + dt.timedelta(days=230)
    row = features(engine, orders, cutoff).iloc[0]
    told = {name: row[name] for name in ("frequency", "recency", "T", "monetary_value", "days_since_last")}
    assert told == {"frequency": 3, "recency": 200, "T": 230, "monetary_value": 30.0, "days_since_last": 30}
    assert (row["purchases_first_7d"], row["spend_first_7d"]) == (1, 30.0)
    assert (row["purchases_last_30d"], row["purchases_last_60d"]) == (0, 1)  # day 200 is 30 days ago: outside 30
    assert (row["gap_max"], row["gap_last"], row["days_to_second"]) == (180, 180, 5)
    assert row["silence_ratio"] == pytest.approx(30 / (200 / 3))


def test_a_history_without_rows_gives_a_table_without_rows(engine: Engine) -> None:
    totals = day_totals(transactions_of(engine, [Order("a", START, 100, None)]))
    before = START - dt.timedelta(days=1)
    table = engine.to_arrow(purchase_features(Window(before, 1).history(totals), before))
    assert table.num_rows == 0
    assert table.column_names == ["customer_id", "first_day", *PURCHASE_FEATURES]


@pytest.fixture(scope="module")
def orders(cdnow_sample: pd.DataFrame) -> pd.DataFrame:
    """300 customers with order ids, refunds and exact duplicates, before and after the cutoff."""
    some = cdnow_sample[cdnow_sample["customer_id"].isin(sorted(cdnow_sample["customer_id"].unique())[:300])]
    some = some.reset_index(drop=True).assign(order_id=[f"o{n}" for n in range(len(some))])
    refunds = some.iloc[::17].assign(amount=lambda rows: -rows["amount"] / 2)
    return pd.concat([some, refunds, some.iloc[::23]], ignore_index=True)


def variants(orders: pd.DataFrame) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(7)
    later = orders["timestamp"].dt.date > CUTOFF
    assert 0.1 < later.mean() < 0.9
    past, future = orders[~later], orders[later]
    moved = future.assign(timestamp=future["timestamp"] + pd.Timedelta(days=40), amount=future["amount"] * 3 + 1)
    extra = future.assign(customer_id="new" + future["customer_id"], amount=1e6, order_id="new")
    refunded = past.assign(timestamp=pd.Timestamp("1998-02-01"), amount=-past["amount"], order_id="late")
    return {
        "deleted": past,
        "moved, changed, made unreadable": pd.concat([past, moved, future.assign(amount=np.nan)]),
        "new customers, refunds, duplicates": pd.concat([orders, extra, refunded, orders[later]]),
        "shuffled": orders.iloc[rng.permutation(len(orders))],
    }


def digests(orders: pd.DataFrame, folder: Path, *, threads: int = 2, snapshots: bool = False) -> list[str]:
    """Walk from a file to features and (costly) training rows, and digest their bytes."""
    file = folder / "orders.parquet"
    orders.to_parquet(file, index=False)
    source = SourceConfig(path=str(file), columns={name: name for name in orders.columns})
    config = TransactionsConfig(sources=(source,))
    with Engine(EngineConfig(threads=threads)) as engine:
        transactions = check_transactions(engine, read_raw(engine, config), config).transactions
        totals = engine.materialise(day_totals(transactions))
        history = engine.materialise(Window(CUTOFF, 1).history(totals))
        tables = [engine.to_arrow(purchase_features(history, CUTOFF).orderBy("customer_id"))]  # RFM among them
        if snapshots:
            churn = ChurnConfig(horizons_days=(90,), max_snapshots=1)
            rows = training_snapshots(
                engine, Tables(totals), CUTOFF, dt.date(1997, 1, 1), churn, progress=lambda line: None
            )
            tables.append(pa.Table.from_pandas(rows))
    return [digest(table) for table in tables]


@pytest.fixture(scope="module")
def truth(orders: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return digests(orders, tmp_path_factory.mktemp("truth"), threads=1, snapshots=True)


def digest(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


@pytest.mark.parametrize("change", ["deleted", "moved, changed, made unreadable", "shuffled"])
def test_rows_after_the_cutoff_and_row_order_change_no_byte(
    orders: pd.DataFrame, truth: list[str], change: str, tmp_path: Path
) -> None:
    assert digests(variants(orders)[change], tmp_path) == truth[:1]


def test_nor_do_training_rows_depend_on_later_rows_or_on_threads(
    orders: pd.DataFrame, truth: list[str], tmp_path: Path
) -> None:
    changed = variants(orders)["new customers, refunds, duplicates"]
    assert digests(changed, tmp_path, threads=4, snapshots=True) == truth


def test_a_change_before_the_cutoff_does_show(orders: pd.DataFrame, truth: list[str], tmp_path: Path) -> None:
    changed = orders.assign(amount=orders["amount"].where(orders.index != 0, 99.0))
    assert digests(changed, tmp_path) != truth[:1]
