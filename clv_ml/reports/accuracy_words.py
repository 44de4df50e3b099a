"""What a backtest measured, as Markdown: accuracy with intervals, gains, rankings, cohorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clv_ml.evaluation.accuracy import FEWEST_OF_A_CLASS
from clv_ml.reports.wording import MODEL_NAMES

GROUPS = {
    "all": "all",
    "eligible": "eligible",
    "repeat": "repeat buyers",
    "top_clv": "top 10 % by CLV",
    "not_bought_yet": "not bought yet",
}
SCORES = {
    "days_since_last": "days since last seen",
    **{kind: f"{name} P(no purchase)" for kind, name in MODEL_NAMES.items()},
    "logistic": "logistic regression on RFM",
    "lightgbm_purchases": "LightGBM without engagement",
    "lightgbm": "LightGBM",
}
_BETTER = (("auc", max), ("brier", min), ("ece", min), ("lift_at_10", max), ("value_at_10", max), ("empc", max))
_SHORT = {"auc": "AUC", "brier": "Brier", "ece": "ECE", "empc": "EMPC"}


def accuracy_lines(known: Mapping[str, Any]) -> list[str]:
    """Write a backtest as Markdown tables: churn scores, what they gain, rankings, cohorts.

    Parameters
    ----------
    known
        The part ``backtest`` of a bundle's facts.
    """
    return [
        f"## Accuracy: judged from {known['cutoff']} on the {known['horizon_days']} days after it",
        "",
        *([f"All figures: {known['sampled']}.", ""] if known.get("sampled") else []),
        *score_lines(known["accuracy"]),
        "",
        verdict(known["accuracy"]),
        "",
        *gain_lines(known["gains"]),
        *([engagement_words(known["gains"]), ""] if engagement_words(known["gains"]) else []),
        "Share of the leavers' spend (180 days before) inside the first 10 %, by what the customers are ranked by: "
        + ", ".join(
            f"{row['ranked_by'].replace('_', ' ')} {figure(row['value_at_10'], 3)}" for row in known["rankings"]
        )
        + ".",
        "",
        *_cohort_lines(known["cohorts"]),
        "",
    ]


def score_lines(accuracy: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write the table of scores, a line a group and score; intervals are 95 %, by customer."""
    lines = [
        "| customers | score | n | churned | AUC | 95 % | PR AUC | Brier | ECE | lift@10 % | value@10 % | EMPC |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in accuracy:
        lines.append(
            f"| {GROUPS[row['group']]} | {SCORES[row['score']]} | {row['n']:,.0f} | {row['prevalence']:.1%} "
            f"| {figure(row['auc'], 3)} | {span(row['auc_low'], row['auc_high'])} "
            f"| {figure(row['pr_auc'], 3)} | {figure(row['brier'], 4)} | {figure(row['ece'], 3)} "
            f"| {figure(row['lift_at_10'], 2)} | {figure(row['value_at_10'], 3)} | {figure(row['empc'], 2)} |"
        )
    return lines


def gain_lines(gains: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say what LightGBM gains in AUC over each other score on the same customers, and where that may be nothing."""
    told = [row for row in gains if row["metric"] == "auc" and row["gain"] is not None]
    if not told:
        return []
    lines = [
        "| customers | LightGBM over | gain in AUC | 95 % | |",
        "|---|---|--:|--:|---|",
    ]
    for row in told:
        lines.append(
            f"| {GROUPS[row['group']]} | {SCORES[row['over']]} | {row['gain']:+.3f} "
            f"| {row['gain_low']:+.3f} to {row['gain_high']:+.3f} | {gain_word(row)} |"
        )
    return [*lines, ""]


def engagement_words(gains: Sequence[Mapping[Any, Any]]) -> str:
    """Say what the engagement data add to the classifier, on all customers; empty where there are none."""
    for row in gains:
        if (row["group"], row["over"], row["metric"]) == ("all", "lightgbm_purchases", "auc"):
            told = f"{row['gain']:+.3f} in AUC ({row['gain_low']:+.3f} to {row['gain_high']:+.3f})"
            if gain_word(row) == "no gain shown":
                return f"No gain from engagement is shown: {told} over the same classifier without it, all customers."
            return f"Engagement makes the classifier {gain_word(row)}: {told} over the same without it, all customers."
    return ""


def gain_word(row: Mapping[Any, Any]) -> str:
    """Say whether an interval holds a gain, a loss, or leaves it open."""
    if row["gain_low"] > 0:
        return "better"
    return "worse" if row["gain_high"] < 0 else "no gain shown"


def verdict(accuracy: Sequence[Mapping[str, Any]]) -> str:
    """Say where LightGBM does not win, in words, and which groups are too thin to say."""
    lost, thin = [], []
    for group in dict.fromkeys(row["group"] for row in accuracy):
        rows = {row["score"]: row for row in accuracy if row["group"] == group}
        if "lightgbm" not in rows:
            return "There is no LightGBM score here: churn probabilities come from the BG/NBD."
        if rows["lightgbm"]["auc_low"] is None:
            thin.append(GROUPS[group])
            continue
        for name, better in _BETTER:
            figures = {score: row[name] for score, row in rows.items() if row[name] is not None}
            if "lightgbm" in figures and figures["lightgbm"] != better(figures.values()):
                best = better(figures, key=lambda score: figures[score])
                measure = _SHORT.get(name, name.replace("_at_10", "@10 %"))
                lost.append(f"{measure} on {GROUPS[group]} ({SCORES[best]})")
    if not thin:
        return _won_or_lost(lost)
    unjudged = f"Too few leavers or stayers to judge (fewer than {FEWEST_OF_A_CLASS}): {', '.join(thin)}."
    judged = len(thin) < len({row["group"] for row in accuracy})
    return f"{_won_or_lost(lost)} {unjudged}" if judged else unjudged


def span(low: float | None, high: float | None) -> str:
    """Write an interval, or a dash where there is none."""
    return "-" if low is None or high is None else f"{low:.3f}-{high:.3f}"


def figure(value: float | None, digits: int) -> str:
    """Write a number, or a dash where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def _won_or_lost(lost: Sequence[str]) -> str:
    if not lost:
        return "LightGBM is the best of the scores on every figure."
    return "LightGBM does not win on: " + "; ".join(lost) + "."


def _cohort_lines(cohorts: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [
        "| first bought | days | customers | purchases: forecast | actual | spend: forecast | actual | churn: forecast "
        "| actual |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in cohorts:
        lines.append(
            f"| {row['cohort']} | {row['horizon_days']} | {row['customers']:,} | {row['predicted_purchases']:,.0f} "
            f"| {row['actual_purchases']:,.0f} | {row['predicted_spend']:,.0f} | {row['actual_spend']:,.0f} "
            f"| {row['predicted_churn_rate']:.1%} | {row['actual_churn_rate']:.1%} |"
        )
    return lines
