"""What the codes of the cohort tables mean, and how the sheets of the workbook are called."""

from __future__ import annotations

from collections.abc import Iterable

from clv_ml.language import Words


def codes(w: Words, *, windows: Iterable[int] = (30, 90, 180)) -> dict[str, dict[str, str]]:
    """Return what the codes of each column mean; others are shown as they are.

    Parameters
    ----------
    windows
        Days of the windows of simple formulas.
    """
    return {
        "step": {
            "start": w.say("Before"),
            "new": w.say("New customers"),
            "kept": w.say("Came back"),
            "lost": w.say("Fell silent"),
            "value_per_customer": w.say("Value per customer"),
            "end": w.say("Now"),
        },
        "cost_status": {
            "known": w.say("known"),
            "partly_known": w.say("partly known"),
            "unknown": w.say("not known"),
            "free": w.say("cost nothing"),
        },
        "figure": {
            "simple": w.say("Order value × orders a year × margin × lifespan"),
            "subscription": w.say("Payment a month × 12 × years"),
        }
        | {f"windowed_{days}d": w.say("The last {days} as they were", days=w.days(days)) for days in windows},
        "severity": {"alert": w.say("needs a look"), "watch": w.say("to watch")},
        "code": {
            "ltv_cac_loss": w.say("costs more than it brings"),
            "ltv_cac_below_target": w.say("below the target of value to cost"),
            "payback_late": w.say("late to pay back"),
            "forecast_below": w.say("below its forecast"),
            "forecast_above": w.say("above its forecast"),
            "churn_high": w.say("more churn than before"),
            "retention_low": w.say("fewer came back than of earlier months"),
            "engagement_low": w.say("less engaged than its baseline"),
        },
        "outcome": {
            "value": w.say("profit of the first days"),
            "later_value": w.say("profit after the first purchase"),
            "returned": w.say("came back"),
            "churn": w.say("gone after the first week"),
        },
        "reason": {
            "horizon": w.say("the formula counts a whole lifespan, the model its horizon"),
            "timing": w.say("the formula leaves out that customers leave and money comes later within the time"),
            "gone": w.say("the formula is of customers who bought lately, the model of all, those who left included"),
            "model": w.say("customers differ, and the model knows it"),
            "nobody_lost": w.say("nobody was lost yet, so the formula has no lifespan"),
            "too_young": w.say("the data are too young for a lifespan"),
            "no_model": w.say("the model has no figure for it"),
            "looks_back": w.say("a window repeats the past, the model looks ahead"),
        },
        "verdict": {
            "above": w.say("above the target"),
            "below": w.say("below the target"),
            "open": w.say("cannot be told yet"),
            "unknown": w.say("no cost to compare with"),
        },
        "payback_status": {
            "observed": w.say("observed"),
            "projected": w.say("projected"),
            "beyond": w.say("not expected in the time looked at"),
            "no_cost": w.say("cost nothing"),
            "cost_unknown": w.say("cost not known"),
        },
    }


def sheet_names(w: Words) -> dict[str, str]:
    """Return the tables of the workbook in their order, each with the name of its sheet."""
    return {
        "scorecard": w.say("Scorecard"),
        "alerts": w.say("What needs a look"),
        "retention": w.say("Retention"),
        "cumulative": w.say("Cumulative profit"),
        "payback": w.say("Payback curves"),
        "breakeven": w.say("Break-even"),
        "acquisition": w.say("Value to cost"),
        "predicted": w.say("Expected and actual"),
        "equity": w.say("Customer equity"),
        "bridge": w.say("Change of equity"),
        "scenarios": w.say("Scenarios"),
        "drivers": w.say("Differences"),
        "engagement": w.say("First days"),
        "decay": w.say("Engagement now"),
        "formulas": w.say("Simple formulas"),
        "windowed": w.say("Value by window"),
        "periods": w.say("Calendar months"),
        "cohorts": w.say("Cohorts"),
        "second_order": w.say("Second order"),
    }
