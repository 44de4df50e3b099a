"""The straight path to a file of values: the numbers of the ordinary way, or a refusal that counts rows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from value_file_data import COUNTS, VALUES, ordinary, require_equal, written

from clv_ml.data.datasets import load_dataset
from clv_ml.data.simulate import simulate
from clv_ml.data.simulation_parameters import SimulationParameters
from clv_ml.errors import ClvError, ConfigError, DataError
from clv_ml.models import _value_tables
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value_file import write_values

CUTOFF = "1997-09-30"


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """Orders of the 1/10 sample, of which some are free and some are of one day."""
    return load_dataset("cdnow_sample")[["customer_id", "timestamp", "amount"]]


@pytest.fixture(scope="module")
def refunded() -> pd.DataFrame:
    """Simulated orders, some of them free or sent back, at once or later, and a customer who buys daily."""
    orders = simulate(SimulationParameters(days=400), customers=600, seed=3).transactions
    rng = np.random.default_rng(5)
    orders = orders[["customer_id", "timestamp", "amount"]]
    back = orders.sample(150, random_state=1)
    late = pd.to_timedelta(rng.integers(0, 40, len(back)), unit="D")
    back = back.assign(
        amount=-back["amount"] * rng.choice([0.3, 1.0, 2.5], len(back)), timestamp=back["timestamp"] + late
    )
    free = orders.sample(80, random_state=2).assign(amount=0.0)
    days = pd.date_range("2011-01-01", periods=5010, freq="D")
    daily = pd.DataFrame({"customer_id": "daily", "timestamp": days, "amount": 20.0 + np.arange(5010) % 7})
    whole = pd.concat([orders, back, free, daily])
    return whole.assign(amount=whole["amount"].round(2)).sample(frac=1.0, random_state=3)


def test_cdnow_is_valued_as_by_the_ordinary_way(cdnow: pd.DataFrame, tmp_path: Path) -> None:
    table, found = written(tmp_path, cdnow, CUTOFF)
    require_equal(table, ordinary(cdnow, CUTOFF))
    assert found.customers == len(table) == 2357
    assert found.purchases.params_["r"] == pytest.approx(0.2426, abs=1e-4)


def test_refunds_free_orders_and_a_purchase_on_5000_days_are_netted_and_counted_alike(
    refunded: pd.DataFrame, tmp_path: Path
) -> None:
    cutoff = "2024-10-31"
    table, found = written(tmp_path, refunded, cutoff)
    expected = ordinary(refunded, cutoff)
    require_equal(table, expected)
    assert expected["frequency"].max() >= 5000
    rfm = expected[[*COUNTS, "monetary_value"]]
    # the same rows are fitted, though counted in another way
    assert dict(found.purchases.params_) == dict(PurchaseModel().fit(rfm).params_)
    assert dict(found.spend.params_) == dict(SpendModel().fit(rfm).params_)


def test_one_customer_is_a_table_too(tmp_path: Path) -> None:
    orders = pd.DataFrame({"customer_id": 7, "timestamp": pd.to_datetime(["2024-01-01", "2024-02-01"]), "amount": 9.0})
    table, _ = written(tmp_path, orders, "2024-03-01")
    require_equal(table, ordinary(orders, "2024-03-01"))
    assert table["customer_id"].tolist() == [7]


def test_rows_after_the_cutoff_change_nothing(cdnow: pd.DataFrame, tmp_path: Path) -> None:
    before = cdnow[cdnow["timestamp"] < "1997-10-01"]
    (tmp_path / "all").mkdir()
    table, _ = written(tmp_path / "all", cdnow, CUTOFF)
    (tmp_path / "before").mkdir()
    pd.testing.assert_frame_equal(table, written(tmp_path / "before", before, CUTOFF)[0])


def test_files_in_any_order_with_own_names_and_types_of_columns_give_one_table(
    cdnow: pd.DataFrame, tmp_path: Path
) -> None:
    expected, _ = written(tmp_path, cdnow, CUTOFF)
    shuffled = cdnow.sample(frac=1.0, random_state=1).rename(columns={"customer_id": "Kunde", "amount": "Betrag"})
    (tmp_path / "parts").mkdir()
    shuffled[:2000].assign(timestamp=lambda part: part["timestamp"].dt.date).to_parquet(
        tmp_path / "parts" / "a.parquet"
    )
    shuffled[2000:].assign(Betrag=lambda part: part["Betrag"].astype("float32")).to_parquet(
        tmp_path / "parts" / "b.parquet"
    )
    found = write_values(
        tmp_path / "parts",
        tmp_path / "again.parquet",
        cutoff=dt.date(1997, 9, 30),
        columns={"customer_id": "Kunde", "amount": "Betrag"},
        memory_limit="500MB",
        threads=1,
        **VALUES,
    )
    pd.testing.assert_frame_equal(pd.read_parquet(found.path), expected)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != ".lock") == [
        *("again.parquet", "orders.parquet", "parts", "values.parquet")
    ]


@pytest.mark.parametrize("far", [10**15, 4 * 10**18])
def test_whole_numbers_stay_whole_numbers_however_far_apart(cdnow: pd.DataFrame, tmp_path: Path, far: int) -> None:
    numbered = cdnow.assign(customer_id=cdnow["customer_id"].astype(int))
    plain, _ = written(tmp_path, numbered, CUTOFF)
    spread = numbered["customer_id"] % 2
    table, _ = written(tmp_path, numbered.assign(customer_id=numbered["customer_id"] + far * spread), CUTOFF)
    even = plain["customer_id"] % 2 == 0
    assert table["customer_id"].tolist() == [*plain["customer_id"][even], *plain["customer_id"][~even] + far]
    moved = pd.concat([plain[even], plain[~even]], ignore_index=True)
    pd.testing.assert_frame_equal(table.drop(columns="customer_id"), moved.drop(columns="customer_id"))


def test_an_amount_too_large_for_the_bits_is_kept_apart(cdnow: pd.DataFrame, tmp_path: Path) -> None:
    huge = pd.DataFrame(
        {"customer_id": ["000001"] * 2, "timestamp": pd.Timestamp("1800-01-01"), "amount": [9e11, 0.125]}
    )
    orders = pd.concat([cdnow[:300], huge.assign(timestamp=huge["timestamp"].astype("datetime64[us]"))])
    require_equal(written(tmp_path, orders, CUTOFF)[0], ordinary(orders, CUTOFF))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"timestamp": "2024-01-01"}, DataError, "timestamp has the type VARCHAR; convert it"),
        ({"amount": "1.0"}, DataError, "amount has the type VARCHAR; convert it"),
        ({"amount": 0.0}, DataError, "spend cannot be learned"),
    ],
)
def test_what_cannot_be_valued_is_refused(
    change: Mapping[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    times = pd.to_datetime(["2024-01-01", "2024-01-05", "2024-01-09"])
    orders = pd.DataFrame({"customer_id": [1, 1, 2], "timestamp": times, "amount": 4.0}).assign(**change)
    with pytest.raises(error, match=message):
        written(tmp_path, orders, "2024-02-01")


def test_arguments_out_of_range_are_refused(tmp_path: Path) -> None:
    orders = pd.DataFrame({"customer_id": [1], "timestamp": pd.to_datetime(["2024-01-01"]), "amount": [4.0]})
    orders.to_parquet(tmp_path / "o.parquet")
    (tmp_path / "text.parquet").write_text("no")

    def attempt(orders: Any = tmp_path / "o.parquet", **options: Any) -> None:
        write_values(orders, tmp_path / "v.parquet", **{"cutoff": "2024-02-01", **options})

    for message, error, options in (
        ("nobody bought up to the cutoff 2023-01-01", DataError, {"cutoff": "2023-01-01"}),
        ("memory_limit is 'much'", ConfigError, {"memory_limit": "much"}),
        ("Out of Memory", ClvError, {"memory_limit": "0.001MB"}),
        ("margin is 0", ConfigError, {"margin": 0.0}),
        ("columns maps id", ConfigError, {"columns": {"id": "customer_id"}}),
        ("column 'who' is missing; available: 'customer_id'", DataError, {"columns": {"customer_id": "who"}}),
        ("no such file", ConfigError, {"orders": tmp_path / "none.parquet"}),
        ("empty list", ConfigError, {"orders": []}),
        ("cannot be read as parquet", DataError, {"orders": tmp_path / "text.parquet"}),
    ):
        with pytest.raises(error, match=message):
            attempt(**options)
    assert {path.name for path in tmp_path.iterdir()} <= {"o.parquet", "text.parquet", ".lock"}


def test_the_file_says_what_its_values_stand_for(
    cdnow: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = written(tmp_path, cdnow, CUTOFF)
    monkeypatch.setattr(_value_tables, "_CUSTOMERS", 1000)
    said: list[str] = []
    table, found = written(tmp_path, cdnow, CUTOFF, progress=said.append)
    np.testing.assert_allclose(table["expected_clv"], whole["expected_clv"], rtol=1e-14)
    facts = json.loads(pq.read_schema(found.path).metadata[b"clv_ml"])
    assert facts["cutoff"] == CUTOFF
    assert facts["conventions"]["margin"] == 0.4
    assert facts["purchases"] == dict(found.purchases.params_)
    assert facts["spend"] == dict(found.spend.params_)
    assert [line.split()[0] for line in said] == ["reading", "fitting", "writing"]
