"""The attainable score is exact: against the BG/NBD formula, brute force over random customers, and what happened."""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from departure_reference import POPULATION as KNOWN
from departure_reference import Floats, silent_by_chance
from numpy.typing import NDArray
from scipy.special import betaln

from clv_ml import PurchaseModel
from clv_ml.data import _optimum
from clv_ml.data.simulate import Simulation, attainable_score, attainable_scores, simulate
from clv_ml.data.simulation_parameters import SimulationParameters
from clv_ml.errors import ConfigError
from clv_ml.evaluation.metrics import auc

BLIND = dataclasses.replace(KNOWN, informative=False)
HORIZON = 90
CUTOFF = KNOWN.end - dt.timedelta(days=HORIZON)
DAY = pd.Timedelta(days=1)


@cache
def _simulated(parameters: SimulationParameters) -> Simulation:
    return simulate(parameters, customers=8000, seed=5)


def _days(table: pd.DataFrame, column: str = "timestamp") -> "pd.Series[float]":
    return (table[column] - pd.Timestamp(KNOWN.started_at)) / DAY


def _scores(parameters: SimulationParameters) -> pd.DataFrame:
    return attainable_scores(_simulated(parameters), cutoff=CUTOFF, horizons_days=[7, HORIZON])


def _silent(simulation: Simulation, ids: "pd.Index[str]", horizon: int) -> NDArray[np.bool_]:
    at, end = _days(simulation.transactions), KNOWN.days_until_end_of(CUTOFF)
    bought = simulation.transactions["customer_id"][(at >= end) & (at < end + horizon)]
    return ~ids.isin(bought)


def _bgnbd(scores: pd.DataFrame) -> "pd.Series[float]":
    model = PurchaseModel.from_params(r=KNOWN.r, alpha=KNOWN.alpha, a=KNOWN.a, b=KNOWN.b)
    return model.probability_no_purchase(scores[["frequency", "recency", "T"]], horizon_days=HORIZON)


def test_it_is_the_bgnbd_formula_where_engagement_knows_nothing() -> None:
    buyers = _scores(BLIND).dropna()
    assert np.abs(buyers["p_churn_90d"] - _bgnbd(buyers)).max() < 1e-10


def test_without_a_purchase_and_without_signals_everybody_is_equal() -> None:
    scores = _scores(BLIND)
    waiting = scores["p_churn_90d"][scores["T"].isna()]
    assert len(waiting) > 100
    np.testing.assert_allclose(waiting, np.exp(-HORIZON / KNOWN.first_purchase_days), rtol=1e-12)


@pytest.mark.parametrize("horizon", [7, 90])
@pytest.mark.parametrize("buyers", [True, False])
def test_as_many_are_silent_in_every_band_as_the_score_says(horizon: int, buyers: bool) -> None:
    scores = _scores(KNOWN)
    scores = scores[scores["T"].notna() == buyers].sort_values(f"p_churn_{horizon}d")
    for rows in np.array_split(np.arange(len(scores)), 10):
        p = scores[f"p_churn_{horizon}d"].to_numpy()[rows]
        silent = scores[f"churned_{horizon}d"].to_numpy(dtype=float)[rows]
        error = (silent.mean() - p.mean()) / np.sqrt((p * (1 - p)).sum()) * len(p)
        # 40 bands with a fixed seed: 3.5 standard errors are passed by chance once in fifty runs
        assert abs(error) < 3.5


def test_engagement_that_fades_leaves_something_to_find() -> None:
    buyers = _scores(KNOWN).dropna()
    silent = buyers["churned_90d"].to_numpy(dtype=bool)
    assert 0.02 < auc(silent, buyers["p_churn_90d"]) - auc(silent, _bgnbd(buyers)) < 0.08


def test_outcomes_are_told_where_the_future_is_known_whole() -> None:
    simulation = _simulated(KNOWN)
    scores = attainable_scores(simulation, cutoff=CUTOFF, horizons_days=[7, HORIZON, HORIZON + 1])
    for horizon in (7, HORIZON):
        assert scores[f"churned_{horizon}d"].tolist() == _silent(simulation, scores.index, horizon).tolist()
    assert scores["churned_91d"].isna().all()


def test_a_longer_horizon_is_silent_less_often() -> None:
    scores = attainable_scores(_simulated(KNOWN), cutoff=CUTOFF, horizons_days=[1, 29, 31, 90])
    for shorter, longer in itertools.pairwise((1, 29, 31, 90)):
        assert (scores[f"p_churn_{shorter}d"] > scores[f"p_churn_{longer}d"]).all()


def test_horizons_together_and_alone_score_alike() -> None:
    together = _scores(KNOWN)
    for days in (7, HORIZON):
        alone = attainable_score(_simulated(KNOWN), cutoff=CUTOFF, horizon_days=days)
        np.testing.assert_allclose(together[f"p_churn_{days}d"], alone, atol=1e-6)


def test_nothing_after_the_cutoff_and_nothing_of_the_truth_is_looked_at() -> None:
    simulation = _simulated(KNOWN)
    end = KNOWN.days_until_end_of(CUTOFF)
    known = dataclasses.replace(
        simulation,
        customers=simulation.customers[_days(simulation.customers, "signup_at") < end],
        transactions=simulation.transactions[_days(simulation.transactions) < end],
        events=simulation.events[_days(simulation.events) < end],
        truth=simulation.truth.iloc[:0],
    )
    every = attainable_score(simulation, cutoff=CUTOFF, horizon_days=HORIZON)
    pd.testing.assert_series_equal(
        attainable_score(known, cutoff=CUTOFF, horizon_days=HORIZON), every, check_exact=True
    )


def test_the_order_of_rows_does_not_matter() -> None:
    simulation = simulate(KNOWN, customers=300, seed=2)
    mixed = Simulation(
        KNOWN, **{name: table.sample(frac=1, random_state=1) for name, table in simulation.tables.items()}
    )
    pd.testing.assert_series_equal(
        attainable_score(mixed, cutoff=CUTOFF, horizon_days=HORIZON),
        attainable_score(simulation, cutoff=CUTOFF, horizon_days=HORIZON),
        rtol=1e-12,
    )


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"visits_per_day": 1.0, "visits_left": 0.0},
        {"fade_days": 120.0},
        {"a": 0.05, "b": 0.2},
        {"buys_at_signup": 1.0, "email_open_share": 0.0},
    ],
    ids=str,
)
def test_more_nodes_change_nothing(monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]) -> None:
    simulation = simulate(dataclasses.replace(KNOWN, **changed), customers=500, seed=3)
    scores = attainable_scores(simulation, cutoff=CUTOFF, horizons_days=[10, HORIZON])
    assert scores["p_churn_90d"].between(0, 1).all()
    monkeypatch.setattr(_optimum, "_NODES_U", 128)
    monkeypatch.setattr(_optimum, "_NODES_P", 48)
    finer = attainable_scores(simulation, cutoff=CUTOFF, horizons_days=[10, HORIZON])
    for name in ("p_churn_10d", "p_churn_90d"):
        np.testing.assert_allclose(scores[name], finer[name], atol=1e-6)


@pytest.mark.parametrize(("a", "b"), [(0.8, 2.5), (0.3, 0.7), (1.0, 1.0), (0.5, 3000.0)])
def test_the_rule_for_p_has_the_moments_of_beta(a: float, b: float) -> None:
    nodes, weights = _optimum._beta_rule(a, b)
    for power in (0, 1, 2, 7):
        assert (weights * nodes**power).sum() == pytest.approx(np.exp(betaln(a + power, b) - betaln(a, b)), rel=1e-10)


def test_a_customer_of_a_thousand_purchases_has_a_score() -> None:
    history = _history(buys=np.linspace(10, 400, 1200), visits=[400.5])
    score = attainable_score(history, cutoff=CUTOFF, horizon_days=HORIZON)
    assert score.iloc[0] == pytest.approx(1.0, abs=1e-6)  # 50 days of silence after three purchases a day


def test_a_day_that_is_not_simulated_is_refused() -> None:
    simulation = simulate(KNOWN, customers=10)
    with pytest.raises(ConfigError, match="the simulation goes from 2024-01-01 to 2025-06-23"):
        attainable_score(simulation, cutoff=dt.date(2026, 1, 1), horizon_days=30)
    with pytest.raises(ConfigError, match="horizon_days is 0"):
        attainable_score(simulation, cutoff=CUTOFF, horizon_days=0)


def test_before_anybody_signed_up_there_is_nobody_to_score() -> None:
    simulation = simulate(KNOWN, customers=1)
    assert attainable_score(simulation, cutoff=KNOWN.start, horizon_days=30).empty


def _history(
    buys: Sequence[float] | Floats,
    visits: Sequence[float],
    *,
    opened: Sequence[float] = (),
    unopened: Sequence[float] = (),
) -> Simulation:
    """One customer who signed up on day 5, by days from the start; every e-mail was opened at once or never."""

    def rows(kind: str, days: Sequence[float], mark: str) -> pd.DataFrame:
        return pd.DataFrame({"at": days, "event_type": kind, "session_id": [f"{mark}{day}" for day in days]})

    events = pd.concat(
        [
            rows("visit", [5.0, *visits], "s"),
            rows("email_sent", [*opened, *unopened], "m"),
            rows("email_open", opened, "m"),
        ]
    )
    start = pd.Timestamp(KNOWN.started_at)
    events = events.assign(customer_id="c", timestamp=start + pd.to_timedelta(events["at"].astype(float), unit="D"))
    orders = pd.DataFrame({"customer_id": "c", "timestamp": start + pd.to_timedelta(np.asarray(buys), unit="D")})
    customers = pd.DataFrame({"customer_id": ["c"], "signup_at": [start + 5 * DAY]})
    return Simulation(KNOWN, customers=customers, transactions=orders, events=events, truth=customers)


HISTORIES = {
    "silent since the last purchase": ([5.0, 40.0, 70.0], [30.0, 50.0, 60.0, 65.0], [], [65.0]),
    "fading before the last purchase": ([5.0, 100.0], [20.0, 30.0, 40.0, 50.0, 60.0, 70.0], [65.0], [125.0]),
    "visits after the last purchase": ([5.0, 40.0], [30.0, 60.0, 80.0, 110.0, 125.0], [125.0], [65.0]),
    "waited for the first purchase": ([60.0, 80.0], [30.0, 50.0, 58.0, 75.0], [65.0], [125.0]),
    "a new customer": ([110.0], [100.0, 112.0, 120.0], [], []),
    "bought once and went quiet": ([5.0], [10.0, 15.0, 20.0, 90.0], [], [65.0, 129.9]),
    "has never bought": ([], [10.0, 30.0, 90.0], [65.0], [125.0]),
}


@pytest.mark.parametrize("name", HISTORIES)
@pytest.mark.parametrize("horizon", [12, 60])
def test_it_agrees_with_brute_force_over_random_customers(name: str, horizon: int) -> None:
    buys, visits, opened, unopened = HISTORIES[name]
    cutoff = KNOWN.start + dt.timedelta(days=129)
    history = _history(buys, visits, opened=opened, unopened=unopened)
    exact = attainable_score(history, cutoff=cutoff, horizon_days=horizon).iloc[0]
    rng = np.random.default_rng(11)
    found = [silent_by_chance(rng, buys, visits, opened, unopened, horizon) for _ in range(6)]
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert error < 0.02
    assert abs(np.mean(found) - exact) < max(6 * error, 1e-3)  # t with 5 degrees of freedom: p = .002
