"""Frequency, recency, T and monetary value of every customer at a cutoff."""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol, overload

import pandas as pd

from clv_ml.config import RowPolicy
from clv_ml.data.arrow import AnyFrame, as_pandas
from clv_ml.data.quality import check_transactions
from clv_ml.data.schema import REQUIRED
from clv_ml.data.sources import canonical, with_provenance
from clv_ml.engine import MONEY, Column, DataFrame, Engine, SparkEngine, functions, is_spark_frame
from clv_ml.errors import ConfigError, DataError
from clv_ml.snapshot.window import Window, as_date, day_totals


def rfm(history: DataFrame, cutoff: dt.date) -> DataFrame:
    """Summarise purchase days to one row a customer.

    Parameters
    ----------
    history
        Purchase days up to the cutoff (:meth:`Window.history`).
    cutoff
        Last day of the history.

    Returns
    -------
    DataFrame
        customer_id; first_day (date); frequency (bigint): purchase days after the first; recency (bigint): days from
        the first to the last purchase; T (bigint): days from the first purchase to the cutoff; monetary_value
        (double): mean spend of the purchase days after the first, never below 0; 0 where there are none.

    References
    ----------
    Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2),
    doi:10.1287/mksc.1040.0098; (x, t_x, T) of section 2.
    """
    return history.groupBy("customer_id").agg(*rfm_aggregates()).select("customer_id", *rfm_columns(cutoff))


def rfm_aggregates() -> list[Column]:
    """Return what one pass over the purchase days of a customer must collect for :func:`rfm_columns`."""
    f = functions()
    return [
        f.min("day").alias("first_day"),
        f.max("day").alias("last_day"),
        f.count(f.lit(1)).cast("bigint").alias("purchase_days"),
        f.sum("spend").cast(MONEY).alias("all_spend"),
        f.min_by("spend", "day").cast(MONEY).alias("first_spend"),
    ]


def rfm_columns(cutoff: dt.date) -> list[Column]:
    """Return first_day, frequency, recency, T and monetary_value, from the aggregates."""
    f = functions()
    frequency = f.col("purchase_days") - 1
    mean = (f.col("all_spend") - f.col("first_spend")).cast("double") / frequency
    return [
        f.col("first_day"),
        frequency.cast("bigint").alias("frequency"),
        f.datediff(f.col("last_day"), f.col("first_day")).cast("bigint").alias("recency"),
        f.datediff(as_date(cutoff), f.col("first_day")).cast("bigint").alias("T"),
        f.when((frequency > 0) & (mean > 0), mean).otherwise(f.lit(0.0)).alias("monetary_value"),
    ]


class SparkFrame(Protocol):
    """A Spark DataFrame, classic or Connect."""

    @property
    def sparkSession(self) -> Any:
        """Where its rows are."""


@overload
def rfm_summary(transactions: AnyFrame, *, cutoff: dt.date | str) -> pd.DataFrame: ...


@overload
def rfm_summary(transactions: SparkFrame, *, cutoff: dt.date | str) -> DataFrame: ...


def rfm_summary(transactions: Any, *, cutoff: dt.date | str) -> Any:
    """Summarise transactions to frequency, recency, T and monetary value at a cutoff.

    Parameters
    ----------
    transactions
        One row an order: customer_id, timestamp (or anything pandas reads as one), amount; never changed. A pandas
        frame, one that speaks Arrow (pyarrow, polars, DuckDB), or a Spark DataFrame (classic or Connect), whose rows
        stay where they are; timestamps with a zone are counted in UTC.
    cutoff
        Last day of history, inclusive.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id, in its order: first_day, frequency, recency (days), T (days), monetary_value
        (currency units a purchase day). For a Spark DataFrame one of Spark, customer_id among its columns, in no
        order, computed when it is used.

    Raises
    ------
    DataError
        If a column is missing, a value cannot be used, or nobody bought up to the cutoff.

    Examples
    --------
    >>> orders = pd.DataFrame({
    ...     "customer_id": ["a", "a", "a", "b"],
    ...     "timestamp": ["2024-01-01", "2024-01-11", "2024-01-31", "2024-02-01"],
    ...     "amount": [10.0, 20.0, 40.0, 5.0],
    ... })
    >>> rfm_summary(orders, cutoff="2024-02-10")[["frequency", "recency", "T", "monetary_value"]]
                 frequency  recency   T  monetary_value
    customer_id
    a                    2       30  40            30.0
    b                    0        0   9             0.0
    """
    day = parse_day(cutoff, "cutoff")
    if is_spark_frame(transactions):
        with SparkEngine(session=transactions.sparkSession) as spark:
            summary = _summarised(spark, _canonical_columns(spark, transactions), day)
            if not spark.row_count(summary.limit(1)):
                raise _nobody(day)
        return summary
    with Engine() as engine:
        rows = engine.from_pandas(with_provenance(as_pandas(transactions), "transactions"))
        frame = engine.to_pandas(_summarised(engine, rows, day).orderBy("customer_id"))
    if frame.empty:
        raise _nobody(day)
    return frame.set_index("customer_id")


def _canonical_columns(engine: SparkEngine, transactions: DataFrame) -> DataFrame:
    names = (*REQUIRED, *(name for name in ("order_id",) if name in transactions.columns))
    return engine.from_frame(transactions, {name: name for name in names}, name="transactions")


def _summarised(engine: Engine, rows: DataFrame, day: dt.date) -> DataFrame:
    checked = check_transactions(engine, canonical(rows), RowPolicy())
    if checked.report.quarantined:
        listed = ", ".join(f"{reason}: {count}" for reason, count in checked.report.quarantined.items())
        raise DataError(f"transactions: rows that cannot be used ({listed}); mend or remove them")
    return rfm(Window(day, 1).history(day_totals(checked.transactions)), day)


def _nobody(day: dt.date) -> DataError:
    return DataError(f"transactions: nobody bought up to the cutoff {day}")


def parse_day(value: dt.date | str, name: str) -> dt.date:
    """Read a day given as a date or as text.

    Raises
    ------
    ConfigError
        If the text is not a day.
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise ConfigError(f"{name}: {value!r} is not a day, write it like 2024-12-31") from error
