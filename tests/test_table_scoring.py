"""One pandas table with orders, events and attributes gives the scores of the job, or says what is wrong with it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import pytest
from engagement_runs import CUTOFF, business, engaged_job
from job_runs import JobRun

from clv_ml.config import SignalsConfig
from clv_ml.errors import ClvError, ConfigError, DataError
from clv_ml.models.bundle import Bundle
from clv_ml.pipeline.table_scoring import attributes_of, require_same_tables, score_transactions
from clv_ml.snapshot.tables import Tables

CHANNEL, PLAN = {"channel": "web"}, {"plan": 1.0}


@pytest.fixture
def job(tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    return engaged_job(tmp_path_factory.getbasetemp())


@pytest.fixture
def bundle(job: JobRun) -> Bundle:
    return job.trained.bundle


def _one_table() -> pd.DataFrame:
    """Orders, events, and a row a customer for the attributes."""
    made = business()
    return pd.concat([made.transactions, made.events, made.customers], ignore_index=True)


def _few(**changed: Any) -> pd.DataFrame:
    rows = [
        {"customer_id": "a", "timestamp": "2024-08-01", "amount": 20.0, **CHANNEL, **PLAN},
        {"customer_id": "a", "timestamp": "2024-09-01 10:00", "event_type": "visit", "value": 5.0},
        {"customer_id": "b", "timestamp": "2024-09-02 11:00", "event_type": "lesson", **CHANNEL, **PLAN},
    ]
    return pd.DataFrame([*rows, changed] if changed else rows)


def test_orders_events_and_attributes_in_one_table_give_the_scores_of_the_job(job: JobRun, bundle: Bundle) -> None:
    scores = pd.read_parquet(job.scored.folder / "scores.parquet").set_index("customer_id")
    table = score_transactions(bundle, _one_table(), as_of=CUTOFF)
    assert len(table) == 500
    assert {"p_churn_60d", "engagement_score", "expected_clv"} <= set(table.columns)
    pd.testing.assert_frame_equal(table, scores[list(table.columns)], check_exact=True)


def test_the_order_of_rows_does_not_matter_nor_does_the_input_change(bundle: Bundle) -> None:
    few = _few()
    before = few.copy()
    told = score_transactions(bundle, few, as_of=CUTOFF)
    pd.testing.assert_frame_equal(few, before)
    turned = score_transactions(bundle, few.iloc[::-1], as_of=CUTOFF.isoformat())
    pd.testing.assert_frame_equal(turned, told, check_exact=True)
    assert told.index.tolist() == ["a", "b"]
    assert told["expected_clv"].notna().tolist() == [True, False]
    assert told["p_churn_60d"].between(0, 1).all()


def test_events_after_the_day_change_nothing(bundle: Bundle) -> None:
    late = _few(customer_id="b", timestamp="2024-11-30", event_type="lesson")
    pd.testing.assert_frame_equal(
        score_transactions(bundle, late, as_of=CUTOFF), score_transactions(bundle, _few(), as_of=CUTOFF)
    )


@pytest.mark.parametrize("column", ["event_type", "amount", "channel", "customer_id", "timestamp"])
def test_a_missing_column_is_named_beside_those_there_are(column: str, bundle: Bundle) -> None:
    with pytest.raises(DataError, match=rf"'{column}' is missing; available: "):
        score_transactions(bundle, _few().drop(columns=column), as_of=CUTOFF)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"customer_id": "a", "timestamp": "soon", "event_type": "visit"}, r"events: .*timestamp"),
        ({"timestamp": "2024-09-02", "event_type": "visit"}, r"events: .*missing_customer_id"),
        ({"customer_id": "a", "timestamp": "2024-09-02", "event_type": "visit", "value": "much"}, r"events: .*value"),
        ({"customer_id": "a", "timestamp": "soon", "amount": 5.0}, r"timestamp"),
        ({"customer_id": "b", "plan": "gold"}, r"customers: 'b' has 2 values of 'plan'; give one a customer"),
        ({"customer_id": "c", "plan": "gold"}, r"customers: rows that cannot be used .*unreadable_plan"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_the_reason(
    row: dict[str, Any], message: str, bundle: Bundle
) -> None:
    with pytest.raises(ClvError, match=message):
        score_transactions(bundle, _few(**row), as_of=CUTOFF)


def _same(bundle: Bundle) -> Tables:
    """Tables that mean what they meant in training; their rows do not matter here."""
    kinds: dict[str, Any] = {kind: tuple(names) for kind, names in bundle.facts["attributes"].items()}
    rows: Any = object()
    return Tables(rows, rows, rows, SignalsConfig.model_validate(bundle.facts["signals"]), **kinds)


def test_the_tables_of_training_are_accepted(bundle: Bundle) -> None:
    require_same_tables(bundle, _same(bundle))
    assert attributes_of(_same(bundle)) == {"categories": ["channel"], "numbers": ["plan"], "dates": []}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"events": None}, r"trained with events \{.*'lesson'.*\}, the config has absent; train again, or score with"),
        ({"customers": None}, r"trained with customers \{'categories': \['channel'\].*\}, the config has absent"),
        ({"signals": SignalsConfig(minutes=("visit",))}, r"trained with events .*; .* the events section of training"),
        ({"numbers": ()}, r"trained with customers .*'plan'.*, the config has \{'categories': \['channel'\]\}; "),
    ],
)
def test_other_tables_than_those_of_training_are_refused_by_name(
    changed: dict[str, Any], message: str, bundle: Bundle
) -> None:
    with pytest.raises(ConfigError, match=message):
        require_same_tables(bundle, dataclasses.replace(_same(bundle), **changed))
