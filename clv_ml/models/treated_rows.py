"""Training rows without the outcomes that a contact may have changed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from clv_ml.snapshot.treatment import Treatment, repeated


@dataclass(frozen=True)
class TreatedRows:
    """How many of the training rows were left out because of a contact, and how many in control count for them."""

    rows: int
    left_out: int
    control: int

    def words(self) -> str:
        """Say it in one line; empty where no row was left out."""
        if not self.left_out:
            return ""
        stand_in = (
            f"{self.control:,} rows in control of the same lists count for them"
            if self.control
            else "no control stands in for them, so that churn of those at risk is learnt too low (contacts.learn: "
            "keep errs less where contacts save few)"
        )
        return (
            f"{self.left_out:,} of {self.rows:,} training rows left out: contacted within the outcome window, or "
            f"shortly before; {stand_in}"
        )


def without_treated(
    snapshots: pd.DataFrame, treatment: Treatment | None, horizon_days: int
) -> tuple[pd.DataFrame, TreatedRows]:
    """Leave out the rows whose outcome a contact may have changed, and repeat those in control that stand for them.

    Parameters
    ----------
    snapshots
        Of :func:`clv_ml.models.training_rows.training_snapshots`.
    treatment
        None where nobody was contacted.
    """
    if treatment is None or snapshots.empty:
        return snapshots, TreatedRows(len(snapshots), 0, 0)
    times = treatment.times(snapshots, horizon_days)
    told = TreatedRows(len(snapshots), int((times == 0).sum()), int((times > 1).sum()))
    return repeated(snapshots, times), told
