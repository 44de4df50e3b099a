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
from clv_ml.models._horizon_facts import HorizonFacts, constant_facts
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
    main = descending[0]
    if len(np.unique(outcomes[main])) < 2:
        only, rows = outcomes[main][0], len(outcomes[main])
        raise DataError(f"snapshots: churned_{main} is {only:.0f} in all {rows} rows, nothing to tell apart")
    recipe = replace(recipe, cautious=is_cautious(outcomes[main]))
    tuning = tune(matrix, outcomes[main], folds, recipe, trials=tuning_trials) if tuning_trials else None
    tuned = recipe if tuning is None else replace(recipe, settings=tuning.settings)
    classifier, fact = fit_classifier(matrix, outcomes[main], folds, tuned, horizon_days=main, learnt_from="all rows")
    classifiers, facts = {main: classifier}, [fact]
    for shorter, longer in zip(descending[1:], descending, strict=False):
        classifiers[shorter], fact = fit_step(
            matrix,
            {f"churned_{shorter}": outcomes[shorter], f"churned_{longer}": outcomes[longer]},
            folds,
            recipe,
            horizons_days=(shorter, longer),
        )
        facts.append(fact)
    return classifiers, tuple(reversed(facts)), tuning


def is_cautious(outcome: Floats) -> bool:
    """Say whether there are too few rows of an outcome of 0 and 1 for trees of the usual size."""
    return bool(min(outcome.sum(), len(outcome) - outcome.sum()) < _FEW_ROWS)


def fit_step(
    matrix: Floats, outcomes: Mapping[str, Floats], folds: TimeFolds, recipe: Recipe, *, horizons_days: tuple[int, int]
) -> tuple[Classifier, HorizonFacts]:
    """Learn who waits longer than the shorter horizon among those who are back within the longer one.

    Parameters
    ----------
    outcomes
        By name: that of the shorter horizon, which may be each customer's own, and that of the longer one.

    Raises
    ------
    DataError
        If they contradict each other.
    """
    (short_name, shorter), (long_name, longer) = outcomes.items()
    wrong = int(np.count_nonzero(shorter < longer))
    if wrong:
        raise DataError(
            f"snapshots: {short_name} is 0 and {long_name} is 1 in {wrong} rows, but who bought within the shorter "
            "horizon also bought within the longer one; make both from the same purchases"
        )
    back = longer == 0
    outcome, learnt_from = shorter[back], f"rows with a purchase within {horizons_days[1]} days"
    late = float(outcome.sum())
    if min(late, len(outcome) - late) >= _LEAST_ROWS:
        cautious = replace(recipe, cautious=True, signs=(), settings={})
        split = folds.within(back)
        return fit_classifier(
            matrix[back], outcome, split, cautious, horizon_days=horizons_days[0], learnt_from=learnt_from
        )
    share = (late + 1) / (len(outcome) + 2)  # Laplace: never certain, also where there are no rows
    return Classifier(None, constant=share), constant_facts(horizons_days[0], learnt_from, len(outcome), share)


def horizon_probabilities(classifiers: Mapping[int, Classifier], matrix: Floats) -> dict[int, Floats]:
    """Return P(no purchase within the horizon) by horizon, each of shape (rows,), falling with the horizon."""
    away = np.zeros(len(matrix))
    found = {}
    for horizon in sorted(classifiers, reverse=True):
        away = away + (1 - away) * classifiers[horizon].probability(matrix)
        found[horizon] = away
    return found
