"""Horizons that cannot cross: the longest is learnt directly, each shorter one inside the next longer one.

P(none in 30) = P(none in 60) + (1 - P(none in 60)) P(none in 30 | a purchase in 60), by the law of total probability:
who buys nothing within 60 days buys nothing within 30.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from clv_ml.errors import DataError
from clv_ml.models._boosting import Classifier, Floats, Recipe, fit_classifier
from clv_ml.models._horizon_facts import HorizonFacts
from clv_ml.models.folds import TimeFolds
from clv_ml.models.tuning import Tuning, tune

_FEW_ROWS = 5000
_LEAST_ROWS = 50


def fit_horizons(
    matrix: Floats, outcomes: Mapping[int, Floats], folds: TimeFolds, recipe: Recipe, *, tuning_trials: int = 0
) -> tuple[dict[int, Classifier], tuple[HorizonFacts, ...], Tuning | None]:
    """Learn every horizon.

    Parameters
    ----------
    matrix
        Features, shape (rows, features), in an order that does not depend on that of the data.
    outcomes
        By horizon in days: 1 where there was no purchase within it, shape (rows,).
    recipe
        For the longest horizon; the steps between horizons are always learnt with caution, because they are faint, and
        without signs, which are known for staying away altogether only.
    tuning_trials
        How many settings to try for the longest horizon.

    Returns
    -------
    tuple
        The classifiers by horizon, the facts of each (ascending), and what tuning found where it was asked for.

    Raises
    ------
    ConfigError
        If there are trials to make and optuna is not installed.
    DataError
        If the longest horizon has only one class, or a shorter outcome contradicts a longer one.
    """
    descending = sorted(outcomes, reverse=True)
    pairs = list(zip(descending[1:], descending, strict=False))
    main = descending[0]
    _require_both(outcomes[main], f"churned_{main}")
    for shorter, longer in pairs:
        _require_agreement(outcomes, shorter, longer)
    tuning = None
    if tuning_trials:
        tuning = tune(matrix, outcomes[main], folds, _careful(recipe, outcomes[main]), trials=tuning_trials)
        recipe = replace(recipe, settings=tuning.settings)
    classifier, fact = fit_whole(matrix, outcomes[main], folds, recipe, name=f"churned_{main}", horizon_days=main)
    classifiers, facts = {main: classifier}, [fact]
    for shorter, longer in pairs:
        back = outcomes[longer] == 0
        classifiers[shorter], fact = _fit_step(
            matrix[back], outcomes[shorter][back], folds.within(back), recipe, shorter=shorter, longer=longer
        )
        facts.append(fact)
    return classifiers, tuple(reversed(facts)), tuning


def fit_whole(
    matrix: Floats, outcome: Floats, folds: TimeFolds, recipe: Recipe, *, name: str, horizon_days: int
) -> tuple[Classifier, HorizonFacts]:
    """Learn one outcome from all rows, with caution where the smaller class has fewer than 5,000 of them.

    Raises
    ------
    DataError
        If it has only one class.
    """
    _require_both(outcome, name)
    careful = _careful(recipe, outcome)
    return fit_classifier(matrix, outcome, folds, careful, horizon_days=horizon_days, learnt_from="all rows")


def horizon_probabilities(classifiers: Mapping[int, Classifier], matrix: Floats) -> dict[int, Floats]:
    """Return P(no purchase within the horizon) by horizon, each of shape (rows,), falling with the horizon."""
    away = np.zeros(len(matrix))
    found = {}
    for horizon in sorted(classifiers, reverse=True):
        away = away + (1 - away) * classifiers[horizon].probability(matrix)
        found[horizon] = away
    return found


def _careful(recipe: Recipe, outcome: Floats) -> Recipe:
    smaller = min(outcome.sum(), len(outcome) - outcome.sum())
    return replace(recipe, cautious=bool(smaller < _FEW_ROWS))


def _require_both(outcome: Floats, name: str) -> None:
    if len(np.unique(outcome)) < 2:
        raise DataError(f"snapshots: {name} is {outcome[0]:.0f} in all {len(outcome)} rows, nothing to tell apart")


def _require_agreement(outcomes: Mapping[int, Floats], shorter: int, longer: int) -> None:
    wrong = int(np.count_nonzero(outcomes[shorter] < outcomes[longer]))
    if wrong:
        raise DataError(
            f"snapshots: churned_{shorter} is 0 and churned_{longer} is 1 in {wrong} rows, but who bought within "
            f"{shorter} days also bought within {longer}; make both from the same purchases"
        )


def _fit_step(
    matrix: Floats, outcome: Floats, folds: TimeFolds, recipe: Recipe, *, shorter: int, longer: int
) -> tuple[Classifier, HorizonFacts]:
    """Learn who waits longer than the shorter horizon among those who are back within the longer one."""
    learnt_from = f"rows with a purchase within {longer} days"
    late = float(outcome.sum())
    if min(late, len(outcome) - late) >= _LEAST_ROWS:
        cautious = replace(recipe, cautious=True, signs=(), settings={})
        return fit_classifier(matrix, outcome, folds, cautious, horizon_days=shorter, learnt_from=learnt_from)
    share = (late + 1) / (len(outcome) + 2)  # Laplace: never certain, also where there are no rows
    fact = HorizonFacts(
        horizon_days=shorter,
        learnt_from=learnt_from,
        rounds=0,
        rounds_from="a constant: too few rows to tell apart",
        rows=len(outcome),
        churned_share=share,
        calibrated=False,
        log_loss_raw=None,
        log_loss_calibrated=None,
        fit_cutoffs=[],
        stop_cutoff=None,
        judge_cutoff=None,
        cautious=True,
    )
    return Classifier(None, constant=share), fact
