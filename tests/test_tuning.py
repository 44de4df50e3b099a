"""Tuning: within the budget, from the usual settings, and kept only where a later cutoff agrees."""

from __future__ import annotations

import datetime as dt
import json
import sys
from dataclasses import replace

import numpy as np
import optuna
import pytest
from scipy.special import expit

from clv_ml.errors import ConfigError
from clv_ml.models._boosting import Floats, Recipe
from clv_ml.models.folds import TimeFolds, split_by_time
from clv_ml.models.tuning import Settings, Tuning, search, tune

RECIPE = Recipe(("silence", "orders"), seed=3)
USUAL = RECIPE.usual_settings(400)


def data(rows: int = 400, seed: int = 0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(3 * rows, 2))
    return matrix, (rng.random(3 * rows) < expit(matrix[:, 0])).astype(float)


def folds(rows: int = 400, every: int = 90) -> TimeFolds:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=every * step) for step in range(3)]
    return split_by_time([day for day in days for _ in range(rows)], embargo_days=90)


def bowl(settings: Settings) -> float:
    return abs(settings["learning_rate"] - 0.05) + abs(settings["num_leaves"] - 8) / 100


def test_the_usual_settings_come_first_and_the_budget_is_kept() -> None:
    table = search(bowl, USUAL, trials=12, seed=1)
    assert len(table) == 12
    assert table[0] == {"log_loss": bowl(USUAL), **USUAL}
    assert min(row["log_loss"] for row in table) < bowl(USUAL)
    assert search(bowl, USUAL, trials=1, seed=1) == table[:1]


def test_the_same_seed_gives_the_same_trials_and_leaves_the_log_level_alone() -> None:
    level = optuna.logging.get_verbosity()
    assert search(bowl, USUAL, trials=12, seed=1) == search(bowl, USUAL, trials=12, seed=1)
    assert search(bowl, USUAL, trials=12, seed=1) != search(bowl, USUAL, trials=12, seed=2)
    assert optuna.logging.get_verbosity() == level


def test_the_usual_settings_of_any_size_lie_inside_the_search() -> None:
    for rows in (1, 1000, 10_000_000):
        for cautious in (True, False):
            usual = replace(RECIPE, cautious=cautious).usual_settings(rows)
            assert search(bowl, usual, trials=1, seed=1)[0] == {"log_loss": bowl(usual), **usual}


@pytest.mark.parametrize("seed", range(3))
def test_tuned_settings_are_kept_only_where_they_win_at_the_judge_cutoff(seed: int) -> None:
    found = tune(*data(seed=seed), folds(), RECIPE, trials=6)
    assert len(found.trials) == 6
    best = min(found.trials, key=lambda row: row["log_loss"])
    if found.log_loss_tuned is None or found.log_loss_usual is None:
        assert best == found.trials[0]
    elif found.log_loss_tuned < found.log_loss_usual:
        assert found.settings == {name: value for name, value in best.items() if name != "log_loss"}
        assert found.note == "the best trial won at the later cutoff too"
    else:
        assert (found.settings, found.note) == ({}, "the best trial did not win at the later cutoff")


def test_threads_do_not_change_what_is_found_and_it_survives_json() -> None:
    one = tune(*data(), folds(), replace(RECIPE, threads=1), trials=5)
    four = tune(*data(), folds(), replace(RECIPE, threads=4), trials=5)
    assert one == four
    assert Tuning(**json.loads(json.dumps(one.to_dict()))) == one


def test_a_history_without_room_to_prove_the_settings_keeps_the_usual_ones() -> None:
    found = tune(*data(), folds(every=30), RECIPE, trials=5)
    assert (found.settings, found.trials) == ({}, [])
    assert found.note.startswith("the history is too short to tune")


def test_without_optuna_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    wanted = r"churn\.tuning_trials is 5, but optuna is not installed; install clv_ml\[tuning\], or set it to 0"
    with pytest.raises(ConfigError, match=wanted):
        tune(*data(), folds(), RECIPE, trials=5)
    with pytest.raises(ConfigError, match=wanted):
        tune(*data(), folds(every=30), RECIPE, trials=5)
