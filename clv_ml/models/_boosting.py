"""Boosted trees that learn one yes or no from snapshots, and the facts of how they came about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clv_ml.models._horizon_facts import HorizonFacts
from clv_ml.models._lightgbm import lightgbm
from clv_ml.models.calibration import PlattScaling, log_loss
from clv_ml.models.folds import TimeFolds

Floats = npt.NDArray[np.float64]
Settings = Mapping[str, float]

MAX_ROUNDS = 400
_PATIENCE = 30
_ENOUGH_TO_CALIBRATE = 500  # rows in the smaller class; a line through fewer cost more than it gave
_ODD = re.compile(r"[^\w.+-]")
_THREADS = re.compile(r"\[num_threads: \d+\]")
_ALWAYS: dict[str, Any] = {
    "objective": "binary",
    "max_bin": 63,
    "bagging_freq": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Recipe:
    """How trees are grown, whatever they learn.

    Attributes
    ----------
    features, categories, signs
        Names of the columns; the positions of those that hold codes of categories; and +1 or -1 where a feature may
        only raise or lower the outcome, 0 elsewhere.
    cautious
        Few rows: small trees, grown slowly, that answer to many rows each.
    settings
        LightGBM settings in place of the usual ones.
    """

    features: tuple[str, ...]
    categories: tuple[int, ...] = ()
    signs: tuple[int, ...] = ()
    seed: int = 42
    threads: int | None = None
    cautious: bool = False
    settings: Settings = field(default_factory=dict)

    def usual_settings(self, rows: int) -> dict[str, float]:
        """Return the settings where none are given, for so many training rows."""
        sampled = {"feature_fraction": 0.5, "bagging_fraction": 0.5}
        if self.cautious:
            leaf = int(np.clip(rows // 200, 20, 100))
            # random thresholds: the best of many on few rows is mostly luck
            small = {"num_leaves": 4, "min_data_in_leaf": leaf, "lambda_l2": 30.0, "extra_trees": True}
            return {"learning_rate": 0.05, **small, **sampled}
        leaf = int(np.clip(rows // 500, 5, 200))
        usual = {"num_leaves": 15, "min_data_in_leaf": leaf, "lambda_l2": 5.0, "extra_trees": False}
        return {"learning_rate": 0.1, **usual, **sampled}

    @property
    def rounds_without_a_later_snapshot(self) -> int:
        """How many trees where no later snapshot tells when to stop."""
        return 150 if self.cautious else 60


@dataclass(frozen=True)
class Classifier:
    """P(outcome) of each row: trees and, where it won, a calibration; or one constant."""

    booster: Any
    scaling: PlattScaling | None = None
    constant: float | None = None

    def probability(self, matrix: Floats) -> Floats:
        """Return probabilities, shape (rows,)."""
        if self.constant is not None or len(matrix) == 0:
            return np.full(len(matrix), self.constant or 0.0)
        raw = np.asarray(self.booster.predict(matrix), dtype=np.float64)
        return raw if self.scaling is None else self.scaling.apply(raw)

    def contributions(self, matrix: Floats) -> Floats:
        """Return the exact share (TreeSHAP) of each feature and of the base in the log odds of the probability.

        Shape (rows, features + 1). A calibration is a straight line on the log odds, so it stretches every share.
        """
        shares = np.asarray(self.booster.predict(matrix, pred_contrib=True), dtype=np.float64)
        if self.scaling is not None:
            shares = shares * self.scaling.slope
            shares[:, -1] += self.scaling.intercept
        return shares

    def text(self) -> str:
        """Return the trees as LightGBM text."""
        # the thread count is written into the text, though the trees do not depend on it
        return _THREADS.sub("[num_threads: 0]", self.booster.model_to_string())

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the trees as JSON-safe values."""
        scaling = None if self.scaling is None else self.scaling.to_dict()
        return {"scaling": scaling, "constant": self.constant}

    @classmethod
    def from_text(cls, data: Mapping[str, Any], text: str | None) -> Classifier:
        """Rebuild a classifier from :meth:`to_dict` and :meth:`text`."""
        booster = None if text is None else lightgbm().Booster(model_str=text)
        scaling = None if data["scaling"] is None else PlattScaling(**data["scaling"])
        return cls(booster, scaling, data["constant"])


@dataclass(frozen=True)
class _Trial:
    """Trees grown on the fit part, with the number of rounds that the stop part asked for."""

    recipe: Recipe
    booster: Any
    rounds: int
    later_loss: float


def grow(
    matrix: Floats, outcome: Floats, recipe: Recipe, rounds: int, later: tuple[Floats, Floats] | None = None
) -> Any:
    """Grow trees; with `later` rows and outcomes, stop where the log loss there has not fallen for 30 rounds."""
    lgb = lightgbm()
    parameters = {
        **_ALWAYS,
        **recipe.usual_settings(len(outcome)),
        **recipe.settings,
        "seed": recipe.seed,
        "num_threads": recipe.threads or 0,
    }
    if any(recipe.signs):
        parameters["monotone_constraints"] = list(recipe.signs)
    data = lgb.Dataset(
        matrix,
        label=outcome,
        feature_name=plain_names(recipe.features),
        categorical_feature=list(recipe.categories),
        params=parameters,
    )
    if later is None:
        return lgb.train(parameters, data, num_boost_round=rounds)
    after = lgb.Dataset(later[0], label=later[1], reference=data)
    stop = lgb.early_stopping(_PATIENCE, verbose=False)
    return lgb.train(parameters, data, num_boost_round=rounds, valid_sets=[after], callbacks=[stop])


def plain_names(features: Sequence[str]) -> list[str]:
    """Name features in a way that LightGBM takes, which refuses brackets, quotes and the like."""
    plain = [_ODD.sub("_", str(name)) for name in features]
    return [
        name if name == given else f"{name}_{at}" for at, (name, given) in enumerate(zip(plain, features, strict=True))
    ]


def can_stop(outcome: Floats, folds: TimeFolds) -> bool:
    """Say whether a later snapshot can tell when to stop: both parts hold both outcomes."""
    return len(folds.stop) > 0 and all(len(np.unique(outcome[part])) == 2 for part in (folds.fit, folds.stop))


def fit_classifier(
    matrix: Floats, outcome: Floats, folds: TimeFolds, recipe: Recipe, *, horizon_days: int, learnt_from: str
) -> tuple[Classifier, HorizonFacts]:
    """Learn one outcome: find the rounds, decide on signs and calibration later in time, then grow on all rows."""
    rounds, origin = recipe.rounds_without_a_later_snapshot, "default"
    scaling: PlattScaling | None = None
    losses: dict[str, float | None] = {}
    chosen = replace(recipe, signs=())
    if can_stop(outcome, folds):
        trial, losses = _signed_or_free(matrix, outcome, folds, recipe)
        chosen, rounds, origin = trial.recipe, trial.rounds, "early stopping on a later cutoff"
        scaling, calibration_losses = _calibration(matrix, outcome, folds, trial)
        losses |= calibration_losses
    held = [name for name, sign in zip(chosen.features, chosen.signs, strict=False) if sign]
    facts = HorizonFacts(
        horizon_days=horizon_days,
        learnt_from=learnt_from,
        rounds=rounds,
        rounds_from=origin,
        rows=len(outcome),
        churned_share=float(outcome.mean()),
        calibrated=scaling is not None,
        log_loss_raw=losses.get("raw"),
        log_loss_calibrated=losses.get("calibrated"),
        fit_cutoffs=[day.isoformat() for day in folds.fit_cutoffs],
        stop_cutoff=folds.stop_cutoff.isoformat() if folds.stop_cutoff else None,
        judge_cutoff=folds.judge_cutoff.isoformat() if folds.judge_cutoff else None,
        cautious=recipe.cautious,
        monotone=held,
        log_loss_free=losses.get("free"),
        log_loss_monotone=losses.get("monotone"),
    )
    return Classifier(grow(matrix, outcome, chosen, rounds), scaling), facts


def _try(matrix: Floats, outcome: Floats, folds: TimeFolds, recipe: Recipe) -> _Trial:
    fit, stop = folds.fit, folds.stop
    booster = grow(matrix[fit], outcome[fit], recipe, MAX_ROUNDS, (matrix[stop], outcome[stop]))
    later = folds.judge if len(folds.judge) else stop
    loss = log_loss(outcome[later], booster.predict(matrix[later]))
    return _Trial(recipe, booster, max(int(booster.best_iteration), 1), loss)


def _signed_or_free(
    matrix: Floats, outcome: Floats, folds: TimeFolds, recipe: Recipe
) -> tuple[_Trial, dict[str, float | None]]:
    """Hold the trees to the known signs if that costs nothing later in time."""
    free = _try(matrix, outcome, folds, replace(recipe, signs=()))
    if not any(recipe.signs):
        return free, {}
    signed = _try(matrix, outcome, folds, recipe)
    kept = signed if signed.later_loss <= free.later_loss else free
    return kept, {"free": free.later_loss, "monotone": signed.later_loss}


def _calibration(
    matrix: Floats, outcome: Floats, folds: TimeFolds, trial: _Trial
) -> tuple[PlattScaling | None, dict[str, float | None]]:
    """Fit a calibration at the stop cutoff, and keep it if it lowers the log loss at the judge cutoff."""
    seen = outcome[folds.stop]
    if len(folds.judge) == 0 or min(seen.sum(), len(seen) - seen.sum()) < _ENOUGH_TO_CALIBRATE:
        return None, {}
    candidate = PlattScaling.fit(trial.booster.predict(matrix[folds.stop]), seen)
    raw = trial.booster.predict(matrix[folds.judge])
    before = log_loss(outcome[folds.judge], raw)
    after = log_loss(outcome[folds.judge], candidate.apply(raw))
    return (candidate if after < before else None), {"raw": before, "calibrated": after}
