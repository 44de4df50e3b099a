"""The config of a job: frozen classes that forbid unknown keys; YAML, environment and arguments only fill them.

Later wins: defaults < YAML file < environment (``CLV_ML__OUTPUT__DIR=/data/out``) < arguments
(``--set output.dir=/data/out``).
"""

from clv_ml.config.loading import ENVIRONMENT_PREFIX, build_config, load_config
from clv_ml.config.sections import (
    BacktestConfig,
    ChurnConfig,
    Config,
    EngineConfig,
    ExcludeRule,
    OutputConfig,
    RiskConfig,
    RowPolicy,
    SourceConfig,
    TrackingConfig,
    TransactionsConfig,
    ValueConfig,
)

__all__ = [
    "ENVIRONMENT_PREFIX",
    "BacktestConfig",
    "ChurnConfig",
    "Config",
    "EngineConfig",
    "ExcludeRule",
    "OutputConfig",
    "RiskConfig",
    "RowPolicy",
    "SourceConfig",
    "TrackingConfig",
    "TransactionsConfig",
    "ValueConfig",
    "build_config",
    "load_config",
]
