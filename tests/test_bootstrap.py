"""Bootstrap intervals: equal to repeating the rows, wide enough, and the same whatever the order."""

from __future__ import annotations

import math
import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from clv_ml.errors import DataError
from clv_ml.evaluation._draws import METRICS, RankedScore
from clv_ml.evaluation.bootstrap import bootstrap_gain, bootstrap_metrics
from clv_ml.evaluation.metrics import classification_metrics
from clv_ml.evaluation.profit import expected_maximum_profit

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 0.9, 1.0])  # few, so that ties are everywhere


def simulated(n: int = 400, *, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 2, n)
    return (rng.random(n) < p).astype(np.float64), p, rng.gamma(2, 50, n)


@st.composite
def repeated_customers(draw: st.DrawFn) -> tuple[Floats, Floats, Floats, Floats]:
    n = draw(st.integers(1, 30))
    y = draw(arrays(np.float64, n, elements=st.sampled_from([0.0, 1.0])))
    p = draw(arrays(np.float64, n, elements=SCORES))
    value = draw(arrays(np.float64, n, elements=st.integers(0, 500)))
    times = draw(arrays(np.float64, n, elements=st.integers(0, 4)))
    return y, p, value, times


@given(repeated_customers())
def test_metrics_of_a_draw_are_those_of_the_rows_repeated(data: tuple[Floats, Floats, Floats, Floats]) -> None:
    y, p, value, times = data
    weighted = RankedScore.of(p, y).metrics(times, times * y, times * y * value)
    copies = times.astype(int)
    repeated_y, repeated_p = np.repeat(y, copies), np.repeat(p, copies)
    expected = classification_metrics(repeated_y, repeated_p, np.repeat(value, copies))
    expected["empc"] = expected_maximum_profit(repeated_y, repeated_p).profit
    assert weighted == pytest.approx([expected[name] for name in METRICS], abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("ties", [False, True])
def test_a_draw_of_everybody_once_gives_the_metrics_themselves(ties: bool) -> None:
    y, p, value = simulated()
    p = np.round(p, 1) if ties else p
    found = RankedScore.of(p, y).metrics(np.ones(y.size), y, y * value)
    expected = classification_metrics(y, p, value) | {"empc": expected_maximum_profit(y, p).profit}
    assert found[0] == expected["auc"]
    assert found == pytest.approx([expected[name] for name in METRICS], abs=1e-12)


def test_estimates_are_exactly_the_metrics_and_lie_in_their_intervals() -> None:
    y, p, value = simulated()
    table = bootstrap_metrics(y, {"right": p, "blunt": np.round(p, 1)}, value, seed=1, resamples=200)
    assert table["score"].tolist() == ["right", "blunt"]
    for row, score in zip(table.to_dict("records"), (p, np.round(p, 1)), strict=True):
        expected = classification_metrics(y, score, value) | {"empc": expected_maximum_profit(y, score).profit}
        for name, figure in expected.items():
            assert row[name] == figure, name
        for name in METRICS:
            assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"], name


def test_the_auc_interval_is_as_wide_as_theory_has_it() -> None:
    y, p, _ = simulated(4000)
    row = bootstrap_metrics(y, {"a": p}, seed=2, resamples=1000).to_dict("records")[0]
    # DeLong, DeLong & Clarke-Pearson (1988): variance from each row's own share of pairs won
    won = (p[y == 1][:, None] > p[y == 0][None, :]).astype(np.float64)
    error = math.sqrt(won.mean(axis=1).var(ddof=1) / won.shape[0] + won.mean(axis=0).var(ddof=1) / won.shape[1])
    assert row["auc_high"] - row["auc_low"] == pytest.approx(2 * norm.ppf(0.975) * error, rel=0.1)


def test_copies_of_a_customer_do_not_narrow_the_interval() -> None:
    y, p, _ = simulated(300)
    ids = np.array([f"c{number}" for number in range(300)])
    once = bootstrap_metrics(y, {"a": p}, seed=3, resamples=300).to_dict("records")[0]
    tiled = np.tile(p, 3)
    by_customer = bootstrap_metrics(np.tile(y, 3), {"a": tiled}, seed=3, resamples=300, groups=np.tile(ids, 3)).to_dict(
        "records"
    )[0]
    by_row = bootstrap_metrics(np.tile(y, 3), {"a": tiled}, seed=3, resamples=300).to_dict("records")[0]
    width = once["auc_high"] - once["auc_low"]
    assert by_customer["auc_high"] - by_customer["auc_low"] == pytest.approx(width, rel=0.2)
    assert by_row["auc_high"] - by_row["auc_low"] < 0.75 * width


@settings(max_examples=20)
@given(st.randoms(use_true_random=False), st.booleans())
def test_row_order_changes_no_bit(shuffler: random.Random, grouped: bool) -> None:
    y, p, value = simulated(60)
    other = np.round(p, 1)
    ids = np.array([f"c{number // 3}" for number in range(60)])
    order = list(range(60))
    shuffler.shuffle(order)
    here = bootstrap_metrics(y, {"a": p, "b": other}, value, seed=4, resamples=20, groups=ids if grouped else None)
    there = bootstrap_metrics(
        y[order],
        {"a": p[order], "b": other[order]},
        value[order],
        seed=4,
        resamples=20,
        groups=ids[order] if grouped else None,
    )
    pd.testing.assert_frame_equal(here, there, check_exact=True)
    gain = bootstrap_gain(y, p, other, seed=4, resamples=20)
    pd.testing.assert_frame_equal(gain, bootstrap_gain(y[order], p[order], other[order], seed=4, resamples=20))


def test_another_seed_draws_others() -> None:
    y, p, _ = simulated(100)
    first, second = (bootstrap_metrics(y, {"a": p}, seed=seed, resamples=20)["auc_low"].iloc[0] for seed in (1, 2))
    assert first != second


def test_a_better_score_gains_and_a_copy_does_not() -> None:
    y, p, _ = simulated(1500)
    noisy = np.clip(p + np.random.default_rng(1).normal(0, 0.3, p.size), 0, 1)
    better = bootstrap_gain(y, p, noisy, seed=5, resamples=200)
    assert better["metric"].tolist() == ["auc", "brier"]
    assert (better["gain_low"] > 0).all()
    assert (better["better_share"] == 1).all()
    assert better["gain"].tolist() == ((better["new"] - better["old"]) * [1, -1]).tolist()
    turned = bootstrap_gain(y, noisy, p, seed=5, resamples=200)
    assert turned["gain"].to_numpy() == pytest.approx(-better["gain"].to_numpy())
    same = bootstrap_gain(y, p, p, seed=5, resamples=20)
    assert (same[["gain", "gain_low", "gain_high"]] == 0).all(axis=None)
    assert (same["better_share"] == 0.5).all()


def test_a_score_that_only_ranks_has_no_probability_metrics() -> None:
    y, p, _ = simulated(100)
    row = bootstrap_metrics(y, {"days": 100 * p}, seed=6, resamples=20).to_dict("records")[0]
    assert row["auc_low"] < row["auc_high"]
    assert all(math.isnan(row[name]) for name in ("brier", "brier_low", "ece", "ece_high", "value_at_10"))
    auc_gain, brier_gain = bootstrap_gain(y, 100 * p, p, seed=6, resamples=20)["gain"]
    assert math.isnan(brier_gain)
    assert auc_gain == 0


def test_one_class_and_no_rows_give_nan() -> None:
    row = bootstrap_metrics([1, 1], {"a": [0.2, 0.4]}, seed=7, resamples=10).to_dict("records")[0]
    assert all(math.isnan(row[name]) for name in ("auc", "auc_low", "auc_high"))
    assert row["brier_low"] <= row["brier"] <= row["brier_high"]
    empty = bootstrap_metrics([], {"a": []}, [], seed=7, resamples=10).to_dict("records")[0]
    assert empty["n"] == 0
    assert all(math.isnan(empty[name]) for name in METRICS)
    assert bootstrap_gain([], [], [], seed=7, resamples=10)["gain"].isna().all()


def test_one_row_is_measured() -> None:
    row = bootstrap_metrics([1], {"a": [0.75]}, [5.0], seed=8, resamples=10).to_dict("records")[0]
    assert (row["brier"], row["brier_low"], row["brier_high"]) == (0.0625, 0.0625, 0.0625)


def test_what_cannot_be_resampled_is_refused() -> None:
    with pytest.raises(DataError, match="no score to judge"):
        bootstrap_metrics([0, 1], {}, seed=1)
    with pytest.raises(DataError, match="resamples must be at least 1, got 0"):
        bootstrap_metrics([0, 1], {"a": [0.1, 0.2]}, seed=1, resamples=0)
    with pytest.raises(DataError, match="level must lie between 0 and 1, got 95"):
        bootstrap_gain([0, 1], [0.1, 0.2], [0.1, 0.2], seed=1, level=95)
    with pytest.raises(DataError, match="groups has 1 rows where 2 are expected"):
        bootstrap_metrics([0, 1], {"a": [0.1, 0.2]}, seed=1, groups=["x"])
    with pytest.raises(DataError, match="groups has 1 missing customer ids"):
        bootstrap_metrics([0, 1], {"a": [0.1, 0.2]}, seed=1, groups=np.array(["x", None]))
