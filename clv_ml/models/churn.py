"""LightGBM churn classifier: P(no purchase within each horizon), learnt from snapshots at past cutoffs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv_ml.errors import DataError, missing_columns
from clv_ml.models._lightgbm import lightgbm
from clv_ml.models.calibration import PlattScaling, log_loss
from clv_ml.models.folds import TimeFolds, split_by_time

Floats = npt.NDArray[np.float64]

_MAX_ROUNDS = 400
_DEFAULT_ROUNDS = 60  # where no later snapshot is left to stop on
_PATIENCE = 30
_THREADS = re.compile(r"\[num_threads: \d+\]")
_PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 15,
    "max_bin": 63,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True)
class HorizonFacts:
    """How the classifier of one horizon came about."""

    horizon_days: int
    rounds: int
    rounds_from: str
    rows: int
    churned_share: float
    calibrated: bool
    log_loss_raw: float | None
    log_loss_calibrated: float | None
    fit_cutoffs: list[str]
    stop_cutoff: str | None
    judge_cutoff: str | None


class ChurnModel:
    """One gradient-boosted classifier a horizon; the probabilities never increase with the horizon.

    Training is ordered in time with a full horizon between the parts: fit < stop (early stopping, and
    calibration is fitted here) < judge (calibration is kept only if it lowers the log loss here). Then the trees are
    grown once more on all snapshots, with the number of rounds found.

    Parameters
    ----------
    horizons_days
        Ascending; the last is the main one.
    seed
        Of feature and row sampling.
    threads
        For training; the result does not depend on it. All cores where None.

    Attributes
    ----------
    features_ : tuple of str
        Columns the model reads, in this order.
    facts_ : tuple of HorizonFacts
    """

    def __init__(
        self, *, horizons_days: Sequence[int] = (30, 60, 90), seed: int = 42, threads: int | None = None
    ) -> None:
        self.horizons_days = tuple(horizons_days)
        self.seed = seed
        self.threads = threads
        self.features_: tuple[str, ...] = ()
        self.facts_: tuple[HorizonFacts, ...] = ()
        self._boosters: dict[int, Any] = {}
        self._scalings: dict[int, PlattScaling | None] = {}

    def fit(self, snapshots: pd.DataFrame, *, features: Sequence[str]) -> Self:
        """Learn from customers seen at several cutoffs.

        Parameters
        ----------
        snapshots
            One row a customer and cutoff, in any order: customer_id, cutoff (date), the features (numbers or NaN),
            churned_H (0 or 1) for each horizon H.
        features
            Columns to learn from.

        Raises
        ------
        DataError
            If a column is missing, there are no rows, or a horizon has only one class.
        """
        labels = [f"churned_{horizon}" for horizon in self.horizons_days]
        needed = ["customer_id", "cutoff", *features, *labels]
        absent = [name for name in needed if name not in snapshots.columns]
        if absent:
            raise missing_columns("snapshots", absent, snapshots.columns, "Build them with one training call.")
        if snapshots.empty:
            raise DataError("snapshots: there are no rows to learn from")
        rows = snapshots.sort_values(["cutoff", "customer_id"], kind="stable", ignore_index=True)
        self.features_ = tuple(features)
        matrix = _matrix(rows, self.features_)
        cutoffs = [_as_day(value) for value in rows["cutoff"]]
        folds = split_by_time(cutoffs, embargo_days=self.horizons_days[-1])
        facts = []
        for horizon, label in zip(self.horizons_days, labels, strict=True):
            churned = rows[label].to_numpy(dtype=np.float64)
            if len(np.unique(churned)) < 2:
                raise DataError(
                    f"snapshots: {label} is {churned[0]:.0f} in all {len(rows)} rows, nothing to tell apart"
                )
            facts.append(self._fit_horizon(horizon, matrix, churned, folds))
        self.facts_ = tuple(facts)
        return self

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return P(no purchase in the next H days) for each horizon H.

        Parameters
        ----------
        features
            One row a customer, with the columns the model was fitted on.

        Returns
        -------
        pandas.DataFrame
            Indexed like `features`: p_churn_30d, ... in [0, 1], never increasing with the horizon.

        Raises
        ------
        DataError
            If a column is missing.
        """
        absent = [name for name in self.features_ if name not in features.columns]
        if absent:
            raise missing_columns("features", absent, features.columns, "Score with the features of training.")
        matrix = _matrix(features, self.features_)
        floor = np.zeros(len(features))
        columns: dict[str, Floats] = {}
        for horizon in reversed(self.horizons_days):
            # who stays away for 90 days also stays away for 30: the shorter horizon is at least as likely
            floor = np.maximum(floor, self._probability(horizon, matrix))
            columns[f"p_churn_{horizon}d"] = floor
        ordered = {f"p_churn_{h}d": columns[f"p_churn_{h}d"] for h in self.horizons_days}
        return pd.DataFrame(ordered, index=features.index)

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return each feature's exact share (TreeSHAP) in the log odds of the main horizon, and the base value."""
        booster = self._boosters[self.horizons_days[-1]]
        raw = booster.predict(_matrix(features, self.features_), pred_contrib=True) if len(features) else None
        return pd.DataFrame(raw, index=features.index, columns=[*self.features_, "base_value"])

    def importance(self) -> pd.Series[float]:
        """Return each feature's share in the gain of the main horizon's trees, largest first."""
        gain = self._boosters[self.horizons_days[-1]].feature_importance(importance_type="gain")
        shares = pd.Series(gain / max(gain.sum(), 1e-300), index=pd.Index(self.features_, name="feature"), name="gain")
        return shares.sort_values(ascending=False, kind="stable")

    def to_files(self) -> dict[str, str]:
        """Return the trees as LightGBM text, by file name."""
        # the thread count is written into the text, though the trees do not depend on it
        return {
            f"churn_{horizon}d.txt": _THREADS.sub("[num_threads: 0]", self._boosters[horizon].model_to_string())
            for horizon in self.horizons_days
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the trees as JSON-safe values."""
        return {
            "horizons_days": list(self.horizons_days),
            "seed": self.seed,
            "features": list(self.features_),
            "facts": [asdict(fact) for fact in self.facts_],
            "scalings": {
                str(horizon): None if scaling is None else scaling.to_dict()
                for horizon, scaling in self._scalings.items()
            },
        }

    @classmethod
    def from_files(cls, data: Mapping[str, Any], files: Mapping[str, str]) -> Self:
        """Rebuild a model from :meth:`to_dict` and :meth:`to_files`."""
        model = cls(horizons_days=tuple(data["horizons_days"]), seed=int(data["seed"]))
        model.features_ = tuple(data["features"])
        model.facts_ = tuple(HorizonFacts(**fact) for fact in data["facts"])
        for horizon in model.horizons_days:
            model._boosters[horizon] = lightgbm().Booster(model_str=files[f"churn_{horizon}d.txt"])
            scaling = data["scalings"][str(horizon)]
            model._scalings[horizon] = None if scaling is None else PlattScaling(**scaling)
        return model

    def _fit_horizon(self, horizon: int, matrix: Floats, churned: Floats, folds: TimeFolds) -> HorizonFacts:
        rounds, origin = _DEFAULT_ROUNDS, "default"
        scaling: PlattScaling | None = None
        before = after = None
        fit, stop, judge = folds.fit, folds.stop, folds.judge
        if len(stop) and len(np.unique(churned[fit])) == 2 and len(np.unique(churned[stop])) == 2:
            trial = self._train(matrix[fit], churned[fit], _MAX_ROUNDS, matrix[stop], churned[stop])
            rounds, origin = max(int(trial.best_iteration), 1), "early stopping on a later cutoff"
            if len(judge):
                candidate = PlattScaling.fit(trial.predict(matrix[stop]), churned[stop])
                raw = trial.predict(matrix[judge])
                before, after = log_loss(churned[judge], raw), log_loss(churned[judge], candidate.apply(raw))
                scaling = candidate if after < before else None
        self._boosters[horizon] = self._train(matrix, churned, rounds)
        self._scalings[horizon] = scaling
        return HorizonFacts(
            horizon_days=horizon,
            rounds=rounds,
            rounds_from=origin,
            rows=len(churned),
            churned_share=float(churned.mean()),
            calibrated=scaling is not None,
            log_loss_raw=before,
            log_loss_calibrated=after,
            fit_cutoffs=[day.isoformat() for day in folds.fit_cutoffs],
            stop_cutoff=folds.stop_cutoff.isoformat() if folds.stop_cutoff else None,
            judge_cutoff=folds.judge_cutoff.isoformat() if folds.judge_cutoff else None,
        )

    def _train(
        self,
        matrix: Floats,
        churned: Floats,
        rounds: int,
        later_matrix: Floats | None = None,
        later_churned: Floats | None = None,
    ) -> Any:
        lgb = lightgbm()
        parameters = {
            **_PARAMETERS,
            "seed": self.seed,
            "num_threads": self.threads or 0,
            "min_data_in_leaf": int(np.clip(len(churned) // 500, 5, 200)),
        }
        names = [str(name) for name in self.features_]
        data = lgb.Dataset(matrix, label=churned, feature_name=names, params=parameters)
        if later_matrix is None:
            return lgb.train(parameters, data, num_boost_round=rounds)
        later = lgb.Dataset(later_matrix, label=later_churned, reference=data)
        stop = lgb.early_stopping(_PATIENCE, verbose=False)
        return lgb.train(parameters, data, num_boost_round=rounds, valid_sets=[later], callbacks=[stop])

    def _probability(self, horizon: int, matrix: Floats) -> Floats:
        if len(matrix) == 0:
            return np.zeros(0)
        raw = np.asarray(self._boosters[horizon].predict(matrix), dtype=np.float64)
        scaling = self._scalings[horizon]
        return raw if scaling is None else scaling.apply(raw)


def _matrix(rows: pd.DataFrame, features: Sequence[str]) -> Floats:
    return rows[list(features)].to_numpy(dtype=np.float64, na_value=np.nan)


def _as_day(value: Any) -> dt.date:
    return pd.Timestamp(value).date()
