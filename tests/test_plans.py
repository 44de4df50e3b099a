"""Plans: a query recorded once gives at any cutoff, on any rows, what building it there and then gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from event_reference import SIGNALS, Event, events_of
from order_reference import START, Order, transactions_of

from clv_ml.config import ChurnConfig, SignalsConfig
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.engine.plans import STAND_IN, Step
from clv_ml.errors import ClvError
from clv_ml.models.training_rows import outcomes_at, population_outcomes
from clv_ml.snapshot import population as population_module
from clv_ml.snapshot.population import population
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import Window, as_date, day_totals

EDGES = ("1700-01-01", "1999-12-31", "2000-02-29", "2024-03-01", "2199-12-31")


def dated(engine: Engine, days: Mapping[str, str]) -> DataFrame:
    """Customers and a day of each."""
    frame = engine.from_pandas(pd.DataFrame({"customer_id": list(days), "day": list(days.values())}))
    return frame.select("customer_id", functions().col("day").cast("date").alias("day"))


def around(engine: Engine, frames: Mapping[str, DataFrame], cutoff: dt.date) -> DataFrame:
    """A build of two steps that shows its inputs' days, the cutoff, and days around it."""
    f = functions()
    middle = engine.materialise(frames["days"].filter(f.col("day") <= as_date(cutoff)))
    ends = {f"in_{n}": as_date(cutoff + dt.timedelta(days=n)) for n in (-400, -1, 0, 1, 3650)}
    return middle.select(
        "customer_id",
        "day",
        f.datediff(as_date(cutoff), f.col("day")).cast("bigint").alias("ago"),
        *[column.alias(name) for name, column in ends.items()],
        f.lit("2024-02-29").cast("date").alias("fixed"),
    )


def planned(engine: Engine, key: str, days: DataFrame, cutoff: dt.date) -> pa.Table:
    frame = engine.planned(key, {"days": days}, cutoff, lambda frames, day: around(engine, frames, day))
    return engine.to_arrow(frame.orderBy("customer_id"))


def tables_in(engine: Engine) -> set[str]:
    """Names of all tables and views of an engine."""
    rows = engine._connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
    return {name for (name,) in rows}


@pytest.mark.parametrize(
    "cutoff", [dt.date(1702, 3, 1), dt.date(2000, 2, 29), dt.date(2023, 12, 31), dt.date(2189, 1, 1)]
)
def test_a_replay_shifts_the_cutoff_and_no_day_of_the_data(engine: Engine, cutoff: dt.date) -> None:
    days = dated(engine, {f"c{n}": day for n, day in enumerate(EDGES)})
    direct = engine.to_arrow(around(engine, {"days": days}, cutoff).orderBy("customer_id"))
    assert planned(engine, "around", days, cutoff).equals(direct)
    assert direct.num_rows == sum(dt.date.fromisoformat(day) <= cutoff for day in EDGES)


def test_a_replay_runs_on_other_rows_and_is_planned_once(engine: Engine) -> None:
    built: list[dt.date] = []

    def build(frames: Mapping[str, Any], day: dt.date) -> DataFrame:
        built.append(day)
        return around(engine, frames, day)

    first, second = dated(engine, {"a": "2024-01-01"}), dated(engine, {"b": "2024-01-02", "c": "2024-05-01"})
    told = []
    for days, cutoff in ((first, dt.date(2024, 1, 1)), (second, dt.date(2024, 2, 1)), (first, dt.date(2024, 3, 1))):
        frame = engine.planned("once", {"days": days}, cutoff, build)
        told.append([(row["customer_id"], row["ago"]) for row in engine.to_arrow(frame).to_pylist()])
    assert told == [[("a", 0)], [("b", 30)], [("a", 60)]]
    assert built == [STAND_IN]


def test_a_lazy_input_is_computed_as_it_is_then(engine: Engine) -> None:
    f = functions()
    days = dated(engine, {"a": "2024-01-01", "b": "2024-01-02"})
    only = planned(engine, "around", days.filter(f.col("customer_id") == f.lit("b")), dt.date(2024, 2, 1))
    assert only["customer_id"].to_pylist() == ["b"]


def test_only_the_result_stays_behind(engine: Engine) -> None:
    days = dated(engine, {"a": "2024-01-01"})
    for _ in range(2):
        before = tables_in(engine)
        planned(engine, "left behind", days, dt.date(2024, 2, 1))
        assert len(tables_in(engine) - before) == 1
        assert before <= tables_in(engine)


@pytest.mark.parametrize("late", [False, True])
def test_a_failure_while_recording_leaves_the_engine_as_it_was(engine: Engine, late: bool) -> None:
    days = dated(engine, {"a": "2024-01-01"})
    f = functions()

    def broken(frames: Mapping[str, Any], day: dt.date) -> DataFrame:
        found = around(engine, frames, day)
        if late:
            return engine.materialise(found.select(f.col("no_such_column")))
        raise ValueError("broken off")

    before = tables_in(engine)
    with pytest.raises((ValueError, ClvError), match=r"broken off|no_such_column"):
        engine.planned(f"broken {late}", {"days": days}, dt.date(2024, 2, 1), broken)
    assert tables_in(engine) == before
    assert engine.row_count(engine.materialise(days)) == 1  # nothing is being recorded any more
    assert planned(engine, f"broken {late}", days, dt.date(2024, 2, 1)).num_rows == 1


def test_a_failure_while_replaying_leaves_the_engine_as_it_was(engine: Engine) -> None:
    f = functions()
    texts = {name: engine.from_pandas(pd.DataFrame({"n": [name]})) for name in ("7", "seven")}

    def build(frames: Mapping[str, Any], day: dt.date) -> DataFrame:
        return engine.materialise(frames["texts"]).select(f.col("n").cast("bigint").alias("n"))

    before = tables_in(engine)
    with pytest.raises(ClvError, match=r"data engine: .*seven"):
        engine.planned("numbers", {"texts": texts["seven"]}, dt.date(2024, 2, 1), build)
    assert tables_in(engine) == before
    frame = engine.planned("numbers", {"texts": texts["7"]}, dt.date(2024, 2, 1), build)
    assert engine.to_pandas(frame)["n"].tolist() == [7]


def test_names_of_tables_inside_texts_stay_as_they_are() -> None:
    step = Step("clv_9", "SELECT 'clv_1' AS text, 'clv_1 and clv_1' AS more FROM clv_1 JOIN clv_12 USING (x)")
    query = step.sql({"clv_1": "clv_50", "clv_12": "clv_51"}, dt.date(2024, 1, 1))
    assert query == "SELECT 'clv_1' AS text, 'clv_1 and clv_1' AS more FROM clv_50 JOIN clv_51 USING (x)"


ORDERS = [
    Order(name, START + dt.timedelta(days=n), 1000 + n, None)
    for name, days in {"a": (0, 20, 45), "b": (30, 31), "c": (70,)}.items()
    for n in days
]
WATCHED = [
    Event(name, dt.datetime.combine(START, dt.time(9)) + dt.timedelta(days=n), kind, 10_000 * n, None, f"p{n % 4}")
    for name, days in {"a": (0, 3, 44), "d": (10, 50), "e": (65,)}.items()
    for n in days
    for kind in ("lesson", "mail", "open")
]


@pytest.mark.parametrize("signals", [SIGNALS, SignalsConfig(counted=("lesson",))])
def test_a_planned_population_is_the_one_built_directly(engine: Engine, signals: SignalsConfig) -> None:
    totals = engine.materialise(day_totals(transactions_of(engine, ORDERS)))
    other = engine.materialise(day_totals(transactions_of(engine, ORDERS[1:4])))
    events = events_of(engine, WATCHED)
    for rows, days in ((totals, 69), (other, 90)):
        cutoff = START + dt.timedelta(days=days)
        tables = Tables(rows, events=events, signals=signals)
        frames = (population(engine, tables, cutoff), population_module._described(engine, tables, cutoff))
        replayed, direct = (engine.to_arrow(frame.orderBy("customer_id")) for frame in frames)
        assert replayed.equals(direct)
        assert replayed.num_rows > 2


def test_outcomes_that_are_planned_are_those_counted_directly(engine: Engine) -> None:
    totals = engine.materialise(day_totals(transactions_of(engine, ORDERS)))
    for days in (19, 30, 60):
        cutoff = START + dt.timedelta(days=days)
        table = population_outcomes(engine, Tables(totals), cutoff, ChurnConfig(horizons_days=(1, 30)))
        direct = outcomes_at(engine, totals, cutoff, (1, 30))
        pd.testing.assert_frame_equal(table, direct)
        known = Window(cutoff, 1).history(totals).select("customer_id").distinct()
        assert len(table) == engine.row_count(known)


def test_a_file_holds_what_the_table_would_whether_a_column_has_many_values_or_few(tmp_path: Path) -> None:
    places = np.arange(5000)  # more values than a dictionary of the file has
    few = pd.Series(places % 7).astype("Int64").mask(places % 3 == 0)
    rows = pd.DataFrame({"name": [f"c{place:04d}" for place in places[::-1]], "few": few, "many": places / 3})
    with Engine() as engine:
        frame = engine.from_pandas(rows)
        engine.planned_to_parquet(
            "file", {"rows": frame}, STAND_IN, lambda frames, _: frames["rows"], path=tmp_path / "rows", order="name"
        )
        expected = engine.to_arrow(frame.orderBy("name"))
    found = pq.read_table(tmp_path / "rows")
    assert found.equals(expected.cast(found.schema))  # the file knows which columns have no null
