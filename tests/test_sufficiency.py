"""How early one can know: nothing learnt from the future, the same customers for every day, no gain out of noise."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv_ml.config import Config, SignalsConfig, build_config
from clv_ml.engine import MONEY, DataFrame, Engine, functions
from clv_ml.errors import DataError
from clv_ml.evaluation.bootstrap import bootstrap_gain, bootstrap_metrics
from clv_ml.evaluation.sufficiency import random_folds, sufficiency, time_folds
from clv_ml.reports.churn_plots import sufficiency_figure
from clv_ml.snapshot.aligned import align, cutoff_at_age
from clv_ml.snapshot.population import population
from clv_ml.snapshot.tables import Tables, starts

FIRST = pd.Timestamp("2024-01-01")
LAST_DAY = dt.date(2024, 12, 31)
HORIZON = 20
DAYS = st.lists(st.integers(0, 400), min_size=1, max_size=60)


def _config(days: tuple[int, ...] = (7,), folds: int = 2, **churn: Any) -> Config:
    tree = {
        "name": "made_up",
        "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
        "churn": {"horizons_days": [HORIZON], **churn},
        "sufficiency": {"days": list(days), "folds": folds},
    }
    return build_config(tree, environment={})


def _totals(engine: Engine, customer: np.ndarray, moment: np.ndarray) -> DataFrame:
    """One purchase of 10 a row."""
    f = functions()
    columns = (
        f.lit(10).cast(MONEY).alias("net"),
        f.lit(1).cast("bigint").alias("orders"),
        f.lit(True).alias("is_purchase"),
        f.col("timestamp").alias("first_at"),
    )
    return engine.materialise(_rows(engine, customer, moment).select("customer_id", "day", *columns))


def _events(engine: Engine, customer: np.ndarray, moment: np.ndarray, minutes: np.ndarray) -> DataFrame:
    """One event of so many minutes a row."""
    f = functions()
    columns = (
        f.lit("watch").alias("event_type"),
        f.col("minutes").cast("decimal(18,4)").alias("value"),
        f.lit(None).cast("string").alias("session_id"),
        f.lit(None).cast("string").alias("surface"),
    )
    rows = _rows(engine, customer, moment, minutes=minutes)
    return engine.materialise(rows.select("customer_id", "timestamp", "day", *columns))


def _rows(engine: Engine, customer: np.ndarray, moment: np.ndarray, **others: np.ndarray) -> DataFrame:
    at = pd.Series(pd.to_datetime(moment)).astype("datetime64[us]")
    rows = engine.from_pandas(pd.DataFrame({"customer_id": customer, "timestamp": at, **others}))
    return rows.withColumn("day", functions().col("timestamp").cast("date"))


def _business(engine: Engine, *, customers: int, telling: bool, over_days: int = 260, seed: int = 1) -> Tables:
    """Everybody buys at the start and watches in the first week; who watched much buys again, where that tells."""
    rng = np.random.default_rng(seed)
    name = np.array([f"c{number:04d}" for number in range(customers)])
    start = rng.integers(0, over_days, customers)
    minutes = rng.gamma(2.0, 20.0, customers).round(1)
    known_by = minutes if telling else rng.gamma(2.0, 20.0, customers)
    again = rng.uniform(size=customers) < np.where(known_by > 40, 0.75, 0.2)
    began = FIRST.to_datetime64() + start * np.timedelta64(1, "D") + np.timedelta64(10, "h")
    later = began[again] + rng.integers(7, 7 + HORIZON - 1, again.sum()) * np.timedelta64(1, "D")
    watched = began + rng.integers(1, 4, customers) * np.timedelta64(1, "D")
    return Tables(
        totals=_totals(engine, np.r_[name, name[again]], np.r_[began, later]),
        events=_events(engine, name, watched, minutes),
        signals=SignalsConfig(minutes=("watch",)),
    )


def _found(engine: Engine, tables: Tables, config: Config) -> tuple[pd.DataFrame, list[str]]:
    """What is found, with a hundred draws instead of five hundred: no test hangs on the second digit of an interval."""
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for drawn in (bootstrap_metrics, bootstrap_gain):
            few = functools.partial(drawn, resamples=100)
            patch.setattr(f"clv_ml.evaluation.sufficiency.{drawn.__name__}", few)
        return sufficiency(engine, tables, config, last_day=LAST_DAY, progress=told.append), told


@given(days=DAYS, span=st.integers(1, 200), parts=st.integers(1, 6))
def test_nobody_is_learnt_from_whose_outcome_was_not_known_when_the_judged_started(
    days: list[int], span: int, parts: int
) -> None:
    start = pd.Series(FIRST + pd.to_timedelta(days, unit="D"))
    later = sorted(day for day in days if day >= min(days) + span)
    judged: list[int] = []
    for learn, judge in time_folds(start, span_days=span, parts=parts):
        judged += list(judge)
        if len(judge):
            # the outcome of a start on day s is known when day s + span begins
            assert all(days[one] + span <= min(days[other] for other in judge) for one in learn)
            known = [one for one, day in enumerate(days) if day + span <= min(days[other] for other in judge)]
            assert set(learn) <= set(known)
    assert len(judged) == len(set(judged))
    # of those who started after the first outcome was known, all but the first of equal parts
    first = later[len(later) // (parts + 1)] if later else 0
    assert set(judged) == {one for one, day in enumerate(days) if later and day >= first}


@given(customers=st.lists(st.text(max_size=5), unique=True, max_size=40))
def test_random_folds_judge_everybody_once_and_never_whom_they_learn_from(customers: list[str]) -> None:
    folds = list(random_folds(pd.Index(customers, dtype=object)))
    assert sorted(position for _, judge in folds for position in judge) == list(range(len(customers)))
    for learn, judge in folds:
        assert sorted([*learn, *judge]) == list(range(len(customers)))
    turned = list(random_folds(pd.Index(customers[::-1], dtype=object)))
    for (_, judge), (_, again) in zip(folds, turned, strict=True):
        assert {customers[one] for one in judge} == {customers[::-1][one] for one in again}


@pytest.mark.parametrize("days", [1, 7])
def test_what_comes_after_the_first_days_changes_no_feature(engine: Engine, days: int) -> None:
    name = np.array(["a", "b", "c", "c"])
    first = np.array(["2024-01-05T23:50", "2024-03-01T08:00", "2023-12-31T12:00", "2024-01-06T23:59"], "M8[m]")
    # of a from the eighth day on, of b the second, of c the day after the first week
    later = np.array(["2024-01-12T00:00", "2024-03-02T00:01", "2024-01-07T00:00", "2024-02-01T10:00"], "M8[m]")
    if days == 7:
        later[1] = np.datetime64("2024-03-08T00:00")
    else:
        first[3] = np.datetime64("2023-12-31T23:59")

    def features(customer: np.ndarray, moment: np.ndarray) -> pd.DataFrame:
        tables = Tables(
            totals=_totals(engine, customer, moment),
            events=_events(engine, customer, moment, np.full(len(moment), 3.5)),
            signals=SignalsConfig(minutes=("watch",)),
        )
        known = engine.materialise(starts(tables, LAST_DAY))
        together = align(engine, tables, known)
        return engine.to_pandas(population(engine, together, cutoff_at_age(days)).orderBy("customer_id"))

    alone, with_later = features(name, first), features(np.r_[name, name], np.r_[first, later])
    assert (alone["tenure_days"] == days - 1).all()
    assert alone[f"minutes_first_{days}d"].tolist() == [3.5, 3.5, 7.0]
    pd.testing.assert_frame_equal(alone, with_later)


def test_where_only_minutes_of_the_first_week_matter_they_gain_over_purchases(engine: Engine) -> None:
    tables = _business(engine, customers=700, telling=True)
    table, told = _found(engine, tables, _config(days=(1, 7)))
    for kind in ("time", "random"):
        ours = table[(table["folds"] == kind) & (table["days"] == 7)].set_index("score")
        assert ours["auc"]["lightgbm"] > 0.7
        for poorer in ("purchases_alone", "lightgbm_purchases"):
            assert ours["gain_low"][poorer] > 0.1
        # they all watch between the second and the fourth day
        first_day = table[(table["folds"] == kind) & (table["days"] == 1)].set_index("score")
        assert first_day["auc"]["activity_alone"] == 0.5
        assert ours["auc_low"]["lightgbm"] > first_day["auc_high"]["lightgbm"]
        assert np.isnan(ours["gain"]["lightgbm"])
    assert list(table.columns[:6]) == ["folds", "folds_judged", "days", "score", "n", "churned_share"]
    assert not any("can be judged" in line for line in told)
    # the same customers whatever the days
    assert (table.groupby("folds")[["n", "churned_share", "folds_judged"]].nunique() == 1).all(axis=None)
    assert set(table.groupby("folds")["n"].first().to_dict().items()) > {("random", 700)}
    assert table.groupby("folds")["folds_judged"].first().to_dict() == {"time": 2, "random": 5}


def test_where_events_are_noise_no_gain_is_shown(engine: Engine) -> None:
    table, _ = _found(engine, _business(engine, customers=500, telling=False), _config())
    gains = table[table["score"].isin(["purchases_alone", "lightgbm_purchases"])]
    assert len(gains) == 4
    assert (gains["gain_low"] <= 0).all()


def test_what_happens_after_the_outcome_changes_nothing(engine: Engine) -> None:
    tables = _business(engine, customers=300, telling=True)
    table, _ = _found(engine, tables, _config(folds=1))
    name = np.array([f"c{number:04d}" for number in range(300)])
    late = np.full(300, np.datetime64("2024-12-20T10:00"))  # the last outcome is known in October
    longer = Tables(
        totals=engine.materialise(tables.totals.unionByName(_totals(engine, name, late))),
        events=engine.materialise(_known(tables.events).unionByName(_events(engine, name, late, np.arange(300.0)))),
        signals=tables.signals,
    )
    again, _ = _found(engine, longer, _config(folds=1))
    pd.testing.assert_frame_equal(again, table, check_exact=True)


def _known(frame: DataFrame | None) -> DataFrame:
    assert frame is not None
    return frame


def test_an_attribute_set_after_the_outcome_is_refused_or_left_out(engine: Engine) -> None:
    tables = _business(engine, customers=300, telling=False)
    came_back = engine.to_pandas(tables.totals.groupBy("customer_id").count()).set_index("customer_id")["count"] > 1
    rows = pd.DataFrame({"customer_id": came_back.index, "status": np.where(came_back, "open", "closed")})
    signup_at = functions().lit(None).cast("timestamp_ntz").alias("signup_at")
    customers = engine.from_pandas(rows).select("customer_id", signup_at, "status")
    trapped = Tables(
        totals=tables.totals,
        events=tables.events,
        customers=engine.materialise(customers),
        signals=tables.signals,
        categories=("status",),
    )
    with pytest.raises(DataError, match=r"feature 'status': alone separates churned_20 .* set after the outcome"):
        _found(engine, trapped, _config(folds=1))
    table, _ = _found(engine, trapped, _config(folds=1, alarms={"separates": "quarantine"}))
    assert table["auc"].max() < 0.7


def test_too_few_starts_for_folds_in_time_are_said_and_shown_as_not_known(engine: Engine) -> None:
    tables = _business(engine, customers=200, telling=True, over_days=20)
    table, told = _found(engine, tables, _config(days=(3, 7)))
    assert (
        "first days: 0 of 2 folds (time) can be judged; learning takes 20 customers who came back and 20 who stayed "
        "away, judging takes one of each"
    ) in told
    in_time = table[table["folds"] == "time"]
    assert in_time[["days", "folds_judged", "n"]].to_numpy().tolist() == [[3, 0, 0], [7, 0, 0]]
    assert in_time[["auc", "auc_low", "gain", "churned_share"]].isna().all(axis=None)
    assert (table.loc[table["folds"] == "random", "folds_judged"] == 5).all()
    assert sufficiency_figure(in_time) is not None


def test_too_few_customers_for_any_fold_are_refused_with_their_numbers(engine: Engine) -> None:
    with pytest.raises(DataError, match=r"of 30 customers \d+ came back and \d+ stayed away; no fold has 20 of each"):
        _found(engine, _business(engine, customers=30, telling=True), _config())


def test_nobody_with_a_known_outcome_is_refused(engine: Engine) -> None:
    tables = _business(engine, customers=30, telling=True)
    with pytest.raises(DataError, match="of 0 customers who started at least 26 days before 2024-01-10"):
        sufficiency(engine, tables, _config(), last_day=dt.date(2024, 1, 10), progress=lambda line: None)
