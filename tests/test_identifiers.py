"""Addresses and numbers are written as each platform documents it; pseudonyms depend on the key."""

import hashlib
import hmac

import pytest

from clv_ml.data.identifiers import international_phone, platform_email, platform_phone, pseudonyms, sha256


@pytest.mark.parametrize(
    ("text", "google", "meta"),
    [
        ("Jane@Example.com", "jane@example.com", "jane@example.com"),
        (" jane@example.com\u200b", "jane@example.com", "jane@example.com"),
        ("Jane.Doe@gmail.com", "janedoe@gmail.com", "jane.doe@gmail.com"),
        ("Jane.Doe@GoogleMail.com", "janedoe@googlemail.com", "jane.doe@googlemail.com"),
        ("jane.doe+shop@gmail.com", "janedoe+shop@gmail.com", "jane.doe+shop@gmail.com"),
        ("jane.doe@mail.example.com", "jane.doe@mail.example.com", "jane.doe@mail.example.com"),
        ("jane @example.com", "jane@example.com", "jane@example.com"),
        ("JÜRGEN@Example.com", "jürgen@example.com", "jürgen@example.com"),
        ("...@gmail.com", None, "...@gmail.com"),
        ("", None, None),
        ("jane", None, None),
        ("jane@localhost", None, None),
        ("a@b@c.com", None, None),
        ("=1+1", None, None),
    ],
)
def test_an_address_is_written_as_each_platform_does(text: str, google: str | None, meta: str | None) -> None:
    assert platform_email(text, "google") == google
    assert platform_email(text, "meta") == meta == platform_email(text, "tiktok")


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("+49 170 1234567", None, "+491701234567"),
        ("0170/123 45-67", "DE", "+491701234567"),
        ("+49 (0)170 1234567", None, "+491701234567"),
        ("0049 170 1234567", None, "+491701234567"),
        ("491701234567.0", None, None),
        ("+962 7 9012 3456", None, "+962790123456"),
        ("٠٧٩٠١٢٣٤٥٦", "JO", "+962790123456"),
        ("(212) 565-0000", "US", "+12125650000"),
        ("0170 1234567", None, None),
        ("12", "DE", None),
        ("call me", "DE", None),
        ("", "DE", None),
    ],
)
def test_a_number_becomes_international_or_nothing(text: str, region: str | None, expected: str | None) -> None:
    assert international_phone(text, region) == expected


def test_meta_hashes_numbers_without_the_plus() -> None:
    assert platform_phone("+491701234567", "meta") == "491701234567"
    assert platform_phone("+491701234567", "google") == "+491701234567"
    assert sha256("test@example.com") == "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"


def test_a_pseudonym_is_that_of_the_key_and_the_id() -> None:
    key = "Jefe is a test key"
    made = pseudonyms(["what do ya want for nothing?", "😀", "a"], key)
    assert made[0] == hmac.new(key.encode(), b"what do ya want for nothing?", hashlib.sha256).hexdigest()
    assert len(set(made)) == 3
    assert made == pseudonyms(["what do ya want for nothing?", "😀", "a"], key)
    assert not set(made) & set(pseudonyms(["what do ya want for nothing?", "😀", "a"], "another key"))
