"""Some customers only, drawn in the engine, where all of them would not fit into memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.snapshot.tables import Tables, starts

MOST_JUDGED = 1_000_000
"""Customers that a model is judged and described by; of more, a sample is collected."""

_DIGITS = 12  # of the digest; a share is exact to 2^-48
_LEARNT, _JUDGED = 1, 13  # where they begin: who is judged does not depend on who was learnt from


@dataclass(frozen=True)
class Sample:
    """Tables of the customers to learn from or to judge by, and their share of all.

    Each customer is in the sample or not for every cutoff, by a digest of customer_id alone, so that it holds churned
    and kept customers alike: probabilities learnt from it need no correction (only a sample that prefers one of the
    two does; King & Zeng 2001, doi:10.1093/oxfordjournals.pan.a004868).
    """

    tables: Tables
    share: float
    what: str = "training rows"

    @property
    def is_everybody(self) -> bool:
        """Whether nobody is left out."""
        return self.share >= 1

    def words(self) -> str:
        """Say it in one line; empty where everybody is in."""
        if self.is_everybody:
            return ""
        return f"{self.what}: of {self.share:.1%} of the customers, drawn by a digest of customer_id"


def sample(engine: Engine, tables: Tables, cutoffs: Sequence[dt.date], *, most_rows: int) -> Sample:
    """Choose the customers to learn from, so that snapshots at all cutoffs have about `most_rows` rows at most.

    Parameters
    ----------
    cutoffs
        Past cutoffs, ascending; as many customers as at the last one are counted for each.
    """
    share = _share(engine, tables, cutoffs, most_rows)
    return Sample(tables if share >= 1 else _drawn(engine, tables, share, _LEARNT), share)


def judged_sample(engine: Engine, tables: Tables, cutoff: dt.date) -> Sample:
    """Choose the customers to judge and describe models by: :data:`MOST_JUDGED` at most of those known at a cutoff.

    They are drawn by another part of the digest than :func:`sample` draws by, so that among them there are as many
    customers whom a model has learnt from as among all.
    """
    share = _share(engine, tables, [cutoff], MOST_JUDGED)
    return Sample(tables if share >= 1 else _drawn(engine, tables, share, _JUDGED), share, "judged")


def some_of(described: DataFrame, customers: int) -> DataFrame:
    """Draw :data:`MOST_JUDGED` at most of described customers, as :func:`judged_sample` does.

    Parameters
    ----------
    customers
        How many there are, one row each.
    """
    share = MOST_JUDGED / max(customers, 1)
    return described if share >= 1 else _some(described, share, _JUDGED)


def _share(engine: Engine, tables: Tables, cutoffs: Sequence[dt.date], most_rows: int) -> float:
    """Return the share of the customers that comes to so many rows at all cutoffs; 1 where all of them do."""
    # nobody is known by no row; to count customers takes half a second
    if sum(engine.row_count(frame) for frame in tables.frames.values()) * len(cutoffs) <= most_rows:
        return 1.0
    known = engine.row_count(starts(tables, cutoffs[-1])) * len(cutoffs)
    return 1.0 if known <= most_rows else most_rows / known


def _drawn(engine: Engine, tables: Tables, share: float, begin: int) -> Tables:
    drawn = {name: engine.materialise(_some(frame, share, begin)) for name, frame in tables.frames.items()}
    return tables.with_frames(drawn)


def _some(frame: DataFrame, share: float, begin: int) -> DataFrame:
    f = functions()
    border = format(int(share * 16**_DIGITS), f"0{_DIGITS}x")
    return frame.filter(f.substring(f.md5(f.col("customer_id")), begin, _DIGITS) < f.lit(border))
