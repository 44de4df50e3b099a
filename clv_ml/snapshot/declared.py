"""Features that a user declares: functions of what was known at a cutoff."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, overload

import pandas as pd

from clv_ml.config import RowPolicy
from clv_ml.data.arrow import AnyFrame, as_pandas
from clv_ml.data.quality import check_transactions
from clv_ml.data.sources import canonical, with_provenance
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.errors import ConfigError, DataError, missing_columns
from clv_ml.snapshot.window import Window, as_date, day_totals

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class History:
    """What was known at a cutoff: all that a feature may look at.

    Attributes
    ----------
    cutoff
        The last day of the history.
    purchases
        Purchase days up to it: customer_id, day (date), spend (decimal, net of refunds), orders (bigint).
    events
        Events up to it, in the columns of the data contract; None where the job has none.
    customers
        The table of customers who had not signed up later; None where the job has none.
    """

    cutoff: dt.date
    purchases: DataFrame
    events: DataFrame | None = None
    customers: DataFrame | None = None

    @property
    def functions(self) -> Any:
        """The functions of columns (``pyspark.sql.functions``) of the engine that runs the job."""
        return functions()

    def days_before_cutoff(self, column: str = "day") -> Any:
        """Return a column of whole days from a date to the cutoff, 0 on the cutoff itself."""
        return functions().datediff(as_date(self.cutoff), functions().col(column))


Compute = Callable[[History], Any]


@dataclass(frozen=True)
class Feature:
    """A function that computes columns, one row a customer; made by :func:`feature`.

    Attributes
    ----------
    compute
        History to a frame of customer_id and the columns; who is not in it has null.
    columns
        Names of what is computed.
    """

    compute: Compute
    columns: tuple[str, ...]

    def __call__(self, history: History) -> Any:
        """Compute as the function does."""
        return self.compute(history)

    @property
    def module(self) -> str:
        """Where the function is."""
        return self.compute.__module__

    def table(self, transactions: AnyFrame, *, cutoff: dt.date) -> pd.DataFrame:
        """Compute the feature from a small table of orders, as a test wants it.

        Parameters
        ----------
        transactions
            customer_id, timestamp, amount; one row an order. Those after the cutoff are not seen.

        Returns
        -------
        pandas.DataFrame
            Indexed by customer_id, in its order, of those with a purchase: the columns.

        Raises
        ------
        DataError
            If the function does not return what it has declared, or a row cannot be used.
        """
        with Engine() as engine:
            raw = canonical(engine.from_pandas(with_provenance(as_pandas(transactions), "transactions")))
            checked = check_transactions(engine, raw, RowPolicy())
            if checked.report.quarantined:
                raise DataError(f"transactions: rows that cannot be used ({dict(checked.report.quarantined)})")
            totals = engine.materialise(day_totals(checked.transactions))
            known = history_at(engine, totals, cutoff)
            everybody = engine.materialise(known.purchases.select("customer_id").distinct())
            told = with_declared(engine, everybody, [self], known, columns=("customer_id", *self.columns))
            return engine.to_pandas(told.orderBy("customer_id")).set_index("customer_id")


@overload
def feature(function: Compute, /) -> Feature: ...


@overload
def feature(*columns: str) -> Callable[[Compute], Feature]: ...


def feature(*given: Any) -> Any:
    """Declare a function as a feature: of its own name, or of the columns named.

    The function takes a :class:`History` and returns a frame with one row a customer: customer_id and the columns,
    numbers (or yes and no) that are null where there is nothing to tell. It is used by a job whose config names its
    module in ``features.modules``.

    Raises
    ------
    ConfigError
        If a name has other signs than small letters, digits and the underscore.

    Examples
    --------
    >>> @feature
    ... def purchase_days(history):
    ...     f = history.functions
    ...     return history.purchases.groupBy("customer_id").agg(f.count("day").alias("purchase_days"))
    >>> orders = pd.DataFrame({"customer_id": ["a", "a"], "timestamp": ["2024-01-01", "2024-03-01"], "amount": 5.0})
    >>> purchase_days.table(orders, cutoff=dt.date(2024, 2, 1)).loc["a"].to_dict()
    {'purchase_days': 1.0}
    """
    if len(given) == 1 and callable(given[0]):
        return _declared(given[0], (given[0].__name__,))
    return lambda function: _declared(function, given)


def _declared(function: Compute, columns: tuple[str, ...]) -> Feature:
    odd = [str(name) for name in columns if not _NAME.fullmatch(str(name))]
    if odd or not columns:
        raise ConfigError(
            f"feature {function.__name__}: {', '.join(odd) or 'no column'}: a feature has a name of small letters, "
            "digits and underscores, such as weekend_share"
        )
    return Feature(function, columns)


def history_at(
    engine: Engine,
    totals: DataFrame,
    cutoff: dt.date,
    *,
    events: DataFrame | None = None,
    customers: DataFrame | None = None,
) -> History:
    """Cut tables off at a cutoff."""
    f, day = functions(), as_date(cutoff)
    if events is not None:
        events = events.filter(f.col("day") <= day)
    if customers is not None:
        customers = customers.filter(f.col("signup_at").isNull() | (f.col("signup_at").cast("date") <= as_date(cutoff)))
    return History(cutoff, engine.materialise(Window(cutoff, 1).history(totals)), events, customers)


def with_declared(
    engine: Engine, described: DataFrame, own: Iterable[Feature], known: History, *, columns: Sequence[str]
) -> DataFrame:
    """Add the columns of declared features to a materialised table of customers, and return the columns wanted.

    Raises
    ------
    DataError
        If a function returns a frame without its columns, or with more than one row of a customer.
    """
    for found in own:
        described = described.join(_computed(engine, found, known), on="customer_id", how="left")
    return engine.materialise(described.select(*columns))


def _computed(engine: Engine, found: Feature, known: History) -> DataFrame:
    where, f = f"feature {found.module}.{found.compute.__name__}", functions()
    frame = found(known)
    absent = [name for name in ("customer_id", *found.columns) if name not in frame.columns]
    if absent:
        raise missing_columns(where, absent, frame.columns, "The function returns what it declares.")
    shaped = engine.materialise(
        frame.select("customer_id", *[f.col(name).cast("double").alias(name) for name in found.columns])
    )
    rows = engine.row_count(shaped)
    distinct = engine.row_count(shaped.select("customer_id").distinct())
    if rows != distinct:
        raise DataError(
            f"{where}: {rows:,} rows of {distinct:,} customers; one row of each is wanted: group by customer_id"
        )
    return shaped
