"""One language: what is said in it, and how it writes numbers, amounts of money and dates."""

from __future__ import annotations

import datetime as dt
from functools import cache, lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING

from clv_ml.errors import ConfigError
from clv_ml.language.folders import LOCALE, catalogue_files
from clv_ml.language.isolates import isolated
from clv_ml.language.messages import read_messages
from clv_ml.language.numerals import Numerals
from clv_ml.language.values import finite, is_missing, plain

if TYPE_CHECKING:
    from babel import Locale

MISSING = "—"
"""What stands for a value that is not there."""


def message(text: str) -> str:
    """Mark a text that :meth:`Words.say` is given later, so that its translation is asked for; return it as it is.

    Examples
    --------
    >>> message("Call personally")
    'Call personally'
    """
    return text


class Words:
    """What one language says; made by :func:`words`.

    Attributes
    ----------
    code
        Name of the language's folder, such as ``en``, ``ar`` or ``pt_BR``.
    name
        Name of the language in the language itself.
    direction
        ``ltr`` or ``rtl``.
    """

    def __init__(self, code: str, *, locale: Locale, messages: NullTranslations) -> None:
        self.code = code
        self.name: str = locale.display_name
        self.direction: str = locale.text_direction
        self._locale = locale
        self._dates: dict[dt.date, str] = {}
        # a sentence is said of many customers
        self._message = lru_cache(maxsize=10_000)(messages.gettext)
        self._form = lru_cache(maxsize=100_000)(messages.ngettext)
        self._currency = lru_cache(maxsize=1_000)(self._currency_sign)
        # three messages that are no words: the language's own digits, and how it writes a date
        self._numerals = Numerals(locale, self.say("0123456789"))
        self._date_pattern = self.say("d MMM y")

    def __repr__(self) -> str:
        return f"Words({self.code!r})"

    def say(self, message: str, /, **values: object) -> str:
        """Return the message in this language with its {placeholders} filled in.

        Text is shown as it is, whatever it holds; where it runs against the language it is isolated, so that an order
        number in an Arabic sentence stays in one piece. A number is written as by :meth:`number`; give it as text
        where another form is wanted. What is missing becomes a dash.

        Examples
        --------
        >>> words("en").say("Bought once, {when}.", when="3 days ago")
        'Bought once, 3 days ago.'
        """
        return self._filled(self._message(message), values)

    def counted(self, one: str, many: str, n: object, /, **values: object) -> str:
        """Return the form of the message that fits the number `n`, rounded to a whole one; {n} is that number.

        Examples
        --------
        >>> words("en").counted("{n} order", "{n} orders", 1), words("en").counted("{n} order", "{n} orders", 1234)
        ('1 order', '1,234 orders')
        """
        amount = finite(n)
        whole = 0 if amount is None else round(amount)
        text = self._form(one, many, abs(whole))
        return self._filled(text, {"n": self.number(amount, 0)} | values)

    def number(self, value: object, decimals: int | None = None) -> str:
        """Return a number as people write it: unless told, whole from 10 on, below that with at most two decimals.

        Examples
        --------
        >>> words("en").number(1653.4), words("en").number(2.504), words("en").number(3), words("en").number(None)
        ('1,653', '2.5', '3', '—')
        """
        amount = finite(value)
        if amount is None:
            return MISSING
        if decimals is None:
            decimals = 0 if abs(amount) >= 10 else len(f"{amount:.2f}".rstrip("0").partition(".")[2])
        return self._numerals.number(amount, decimals)

    def money(self, value: object, currency: str = "", decimals: int | None = None) -> str:
        """Return an amount with its currency: whole from 100 on, else (unless told) with two decimals.

        Examples
        --------
        >>> words("en").money(1234.5, "$"), words("en").money(12.5), words("en").money(-3, "£")
        ('$1,234', '12.50', '−£3.00')
        """
        amount = finite(value)
        if amount is None:
            return MISSING
        if decimals is None:
            decimals = 0 if abs(amount) >= 100 or amount == 0 else 2
        return self._numerals.money(amount, self._currency(currency), decimals)

    def percent(self, value: object, decimals: int = 0) -> str:
        """Return a share as a percentage that never claims certainty by rounding; whole unless told.

        Examples
        --------
        >>> [words("en").percent(share) for share in (0.834, 0.999, 0.001, 1.0)]
        ['83%', '>99%', '<1%', '100%']
        """
        share = finite(value)
        if share is None:
            return MISSING
        if 0.99 < share < 1:
            return self.say(">{share}", share=self._numerals.percent(0.99))
        if 0 < share < 0.01:
            return self.say("<{share}", share=self._numerals.percent(0.01))
        return self._numerals.percent(share, decimals)

    def date(self, value: object) -> str:
        """Return a date, or the ISO text of one, in words; other text comes back as it is.

        Examples
        --------
        >>> words("en").date("1997-09-30"), words("en").date(dt.date(2025, 1, 2)), words("en").date("soon")
        ('30 Sep 1997', '2 Jan 2025', 'soon')
        """
        if is_missing(value):
            return MISSING
        if isinstance(value, str):
            try:
                value = dt.datetime.fromisoformat(value)
            except ValueError:
                return plain(value)
        if isinstance(value, dt.date):  # datetime and pandas' Timestamp are dates too
            return self._date(dt.date(value.year, value.month, value.day))
        return plain(value)

    def month(self, value: dt.date) -> str:
        """Return the calendar month of a day in words, as the language writes one.

        Examples
        --------
        >>> words("en").month(dt.date(1997, 9, 30))
        'Sep 1997'
        """
        from babel.dates import format_skeleton

        return self._numerals.local(format_skeleton("yMMM", value, locale=self._locale))

    def days(self, value: object) -> str:
        """Return a number of days in words.

        Examples
        --------
        >>> words("en").days(1), words("en").days(74.4), words("en").days(None)
        ('1 day', '74 days', '—')
        """
        return MISSING if finite(value) is None else self.counted("{n} day", "{n} days", value)

    def figure(self, value: object) -> str:
        """Return a cell of any kind: a number without groups (an age, a year), yes or no, a date, or text.

        Examples
        --------
        >>> [words("en").figure(value) for value in (1994, 0.25, True, "ads", None)]
        ['1994', '0.25', 'yes', 'ads', '—']
        """
        if isinstance(value, bool):
            return self.say("yes") if value else self.say("no")
        amount = finite(value)
        if amount is not None:
            return self._numerals.ungrouped(amount)
        return self.date(value) if isinstance(value, dt.date) else self.text(value)

    def text(self, value: object) -> str:
        """Return text from the data, such as an identifier or a name, safe beside words of this language."""
        return MISSING if is_missing(value) else isolated(value, self.direction)

    def _filled(self, text: str, values: dict[str, object]) -> str:
        return text.format(**{name: self._shown(value) for name, value in values.items()})

    def _shown(self, value: object) -> str:
        if isinstance(value, str):
            return isolated(value, self.direction)
        return self.text(value) if finite(value) is None else self.number(value)

    def _currency_sign(self, currency: str) -> str:
        return isolated(self._numerals.currency(currency), self.direction)

    def _date(self, day: dt.date) -> str:
        if day not in self._dates:
            from babel.dates import format_date

            self._dates[day] = self._numerals.local(format_date(day, self._date_pattern, locale=self._locale))
        return self._dates[day]


@cache
def words(code: str, folder: Path = LOCALE) -> Words:
    """Return the words of a language; a catalogue is read once.

    Parameters
    ----------
    code
        One of :func:`clv_ml.language.languages`.
    folder
        Where the languages are; those of the package unless told.

    Raises
    ------
    ConfigError
        If there is no such language, or a catalogue cannot be read.
    """
    from babel import Locale, UnknownLocaleError

    messages = read_messages(catalogue_files(code, folder), code=code)
    try:
        locale = Locale.parse(code)
    except (UnknownLocaleError, ValueError) as error:
        raise ConfigError(f"the folder {folder / code} is not named after a language that CLDR knows") from error
    return Words(code, locale=locale, messages=messages)
