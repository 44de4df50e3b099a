"""What the page's script says: messages with their {placeholders} left open, for the script to fill in."""

from __future__ import annotations

from clv_ml.language import Words

FILTERS = ("action_status", "risk_band", "value_tier", "reason", "action", "change")
"""What the list can be filtered by; the script knows the same names."""


def phrases(w: Words) -> dict[str, str]:
    """Return the messages by the names under which the script knows them."""
    return _around_the_list(w) | _columns(w) | _story(w) | _curve(w)


def _around_the_list(w: Words) -> dict[str, str]:
    return {
        "skip": w.say("Skip to the list"),
        "language": w.say("Language"),
        "list": w.say("The list"),
        "find": w.say("Find"),
        "find_hint": w.say("Customer, reason, action"),
        "filter": w.say("Filter the list"),
        "filters": w.say("Filters and order"),
        "filter_action_status": w.say("Show"),
        "filter_risk_band": w.say("Risk"),
        "filter_value_tier": w.say("Value"),
        "filter_reason": w.say("Why"),
        "filter_action": w.say("What to do"),
        "filter_change": w.say("Change"),
        "everyone": w.say("Everyone"),
        "any": w.say("any"),
        "reset": w.say("Clear filters"),
        "sort": w.say("Sort by"),
        "ascending": w.say("Smallest first"),
        "descending": w.say("Largest first"),
        "none": w.say("No customer matches. Clear the search or the filters."),
        "caption": w.say("Choose a heading to sort, a customer to read the story."),
        "take": w.say("Take customers along"),
        "copy": w.say("Copy"),
        "export": w.say("Export CSV"),
        "clear": w.say("Clear selection"),
        "select_all": w.say("Select all that are shown"),
        "select_one": w.say("Select {customer}", customer="{customer}"),
        "none_to_take": w.say("Nobody here to take along: these customers are left alone."),
        "not_copied": w.say("The browser does not allow copying here. Export the CSV instead."),
    }


def _columns(w: Words) -> dict[str, str]:
    return {
        "rank": w.say("Rank"),
        "customer_id": w.say("Customer"),
        "reason": w.say("Why"),
        "action": w.say("What to do"),
        "risk_within": w.say("Risk of leaving within {days}", days="{days}"),
        "risk_own": w.say("Risk of leaving"),
        "value_at_risk": w.say("Money at risk"),
        "value_at_risk_in": w.say("Money at risk, {currency}", currency="{currency}"),
        "expected_net_profit": w.say("Expected profit of a contact"),
        "value_if_retained": w.say("Value if the customer stays"),
        "expected_clv": w.say("Value on average, risk included"),
        "value_tier": w.say("Value tier"),
        "days_since_last": w.say("Last order"),
        "expected_next_order": w.say("Next order expected"),
        "change": w.say("Change"),
    }


def _story(w: Words) -> dict[str, str]:
    return {
        "story_of": w.say("The story of {customer}", customer="{customer}"),
        "why": w.say("Why this customer"),
        "what_to_do": w.say("What to do"),
        "action_label": w.say("Action"),
        "status": w.say("Status"),
        "because": w.say("Because"),
        "risk_from_to": w.say("risk {before} before, {now} now", before="{before}", now="{now}"),
        "rank_before": w.say("rank {rank} before", rank="{rank}"),
        "chance": w.say("Chance of no purchase"),
        "within": w.say("Within {days}", days="{days}"),
        "riskier_than": w.say("Riskier than"),
        "of_customers": w.say("{share} of customers", share="{share}"),
        "engagement": w.say("Engagement score"),
        "judged_by": w.say("Judged by"),
        "worth": w.say("Worth"),
        "if_kept": w.say("If kept"),
        "if_kept_within": w.say("If kept, next {days}", days="{days}"),
        "on_average": w.say("On average, risk included"),
        "value_interval": w.say("Value, range"),
        "orders_interval": w.say("Orders, range"),
        "orders_interval_within": w.say("Orders, next {days}", days="{days}"),
        "from_to": w.say("{low} to {high}", low="{low}", high="{high}"),
        "most_like_this": w.say("80% of customers like this: {range}", range="{range}"),
        "orders": w.say("Orders"),
        "usual_gap": w.say("Usual gap"),
        "order_was_due": w.say("Next order was due"),
        "orders_expected": w.say("Orders expected on average"),
        "customer_for": w.say("Customer for"),
        "past": w.say("Orders and activity over time. {text}", text="{text}"),
        "week_from": w.say("Week from {date}: active {number} times", date="{date}", number="{number}"),
        "list_day": w.say("day of the list"),
        "next_expected_short": w.say("next order expected"),
        "one_order": w.say("One order, on {last}.", last="{last}"),
        "no_orders": w.say("No order yet."),
    }


def _curve(w: Words) -> dict[str, str]:
    return {
        "curve_title": w.say("How many to contact"),
        "curve_about": w.say("Expected profit of the list against the number of contacts, the best first."),
        "slider_label": w.say("Number of contacts"),
        "this_list": w.say("Back to this list"),
        "this_best": w.say("Go to the best number"),
        "best_here": w.say("best: {number}", number="{number}"),
        "chosen_here": w.say("this list: {number}", number="{number}"),
        "curve_best": w.say(
            "Profit is highest with {number} contacts: {profit} expected.", number="{number}", profit="{profit}"
        ),
        "curve_chosen": w.say(
            "This list has {number} contacts: {profit} expected.", number="{number}", profit="{profit}"
        ),
        "at_contacts": w.say("Contacts"),
        "at_cost": w.say("Expected cost"),
        "at_saves": w.say("Customers kept, expected"),
        "at_profit": w.say("Expected profit"),
        "at_marginal": w.say("Profit of the last contact"),
        "beyond_best": w.say("Past the best number: each further contact is expected to cost more than it brings."),
        "below_best": w.say("Below the best number: the next contact is still expected to pay."),
        "at_best": w.say("The best number: more contacts would not pay, fewer would leave money behind."),
    }


def counted_phrases(w: Words, n: int) -> dict[str, str]:
    """Return the messages that depend on a number, in the form for that number."""
    between = {"first": "{first}", "last": "{last}"}
    return {
        "days": w.days(n),
        "days_ago": w.counted("{n} day ago", "{n} days ago", n),
        "usually_every": w.counted("usually every {n} day", "usually every {n} days", n),
        "customers": w.counted("{n} customer", "{n} customers", n),
        "shown_of": w.counted("{shown} of {n} customer", "{shown} of {n} customers", n, shown="{shown}"),
        "picked": w.counted("{n} customer selected", "{n} customers selected", n),
        "none_picked": w.counted(
            "None selected: takes the {n} customer shown", "None selected: takes the {n} customers shown", n
        ),
        "copied": w.counted("{n} customer copied.", "{n} customers copied.", n),
        "exported": w.counted("{n} customer exported.", "{n} customers exported.", n),
        "printed": w.counted(
            "On paper: the first {shown} of {n} customer shown.",
            "On paper: the first {shown} of {n} customers shown.",
            n,
            shown="{shown}",
        ),
        "slider": w.counted(
            "{n} contact, expected profit {profit}", "{n} contacts, expected profit {profit}", n, profit="{profit}"
        ),
        "marked": w.counted(
            "The list marks who is within {n} contact.", "The list marks who is within {n} contacts.", n
        ),
        "orders_between": w.counted(
            "{n} order from {first} to {last}.", "{n} orders from {first} to {last}.", n, **between
        ),
        "newest_orders": w.counted(
            "The newest {n} order, from {first} to {last}.",
            "The newest {n} orders, from {first} to {last}.",
            n,
            **between,
        ),
        "active_weeks": w.counted(
            "Active in {n} of the last {of} week.", "Active in {n} of the last {of} weeks.", n, of="{of}"
        ),
        "inactive_weeks": w.counted("Not active in the last {n} week.", "Not active in the last {n} weeks.", n),
        "silent_weeks": w.counted("No activity for {n} week.", "No activity for {n} weeks.", n),
    }
