"""Consent, refusals and the last contact of customers whose table lies on a cluster, and stays there."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator, Sequence

import pyarrow as pa

from clv_ml.config import Config
from clv_ml.data.contact_details import DECISIVE, detail_texts, understood
from clv_ml.decisions.cluster_columns import gathered, mapped
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.snapshot.window import as_date

_ANSWERS = {"consent": ("string", pa.string()), "refused": ("string", pa.string())}
_KINDS = {**_ANSWERS, "last_contacted_at": ("timestamp_ntz", pa.timestamp("us"))}


def details_on_cluster(engine: Engine, config: Config, as_of: dt.date) -> DataFrame | None:
    """Read what :func:`clv_ml.data.contact_details.contact_details` reads of what is decisive, in the workers.

    Parameters
    ----------
    engine
        A :class:`clv_ml.engine.SparkEngine`, entered.
    as_of
        Last day that counts.

    Returns
    -------
    DataFrame
        One row a customer: customer_id and those of consent, refused (boolean), last_contacted_at (timestamp) that a
        source of customers maps; materialised. None where none is mapped.
    """
    sources = () if config.customers is None else config.customers.sources
    names = [name for name in DECISIVE if any(name in source.mapped for source in sources)]
    if config.customers is None or not names:
        return None
    kinds = {"customer_id": "string", **{name: _KINDS[name][0] for name in names}}
    parts = []
    for source in sources:
        named = [name for name in names if name in source.mapped]
        if named:
            texts = detail_texts(engine, source, config.customers, named)
            read = functools.partial(_read, names=names, patterns=source.timestamp_format)
            parts.append(mapped(texts, read, kinds))
    every = parts[0]
    for part in parts[1:]:
        every = every.unionByName(part)
    return engine.materialise(_by_customer(every, names, as_of))


def _read(
    batches: Iterator[pa.RecordBatch], *, names: Sequence[str], patterns: str | Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    """Read the texts of a worker's rows; what their source does not map is null."""
    kinds = {"customer_id": pa.string(), **{name: _KINDS[name][1] for name in names}}
    for table in gathered(batches):
        rows = understood(table.to_pandas(), patterns)
        columns = [
            pa.array(rows[name], type=kind, from_pandas=True) if name in rows else pa.nulls(len(rows), kind)
            for name, kind in kinds.items()
        ]
        yield from pa.table(columns, names=list(kinds)).combine_chunks().to_batches()


def _by_customer(rows: DataFrame, names: Sequence[str], as_of: dt.date) -> DataFrame:
    """Let the more careful answer count where rows of one customer disagree."""
    f = functions()
    sums = {}
    if "consent" in names:
        said = f.col("consent")
        sums["consent"] = f.coalesce(f.min(f.when(said.isNotNull(), said == "yes")), f.lit(False))
    if "refused" in names:
        sums["refused"] = f.coalesce(f.max(f.col("refused").isin("yes", "?")), f.lit(False))
    if "last_contacted_at" in names:
        at = f.col("last_contacted_at")
        sums["last_contacted_at"] = f.max(f.when(at < as_date(as_of + dt.timedelta(days=1)).cast("timestamp_ntz"), at))
    return rows.groupBy("customer_id").agg(*[column.alias(name) for name, column in sums.items()])
