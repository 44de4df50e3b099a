"""Values as they are found in the world: texts brought to ids, moments and numbers, or to null where they are none."""

from __future__ import annotations

from clv_ml.engine import Column, functions, local_moment, parsed_number, utc_moment

# what programs write where there is no id; "NA" among them, so it is asked of ids only (as a country it is Namibia)
NO_ID = ("", "null", "nan", "none", "nil", "na", "n/a", "#n/a", "<na>", "nat", r"\n", "undefined", "(null)")
# \z and no $, which engines take to stand before a last line end or not; \s differs between them too
_EDGE = r"[\t\n\f\r \x{00A0}\x{200B}\x{FEFF}]+"
_WHOLE = r"^(0|[1-9]\d*)\.0\z"
_TIME = r"[ T]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?"
_DATE = r"(1[7-9]|2[01])\d{2}[-/]\d{1,2}[-/]\d{1,2}"  # the years 1700 to 2199
_LOCAL = rf"^{_DATE}({_TIME})?\z"
_OFFSET = rf"^{_DATE}{_TIME} ?([zZ]|UTC|[+-]\d{{2}}(:?\d{{2}})?)\z"
MANGLED = r"^[+-]?\d+(\.\d+)?[eE]\+\d+\z"
CONTROL = r"[\x00-\x1f\x7f]"


def identity(name: str) -> Column:
    """Return an id as text: without space around it, without the ".0" of a float column, null where there is none.

    ``00123`` stays ``00123``. ``1e5`` stays (it may count in base 16); ``1.23E+11``, as spreadsheets write what they
    shortened, stays to be set aside as mangled: several ids may have become one.
    """
    f = functions()
    given = f.col(name).cast("string")
    # nearly all ids need nothing done, and patterns cost more than all the rest of reading
    clean = f.left(given, f.lit(1)).between("!", "~") & f.right(given, f.lit(1)).between("!", "~")
    plain = clean & ~given.endswith(".0") & ~f.lower(given).isin(*NO_ID)
    shown = f.regexp_replace(given, rf"^{_EDGE}|{_EDGE}\z", "")
    whole = f.when(shown.rlike(_WHOLE), f.regexp_replace(shown, r"\.0\z", ""))
    return f.when(plain, given).when(~f.lower(shown).isin(*NO_ID), f.coalesce(whole, shown))


def moment(name: str) -> Column:
    """Parse a text or timestamp column to a moment; null where it is none, or outside 1700 to 2199.

    Text must be ISO 8601: a date, perhaps a time, perhaps an offset, which is brought to UTC. ``epoch``, ``infinity``,
    ``10:00 PM`` and names of zones are none.
    """
    f = functions()
    shown = f.trim(f.col(name).cast("string"))
    return f.when(shown.rlike(_LOCAL), local_moment(name)).when(shown.rlike(_OFFSET), utc_moment(name))


def number(name: str, kind: str) -> Column:
    """Parse a text column to a number; null where it is none (1_000 is none: nobody writes amounts so)."""
    f = functions()
    return f.when(~f.contains(f.col(name), f.lit("_")), parsed_number(name, kind))


def or_null(text: Column) -> Column:
    """Return the text, or null where it is empty."""
    f = functions()
    return f.when(text != f.lit(""), text)
