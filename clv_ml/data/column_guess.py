"""Which column of a file is the customer, the moment, the amount, ...: by its name, and by what it holds."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from clv_ml.data.column_words import ATTRIBUTES, ROLES, is_no_money, name_score, words_of
from clv_ml.data.file_layout import LookedAt
from clv_ml.data.moment_guess import is_moment
from clv_ml.data.number_guess import is_number, is_whole
from clv_ml.errors import DataError, missing_columns

_LEAST = 0.3  # score from which on a column is taken
_CLOSE = 0.15  # score within which another column might be meant as well
_WANTED = {"customer_id": "who bought", "timestamp": "when", "amount": "for how much"}
_MOST_CATEGORIES = 1000
_EXCEL_DAYS = (20_000, 80_000)  # 1954 to 2119


@dataclass(frozen=True)
class Profile:
    """What the sampled rows of a column hold; shares of those that are not empty."""

    name: str
    kind: str
    rows: int
    filled: int
    distinct: int
    moments: float
    numbers: float
    whole: float
    currencies: float
    serial_days: float

    @property
    def unique(self) -> bool:
        """Whether nearly every row has a value of its own."""
        return self.filled > 20 and self.distinct > 0.98 * self.filled


@dataclass(frozen=True)
class Choice:
    """A column of the file for a canonical one, why, and what could be meant as well (empty where nothing could)."""

    column: str
    why: str
    doubt: str = ""


def profiles(look: LookedAt) -> list[Profile]:
    """Describe the columns of a file by the sampled rows."""
    kinds = dict(look.kinds)
    columns: list[Sequence[str | None]] = list(zip(*look.rows, strict=True)) or [() for _ in look.columns]
    return [
        _profile(name, kinds.get(name, "VARCHAR"), values) for name, values in zip(look.columns, columns, strict=True)
    ]


def guess_columns(look: LookedAt, given: Mapping[str, str]) -> dict[str, Choice]:
    """Choose a column for each canonical one that there is.

    Parameters
    ----------
    given
        Canonical column to column, as the user has it; those that the file does not have are left aside.

    Raises
    ------
    DataError
        If there is none for the customer, the moment or the amount; the message lists those there are.
    """
    found = profiles(look)
    chosen = {role: Choice(column, "as given by --column") for role, column in given.items() if column in look.columns}
    for role in ROLES:
        taken = {choice.column for choice in chosen.values()}
        if role in chosen or _is_settled(role, chosen):
            continue
        scored = sorted(
            ((round(_score(role, profile), 3), profile) for profile in found if profile.name not in taken),
            key=lambda item: -item[0],
        )
        fitting = [(score, profile) for score, profile in scored if score >= _LEAST]
        if fitting:
            chosen[role] = _choice(role, fitting)
        elif role in ("timestamp", "amount") and not ({"unit_price", "quantity"} <= set(chosen)):
            chosen |= _by_content(role, [profile for profile in found if profile.name not in taken])
    chosen = _priced(chosen, found)
    taken = {choice.column for choice in chosen.values()}
    for role in ATTRIBUTES:
        named = [p for p in found if p.name not in taken and name_score(role, p.name) >= 0.6 and _is_category(p)]
        if named and role not in chosen:
            chosen[role] = Choice(named[0].name, "kept to compare cohorts by")
    _require(look, chosen, [profile.name for profile in found if not profile.filled])
    return chosen


def require_given(looks: Sequence[LookedAt], given: Mapping[str, str]) -> None:
    """Refuse a column that no file has.

    Raises
    ------
    DataError
        The message lists the columns there are, and the nearest.
    """
    names = list(dict.fromkeys(name for look in looks for name in look.columns))
    for role, column in given.items():
        if column not in names:
            close = difflib.get_close_matches(column, names, n=1)
            remedy = f"Did you mean --column {role}={close[0]!r}?" if close else "Name one of these with --column."
            raise missing_columns(str(looks[0].path), [column], names, remedy)


def _profile(name: str, kind: str, values: Sequence[str | None]) -> Profile:
    filled = [value.strip() for value in values if value is not None and value.strip()]
    count = max(len(filled), 1)
    dated = kind == "DATE" or kind.startswith("TIMESTAMP")

    def share(holds: Callable[[str], bool]) -> float:
        return sum(map(holds, filled)) / count

    numbers = 0.0 if dated else share(is_number)
    return Profile(
        name=name,
        kind=kind,
        rows=len(values),
        filled=len(filled),
        distinct=len(set(filled)),
        moments=1.0 if dated else share(is_moment),
        numbers=numbers,
        whole=share(is_whole) if numbers else 0.0,
        currencies=share(lambda text: len(text) == 3 and text.isascii() and text.isalpha()),
        serial_days=share(_is_serial_day) if numbers else 0.0,
    )


def _is_serial_day(text: str) -> bool:
    try:
        return _EXCEL_DAYS[0] <= float(text) <= _EXCEL_DAYS[1]
    except ValueError:
        return False


def _score(role: str, profile: Profile) -> float:
    """Score a column by its name; what it holds can only speak against it."""
    name = name_score(role, profile.name)
    numeric = profile.numbers > 0.6 and profile.moments < 0.95
    if role in ("customer_id", "order_id"):
        broken = profile.numbers > 0.9 and profile.whole < 0.95
        if broken or profile.kind == "DATE" or profile.kind.startswith("TIMESTAMP") or not profile.filled:
            return 0.0
        if set(words_of(profile.name)) == {"id"} and role == "customer_id":
            return 0.0 if profile.unique else name
        if set(words_of(profile.name)) == {"id"} and not profile.unique:
            return 0.0
        return name
    if role == "timestamp":
        return name if profile.moments >= 0.5 or (name >= 0.8 and profile.serial_days > 0.95) else 0.0
    if role in ("amount", "unit_price", "quantity", "cost"):
        return name if numeric else 0.0
    if role == "currency":
        return name if profile.currencies > 0.95 else 0.0
    return name if profile.filled else 0.0


def _choice(role: str, fitting: Sequence[tuple[float, Profile]]) -> Choice:
    (score, best), *others = fitting
    rivals = [profile.name for other, profile in others if score - other < _CLOSE]
    values = f"{best.distinct:,} different values" if best.distinct > 1 else "one value only"
    what = f"by its name; {values} in {best.filled:,} rows looked at"
    if role == "timestamp":
        what = "by its name, and it holds moments"
    elif role in ("amount", "unit_price", "quantity", "cost"):
        what = "by its name, and it holds numbers"
    doubt = ""
    if rivals and role in (*_WANTED, "unit_price"):
        listed = ", ".join(map(repr, rivals))
        doubt = f"{listed} could be meant as well; change it with --column {role}={_quoted(rivals[0])}"
    return Choice(best.name, what, doubt)


def _by_content(role: str, found: Sequence[Profile]) -> dict[str, Choice]:
    """Choose the only column that holds moments, or amounts with cents, whatever its name."""
    if role == "timestamp":
        fitting = [p for p in found if p.moments > 0.95]
        what = "the only column that holds moments"
    else:
        priced = [p for p in found if name_score("unit_price", p.name)]
        numeric = [p for p in found if p.numbers > 0.95 and p.whole < 0.9 and p.moments < 0.5]
        fitting = [p for p in numeric if not is_no_money(p.name)]
        what = "the only column that holds numbers with cents"
        if priced:
            return {}
    if len(fitting) != 1:
        return {}
    doubt = f"its name does not say so; change it with --column {role}=NAME"
    return {role: Choice(fitting[0].name, what, doubt)}


def _is_settled(role: str, chosen: Mapping[str, Choice]) -> bool:
    """Tell whether what was chosen or given leaves no room for a column: an amount, or what it is the product of."""
    if role == "amount":
        return {"quantity", "unit_price"} <= set(chosen)
    return role in ("unit_price", "quantity") and "amount" in chosen


def _priced(chosen: dict[str, Choice], found: Sequence[Profile]) -> dict[str, Choice]:
    """Take a price for the amount where there is no quantity to multiply it by."""
    if "amount" in chosen or "unit_price" not in chosen:
        return {role: choice for role, choice in chosen.items() if role != "quantity"}
    price = chosen["unit_price"]
    if "quantity" in chosen:
        doubt = f"if {price.column!r} is the total of a line already, use --column amount={_quoted(price.column)}"
        plain = words_of(price.column)[:1] != ["unit"]
        return chosen | {"unit_price": Choice(price.column, price.why, doubt if plain else price.doubt)}
    kept = {role: choice for role, choice in chosen.items() if role != "unit_price"}
    return kept | {"amount": Choice(price.column, "a price, and there is no quantity to multiply it by", price.doubt)}


def _is_category(profile: Profile) -> bool:
    return 0 < profile.distinct <= _MOST_CATEGORIES and not profile.unique


def _require(look: LookedAt, chosen: Mapping[str, Choice], empty: Sequence[str]) -> None:
    absent = [role for role in _WANTED if role not in chosen]
    if {"quantity", "unit_price"} <= set(chosen):
        absent = [role for role in absent if role != "amount"]
    if not absent:
        return
    what = ", ".join(f"{role} ({_WANTED[role]})" for role in absent)
    names = ", ".join(map(repr, look.columns[:40])) + (" ..." if len(look.columns) > 40 else "")
    hints = " ".join(f"--column {role}=NAME" for role in absent)
    both = " (or --column quantity=NAME --column unit_price=NAME)" if "amount" in absent else ""
    unfit = [f"{choice.column!r} is taken for {role}" for role, choice in chosen.items()]
    unfit += [f"{name!r} is empty" for name in empty]
    unfit += [f"{name!r} stands in the header more than once" for name in look.repeated]
    but = f" ({'; '.join(unfit)})" if unfit else ""
    raise DataError(f"{look.path}: found no column for {what} among {names}{but}; name it with {hints}{both}")


def _quoted(name: str) -> str:
    return name if name.isidentifier() else repr(name)
