"""With a model: what raises the risk is told first, by a fact that holds."""

from __future__ import annotations

import numpy as np
from reason_customers import FEATURES, contributed, customer, lapsed, one_by_one, told

from clv_ml.decisions.reasons import reasons
from clv_ml.decisions.themes import THEMES, theme_of


def test_the_themes_that_raise_the_risk_most_are_told_first() -> None:
    shares = contributed(sessions_last_30d=0.4, silence_ratio=0.2, purchases_trend=0.9, spend_trend=-0.5)
    assert one_by_one(reasons(lapsed(), shares)) == [
        {
            "orders_slowing": "No order in the last 90 days; 5 in the 90 days before.",
            "visits_falling": "2 visits in the last 30 days; 9 in the 30 days before.",
            "overdue": "No order for 90 days; usually every 30 days.",
        }
    ]


def test_columns_that_share_one_theme_do_not_lower_its_rank() -> None:
    whole = contributed(sessions_last_30d=0.9, purchases_trend=0.5)
    shared = contributed(sessions_last_30d=0.3, sessions_trend_30d=0.3, active_days_last_30d=0.3, purchases_trend=0.5)
    assert reasons(lapsed(), whole).equals(reasons(lapsed(), shared))
    assert reasons(lapsed(), shared)["reason_1_code"].tolist() == ["visits_falling"]


def test_a_theme_without_a_fact_is_not_told() -> None:
    shares = contributed(surfaces_last_30d=5.0, minutes_last_30d=0.1)
    assert "breadth_shrinking" not in one_by_one(reasons(lapsed(), shares))[0]


def test_what_else_stands_out_follows_the_choice_of_the_model() -> None:
    minutes = one_by_one(reasons(lapsed(), contributed(minutes_last_30d=0.1)))[0]
    # by how strongly they hold, though the model says nothing of them
    assert list(minutes) == ["minutes_falling", "orders_slowing", "overdue"]
    silent = customer(days_since_last=90, silence_ratio=3.0, gap_max=80.0, country="de")
    shares = contributed(silence_ratio=0.1, country=9.0)
    # a second fact of a theme that is told, and then the group
    assert list(one_by_one(reasons(silent, shares))[0]) == ["overdue", "longest_silence", "customer_group"]


def test_where_nothing_raises_the_risk_the_facts_that_stand_out_are_told() -> None:
    shares = contributed(silence_ratio=-1.0, purchases_trend=-0.2)
    assert reasons(lapsed(), shares).equals(reasons(lapsed()))
    assert list(one_by_one(reasons(lapsed()))[0]) == ["orders_slowing", "overdue", "visits_falling"]
    calm = one_by_one(reasons(customer(), contributed(silence_ratio=1.0)))[0]
    assert list(calm) == ["still_in_rhythm"]


def test_some_facts_are_told_only_where_the_model_says_they_matter() -> None:
    spent = customer(spend_last_day=12.0, spend_total=172.0)
    # without the model it is told for want of anything else
    assert list(one_by_one(reasons(spent))[0]) == ["still_in_rhythm", "value_so_far", "smaller_order"]
    told_of = one_by_one(reasons(spent, contributed(monetary_value=0.1)))[0]
    assert list(told_of) == ["smaller_order", "in_rhythm", "value_so_far"]
    assert told_of["smaller_order"] == "Spent 12.00 on the last day with an order; 40.00 on average before."
    new = one_by_one(reasons(customer(T=20, frequency=3), contributed(T=0.1)))[0]
    assert list(new) == ["new_customer", "in_rhythm"]
    assert new["new_customer"] == "First order only 20 days ago."
    quiet = customer(sessions_last_30d=0, days_since_activity=np.nan, tenure_days=50)
    shown = one_by_one(reasons(quiet, contributed(sessions_last_30d=0.1)))[0]
    assert next(iter(shown.values())) == "No activity on record."
    assert "no_activity" not in told(sessions_last_30d=0, days_since_activity=np.nan, tenure_days=50)


def test_an_attribute_is_told_as_a_person_reads_it() -> None:
    shares = contributed(acquisition_channel=0.5, age=0.2, silence_ratio=0.1)
    named = customer(acquisition_channel="ads", age=43)
    # last, after what the customer did: nobody can act on a channel
    assert list(one_by_one(reasons(named, shares))[0].values())[-1] == "Acquisition channel: ads."
    unknown = customer(acquisition_channel=None, age=43.0)
    assert list(one_by_one(reasons(unknown, shares))[0].values())[-1] == "Age: 43."
    assert "customer_group" not in told(acquisition_channel="ads")


def test_every_theme_can_be_told() -> None:
    assert {theme_of(name) for name in FEATURES} == set(THEMES)
