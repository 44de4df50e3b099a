"""Tables from the frames of a Spark session: checked by the data contract where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clv_ml.config import CustomersConfig, FilesConfig, RowPolicy, SignalsConfig
from clv_ml.data.customers import check_customers
from clv_ml.data.events import check_events
from clv_ml.data.quality import check_transactions
from clv_ml.data.schema import EVENT_COLUMNS, REQUIRED, TRACES
from clv_ml.data.sources import canonical
from clv_ml.engine import DataFrame, SparkEngine, functions
from clv_ml.errors import DataError
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import day_totals


def tables_of_frames(
    engine: SparkEngine,
    transactions: DataFrame,
    *,
    events: DataFrame | None = None,
    customers: DataFrame | None = None,
    signals: SignalsConfig | None = None,
    categories: Sequence[str] = (),
    numbers: Sequence[str] = (),
    dates: Sequence[str] = (),
) -> Tables:
    """Check Spark frames and bring them into the form that the snapshots see; nothing but counts is collected.

    Features of everybody at a cutoff are then ``population(engine, tables, cutoff)``, a Spark frame.

    Parameters
    ----------
    engine
        Entered, and not left before the last use of the tables.
    transactions
        customer_id, timestamp, amount, and order_id where known.
    events
        customer_id, timestamp, event_type; value, session_id and surface where known.
    customers
        customer_id, signup_at where known, and the attributes.
    signals
        What the event types mean.
    categories, numbers, dates
        Attributes of the customers, by kind.

    Raises
    ------
    DataError
        If a column is missing, or a row cannot be used: the message counts them by reason.
    """
    taken = [*REQUIRED, *(name for name in ("order_id",) if name in transactions.columns)]
    raw = canonical(engine.from_frame(transactions, {name: name for name in taken}, name="transactions"))
    sold = check_transactions(engine, raw, RowPolicy())
    _require_usable("transactions", sold.report.quarantined)
    done = known = None
    if events is not None:
        names = [name for name in EVENT_COLUMNS if name != "day"]
        found = check_events(engine, _texts(engine, events, names, ("value", "session_id", "surface"), "events"))
        _require_usable("events", found.report.quarantined)
        done = engine.materialise(found.rows)
    if customers is not None:
        attributes = (*categories, *numbers, *dates)
        source = FilesConfig(path="customers", columns={name: name for name in ("customer_id", *attributes)})
        config = CustomersConfig(sources=(source,), categories=categories, numbers=numbers, dates=dates)
        names = ["customer_id", "signup_at", *attributes]
        people = check_customers(engine, _texts(engine, customers, names, ("signup_at",), "customers"), config)
        _require_usable("customers", people.report.quarantined)
        known = engine.materialise(people.rows)
    return Tables(
        totals=engine.materialise(day_totals(sold.transactions)),
        events=done,
        customers=known,
        signals=signals or SignalsConfig(),
        categories=tuple(categories),
        numbers=tuple(numbers),
        dates=tuple(dates),
    )


def _texts(
    engine: SparkEngine, frame: DataFrame, names: Sequence[str], optional: Sequence[str], table: str
) -> DataFrame:
    """Return the columns as texts; null where an optional one is not there."""
    f = functions()
    there = [name for name in names if name in frame.columns or name not in optional]
    read = engine.from_frame(frame, {name: name for name in there}, name=table)
    texts = [
        (f.trim(f.col(name).cast("string")) if name in there else f.lit(None).cast("string")).alias(name)
        for name in names
    ]
    return read.select(*texts, *TRACES)


def _require_usable(table: str, quarantined: Mapping[str, int]) -> None:
    if quarantined:
        listed = ", ".join(f"{reason}: {count}" for reason, count in quarantined.items())
        raise DataError(f"{table}: rows that cannot be used ({listed}); mend or remove them")
