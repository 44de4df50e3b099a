"""From orders in Parquet files to what each customer is worth, in one step, for many customers.

This is the straight path for a single file of values. Rows that cannot be used stop it: nothing is set aside, and there
is no churn model, no list and no run folder; `clv-ml score` does all that. It stands in this room, not in the pipeline,
because to import the pipeline takes longer than to value a million customers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from clv_ml.config import EngineConfig, FilesConfig
from clv_ml.data.delivered import find_files
from clv_ml.data.records import id_rules
from clv_ml.data.values import identity
from clv_ml.engine.order_files import IdRules, OrderFiles
from clv_ml.errors import ConfigError, DataError, cannot_write
from clv_ml.models._unique import counted_rows
from clv_ml.models._value_tables import COUNTS, Ids, value_tables, write_parquet
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.value import ValueConventions
from clv_ml.publishing import aside_of, clean, locked, remove
from clv_ml.snapshot.quick_rfm import Summaries, summaries
from clv_ml.snapshot.rfm import parse_day

Progress = Callable[[str], None]

_COLUMNS = ("customer_id", "timestamp", "amount")


@dataclass(frozen=True)
class ValueFile:
    """A file of values, and what it was computed with.

    Attributes
    ----------
    path
        The file; its metadata hold the cutoff, the conventions and the parameters as JSON under ``clv_ml``.
    customers
        Rows of the file: everybody who had bought by the cutoff.
    """

    path: Path
    cutoff: dt.date
    customers: int
    purchases: PurchaseModel
    spend: SpendModel
    conventions: ValueConventions


def write_values(
    transactions: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    cutoff: dt.date | str,
    columns: Mapping[str, str] | None = None,
    horizon_days: float = 365,
    annual_discount_rate: float = 0.10,
    margin: float = 1.0,
    cost_per_order: float = 0.0,
    memory_limit: str | None = None,
    threads: int | None = None,
    progress: Progress = lambda message: None,
) -> ValueFile:
    """Fit purchases and spend on orders in Parquet files, and write what each customer is worth to one.

    The definitions are those of :func:`clv_ml.rfm_summary`, :class:`clv_ml.PurchaseModel`, :class:`clv_ml.SpendModel`
    and :func:`clv_ml.customer_lifetime_value`, and so are the numbers; this way needs no table of the orders in memory,
    only eight bytes for each.

    Parameters
    ----------
    transactions
        Parquet files, a folder or a glob of them, or a list of such.
    out
        The file to write; it is replaced in one step, and an earlier one stays where anything fails.
    cutoff
        Last day of history, inclusive; later rows are checked, and not used.
    columns
        Canonical name to the name in the files: customer_id, timestamp, amount, order_id. Those that are not given have
        their own name in the files; order_id may be missing, and then equal rows are orders of their own.
    horizon_days, annual_discount_rate, margin, cost_per_order
        As for :func:`clv_ml.customer_lifetime_value`.
    memory_limit, threads
        Of the engine; as `engine` in a config. What the files hold is spilled to the folder of `out` beyond it.
    progress
        Called with one line a stage.

    Returns
    -------
    ValueFile
        Its file has a row a customer, sorted by customer_id, with frequency, recency, T (days), monetary_value,
        p_alive, expected_purchases, expected_spend, expected_clv and value_if_retained. Ids that are whole numbers in
        the files stay so, all others are text.

    Raises
    ------
    DataError
        If a row cannot be used (rows are counted by reason; a config would set them aside), a column is missing or of
        a type that must be parsed, or a model cannot be fitted.
    ConfigError
        If an argument is out of range, or there is no such file.
    ClvError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from clv_ml.data.datasets import load_dataset
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load_dataset("cdnow_sample").to_parquet(Path(folder, "orders.parquet"))
    ...     made = write_values(Path(folder, "orders.parquet"), Path(folder, "values.parquet"), cutoff="1997-09-30")
    >>> made.customers
    2357
    """
    day, target = parse_day(cutoff, "cutoff"), Path(out)
    conventions = ValueConventions(float(horizon_days), annual_discount_rate, margin, cost_per_order)
    paths = _found(transactions)
    with _spill_folder(target) as spill:
        config = _engine(memory_limit, threads, spill)
        progress(f"reading {len(paths)} files of orders")
        found, ids = _read(paths, columns or {}, config, day)
    progress(f"fitting the values of {len(found.customer):,} customers")
    purchases, spend = _fitted(found)
    progress(f"writing {target}")
    facts = {
        "cutoff": day.isoformat(),
        "conventions": asdict(conventions),
        "purchases": dict(purchases.params_),
        "spend": dict(spend.params_),
    }
    _write(target, value_tables(found, ids, purchases, spend, conventions, horizon_days=horizon_days), facts)
    return ValueFile(target, day, len(found.customer), purchases, spend, conventions)


def _found(transactions: str | Path | Sequence[str | Path]) -> list[Path]:
    given = [transactions] if isinstance(transactions, str | Path) else list(transactions)
    if not given:
        raise ConfigError("transactions is an empty list; give a Parquet file, a folder or a glob")
    return [path for item in given for path in find_files(FilesConfig(path=str(item), format="parquet"), Path())]


def _engine(memory_limit: str | None, threads: int | None, spill: Path) -> EngineConfig:
    try:
        return EngineConfig(memory_limit=memory_limit, threads=threads, temp_directory=spill)
    except ValueError as error:
        raise ConfigError(
            f"memory_limit is {memory_limit!r} and threads {threads!r}; as '4GB' and 2 are wanted"
        ) from error


def _read(
    paths: Sequence[Path], columns: Mapping[str, str], config: EngineConfig, cutoff: dt.date
) -> tuple[Summaries, Ids]:
    unknown = sorted(set(columns) - {*_COLUMNS, "order_id"})
    if unknown:
        raise ConfigError(f"columns maps {', '.join(unknown)}; it can map {', '.join(_COLUMNS)} and order_id")
    mapped = {**{name: name for name in _COLUMNS}, **columns}
    with OrderFiles(paths, mapped, config, IdRules(identity, id_rules)) as files:
        orders = files.read(cutoff)
        files.require_no_copies(orders)
    found, orphans = summaries(orders, cutoff)
    if orphans:
        files.refuse({"refund_without_purchase": orphans})
    if len(found.customer) == 0:
        raise DataError(f"transactions: nobody bought up to the cutoff {cutoff}")
    return found, orders.ids


def _fitted(found: Summaries) -> tuple[PurchaseModel, SpendModel]:
    """Fit both models on the distinct rows, side by side."""
    triples, count = counted_rows(found.frequency, found.recency, found.T)
    rfm = pd.DataFrame(dict(zip(COUNTS, triples, strict=True)) | {"weight": count})
    again = found.frequency > 0
    (frequency, cents), count = counted_rows(found.frequency[again], np.maximum(found.repeat_cents[again], 0))
    money = pd.DataFrame({"frequency": frequency, "monetary_value": cents / 100.0 / frequency, "weight": count})
    with ThreadPoolExecutor(2) as pool:
        purchases, spend = pool.submit(PurchaseModel().fit, rfm), pool.submit(SpendModel().fit, money)
        return purchases.result(), spend.result()


def _write(target: Path, tables: Iterator[pa.Table], facts: Mapping[str, Any]) -> None:
    """Write aside, then move into place."""
    with locked(target.parent, run=f"writing {target.name}"):
        clean(target.parent)
        aside = aside_of(target)
        try:
            write_parquet(aside, tables, facts)
            aside.replace(target)
        except OSError as error:
            raise cannot_write(target, error) from error
        finally:
            remove(aside)


@contextmanager
def _spill_folder(target: Path) -> Iterator[Path]:
    """Give the engine a hidden folder beside the file to be written; what a killed process leaves, the next removes."""
    folder = aside_of(target.with_name(f"{target.name}.spill"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(target, error) from error
    try:
        yield folder
    finally:
        remove(folder)
