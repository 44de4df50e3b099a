"""A uniform sample of the customers, the same on every engine, at every cutoff and in every night."""

from __future__ import annotations

from clv_ml.engine import Column, DataFrame, functions
from clv_ml.errors import ConfigError
from clv_ml.snapshot.tables import Tables

_PARTS = 2**32


def sample_share(rows: int, most_rows: int | None) -> float:
    """Return the share of the customers that leaves about `most_rows` of `rows`; 1 where there is no limit."""
    if most_rows is None or rows <= most_rows:
        return 1.0
    return most_rows / rows


def in_sample(share: float) -> Column:
    """Whether a customer is in the sample: by the MD5 of customer_id, so that nobody's behaviour has a say.

    Raises
    ------
    ConfigError
        If the share is not in (0, 1].
    """
    if not 0 < share <= 1:
        raise ConfigError(f"the share of a sample must be above 0 and at most 1, got {share}")
    f = functions()
    if share == 1:
        return f.lit(True)
    return f.substring(f.md5(f.col("customer_id")), 1, 8) < f.lit(f"{int(share * _PARTS):08x}")


def sampled(tables: Tables, share: float) -> Tables:
    """Return the same tables with the records of a share of the customers.

    A customer is in it with all records or with none, so that every figure of a customer is as before. Which customers
    are in it has nothing to do with what they did: rates learnt from them are those of everybody, and scores need no
    recalibration. With `label: own_gap` the usual gap of all is that of the sample.
    """
    if share == 1:
        return tables
    return tables.with_frames({name: _kept(frame, share) for name, frame in tables.frames.items()})


def _kept(frame: DataFrame, share: float) -> DataFrame:
    return frame.filter(in_sample(share))
