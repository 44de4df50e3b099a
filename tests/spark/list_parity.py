"""The same customers scored and listed on one machine and on Spark, and the two lists compared."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import Config
from clv_ml.decisions.deciding import Decisions, decide
from clv_ml.decisions.risk import RiskList, risk_list
from clv_ml.engine import SparkEngine
from clv_ml.language import words
from clv_ml.models.bundle import Bundle
from clv_ml.models.fitting import FittedModels
from clv_ml.models.scoring import contributions, score_customers
from clv_ml.pipeline.cluster_list import ClusterScores, score_frames
from clv_ml.pipeline.listing import list_context

SECRET = "between us"


@dataclass(frozen=True)
class Case:
    """Customers, the models that score them, and what else a list is made from."""

    customers: pd.DataFrame
    models: FittedModels
    config: Config
    as_of: dt.date
    details: pd.DataFrame | None = None
    previous: pd.DataFrame | None = None
    version: str = "v1"

    @property
    def bundle(self) -> Bundle:
        """The models, as a training leaves them."""
        return Bundle(self.models, {"name": "shop"}, self.version)


@dataclass(frozen=True)
class Result:
    """What a scoring gives, in the order of the list."""

    listed: pd.DataFrame
    scores: pd.DataFrame
    curve: pd.DataFrame
    facts: dict[str, Any] = field(default_factory=dict)


def on_one_machine(case: Case) -> Result:
    """Score and list in memory."""
    config, models = case.config, case.models
    horizons = config.churn.horizons_days if models.churn is None else models.churn.horizons_days
    context = list_context(config, case.bundle, case.as_of, run_id="run1", main_horizon_days=horizons[-1])
    scores = score_customers(models, case.customers, horizons_days=horizons, value=config.value)
    decisions: Decisions = decide(
        case.customers,
        scores,
        config=config.risk,
        main_score=context.main_score,
        as_of=case.as_of,
        details=case.details,
        secret=SECRET,
    )
    listed: RiskList = risk_list(
        case.customers,
        scores,
        decisions,
        config=config.risk,
        context=context,
        explain=functools.partial(contributions, models),
        previous=case.previous,
        language=words(config.output.language),
    )
    chosen = decisions.chosen
    everybody = scores.join(decisions.table).reset_index()
    return Result(listed.table, everybody, chosen.curve, {"best": chosen.best_n, "chosen": chosen.chosen_n})


def scored_on(engine: SparkEngine, case: Case, *, parts: int | None = None) -> ClusterScores:
    """Score and list on Spark."""
    with engine.active():
        customers = engine.from_pandas(case.customers.reset_index())
        return score_frames(
            engine,
            customers if parts is None else customers.repartition(parts),
            case.bundle,
            config=case.config,
            as_of=case.as_of,
            run_id="run1",
            details=None if case.details is None else engine.from_pandas(case.details.reset_index()),
            previous=None if case.previous is None else engine.from_pandas(case.previous),
            secret=SECRET,
        )


def collected(engine: SparkEngine, found: ClusterScores) -> Result:
    """Collect scores and list: only a test does that."""
    facts = {"best": found.choice.best_n, "chosen": found.choice.chosen_n}
    with engine.active():
        scores = engine.to_pandas(found.scores).sort_values("customer_id", ignore_index=True)
        listed = engine.to_pandas(found.listed)
    assert (len(scores), len(listed)) == (found.customers, found.rows)
    return Result(listed, scores, found.choice.curve, facts)


def assert_same_result(one: Result, other: Result, *, rtol: float = 1e-12) -> None:
    """The lists have the same rows in the same order; texts, integers and marks are identical, floats within 1e-12."""
    assert list(other.listed.columns) == list(one.listed.columns)
    assert_same_columns(one.listed, other.listed, rtol=rtol)
    shared = [name for name in other.scores.columns if name in one.scores.columns]
    assert {"action_status", "exclusion_reason", "value_tier", "expected_clv", "score_source"} <= set(shared)
    assert_same_columns(one.scores[shared], other.scores[shared], rtol=rtol)
    assert other.facts == one.facts
    assert_same_columns(one.curve, other.curve, rtol=1e-9)  # sums of thousands of floats, part by part


def assert_same_columns(one: pd.DataFrame, other: pd.DataFrame, *, rtol: float) -> None:
    """Compare value by value; a type that only says where gaps are does not count."""
    assert len(other) == len(one)
    for name in one.columns:
        left, right = one[name], other[name]
        missing = left.isna().to_numpy()
        np.testing.assert_array_equal(right.isna().to_numpy(), missing, err_msg=name)
        if pd.api.types.is_float_dtype(left.dtype) and rtol:
            known = [column[~missing].to_numpy(dtype=np.float64) for column in (left, right)]
            np.testing.assert_allclose(known[1], known[0], rtol=rtol, atol=0.0, err_msg=name)
        else:
            known = [column[~missing].to_numpy(dtype=object) for column in (left, right)]
            assert known[0].tolist() == known[1].tolist(), name


@contextmanager
def at_most(rows: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Let nothing be collected that has more rows; gives the numbers of rows that were."""
    from pyspark.sql.classic.dataframe import DataFrame

    seen: list[int] = []

    def watched(name: str) -> Any:
        original = getattr(DataFrame, name)

        def collect(self: Any, *given: Any, **named: Any) -> Any:
            result = original(self, *given, **named)
            seen.append(getattr(result, "num_rows", None) or (len(result) if hasattr(result, "__len__") else 1))
            assert seen[-1] <= rows, f"{name} of {seen[-1]} rows"
            return result

        return collect

    def refused(self: Any, *_: Any, **__: Any) -> Any:
        raise AssertionError("streams a whole frame to the driver")

    with monkeypatch.context() as patch:
        for name in ("collect", "toPandas", "toArrow", "take", "tail"):
            patch.setattr(DataFrame, name, watched(name))
        patch.setattr(DataFrame, "toLocalIterator", refused)
        yield seen
