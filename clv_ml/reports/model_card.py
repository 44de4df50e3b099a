"""The model card: what a bundle is for, how right it was, and where it stops being right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clv_ml.data.quality import QualityReport
from clv_ml.models.bundle import Bundle
from clv_ml.reports.wording import MODEL_NAMES

_GROUPS = {"all": "all", "repeat": "repeat buyers", "top_clv": "top 10 % by CLV"}
_LIMITS = {"bgnbd": ("- BG/NBD gives every one-time buyer P(alive) = 1; the churn probability, not P(alive), ranks.",)}
_SCORES = {
    "days_since_last": "days since last order",
    "bgnbd": "BG/NBD P(no purchase)",
    "mbgnbd": "modified BG/NBD P(no purchase)",
    "pareto_nbd": "Pareto/NBD P(no purchase)",
    "lightgbm": "LightGBM",
}


def model_card(bundle: Bundle, quality: QualityReport) -> str:
    """Write the card in Markdown, from the bundle's own facts."""
    facts, models = bundle.facts, bundle.models
    value, horizons = facts["value"], facts["horizons_days"]
    purchases, spend = models.purchases.params_, models.spend.params_
    lines = [
        f"# Model card: {facts['name']}",
        "",
        f"Bundle {bundle.version}, fitted on what was known on {models.cutoff}. The data held {quality.rows_valid:,} "
        f"order lines of {quality.customers:,} customers, {quality.first_day} to {quality.last_day}.",
        "",
        "## Intended use",
        "Rank valuable customers by the money at risk, so that a retention team calls the right ones first. Not for "
        "credit, pricing or anything else decided about a person.",
        "",
        "## Conventions",
        f"- Churned = no purchase within the horizon ({', '.join(map(str, horizons))} days; {horizons[-1]} ranks).",
        f"- Lifetime value: {value['horizon_days']} days ahead, margin {value['margin']:.0%}{_cost(facts)}, "
        f"{value['annual_discount_rate']:.0%} a year discounted continuously, in {facts['currency']}.",
        "- Value at risk = P(churn) x value if retained.",
        "",
        "## Models",
        f"- {MODEL_NAMES[models.purchases.KIND]}: "
        + ", ".join(f"{name} {number:.4g}" for name, number in purchases.items())
        + " (days).",
        "- Gamma-Gamma: " + ", ".join(f"{name} {number:.4g}" for name, number in spend.items()) + ".",
        *_choice_lines(bundle),
        f"- Churn: {_churn_line(bundle)}",
        "",
    ]
    known = facts["backtest"]
    if known is None:
        lines += ["## Accuracy", "Not measured: the history is too short for a backtest.", ""]
    else:
        lines += accuracy_lines(known)
    lines += [
        "## Known limits",
        *_LIMITS.get(models.purchases.KIND, ()),
        "- Gamma-Gamma takes spend to be independent of how often a customer buys.",
        "- Neither model knows of seasons: a forecast made before a peak is too low, one made after it too high.",
        "- A reason on the list states what is seen, never why it happened.",
        "",
    ]
    return "\n".join(lines)


def accuracy_lines(known: Mapping[str, Any]) -> list[str]:
    """Write the accuracy of a backtest as Markdown tables: churn scores, rankings, cohorts."""
    lines = [
        f"## Accuracy: judged from {known['cutoff']} on the {known['horizon_days']} days after it",
        "",
        "| customers | score | n | churned | AUC | Brier | ECE | lift@10 % | value@10 % |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in known["accuracy"]:
        lines.append(
            f"| {_GROUPS[row['group']]} | {_SCORES[row['score']]} | {row['n']:,.0f} | {row['prevalence']:.1%} "
            f"| {_figure(row['auc'], 3)} | {_figure(row['brier'], 4)} | {_figure(row['ece'], 3)} "
            f"| {_figure(row['lift_at_10'], 2)} | {_figure(row['value_at_10'], 3)} |"
        )
    lines += ["", _verdict(known["accuracy"]), ""]
    lines += [
        "Share of the leavers' spend (180 days before) inside the first 10 %, by what the customers are ranked by: "
        + ", ".join(
            f"{row['ranked_by'].replace('_', ' ')} {_figure(row['value_at_10'], 3)}" for row in known["rankings"]
        )
        + ".",
        "",
        "| first bought | days | customers | purchases: forecast | actual | spend: forecast | actual | churn: forecast "
        "| actual |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in known["cohorts"]:
        lines.append(
            f"| {row['cohort']} | {row['horizon_days']} | {row['customers']:,} | {row['predicted_purchases']:,.0f} "
            f"| {row['actual_purchases']:,.0f} | {row['predicted_spend']:,.0f} | {row['actual_spend']:,.0f} "
            f"| {row['predicted_churn_rate']:.1%} | {row['actual_churn_rate']:.1%} |"
        )
    return [*lines, ""]


def _verdict(accuracy: Sequence[Mapping[str, Any]]) -> str:
    """Say where LightGBM does not win, in words."""
    lost = []
    for group in _GROUPS:
        rows = {row["score"]: row for row in accuracy if row["group"] == group}
        if "lightgbm" not in rows:
            return "There is no LightGBM score here: churn probabilities come from the BG/NBD."
        for name, better in (("auc", max), ("brier", min), ("ece", min), ("lift_at_10", max), ("value_at_10", max)):
            figures = {score: row[name] for score, row in rows.items() if row[name] is not None}
            if "lightgbm" in figures and figures["lightgbm"] != better(figures.values()):
                best = better(figures, key=lambda score: figures[score])
                lost.append(
                    f"{name.replace('_at_10', '@10 %').replace('_', ' ')} on {_GROUPS[group]} ({_SCORES[best]})"
                )
    if not lost:
        return "LightGBM is the best of the scores on every figure."
    return "LightGBM does not win on: " + "; ".join(lost) + "."


def _cost(facts: Mapping[str, Any]) -> str:
    cost = facts["value"]["cost_per_order"]
    return f" less {cost:,.2f} {facts['currency']} an order" if cost else ""


def _choice_lines(bundle: Bundle) -> list[str]:
    scores = bundle.models.purchase_scores
    told = ", ".join(f"{MODEL_NAMES[kind]} {score:.4f}" for kind, score in scores.items())
    return [f"- Chosen by holdout log-likelihood a customer: {told}."] if told else []


def _churn_line(bundle: Bundle) -> str:
    if bundle.models.churn is None:
        return bundle.models.churn_note + "."
    fact = bundle.models.churn.facts_[-1]
    kept = "calibrated (Platt)" if fact.calibrated else "not calibrated, since that did not win on a later cutoff"
    return (
        f"LightGBM at {fact.horizon_days} days, {fact.rounds} rounds ({fact.rounds_from}), {fact.rows:,} training "
        f"rows, {kept}."
    )


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
