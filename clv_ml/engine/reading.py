"""How values are read: the SQL that brings a column of a file into the form the canonical tables expect."""

from __future__ import annotations

import re
from collections.abc import Collection

from clv_ml.config import Layout

_NAMES = {"customer_id", "order_id", "product", "session_id", "surface"}  # numbers there are no measures
_NUMBERS = {"amount", "quantity", "unit_price", "cost", "value"}
_EXACT = {"DOUBLE", "TINYINT", "SMALLINT", "INTEGER", "BIGINT"}  # whose texts say what they hold
AMBIGUOUS = "ambiguous: "  # before a text that fits two patterns with different moments
NOT_AS_DECLARED = "not as declared: "  # before a number written in another way than the config says
_OFFSET = r":.*([zZ]|[+-]\d\d(:?\d\d)?)$"  # a time that says how far from UTC it is


def keeps_type(name: str, kinds: Collection[str], layout: Layout) -> bool:
    """Tell whether a canonical column stays as its files hold it: there is no text to read.

    Parameters
    ----------
    name
        The canonical column.
    kinds
        Its types in DuckDB, of all files.
    layout
        How the files write moments.
    """
    if len(kinds) > 1:
        return False  # what is not in all files alike is brought to text, which is in all of them
    [kind] = kinds
    if _is_moment(name):
        return kind == "DATE"
    return name in _NUMBERS and (kind in _EXACT or kind.startswith("DECIMAL"))


def _is_moment(name: str) -> bool:
    return name == "timestamp" or name.endswith("_at")


def read_expression(source: str, kind: str, name: str, layout: Layout) -> str:
    """Write the SQL that reads one source column.

    Parameters
    ----------
    source
        SQL of the column.
    kind
        Its type in DuckDB.
    name
        The canonical column: ``timestamp`` and names that end with ``_at`` are moments.
    layout
        How the files write moments and numbers.
    """
    if kind == "TIMESTAMP WITH TIME ZONE" and layout.timezone:
        return f"timezone({text(layout.timezone)}, {source})"
    if kind.startswith("TIMESTAMP"):
        return f"CAST({source} AS TIMESTAMP)"  # the connection's zone is UTC
    if _is_moment(name):
        return f"CAST({source} AS VARCHAR)" if kind == "DATE" else _moment(f"CAST({source} AS VARCHAR)", layout)
    if name in _NAMES and kind in {"DOUBLE", "FLOAT"}:
        # ids that pandas turned into floats: 17850.0 is customer 17850; beyond 2^53 they lost digits: 1.8e+19 shows it
        whole = f"CAST(TRY_CAST({source} AS HUGEINT) AS VARCHAR)"
        exact = f"{source} = trunc({source}) AND abs({source}) < 9007199254740992"
        return f"CASE WHEN {exact} THEN {whole} ELSE CAST({source} AS VARCHAR) END"
    if name in _NUMBERS and kind == "VARCHAR" and (layout.decimal, layout.thousands) != (".", None):
        return _number(source, layout)
    return f"CAST({source} AS VARCHAR)"


def _moment(shown: str, layout: Layout) -> str:
    """Read text by the declared patterns; what follows none of them stays as it is."""
    read = shown
    if layout.timestamp_formats:
        read = f"coalesce({_by_pattern(shown, layout.timestamp_formats)}, {shown})"
    if layout.timezone:
        there = f"timezone({text(layout.timezone)}, TRY_CAST(trim({read}) AS TIMESTAMPTZ))"
        has_offset = f"regexp_matches(trim({read}), {text(_OFFSET)})"
        read = f"CASE WHEN {has_offset} THEN coalesce(CAST({there} AS VARCHAR), {shown}) ELSE {read} END"
    return read


def _by_pattern(shown: str, patterns: tuple[str, ...]) -> str:
    """Read by the one pattern that fits; null where none does."""
    trimmed = f"trim({shown})"
    days = f"TRY_CAST({trimmed} AS DOUBLE)"
    # day 60 of a spreadsheet is 1900-02-29, which never was: from day 61 on the count is right
    serial = (
        f"CASE WHEN {days} BETWEEN 61 AND 109574 THEN TIMESTAMP '1899-12-30' + to_seconds(round({days} * 86400)) END"
    )
    found = [
        f"CAST({serial if pattern == 'excel' else f'try_strptime({trimmed}, {text(pattern)})'} AS VARCHAR)"
        for pattern in patterns
    ]
    if len(found) == 1:
        return found[0]
    several = f"greatest({', '.join(found)}) <> least({', '.join(found)})"  # of those that are not null
    return f"CASE WHEN {several} THEN {text(AMBIGUOUS)} || {shown} ELSE coalesce({', '.join(found)}) END"


def _number(source: str, layout: Layout) -> str:
    """Bring a number into the form of SQL, and mark one that is written in another way, lest 1.234 be taken for 1."""
    trimmed = f"replace(replace(trim({source}), chr(160), ' '), chr(8239), ' ')"
    group = layout.thousands
    whole = rf"(\d{{1,3}}({re.escape(group)}\d{{3}})+|\d+)" if group else r"\d+"
    pattern = rf"[+-]?{whole}({re.escape(layout.decimal)}\d+)?"
    plain = f"replace({trimmed}, {text(group)}, '')" if group else trimmed
    sql = f"replace({plain}, {text(layout.decimal)}, '.')"
    follows = f"{trimmed} = '' OR regexp_full_match({trimmed}, {text(pattern)})"
    return f"CASE WHEN {follows} THEN {sql} ELSE {text(NOT_AS_DECLARED)} || {source} END"


def identifier(name: str) -> str:
    """Quote a name of a table or column."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Quote a text."""
    return "'" + value.replace("'", "''") + "'"
