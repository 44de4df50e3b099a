"""Columns of files and tables on Spark, as canonical columns want them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from clv_ml.engine.dialect import Column, functions, utc_moment

_WITH_OFFSET = r":.*([zZ]|[+-]\d\d(:?\d\d)?)\z"
_NAMES = {"customer_id", "order_id", "product", "session_id", "surface"}  # numbers there are no measures


def read_column(kind: str, source: str, name: str, timezone: str | None) -> Column:
    """Return a source column as text, moments as timestamps without a zone."""
    f = functions()
    given = quoted(source)
    if kind == "timestamp_ntz":
        return given
    if kind == "timestamp":
        moment = _in_utc(given)
        return moment if timezone is None else f.convert_timezone(f.lit("UTC"), f.lit(timezone), moment)
    if (name == "timestamp" or name.endswith("_at")) and timezone is not None:
        there = f.convert_timezone(f.lit("UTC"), f.lit(timezone), utc_moment(source)).cast("string")
        return f.when(f.trim(given).rlike(_WITH_OFFSET), f.coalesce(there, given)).otherwise(given)
    if name in _NAMES and kind in {"double", "float"}:
        # ids that pandas turned into floats: 17850.0 is customer 17850; beyond 2^53 they lost digits: 1.8e+19 shows it
        exact = (given == f.floor(given)) & (f.abs(given) < 2.0**53)
        return f.when(exact, given.cast("bigint").cast("string")).otherwise(given.cast("string"))
    return given.cast("string")


def _in_utc(moment: Column) -> Column:
    """Take the zone off a timestamp, whatever zone the session has when the rows are computed."""
    f = functions()
    seconds = (f.unix_micros(moment).cast("decimal(20,0)") / f.lit(1_000_000)).cast("decimal(18,6)")
    none = f.lit(0)
    return f.lit("1970-01-01").cast("timestamp_ntz") + f.make_dt_interval(none, none, none, seconds)


def row_hash(columns: Sequence[str]) -> Column:
    """Return a hash of all columns (bigint)."""
    f = functions()
    texts = [f.coalesce(quoted(name).cast("string"), f.lit("\x00")) for name in columns]  # a null counts too
    return f.shiftright(f.xxhash64(*texts), 1)


def record_fault(record: str, columns: Sequence[str], separator: str) -> Column:
    """Say what is wrong with a record that Spark could not part into the fields of the header, or not decode."""
    f = functions()
    words = f.col(record)
    fields = f.size(f.split(words, f"\\Q{separator}\\E"))
    unfit = f.when(f.contains(words, f.lit('"')), "malformed_quote").when(fields < len(columns), "too_few_fields")
    undecodable = f.contains(f.concat_ws("", *[quoted(name) for name in columns]), f.lit("\ufffd"))
    return f.when(words.isNotNull(), unfit.otherwise("too_many_fields")).when(undecodable, "undecodable")


def of_file(path: Column, values: Mapping[str, str]) -> Column:
    """Return what is known of the file of a row; Spark writes a path as a URL."""
    f = functions()
    if not values:
        return f.lit(None).cast("string")
    known = {key: value for path, value in values.items() for key in (path, quote(path))}
    pairs = [f.lit(text) for pair in known.items() for text in pair]
    return f.element_at(f.create_map(*pairs), f.regexp_replace(path, "^file:/+", "/"))


def quoted(name: str) -> Column:
    """Return a column whatever is in its name."""
    return functions().col("`" + name.replace("`", "``") + "`")
