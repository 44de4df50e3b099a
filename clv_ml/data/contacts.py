"""Contacts that came back: who was contacted when and what came of it, unharmed by what spreadsheets do to a file."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.data.contact_files import RawContacts, is_empty, read_raw_contacts
from clv_ml.data.contact_words import CONTACT_COLUMNS, heading_key, meanings
from clv_ml.data.excel_habits import bare, day_comes_first, decimal, fitting_order, moment, serial_day, unguarded
from clv_ml.data.known_ids import MISSING, KnownIds, id_text
from clv_ml.errors import ConfigError

_FILLED = ("contacted_at", "channel", "offer_cost", "outcome", "notes")
_TYPES = {"refresh_id": "str", "customer_id": "str", "channel": "str", "outcome": "str", "notes": "str"}
Between = tuple[dt.date, dt.date]


@dataclass(frozen=True)
class Contacts:
    """What was read, what was not, and how many rows nobody filled in.

    Attributes
    ----------
    contacts
        refresh_id, customer_id, contacted_at (timestamp; NaT where no day was written), channel, offer_cost (NaN where
        none was), outcome, notes; texts are missing where empty. One row a row of the source, in its order.
    rejected
        line, reason (``missing_customer_id``, ``unknown_customer_id``, ``ambiguous_customer_id``, ``unreadable_date``,
        ``ambiguous_date``, ``unreadable_offer_cost``), and the texts as they came.
    left_empty
        Rows with a customer and no entry: customers of the list who were not worked through.
    repaired
        Ids that were found again although the source had changed them.
    """

    contacts: pd.DataFrame
    rejected: pd.DataFrame
    left_empty: int = 0
    repaired: int = 0

    @property
    def rows_in(self) -> int:
        """Rows of the source: each was read, rejected, or left empty."""
        return len(self.contacts) + len(self.rejected) + self.left_empty

    def summary(self) -> str:
        """Say in one line what became of the rows."""
        reasons = Counter(self.rejected["reason"])
        told = "".join(f", {count} {reason}" for reason, count in sorted(reasons.items()))
        return (
            f"{self.rows_in} rows: {len(self.contacts)} contacts ({self.repaired} ids repaired), "
            f"{self.left_empty} left empty{told}"
        )


def read_contacts(
    source: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    known_ids: Iterable[str] | None = None,
    refresh_id: str | None = None,
    day_first: bool | None = None,
    between: Between | None = None,
) -> Contacts:
    """Read contacts from a filled workbook, a CSV or Parquet file, or a database table.

    Parameters
    ----------
    source
        A file (.xlsx, .csv, .tsv, .txt, .parquet), or ``ADDRESS#TABLE`` of a SQLite or PostgreSQL database, such as
        ``sqlite:////data/crm.db#contacts``; ``env:NAME#TABLE`` takes the address from an environment variable. The
        table is ``contacts`` where it is not named.
    columns
        Canonical column to heading, for columns that are called otherwise than in the workbook, in any language.
    known_ids
        The ids of the list. With them an id that a spreadsheet changed (zeros lost, ``.0`` or an apostrophe added,
        digits of a long number lost) is found again where exactly one can be meant.
    refresh_id
        Of the list, for rows that do not say.
    day_first
        Whether 3/4/2025 is in April; told from the other days of the column where None.
    between
        First and last day that a contact can have: decides what 3/4/2025 is where no other day of the column does.

    Raises
    ------
    ConfigError
        If there is no such source, or `columns` names a column that contacts do not have.
    DataError
        If the source cannot be read or has no column of customers.
    """
    unknown = sorted(set(columns or {}) - set(CONTACT_COLUMNS))
    if unknown:
        raise ConfigError(f"contacts have no column {', '.join(unknown)}; known: {', '.join(CONTACT_COLUMNS)}")
    spoken = meanings()
    wanted = {heading_key((columns or {})["customer_id"])} if columns and "customer_id" in columns else set()
    wanted = wanted or {key for key, name in spoken["column"].items() if name == "customer_id"}
    raw = read_raw_contacts(source, wanted)
    places = _places(raw, columns or {}, spoken["column"])
    reading = _Reading(raw, places, spoken, KnownIds(known_ids), refresh_id or "", day_first, between)
    return reading.result()


class _Reading:
    """One pass over the rows of a source."""

    def __init__(
        self,
        raw: RawContacts,
        places: Mapping[str, int],
        spoken: Mapping[str, Mapping[str, str]],
        known: KnownIds,
        refresh_id: str,
        day_first: bool | None,
        between: Between | None,
    ) -> None:
        self._raw, self._places, self._known = raw, places, known
        self._refresh_id = raw.refresh_id or refresh_id
        self._codes = {kind: dict(spoken[kind]) for kind in ("outcome", "channel")}
        for kind, word, code in raw.words:
            if kind in self._codes:
                self._codes[kind][heading_key(word)] = code
        texts = [cell for row in raw.rows if isinstance(cell := self._cell(row, "contacted_at"), str)]
        self._between = between
        told = day_comes_first(texts) if day_first is None else day_first
        self._day_first = fitting_order(texts, between) if told is None and between else told
        self._moment = functools.cache(self._text_moment)
        self._find = functools.cache(known.find)

    def result(self) -> Contacts:
        read: list[dict[str, Any]] = []
        rejected: list[dict[str, Any]] = []
        left_empty = repaired = 0
        for line, row in enumerate(self._raw.rows, start=self._raw.first_line):
            if all(is_empty(cell) for cell in row):
                continue
            given = id_text(self._cell(row, "customer_id"))
            if given and all(is_empty(self._cell(row, name)) for name in _FILLED):
                left_empty += 1
                continue
            contact, reason = self._contact(row, given)
            if reason:
                shown = {name: _shown(self._cell(row, name)) for name in CONTACT_COLUMNS}
                rejected.append({"line": line, "reason": reason} | shown)
            else:
                repaired += contact["customer_id"] != given
                read.append(contact)
        contacts = pd.DataFrame(read, columns=list(CONTACT_COLUMNS)).astype(_TYPES | {"offer_cost": "float64"})
        contacts["contacted_at"] = pd.to_datetime(contacts["contacted_at"]).astype("datetime64[us]")
        aside = pd.DataFrame(rejected, columns=["line", "reason", *CONTACT_COLUMNS])
        return Contacts(
            contacts, aside.astype(dict.fromkeys(["reason", *CONTACT_COLUMNS], "str")), left_empty, repaired
        )

    def _contact(self, row: Sequence[Any], given: str) -> tuple[dict[str, Any], str]:
        is_number = isinstance(self._cell(row, "customer_id"), int | float)
        customer, reason = self._find(given, was_number=is_number) if given else ("", MISSING)
        at = self._at(self._cell(row, "contacted_at"))
        cost = _cost(self._cell(row, "offer_cost"))
        if not reason and isinstance(at, str):
            reason = at
        if not reason and isinstance(cost, str):
            reason = cost
        contact = {
            "refresh_id": _text(self._cell(row, "refresh_id")) or self._refresh_id or None,
            "customer_id": customer,
            "contacted_at": at,
            "channel": self._code(row, "channel"),
            "offer_cost": cost,
            "outcome": self._code(row, "outcome"),
            "notes": _text(self._cell(row, "notes")),
        }
        return contact, reason

    def _cell(self, row: Sequence[Any], name: str) -> Any:
        place = self._places.get(name)
        return row[place] if place is not None and place < len(row) else None

    def _code(self, row: Sequence[Any], kind: str) -> str | None:
        text = _text(self._cell(row, kind))
        return None if text is None else self._codes[kind].get(heading_key(text), text)

    def _at(self, cell: Any) -> dt.datetime | str | None:
        if is_empty(cell):
            return None
        if isinstance(cell, dt.datetime):
            return cell.astimezone(dt.UTC).replace(tzinfo=None) if cell.tzinfo else cell
        if isinstance(cell, dt.date):
            return dt.datetime.combine(cell, dt.time())
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return serial_day(float(cell) + self._raw.epoch_days) or "unreadable_date"
        return self._moment(str(cell))

    def _text_moment(self, text: str) -> dt.datetime | str:
        found = moment(text, day_first=self._day_first)
        if found != "ambiguous_date" or self._between is None:
            return found
        order = fitting_order([text], self._between)
        return found if order is None else moment(text, day_first=order)


def _places(raw: RawContacts, columns: Mapping[str, str], spoken: Mapping[str, str]) -> dict[str, int]:
    """Where each canonical column stands: as the caller says, else by its heading in any language; the first counts."""
    said = {heading_key(word): code for kind, word, code in raw.words if kind == "column"}
    given = {heading_key(heading): name for name, heading in columns.items()}
    named = {key: name for key, name in {**spoken, **said}.items() if name not in columns} | given
    places: dict[str, int] = {}
    for place, heading in enumerate(raw.headings):
        name = named.get(heading_key(heading))
        if name is not None:
            places.setdefault(name, place)
    return places


def _text(cell: Any) -> str | None:
    if is_empty(cell):
        return None
    return bare(unguarded(cell.replace("_x000D_", ""))) if isinstance(cell, str) else id_text(cell)


def _cost(cell: Any) -> float | str:
    if is_empty(cell):
        return float("nan")
    if isinstance(cell, str):
        found = decimal(cell)
        return "unreadable_offer_cost" if found is None else found
    try:
        return float(cell)
    except (TypeError, ValueError):
        return "unreadable_offer_cost"


def _shown(cell: Any) -> str | None:
    return None if cell is None else str(cell)
