"""One language as the page's script needs it: digits, patterns and plural forms, taken from what the words write."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from clv_ml.language import MISSING, Words
from clv_ml.reports.page_labels import asides, labels, sentence
from clv_ml.reports.page_phrases import counted_phrases, phrases

# in the languages we know, the form of a number above 199 is that of 100 + its last two digits
_COUNTED_TO = 200
_PLACEHOLDER = re.compile("\u2068(\\{\\w+\\})\u2069")


def speech(
    w: Words,
    *,
    title: str,
    currencies: Iterable[str],
    days: Iterable[dt.date],
    codes: Mapping[str, Sequence[str]],
    reasons: Sequence[str],
    actions: Sequence[str],
) -> dict[str, Any]:
    """Return everything the script says and writes in this language, as JSON-safe values.

    Parameters
    ----------
    title
        Of the page.
    currencies, days
        Those that occur in the list.
    codes
        The codes of each column of categories.
    reasons, actions
        The texts of the list in this language, by their places.
    """
    pattern = w.number(-1234567.25, 2)
    digits = w.say("0123456789")
    signs = re.findall(f"[^{digits}]+", pattern)  # minus, group, group, decimal
    return {
        "name": w.name,
        "direction": w.direction,
        "title": title,
        "digits": digits,
        "minus": signs[0],
        "group": signs[1],
        "decimal": signs[-1],
        "missing": MISSING,
        "percent": {
            "plain": _pattern(w.percent(0.05), w.percent(0.07)),
            "almost": w.percent(0.999),
            "hardly": w.percent(0.001),
        },
        "money": {currency: _money(w, currency) for currency in sorted({"", *currencies})},
        "dates": {day.isoformat(): w.date(day) for day in sorted(set(days))},
        "say": {name: _open(text) for name, text in phrases(w).items()},
        "many": _forms(w),
        "labels": _labels(w, codes),
        "aside": asides(w),
        "reasons": list(reasons),
        "actions": list(actions),
    }


def _open(text: str) -> str:
    """Take the isolates off placeholders: the script isolates what it fills in where that is needed."""
    return _PLACEHOLDER.sub(r"\1", text)


def _pattern(five: str, seven: str) -> list[str]:
    """Return what stands before and after the number in which two texts differ."""
    place = next(at for at, (one, other) in enumerate(zip(five, seven, strict=True)) if one != other)
    return [five[:place], five[place + 1 :]]


def _money(w: Words, currency: str) -> dict[str, list[str]]:
    return {
        "plus": _pattern(w.money(5, currency, 0), w.money(7, currency, 0)),
        "minus": _pattern(w.money(-5, currency, 0), w.money(-7, currency, 0)),
    }


@cache
def _forms(w: Words) -> dict[str, dict[str, Any]]:
    """Return the forms of each counted message, and which of them each number takes, as digits."""
    forms: dict[str, list[str]] = {}
    index: dict[str, list[str]] = {}
    for n in range(_COUNTED_TO):
        for name, text in counted_phrases(w, n).items():
            form = _open(text).replace(w.number(n, 0), "{n}")
            known = forms.setdefault(name, [])
            if form not in known:
                known.append(form)
            index.setdefault(name, []).append(str(known.index(form)))
    return {name: {"forms": known, "index": "".join(index[name])} for name, known in forms.items()}


def _labels(w: Words, codes: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    known = labels(w)
    return {
        name: {code: known.get(name, {}).get(code) or sentence(code) for code in column}
        for name, column in codes.items()
    }
