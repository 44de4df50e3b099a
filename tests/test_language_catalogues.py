"""Catalogues: every message has a finished translation in every language, and no translation is left over."""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from spoken import Spoken, everything_said, placeholders, said_in_code, said_in_template

from clv_ml.language import LOCALE, SOURCE, languages, words

SAID = everything_said()
MESSAGES = sorted({spoken.key for spoken in SAID if spoken.literal})
TRANSLATED = [code for code in languages() if code != SOURCE]
# how a language writes numbers and dates is asked for like a message
SETTINGS = {("0123456789",), ("d MMM y",)}


def files(code: str) -> list[Path]:
    return sorted((LOCALE / code / "LC_MESSAGES").glob("*.po"))


def read(path: Path) -> Any:
    with path.open("rb") as source:
        return read_po(source, abort_invalid=True)


def key_of(entry: Any) -> tuple[str, ...]:
    return tuple(entry.id) if isinstance(entry.id, tuple) else (entry.id,)


def forms_of(entry: Any) -> tuple[str, ...]:
    return tuple(entry.string) if isinstance(entry.string, tuple) else (entry.string,)


ENTRIES = {
    code: [(path.name, entry) for path in files(code) for entry in read(path) if entry.id] for code in TRANSLATED
}


def numbers_by_form(code: str) -> dict[int, list[int]]:
    """Which of the first numbers take each plural form."""
    choose = gettext.c2py(read(files(code)[0]).plural_expr)
    taken: dict[int, list[int]] = defaultdict(list)
    for n in range(1000):
        taken[choose(n)].append(n)
    return taken


def test_messages_are_found_in_the_code() -> None:
    assert ("No order for {silence}; usually every {gap}.",) in MESSAGES
    assert ("{n} day", "{n} days") in MESSAGES
    assert set(MESSAGES) >= SETTINGS


def test_messages_are_read_from_calls_of_every_shape() -> None:
    code = """
words.say("a {x}", x=1); self.words.counted("{n} b", "{n} bs", n, y=2); LABELS = {"k": message("c")}
words.say("d " "e", **values); words.say(text); somebody.message("f"); say("g")
"""
    found = list(said_in_code(code, "code.py"))
    assert {spoken.key: spoken.filled for spoken in found if spoken.literal} == {
        ("a {x}",): frozenset({"x"}),
        ("{n} b", "{n} bs"): frozenset({"n", "y"}),
        ("c",): None,
        ("d e",): None,
    }
    assert [spoken.where for spoken in found if not spoken.literal] == ["code.py:3"]
    template = (
        "{{ words.say('h {x}', x=1) }}{% for a in b %}{{ w.counted('{n} i', '{n} is', a) }}{{ say('key') }}{% endfor %}"
    )
    found = list(said_in_template(template, "page.j2"))
    assert {spoken.key: spoken.filled for spoken in found} == {
        ("h {x}",): frozenset({"x"}),
        ("{n} i", "{n} is"): frozenset({"n"}),
    }


@pytest.mark.parametrize("text", ["{}", "{0}", "{x.y}", "{x[0]}", "{x!r}", "{x:>9}"])
def test_only_plain_names_may_stand_in_braces(text: str) -> None:
    with pytest.raises(AssertionError):
        placeholders(text)


def test_what_is_said_is_written_where_it_is_said_or_marked() -> None:
    marked = {spoken.where.split(":")[0] for spoken in SAID if spoken.literal and spoken.filled is None}
    for spoken in SAID:
        assert spoken.literal or spoken.where.split(":")[0] in marked, (
            f"{spoken.where}: write the English text as a literal, or mark it by message()"
        )


@pytest.mark.parametrize("spoken", [spoken for spoken in SAID if spoken.literal], ids=lambda spoken: spoken.where)
def test_every_placeholder_is_filled_in(spoken: Spoken) -> None:
    wanted = set().union(*map(placeholders, spoken.key))
    if spoken.filled is not None:
        assert wanted <= spoken.filled
        assert spoken.filled - wanted <= {"n"}


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_is_translated_and_reviewed(code: str) -> None:
    finished = {key_of(entry) for _, entry in ENTRIES[code] if all(forms_of(entry)) and not entry.fuzzy}
    missing = [key for key in MESSAGES if key not in finished]
    assert not missing, f"{code} lacks {len(missing)} messages: {missing}"


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_translation_is_left_over_or_unfinished(code: str) -> None:
    left = [(name, key_of(entry)) for name, entry in ENTRIES[code] if key_of(entry) not in set(MESSAGES)]
    assert not left, f"nothing says these any more: {left}"
    unfinished = [(name, entry.id) for name, entry in ENTRIES[code] if entry.fuzzy or not all(forms_of(entry))]
    assert not unfinished
    assert not [path for path in files(code) if read(path).obsolete]


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_have_the_placeholders_of_the_message(code: str) -> None:
    taken = numbers_by_form(code)
    for name, entry in ENTRIES[code]:
        wanted = set().union(*map(placeholders, key_of(entry)))
        for place, text in enumerate(forms_of(entry)):
            # "one order" needs no number
            alone = isinstance(entry.id, tuple) and len(taken[place]) == 1
            assert wanted - ({"n"} if alone else set()) <= placeholders(text) <= wanted, (name, entry.id, text)


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_message_is_translated_alike_in_all_files(code: str) -> None:
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name, entry in ENTRIES[code]:
        assert known.setdefault(key_of(entry), forms_of(entry)) == forms_of(entry), (name, entry.id)


@pytest.mark.parametrize("code", TRANSLATED)
def test_all_files_count_alike_and_have_every_form(code: str) -> None:
    rules = {(read(path).num_plurals, read(path).plural_expr) for path in files(code)}
    assert len(rules) == 1
    forms = rules.pop()[0]
    assert set(numbers_by_form(code)) == set(range(forms))
    for _, entry in ENTRIES[code]:
        assert len(forms_of(entry)) == (forms if isinstance(entry.id, tuple) else 1)


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_language_s_own_digits_and_nothing_invisible(code: str) -> None:
    local = words(code).say("0123456789")
    for name, entry in ENTRIES[code]:
        if key_of(entry) in SETTINGS:
            continue
        for text in forms_of(entry):
            assert text == text.strip(), (name, text)
            if local != "0123456789":
                assert not re.search(r"[0-9]", text), (name, text)
            hidden = [
                c for c in text if unicodedata.category(c) in ("Cc", "Cf") and c not in "\u200c\u200d\u200e\u200f"
            ]
            assert not hidden, (name, text)


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_language_says_what_its_catalogues_hold(code: str) -> None:
    tongue = words(code)
    for _, entry in ENTRIES[code]:
        key = key_of(entry)
        values = dict.fromkeys(set().union(*map(placeholders, key)), "س")
        if len(key) == 1:
            assert tongue.say(key[0], **values) == forms_of(entry)[0].format(**values)
        else:
            values.pop("n", None)
            counted = {tongue.counted(key[0], key[1], n, **values) for n in range(200)}
            every = {form.format(n=tongue.number(n, 0), **values) for form in forms_of(entry) for n in range(200)}
            assert counted <= every


ARABIC_NUMBERS = [(0, 0), (1, 1), (2, 2), (3, 3), (10, 3), (11, 4), (99, 4), (100, 5), (102, 5), (103, 3), (111, 4)]


@pytest.mark.parametrize(("n", "form"), ARABIC_NUMBERS)
def test_arabic_has_six_forms_as_in_cldr(n: int, form: int) -> None:
    from babel import Locale

    rule = read(files("ar")[0])
    assert rule.num_plurals == 6
    assert gettext.c2py(rule.plural_expr)(n) == form
    assert Locale("ar").plural_form(n) == ("zero", "one", "two", "few", "many", "other")[form]
