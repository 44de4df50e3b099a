"""Training rows of some customers only, where those of all would not fit into memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.snapshot.tables import Tables, starts

_DIGITS = 12  # of the digest; a share is exact to 2^-48


@dataclass(frozen=True)
class Sample:
    """Tables of the customers to learn from, and their share of all.

    Each customer is in the sample or not for every cutoff, by a digest of customer_id alone, so that it holds churned
    and kept customers alike: probabilities learnt from it need no correction (only a sample that prefers one of the
    two does; King & Zeng 2001, doi:10.1093/oxfordjournals.pan.a004868).
    """

    tables: Tables
    share: float

    def words(self) -> str:
        """Say it in one line; empty where everybody is in."""
        if self.share >= 1:
            return ""
        return f"training rows: of {self.share:.1%} of the customers, drawn by a digest of customer_id"


def sample(engine: Engine, tables: Tables, cutoffs: Sequence[dt.date], *, most_rows: int) -> Sample:
    """Choose the customers to learn from, so that snapshots at all cutoffs have about `most_rows` rows at most.

    Parameters
    ----------
    cutoffs
        Past cutoffs, ascending; as many customers as at the last one are counted for each.
    """
    # nobody is known by no row; to count customers takes half a second
    if sum(engine.row_count(frame) for frame in tables.frames.values()) * len(cutoffs) <= most_rows:
        return Sample(tables, 1.0)
    known = engine.row_count(starts(tables, cutoffs[-1])) * len(cutoffs)
    if known <= most_rows:
        return Sample(tables, 1.0)
    share = most_rows / known
    drawn = {name: engine.materialise(_drawn(frame, share)) for name, frame in tables.frames.items()}
    return Sample(tables.with_frames(drawn), share)


def _drawn(frame: DataFrame, share: float) -> DataFrame:
    f = functions()
    border = format(int(share * 16**_DIGITS), f"0{_DIGITS}x")
    return frame.filter(f.substring(f.md5(f.col("customer_id")), 1, _DIGITS) < f.lit(border))
