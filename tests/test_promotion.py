"""A worse challenger is not promoted, an equal one is not, a better one is; the evidence says why."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from clv_ml.errors import DataError
from clv_ml.evaluation.metrics import expected_calibration_error, value_at
from clv_ml.evaluation.promotion import compare_models

DAY = dt.date(2020, 6, 30)


def trial(seed: int = 0, *, n: int = 4000, champion_noise: float = 1.0, challenger_noise: float = 1.0) -> pd.DataFrame:
    """Customers whose churn has known log odds; each model sees them through noise and is calibrated."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0.0, 1.5, n)
    churned = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int)
    value = rng.gamma(0.5, 100.0, n)
    table = pd.DataFrame({"churned": churned, "value": value}, index=pd.Index(np.arange(n), name="customer_id"))
    for side, noise in (("champion", champion_noise), ("challenger", challenger_noise)):
        # the mean of the odds given the noisy sight of them keeps the probabilities about right
        seen = (odds + rng.normal(0.0, noise, n)) * 1.5**2 / (1.5**2 + noise**2)
        table[f"p_{side}"] = 1 / (1 + np.exp(-seen))
        table[f"rank_{side}"] = table[f"p_{side}"] * value * rng.lognormal(0.0, noise, n)
    return table


def test_a_better_challenger_is_promoted() -> None:
    decision = compare_models({DAY: trial(champion_noise=2.0, challenger_noise=0.3)}, seed=1)
    assert decision.promote
    assert "better beyond noise: value@10" in decision.reason
    value = decision.evidence.set_index("metric").loc["value_at_10"]
    assert 0 < value["gain_low"] < value["gain"] < value["gain_high"]
    assert decision.metrics()["promoted"] == 1.0


def test_a_worse_challenger_is_not() -> None:
    decision = compare_models({DAY: trial(champion_noise=0.3, challenger_noise=2.0)}, seed=1)
    assert not decision.promote
    assert "the challenger is worse" in decision.reason


def test_an_equal_one_is_not() -> None:
    table = trial()
    same = table.assign(p_challenger=table["p_champion"], rank_challenger=table["rank_champion"])
    decision = compare_models({DAY: same}, seed=1)
    assert not decision.promote
    assert decision.reason == "both predict the same: a tie is no win"
    assert decision.cutoffs == (DAY,)


def test_models_of_the_same_quality_are_rarely_taken_for_better() -> None:
    """Of 40 pairs about 1 in 40 passes by chance; six would be a wonder."""
    won = [compare_models({DAY: trial(seed, n=600)}, seed=seed, resamples=120).promote for seed in range(40)]
    assert sum(won) <= 5


def test_a_challenger_that_ranks_better_but_is_worse_calibrated_is_not_promoted() -> None:
    table = trial(champion_noise=2.0, challenger_noise=0.3)
    decision = compare_models({DAY: table.assign(p_challenger=table["p_challenger"] ** 4)}, seed=1)
    assert not decision.promote
    assert "worse calibrated beyond noise" in decision.reason


def test_the_figures_are_the_means_over_the_cutoffs_of_the_plain_metrics() -> None:
    tables = {DAY: trial(1), dt.date(2020, 9, 30): trial(2, n=3000)}
    evidence = compare_models(tables, seed=1, resamples=20).evidence.set_index("metric")
    for side in ("champion", "challenger"):
        value = [value_at(table["churned"], table[f"rank_{side}"], table["value"]) for table in tables.values()]
        error = [expected_calibration_error(table["churned"], table[f"p_{side}"]) for table in tables.values()]
        assert evidence.loc["value_at_10", side] == pytest.approx(np.mean(value))
        assert evidence.loc["ece", side] == pytest.approx(np.mean(error))


def test_the_order_of_rows_changes_nothing() -> None:
    table = trial()
    shuffled = table.sample(frac=1.0, random_state=3)
    first, second = (compare_models({DAY: given}, seed=1, resamples=50) for given in (table, shuffled))
    pd.testing.assert_frame_equal(first.evidence, second.evidence, check_exact=True)


def test_nothing_to_compare_on_is_refused() -> None:
    with pytest.raises(DataError, match="no cutoff"):
        compare_models({}, seed=1)
    with pytest.raises(DataError, match="no column p_challenger"):
        compare_models({DAY: trial().drop(columns="p_challenger")}, seed=1)
