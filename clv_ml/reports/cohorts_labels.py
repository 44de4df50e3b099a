"""What the columns and codes of the cohort tables are called."""

from __future__ import annotations

from clv_ml.language import Words


def headings(w: Words) -> dict[str, tuple[str, str]]:
    """Return for each column its heading and its kind: money, share, points, count, number, ratio, days, text, ..."""
    return _keys(w) | _observed(w) | _expected(w) | _costs(w) | _compared(w)


def _keys(w: Words) -> dict[str, tuple[str, str]]:
    return {
        "dimension": (w.say("Grouped by"), "dimension"),
        "cohort": (w.say("Cohort"), "cohort"),
        "period": (w.say("Period"), "month"),
        "age_period": (w.say("Months since the first purchase"), "count"),
        "customers": (w.say("Customers"), "count"),
        "small": (w.say("Small"), "yes"),
        "complete": (w.say("Complete"), "yes"),
        "figure": (w.say("Figure"), "code"),
        "value": (w.say("Value"), "number"),
        "unit": (w.say("Unit"), "code"),
    }


def _observed(w: Words) -> dict[str, tuple[str, str]]:
    return {
        "new_customers": (w.say("New customers"), "count"),
        "active": (w.say("Bought"), "count"),
        "orders": (w.say("Orders"), "count"),
        "spend": (w.say("Spend"), "money"),
        "revenue": (w.say("Revenue per customer"), "money"),
        "profit": (w.say("Profit per customer"), "money"),
        "order_value": (w.say("Order value"), "money"),
        "frequency": (w.say("Orders per customer"), "number"),
        "repeat_rate": (w.say("Bought again"), "share"),
        "gross_margin": (w.say("Gross margin"), "share"),
        "churn_rate": (w.say("Churn"), "share"),
        "churn_30d": (w.say("Churn, 30 days"), "share"),
        "churn_60d": (w.say("Churn, 60 days"), "share"),
        "churn_90d": (w.say("Churn, 90 days"), "share"),
        "lifespan_days": (w.say("Lifespan"), "days"),
        "lifespan_years": (w.say("Lifespan, years"), "number"),
        "rate": (w.say("Share who bought"), "share"),
        "share": (w.say("Share"), "share"),
        "days": (w.say("Days"), "count"),
    }


def _expected(w: Words) -> dict[str, tuple[str, str]]:
    return {
        "made_on": (w.say("Forecast of"), "day"),
        "until": (w.say("Until"), "day"),
        "horizon_days": (w.say("Days ahead"), "count"),
        "predicted": (w.say("Expected, all together"), "money"),
        "low": (w.say("Low"), "money"),
        "high": (w.say("High"), "money"),
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
        "from_day": (w.say("From"), "day"),
        "to_day": (w.say("To"), "day"),
        "customers_start": (w.say("Customers before"), "count"),
        "customers_new": (w.say("New customers"), "count"),
        "customers_end": (w.say("Customers now"), "count"),
        "customers_gone": (w.say("No more in the data"), "count"),
        "start": (w.say("Equity before"), "money"),
        "new": (w.say("From new customers"), "money"),
        "kept": (w.say("Came back"), "money"),
        "lost": (w.say("Fell silent"), "money"),
        "value_per_customer": (w.say("Value per customer"), "money"),
        "end": (w.say("Equity now"), "money"),
        "change": (w.say("Change"), "money"),
        "amount": (w.say("Amount"), "money"),
        "step": (w.say("Part"), "code"),
        "scenario": (w.say("Scenario"), "code"),
    }


def _costs(w: Words) -> dict[str, tuple[str, str]]:
    return {
        "cac": (w.say("Cost of winning one"), "money"),
        "ratio": (w.say("Value to cost"), "ratio"),
        "ratio_low": (w.say("Ratio, low"), "ratio"),
        "ratio_high": (w.say("Ratio, high"), "ratio"),
        "target": (w.say("Target"), "ratio"),
        "allowable_cac": (w.say("May cost at most"), "money"),
        "payback_day": (w.say("Paid back after"), "days"),
        "payback_low": (w.say("At the earliest"), "days"),
        "payback_high": (w.say("At the latest"), "days"),
        "payback_status": (w.say("Payback"), "code"),
    }


def _compared(w: Words) -> dict[str, tuple[str, str]]:
    return {
        "difference": (w.say("Difference from the others"), "money"),
        "p_value": (w.say("p"), "p"),
        "p_adjusted": (w.say("p, adjusted for the number of comparisons"), "p"),
        "notable": (w.say("Beyond chance"), "yes"),
        "reason": (w.say("Why they differ"), "code"),
    }


def columns_of(table: str, w: Words) -> dict[str, tuple[str, str]]:
    """Return for each column of a table its heading and its kind."""
    return headings(w)


def codes(w: Words) -> dict[str, dict[str, str]]:
    """Return what the codes of each column mean; others are shown as they are."""
    return {
        "step": {
            "start": w.say("Before"),
            "new": w.say("New customers"),
            "kept": w.say("Came back"),
            "lost": w.say("Fell silent"),
            "value_per_customer": w.say("Value per customer"),
            "end": w.say("Now"),
        },
    }


def sheet_names(w: Words) -> dict[str, str]:
    """Return the tables of the workbook in their order, each with the name of its sheet."""
    return {
        "scorecard": w.say("Scorecard"),
        "alerts": w.say("What needs a look"),
        "retention": w.say("Retention"),
        "cumulative": w.say("Cumulative profit"),
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
