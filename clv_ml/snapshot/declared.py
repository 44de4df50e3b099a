"""Features that a user declares: functions of what was known at a cutoff, in modules that the config names."""

from __future__ import annotations

import ast
import datetime as dt
import hashlib
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
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


def load_features(modules: Sequence[str]) -> tuple[Feature, ...]:
    """Import the modules that a config names, and return what they declare, in the order of names.

    Raises
    ------
    ConfigError
        If a module cannot be imported, or declares nothing.
    """
    return tuple(found for name in modules for found in _declared_in(_imported(name), name))


def features_in_use(known: Mapping[str, Any]) -> tuple[Feature, ...]:
    """Return the features a bundle was trained with, of modules that this process has imported already.

    A bundle holds no code and has none imported.

    Raises
    ------
    ConfigError
        If a module has not been imported, or has changed since training.
    """
    absent = [name for name in known if name not in sys.modules]
    if absent:
        raise ConfigError(
            f"the model has learnt from features of the module {', '.join(absent)}: import it before scoring (a model "
            "holds no code of its own)"
        )
    own = tuple(found for name in known for found in _declared_in(sys.modules[name], name))
    require_same_features(known, own)
    return own


def require_same_features(trained: Mapping[str, Any], own: Iterable[Feature]) -> None:
    """Refuse features that are not those of training: :func:`told_of` then and now.

    Raises
    ------
    ConfigError
        The message names the module.
    """
    now = told_of(own)
    for name in sorted({*trained, *now}):
        if name not in now:
            raise ConfigError(
                f"the model has learnt from features of the module {name}: name it in features.modules of the config "
                "(a model holds no code of its own)"
            )
        if name not in trained:
            raise ConfigError(
                f"features.modules: the model has learnt nothing of {name}: train again, or leave it out for this model"
            )
        if trained[name] != now[name]:
            raise ConfigError(
                f"the module {name} has changed since the model was trained: train again, or score with the module of "
                "training (comments and blank lines do not count)"
            )


def told_of(own: Iterable[Feature]) -> dict[str, Any]:
    """Return what a bundle keeps of declared features, by module: their columns, and a digest of the module's code."""
    columns: dict[str, list[str]] = {}
    for found in own:
        columns.setdefault(found.module, []).extend(found.columns)
    return {name: {"columns": names, "code": _digest(sys.modules[name])} for name, names in columns.items()}


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


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ConfigError(
            f"features.modules: {name} cannot be imported ({error}); install it, or set PYTHONPATH to its folder"
        ) from error


def _declared_in(module: ModuleType, name: str) -> list[Feature]:
    declared = [value for _, value in sorted(vars(module).items()) if isinstance(value, Feature)]
    own = [found for found in declared if found.module == name]
    if not own:
        raise ConfigError(f"features.modules: {name} declares no feature: put @clv_ml.feature above a function")
    return own


def _digest(module: ModuleType) -> str:
    """Digest the code of a module, whatever its comments and blank lines."""
    plain = ast.unparse(ast.parse(inspect.getsource(module)))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]
