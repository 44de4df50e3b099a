"""Ids are found again after what a spreadsheet does to them, and never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv_ml.data.known_ids import KnownIds, id_text


@pytest.mark.parametrize(
    ("known", "came"),
    [
        ("00123", "123"),
        ("00123", "123.0"),
        ("123", "123.0"),
        ("123", "123,0"),
        ("123", "00123"),
        ("123", " 123\u00a0"),
        ("123", "'123"),
        ("=1+1", "'=1+1"),
        ("+49170", "49170"),
        ("12345678901234567", "1.23457E+16"),
        ("12345678901234567", "1,23457E+16"),
        ("12345678901234567", "12345678901234500"),
        ("12345678901234567", "12345678901234600"),
        ("12345678901234567", "1.23456789012346E+16"),
        ("99999999999999999999", "1E+20"),
        ("123456789012", "1.23457E+11"),
        ("1E5", "100000"),
        ("1E5", "1.00E+05"),
        ("1.10", "1.1"),
        ("A\u200b17", "A17"),
        ("cafe\u0301", "café"),
        ("a\x01b", "ab"),
    ],
)
def test_an_id_is_found_again(known: str, came: str) -> None:
    assert KnownIds([known, "other", "77", "88888888888888888"]).find(came) == (known, "")


@pytest.mark.parametrize(
    ("known", "came", "reason"),
    [
        (["00123", "0123"], "123", "ambiguous_customer_id"),
        (["12345678901234567", "12345678901234568"], "1.23457E+16", "ambiguous_customer_id"),
        (["12345678901234567", "12345678901234511"], "12345678901234500", "ambiguous_customer_id"),
        (["A\u200b1", "A\u200c1"], "A1", "ambiguous_customer_id"),
        (["123"], "124", "unknown_customer_id"),
        (["123"], "a123", "unknown_customer_id"),
        (["123"], "", "missing_customer_id"),
        (["123"], " \u200b", "missing_customer_id"),
        ([], "123", "unknown_customer_id"),
        (["1"], "1e999", "unknown_customer_id"),
        (["1"], "nan", "unknown_customer_id"),
    ],
)
def test_an_id_is_never_guessed(known: list[str], came: str, reason: str) -> None:
    assert KnownIds(known).find(came) == ("", reason)


def test_an_id_that_is_there_stays_whatever_else_it_could_be() -> None:
    assert KnownIds(["123", "00123"]).find("123") == ("123", "")
    assert KnownIds(["'=1", "=1"]).find("'=1") == ("'=1", "")


def test_a_number_that_can_be_two_ids_is_neither() -> None:
    assert KnownIds(["123", "00123"]).find("123", was_number=True) == ("", "ambiguous_customer_id")
    assert KnownIds(["123", "77"]).find("123", was_number=True) == ("123", "")
    assert KnownIds(["00123"]).find("123", was_number=True) == ("00123", "")


def test_without_known_ids_only_what_cannot_be_seen_is_taken_off() -> None:
    assert KnownIds(None).find(" 00123\u200b") == ("00123", "")
    assert KnownIds(None).find("'=1+1") == ("=1+1", "")
    assert KnownIds(None).find(" ") == ("", "missing_customer_id")


@given(number=st.integers(10**15, 10**20), others=st.lists(st.integers(10**15, 10**20), max_size=5))
def test_a_long_number_is_found_after_excel_or_refused_and_never_mistaken(number: int, others: list[int]) -> None:
    known = KnownIds([str(number), *map(str, others)])
    digits = len(str(number))
    stored = int(str(number)[:15].ljust(digits, "0"))
    for came in (str(stored), f"{stored:.5E}", f"{float(number):.14E}"):
        found, reason = known.find(came)
        if came in map(str, others):
            continue
        assert found == str(number) or reason == "ambiguous_customer_id"


def test_cells_become_the_texts_they_were() -> None:
    assert [id_text(cell) for cell in (123, 123.0, 1.5, True, None, float("nan"), "00123")] == [
        "123",
        "123",
        "1.5",
        "TRUE",
        "",
        "",
        "00123",
    ]
    assert id_text(12345678901234567.0) == "1.23456789012346e+16"
