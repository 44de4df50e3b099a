"""The sections of a config: frozen classes that forbid unknown keys, with what each key means."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

ENVIRONMENT_PREFIX = "CLV_ML__"
# Names of columns that the tables carry beside the mapped ones.
_RESERVED = {"day", "reason", "copy", "first_purchase", "timestamp_text", "amount_text", "amount_number"}
_RESERVED |= {"source_file", "source_line", "source_hash", "outside_window"}

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class EngineConfig(_Section):
    """Limits of the data engine; DuckDB's defaults (all cores, 80 % of memory) where None."""

    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)? ?(MB|MiB|GB|GiB|TB|TiB)$")] | None = None
    """Memory before spilling to disk, such as "4GB"."""
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Threads for data and for model training; results do not depend on it."""
    temp_directory: Path | None = None
    """Where to spill."""


class SourceConfig(_Section):
    """One source of transactions: a packaged data set, or files of one layout."""

    dataset: Literal["cdnow_master", "cdnow_sample"] | None = None
    """A data set that comes with the packages clv_ml depends on."""
    path: str | None = None
    """A file, folder or glob; relative paths start at `transactions.root`."""
    format: Literal["csv", "parquet"] | None = None
    """File format; told from the file names where None."""
    columns: dict[Name, str] = {}
    """Canonical column to column in the files. customer_id, timestamp, and amount (or quantity and unit_price)
    are needed; order_id, product, cost and any further attribute are optional."""
    timestamp_format: str | None = None
    """strptime pattern where timestamps are not ISO 8601, such as "%d/%m/%Y" or "%Y%m%d"."""
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
            if "amount" not in self.columns and not {"quantity", "unit_price"} <= set(self.columns):
                raise ValueError("`columns` must map amount, or quantity and unit_price")
        return self


class ExcludeRule(_Section):
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
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression, {error}") from error
        return pattern


class RowPolicy(_Section):
    """Which rows count."""

    refunds: Literal["net", "drop", "raise"] = "net"
    """Negative amounts: netted against spend, set aside, or an error."""
    zero_amounts: Literal["keep", "quarantine"] = "keep"
    """Rows of amount 0: a purchase occasion like any other, or set aside."""
    duplicates: Literal["quarantine", "keep"] = "quarantine"
    """Rows equal in every column, where order_id is mapped: the second and later copies."""
    exclude: tuple[ExcludeRule, ...] = ()
    data_end: dt.date | None = None
    """Last day the data can speak of; later rows are set aside as after_data_end."""
    max_bad_share: Share = 0.05
    """Largest share of rows that may break the contract before the job stops with exit code 3."""


class TransactionsConfig(RowPolicy):
    """Where transactions come from, and what counts as one."""

    root: Path = Path()
    """Folder where relative paths of sources start; itself relative to the config file."""
    sources: Annotated[tuple[SourceConfig, ...], Field(min_length=1)]


class ValueConfig(_Section):
    """Conventions of lifetime value."""

    horizon_days: Annotated[int, Field(ge=1, le=36500)] = 365
    annual_discount_rate: Annotated[float, Field(ge=0.0, le=10.0)] = 0.10
    margin: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    """Share of spend that is profit."""
    cost_per_order: Annotated[float, Field(ge=0.0)] = 0.0
    """What an order costs beyond that, in currency, such as shipping; a value can then be below zero."""
    purchase_model: Literal["bgnbd", "mbgnbd", "pareto_nbd", "best"] = "bgnbd"
    """BG/NBD, modified BG/NBD (one-time buyers can leave too) or Pareto/NBD (about a hundred times slower); best = the
    one that made the purchases of the last main horizon before the cutoff likeliest, the BG/NBD in a tie."""


class ChurnConfig(_Section):
    """The churn classifier and the snapshots it learns from."""

    horizons_days: Annotated[tuple[Annotated[int, Field(ge=1, le=3650)], ...], Field(min_length=1)] = (
        30,
        60,
        90,
    )
    """Churned = no purchase within the horizon; the longest is the main one."""
    snapshot_every_days: Annotated[int, Field(ge=1)] = 30
    """Days between the past cutoffs that training looks back from."""
    max_snapshots: Annotated[int, Field(ge=1, le=200)] = 12
    """How many past cutoffs at most."""
    min_rows_per_class: Annotated[int, Field(ge=1)] = 100
    """With fewer churned or fewer kept training rows, scores come from BG/NBD."""

    @model_validator(mode="after")
    def _horizons_ascend(self) -> Self:
        if list(self.horizons_days) != sorted(set(self.horizons_days)):
            raise ValueError("horizons_days must ascend without repeats")
        return self

    @property
    def main_horizon_days(self) -> int:
        """The horizon that ranks and judges."""
        return self.horizons_days[-1]


class BacktestConfig(_Section):
    """Past cutoffs at which the whole method is tried on what came after."""

    cutoffs: tuple[dt.date, ...] | None = None
    """Days to judge from; where None, `periods` cutoffs one main horizon apart, the last with a complete future."""
    periods: Annotated[int, Field(ge=1, le=100)] = 1


class RiskConfig(_Section):
    """Who is on the risk list, and in what order."""

    high_value_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.20
    """Share of customers, by expected CLV, that counts as high-value and is listed."""
    capacity: Annotated[int, Field(ge=0)] | None = None
    """How many customers can be contacted before valid_until; all where None."""
    valid_days: Annotated[int, Field(ge=1)] = 7
    """Days until the list must be refreshed."""


class TrackingConfig(_Section):
    """The MLflow store."""

    uri: str | None = None
    """Tracking address; a SQLite file under `store` where None."""
    store: Path = Path("models")
    """Folder of the local store, its artifacts and the model bundles."""


class OutputConfig(_Section):
    """Where results are written."""

    dir: Path = Path("output")


class Config(_Section):
    """Everything a job needs to know."""

    name: Name
    """Name of the experiment and of the registered model."""
    transactions: TransactionsConfig
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    cutoff: dt.date | None = None
    """Last day of history for training; the last day of the data where None."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 42
    engine: EngineConfig = EngineConfig()
    value: ValueConfig = ValueConfig()
    churn: ChurnConfig = ChurnConfig()
    backtest: BacktestConfig = BacktestConfig()
    risk: RiskConfig = RiskConfig()
    tracking: TrackingConfig = TrackingConfig()
    output: OutputConfig = OutputConfig()
