"""Isolates: no text from the data turns the sentence around it."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clv_ml.language.isolates import isolated
from clv_ml.language.values import plain

OPEN, CLOSE, EMBEDDINGS = "\u2066\u2067\u2068", "\u2069", "\u202a\u202b\u202c\u202d\u202e"
CONTROLS = re.compile(f"[{OPEN}{CLOSE}{EMBEDDINGS}]")
STRANGE = st.text(st.sampled_from(f"aZ1 -+.٥بשé😀\n\u2029\u200f\x00{OPEN}{CLOSE}{EMBEDDINGS}"), max_size=12)


@given(text=STRANGE | st.text(max_size=12), direction=st.sampled_from(["ltr", "rtl"]))
@example(text=" ", direction="ltr")
@example(text="\n", direction="rtl")
def test_isolates_are_paired_and_nothing_else_is_lost(text: str, direction: str) -> None:
    shown = isolated(text, direction)
    depth = 0
    for character in shown:
        depth += (character in OPEN) - (character == CLOSE)
        assert depth >= 0
        assert character not in EMBEDDINGS
        assert character not in "\n\u2028\u2029"
    assert depth == 0
    kept = CONTROLS.sub("", plain(text).translate(str.maketrans("\n\t\u2028\u2029", "    ")))
    assert CONTROLS.sub("", shown) == (kept if kept.strip() else "")
    assert isolated(shown, direction) == shown  # once is enough


@pytest.mark.parametrize("text", ["A-17", "12", "+962 7 9123 4567", "a@b.example", "é", "x سارة"])
def test_latin_letters_and_digits_are_isolated_in_arabic(text: str) -> None:
    assert isolated(text, "rtl") == f"\u2068{text}\u2069"
    assert isolated(f"رقم {text}", "rtl") == f"\u2068رقم {text}\u2069"


@pytest.mark.parametrize("text", ["سارة", "שרה", "٥ أيام", "محمد ٣", "a سارة"])
def test_arabic_and_hebrew_are_isolated_in_english(text: str) -> None:
    assert isolated(text, "ltr") == f"\u2068{text}\u2069"


@pytest.mark.parametrize(
    ("text", "direction"),
    [("سارة", "rtl"), ("٧٤ يومًا", "rtl"), ("٨٣٪\u061c", "rtl"), ("Zoë", "ltr"), ("😀", "rtl"), ("", "rtl")],
)
def test_what_runs_along_stays_as_it_is(text: str, direction: str) -> None:
    assert isolated(text, direction) == text
