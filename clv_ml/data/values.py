"""Values as they are found in the world: texts brought to ids, moments and numbers, or to null where they are none."""

from __future__ import annotations

import re

from clv_ml.engine import Column, DataFrame, functions, local_moment, parsed_number, utc_moment

# what programs write where there is no id; "NA" among them, so it is asked of ids only (as a country it is Namibia)
NO_ID = ("", "null", "nan", "none", "nil", "na", "n/a", "#n/a", "<na>", "nat", r"\n", "undefined", "(null)")
# \z and no $, which engines take to stand before a last line end or not; \s differs between them too
_EDGE = r"[\t\n\f\r \x{00A0}\x{200B}\x{FEFF}]"
_NOTHING = rf"(?i)^{_EDGE}*({'|'.join(map(re.escape, NO_ID))}){_EDGE}*\z"
_EDGES = rf"^{_EDGE}+|{_EDGE}+\z"
_WHOLE = rf"^{_EDGE}*(0|[1-9]\d*)\.0{_EDGE}*\z"
_EDGES_AND_POINT = rf"^{_EDGE}+|\.0{_EDGE}*\z"
_TIME = r"[ T]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?"
_DATE = r"(1[7-9]|2[01])\d{2}[-/]\d{1,2}[-/]\d{1,2}"  # the years 1700 to 2199
_LOCAL = rf"^{_DATE}({_TIME})?\z"
_OFFSET = rf"^{_DATE}{_TIME} ?([zZ]|UTC|[+-]\d{{2}}(:?\d{{2}})?)\z"
MANGLED = r"^[+-]?\d+(\.\d+)?[eE]\+\d+\z"
CONTROL = r"[\x00-\x1f\x7f]"
# an id of letters and digits is no word for nothing, has no space or control character in it, and is not mangled
PLAIN = r"^[A-Za-z_-]*[0-9][0-9A-Za-z_-]*\z"


def identity(name: str, *, trimmed: bool = False) -> Column:
    """Return an id as text: without space around it, without the ".0" of a float column, null where there is none.

    ``00123`` stays ``00123``. ``1e5`` stays (it may count in base 16); ``1.23E+11``, as spreadsheets write what they
    shortened, stays to be set aside as mangled: several ids may have become one.

    Parameters
    ----------
    trimmed
        Whether spaces of any alphabet around it are taken off as well.
    """
    f = functions()
    given = f.col(name).cast("string")
    found = f.trim(given) if trimmed else given
    whole = f.when(found.rlike(_WHOLE), f.regexp_replace(found, _EDGES_AND_POINT, ""))
    read = whole.otherwise(f.regexp_replace(found, _EDGES, ""))
    # nearly all ids need nothing done, and patterns cost more than all the rest of reading; of a long list of words the
    # engine would make a join, before which every row is read
    return f.when(given.rlike(PLAIN), given).when(~found.rlike(_NOTHING), read)


def moment(name: str, kind: str = "string") -> Column:
    """Parse a text, timestamp or date column to a moment; null where it is none, or outside 1700 to 2199.

    Text must be ISO 8601: a date, perhaps a time, perhaps an offset, which is brought to UTC. ``epoch``, ``infinity``,
    ``10:00 PM`` and names of zones are none.

    Parameters
    ----------
    kind
        Type of the column; see :func:`kinds_of`.
    """
    f = functions()
    if kind in {"timestamp_ntz", "date"}:
        at = f.col(name).cast("timestamp_ntz")
        first, end = (f.lit(f"{year}-01-01").cast("timestamp_ntz") for year in (1700, 2200))
        return f.when((at >= first) & (at < end), at)
    shown = f.trim(f.col(name).cast("string"))
    return f.when(shown.rlike(_LOCAL), local_moment(name)).when(shown.rlike(_OFFSET), utc_moment(name))


def number(name: str, kind: str) -> Column:
    """Parse a text column to a number; null where it is none (1_000 is none: nobody writes amounts so)."""
    f = functions()
    return f.when(~f.contains(f.col(name), f.lit("_")), parsed_number(name, kind))


def as_decimal(name: str, kind: str, scale: int) -> Column:
    """Round a number of any type to a decimal, as its text would be; null where it does not fit.

    Parameters
    ----------
    kind, scale
        The decimal and its digits after the point, at most 4.
    """
    f = functions()
    given, unit = f.col(name), f.lit(10**scale).cast("double")
    # a double that has no more digits than that is the one nearest to its text (15 digits at most), and needs none
    exact = (f.abs(given) < 1e11) & (f.round(given * unit) / unit == given)
    return f.when(exact, given.cast(kind)).otherwise(parsed_number(name, kind))


def kinds_of(frame: DataFrame) -> dict[str, str]:
    """Return the type of each column: string, double, timestamp_ntz, ..."""
    return {field.name: field.dataType.simpleString() for field in frame.schema.fields}


def is_number(kind: str) -> bool:
    """Tell whether a type is a number, and no text of one."""
    return kind in {"double", "tinyint", "smallint", "int", "bigint"} or kind.startswith("decimal")


def or_null(text: Column) -> Column:
    """Return the text, or null where it is empty."""
    f = functions()
    return f.when(text != f.lit(""), text)
