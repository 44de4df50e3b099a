"""The story of each job: validate, train, backtest, score, review, measure, cohorts."""

from clv_ml.pipeline.backtesting import BacktestResult, CohortBacktest, backtest_only
from clv_ml.pipeline.cohorts import CohortsResult, cohorts
from clv_ml.pipeline.contact_reading import campaign_contacts, configured_contacts
from clv_ml.pipeline.drift import DriftResult, drift
from clv_ml.pipeline.measuring import MeasureResult, measure
from clv_ml.pipeline.prepared import Prepared, prepare, silent, validate
from clv_ml.pipeline.review import Judged, Pending, ReviewResult, review
from clv_ml.pipeline.scoring import ScoreResult, score
from clv_ml.pipeline.table_scoring import score_transactions
from clv_ml.pipeline.training import TrainResult, train

__all__ = [
    "BacktestResult",
    "CohortBacktest",
    "CohortsResult",
    "DriftResult",
    "Judged",
    "MeasureResult",
    "Pending",
    "Prepared",
    "ReviewResult",
    "ScoreResult",
    "TrainResult",
    "backtest_only",
    "campaign_contacts",
    "cohorts",
    "configured_contacts",
    "drift",
    "measure",
    "prepare",
    "review",
    "score",
    "score_transactions",
    "silent",
    "train",
    "validate",
]
