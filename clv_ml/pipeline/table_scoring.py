"""Score straight from one pandas table, as a served model does."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from clv_ml.config import ChurnConfig, CustomersConfig, Limits, RowPolicy, SignalsConfig, ValueConfig
from clv_ml.data.arrow import AnyFrame, as_pandas
from clv_ml.data.customers import check_customers
from clv_ml.data.events import check_events
from clv_ml.data.quality import check_transactions, enforce_limit
from clv_ml.data.records import require_quality
from clv_ml.data.schema import EVENT_COLUMNS
from clv_ml.data.sources import canonical, with_provenance
from clv_ml.engine import DataFrame, Engine
from clv_ml.errors import ConfigError, DataError, missing_columns
from clv_ml.models.bundle import Bundle
from clv_ml.models.scoring import score_customers
from clv_ml.models.training_rows import population_at
from clv_ml.pipeline.prepared import known
from clv_ml.snapshot.declared_modules import features_in_use, require_same_features
from clv_ml.snapshot.rfm import parse_day
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import day_totals

_EVENT = tuple(name for name in EVENT_COLUMNS if name != "day")


def score_transactions(bundle: Bundle, transactions: AnyFrame, *, as_of: dt.date | str | None = None) -> pd.DataFrame:
    """Score customers straight from a table of transactions, and of events where the model has learnt from any.

    Parameters
    ----------
    transactions
        customer_id, timestamp, amount; one row an order, in pandas or a frame that speaks Arrow. For a model of
        engagement also rows of events, which have an event_type (and value, session_id, surface where known) and no
        amount; a column signup_at and the attributes the model knows may stand in any row of a customer, the same in
        all that have them.
    as_of
        Last day of history; the last day with an order where None.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id: the columns of :func:`clv_ml.models.scoring.score_customers`.

    Raises
    ------
    ConfigError
        If the model has learnt from features of a module that was not imported.
    DataError
        If a column is missing, a row cannot be used, or the rows of a customer disagree on an attribute.

    Examples
    --------
    >>> from pathlib import Path
    >>> import clv_ml
    >>> bundle = clv_ml.load_bundle(next(Path("models/bundles").glob("cdnow-*")))
    >>> scores = score_transactions(bundle, clv_ml.load_dataset("cdnow_sample"), as_of="1998-06-30")
    >>> len(scores), "expected_clv" in scores
    (2357, True)
    """
    facts = bundle.facts
    transactions = as_pandas(transactions)
    needs_events = facts["signals"] is not None
    needed = ("customer_id", "timestamp", "amount", *(["event_type"] if needs_events else []))
    absent = [name for name in needed if name not in transactions.columns]
    if absent:
        raise missing_columns("transactions", absent, transactions.columns, "One row is one order or event.")
    is_event = transactions["event_type"].notna() if needs_events else pd.Series(False, index=transactions.index)
    with Engine() as engine:
        orders = transactions[~is_event]
        if needs_events or facts["attributes"] is not None:
            orders = orders[orders["amount"].notna()]
        raw = canonical(engine.from_pandas(with_provenance(orders, "transactions")))
        checked = check_transactions(engine, raw, RowPolicy())
        enforce_limit(checked.report, RowPolicy(max_bad_share=0.0))
        tables = Tables(
            totals=engine.materialise(day_totals(checked.transactions)),
            events=_events(engine, transactions[is_event]) if needs_events else None,
            signals=SignalsConfig.model_validate(facts["signals"] or {}),
            own=features_in_use(facts.get("own_features", {})),
            **_customers(engine, transactions, facts["attributes"]),
        )
        day = known(checked.report.last_day) if as_of is None else parse_day(as_of, "as_of")
        customers = population_at(engine, tables, day, ChurnConfig.model_validate(facts["churn"]))
    value = ValueConfig.model_validate(facts["value"])
    return score_customers(bundle.models, customers, horizons_days=facts["horizons_days"], value=value)


def require_same_tables(bundle: Bundle, tables: Tables) -> None:
    """Refuse to score with tables or signals that mean something else than in training.

    Raises
    ------
    ConfigError
        The message names what differs.
    """
    require_same_features(bundle.facts.get("own_features", {}), tables.own)
    now = {
        "events": None if tables.events is None else tables.signals.model_dump(mode="json"),
        "customers": attributes_of(tables),
    }
    then = {"events": bundle.facts["signals"], "customers": bundle.facts["attributes"]}
    for section, trained in then.items():
        if trained != now[section]:
            raise ConfigError(
                f"the model was trained with {section} {_told(trained)}, the config has {_told(now[section])}; "
                f"train again, or score with the {section} section of training"
            )


def attributes_of(tables: Tables) -> dict[str, list[str]] | None:
    """Return the attributes of the table of customers by kind, JSON-safe; None without such a table."""
    if tables.customers is None:
        return None
    kinds = {"categories": tables.categories, "numbers": tables.numbers, "dates": tables.dates}
    return {kind: list(names) for kind, names in kinds.items()}


def _told(settings: dict[str, Any] | None) -> str:
    return "absent" if settings is None else str({key: value for key, value in settings.items() if value})


def _events(engine: Engine, rows: pd.DataFrame) -> DataFrame:
    columns = {name: rows[name] if name in rows else pd.Series(pd.NA, index=rows.index) for name in _EVENT}
    texts = pd.DataFrame({name: column.astype("string") for name, column in columns.items()})
    checked = check_events(engine, engine.from_pandas(_traced(texts, "events")))
    require_quality(checked.report, Limits(max_bad_share=0.0))
    return engine.materialise(checked.rows)


def _customers(engine: Engine, rows: pd.DataFrame, attributes: dict[str, list[str]] | None) -> dict[str, Any]:
    if attributes is None:
        return {}
    names = [name for kind in attributes.values() for name in kind]
    absent = [name for name in names if name not in rows]
    if absent:
        raise missing_columns("transactions", absent, rows.columns, "The model has learnt from these attributes.")
    wanted = rows[["customer_id", *(["signup_at"] if "signup_at" in rows else []), *names]].astype("string")
    by_customer = wanted.groupby("customer_id", sort=True)
    _require_one_value(by_customer.nunique())
    first = by_customer.first().reset_index()  # of each column the one that is known
    if "signup_at" not in first:
        first["signup_at"] = pd.Series(pd.NA, index=first.index, dtype="string")
    config = CustomersConfig(
        sources=({"path": "table", "columns": {name: name for name in ("customer_id", *names)}},),
        **{kind: tuple(found) for kind, found in attributes.items()},
    )
    checked = check_customers(engine, engine.from_pandas(_traced(first, "customers")), config)
    if checked.report.quarantined:
        raise DataError(f"customers: rows that cannot be used ({checked.report.quarantined}); mend or remove them")
    kinds = {kind: tuple(found) for kind, found in attributes.items()}
    return {"customers": engine.materialise(checked.rows), **kinds}


def _require_one_value(counts: pd.DataFrame) -> None:
    for name in counts.columns[(counts > 1).any()]:
        customer = counts.index[counts[name] > 1][0]
        raise DataError(f"customers: {customer!r} has {counts[name][customer]} values of {name!r}; give one a customer")


def _traced(texts: pd.DataFrame, name: str) -> pd.DataFrame:
    return texts.assign(source_file=name, source_line=range(1, len(texts) + 1), source_hash=0)
