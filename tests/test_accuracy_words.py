"""A backtest in words: who wins where, and what too few customers cannot tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from clv_ml.reports.accuracy_words import gain_lines, gain_word, score_lines, span, verdict
from clv_ml.reports.tables import accuracy_text, gain_text

_FIGURES = {"auc": 0.8, "pr_auc": 0.9, "brier": 0.1, "ece": 0.02, "lift_at_10": 1.2, "value_at_10": 0.3, "empc": 0.5}
_WORSE = {"auc": 0.7, "pr_auc": 0.8, "brier": 0.2, "ece": 0.03, "lift_at_10": 1.1, "value_at_10": 0.2, "empc": 0.4}


def _row(group: str, score: str, *, thin: bool = False, **changed: float | None) -> dict[str, Any]:
    figures = (_FIGURES if score == "lightgbm" else _WORSE) | changed
    ends: dict[str, Any] = {"auc_low": None, "auc_high": None} if thin else {"auc_low": 0.65, "auc_high": 0.85}
    return {"group": group, "score": score, "n": 1234, "prevalence": 0.25, **figures, **ends}


def _gain(group: str, gain: float | None, low: float | None, high: float | None, metric: str = "auc") -> dict[str, Any]:
    ends = {"gain": gain, "gain_low": low, "gain_high": high}
    return {"group": group, "over": "logistic", "metric": metric, **ends}


def test_the_best_on_every_figure_is_said_to_be() -> None:
    assert verdict([_row("all", "lightgbm"), _row("all", "bgnbd")]) == (
        "LightGBM is the best of the scores on every figure."
    )


def test_where_another_score_wins_it_is_named_with_the_figure_and_the_group() -> None:
    rows = [_row("all", "lightgbm"), _row("all", "logistic", auc=0.81)]
    rows += [_row("repeat", "lightgbm"), _row("repeat", "bgnbd", brier=0.05)]
    assert verdict(rows) == (
        "LightGBM does not win on: AUC on all (logistic regression on RFM); "
        "Brier on repeat buyers (BG/NBD P(no purchase))."
    )


def test_equal_figures_are_no_defeat_and_unknown_ones_do_not_count() -> None:
    rows = [_row("all", "lightgbm"), _row("all", "logistic", auc=0.8, brier=None), _row("all", "bgnbd", empc=None)]
    assert "every figure" in verdict(rows)


def test_a_group_with_hardly_a_leaver_is_left_out_and_named() -> None:
    rows = [_row("all", "lightgbm"), _row("all", "logistic")]
    rows += [_row("top_clv", "lightgbm", thin=True), _row("top_clv", "logistic", thin=True, auc=1.0)]
    assert verdict(rows) == (
        "LightGBM is the best of the scores on every figure. "
        "Too few leavers or stayers to judge (fewer than 10): top 10 % by CLV."
    )


def test_where_no_group_can_be_judged_nobody_wins() -> None:
    thin = [_row(group, "lightgbm", thin=True, auc=None) for group in ("all", "repeat")]
    assert verdict(thin) == "Too few leavers or stayers to judge (fewer than 10): all, repeat buyers."


def test_without_a_classifier_the_verdict_says_so() -> None:
    assert verdict([_row("all", "bgnbd")]).startswith("There is no LightGBM score here")


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.001, 0.2, "better"), (-0.2, -0.001, "worse"), (-0.1, 0.1, "no gain shown"), (0.0, 0.1, "no gain shown")],
)
def test_an_interval_that_holds_nothing_at_all_shows_no_gain(low: float, high: float, word: str) -> None:
    assert gain_word({"gain_low": low, "gain_high": high}) == word


def test_gains_are_told_by_auc_with_their_intervals() -> None:
    lines = gain_lines([_gain("all", 0.012, -0.004, 0.03), _gain("all", 0.5, 0.4, 0.6, metric="brier")])
    assert lines[2:] == ["| all | logistic regression on RFM | +0.012 | -0.004 to +0.030 | no gain shown |", ""]
    assert gain_lines([]) == []
    assert gain_lines([_gain("all", None, None, None)]) == []


def test_a_missing_interval_is_a_dash() -> None:
    [line] = score_lines([_row("top_clv", "lightgbm", thin=True, auc=None)])[2:]
    assert line.startswith("| top 10 % by CLV | LightGBM | 1,234 | 25.0% | - | - | 0.900 | 0.1000 |")
    assert span(None, 0.5) == "-"
    assert span(0.25, 0.5) == "0.250-0.500"


def test_the_terminal_shows_the_same_figures() -> None:
    rows = pd.DataFrame([_row("all", "lightgbm"), _row("top_clv", "lightgbm", thin=True, auc=np.nan)])
    _, whole, thin = accuracy_text(rows).splitlines()
    figures = "0.1000 0.020 1.20 0.300 0.50"
    assert " ".join(whole.split()) == f"all lightgbm 1,234 25.0% 0.800 0.650-0.850 {figures}"
    assert " ".join(thin.split()) == f"top_clv lightgbm 1,234 25.0% NaN - {figures}"


def test_the_terminal_tells_gains_and_is_silent_where_there_are_none() -> None:
    told = gain_text(pd.DataFrame([_gain("all", 0.05, 0.01, 0.1), _gain("all", 0.5, 0.4, 0.6, metric="brier")]))
    assert told.splitlines()[1:] == ["  all: +0.050 (+0.010 to +0.100) over logistic, better"]
    assert gain_text(pd.DataFrame(columns=["group", "over", "metric"])) == ""
