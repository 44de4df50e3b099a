"""Drift: the index by hand, silent on samples of one population, loud on another."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import DriftConfig
from clv_ml.evaluation.drift import Reference, bin_counts, churn_alerts, population_stability, references, stability


def customers(seed: int, n: int = 3000, *, shift: float = 0.0, web: float = 0.5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    gap = rng.gamma(2.0, 20.0, n)
    return pd.DataFrame(
        {
            "days_since_last": rng.gamma(1.5, 40.0, n) * (1 + shift),
            "frequency": rng.poisson(1.0, n),
            "gap_mean": np.where(rng.random(n) < 0.3, np.nan, gap),
            "channel": np.where(rng.random(n) < web, "web", "shop"),
            "first_day": pd.Timestamp("2020-01-01"),
        }
    )


def test_the_index_is_that_of_the_formula() -> None:
    """0.25 ln 1.5 + 0.25 ln 2."""
    assert population_stability([50, 50], [75, 25]) == pytest.approx(0.25 * math.log(1.5) + 0.25 * math.log(2))
    assert population_stability([50, 50, 0], [500, 500, 0]) == 0.0
    assert math.isfinite(population_stability([50, 50], [100, 0]))
    assert math.isnan(population_stability([0, 0], [1, 1]))


@pytest.mark.parametrize("seed", range(5))
def test_another_sample_of_the_same_population_does_not_alert(seed: int) -> None:
    then = references(customers(seed), bins=10)
    table = stability(then, customers(seed + 100), DriftConfig(psi_alert=0.05))
    assert sorted(table["column"]) == ["channel", "days_since_last", "frequency", "gap_mean"]
    assert not table["alert"].any()
    assert (table["psi"] < 5 * table["by_chance"]).all()


def test_a_population_that_has_moved_alerts_where_it_has_moved() -> None:
    then = references(customers(1), bins=10)
    table = stability(then, customers(2, shift=1.5, web=0.9), DriftConfig()).set_index("column")
    assert table["alert"].to_dict() == {
        "days_since_last": True,
        "channel": True,
        "frequency": False,
        "gap_mean": False,
    }


def test_values_that_go_missing_and_columns_that_go_away_alert() -> None:
    then = references(customers(1), bins=10)
    now = customers(2).drop(columns="frequency")
    now["gap_mean"] = np.nan
    table = stability(then, now, DriftConfig()).set_index("column")
    assert table["alert"].to_dict() == {
        "frequency": True,
        "gap_mean": True,
        "channel": False,
        "days_since_last": False,
    }
    assert table.loc["gap_mean", "missing_now"] == 1.0
    assert table.loc["gap_mean", "missing_then"] == pytest.approx(0.3, abs=0.03)


def test_a_new_category_counts_as_another() -> None:
    then = references(customers(1)[["channel"]], bins=10)
    now = pd.DataFrame({"channel": ["partner"] * 500})
    assert stability(then, now, DriftConfig())["alert"].all()


def test_counts_of_some_customers_and_of_others_add_up() -> None:
    now = customers(2, shift=0.5).assign(channel=lambda rows: rows["channel"].where(rows.index % 5 > 0))
    for name, known in references(customers(1), bins=10).items():
        parts = [bin_counts(now[name].iloc[part], known) for part in (slice(700), slice(700, 700), slice(700, None))]
        np.testing.assert_array_equal(sum(parts), bin_counts(now[name], known))


def test_a_reference_survives_json() -> None:
    for reference in references(customers(1), bins=5).values():
        assert Reference.from_dict(json.loads(json.dumps(reference.to_dict()))) == reference
        assert sum(reference.counts) == 3000


def rates(**churn: float) -> pd.DataFrame:
    rows = [{"cohort": name, "horizon_days": 90, "customers": 1000, "churn_rate": rate} for name, rate in churn.items()]
    return pd.DataFrame(rows)


def test_a_cohort_alerts_against_its_own_past_only_beyond_chance_and_the_band() -> None:
    past = pd.concat([rates(a=0.5, b=0.8).assign(cutoff=day) for day in ("2020-01-31", "2020-04-30")])
    table = churn_alerts(rates(a=0.62, b=0.84, c=0.9), past, DriftConfig(churn_points=5.0)).set_index("cohort")
    assert table["alert"].to_dict() == {"a": True, "b": False, "c": False}  # c has no past
    assert table.loc["a", "points"] == pytest.approx(12.0)
    assert table.loc["a", "cutoffs"] == 2
    assert table.loc["a", "by_chance"] == pytest.approx(196 * math.sqrt(0.25 * (1 / 1000 + 1 / 2000)), rel=1e-3)
    small = rates(a=0.62).assign(customers=40)
    assert not churn_alerts(small, past, DriftConfig())["alert"].any()
