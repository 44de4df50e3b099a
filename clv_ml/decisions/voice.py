"""In whose words, and in which currency, the reasons of one list are told."""

from __future__ import annotations

from functools import cache

from clv_ml.language import Words


class Voice:
    """The words of a language with the currency of a list; figures that come back are put into words once.

    Attributes
    ----------
    say, counted
        Those of :class:`clv_ml.language.Words`.
    """

    def __init__(self, words: Words, currency: str = "") -> None:
        self._currency = currency
        self._words = words
        self.say = words.say
        self.counted = words.counted
        self.figure = words.figure
        self.number = cache(self._number)
        self.days = cache(words.days)
        self.hours = cache(self._hours)

    def money(self, amount: float) -> str:
        """Return an amount in the list's currency, to the cent."""
        return self._words.money(amount, self._currency, 2)

    def _number(self, count: float) -> str:
        return self._words.number(count, 0)

    def _hours(self, hours: float) -> str:
        return self.counted("{n} hour", "{n} hours", hours)
