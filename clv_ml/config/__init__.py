"""The config of a job: frozen classes that forbid unknown keys; YAML, environment and arguments only fill them.

Later wins: defaults < YAML file < environment (``CLV_ML__OUTPUT__DIR=/data/out``) < arguments
(``--set output.dir=/data/out``).
"""

from clv_ml.config.cohorts import AcquisitionCost, CohortAlerts, CohortsConfig, Scenario
from clv_ml.config.contacts import ContactsConfig
from clv_ml.config.deciding import (
    ActionRule,
    ControlConfig,
    Economics,
    ExclusionConfig,
    RiskConfig,
    SegmentEconomics,
)
from clv_ml.config.features import FeaturesConfig
from clv_ml.config.files import FilesConfig, Layout, LookupConfig
from clv_ml.config.gates import GatesConfig
from clv_ml.config.handover import AudienceConfig, DatabaseConfig, HandoverConfig, PersonalConfig, PseudonymConfig
from clv_ml.config.incremental import IncrementalConfig
from clv_ml.config.loading import ENVIRONMENT_PREFIX, build_config, load_config
from clv_ml.config.sections import (
    AlarmsConfig,
    BacktestConfig,
    ChurnConfig,
    Config,
    DriftConfig,
    EngineConfig,
    ForecastConfig,
    OutputConfig,
    SparkConfig,
    SufficiencyConfig,
    TrackingConfig,
    ValueConfig,
)
from clv_ml.config.tables import (
    CustomersConfig,
    EventsConfig,
    EventSourceConfig,
    ExcludeRule,
    Limits,
    PriceTable,
    RowPolicy,
    SignalsConfig,
    SourceConfig,
    TransactionsConfig,
    ValueRule,
)

__all__ = [
    "ENVIRONMENT_PREFIX",
    "AcquisitionCost",
    "ActionRule",
    "AlarmsConfig",
    "AudienceConfig",
    "BacktestConfig",
    "ChurnConfig",
    "CohortAlerts",
    "CohortsConfig",
    "Config",
    "ContactsConfig",
    "ControlConfig",
    "CustomersConfig",
    "DatabaseConfig",
    "DriftConfig",
    "Economics",
    "EngineConfig",
    "EventSourceConfig",
    "EventsConfig",
    "ExcludeRule",
    "ExclusionConfig",
    "FeaturesConfig",
    "FilesConfig",
    "ForecastConfig",
    "GatesConfig",
    "HandoverConfig",
    "IncrementalConfig",
    "Layout",
    "Limits",
    "LookupConfig",
    "OutputConfig",
    "PersonalConfig",
    "PriceTable",
    "PseudonymConfig",
    "RiskConfig",
    "RowPolicy",
    "Scenario",
    "SegmentEconomics",
    "SignalsConfig",
    "SourceConfig",
    "SparkConfig",
    "SufficiencyConfig",
    "TrackingConfig",
    "TransactionsConfig",
    "ValueConfig",
    "ValueRule",
    "build_config",
    "load_config",
]
