"""First days by cohort against later value and churn, and scores that fade faster than the cohort's own past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from economics_data import bought, shop, with_events

from clv_ml.config import CohortsConfig
from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.economics.customers_reading import cohort_frames
from clv_ml.economics.decay import START_DAY, STEP_DAYS, decay, decay_dates, engagement_history
from clv_ml.economics.engagement import engagement, engagement_drivers
from clv_ml.economics.engagement_people import engagement_people, milestone_name
from clv_ml.errors import DataError
from clv_ml.pipeline.prepared import prepare, silent

MARCH = dt.date(2023, 3, 31)
Read = tuple[CohortFrames, pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    folder = tmp_path_factory.mktemp("shop")
    config = shop(folder, **with_events(folder), cohorts={"min_customers": 1})
    with prepare(config, progress=silent) as opened:
        found = cohort_frames(opened.engine, opened.tables, MARCH, config)
        people = engagement_people(opened.engine, opened.tables, MARCH, config.churn, later_days=30)
        history = engagement_history(opened.engine, opened.tables, decay_dates(MARCH), config.churn)
        yield found, people, history


def test_everybody_who_came_is_described_and_looked_for_after_the_first_week(read: Read) -> None:
    _, people, _ = read
    assert list(people.index) == ["ann", "bob", "cat", "dan", "fay"]
    assert people["activated_24h"].tolist()[:3] == [1, 0, 0]
    assert people["activated_7d"].tolist()[:3] == [1, 0, 1]
    assert people["surfaces_first_7d"].tolist() == [2, 1, 3, 0, 1]
    # ann was there on the ninth day; cat came back after 47 days, beyond the 30 that are looked at
    assert people["active_later"].tolist() == [True, False, False, False, False]


def test_first_days_stand_beside_later_value_and_churn_by_cohort(read: Read) -> None:
    found, people, _ = read
    table = engagement(found, people, later_days=30)
    assert set(table["dimension"]) == {"all", "start_month", "channel"}
    everybody = table[table["dimension"] == "all"].iloc[0]
    assert (everybody["customers"], everybody["observed"]) == (5, 4)  # dan has been there for a day
    assert everybody["breadth"] == pytest.approx((2 + 1 + 3 + 1) / 4)
    assert everybody["churn_rate"] == pytest.approx(3 / 4)  # ann alone came or bought 7 to 36 days after the start
    # ann bought on day 40, cat on day 1, bob on day 55: nobody in days 7 to 36
    assert everybody["later_value"] == 0.0
    march = table[table["cohort"] == "2023-03"].iloc[0]
    assert np.isnan(march["returned_7d"])
    assert not march["complete"]
    google = table[table["cohort"] == "google"].iloc[0]
    assert (google["customers"], google["activated_24h"]) == (3, pytest.approx(2 / 3))


def test_scores_are_those_of_each_day(read: Read) -> None:
    _, _, history = read
    assert list(history)[:-1] == ["2023-01-06", "2023-02-03", "2023-03-03", "2023-03-31"]
    assert history["2023-01-06"].notna().to_dict() == {
        "ann": True,
        "bob": False,
        "cat": False,
        "dan": False,
        "fay": False,
    }
    ann = history.loc["ann"].drop(START_DAY).astype(float)
    assert ann.is_monotonic_decreasing


def test_early_behaviour_is_held_against_what_came_after_the_first_week() -> None:
    rng = np.random.default_rng(6)
    names = [f"c{number:03d}" for number in range(300)]
    start = pd.Timestamp("2023-01-01")
    back = rng.random(300) < 0.5
    later = rng.random(300) < np.where(back, 0.8, 0.3)
    rows = [(name, "2023-01-01", 10.0) for name in names]
    rows += [(name, "2023-01-20", 50.0) for name, came in zip(names, later, strict=True) if came]
    rows += [("c000", "2023-03-01", 1.0), ("c000", "2023-06-30", 1.0)]
    people = pd.DataFrame(
        {"start_day": start, "tenure_days": 180, "activated_24h": 1, "returns_first_7d": back.astype(int)},
        index=pd.Index(names, name="customer_id"),
    ).assign(surfaces_first_7d=1, active_later=False)
    table = engagement_drivers(frames_of(bought(*rows), as_of=dt.date(2023, 6, 30)), people, later_days=30)
    # all were activated and all saw one surface: nobody to compare with
    assert table["dimension"].tolist() == ["returned_7d", "returned_7d"]
    value, churn = table.iloc[0], table.iloc[1]
    assert value["difference"] == pytest.approx(50.0 * (later[back].mean() - later[~back].mean()))
    assert churn["difference"] == pytest.approx(later[~back].mean() - later[back].mean())
    assert table["notable"].all()
    assert value["low"] <= 25.0 <= value["high"]


def faded(n: int, last_change: float, *, seed: int = 1, name: str = "c1") -> pd.DataFrame:
    """Scores that fall by 4 a step on average, and by another amount in the last."""
    rng = np.random.default_rng(seed)
    steps = np.column_stack([np.full(n, -4.0), np.full(n, -4.0), np.full(n, last_change)])
    levels = rng.uniform(45, 90, n)[:, None] + np.cumsum(steps + rng.normal(0, 3, (n, 3)), axis=1)
    first = levels[:, :1] - steps[:, :1]
    index = pd.Index([f"{name}_{number:04d}" for number in range(n)], name="customer_id")
    table = pd.DataFrame(np.column_stack([first, levels]), index=index, columns=[str(d) for d in decay_dates(MARCH)])
    return table.assign(**{START_DAY: pd.Timestamp("2022-06-01")})


def frames_for(history: pd.DataFrame, **sections: object) -> CohortFrames:
    rows = [(name, "2022-06-01", 1.0) for name in history.index]
    people = pd.DataFrame({"channel": history.index.str[:2]}, index=history.index)
    config = CohortsConfig.model_validate({"min_customers": 30, **sections})
    return frames_of(bought(*rows), people, as_of=MARCH, cohorts=config, dimensions=("channel",))


def test_a_cohort_that_fades_faster_than_its_own_past_alerts_and_a_steady_fall_does_not() -> None:
    history = pd.concat([faded(80, -4.0, seed=1), faded(80, -18.0, seed=2, name="c2")])
    table = decay(frames_for(history), history).set_index("cohort")
    assert table["alert"].to_dict() == {"all": True, "2022-06": True, "c1": False, "c2": True}
    assert table.loc[["c1", "c2"], "change"].to_list() == pytest.approx([0.0, -14.0], abs=2.0)
    assert (table["score_before"] + table["usual_change"] - table["baseline"]).abs().max() < 1e-9
    assert (table["score"] - table["baseline"] - table["change"]).abs().max() < 1e-9
    assert (table["step_days"] == STEP_DAYS).all()
    mild = frames_for(history, alerts={"engagement_points": 20.0})
    assert not decay(mild, history)["alert"].any()


def test_small_cohorts_never_alert_and_chance_seldom_does() -> None:
    small = faded(20, -30.0, seed=3)
    assert not decay(frames_for(small), small)["alert"].any()
    found = frames_for(faded(60, -4.0), alerts={"engagement_points": 0.01})
    alarms = sum(bool(decay(found, faded(60, -4.0, seed=seed + 10))["alert"].any()) for seed in range(20))
    assert alarms <= 6  # a tenth is declared: 2 of 20, and chance


def test_the_interval_counts_a_customer_once() -> None:
    found, missed = frames_for(faded(60, -4.0)), 0
    for seed in range(30):
        row = decay(found, faded(60, -4.0, seed=seed + 100)).iloc[0]
        missed += not row["low"] <= 0.0 <= row["high"]
    assert missed <= 6  # 1.5 of 30 are declared, and chance


def test_scores_of_two_days_tell_no_past() -> None:
    history = faded(30, 0.0).drop(columns=[str(day) for day in decay_dates(MARCH)[:2]])
    with pytest.raises(DataError, match="give three at least"):
        decay(frames_for(history), history)


def test_milestones_are_named_by_hours_and_days() -> None:
    assert [milestone_name(hours) for hours in (1, 24, 72, 100, 168)] == [
        "activated_1h",
        "activated_24h",
        "activated_3d",
        "activated_100h",
        "activated_7d",
    ]
