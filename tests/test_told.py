"""Told: one choice of reasons, told in any language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reason_customers import CAUSES, FEATURES, customer, people

from clv_ml.decisions.choosing import CODES as CODES_OF_REASONS
from clv_ml.decisions.reasons import reasons, tell
from clv_ml.decisions.told import COLUMNS
from clv_ml.language import languages, words
from clv_ml.reports.page_labels import labels

CODES = [name for name in COLUMNS if name.endswith("_code")]
TEXTS = [name for name in COLUMNS if not name.endswith("_code")]
# because, due to, as a result, caused, will leave, likely
ARABIC_CAUSES = re.compile("بسبب|لأن|نتيجة|سبب|يعود إلى|سوف|ستغادر|سيغادر|احتمال|يُرجّح")
LATE = {"days_since_last": 74, "silence_ratio": 74 / 31, "gap_mean": 31.0}


def arabic(**figures: Any) -> dict[str, str]:
    row = reasons(customer(**figures), words=words("ar")).iloc[0]
    return {row[f"reason_{n}_code"]: row[f"reason_{n}"] for n in (1, 2, 3) if row[f"reason_{n}_code"]}


def test_english_is_told_unless_another_language_is_asked_for() -> None:
    late = customer(**LATE)
    pd.testing.assert_frame_equal(reasons(late), tell(late).texts(words("en")))
    assert list(reasons(late).columns) == list(COLUMNS)


def test_the_same_reasons_are_told_in_arabic() -> None:
    assert arabic(**LATE)["overdue"] == "لا طلبات منذ ٧٤ يومًا؛ والمعتاد طلب كل ٣١ يومًا."
    assert arabic(**LATE | {"gap_mean": 2.0})["overdue"] == "لا طلبات منذ ٧٤ يومًا؛ والمعتاد طلب كل يومين."
    assert arabic()["still_in_rhythm"].startswith("آخر طلب قبل ١٠ أيام؛ والمعتاد طلب كل ٣٠ يومًا.")
    assert arabic(days_since_last=1)["still_in_rhythm"].startswith("آخر طلب قبل يوم واحد؛")


@pytest.mark.parametrize(
    ("orders", "text"),
    [
        (0, "لا طلبات خلال"),
        (1, "طلب واحد خلال"),
        (2, "طلبان خلال"),
        (3, "٣ طلبات خلال"),
        (11, "١١ طلبًا خلال"),
        (100, "١٠٠ طلب خلال"),
    ],
)
def test_arabic_orders_take_the_form_of_their_number(orders: int, text: str) -> None:
    slow = arabic(T=400, purchases_trend=-9, purchases_last_90d=orders, purchases_last_180d=2 * orders + 50)
    assert slow["orders_slowing"].startswith(text)


def test_amounts_have_the_currency_of_the_list() -> None:
    spent = customer(T=400, spend_last_90d=1234.5, spend_last_180d=9000.0)
    told = tell(spent, currency="EGP")
    assert told.texts(words("en"))["reason_1"].tolist() == [
        "Spent EGP\u00a01,234.50 in the last 90 days; EGP\u00a07,765.50 in the 90 days before."
    ]
    assert "\u200f١٬٢٣٤٫٥٠\u00a0ج.م.\u200f" in told.texts(words("ar"))["reason_1"].iloc[0]
    assert "Spent 1,234.50 in" in tell(spent).texts(words("en"))["reason_1"].iloc[0]


def told_of(named: pd.DataFrame, code: str, *attributes: str) -> str:
    """What is said of the attribute that counts most: the last reason of the row."""
    shares = pd.DataFrame([dict.fromkeys(attributes, 1.0)], index=named.index)
    row = reasons(named, shares, words=words(code)).iloc[0]
    return str([row[name] for name in TEXTS if row[name]][-1])


@pytest.mark.parametrize("value", ["{x}", "{0.__class__}", "}{", "<b>&amp;</b>", "%s", "=1+1", "a" * 200])
@pytest.mark.parametrize("code", languages())
def test_an_attribute_is_told_as_it_is_whatever_it_holds(value: str, code: str) -> None:
    assert value in told_of(customer(country=value), code, "country")
    strange = told_of(customer().assign(**{"a {label} {}": value}), code, "a {label} {}")
    assert value in strange
    assert "A {label} {}" in strange


def test_attributes_are_named_in_the_language_where_it_has_a_name() -> None:
    at_home = customer(country="الأردن", shop="A1", vip=True)
    assert told_of(at_home, "ar", "country") == "البلد: الأردن."
    assert told_of(at_home, "ar", "shop") == "\u2068Shop\u2069: \u2068A1\u2069."
    assert told_of(at_home, "en", "vip") == "Vip: yes."
    assert told_of(at_home, "ar", "vip") == "\u2068Vip\u2069: نعم."


@pytest.mark.parametrize("code", languages())
def test_the_page_has_a_name_for_every_reason(code: str) -> None:
    assert set(CODES_OF_REASONS) <= set(labels(words(code))["reason"])


def test_some_rows_are_told_as_all_are() -> None:
    many = pd.concat([customer(**LATE), customer(), customer(days_since_last=200, silence_ratio=9.0)])
    told = tell(many.set_axis(list("abc")))
    for rows in (0, 1, 2, 3, 9):
        pd.testing.assert_frame_equal(told.texts(words("ar"), rows=rows), told.texts(words("ar")).head(rows))


@settings(max_examples=60)
@given(
    customers=st.lists(people(), min_size=1, max_size=5),
    seed=st.integers(0, 99),
    modelled=st.booleans(),
)
def test_the_choice_is_the_same_in_every_language_and_the_figures_too(
    customers: list[dict[str, Any]], seed: int, modelled: bool
) -> None:
    frame = pd.DataFrame(customers, columns=list(FEATURES))
    shares = pd.DataFrame(np.random.default_rng(seed).normal(size=frame.shape), columns=list(FEATURES))
    told = tell(frame, shares if modelled else None)
    english, arabic = told.texts(words("en")), told.texts(words("ar"))
    pd.testing.assert_frame_equal(english[CODES], arabic[CODES])
    latin = str.maketrans("٠١٢٣٤٥٦٧٨٩٫", "0123456789.", "٬\u200f\u061c")
    for ours, theirs in zip(english[TEXTS].to_numpy().ravel(), arabic[TEXTS].to_numpy().ravel(), strict=True):
        assert bool(ours) == bool(theirs)
        if not theirs:
            continue
        assert not CAUSES.search(ours)
        assert not ARABIC_CAUSES.search(theirs)
        assert theirs.endswith(".")
        assert not re.search(r"[0-9A-Za-z{}]", theirs.replace("de", "")), theirs
        # one and two are words in Arabic, and a span that stands twice is said twice in both
        numbers = {n for n in re.findall(r"\d+(?:\.\d+)?", ours.replace(",", "")) if n not in {"1", "2", "6"}}
        assert numbers == {n for n in re.findall(r"\d+(?:\.\d+)?", theirs.translate(latin)) if n not in {"1", "2", "6"}}


def test_telling_leaves_the_tables_alone_and_does_not_follow_them() -> None:
    table = customer(**LATE)
    before = table.copy(deep=True)
    told = tell(table)
    first = told.texts(words("en"))
    pd.testing.assert_frame_equal(table, before)
    table["days_since_last"] = 5
    pd.testing.assert_frame_equal(told.texts(words("en")), first)


def test_a_new_language_tells_reasons_without_code(tmp_path: Path) -> None:
    home = tmp_path / "de" / "LC_MESSAGES"
    home.mkdir(parents=True)
    (home / "reasons.po").write_text(
        'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "No order for {silence}; usually every {gap}."\n'
        'msgstr "Keine Bestellung seit {silence}; sonst alle {gap}."\n\n'
        'msgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} Tag"\nmsgstr[1] "{n} Tagen"\n',
        encoding="utf-8",
    )
    german = reasons(customer(**LATE), words=words("de", tmp_path))
    assert german["reason_1"].tolist() == ["Keine Bestellung seit 74 Tagen; sonst alle 31 Tagen."]
    assert german["reason_2"].iloc[0].startswith("74 Tagen of silence")  # not translated yet
