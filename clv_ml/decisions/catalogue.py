"""The reasons that can be told, in the order in which equally strong ones are told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clv_ml.decisions import sentences
from clv_ml.decisions.facts import Figures, FloatArray, Reason, fading, fall, noted, unshrunken, where
from clv_ml.decisions.voice import Voice

LAST_RESORT = "still_in_rhythm"

_LONGER = 1 / 3  # one gap says little: it must be half as long again as the others


def _overdue(c: Figures) -> FloatArray:
    late = np.round(c["days_since_last"]) > np.maximum(np.round(c["gap_mean"]), 1)
    return where((c["frequency"] >= 2) & late, c["silence_ratio"] - 1)


def _longest_silence(c: Figures) -> FloatArray:
    return where((c["frequency"] >= 2) & (c["gap_max"] > 0), c["days_since_last"] / c["gap_max"] - 1)


def _longer_gap(c: Figures) -> FloatArray:
    share = fall(c["gap_mean_before"], c["gap_last"])
    return where((c["frequency"] >= 3) & (share >= _LONGER), 0.4 * share)


def _no_order(c: Figures) -> FloatArray:
    return where(c["purchases_last_90d"] == 0, _slowing(c))


def _fewer_orders(c: Figures) -> FloatArray:
    return where(c["purchases_last_90d"] > 0, _slowing(c))


def _slowing(c: Figures) -> FloatArray:
    news = noted(fall(c["purchases_last_90d"], c["purchases_before_90d"])) > 0
    return where((c["T"] >= 180) & news, -c["purchases_trend"] / 2)


def _spend_falling(c: Figures) -> FloatArray:
    share = noted(fall(c["spend_last_90d"], c["spend_before_90d"], decimals=2))
    # without an order, nothing was spent either
    return where((c["T"] >= 180) & (_no_order(c) == 0), share)


def _not_bought_yet(c: Figures) -> FloatArray:
    return where(np.isnan(c["frequency"]), np.maximum(np.nan_to_num(c["tenure"]) / 90, 0.02))


def _silent_lately(c: Figures) -> FloatArray:
    silence, gap = c["days_since_activity"], np.maximum(c["activity_gap_mean"], 1.0)
    once = where(np.isnan(gap), silence / 90)  # one active day has no gap
    return np.where(np.isnan(gap), once, where(np.round(silence) > np.round(gap), np.log(silence / gap)))


def _never_activated(c: Figures) -> FloatArray:
    return where(c["missed_hours"] > 0, 0.5 * fading(c))


def _slow_start(c: Figures) -> FloatArray:
    returns = c["returns_first_7d"]
    return where((c["tenure_days"] >= 6) & (returns <= 2), (3 - returns) / 10 * fading(c))


def _unanswered(c: Figures) -> FloatArray:
    sent, answered = c["contacts_last_90d"], c["responses_last_90d"]
    decline = c["responses_before_90d"] / c["contacts_before_90d"] - answered / sent
    declined = where((sent > 0) & (c["contacts_before_90d"] > 0), np.minimum(decline, 1.0))
    return np.maximum(declined, where((sent >= 2) & (answered == 0), 0.1))


def _falling(code: str, measure: str, sentence: Callable[[Voice, float, float, int], str]) -> list[Reason]:
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
            lambda voice, now, then: sentence(voice, now, then, span),
        )

    return [over(30), over(7)]


REASONS = (
    Reason("overdue", ("overdue",), _overdue, ("days_since_last", "gap_mean"), sentences.overdue),
    Reason(
        "longest_silence", ("overdue",), _longest_silence, ("days_since_last", "gap_max"), sentences.longest_silence
    ),
    Reason("longer_gap", ("overdue",), _longer_gap, ("gap_last", "gap_mean_before"), sentences.longer_gap),
    Reason(
        "orders_slowing",
        ("orders_slowing", "spend_falling"),
        _no_order,
        ("purchases_last_90d", "purchases_before_90d"),
        sentences.orders_slowing,
    ),
    Reason(
        "orders_slowing",
        ("orders_slowing",),
        _fewer_orders,
        ("purchases_last_90d", "purchases_before_90d"),
        sentences.orders_slowing,
    ),
    Reason(
        "spend_falling",
        ("spend_falling",),
        _spend_falling,
        ("spend_last_90d", "spend_before_90d"),
        sentences.spend_falling,
        decimals=2,
    ),
    Reason(
        "second_order_late",
        ("overdue", "few_orders"),
        # a silence shorter than the one gap there was is no news
        lambda c: where((c["frequency"] == 1) & (c["days_since_last"] > c["gap_mean"]), c["days_since_last"] / 90),
        ("gap_mean", "days_since_last"),
        sentences.second_order_late,
    ),
    Reason(
        "never_returned",
        ("overdue", "few_orders"),
        lambda c: where(c["frequency"] == 0, c["days_since_last"] / 90),
        ("days_since_last",),
        sentences.never_returned,
    ),
    Reason("not_bought_yet", ("few_orders", "overdue"), _not_bought_yet, ("tenure",), sentences.not_bought_yet),
    Reason(
        "silent_lately",
        ("silent_lately",),
        _silent_lately,
        ("days_since_activity", "activity_gap_mean"),
        sentences.silent_lately,
    ),
    *_falling("visits_falling", "sessions", sentences.visits_falling),
    *_falling("minutes_falling", "minutes", sentences.minutes_falling),
    *_falling("breadth_shrinking", "surfaces", sentences.breadth_shrinking),
    Reason(
        "contacts_unanswered",
        ("contacts_unanswered",),
        _unanswered,
        ("contacts_last_90d", "responses_last_90d", "contacts_before_90d", "responses_before_90d"),
        sentences.contacts_unanswered,
    ),
    Reason(
        "never_activated",
        ("never_activated",),
        _never_activated,
        ("missed_hours", "hours_to_activation"),
        sentences.never_activated,
    ),
    Reason(
        "slow_start",
        ("slow_start",),
        _slow_start,
        ("returns_first_7d", "days_to_return", "tenure"),
        sentences.slow_start,
    ),
    Reason(
        "no_activity",
        ("silent_lately", "visits_falling", "minutes_falling", "breadth_shrinking"),
        lambda c: where((c["sessions_last_30d"] == 0) & np.isnan(c["days_since_activity"]), 1.0),
        (),
        sentences.no_activity,
        alone=False,
    ),
    Reason(
        "smaller_order",
        ("order_value",),
        lambda c: where(c["frequency"] >= 2, noted(fall(c["spend_last_day"], c["spend_a_day_before"], decimals=2))),
        ("spend_last_day", "spend_a_day_before"),
        sentences.smaller_order,
        alone=False,
        context=True,
        decimals=2,
    ),
    Reason(
        "new_customer",
        ("few_orders",),
        lambda c: where((c["frequency"] >= 2) & (c["T"] <= 30), 1.0),
        ("T",),
        sentences.new_customer,
        alone=False,
    ),
    Reason(
        LAST_RESORT,
        (),
        lambda c: where(~np.isnan(c["days_since_last"]), 0.01),  # listed for what the customer is worth, not a change
        ("days_since_last", "usual_gap"),
        sentences.still_in_rhythm,
    ),
    Reason(
        "in_rhythm",
        (),
        lambda c: where(c["days_since_last"] <= np.round(c["usual_gap"]), 3.0),
        ("days_since_last", "usual_gap"),
        sentences.in_rhythm,
        alone=False,
        context=True,
    ),
    Reason(
        "value_so_far",
        (),
        lambda c: where(c["spend_a_day"] > 0, 2.0),
        ("orders", "spend_a_day"),
        sentences.value_so_far,
        alone=False,
        context=True,
        decimals=2,
    ),
    Reason(
        "order_size",
        (),
        lambda c: where((c["frequency"] >= 2) & unshrunken(c["spend_last_day"], c["spend_a_day_before"]), 1.0),
        ("spend_last_day", "spend_a_day_before"),
        sentences.smaller_order,
        alone=False,
        context=True,
        decimals=2,
    ),
)
