"""Which currency is usual where: a first guess for orders that do not say in what money they were paid."""

from __future__ import annotations

import re

_EURO = """austria belgium croatia cyprus estonia finland france germany greece ireland italy latvia lithuania
luxembourg malta netherlands portugal slovakia slovenia spain deutschland österreich frankreich italien spanien
niederlande belgien españa france italia nederland at be de es fi fr gr ie it lu nl pt sk si"""
_OTHERS = {
    "USD": "united states|usa|us|united states of america",
    "GBP": "united kingdom|uk|gb|great britain|england",
    "CHF": "switzerland|schweiz|suisse|ch",
    "CAD": "canada|ca",
    "AUD": "australia|au",
    "NZD": "new zealand|nz",
    "SEK": "sweden|sverige|se",
    "NOK": "norway|norge|no",
    "DKK": "denmark|danmark|dk",
    "PLN": "poland|polska|pl",
    "JPY": "japan|jp|日本",
    "CNY": "china|cn|中国",
    "INR": "india|in",
    "BRL": "brazil|brasil|br",
    "MXN": "mexico|méxico|mx",
    "SAR": "saudi arabia|sa|السعودية",
    "AED": "united arab emirates|uae|ae|الإمارات",
    "EGP": "egypt|eg|مصر",
    "TRY": "turkey|türkiye|tr",
    "ZAR": "south africa|za",
}
_MONEY = dict.fromkeys(_EURO.split(), "EUR") | {
    name: code for code, names in _OTHERS.items() for name in names.split("|")
}
CODES = tuple(dict.fromkeys(("EUR", *_OTHERS)))
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "$": "USD", "₹": "INR"}


def money_of(country: str) -> str | None:
    """Return the currency of a country by its name or code; None where it is not known.

    Examples
    --------
    >>> money_of("United Kingdom"), money_of("DE"), money_of("Unspecified")
    ('GBP', 'EUR', None)
    """
    return _MONEY.get(country.strip().casefold())


def money_in(name: str) -> str | None:
    """Return the currency that a name of a column tells of; None where it tells of none.

    Examples
    --------
    >>> money_in("amount_eur"), money_in("Betrag (€)"), money_in("Amount"), money_in("Europe")
    ('EUR', 'EUR', None, None)
    """
    words = re.findall(r"[^\W_]+", name.upper())
    return next((code for code in CODES if code in words), None) or next(
        (code for sign, code in _SIGNS.items() if sign in name), None
    )
