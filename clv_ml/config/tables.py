"""The tables a job reads: where they come from, how their columns are named, which rows count."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from clv_ml.config.files import FilesConfig, Layout
from clv_ml.config.files import Name as Name
from clv_ml.config.files import Section as Section
from clv_ml.config.files import Share as Share

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

# Names of columns that the tables carry beside the mapped ones.
_SOURCE = {"source_file", "source_line", "source_hash", "source_fault", "source_text", "original"}
_ADDED = _SOURCE | {"day", "reason", "copy"}
_RESERVED = _ADDED | {"first_purchase", "timestamp_text", "amount_text", "amount_number", "outside_window"}


def _require_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression, {error}") from error


class PriceTable(Section):
    """Amounts of purchases that come without one, such as plans of a subscription."""

    column: Name
    """Canonical column that says what was bought."""
    amounts: Annotated[dict[str, float], Field(min_length=1)]
    """Price of each; a purchase of anything else has no amount and is set aside."""


class SourceConfig(Layout):
    """One source of transactions: a packaged data set, or files of one layout."""

    dataset: Literal["cdnow_master", "cdnow_sample"] | None = None
    """A data set that comes with the packages clv_ml depends on."""
    path: str | None = None
    """A file, folder or glob; relative paths start at `transactions.root`."""
    columns: dict[Name, str] = Field(default_factory=dict)
    """Canonical column to column in the files. customer_id, timestamp, and amount (or quantity and unit_price)
    are needed; order_id, currency, product, cost and any further attribute are optional."""
    prices: PriceTable | None = None
    """Prices of what was bought, where the files hold no amounts."""
    start: dt.datetime | None = None
    """Rows before this moment belong to another source; they are set aside as outside_source_window."""
    end: dt.datetime | None = None
    """Rows at or after this moment belong to another source."""

    @model_validator(mode="after")
    def _is_one_source(self) -> Self:
        if (self.dataset is None) == (self.path is None):
            raise ValueError("give either `dataset` or `path`")
        reserved = _RESERVED & set(self.columns)
        if reserved:
            raise ValueError(f"`columns` cannot map {', '.join(sorted(reserved))}: clv_ml adds a column of this name")
        if self.path is not None:
            absent = {"customer_id", "timestamp"} - set(self.columns)
            if absent:
                raise ValueError(f"`columns` must map {', '.join(sorted(absent))}")
            priced = self.prices is not None
            if not priced and "amount" not in self.columns and not {"quantity", "unit_price"} <= set(self.columns):
                raise ValueError("`columns` must map amount, or quantity and unit_price, or `prices` must give amounts")
            if self.prices is not None and ("amount" in self.columns or self.prices.column not in self.columns):
                raise ValueError("`prices` needs its `column` among `columns`, and no amount there")
        return self


class ExcludeRule(Section):
    """Rows that the business does not count as sales, such as bad-debt adjustments."""

    column: Name
    """Canonical column to look at."""
    matches: str
    """Regular expression that must match somewhere in the text of the column."""
    reason: Name
    """Reason code under which the rows are set aside."""

    @field_validator("matches")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        _require_pattern(pattern)
        return pattern


class ValueRule(Section):
    """What a column must hold; a row that breaks it is set aside and counts as bad."""

    column: Name
    """Canonical column to look at."""
    reason: Name
    """Reason code of the rows that break the rule."""
    required: bool = False
    """Whether the column may not be empty; an empty value keeps all that follows."""
    matches: str | None = None
    """Regular expression that must match somewhere in the text."""
    one_of: tuple[str, ...] = ()
    """The texts there are."""
    starts_with: Name | None = None
    """Column whose text this one must start with."""
    sum_of: tuple[Name, ...] = ()
    """Columns whose numbers sum to this one, to half a cent."""
    most_alike: Annotated[int, Field(ge=1)] | None = None
    """How many rows may hold one value; more of them hold a filler."""
    at_least: dt.date | float | None = None
    """Lowest number, or first day of a column of moments."""
    at_most: dt.date | float | None = None
    """Highest number, or last day."""

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.model_fields_set - {"column", "reason"}:
            raise ValueError(f"say what {self.column} must hold, such as `required: true` or `at_least: 0`")
        if self.matches is not None:
            _require_pattern(self.matches)
        return self


class Limits(Section):
    """How bad a table may be, and what becomes of a file that came twice."""

    max_bad_share: Share = 0.05
    """Largest share of rows that may break the contract before the job stops with exit code 3."""
    max_bad_share_by_reason: dict[Name, Share] = Field(default_factory=dict)
    """The same for single reasons, such as {unreadable_amount: 0.001}."""
    duplicate_files: Literal["quarantine", "keep", "refuse"] = "quarantine"
    """A file with the content of an earlier one, read in the same way: set aside as a whole, read once more, or an
    error."""
    rules: tuple[ValueRule, ...] = ()
    """What columns must hold beyond what every table must."""


class RowPolicy(Limits):
    """Which rows count."""

    refunds: Literal["net", "drop", "raise"] = "net"
    """Negative amounts: netted against spend, set aside, or an error."""
    zero_amounts: Literal["keep", "quarantine"] = "keep"
    """Rows of amount 0: a purchase occasion like any other, or set aside."""
    duplicates: Literal["quarantine", "keep"] = "quarantine"
    """Rows equal in every column, where order_id is mapped: the second and later copies."""
    exclude: tuple[ExcludeRule, ...] = ()
    """Rows that the business does not count as sales; set aside, and not counted as bad."""
    data_end: dt.date | None = None
    """Last day the data can speak of; later rows are set aside as after_data_end."""
    exchange_rates: dict[Currency, Annotated[float, Field(gt=0.0)]] = Field(default_factory=dict)
    """Where `currency` is mapped: what one unit of another currency is worth in that of the config, such as
    {EUR: 1.08}. Without any, amounts in another currency stop the job."""


class TransactionsConfig(RowPolicy):
    """Where transactions come from, and what counts as one."""

    root: Path = Path()
    """Folder where relative paths of sources start; itself relative to the config file."""
    sources: Annotated[tuple[SourceConfig, ...], Field(min_length=1)]
    """Each a packaged data set, or files of one layout; all of them together are the table."""


class SignalsConfig(Section):
    """What the events mean; event types that are named nowhere count as activity all the same."""

    key_actions: tuple[str, ...] = ()
    """Event types that count as activation; any activity where empty."""
    milestone_hours: tuple[Annotated[int, Field(ge=1, le=8760)], ...] = (24, 72, 168)
    """Activation within so many hours after the start (signup, else the first purchase or activity)."""
    minutes: tuple[str, ...] = ()
    """Event types whose value is a number of minutes."""
    counted: tuple[Name, ...] = ()
    """Event types that get features of their own."""
    contacts: tuple[str, ...] = ()
    """Event types the business sent (e-mails, campaigns): no activity of the customer."""
    responses: tuple[str, ...] = ()
    """Event types that answer a contact (opens, redemptions)."""

    @model_validator(mode="after")
    def _is_one_meaning(self) -> Self:
        sent = set(self.contacts) & {*self.key_actions, *self.minutes, *self.responses}
        if sent:
            raise ValueError(f"{', '.join(sorted(sent))}: sent by the business and done by the customer at once")
        if list(self.milestone_hours) != sorted(set(self.milestone_hours)):
            raise ValueError("milestone_hours must ascend without repeats")
        return self


class EventSourceConfig(FilesConfig):
    """One source of events."""

    event_type: Name | None = None
    """Type of every event of this source, where the files have no column for it."""

    @model_validator(mode="after")
    def _maps_what_is_needed(self) -> Self:
        absent = {"customer_id", "timestamp"} - self.mapped
        if absent:
            raise ValueError(f"`columns` must map {', '.join(sorted(absent))}")
        if ("event_type" in self.mapped) == (self.event_type is not None):
            raise ValueError("map event_type in `columns`, or give `event_type`")
        unknown = self.mapped - {"customer_id", "timestamp", "event_type", "value", "session_id", "surface"}
        if unknown:
            raise ValueError(f"events have no column {', '.join(sorted(unknown))}")
        return self


class EventsConfig(SignalsConfig, Limits):
    """Where events come from, and what they mean."""

    root: Path = Path()
    """Folder where relative paths of sources start; itself relative to the config file."""
    sources: Annotated[tuple[EventSourceConfig, ...], Field(min_length=1)]
    """Each files of one layout; all of them together are the table."""


class CustomersConfig(Limits):
    """A table of customers: when they signed up, and attributes known from then on."""

    root: Path = Path()
    """Folder where relative paths of sources start; itself relative to the config file."""
    sources: Annotated[tuple[FilesConfig, ...], Field(min_length=1)]
    """`columns` maps customer_id, signup_at (optional) and the attributes."""
    categories: tuple[Name, ...] = ()
    """Attributes that are names, such as country or channel; the model sees at most 50 of each."""
    numbers: tuple[Name, ...] = ()
    """Attributes that are numbers."""
    dates: tuple[Name, ...] = ()
    """Attributes that are days; the model sees how long ago they were."""

    @model_validator(mode="after")
    def _attributes_are_mapped(self) -> Self:
        attributes = (*self.categories, *self.numbers, *self.dates)
        for source in self.sources:
            absent = {"customer_id", *attributes} - source.mapped
            if absent:
                raise ValueError(f"`columns` of {source.path} must map {', '.join(sorted(absent))}")
            taken = (_ADDED | {f"{name}_text" for name in ("signup_at", *attributes)}) & source.mapped
            if taken:
                raise ValueError(f"`columns` cannot map {', '.join(sorted(taken))}: clv_ml adds a column of this name")
        named = ("customer_id", "signup_at", *attributes)
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)}: name an attribute once, and neither customer_id nor signup_at")
        return self
