"""The features on Spark: the same definitions as on one machine, and the same figures."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from engagement_runs import CUTOFF, business

from clv_ml.config import CustomersConfig, FilesConfig, RowPolicy, SignalsConfig
from clv_ml.data.customers import check_customers
from clv_ml.data.events import check_events
from clv_ml.data.quality import check_transactions
from clv_ml.data.sources import canonical, with_provenance
from clv_ml.engine import DataFrame, Engine, SparkEngine, functions
from clv_ml.errors import DataError
from clv_ml.snapshot.declared import history_at, with_declared
from clv_ml.snapshot.declared_modules import load_features
from clv_ml.snapshot.features import purchase_features
from clv_ml.snapshot.labels import outcomes, own_gap_horizons
from clv_ml.snapshot.population import population
from clv_ml.snapshot.rfm import rfm
from clv_ml.snapshot.spark_tables import tables_of_frames
from clv_ml.snapshot.tables import Tables, starts
from clv_ml.snapshot.window import Window, day_totals
from spark.parity import assert_same, both

CDNOW_CUTOFF = dt.date(1997, 9, 30)
SIGNALS = SignalsConfig(
    key_actions=("lesson",),
    milestone_hours=(24, 72),
    minutes=("visit",),
    counted=("lesson", "email_open"),
    contacts=("email_sent",),
    responses=("email_open",),
)
ATTRIBUTES = CustomersConfig(
    sources=(FilesConfig(path="x", columns={name: name for name in ("customer_id", "channel", "plan", "signup_day")}),),
    categories=("channel",),
    numbers=("plan",),
    dates=("signup_day",),
)


def bought(engine: Engine, orders: pd.DataFrame) -> DataFrame:
    raw = canonical(engine.from_pandas(with_provenance(orders, "orders")))
    return engine.materialise(day_totals(check_transactions(engine, raw, RowPolicy()).transactions))


def text(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Every value as a text, as tables are read from CSV files."""
    return frame[columns].astype("string").assign(source_file="f", source_line=range(1, len(frame) + 1))


def tables_of(engine: Engine) -> Tables:
    """A small business with refunds, free orders, events and customers."""
    sold = business(150)
    orders = sold.transactions[["customer_id", "timestamp", "amount"]].reset_index(drop=True)
    amounts = orders["amount"].round(2).where(orders.index % 11 != 3, 0.0)
    refunds = orders[orders.index % 7 == 2].assign(
        timestamp=lambda rows: rows["timestamp"] + pd.Timedelta(days=2), amount=-3.25
    )
    orders = pd.concat([orders.assign(amount=amounts), refunds], ignore_index=True)
    events = sold.events
    names = ["customer_id", "timestamp", "event_type", "value", "session_id", "surface"]
    every = text(events.assign(**{name: None for name in names if name not in events}), names)
    known = sold.customers.assign(signup_day=sold.customers["signup_at"].dt.date)
    people = text(known, ["customer_id", "signup_at", "channel", "plan", "signup_day"])
    return Tables(
        bought(engine, orders),
        events=engine.materialise(check_events(engine, engine.from_pandas(every)).rows),
        customers=engine.materialise(check_customers(engine, engine.from_pandas(people), ATTRIBUTES).rows),
        signals=SIGNALS,
        categories=ATTRIBUTES.categories,
        numbers=ATTRIBUTES.numbers,
        dates=ATTRIBUTES.dates,
    )


@pytest.fixture(scope="module")
def duck_tables(engine: Engine) -> Tables:
    with engine.active():
        return tables_of(engine)


@pytest.fixture(scope="module")
def spark_tables(spark: SparkEngine) -> Tables:
    with spark.active():
        return tables_of(spark)


class Pair:
    """Tables on both engines, told apart by the engine."""

    def __init__(self, duck: Engine, spark: SparkEngine, duck_tables: Tables, spark_tables: Tables) -> None:
        self.duck, self.spark = duck, spark
        self._tables = {id(duck): duck_tables, id(spark): spark_tables}

    def of(self, engine: Engine) -> Tables:
        return self._tables[id(engine)]

    def compare(self, build: Any, *, by: tuple[str, ...] = ("customer_id",)) -> Any:
        left, right = both(self.duck, self.spark, lambda engine: build(engine, self.of(engine)), by=by)
        assert_same(left, right)
        return left


@pytest.fixture(scope="module")
def pair(engine: Engine, spark: SparkEngine, duck_tables: Tables, spark_tables: Tables) -> Pair:
    return Pair(engine, spark, duck_tables, spark_tables)


@pytest.fixture(scope="module")
def cdnow(engine: Engine, spark: SparkEngine, cdnow_sample: pd.DataFrame) -> Pair:
    tables = []
    for one in (engine, spark):
        with one.active():
            tables.append(Tables(bought(one, cdnow_sample)))
    return Pair(engine, spark, tables[0], tables[1])


def test_day_totals_with_refunds_and_free_orders_are_the_same_to_the_cent(pair: Pair) -> None:
    totals = pair.compare(lambda _, tables: tables.totals, by=("customer_id", "day"))
    assert totals["net"].to_numpy().min() < 0
    assert totals.num_rows > 300


def test_every_column_of_the_population_is_the_same(pair: Pair) -> None:
    found = pair.compare(lambda engine, tables: population(engine, tables, CUTOFF - dt.timedelta(days=60)))
    assert len(found.schema.names) > 100


def test_outcomes_within_horizons_and_the_own_gap_are_the_same(pair: Pair) -> None:
    def happened(engine: Engine, tables: Tables) -> DataFrame:
        window = Window(CUTOFF - dt.timedelta(days=60), 60)
        known = starts(tables, window.cutoff)
        own = own_gap_horizons(window.history(tables.totals), known, quantile=0.9, longest_days=60)
        return outcomes(window.future(tables.totals), known, window.cutoff, (30, 60), own_horizons=own)

    found = pair.compare(happened)
    assert set(found["churned_own"].to_pylist()) == {0, 1}


@pytest.mark.parametrize("summary", [rfm, purchase_features])
def test_the_customers_of_cdnow_are_the_same(cdnow: Pair, summary: Any) -> None:
    def summed(engine: Engine, tables: Tables) -> DataFrame:
        return summary(Window(CDNOW_CUTOFF, 1).history(tables.totals), CDNOW_CUTOFF)

    assert cdnow.compare(summed).num_rows == 2357


def test_features_that_a_user_declares_are_the_same(pair: Pair) -> None:
    own = load_features(["own_features"])

    def declared(engine: Engine, tables: Tables) -> DataFrame:
        known = history_at(engine, tables.totals, CUTOFF, events=tables.events, customers=tables.customers)
        buyers = engine.materialise(known.purchases.select("customer_id").distinct())
        columns = [name for found in own for name in found.columns]
        return with_declared(engine, buyers, own, known, columns=["customer_id", *columns])

    assert set(pair.compare(declared)["weekend_share"].to_pylist()) > {0.0, 1.0}


def test_frames_of_a_session_give_the_tables_that_files_would(pair: Pair, spark: SparkEngine) -> None:
    one = "2023-05-01 10:00:00"
    session = spark.session
    orders = session.createDataFrame([("a", one, "5.00"), ("b", one, "7.50")], ["customer_id", "timestamp", "amount"])
    events = session.createDataFrame([("c", one, "visit")], ["customer_id", "timestamp", "event_type"])
    people = session.createDataFrame([("a", "free", 3.5)], ["customer_id", "plan", "age"])
    at = dt.datetime.fromisoformat(one)
    files = pair.of(spark)
    with spark.active():
        tables = tables_of_frames(
            spark, orders, events=events, customers=people, signals=SIGNALS, categories=["plan"], numbers=["age"]
        )
        sold, seen, known = (spark.to_arrow(table) for table in (tables.totals, tables.events, tables.customers))
        with pytest.raises(DataError, match=r"customers: .*missing_customer_id: 1"):
            tables_of_frames(spark, orders, customers=session.createDataFrame([("", "x")], ["customer_id", "plan"]))
    assert files.events is not None
    assert tables.events is not None
    assert (tables.totals.schema, tables.events.schema) == (files.totals.schema, files.events.schema)
    assert (tables.signals, tables.categories, tables.numbers) == (SIGNALS, ("plan",), ("age",))
    money = {row["customer_id"]: (row["day"], str(row["net"]), row["is_purchase"]) for row in sold.to_pylist()}
    assert money == {"a": (at.date(), "5.00", True), "b": (at.date(), "7.50", True)}
    [event] = seen.to_pylist()
    assert {name: value for name, value in event.items() if value is not None} == {
        "customer_id": "c",
        "timestamp": at,
        "day": at.date(),
        "event_type": "visit",
    }
    [person] = known.to_pylist()
    assert (person["customer_id"], person["plan"], person["age"], person["signup_at"]) == ("a", "free", 3.5, None)


def test_columns_mean_those_of_the_engine_in_use(engine: Engine, spark: SparkEngine) -> None:
    with spark.active():
        assert functions().__name__.startswith("pyspark")
        with engine.active():
            assert functions().__name__.startswith("sqlframe")
        assert functions().__name__.startswith("pyspark")
    assert functions().__name__.startswith("sqlframe")
