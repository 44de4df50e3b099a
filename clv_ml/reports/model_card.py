"""The model card: what a bundle is for, how right it was, and where it stops being right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clv_ml.data.quality import QualityReport
from clv_ml.models.bundle import Bundle
from clv_ml.reports.accuracy_words import accuracy_lines
from clv_ml.reports.wording import MODEL_NAMES

_LIMITS = {"bgnbd": ("- BG/NBD gives every one-time buyer P(alive) = 1; the churn probability, not P(alive), ranks.",)}


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
        *[f"- Left out or noted: {alarm}." for alarm in models.alarms],
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
    if fact.log_loss_raw is None:
        kept = "not calibrated, for want of rows or of a later cutoff to judge it by"
    return (
        f"LightGBM at {fact.horizon_days} days, {fact.rounds} rounds ({fact.rounds_from}), {fact.rows:,} training "
        f"rows, {kept}."
    )
