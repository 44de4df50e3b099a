"""The faulty twins of the game: every class of faults that was put in is found, and what was left alone is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clv_ml.config import CustomersConfig, TransactionsConfig
from clv_ml.data.customers import check_customers, read_customers
from clv_ml.data.quality import check_transactions
from clv_ml.data.sources import read_raw
from clv_ml.engine import Engine

pytestmark = pytest.mark.data

PLAYER = {"column": "customer_id", "matches": "^[A-Z]+[0-9]{3}$", "reason": "malformed_player"}
REVENUE: dict[str, Any] = {
    "columns": {
        "customer_id": "player_id",
        "timestamp": "time",
        "amount": "item_revenue",
        "product": "item_name",
        "kind": "item_type",
        "minutes": "session_duration",
        "channel": "acquisition",
        "country": "country",
    },
    "rules": [
        PLAYER,
        {"column": "amount", "at_least": 0.001, "reason": "nothing_earned"},
        {"column": "kind", "required": True, "one_of": ["iap", "ad"], "reason": "unknown_kind"},
        {"column": "product", "matches": "[0-9]|ad_", "reason": "cut_product"},
        {"column": "minutes", "at_least": 0, "at_most": 600, "reason": "impossible_minutes"},
        {"column": "channel", "required": True, "matches": "^[a-z]", "reason": "unknown_channel"},
        {"column": "country", "required": True, "reason": "missing_country"},
    ],
}
SESSIONS: dict[str, Any] = {
    "columns": {
        "customer_id": "player_id",
        "timestamp": "session_start",
        "amount": "rev_all",
        "order_id": "session_id",
        "minutes": "session_duration",
        "bought": "rev_iap",
        "watched": "rev_ads",
    },
    "rules": [
        {"column": "amount", "sum_of": ["bought", "watched"], "reason": "sum_that_differs"},
        {"column": "timestamp", "most_alike": 50, "reason": "filler_moment"},
        {"column": "order_id", "starts_with": "customer_id", "reason": "session_of_another"},
        {"column": "minutes", "at_least": 0, "at_most": 600, "reason": "impossible_minutes"},
    ],
    "data_end": "2015-12-31",
}


def twins(data_dir: Path, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = data_dir / "game_synthetic"
    return tuple(pd.read_parquet(folder / f"{name}_{twin}.parquet") for twin in ("small", "small_faulty"))  # type: ignore[return-value]


def reasons_of(engine: Engine, data_dir: Path, file: str, settings: Mapping[str, Any]) -> pd.Series[Any]:
    """The reason of each row of a file, by its place; those that are valid left out."""
    rules = {name: value for name, value in settings.items() if name != "columns"}
    source = {"path": file, "columns": settings["columns"]}
    config = TransactionsConfig(root=data_dir / "game_synthetic", sources=[source], max_bad_share=1.0, **rules)
    checked = check_transactions(engine, read_raw(engine, config), config)
    aside = engine.to_pandas(checked.quarantine.select("source_line", "reason"))
    assert len(aside) + checked.report.rows_valid == checked.report.rows_in
    return aside.set_index(aside["source_line"] - 1)["reason"].sort_index()


def changed(clean: pd.Series[Any], faulty: pd.Series[Any]) -> pd.Series[bool]:
    return ~(clean.eq(faulty) | (clean.isna() & faulty.isna()))


def first(faults: Mapping[str, pd.Series[bool]]) -> pd.Series[Any]:
    """The first fault of each row that has any."""
    reasons = pd.Series(pd.NA, index=next(iter(faults.values())).index, dtype="object")
    for reason, rows in faults.items():
        reasons = reasons.mask(reasons.isna() & rows, reason)
    return reasons.dropna()


def test_every_fault_of_revenue_is_found_and_every_other_row_is_kept(engine: Engine, data_dir: Path) -> None:
    clean, faulty = twins(data_dir, "all_revenue")
    places = {
        "malformed_player": "player_id",
        "nothing_earned": "item_revenue",
        "unknown_kind": "item_type",
        "cut_product": "item_name",
        "impossible_minutes": "session_duration",
        "unknown_channel": "acquisition",
        "missing_country": "country",
    }
    expected = first({reason: changed(clean[name], faulty[name]) for reason, name in places.items()})
    assert set(expected) == set(places)  # every class is there
    found = reasons_of(engine, data_dir, "all_revenue_small_faulty.parquet", REVENUE)
    assert found.to_dict() == expected.to_dict()
    assert reasons_of(engine, data_dir, "all_revenue_small.parquet", REVENUE).empty


def test_every_fault_of_sessions_is_found_and_every_other_row_is_kept(engine: Engine, data_dir: Path) -> None:
    clean, faulty = twins(data_dir, "all_sessions")
    empty = faulty["session_id"].isna()  # five rows were added that hold nothing
    assert empty.sum() == 5
    clean = clean.set_index(faulty.index[~empty]).reindex(faulty.index)
    year = faulty["session_start"].dt.year
    expected = first(
        {
            "missing_customer_id": faulty["player_id"].isna(),
            "missing_amount": changed(clean["rev_all"], faulty["rev_all"]) & faulty["rev_all"].isna(),
            "after_data_end": changed(clean["session_start"], faulty["session_start"]) & (year == 2017),
            "sum_that_differs": changed(clean["rev_all"], faulty["rev_all"])
            | changed(clean["rev_iap"], faulty["rev_iap"]),
            "filler_moment": changed(clean["session_start"], faulty["session_start"]),
            "session_of_another": changed(clean["session_id"], faulty["session_id"]),
            "impossible_minutes": changed(clean["session_duration"], faulty["session_duration"]),
        }
    )
    assert expected.nunique() == 7
    found = reasons_of(engine, data_dir, "all_sessions_small_faulty.parquet", SESSIONS)
    assert found.to_dict() == expected.to_dict()
    assert reasons_of(engine, data_dir, "all_sessions_small.parquet", SESSIONS).empty


def test_every_fault_of_players_is_found_and_every_other_row_is_kept(engine: Engine, data_dir: Path) -> None:
    clean, faulty = twins(data_dir, "user_summary")
    source: dict[str, Any] = {
        "columns": {
            "customer_id": "player_id",
            "signup_at": "first_login",
            "country": "country",
            "channel": "acquisition",
            "device": "device_name",
        }
    }
    rules: list[dict[str, Any]] = [
        {"column": "signup_at", "at_most": "2015-12-31", "reason": "signup_to_come"},
        {"column": "country", "required": True, "matches": "^.{3}", "reason": "unknown_country"},
        {"column": "channel", "required": True, "reason": "missing_channel"},
        {"column": "device", "matches": "[A-Z]", "reason": "unknown_device"},
    ]
    names = ("first_login", "country", "acquisition", "device_name")
    reasons = (str(rule["reason"]) for rule in rules)
    expected = first({r: changed(clean[n], faulty[n]) for r, n in zip(reasons, names, strict=True)})
    assert expected.nunique() == 4
    for twin, outcome in (("small_faulty", expected.to_dict()), ("small", {})):
        config = CustomersConfig(
            root=data_dir / "game_synthetic",
            sources=[source | {"path": f"user_summary_{twin}.parquet"}],
            categories=("country", "channel", "device"),
            rules=rules,
        )
        checked = check_customers(engine, read_customers(engine, config), config)
        aside = engine.to_pandas(checked.quarantine.select("source_line", "reason"))
        assert aside.set_index(aside["source_line"] - 1)["reason"].to_dict() == outcome
        assert checked.report.rows_valid == 1231 - len(outcome)
