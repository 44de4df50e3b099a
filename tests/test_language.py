"""Words: one language's sentences, numbers and dates."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clv_ml.errors import ConfigError
from clv_ml.language import MISSING, languages, message, words

ENGLISH, ARABIC = words("en"), words("ar")
FSI, PDI = "\u2068", "\u2069"
MISSING_VALUES = (None, float("nan"), np.nan, pd.NA, pd.NaT, float("inf"), "", "  ")


def test_english_comes_first_and_every_language_has_words() -> None:
    assert languages()[0] == "en"
    assert "ar" in languages()
    assert list(languages()[1:]) == sorted(languages()[1:])
    for code in languages():
        assert words(code).code == code
        assert words(code) is words(code)


def test_a_language_knows_its_name_and_direction() -> None:
    assert (ENGLISH.name, ENGLISH.direction) == ("English", "ltr")
    assert (ARABIC.name, ARABIC.direction) == ("العربية", "rtl")


@pytest.mark.parametrize("code", ["xx", "", "..", "AR", "ar/LC_MESSAGES"])
def test_an_unknown_language_is_refused_with_those_that_are_known(code: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown language '{re.escape(code)}'; there are en, ar"):
        words(code)


def test_english_numbers_are_those_of_the_page() -> None:
    assert [ENGLISH.number(x) for x in (1653.4, 2.504, 3, -0.001, 0.5, 9.999)] == [
        "1,653",
        "2.5",
        "3",
        "0",
        "0.5",
        "10",
    ]
    assert [ENGLISH.money(x, "$") for x in (1234.5, 0, -3, 99.999)] == ["$1,234", "$0", "−$3.00", "$100.00"]
    assert ENGLISH.money(5, "GBP") == "GBP\u00a05.00"
    assert [ENGLISH.percent(x) for x in (0, 0.834, 0.999, 0.001, 1.0)] == ["0%", "83%", ">99%", "<1%", "100%"]
    assert [ENGLISH.days(x) for x in (0, 1, 1.4, 74.4)] == ["0 days", "1 day", "1 day", "74 days"]
    assert [ENGLISH.date(x) for x in ("1997-09-30", dt.datetime(2025, 1, 2, 9), "soon")] == [
        "30 Sep 1997",
        "2 Jan 2025",
        "soon",
    ]


def test_arabic_numbers_have_arabic_digits_and_signs() -> None:
    assert [ARABIC.number(x) for x in (1653.4, 2.5, 0)] == ["١٬٦٥٣", "٢٫٥", "٠"]
    assert ARABIC.number(-12) == "\u061c−١٢"
    assert ARABIC.money(1234.5, "$") == "\u200f١٬٢٣٤\u00a0$"
    assert ARABIC.money(12.5) == "١٢٫٥٠"
    assert ARABIC.percent(0.834) == "٨٣٪\u061c"
    assert ARABIC.percent(0.999) == "أكثر من ٩٩٪\u061c"
    assert ARABIC.percent(0.001) == "أقل من ١٪\u061c"
    assert ARABIC.date("2026-11-22") == "٢٢ نوفمبر ٢٠٢٦"


def test_arabic_days_take_the_form_of_their_number() -> None:
    assert [ARABIC.days(n) for n in (0, 1, 2, 3, 11, 100, 103, 111)] == [
        "٠ يوم",
        "يوم واحد",
        "يومين",
        "٣ أيام",
        "١١ يومًا",
        "١٠٠ يوم",
        "١٠٣ أيام",
        "١١١ يومًا",
    ]


def test_a_currency_of_its_own_is_written_in_arabic_and_others_are_isolated() -> None:
    assert ARABIC.money(5, "EGP") == "\u200f٥٫٠٠\u00a0ج.م.\u200f"
    assert ARABIC.money(5, "USD") == f"\u200f٥٫٠٠\u00a0{FSI}USD{PDI}"


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("value", MISSING_VALUES, ids=repr)
def test_a_missing_value_is_a_dash(code: str, value: object) -> None:
    tongue = words(code)
    for shown in (tongue.number, tongue.money, tongue.percent, tongue.days):
        assert shown(value) == MISSING
    if value is not MISSING_VALUES[5]:  # as text, infinity is a word
        assert tongue.date(value) == tongue.text(value) == MISSING


def test_a_missing_count_is_a_dash_in_the_plural() -> None:
    assert ENGLISH.counted("{n} order", "{n} orders", None) == "— orders"
    assert ENGLISH.say("Age: {age}.", age=np.nan) == "Age: —."


def test_numbers_of_every_kind_are_written_alike() -> None:
    kinds = (1234, 1234.0, np.int64(1234), np.float32(1234), Decimal("1234"))
    assert {ENGLISH.number(value) for value in kinds} == {"1,234"}
    assert {ENGLISH.counted("{n} day", "{n} days", value) for value in kinds} == {"1,234 days"}
    assert ENGLISH.say("Age: {age}.", age=np.int64(43)) == "Age: 43."
    assert ARABIC.say("{age}", age=43) == "٤٣"


@pytest.mark.parametrize("value", ["{x}", "{0}", "{", "}", "{{}}", "{x.__class__}", "%s", "%(n)d", "{n"])
def test_a_value_is_shown_as_it_is_whatever_it_holds(value: str) -> None:
    assert ENGLISH.say("Group: {value}.", value=value) == f"Group: {value}."
    assert ENGLISH.counted("{n} of {value}", "{n} of {value}", 2, value=value) == f"2 of {value}"


def test_what_runs_against_the_sentence_is_kept_together() -> None:
    assert ARABIC.say("{id}", id="A-17") == f"{FSI}A-17{PDI}"
    assert ARABIC.say("{phone}", phone="+962 7 9123 4567") == f"{FSI}+962 7 9123 4567{PDI}"
    assert ARABIC.say("{name}", name="سارة") == "سارة"
    assert ENGLISH.say("{name}", name="سارة") == f"{FSI}سارة{PDI}"
    assert ENGLISH.say("{name}", name="Zoë") == "Zoë"


def test_a_value_cannot_close_an_isolate_or_turn_the_rest_round() -> None:
    assert ARABIC.say("{name}", name=f"a{PDI}b") == f"{FSI}ab{PDI}"
    assert "\u202e" not in ENGLISH.say("{name}", name="abc\u202edef")
    assert ENGLISH.say("{name}", name=f"{FSI}") == ""
    assert ARABIC.say("{sum}", sum=ARABIC.money(5, "USD")) == ARABIC.money(5, "USD")  # isolated once


def test_a_message_without_translation_is_said_in_english() -> None:
    assert ARABIC.say("No catalogue has this: {n}.", n="٥") == "No catalogue has this: ٥."
    assert ARABIC.counted("{n} quark", "{n} quarks", 5) == "٥ quarks"
    assert message("Call {n}") == "Call {n}"


HEADER = 'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
GERMAN = """
msgid "{n} day"
msgid_plural "{n} days"
msgstr[0] "{n} Tag"
msgstr[1] "{n} Tage"

msgid "d MMM y"
msgstr "d. MMMM y"

#, fuzzy
msgid ">{share}"
msgstr "ungefähr {share}"
"""


def catalogue(folder: Path, code: str, text: str, *, domain: str = "words") -> None:
    home = folder / code / "LC_MESSAGES"
    home.mkdir(parents=True, exist_ok=True)
    (home / f"{domain}.po").write_text(HEADER.replace("de", code) + text, encoding="utf-8")


def test_a_new_language_is_a_folder_and_no_code(tmp_path: Path) -> None:
    catalogue(tmp_path, "de", GERMAN)
    assert languages(tmp_path) == ("en", "de")
    german = words("de", tmp_path)
    assert (german.name, german.direction) == ("Deutsch", "ltr")
    assert [german.days(n) for n in (1, 2)] == ["1 Tag", "2 Tage"]
    assert german.number(-1234567.0) == "−1.234.567"
    assert german.money(12.5, "EUR") == "12,50\u00a0EUR"
    assert german.percent(0.5) == "50\u00a0%"
    assert german.date("2026-03-01") == "1. März 2026"
    assert german.percent(0.995) == ">99\u00a0%"  # a fuzzy translation is not used


def test_a_country_takes_what_it_lacks_from_its_language(tmp_path: Path) -> None:
    catalogue(tmp_path, "ar", 'msgid "d MMM y"\nmsgstr "d MMMM y"\n\nmsgid "yes"\nmsgstr "نعم"\n')
    catalogue(tmp_path, "ar_JO", 'msgid "yes"\nmsgstr "أجل"\n')
    assert words("ar", tmp_path).date("2026-11-22") == "22 نوفمبر 2026"
    assert words("ar_JO", tmp_path).date("2026-11-22") == "22 تشرين الثاني 2026"
    assert words("ar_JO", tmp_path).say("yes") == "أجل"


def test_the_first_finished_translation_of_several_files_counts(tmp_path: Path) -> None:
    catalogue(tmp_path, "de", 'msgid "yes"\nmsgstr ""\n\nmsgid "no"\nmsgstr "nein"\n', domain="a")
    catalogue(tmp_path, "de", 'msgid "yes"\nmsgstr "ja"\n\nmsgid "no"\nmsgstr "nee"\n', domain="b")
    assert [words("de", tmp_path).say(text) for text in ("yes", "no")] == ["ja", "nein"]


def test_a_broken_catalogue_and_a_strange_folder_are_named(tmp_path: Path) -> None:
    catalogue(tmp_path, "de", "neither a message nor a comment\n")
    with pytest.raises(ConfigError, match=r"words\.po is no message catalogue"):
        words("de", tmp_path)
    catalogue(tmp_path, "klingon", "")
    with pytest.raises(ConfigError, match="klingon is not named after a language that CLDR knows"):
        words("klingon", tmp_path)
