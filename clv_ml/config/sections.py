"""The sections of a config: frozen classes that forbid unknown keys, with what each key means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from clv_ml.config.cohorts import CohortsConfig
from clv_ml.config.contacts import ContactsConfig
from clv_ml.config.deciding import RiskConfig
from clv_ml.config.features import FeaturesConfig
from clv_ml.config.gates import GatesConfig
from clv_ml.config.handover import HandoverConfig
from clv_ml.config.incremental import IncrementalConfig
from clv_ml.config.tables import CustomersConfig, EventsConfig, Name, Section, TransactionsConfig


def _require_ascending(horizons_days: Sequence[int]) -> None:
    if list(horizons_days) != sorted(set(horizons_days)):
        raise ValueError("horizons_days must ascend without repeats")


class SparkConfig(Section):
    """Where Spark is, for `kind: spark`; a session that is active already is taken as it is."""

    master: Annotated[str, Field(pattern=r"^(local(\[[^\]]+\])?|yarn|(spark|k8s|sc)://.+)$")] = "local[*]"
    """local[N], spark://host:port, yarn, k8s://..., or sc://host:port for Spark Connect."""
    app_name: Annotated[str, Field(min_length=1)] = "clv_ml"
    """What Spark's own pages call the job."""
    settings: dict[str, str] = Field(default_factory=dict)
    """Settings of a new session, such as spark.executor.memory."""
    spill: str | None = None
    """A folder or URL that all workers reach, for intermediate results; they are persisted in the workers where None,
    and written to a temporary folder where Spark is on this machine alone."""


class EngineConfig(Section):
    """What runs the data, and its limits; DuckDB's defaults (all cores, 80 % of memory) where None."""

    kind: Literal["duckdb", "spark"] = "duckdb"
    """duckdb: this machine; spark: a cluster, by the same definitions."""
    spark: SparkConfig = SparkConfig()
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)? ?(MB|MiB|GB|GiB|TB|TiB)$")] | None = None
    """Memory before spilling to disk, such as "4GB"."""
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Threads for data and for model training; results do not depend on it."""
    temp_directory: Path | None = None
    """Where to spill."""


class ValueConfig(Section):
    """Conventions of lifetime value."""

    horizon_days: Annotated[int, Field(ge=1, le=36500)] = 365
    """Days after the cutoff that count in a customer's value."""
    annual_discount_rate: Annotated[float, Field(ge=0.0, le=10.0)] = 0.10
    """What money is worth less a year later: 0.10 is ten percent, compounded by the day."""
    margin: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    """Share of spend that is profit."""
    cost_per_order: Annotated[float, Field(ge=0.0)] = 0.0
    """What an order costs beyond that, in currency, such as shipping; a value can then be below zero."""
    purchase_model: Literal["bgnbd", "mbgnbd", "pareto_nbd", "best"] = "bgnbd"
    """BG/NBD, modified BG/NBD (one-time buyers can leave too) or Pareto/NBD (about a hundred times slower); best = the
    one that made the purchases of the last main horizon before the cutoff likeliest, the BG/NBD in a tie."""


Alarm = Literal["refuse", "quarantine", "report"]


class AlarmsConfig(Section):
    """What becomes of a feature that cannot be right: stop the training, train without it, or only say so."""

    separates: Alarm = "refuse"
    """An attribute that alone tells churned from kept (AUC above `separates_above`): most likely set after the
    outcome."""
    separates_dated: Alarm = "report"
    """The same of a feature counted from dated records up to the cutoff: real where customers fall silent at once,
    wrong where the dates are."""
    separates_above: Annotated[float, Field(gt=0.5, le=1.0)] = 0.95
    """AUC of a single feature above which it is taken to know the outcome."""
    constant: Alarm = "quarantine"
    """A feature with one value in all training rows."""
    after_cutoff: Alarm = "refuse"
    """A date attribute after the cutoff of its row."""
    unseen_category: Alarm = "report"
    """At scoring: a category that training had not seen."""


class SufficiencyConfig(Section):
    """How early can we know: scores from the first days alone."""

    days: Annotated[tuple[Annotated[int, Field(ge=1, le=3650)], ...], Field(min_length=1)] = (1, 3, 7, 14, 30)
    """How many first days are known."""
    folds: Annotated[int, Field(ge=1, le=20)] = 3
    """Parts of the customers, by start, that are judged in turn, each by what was known when it started."""


class ChurnConfig(Section):
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
    max_training_rows: Annotated[int, Field(ge=1000)] = 3_000_000
    """Training rows (customers times past cutoffs) at most, about; of more a sample of the customers is learnt from.
    Three million rows of 60 features take about 3 GB."""
    min_rows_per_class: Annotated[int, Field(ge=1)] = 100
    """With fewer churned or fewer kept training rows, scores come from BG/NBD."""
    label: Literal["horizon", "own_gap"] = "horizon"
    """Churned = no purchase within the main horizon, or within the customer's own usual gap."""
    own_gap_quantile: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.9
    """The usual gap: this quantile of the customer's gaps between purchases; of everybody's where there are fewer
    than three; never longer than the main horizon."""
    monotone: bool = True
    """Hold the trees to signs that are known (longer silence, more churn) where that costs nothing later in time."""
    tuning_trials: Annotated[int, Field(ge=0, le=1000)] = 0
    """Trials of LightGBM settings by optuna; the default settings where 0."""
    alarms: AlarmsConfig = AlarmsConfig()

    @model_validator(mode="after")
    def _horizons_ascend(self) -> Self:
        _require_ascending(self.horizons_days)
        return self

    @property
    def main_horizon_days(self) -> int:
        """The horizon that ranks and judges."""
        return self.horizons_days[-1]


class BacktestConfig(Section):
    """Past cutoffs at which the whole method is tried on what came after."""

    cutoffs: tuple[dt.date, ...] | None = None
    """Days to judge from; where None, `periods` cutoffs one main horizon apart, the last with a complete future."""
    periods: Annotated[int, Field(ge=1, le=100)] = 1
    """How many cutoffs there are where `cutoffs` is None."""


class ForecastConfig(Section):
    """What each training and scoring promises for its cohorts, to be judged by a later review."""

    horizons_days: Annotated[tuple[Annotated[int, Field(ge=1, le=3650)], ...], Field(min_length=1)] = (
        30,
        90,
        180,
        365,
    )
    """Days ahead that each cohort is forecast."""
    cohort_by: str = "first_purchase_month"
    """first_purchase_month, start_month (signup, first purchase or first activity, where events or customers are
    given), or a category of the customers."""
    churn_from: Literal["purchase_model", "classifier"] = "purchase_model"
    """Where a cohort's churn comes from. The classifier ranks customers better; how far off its rates by cohort are is
    not measured beforehand, and the purchase model knows every horizon. A backtest tells both."""
    error_cutoffs: Annotated[int, Field(ge=0, le=100)] = 4
    """Past cutoffs, one main horizon apart, that tell how far off the value models have been; they widen the bands."""

    @model_validator(mode="after")
    def _horizons_ascend(self) -> Self:
        _require_ascending(self.horizons_days)
        return self


class DriftConfig(Section):
    """When a scoring is told to differ from the training."""

    psi_alert: Annotated[float, Field(gt=0.0)] = 0.25
    """Population stability index of a feature or score from which on it alerts; 0.1 to 0.25 is worth a look."""
    bins: Annotated[int, Field(ge=2, le=100)] = 10
    """Parts of equal size, by the training's customers, that the index compares."""
    churn_points: Annotated[float, Field(gt=0.0, le=100.0)] = 5.0
    """Percentage points by which a cohort's churn may differ from its own baseline, beyond chance, before it alerts."""
    min_customers: Annotated[int, Field(ge=1)] = 50
    """Smaller cohorts are told and never alert."""


class TrackingConfig(Section):
    """The MLflow store."""

    uri: str | None = None
    """Tracking address; a SQLite file under `store` where None."""
    store: Path = Path("models")
    """Folder of the local store, its artifacts, the model bundles and the runs that wait to be uploaded."""
    promote: Literal["never", "if-better", "always"] = "if-better"
    """Whether a new model becomes the champion: if-better compares it with the champion on the backtest cutoffs."""


class OutputConfig(Section):
    """Where results are written."""

    dir: Path = Path("output")
    """Folder for everything but models and runs; relative to where the command is run."""
    keep_runs: Annotated[int, Field(ge=1)] | None = 100
    """How many runs of score stay, the newest days first; all where None. The run that latest.json points to and the
    newest run of each of the last three days always stay. A list is judged, and a campaign measured, by the lists of
    then: keep runs for longer than the main horizon."""
    lock_wait_seconds: Annotated[float, Field(ge=0.0, le=86_400.0)] = 600.0
    """How long a score waits for another one that writes to the same folder."""
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}([_-][A-Za-z]+)*$")] = "en"
    """Language of the list; its page can be switched to the others."""


class Config(Section):
    """Everything a job needs to know."""

    name: Name
    """Name of the experiment and of the registered model."""
    transactions: TransactionsConfig
    events: EventsConfig | None = None
    """What customers do beside buying: where events come from, and what they mean. Optional."""
    customers: CustomersConfig | None = None
    """A table of customers: when they signed up, and attributes known from then on. Optional."""
    contacts: ContactsConfig = ContactsConfig()
    gates: GatesConfig = GatesConfig()
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    """Currency of all amounts (ISO 4217)."""
    cutoff: dt.date | None = None
    """Last day of history for training; the last day of the data where None."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 42
    """Where chance is drawn from: the same seed gives the same results."""
    engine: EngineConfig = EngineConfig()
    value: ValueConfig = ValueConfig()
    churn: ChurnConfig = ChurnConfig()
    features: FeaturesConfig = FeaturesConfig()
    backtest: BacktestConfig = BacktestConfig()
    sufficiency: SufficiencyConfig | None = None
    """How early can we know: `backtest` also scores customers from their first days alone. Optional."""
    forecast: ForecastConfig = ForecastConfig()
    drift: DriftConfig = DriftConfig()
    cohorts: CohortsConfig = CohortsConfig()
    risk: RiskConfig = RiskConfig()
    handover: HandoverConfig = HandoverConfig()
    tracking: TrackingConfig = TrackingConfig()
    output: OutputConfig = OutputConfig()
    incremental: IncrementalConfig = IncrementalConfig()
