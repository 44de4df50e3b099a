"""What the columns of the cohort tables are called, and of which kind their cells are."""

from __future__ import annotations

import re

from clv_ml.language import Words

# windows of days in the name of a column: churn_90d, repeat_rate_30d
_WINDOW = re.compile(r"(churn|at_risk|repeat_rate|activated|returned)_(\d+)([dh])")
Heading = tuple[str, str]


def columns_of(table: str, names: list[str], w: Words) -> dict[str, Heading]:
    """Return for each column of a table that has a heading the heading and its kind.

    Parameters
    ----------
    names
        Columns of the table. One without a heading is for machines only.

    Notes
    -----
    Kinds: money, cents (money told to the cent), share, points, count, number, ratio, days, p, day, month, cohort,
    dimension, scenario, code, yes, text; by_outcome, change_by_outcome: money or
    share, as the row says.
    """
    known = headings(w) | _own(table, w)
    found = {name: known.get(name) or _window(name, w) for name in names}
    return {name: heading for name, heading in found.items() if heading is not None}


def headings(w: Words) -> dict[str, Heading]:
    """Return the headings that are alike in all tables."""
    return _keys(w) | _observed(w) | _expected(w) | _moved(w) | _costs(w) | _compared(w)


def _window(name: str, w: Words) -> Heading | None:
    found = _WINDOW.fullmatch(name)
    if found is None:
        return None
    size = int(found[2])
    span = w.days(size) if found[3] == "d" else w.counted("{n} hour", "{n} hours", size)
    told = {
        "churn": (w.say("Churn within {span}", span=span), "share"),
        "at_risk": (w.say("Customers at risk, {span}", span=span), "count"),
        "repeat_rate": (w.say("Bought again within {span}", span=span), "share"),
        "activated": (w.say("Activated within {span}", span=span), "share"),
        "returned": (w.say("Returned within {span}", span=span), "share"),
    }
    return told[found[1]]


def _own(table: str, w: Words) -> dict[str, Heading]:
    """Return the headings that a table alone gives to a column of a common name."""
    money = (w.say("Low"), "money"), (w.say("High"), "money")
    share = (w.say("Low"), "share"), (w.say("High"), "share")
    ends = dict(zip(("low", "high"), share if table == "breakeven" else money, strict=True))
    if table == "alerts":
        ends = {"low": (w.say("Low"), "number"), "high": (w.say("High"), "number")}
    if table == "decay":
        ends = {"low": (w.say("Change, low"), "number"), "high": (w.say("Change, high"), "number")}
    if table == "drivers":
        ends = {"low": (w.say("Low"), "change_by_outcome"), "high": (w.say("High"), "change_by_outcome")}
    own: dict[str, dict[str, Heading]] = {
        "breakeven": {
            "observed": (w.say("Paid back, observed"), "share"),
            "share": (w.say("Paid back, with what is expected"), "share"),
        },
        "cumulative": {
            "profit": (w.say("Profit per customer"), "money"),
            "revenue": (w.say("Revenue per customer"), "money"),
        },
        "decay": {
            "score": (w.say("Engagement now"), "number"),
            "score_before": (w.say("Engagement before"), "number"),
            "usual_change": (w.say("Usual change"), "number"),
            "baseline": (w.say("Own baseline"), "number"),
            "change": (w.say("Off its baseline"), "number"),
            "step_days": (w.say("Days between"), "count"),
            "alert": (w.say("Needs a look"), "yes"),
        },
        "engagement": {
            "breadth": (w.say("Breadth of the first week"), "number"),
            "observed": (w.say("Watched long enough"), "count"),
            "later_value": (w.say("Profit after the first week"), "money"),
            "later_days": (w.say("Days after the first week"), "count"),
            "churn_rate": (w.say("Gone after the first week"), "share"),
        },
        "windowed": {
            "orders": (w.say("Orders per customer"), "number"),
            "value": (w.say("Value in the window"), "money"),
            "expected": (w.say("Spend it told for the days judged"), "money"),
            "actual": (w.say("Spend that came"), "money"),
        },
        "formulas": {
            "frequency": (w.say("Orders a year"), "number"),
            "value": (w.say("By the formula"), "money"),
            "difference": (w.say("Difference"), "money"),
        },
        "payback": {
            "profit": (w.say("Profit per customer, observed"), "money"),
            "expected": (w.say("Profit per customer, expected"), "money"),
        },
    }
    return ends | own.get(table, {})


def _keys(w: Words) -> dict[str, Heading]:
    return {
        "dimension": (w.say("Grouped by"), "dimension"),
        "cohort": (w.say("Cohort"), "cohort"),
        "period": (w.say("Month"), "month"),
        "age_period": (w.say("Step of 30 days"), "count"),
        "age_days": (w.say("Age in days"), "count"),
        "customers": (w.say("Customers"), "count"),
        "small": (w.say("Small"), "yes"),
        "complete": (w.say("Complete"), "yes"),
        "figure": (w.say("Figure"), "code"),
        "value": (w.say("Value"), "number"),
        "days": (w.say("Days"), "count"),
        "first_day": (w.say("From"), "day"),
        "last_day": (w.say("To"), "day"),
    }


def _observed(w: Words) -> dict[str, Heading]:
    return {
        "observed": (w.say("Watched so long"), "count"),
        "new_customers": (w.say("New customers"), "count"),
        "active_customers": (w.say("Active customers"), "count"),
        "active": (w.say("Bought"), "count"),
        "orders": (w.say("Orders"), "count"),
        "purchases": (w.say("Days with a purchase"), "count"),
        "spend": (w.say("Spend"), "money"),
        "profit": (w.say("Profit"), "money"),
        "order_value": (w.say("Order value"), "money"),
        "frequency": (w.say("Orders per customer"), "number"),
        "purchases_per_year": (w.say("Purchases a year"), "number"),
        "repeat_rate": (w.say("Bought again"), "share"),
        "median_days_to_second": (w.say("Half had come back after"), "days"),
        "gross_margin": (w.say("Gross margin"), "share"),
        "start_customers": (w.say("Active the month before"), "count"),
        "churn_rate": (w.say("Churn"), "share"),
        "churn_base": (w.say("Customers whom churn is of"), "count"),
        "churn_days": (w.say("Churn over so many days"), "count"),
        "churn_per_year": (w.say("Churn a year"), "share"),
        "lifespan_days": (w.say("Lifespan"), "days"),
        "observed_life_days": (w.say("Days from first to last purchase"), "days"),
        "spend_per_customer": (w.say("Spend per customer so far"), "money"),
        "profit_per_customer": (w.say("Profit per customer so far"), "money"),
        "rate": (w.say("Share who bought"), "share"),
        "returned": (w.say("Came back"), "count"),
        "share": (w.say("Share"), "share"),
    }


def _expected(w: Words) -> dict[str, Heading]:
    return {
        "made_on": (w.say("Forecast of"), "day"),
        "until": (w.say("Until"), "day"),
        "horizon_days": (w.say("Days ahead"), "count"),
        "predicted": (w.say("Expected, all together"), "money"),
        "per_customer": (w.say("Expected per customer"), "money"),
        "per_customer_low": (w.say("Low, per customer"), "money"),
        "per_customer_high": (w.say("High, per customer"), "money"),
        "actual": (w.say("What happened, all together"), "money"),
        "actual_per_customer": (w.say("What happened, per customer"), "money"),
        "inside": (w.say("Inside the range"), "yes"),
        "chance": (w.say("Chance of being so far off"), "p"),
        "as_of": (w.say("As of"), "day"),
        "equity": (w.say("Customer equity"), "money"),
        "equity_low": (w.say("Equity, low"), "money"),
        "equity_high": (w.say("Equity, high"), "money"),
        "expected_active": (w.say("Expected to buy again"), "count"),
        "acquisition_cost": (w.say("Spent on winning them"), "money"),
        "cost_known": (w.say("Share whose cost is known"), "share"),
        "retention_cost": (w.say("Cost of keeping them"), "money"),
        "equity_after_retention": (w.say("Equity less the cost of keeping"), "money"),
        "scenario": (w.say("Scenario"), "scenario"),
        "churn_change": (w.say("Change of churn"), "share"),
        "order_value_change": (w.say("Change of order value"), "share"),
        "save_rate": (w.say("Share saved"), "share"),
        "clv": (w.say("Value per customer"), "money"),
        "change": (w.say("Change"), "money"),
        "change_share": (w.say("Change, share"), "share"),
    }


def _moved(w: Words) -> dict[str, Heading]:
    return {
        "step": (w.say("Part"), "code"),
        "amount": (w.say("Amount"), "cents"),
        "from_day": (w.say("From"), "day"),
        "to_day": (w.say("To"), "day"),
        "customers_start": (w.say("Customers before"), "count"),
        "customers_new": (w.say("New customers"), "count"),
        "customers_end": (w.say("Customers now"), "count"),
        "customers_gone": (w.say("No more in the data"), "count"),
        "start": (w.say("Equity before"), "cents"),
        "new": (w.say("From new customers"), "cents"),
        "kept": (w.say("Came back"), "cents"),
        "lost": (w.say("Fell silent"), "cents"),
        "value_per_customer": (w.say("Value per customer"), "cents"),
        "end": (w.say("Equity now"), "cents"),
    }


def _costs(w: Words) -> dict[str, Heading]:
    return {
        "ltv": (w.say("Profit of a customer"), "money"),
        "ltv_low": (w.say("Profit, low"), "money"),
        "ltv_high": (w.say("Profit, high"), "money"),
        "cac": (w.say("Cost of winning one"), "money"),
        "cost_status": (w.say("Cost"), "code"),
        "ratio": (w.say("Value to cost"), "ratio"),
        "ratio_low": (w.say("Ratio, low"), "ratio"),
        "ratio_high": (w.say("Ratio, high"), "ratio"),
        "target": (w.say("Target"), "ratio"),
        "verdict": (w.say("Against the target"), "code"),
        "allowable_cac": (w.say("May cost at most"), "money"),
        "allowable_cac_low": (w.say("At most, low"), "money"),
        "allowable_cac_high": (w.say("At most, high"), "money"),
        "payback_day": (w.say("Paid back after"), "days"),
        "payback_low": (w.say("At the earliest"), "days"),
        "payback_high": (w.say("At the latest"), "days"),
        "payback_chance": (w.say("Chance to pay back in time"), "share"),
        "payback_status": (w.say("Payback"), "code"),
    }


def _compared(w: Words) -> dict[str, Heading]:
    return {
        "severity": (w.say("Severity"), "code"),
        "code": (w.say("What"), "code"),
        "at": (w.say("When"), "text"),
        "limit": (w.say("Against"), "number"),
        "outcome": (w.say("Compared"), "code"),
        "mean": (w.say("Mean of the group"), "by_outcome"),
        "others_mean": (w.say("Mean of the others"), "by_outcome"),
        "difference": (w.say("Difference from the others"), "change_by_outcome"),
        "interval_level": (w.say("Level of the interval"), "share"),
        "shrunk": (w.say("Likely to be seen again"), "change_by_outcome"),
        "margin": (w.say("Margin"), "share"),
        "lifespan_years": (w.say("Lifespan, years"), "number"),
        "model": (w.say("By the model"), "money"),
        "due_horizon": (w.say("Due to the horizon"), "money"),
        "due_timing": (w.say("Due to timing"), "money"),
        "due_gone": (w.say("Due to those who left"), "money"),
        "due_model": (w.say("Due to the model"), "money"),
        "window_days": (w.say("Days of the window"), "count"),
        "judged_from": (w.say("Judged from"), "day"),
        "judged_days": (w.say("Days judged"), "count"),
        "error": (w.say("Error"), "share"),
        "best": (w.say("Best"), "yes"),
        "p_value": (w.say("p"), "p"),
        "p_adjusted": (w.say("p, adjusted for the number of comparisons"), "p"),
        "notable": (w.say("Beyond chance"), "yes"),
        "reason": (w.say("Why they differ"), "code"),
    }
