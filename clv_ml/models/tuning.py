"""LightGBM settings sought by optuna within a budget, and kept only where they win later in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from clv_ml.errors import ConfigError
from clv_ml.models._boosting import MAX_ROUNDS, Floats, Recipe, can_stop, grow
from clv_ml.models.calibration import log_loss
from clv_ml.models.folds import Rows, TimeFolds

Settings = dict[str, float]


@dataclass(frozen=True)
class Tuning:
    """What a search for settings found.

    Attributes
    ----------
    settings
        What to train with; empty where the usual settings stay.
    note
        Why.
    log_loss_usual, log_loss_tuned
        At the judge cutoff, of the usual settings and of the best trial; None where there was nothing to judge.
    trials
        One a trial, in their order, the usual settings first: log_loss (at the stop cutoff) and the settings.
    """

    settings: Settings = field(default_factory=dict)
    note: str = ""
    log_loss_usual: float | None = None
    log_loss_tuned: float | None = None
    trials: list[dict[str, float]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values."""
        return asdict(self)


def tune(matrix: Floats, outcome: Floats, folds: TimeFolds, recipe: Recipe, *, trials: int) -> Tuning:
    """Seek settings for one classifier: by log loss at the stop cutoff, proven at the judge cutoff.

    Parameters
    ----------
    matrix, outcome
        Features, shape (rows, features), and 0 or 1, shape (rows,), in an order that does not depend on the data's.
    recipe
        Its usual settings are the first trial; its seed is that of the search.
    trials
        How many settings to try, the usual ones included.

    Raises
    ------
    ConfigError
        If optuna is not installed.
    """
    usual = recipe.usual_settings(len(folds.fit))
    if not can_stop(outcome, folds) or len(folds.judge) == 0:
        _optuna(trials)
        return Tuning(note="the history is too short to tune on a later cutoff and to prove it on another")

    def loss(settings: Settings, judged: Rows) -> float:
        fit, stop = folds.fit, folds.stop
        tried = replace(recipe, signs=(), settings=settings)
        booster = grow(matrix[fit], outcome[fit], tried, MAX_ROUNDS, (matrix[stop], outcome[stop]))
        return log_loss(outcome[judged], booster.predict(matrix[judged]))

    table = search(lambda settings: loss(settings, folds.stop), usual, trials=trials, seed=recipe.seed)
    best = min(table, key=lambda row: row["log_loss"])  # the earliest of equals
    found = {name: value for name, value in best.items() if name != "log_loss"}
    if found == usual:
        return Tuning(note="no trial was better than the usual settings", trials=table)
    before, after = loss(usual, folds.judge), loss(found, folds.judge)
    won = after < before
    note = "the best trial won at the later cutoff too" if won else "the best trial did not win at the later cutoff"
    return Tuning(found if won else {}, note, before, after, table)


def search(
    objective: Callable[[Settings], float], usual: Settings, *, trials: int, seed: int
) -> list[dict[str, float]]:
    """Try settings with optuna's tree-structured Parzen estimator (Bergstra et al. 2011), `usual` first.

    Returns
    -------
    list of dict
        One a trial, in their order: log_loss, and the settings by name.

    Raises
    ------
    ConfigError
        If optuna is not installed.
    """
    optuna = _optuna(trials)
    loudness = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
        study.enqueue_trial(usual)
        study.optimize(lambda trial: objective(_suggested(trial)), n_trials=trials)
    finally:
        optuna.logging.set_verbosity(loudness)
    return [{"log_loss": float(trial.value), **trial.params} for trial in study.trials]


def _suggested(trial: Any) -> Settings:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 2, 63, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 5, 500, log=True),
        "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 100.0, log=True),
        "extra_trees": trial.suggest_categorical("extra_trees", [False, True]),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.2, 1.0),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.3, 1.0),
    }


def _optuna(trials: int) -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ConfigError(
            f"churn.tuning_trials is {trials}, but optuna is not installed; install clv_ml[tuning], or set it to 0"
        ) from error
    return optuna
