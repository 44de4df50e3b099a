"""E-mail addresses and phone numbers as ad platforms match them, and pseudonyms for customers."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

from clv_ml.data.excel_habits import bare, western_digits

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_GMAIL = ("gmail.com", "googlemail.com")
_INTERNATIONAL = re.compile(r"^\s*00(?=[1-9])")


def platform_email(text: str, platform: str) -> str | None:
    """Return an e-mail address as a platform hashes it; None if it is none.

    Every platform trims and lower-cases it. Google also takes the points out of the names of gmail.com and
    googlemail.com ("Remove all periods (.) that precede the domain name in gmail.com and googlemail.com email
    addresses"); Meta and TikTok keep them, and nobody documents that a part from ``+`` on is to be cut.

    Examples
    --------
    >>> platform_email(" Jane.Doe+x@Gmail.com ", "google"), platform_email(" Jane.Doe+x@Gmail.com ", "meta")
    ('janedoe+x@gmail.com', 'jane.doe+x@gmail.com')
    """
    address = "".join(bare(text).split()).lower()
    if not _EMAIL.fullmatch(address):
        return None
    name, _, domain = address.rpartition("@")
    if platform == "google" and domain in _GMAIL:
        name = name.replace(".", "")
    return f"{name}@{domain}" if name else None


def international_phone(text: str, region: str | None) -> str | None:
    """Return a phone number as E.164; None if there can be no such number.

    Parameters
    ----------
    region
        Country (ISO 3166) of a number without a country code; None if that is not known.

    Examples
    --------
    >>> international_phone("0170 1234567", "DE"), international_phone("0170 1234567", None)
    ('+491701234567', None)
    """
    import phonenumbers

    plain = _INTERNATIONAL.sub("+", western_digits(bare(text))).removesuffix(".0")  # .0: pandas took it for a number
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def platform_phone(number: str, platform: str) -> str:
    """Return an E.164 number as a platform hashes it: Meta without the plus, the others with it."""
    return number.removeprefix("+") if platform == "meta" else number


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def pseudonyms(ids: Iterable[str], key: str) -> list[str]:
    """Return a pseudonym for each id: HMAC-SHA256 with the key (RFC 2104), in hexadecimal digits.

    Without the key nobody can tell whose it is, not even by trying all ids.
    """
    keyed = hmac.new(key.encode(), digestmod=hashlib.sha256)
    made = []
    for name in ids:
        one = keyed.copy()
        one.update(str(name).encode("utf-8", "surrogatepass"))
        made.append(one.hexdigest())
    return made
