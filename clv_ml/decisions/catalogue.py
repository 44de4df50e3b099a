"""The reasons that can be told, in the order in which equally strong ones are told."""

from __future__ import annotations

import math

import numpy as np

from clv_ml.decisions.facts import (
    Figures,
    FloatArray,
    Reason,
    ago,
    counted,
    days,
    every,
    fading,
    fall,
    noted,
    where,
)

LAST_RESORT = "still_in_rhythm"


def _overdue(c: Figures) -> FloatArray:
    late = np.round(c["days_since_last"]) > np.maximum(np.round(c["gap_mean"]), 1)
    return where((c["frequency"] >= 2) & late, c["silence_ratio"] - 1)


def _longest_silence(c: Figures) -> FloatArray:
    return where((c["frequency"] >= 2) & (c["gap_max"] > 0), c["days_since_last"] / c["gap_max"] - 1)


def _not_bought_yet(c: Figures) -> FloatArray:
    return where(np.isnan(c["frequency"]), np.maximum(np.nan_to_num(c["tenure"]) / 90, 0.02))


def _silent_lately(c: Figures) -> FloatArray:
    silence, gap = c["days_since_activity"], np.maximum(c["activity_gap_mean"], 1.0)
    once = where(np.isnan(gap), silence / 90)  # one active day has no gap
    return np.where(np.isnan(gap), once, where(np.round(silence) > np.round(gap), np.log(silence / gap)))


def _silent_words(silence: float, gap: float) -> str:
    if math.isnan(gap):
        return f"Active on one day only, {ago(silence)}."
    return f"No activity for {days(silence)}; usually {every(gap)}."


def _never_activated(c: Figures) -> FloatArray:
    return where(c["missed_hours"] > 0, 0.5 * fading(c))


def _never_activated_words(missed: float, taken: float) -> str:
    span = days(missed / 24) if missed % 24 == 0 and missed > 24 else f"{missed:.0f} hours"
    if math.isnan(taken):
        return f"No key action in the first {span}, nor since."
    later = days(taken / 24) if taken >= 48 else f"{taken:.0f} hours"
    return f"No key action in the first {span}; the first came after {later}."


def _slow_start(c: Figures) -> FloatArray:
    returns = c["returns_first_7d"]
    return where((c["tenure_days"] >= 6) & (returns <= 2), (3 - returns) / 10 * fading(c))


def _slow_start_words(returns: float, days_to_return: float, tenure: float) -> str:
    if returns > 0:
        return f"Active on {returns:.0f} of the 6 days after the first."
    if math.isnan(days_to_return):
        return f"No activity after the first day, {ago(tenure)}."
    return f"Came back only {days(days_to_return)} after the first day."


def _unanswered(c: Figures) -> FloatArray:
    sent, answered = c["contacts_last_90d"], c["responses_last_90d"]
    decline = c["responses_before_90d"] / c["contacts_before_90d"] - answered / sent
    declined = where((sent > 0) & (c["contacts_before_90d"] > 0), np.minimum(decline, 1.0))
    return np.maximum(declined, where((sent >= 2) & (answered == 0), 0.1))


def _unanswered_words(sent: float, answered: float, sent_before: float, answered_before: float) -> str:
    recent = f"{counted(answered, 'response')} to {counted(sent, 'contact')} in the last 90 days"
    return f"{recent}; {answered_before:.0f} to {sent_before:.0f} before." if sent_before > 0 else f"{recent}."


def _falling(code: str, measure: str, noun: str) -> list[Reason]:
    """Return the fact that a measure fell: over 30 days, over 7 for customers too young for that."""

    def over(span: int) -> Reason:
        recent, before = f"{measure}_last_{span}d", f"{measure}_before_{span}d"

        def strength(c: Figures) -> FloatArray:
            share = noted(fall(c[recent], c[before]))
            return share if span == 30 else where(np.isnan(c[f"{measure}_before_30d"]), share)

        return Reason(
            code,
            (code,),
            strength,
            (recent, before),
            lambda now, then: f"{counted(round(now), noun)} in the last {span} days; {then:.0f} in the {span} before.",
        )

    return [over(30), over(7)]


REASONS = (
    Reason(
        "overdue",
        ("overdue",),
        _overdue,
        ("days_since_last", "gap_mean"),
        lambda silence, gap: f"No order for {days(silence)}; usually {every(gap)}.",
    ),
    Reason(
        "longest_silence",
        ("overdue",),
        _longest_silence,
        ("days_since_last", "gap_max"),
        lambda silence, gap: f"{days(silence)} of silence is longer than any before (longest so far {days(gap)}).",
    ),
    Reason(
        "orders_slowing",
        ("orders_slowing",),
        lambda c: where(c["T"] >= 180, -c["purchases_trend"] / 2),
        ("purchases_last_90d", "purchases_before_90d"),
        lambda now, then: f"{counted(now, 'order')} in the last 90 days; {then:.0f} in the 90 days before.",
    ),
    Reason(
        "spend_falling",
        ("spend_falling",),
        lambda c: where(c["T"] >= 180, fall(c["spend_last_90d"], c["spend_before_90d"], decimals=2)),
        ("spend_last_90d", "spend_before_90d"),
        lambda now, then: f"Spent {now:,.2f} in the last 90 days; {then:,.2f} in the 90 days before.",
    ),
    Reason(
        "second_order_late",
        ("overdue", "few_orders"),
        # a silence shorter than the one gap there was is no news
        lambda c: where((c["frequency"] == 1) & (c["days_since_last"] > c["gap_mean"]), c["days_since_last"] / 90),
        ("gap_mean", "days_since_last"),
        lambda gap, silence: f"Bought twice, {days(gap)} apart; nothing in the {days(silence)} since.",
    ),
    Reason(
        "never_returned",
        ("overdue", "few_orders"),
        lambda c: where(c["frequency"] == 0, c["days_since_last"] / 90),
        ("days_since_last",),
        lambda silence: f"Bought once, {days(silence)} ago, and has not been back.",
    ),
    Reason(
        "not_bought_yet",
        ("few_orders", "overdue"),
        _not_bought_yet,
        ("tenure",),
        lambda tenure: (
            "Has not bought yet." if math.isnan(tenure) else f"Signed up {ago(tenure)} and has not bought yet."
        ),
    ),
    Reason(
        "silent_lately",
        ("silent_lately",),
        _silent_lately,
        ("days_since_activity", "activity_gap_mean"),
        _silent_words,
    ),
    *_falling("visits_falling", "sessions", "visit"),
    *_falling("minutes_falling", "minutes", "minute"),
    *_falling("breadth_shrinking", "surfaces", "area"),
    Reason(
        "contacts_unanswered",
        ("contacts_unanswered",),
        _unanswered,
        ("contacts_last_90d", "responses_last_90d", "contacts_before_90d", "responses_before_90d"),
        _unanswered_words,
    ),
    Reason(
        "never_activated",
        ("never_activated",),
        _never_activated,
        ("missed_hours", "hours_to_activation"),
        _never_activated_words,
    ),
    Reason(
        "slow_start",
        ("slow_start",),
        _slow_start,
        ("returns_first_7d", "days_to_return", "tenure"),
        _slow_start_words,
    ),
    Reason(
        "no_activity",
        ("silent_lately", "visits_falling", "minutes_falling", "breadth_shrinking"),
        lambda c: where((c["sessions_last_30d"] == 0) & np.isnan(c["days_since_activity"]), 1.0),
        (),
        lambda: "No activity on record.",
        alone=False,
    ),
    Reason(
        "smaller_order",
        ("order_value",),
        lambda c: where(c["frequency"] >= 2, noted(fall(c["spend_last_day"], c["spend_a_day_before"], decimals=2))),
        ("spend_last_day", "spend_a_day_before"),
        lambda last, before: f"Spent {last:,.2f} on the last day with an order; {before:,.2f} on average before.",
        alone=False,
    ),
    Reason(
        "new_customer",
        ("few_orders",),
        lambda c: where((c["frequency"] >= 2) & (c["T"] <= 30), 1.0),
        ("T",),
        lambda age: f"First order only {days(age)} ago.",
        alone=False,
    ),
    Reason(
        LAST_RESORT,
        (),
        lambda c: where(~np.isnan(c["days_since_last"]), 0.01),  # listed for what the customer is worth, not a change
        ("days_since_last",),
        lambda silence: f"Last order {ago(silence)}; listed for the value at stake.",
    ),
)
