"""How right each score was: groups, intervals, gains and cohorts on a handful of made-up customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clv_ml.evaluation.accuracy import (
    FEWEST_OF_A_CLASS,
    accuracy_by_cohort,
    accuracy_table,
    customer_groups,
    gain_table,
)
from clv_ml.evaluation.bootstrap import METRICS, bootstrap_gain, bootstrap_metrics
from clv_ml.evaluation.metrics import auc, brier

NAMES = pd.Index(list("abcdef"), name="customer_id")
CUSTOMERS = pd.DataFrame(
    {
        # a and b bought lately; c bought long ago and was active lately; d did neither; e and f never bought
        "frequency": [2.0, 0.0, 1.0, 0.0, np.nan, np.nan],
        "days_since_last": [10.0, 179.0, 300.0, 300.0, np.nan, np.nan],
        "days_since_activity": [np.nan, 400.0, 3.0, 180.0, 20.0, np.nan],
        "tenure_days": [500.0, 500.0, 500.0, 500.0, 40.0, 200.0],
        "first_day": pd.to_datetime(["2024-01-31", "2024-02-01", "2024-01-02", "2024-02-29", "NaT", "NaT"]),
        "start_day": pd.to_datetime(
            ["2023-12-31", "2024-02-01", "2024-01-02", "2024-02-29", "2024-03-01", "2024-01-05"]
        ),
    },
    index=NAMES,
)
SCORES = pd.DataFrame({"expected_clv": [10.0, 40.0, 30.0, 20.0, np.nan, np.nan]}, index=NAMES)


def _drawn(rows: int, *, seed: int = 3) -> tuple[pd.DataFrame, pd.Series[float], pd.Series[float]]:
    """Probabilities of two scores, the first worth more, with what happened and what the customers spent."""
    rng = np.random.default_rng(seed)
    index = pd.Index([f"c{number:04d}" for number in range(rows)], name="customer_id")
    p = rng.uniform(size=rows)
    churned = pd.Series((rng.uniform(size=rows) < p).astype(float), index=index)
    noisy = np.clip(p + rng.normal(0, 0.5, rows), 0.01, 0.99)
    return pd.DataFrame({"logistic": noisy, "lightgbm": p}, index=index), churned, pd.Series(1.0 + p, index=index)


def test_who_bought_or_was_active_lately_is_eligible() -> None:
    groups = customer_groups(CUSTOMERS, SCORES, eligible_days=180, top_share=0.5)
    assert {name: "".join(inside.index[inside]) for name, inside in groups.items()} == {
        "all": "abcdef",
        "eligible": "abce",  # f has only signed up, 200 days ago
        "repeat": "ac",
        "top_clv": "bc",
        "not_bought_yet": "ef",
    }


def test_without_events_the_last_purchase_alone_makes_eligible_and_all_have_bought() -> None:
    buyers = CUSTOMERS.loc[list("abcd"), ["frequency", "days_since_last", "first_day"]]
    groups = customer_groups(buyers, SCORES.loc[buyers.index], eligible_days=180, top_share=0.1)
    assert "not_bought_yet" not in groups
    assert "".join(buyers.index[groups["eligible"]]) == "ab"
    assert "".join(buyers.index[groups["top_clv"]]) == "b"  # a tenth of four is still one


def test_every_figure_is_that_of_the_metric_on_the_group() -> None:
    probabilities, churned, value = _drawn(200)
    some = pd.Series(np.arange(200) < 80, index=churned.index)
    nobody = pd.Series(False, index=churned.index)
    everybody = pd.Series(True, index=churned.index)
    table = accuracy_table(probabilities, churned, value, {"all": everybody, "some": some, "none": nobody}, seed=5)
    assert list(zip(table["group"], table["score"], strict=True)) == [
        (group, score) for group in ("all", "some") for score in ("logistic", "lightgbm")
    ]
    row = table[(table["group"] == "some") & (table["score"] == "lightgbm")].iloc[0]
    assert row["n"] == 80
    assert row["prevalence"] == churned[some].mean()
    assert row["auc"] == auc(churned[some], probabilities.loc[some, "lightgbm"])
    assert row["brier"] == brier(churned[some], probabilities.loc[some, "lightgbm"])
    assert row["auc_low"] < row["auc"] < row["auc_high"]
    both = {name: probabilities.loc[some, name] for name in ("logistic", "lightgbm")}
    direct = bootstrap_metrics(churned[some], both, value[some], seed=5, resamples=300)
    found = table[table["group"] == "some"].drop(columns="group").reset_index(drop=True)
    pd.testing.assert_frame_equal(found, direct)


def test_a_gain_is_paired_on_the_same_customers_and_over_each_other_score() -> None:
    probabilities, churned, _ = _drawn(200)
    probabilities = probabilities.assign(bgnbd=0.5)
    everybody = pd.Series(True, index=churned.index)
    table = gain_table(probabilities, churned, {"all": everybody}, seed=5)
    assert list(zip(table["over"], table["metric"], strict=True)) == [
        (over, metric) for over in ("logistic", "bgnbd") for metric in ("auc", "brier")
    ]
    over_coin = table[(table["over"] == "bgnbd") & (table["metric"] == "auc")].iloc[0]
    assert over_coin["gain"] == pytest.approx(auc(churned, probabilities["lightgbm"]) - 0.5)
    assert over_coin["gain_low"] > 0
    direct = bootstrap_gain(churned, probabilities["lightgbm"], probabilities["logistic"], seed=5, resamples=300)
    pd.testing.assert_frame_equal(table.iloc[:2].drop(columns=["group", "over"]), direct)


@pytest.mark.parametrize("turned", [False, True], ids=["leavers", "stayers"])
@pytest.mark.parametrize("fewest", [0, 1, FEWEST_OF_A_CLASS - 1, FEWEST_OF_A_CLASS])
def test_a_group_with_hardly_a_leaver_or_stayer_has_figures_but_no_interval_and_no_gain(
    fewest: int, turned: bool
) -> None:
    probabilities, _, value = _drawn(60)
    churned = pd.Series((np.arange(60) < fewest) != turned, index=value.index).astype(float)
    everybody = {"all": pd.Series(True, index=value.index)}
    table = accuracy_table(probabilities, churned, value, everybody, seed=1)
    gains = gain_table(probabilities, churned, everybody, seed=1)
    ends = table[[f"{name}_{end}" for name in METRICS for end in ("low", "high")]]
    assert (table["n"] == 60).all()
    assert table["brier"].notna().all()
    assert table["auc"].notna().all() == (fewest > 0)
    if fewest < FEWEST_OF_A_CLASS:
        assert ends.isna().all(axis=None)
        assert gains.empty
    else:
        assert ends.notna().all(axis=None)
        assert len(gains) == 2
    assert {"group", "over", "metric", "gain", "gain_low", "gain_high"} <= set(gains.columns)


def test_without_a_classifier_there_is_no_gain() -> None:
    probabilities, churned, _ = _drawn(60)
    everybody = {"all": pd.Series(True, index=churned.index)}
    assert gain_table(probabilities[["logistic"]], churned, everybody, seed=1).empty


def test_rows_in_another_order_give_the_same_tables() -> None:
    probabilities, churned, value = _drawn(150)
    groups = {"all": pd.Series(True, index=churned.index), "some": probabilities["lightgbm"] > 0.3}
    turned = churned.index[::-1]
    again = {name: inside[turned] for name, inside in groups.items()}
    pd.testing.assert_frame_equal(
        accuracy_table(probabilities, churned, value, groups, seed=2),
        accuracy_table(probabilities.loc[turned], churned[turned], value[turned], again, seed=2),
    )
    pd.testing.assert_frame_equal(
        gain_table(probabilities, churned, groups, seed=2),
        gain_table(probabilities.loc[turned], churned[turned], again, seed=2),
    )


def test_cohorts_are_months_of_the_first_purchase_or_else_of_the_start() -> None:
    churned = pd.Series([0.0, 1.0, 1.0, 0.0, 1.0, 0.0], index=NAMES)
    probabilities = pd.DataFrame(
        {"lightgbm": [0.2, 0.9, 0.7, 0.1, 0.6, 0.8], "days_since_last": [0.5] * 6}, index=NAMES
    )
    table = accuracy_by_cohort(probabilities, churned, pd.Series(1.0, index=NAMES), CUSTOMERS)
    assert list(zip(table["cohort"], table["score"], strict=True)) == [
        (cohort, score) for cohort in ("2024-01", "2024-02", "2024-03") for score in ("lightgbm", "days_since_last")
    ]
    ours = table[table["score"] == "lightgbm"].set_index("cohort")
    assert ours["n"].to_dict() == {"2024-01": 3, "2024-02": 2, "2024-03": 1}  # a, c, f; b, d; e
    assert ours["auc"].to_dict() == pytest.approx({"2024-01": 0.5, "2024-02": 1.0, "2024-03": np.nan}, nan_ok=True)
    assert ours.loc["2024-03", "brier"] == pytest.approx(0.16)
