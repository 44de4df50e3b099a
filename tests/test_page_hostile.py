"""Text of unknown origin on the page: it stays text, and a person can read it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_data import HOSTILE, page_arguments
from page_reader import Reader, read

from clv_ml.reports.page import render_page
from clv_ml.reports.wording import plain


def render(**changes: Any) -> str:
    return render_page(**(page_arguments(2) | changes))


def hostile_arguments(text: str) -> dict[str, Any]:
    given = page_arguments(2)
    columns = ["customer_id", "action_status", "risk_band", "value_tier", "currency", "reason_1", "score_source"]
    columns += ["recommended_action", "expected_next_order", "exclusion_reason", "change", "reason_1_code"]
    return given | {"listed": given["listed"].assign(**dict.fromkeys(columns, text)), "texts": None, "stories": None}


def shape(reader: Reader) -> set[tuple[str, ...]]:
    """Tags with the names of their attributes: none of them may come in with the data."""
    return {(tag, *sorted(attrs)) for tag, attrs in reader.tags}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_harmless_and_legible(text: str) -> None:
    accuracy = pd.DataFrame({"segment": [text], "score": [text], text: [text], "auc": [0.8]})
    changes = hostile_arguments(text) | {
        "summary": {"title": text, "as_of": text, "full_list": text, "excluded": {text: 3}},
        "conventions": {text: text, "margin": text},
        "max_rows": 1,
    }
    page = render(**changes, accuracy=accuracy)
    page.encode("utf-8")
    reader = read(page)
    calm = render(**hostile_arguments("calm"), accuracy=accuracy.assign(segment="a", score="b"), max_rows=1)
    assert shape(reader) <= shape(read(calm))
    shown = text.replace("\x00", "\ufffd").replace("\x07", "\ufffd").replace("\u202e", "\ufffd")
    assert reader.text.count(shown) >= 10
    assert reader.data["columns"]["customer_id"] == [shown]
    assert "<" not in reader.scripts[0]


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=40))
def test_no_text_changes_the_shape_of_the_page(text: str) -> None:
    reader = read(render(**hostile_arguments(text)))
    assert reader.count("script") == 2
    assert reader.count("tr") == 3
    assert reader.data["columns"]["customer_id"] == [plain(text) or "(no id)"] * 2


def test_characters_that_no_file_can_hold_are_replaced() -> None:
    assert plain("half \ud800 pair\x1b[31m\tof\nlines") == "half \ufffd pair\ufffd[31m\tof\nlines"
    assert plain(None) == plain(float("nan")) == plain(pd.NaT) == plain(pd.NA) == ""
