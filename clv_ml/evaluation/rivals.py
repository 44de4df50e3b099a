"""Scores that the classifier must beat: simpler ones, and itself without the engagement data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv_ml.config import Config
from clv_ml.decisions.exclusions import silence_days
from clv_ml.evaluation.logistic import LogisticBaseline
from clv_ml.models.calibration import PlattScaling
from clv_ml.models.churn import ChurnModel
from clv_ml.models.fitting import FittedModels, fit_churn, trusted_features
from clv_ml.models.scoring import own_gap_probability, purchase_model_probabilities
from clv_ml.models.training_rows import Progress, with_model_features
from clv_ml.snapshot.tables import Tables

SILENCE = "days_since_last"
LOGISTIC = "logistic"
PURCHASES_ONLY = "lightgbm_purchases"
FULL = "lightgbm"


@dataclass(frozen=True)
class Rivals:
    """Baselines fitted on the same training rows as the classifier; None where those do not allow one.

    Attributes
    ----------
    silence
        P(churn) from the days since the last purchase or activity: one curve, so that it ranks like those days.
    logistic
        Logistic regression on RFM.
    purchases_only
        The classifier without engagement; None where there are no events, and no difference.
    """

    silence: PlattScaling | None
    logistic: LogisticBaseline | None
    purchases_only: ChurnModel | None


def fit_rivals(snapshots: pd.DataFrame, config: Config, tables: Tables, *, progress: Progress) -> Rivals:
    """Fit the baselines on the classifier's training rows."""
    label = main_label(config)
    if snapshots.empty or snapshots[label].nunique() < 2:
        return Rivals(None, None, None)
    # the latest rows alone: a curve over all of them would mix customers of very different ages
    latest = snapshots[snapshots["cutoff"] == snapshots["cutoff"].max()]
    silence = None
    if latest[label].nunique() == 2:
        silence = PlattScaling.fit(_squashed(silence_days(latest)), latest[label].to_numpy(dtype=np.float64))
    purchases_only = None
    if tables.events is not None:
        progress("training the classifier without engagement, to compare with")
        trusted, _ = trusted_features(snapshots, tables, config)
        kept = [name for name in trusted if name not in tables.engagement_features]
        purchases_only, _ = fit_churn(snapshots, config, features=kept, categories=tables.categories)
    return Rivals(silence, _logistic(snapshots, config), purchases_only)


def rival_probabilities(
    rivals: Rivals, models: FittedModels, customers: pd.DataFrame, scores: pd.DataFrame, config: Config
) -> pd.DataFrame:
    """Return P(churn) by every score there is, one column each, indexed like `customers`."""
    horizon = config.churn.main_horizon_days
    columns: dict[str, pd.Series[float]] = {}
    if rivals.silence is not None:
        columns[SILENCE] = pd.Series(rivals.silence.apply(_squashed(silence_days(customers))), index=customers.index)
    if config.churn.label == "own_gap":
        columns[models.purchases.KIND] = own_gap_probability(models, customers)
    else:
        told = purchase_model_probabilities(models, customers, [horizon])
        columns[models.purchases.KIND] = told[f"p_churn_{horizon}d"]
    if rivals.logistic is not None:
        columns[LOGISTIC] = rivals.logistic.predict(customers)
    if rivals.purchases_only is not None:
        featured = with_model_features(customers, models.purchases, horizon)
        columns[PURCHASES_ONLY] = rivals.purchases_only.predict(featured)[main_score(config)]
    if models.churn is not None:
        columns[FULL] = scores[main_score(config)]
    return pd.DataFrame(columns)


def main_label(config: Config) -> str:
    """Name the outcome that the config judges by."""
    return "churned_own" if config.churn.label == "own_gap" else f"churned_{config.churn.main_horizon_days}"


def main_score(config: Config) -> str:
    """Name the probability that ranks."""
    return "p_churn_own" if config.churn.label == "own_gap" else f"p_churn_{config.churn.main_horizon_days}d"


def _logistic(snapshots: pd.DataFrame, config: Config) -> LogisticBaseline | None:
    if config.churn.label == "own_gap":
        rows = snapshots.assign(**{f"churned_{config.churn.main_horizon_days}": snapshots["churned_own"]})
        return LogisticBaseline.fit(rows, horizon_days=config.churn.main_horizon_days)
    return LogisticBaseline.fit(snapshots, horizon_days=config.churn.main_horizon_days)


def _squashed(days: pd.Series[float]) -> npt.NDArray[np.float64]:
    """Days d to (1 + d) / (2 + d), whose log odds are log(1 + d)."""
    d = days.to_numpy(dtype=np.float64)
    return np.asarray((1 + d) / (2 + d))
