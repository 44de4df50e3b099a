"""The reasons in words: each states what is seen, and none claims a cause.

A sentence takes the voice that says it and the figures that its reason names in
:mod:`clv_ml.decisions.catalogue`, rounded as they are shown; None for a figure that is missing.
"""

from __future__ import annotations

from clv_ml.decisions.voice import Voice

Figure = float | None


def overdue(v: Voice, silence: float, gap: float) -> str:
    """Compare the silence with the usual time between orders."""
    if gap <= 1:
        return v.say("No order for {silence}; usually every day.", silence=v.days(silence))
    return v.say("No order for {silence}; usually every {gap}.", silence=v.days(silence), gap=v.days(gap))


def longest_silence(v: Voice, silence: float, longest: float) -> str:
    """Compare the silence with the longest one before."""
    return v.say(
        "{silence} of silence is longer than any before (longest so far {longest}).",
        silence=v.days(silence),
        longest=v.days(longest),
    )


def longer_gap(v: Voice, last: float, before: float) -> str:
    """Compare the time between the last two orders with that between those before."""
    return v.say(
        "{last} between the last two orders; {before} on average before.", last=v.days(last), before=v.days(before)
    )


def orders_slowing(v: Voice, now: float, then: float) -> str:
    """Compare the orders of 90 days with those of the 90 days before."""
    before = v.number(then)
    if now == 0:
        return v.say("No order in the last 90 days; {before} in the 90 days before.", before=before)
    return v.counted(
        "{n} order in the last 90 days; {before} in the 90 days before.",
        "{n} orders in the last 90 days; {before} in the 90 days before.",
        now,
        before=before,
    )


def spend_falling(v: Voice, now: float, then: float) -> str:
    """Compare the money of 90 days with that of the 90 days before."""
    before = v.money(then)
    if now < 0:
        return v.say(
            "More refunded than spent in the last 90 days; spent {before} in the 90 days before.", before=before
        )
    if now == 0:
        return v.say("Nothing spent in the last 90 days; {before} in the 90 days before.", before=before)
    return v.say("Spent {now} in the last 90 days; {before} in the 90 days before.", now=v.money(now), before=before)


def second_order_late(v: Voice, gap: float, silence: float) -> str:
    """Compare the silence after two orders with the time between them."""
    return v.say("Bought twice, {gap} apart; nothing in the {silence} since.", gap=v.days(gap), silence=v.days(silence))


def never_returned(v: Voice, silence: float) -> str:
    """Tell of a customer who bought once."""
    return v.say("Bought once, {silence} ago, and has not been back.", silence=v.days(silence))


def not_bought_yet(v: Voice, age: Figure) -> str:
    """Tell of a customer who never bought."""
    if age is None:
        return v.say("Has not bought yet.")
    if age == 0:
        return v.say("Signed up today and has not bought yet.")
    return v.say("Signed up {age} ago and has not bought yet.", age=v.days(age))


def silent_lately(v: Voice, silence: float, gap: Figure) -> str:
    """Compare the time without activity with the usual one."""
    if gap is None:
        if silence == 0:
            return v.say("Active on one day only, today.")
        return v.say("Active on one day only, {silence} ago.", silence=v.days(silence))
    if gap <= 1:
        return v.say("No activity for {silence}; usually every day.", silence=v.days(silence))
    return v.say("No activity for {silence}; usually every {gap}.", silence=v.days(silence), gap=v.days(gap))


def visits_falling(v: Voice, now: float, then: float, span: int) -> str:
    """Compare the visits of so many days with those of as many before."""
    days, before = v.days(span), v.number(then)
    if now == 0:
        return v.say("No visit in the last {days}; {before} in the {days} before.", days=days, before=before)
    return v.counted(
        "{n} visit in the last {days}; {before} in the {days} before.",
        "{n} visits in the last {days}; {before} in the {days} before.",
        now,
        days=days,
        before=before,
    )


def minutes_falling(v: Voice, now: float, then: float, span: int) -> str:
    """Compare the minutes of so many days with those of as many before."""
    days, before = v.days(span), v.number(then)
    if now == 0:
        return v.say("No minutes in the last {days}; {before} in the {days} before.", days=days, before=before)
    return v.counted(
        "{n} minute in the last {days}; {before} in the {days} before.",
        "{n} minutes in the last {days}; {before} in the {days} before.",
        now,
        days=days,
        before=before,
    )


def breadth_shrinking(v: Voice, now: float, then: float, span: int) -> str:
    """Compare the areas used in so many days with those of as many before."""
    days, before = v.days(span), v.number(then)
    if now == 0:
        return v.say("No area used in the last {days}; {before} in the {days} before.", days=days, before=before)
    return v.counted(
        "{n} area used in the last {days}; {before} in the {days} before.",
        "{n} areas used in the last {days}; {before} in the {days} before.",
        now,
        days=days,
        before=before,
    )


def contacts_unanswered(v: Voice, sent: float, answered: float, sent_before: float, answered_before: float) -> str:
    """Compare the responses of 90 days with those before."""
    contacts = v.counted("{n} contact", "{n} contacts", sent)
    if sent_before <= 0:
        if answered == 0:
            return v.say("No response to {contacts} in the last 90 days.", contacts=contacts)
        return v.counted(
            "{n} response to {contacts} in the last 90 days.",
            "{n} responses to {contacts} in the last 90 days.",
            answered,
            contacts=contacts,
        )
    before = {"answered": v.number(answered_before), "sent": v.number(sent_before)}
    if answered == 0:
        return v.say(
            "No response to {contacts} in the last 90 days; {answered} to {sent} before.", contacts=contacts, **before
        )
    return v.counted(
        "{n} response to {contacts} in the last 90 days; {answered} to {sent} before.",
        "{n} responses to {contacts} in the last 90 days; {answered} to {sent} before.",
        answered,
        contacts=contacts,
        **before,
    )


def never_activated(v: Voice, missed: float, taken: Figure) -> str:
    """Tell of a key action that came late or not at all; figures in hours."""
    span = v.days(missed / 24) if missed % 24 == 0 and missed > 24 else v.hours(missed)
    if taken is None:
        return v.say("No key action in the first {span}, nor since.", span=span)
    later = v.days(taken / 24) if taken >= 48 else v.hours(taken)
    return v.say("No key action in the first {span}; the first came after {later}.", span=span, later=later)


def slow_start(v: Voice, returns: float, days_to_return: Figure, age: float) -> str:
    """Tell how little happened in the first week."""
    if returns > 0:
        # one day and several read the same here, and differ in other languages
        return v.counted(
            "Active on {n} of the 6 days after the first.", "Active on {n} of the 6 days after the first.", returns
        )
    if days_to_return is None:
        return v.say("No activity after the first day, {age} ago.", age=v.days(age))
    return v.say("Came back only {days} after the first day.", days=v.days(days_to_return))


def no_activity(v: Voice) -> str:
    """Tell of a customer without any activity."""
    return v.say("No activity on record.")


def smaller_order(v: Voice, last: float, before: float) -> str:
    """Compare the last day with an order with those before."""
    if last < 0:
        return v.say(
            "More refunded than spent on the last day with an order; {before} on average before.",
            before=v.money(before),
        )
    return v.say(
        "Spent {last} on the last day with an order; {before} on average before.",
        last=v.money(last),
        before=v.money(before),
    )


def new_customer(v: Voice, age: float) -> str:
    """Tell how young a customer is."""
    return v.say("First order only {age} ago.", age=v.days(age))


def in_rhythm(v: Voice, silence: float, gap: Figure) -> str:
    """Compare the last order with the usual time between orders, where that is known."""
    if silence == 0:
        return _ordered_today(v, gap)
    ago = v.days(silence)
    if gap is None:
        return v.say("Last order {silence} ago.", silence=ago)
    if gap <= 1:
        return v.say("Last order {silence} ago; usually every day.", silence=ago)
    return v.say("Last order {silence} ago; usually every {gap}.", silence=ago, gap=v.days(gap))


def _ordered_today(v: Voice, gap: Figure) -> str:
    if gap is None:
        return v.say("Last order today.")
    if gap <= 1:
        return v.say("Last order today; usually every day.")
    return v.say("Last order today; usually every {gap}.", gap=v.days(gap))


def still_in_rhythm(v: Voice, silence: float, gap: Figure) -> str:
    """Tell why a customer is listed who shows no change."""
    return v.say("{fact} Listed for the value at stake.", fact=in_rhythm(v, silence, gap))


def value_so_far(v: Voice, orders: float, average: float) -> str:
    """Tell what a customer bought so far."""
    return v.counted(
        "{n} order so far: {average}.",
        "{n} orders so far: {average} on average.",
        orders,
        average=v.money(average),
    )
