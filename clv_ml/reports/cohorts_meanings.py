"""What the figures of the cohort report mean: the formula of each, and the trap in it."""

from __future__ import annotations

from clv_ml.language import Words
from clv_ml.language.values import finite
from clv_ml.reports.cohorts_facts import CohortFacts
from clv_ml.reports.explain import Fact


def meanings(facts: CohortFacts, w: Words) -> list[Fact]:
    """Return each figure with its formula and its trap, and what is assumed."""
    return [*_counted(w), *_expected(facts, w), *_assumed(facts, w)]


def _counted(w: Words) -> list[Fact]:
    return [
        Fact(w.say("Order value"), w.say("Spend divided by orders, refunds taken off. A few large orders raise it.")),
        Fact(w.say("Orders per customer"), w.say("Orders divided by the customers who bought in the time.")),
        Fact(
            w.say("Bought again"),
            w.say(
                "Customers with a second day of purchase, divided by all. New customers have had little time for one."
            ),
        ),
        Fact(
            w.say("Churn"),
            w.say(
                "Of the customers active at the start, the share who bought nothing until the end. Who pauses longer "
                "than that counts as gone, and may come back."
            ),
        ),
        Fact(
            w.say("Lifespan"),
            w.say("One divided by churn. It takes churn to stay as it is; the old and the new leave at other rates."),
        ),
        Fact(
            w.say("Gross margin"),
            w.say("What is left of spend after the cost of goods; where the data hold no costs, the margin declared."),
        ),
        Fact(w.say("Small"), w.say("A cohort of few customers: its figures move by chance, and it never alerts.")),
    ]


def _expected(facts: CohortFacts, w: Words) -> list[Fact]:
    days = w.days(facts.conventions.get("horizon_days"))
    return [
        Fact(
            w.say("Expected value per customer"),
            w.say(
                "Discounted profit that a customer is expected to bring within {days}; the chance that the customer is "
                "gone already is in it.",
                days=days,
            ),
        ),
        Fact(
            w.say("Customer equity"),
            w.say("The sum of the expected value of all customers. It does not count those who will be won later."),
        ),
        Fact(
            w.say("Value to cost"),
            w.say("Value of a customer divided by the cost of winning one; both over the same customers."),
        ),
        Fact(
            w.say("Paid back after"),
            w.say("The age in days at which the profit of a cohort has covered the cost of winning it."),
        ),
    ]


def _assumed(facts: CohortFacts, w: Words) -> list[Fact]:
    given = facts.conventions
    told = [
        Fact(
            w.say("Margin"),
            w.say("{share} of what a customer spends is counted as value.", share=w.percent(given.get("margin"))),
        ),
        Fact(
            w.say("Discount"),
            w.say(
                "Money that comes later counts less: {share} a year.",
                share=w.percent(given.get("annual_discount_rate")),
            ),
        ),
    ]
    if finite(given.get("cost_per_order")):
        told.append(
            Fact(
                w.say("Cost of an order"),
                w.say(
                    "{amount} of each order is cost, taken off its value.",
                    amount=w.money(given.get("cost_per_order"), facts.currency),
                ),
            )
        )
    if finite(given.get("retention_cost")):
        told.append(
            Fact(
                w.say("Cost of keeping a customer"),
                w.say("{amount} a year for each.", amount=w.money(given.get("retention_cost"), facts.currency)),
            )
        )
    return [*told, Fact(w.say("Currency"), w.say("All amounts are in {currency}.", currency=facts.currency))]
