"""What day totals must be like before anything is made of them: the sum of all valid rows, and an end one can trust."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from clv_ml.config import GatesConfig
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.errors import ClvError, DataQualityError

_LONELY_SHARE = 0.001


def require_plausible_totals(engine: Engine, totals: DataFrame, amount: Decimal, gates: GatesConfig) -> None:
    """Compare day totals with the sum of all valid amounts, and refuse data that end in a few rows after all others.

    What comes after the last day of the data is unknown, and all before it is known: one purchase dated 2099 would
    make a leaver of everybody else.

    Parameters
    ----------
    totals
        One row a customer and day: day, net.
    amount
        Sum of the valid amounts, refunds taken off.

    Raises
    ------
    ClvError
        If the sums differ, a mistake of this program; the message gives both.
    DataQualityError
        If the last days hold at most one row in a thousand, and nothing happened long before them.
    """
    f = functions()
    by_day = totals.groupBy("day").agg(
        f.count(f.lit(1)).cast("bigint").alias("rows"), f.sum("net").cast("string").alias("net")
    )
    days = engine.to_pandas(by_day.orderBy("day"))
    summed = sum((Decimal(net) for net in days["net"]), Decimal(0))
    if summed != amount:
        raise ClvError(f"the valid amounts sum to {amount}, the day totals to {summed}: rows were lost or doubled")
    if gates.max_lonely_days is not None:
        _require_company(pd.DatetimeIndex(days["day"]), days["rows"], gates.max_lonely_days)


def _require_company(days: pd.DatetimeIndex, rows: pd.Series[int], limit: int) -> None:
    gaps = np.diff(days.to_numpy()).astype("timedelta64[D]").astype(int)
    after = rows.to_numpy()[::-1].cumsum()[::-1][1:]  # rows after each gap
    lonely = np.flatnonzero((gaps > limit) & (after <= _LONELY_SHARE * rows.sum()))
    if len(lonely):
        first, gap = int(lonely[0]) + 1, int(gaps[lonely[0]])
        raise DataQualityError(
            f"transactions: what {after[first - 1]} customers bought from {days[first].date()} on stands alone, "
            f"{gap} days after the day before ({days[first - 1].date()}), and would end what is known; mend it, "
            f"set `transactions.data_end`, or override with `--set gates.max_lonely_days={gap}`"
        )
