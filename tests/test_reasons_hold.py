"""Every reason holds against the figures, whoever the customer is and whatever the order of the table."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from reason_customers import CAUSES, FEATURES, one_by_one, people

from clv_ml.decisions.reasons import REASONS_PER_ROW, reasons


def holds(code: str, text: str, c: dict[str, Any]) -> bool:
    """Check a text against the figures and against itself: the recent number must be the worse one."""
    said = [float(figure.replace(",", "")) for figure in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]
    nothing = text.startswith(("No ", "Nothing ", "More refunded ")) and code not in {"overdue", "silent_lately"}
    said = [0.0, *said] if nothing else said
    found: Any = False
    match code:
        case "overdue":
            found = c["frequency"] >= 2 and said[0] > (said[1] if len(said) > 1 else 1)
        case "longest_silence":
            found = c["frequency"] >= 2 and said == [c["days_since_last"], c["gap_max"]] and said[0] > said[1]
        case "orders_slowing" | "spend_falling":
            found = c["T"] >= 180 and said[0] < said[-2]
        case "second_order_late" | "never_returned":
            found = c["frequency"] == (code == "second_order_late") and said[-1] == c["days_since_last"]
        case "not_bought_yet":
            found = np.isnan(c["frequency"])
        case "visits_falling" | "minutes_falling" | "breadth_shrinking":
            found = said[0] < said[2] and said[1] == said[3] and c["tenure_days"] >= 2 * said[1] - 1
        case "silent_lately":
            found = said[0] == c["days_since_activity"] and ("one day" in text or said[0] > [*said, 1][1])
        case "contacts_unanswered":
            found = (said[0] == 0 and said[1] >= 2) or (len(said) > 3 and said[0] / said[1] < said[3] / said[4])
        case "never_activated":
            found = c["activated_within_24h"] == 0
        case "slow_start":
            found = c["returns_first_7d"] <= 2 and c["tenure_days"] >= 6
        case "no_activity":
            found = bool(np.isnan(c["days_since_activity"])) and c["tenure_days"] >= 0
        case "smaller_order":
            found = c["frequency"] >= 2 and said[0] < said[1]
        case "new_customer":
            found = c["T"] <= 30
        case "customer_group":
            found = text == "Country: de."
        case "still_in_rhythm" | "in_rhythm":
            found = c["days_since_last"] == (0 if "today" in text else said[0])
        case "longer_gap":
            found = c["frequency"] >= 3 and said[0] == c["gap_last"] > said[1]
        case "value_so_far":
            found = said[0] == c["frequency"] + 1 and said[1] == round(c["spend_total"] / said[0], 2)
        case "order_size":
            found = c["frequency"] >= 2 and said[0] >= 0.9 * said[1] - 0.01
    return bool(found)


@settings(max_examples=200)
@given(
    customers=st.lists(people(), min_size=1, max_size=4),
    weights=st.lists(st.sampled_from([-1.0, -0.25, 0.0, 0.25, 1.0]), min_size=len(FEATURES), max_size=len(FEATURES)),
    modelled=st.booleans(),
)
def test_every_reason_holds_and_none_is_told_twice(
    customers: list[dict[str, Any]], weights: list[float], modelled: bool
) -> None:
    frame = pd.DataFrame(customers, columns=list(FEATURES))
    contributions = pd.DataFrame([weights] * len(frame), columns=list(FEATURES)) if modelled else None
    for figures, told_of in zip(customers, one_by_one(reasons(frame, contributions)), strict=True):
        assert 1 <= len(told_of) <= REASONS_PER_ROW
        for code, text in told_of.items():
            assert holds(code, text, figures), (code, text)
            assert not CAUSES.search(text), text
            assert not re.search(r"nan|<NA>|None|inf\b|-0", text), text


@settings(max_examples=50)
@given(customers=st.lists(people(), min_size=2, max_size=6), seed=st.integers(0, 99))
def test_order_of_rows_and_columns_does_not_matter(customers: list[dict[str, Any]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(customers, columns=list(FEATURES))
    contributions = pd.DataFrame(rng.normal(size=frame.shape), columns=list(FEATURES))
    rows = rng.permutation(len(frame))
    columns = list(rng.permutation(list(FEATURES)))
    straight = reasons(frame, contributions)
    turned = reasons(frame.iloc[rows][columns], contributions.iloc[rows][columns])
    pd.testing.assert_frame_equal(turned.sort_index(), straight)
