"""The tables of a job as the snapshots see them: day totals always, events and customers where there are any."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from clv_ml.config import SignalsConfig
from clv_ml.engine import DataFrame, functions
from clv_ml.errors import ConfigError
from clv_ml.snapshot.declared import Feature
from clv_ml.snapshot.engagement import engagement_feature_names
from clv_ml.snapshot.features import PURCHASE_FEATURES
from clv_ml.snapshot.treatment import Treatment
from clv_ml.snapshot.window import as_date

TENURE = "tenure_days"
# columns of snapshots beside the features: who and when, what the purchase model says, and what happened afterwards
_TAKEN = re.compile(
    r"(customer_id|cutoff|(first|start)_day|own_horizon_days|model_.*|(purchases|spend|churned)_(\d+|own))"
)


@dataclass(frozen=True)
class Tables:
    """What is known of customers.

    Attributes
    ----------
    totals
        Day totals of the transactions (:func:`clv_ml.snapshot.window.day_totals`).
    events, customers
        Canonical tables (:mod:`clv_ml.data.schema`); None where the job has none.
    signals
        What the events mean.
    categories, numbers, dates
        Attributes in `customers`, by kind.
    own
        What the user has declared beside (:mod:`clv_ml.snapshot.declared`).
    treatment
        Who was contacted when; it only says which rows are learnt from and judged, and no feature sees it.
    gathered
        How engagement is computed (:func:`clv_ml.snapshot.engagement.engagement_features`); the figures are the same.

    Raises
    ------
    ConfigError
        If an attribute, or an event type that is counted, has the name of another column.
    """

    totals: DataFrame
    events: DataFrame | None = None
    customers: DataFrame | None = None
    signals: SignalsConfig = field(default_factory=SignalsConfig)
    categories: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    own: tuple[Feature, ...] = ()
    treatment: Treatment | None = None
    gathered: bool = True

    def __post_init__(self) -> None:
        names = (*self.features, *self.dates)
        taken = {name for name in names if names.count(name) > 1}
        taken |= {name for name in names if _TAKEN.fullmatch(name)}
        if taken:
            raise ConfigError(
                f"columns {', '.join(sorted(taken))}: clv_ml has a column of this name; call the attribute, or the "
                "event type in `counted`, or the feature, something else"
            )

    @property
    def purchases_only(self) -> bool:
        """Whether there is nothing beside the transactions."""
        return self.events is None and self.customers is None

    @property
    def engagement_features(self) -> tuple[str, ...]:
        """Names of what the events tell."""
        return engagement_feature_names(self.signals) if self.events is not None else ()

    @property
    def attribute_features(self) -> tuple[str, ...]:
        """Names of what is known from the table of customers."""
        tenure = (TENURE,) if self.customers is not None and self.events is None else ()
        return (*tenure, *self.categories, *self.numbers, *(days_since(name) for name in self.dates))

    @property
    def features(self) -> tuple[str, ...]:
        """Names of everything a model can learn from, but what the purchase model adds."""
        own = (name for found in self.own for name in found.columns)
        return (*PURCHASE_FEATURES, *self.engagement_features, *self.attribute_features, *own)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of :func:`clv_ml.snapshot.population.population`."""
        if self.purchases_only:
            return ("customer_id", "first_day", *self.features)
        return ("customer_id", "first_day", "start_day", *self.features, *self.dates)

    @property
    def frames(self) -> dict[str, DataFrame]:
        """The tables there are, by name."""
        found = {"totals": self.totals, "events": self.events, "customers": self.customers}
        return {name: frame for name, frame in found.items() if frame is not None}

    @property
    def settings(self) -> tuple[Hashable, ...]:
        """Everything but the rows: which tables there are, and what they mean."""
        kinds = (self.categories, self.numbers, self.dates)
        return (*self.frames, self.signals.model_dump_json(), self.gathered, *kinds)

    def with_frames(self, frames: Mapping[str, DataFrame]) -> Self:
        """Return the same with other rows."""
        return replace(self, **frames)


def days_since(date: str) -> str:
    """Name the feature of a date attribute: days from it to the cutoff."""
    return f"days_since_{date}"


def known_events(events: DataFrame, cutoff: dt.date) -> DataFrame:
    """Return the events up to and including the cutoff."""
    return events.filter(functions().col("day") <= as_date(cutoff))


def starts(tables: Tables, cutoff: dt.date) -> DataFrame:
    """Return everybody known at the cutoff and since when: signup, first purchase or first activity.

    What the business sent is no activity: who was only written to is not known yet.

    Returns
    -------
    DataFrame
        customer_id, started_at (timestamp): the earliest of the three.
    """
    f = functions()
    col = f.col
    day = as_date(cutoff)
    bought = tables.totals.filter(col("is_purchase") & (col("day") <= day))
    parts = [bought.select("customer_id", col("first_at").alias("started_at"))]
    if tables.customers is not None:
        signed_up = tables.customers.filter(col("signup_at").cast("date") <= day)
        parts.append(signed_up.select("customer_id", col("signup_at").alias("started_at")))
    if tables.events is not None:
        known = known_events(tables.events, cutoff)
        done = known.filter(~col("event_type").isin(*tables.signals.contacts)) if tables.signals.contacts else known
        parts.append(done.select("customer_id", col("timestamp").alias("started_at")))
    every = parts[0]
    for part in parts[1:]:
        every = every.unionByName(part)
    return every.groupBy("customer_id").agg(f.min("started_at").alias("started_at"))
