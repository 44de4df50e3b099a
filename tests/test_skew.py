"""Tables out of proportion: what grows with them, and what is bounded by what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import EngineConfig, SignalsConfig
from clv_ml.engine import MONEY, Engine, functions
from clv_ml.models.categories import MOST_CATEGORIES, MOST_RARE, CategoryMap
from clv_ml.snapshot.counts import purchase_counts
from clv_ml.snapshot.engagement import engagement_feature_names, engagement_features
from clv_ml.snapshot.features import purchase_features
from clv_ml.snapshot.window import Window, day_totals

YEARS = 1826  # days of five years
CUTOFF = dt.date(2023, 12, 31)
START = pd.Timestamp(CUTOFF) - pd.Timedelta(days=YEARS - 1)
EVENTS = 100_000
WHALE = EVENTS // 20  # 5 % of all rows
SIGNALS = SignalsConfig(counted=("kind_7",))


@pytest.fixture(scope="module")
def narrow() -> Iterator[Engine]:
    """An engine with little memory: what does not fit has to be spilled."""
    with Engine(EngineConfig(memory_limit="200MB", threads=1)) as opened:
        yield opened


@pytest.fixture(scope="module")
def features(narrow: Engine) -> dict[str, Any]:
    """Engagement by customer: 10,000 event types, one customer with 5 % of the rows, one who came daily for 5 years."""
    f = functions()
    number = np.arange(EVENTS)
    customers = pd.Series(number % 2000).map("c{:04d}".format)
    customers[:WHALE] = "whale"
    customers[WHALE : WHALE + YEARS] = "daily"
    days = np.where(customers == "daily", number - WHALE, number % YEARS)
    days[:WHALE] = 7  # all on one day, in one session
    frame = pd.DataFrame(
        {
            "customer_id": customers,
            "timestamp": START + pd.to_timedelta(days, unit="D") + pd.to_timedelta(number % 1000, unit="s"),
            "event_type": pd.Series(number % 10_000).map("kind_{}".format),
            "session_id": "s",
            "surface": pd.Series(number % 5).map(str),
        }
    )
    events = narrow.from_pandas(frame).select(
        "customer_id",
        f.col("timestamp").cast("timestamp_ntz").alias("timestamp"),
        f.col("timestamp").cast("date").alias("day"),
        "event_type",
        f.lit(None).cast("decimal(18,4)").alias("value"),
        "session_id",
        "surface",
    )
    starts = events.groupBy("customer_id").agg(f.min("timestamp").alias("started_at"))
    table = narrow.to_arrow(engagement_features(narrow, events, starts, CUTOFF, SIGNALS))
    assert table.column_names == ["customer_id", *engagement_feature_names(SIGNALS)]
    return {row["customer_id"]: row for row in table.to_pylist()}


def test_ten_thousand_event_types_give_columns_for_those_named_only(features: dict[str, Any]) -> None:
    counted = sum(row["kind_7_events_total"] for row in features.values())
    assert counted == EVENTS // 10_000


def test_a_customer_with_a_twentieth_of_all_rows_is_one_row(features: dict[str, Any]) -> None:
    assert len(features) == 2002
    whale = features["whale"]
    assert (whale["active_days_first_1d"], whale["sessions_first_1d"], whale["surfaces_first_30d"]) == (1, 1, 5)
    assert whale["days_since_activity"] == YEARS - 1 - 7


def test_five_years_of_days_are_counted_in_the_windows_that_there_are(features: dict[str, Any]) -> None:
    daily = features["daily"]
    assert (daily["tenure_days"], daily["activity_gap_mean"]) == (YEARS - 1, 1.0)
    assert (daily["active_days_last_90d"], daily["active_days_trend_30d"]) == (90, 1.0)


def test_five_years_of_daily_purchases_are_one_row_of_exact_figures(narrow: Engine) -> None:
    f = functions()
    orders = pd.DataFrame({"customer_id": "daily", "timestamp": START + pd.to_timedelta(np.arange(YEARS), unit="D")})
    many = pd.DataFrame({"customer_id": "whale", "timestamp": [START] * 20_000})
    frame = narrow.from_pandas(pd.concat([orders, many], ignore_index=True)).select(
        "customer_id",
        f.col("timestamp").cast("timestamp_ntz").alias("timestamp"),
        f.col("timestamp").cast("date").alias("day"),
        f.lit("0.10").cast(MONEY).alias("amount"),
    )
    totals = narrow.materialise(day_totals(frame))
    assert narrow.row_count(totals) == YEARS + 1  # a day of a customer is a row, whatever was ordered on it
    found = narrow.materialise(purchase_features(Window(CUTOFF, 1).history(totals), CUTOFF))
    rows = {row["customer_id"]: row for row in narrow.to_arrow(found).to_pylist()}
    daily, whale = rows["daily"], rows["whale"]
    assert (daily["frequency"], daily["recency"], daily["T"], daily["gap_max"]) == (YEARS - 1,) * 3 + (1,)
    assert (daily["spend_total"], whale["spend_total"], whale["orders_total"]) == (182.6, 2000.0, 20_000)
    assert narrow.row_count(purchase_counts(found)) == 2


def test_an_attribute_with_hundreds_of_thousands_of_values_is_as_many_categories_as_the_limit() -> None:
    column = pd.Series(np.arange(200_000)).map(str)
    column[:1000] = "often"
    learnt = CategoryMap.learn(column)
    assert (len(learnt.values), len(learnt.rare)) == (MOST_CATEGORIES, MOST_RARE)  # all that a bundle holds of it
    codes = learnt.encode(column)
    assert (codes[0], codes.max()) == (0, MOST_CATEGORIES)  # all the others are one
    assert learnt.unseen(pd.Series(["often", "never seen"])) == []
