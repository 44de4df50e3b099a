"""How a customer can be reached, and whether that is allowed: read beside the features, and never one of them."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from clv_ml.config import CustomersConfig, FilesConfig
from clv_ml.data.excel_habits import bare, moment
from clv_ml.data.records import read_files
from clv_ml.data.values import identity
from clv_ml.engine import DataFrame, Engine, functions

DECISIVE = ("consent", "refused", "last_contacted_at")
"""Details that a decision whom to contact looks at."""
DETAILS = ("email", "phone", "name", *DECISIVE)
_YES = {"yes", "y", "true", "t", "1", "1.0", "on", "ja", "j", "oui", "si", "sí", "sim", "granted", "opt-in", "نعم"}
_NO = {"no", "n", "false", "f", "0", "0.0", "off", "nein", "nee", "non", "não", "denied", "opt-out", "لا"}


def contact_details(
    engine: Engine, customers: CustomersConfig, *, as_of: dt.date, columns: Sequence[str] = DETAILS
) -> pd.DataFrame:
    """Read what the sources of customers map of e-mail, phone, name, consent, refusal and last contact.

    Where rows of one customer disagree, the more careful answer counts: any row without consent is a no, any refusal
    is one. Consent that is mapped and empty, or not to be understood, is no consent; a refusal that is not to be
    understood is one. A contact after `as_of` is not looked at.

    Parameters
    ----------
    customers
        Its ``columns`` may map any of :data:`DETAILS`; none of them is an attribute, so no model sees them.
    as_of
        Last day that counts.
    columns
        Those of :data:`DETAILS` that are wanted; personal ones are best left out where nobody asks for them.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id (sorted, once each), with those wanted columns that a source maps: email, phone, name
        (text, the first in order where there are several), consent, refused (bool), last_contacted_at (timestamp, the
        latest up to `as_of`). With consent comes consent_unclear (bool): nobody said no, but a yes was not to be read.
        Customers of no source are not in it.

    Raises
    ------
    ConfigError
        If a path matches no file.
    DataError
        If a file cannot be read or lacks a mapped column.
    """
    mapped = [name for name in DETAILS if name in columns and any(name in s.mapped for s in customers.sources)]
    parts = [_rows(engine, source, customers, mapped) for source in customers.sources if set(mapped) & source.mapped]
    if not parts:
        return pd.DataFrame(index=pd.Index([], name="customer_id", dtype="str"))
    rows = pd.concat(parts, ignore_index=True)
    customer, names = pd.factorize(rows["customer_id"], sort=True)  # to group by numbers, once, takes a third
    by_customer = rows.groupby(customer)
    found: dict[str, pd.Series[Any]] = {
        name: by_customer[name].min() for name in ("email", "phone", "name") if name in mapped
    }
    if "consent" in mapped:
        asked = rows["consent"].notna()  # of a source that does not map it, a row says nothing
        said = {code: (asked & rows["consent"].eq(code)).groupby(customer).any() for code in ("no", "yes", "?")}
        found["consent"] = said["yes"] & ~said["no"] & ~said["?"]
        found["consent_unclear"] = ~said["no"] & ~found["consent"]
    if "refused" in mapped:
        found["refused"] = rows["refused"].isin(["yes", "?"]).groupby(customer).any()
    if "last_contacted_at" in mapped:
        at = rows["last_contacted_at"]
        known = at.where(at < pd.Timestamp(as_of) + pd.Timedelta(days=1))
        found["last_contacted_at"] = known.groupby(customer).max()
    return pd.DataFrame(found).set_axis(pd.Index(names, name="customer_id", dtype="str"))


def _rows(engine: Engine, source: FilesConfig, customers: CustomersConfig, wanted: Sequence[str]) -> pd.DataFrame:
    """Read one source: customer_id, and the wanted columns, missing where the source does not map them."""
    named = [name for name in wanted if name in source.mapped]
    rows = engine.to_pandas(detail_texts(engine, source, customers, named))
    return understood(rows, source.timestamp_format).reindex(columns=["customer_id", *wanted])


def detail_texts(engine: Engine, source: FilesConfig, customers: CustomersConfig, names: Sequence[str]) -> DataFrame:
    """Return customer_id and columns of one source as they were written: texts."""
    f = functions()
    frame = read_files(engine, source, customers.root)
    texts = [f.trim(f.col(name).cast("string")).alias(name) for name in names]
    return frame.select(identity("customer_id").alias("customer_id"), *texts)


def understood(rows: pd.DataFrame, patterns: str | Sequence[str] | None) -> pd.DataFrame:
    """Read what texts mean: consent and refused "yes", "no" or "?", last_contacted_at a timestamp.

    Rows of nobody are left out.

    Parameters
    ----------
    rows
        Some rows of :func:`detail_texts`.
    patterns
        How moments are written; None where that is to be guessed.
    """
    rows = rows[rows["customer_id"].notna()].reset_index(drop=True)
    if "last_contacted_at" in rows:
        at = _each(rows["last_contacted_at"], lambda text: _moment(text, patterns))
        rows["last_contacted_at"] = pd.to_datetime(at).astype("datetime64[us]")
    if "consent" in rows:
        rows["consent"] = _each(rows["consent"].fillna(""), _answer, empty="?")
    if "refused" in rows:
        rows["refused"] = _each(rows["refused"].fillna(""), _answer, empty="no")
    for name in rows.columns.intersection(["email", "phone", "name"]):
        rows[name] = rows[name].where(rows[name] != "")
    return rows


def _each(column: pd.Series[Any], read: Callable[[str], Any], *, empty: Any = None) -> pd.Series[Any]:
    """Read each text that occurs once; most columns hold few different ones."""
    meanings = {text: read(text) if bare(text) else empty for text in column.dropna().unique()}
    return column.map(meanings)


def _answer(text: str) -> str:
    key = bare(text).casefold().replace(" ", "-")
    return "yes" if key in _YES else "no" if key in _NO else "?"


def _moment(text: str, patterns: str | Sequence[str] | None) -> dt.datetime | None:
    for pattern in (patterns,) if isinstance(patterns, str) else patterns or ():
        with contextlib.suppress(ValueError):
            return dt.datetime.strptime(text, pattern)
    found = moment(text, day_first=None)
    return found if isinstance(found, dt.datetime) else None
