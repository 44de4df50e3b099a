"""Leaks: what happens after the cutoff, row order and threads change no byte of what is known and learnt from."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from clv_ml.config import ChurnConfig, Config, EngineConfig, build_config
from clv_ml.data.checked import read_checked
from clv_ml.engine import Engine
from clv_ml.models.training_rows import training_snapshots
from clv_ml.pipeline.prepared import tables_of
from clv_ml.snapshot.population import population

FIRST = pd.Timestamp("2023-01-01")
CUTOFF = dt.date(2023, 7, 20)
LAST_MOMENT = pd.Timestamp("2023-07-20 23:59:59.999999")
CHURN = ChurnConfig(horizons_days=(30, 60), max_snapshots=1, label="own_gap")
SIGNALS = {"key_actions": ["lesson"], "minutes": ["lesson"], "counted": ["quiz"], "contacts": ["mail"]}
KINDS = {"categories": ["plan"], "numbers": ["age"], "dates": ["renewal"]}

World = dict[str, pd.DataFrame]


def moments(rng: np.random.Generator, size: int) -> pd.Series[pd.Timestamp]:
    """Moments of 300 days around the cutoff."""
    micros = rng.integers(0, 300 * 86_400_000_000, size)
    return pd.Series(FIRST + pd.to_timedelta(micros, unit="us"))


@pytest.fixture(scope="module")
def world() -> World:
    """Buyers, visitors and those who signed up, before the cutoff and after it."""
    rng = np.random.default_rng(5)
    names = np.array([f"c{n:03d}" for n in range(90)])
    orders = pd.DataFrame({"customer_id": rng.choice(names[:60], 420), "timestamp": moments(rng, 420)})
    orders = orders.assign(amount=rng.integers(-500, 5000, 420) / 100, order_id=[f"o{n}" for n in range(420)])
    events = pd.DataFrame({"customer_id": rng.choice(names[20:80], 1500), "timestamp": moments(rng, 1500)})
    events = events.assign(
        event_type=rng.choice(["view", "lesson", "quiz", "mail", "open"], 1500),
        value=rng.integers(0, 10**6, 1500) / 10**4,
        session_id=rng.choice(["", "s1", "s2", "s3"], 1500),  # a session can go on after the cutoff
        surface=rng.choice(["", "home", "algebra", "logic"], 1500),
    )
    customers = pd.DataFrame({"customer_id": names[10:], "signup_at": moments(rng, 80)})
    customers = customers.assign(plan=rng.choice(["free", "paid", ""], 80), age=rng.integers(18, 80, 80))
    return {"orders": orders, "events": events, "customers": customers.assign(renewal="2022-12-01")}


def later(frame: pd.DataFrame) -> pd.Series[bool]:
    time = frame["signup_at"] if "signup_at" in frame else frame["timestamp"]
    return time > LAST_MOMENT


def deleted(world: World) -> World:
    return {name: frame[~later(frame)] for name, frame in world.items()}


def changed(world: World) -> World:
    """Later rows at other times, with other values, and unreadable."""
    week = pd.Timedelta(days=7, seconds=11)
    after = {name: frame[later(frame)] for name, frame in world.items()}
    orders = after["orders"].assign(timestamp=after["orders"]["timestamp"] + week, amount=77.5)
    events = after["events"].assign(timestamp=LAST_MOMENT + pd.Timedelta(1, "us"), event_type="lesson", value=9e9)
    customers = after["customers"].assign(signup_at=after["customers"]["signup_at"] + week, plan="gold", age=1)
    broken = pd.concat([events.head(9).assign(value="much"), events.head(9).assign(timestamp="soon")])
    return {
        name: pd.concat([past, *further], ignore_index=True)
        for (name, past), further in zip(
            deleted(world).items(), [[orders, orders.assign(amount="x")], [events, broken], [customers]], strict=True
        )
    }


def added(world: World) -> World:
    """Later rows of everybody known, late refunds, newcomers, and further signups of who has signed up already."""
    tomorrow = LAST_MOMENT + pd.Timedelta(1, "us")
    past = deleted(world)
    refunds = past["orders"].assign(timestamp=tomorrow, amount=-past["orders"]["amount"].abs(), order_id="late")
    newcomers = {name: frame.assign(customer_id="new" + frame["customer_id"]) for name, frame in world.items()}
    latecomers = {name: frame[later(frame)] for name, frame in newcomers.items()}
    again = past["customers"].assign(signup_at=tomorrow, plan="gold", renewal="2025-01-01")
    return {
        "orders": pd.concat([world["orders"], refunds, latecomers["orders"]], ignore_index=True),
        "events": pd.concat([world["events"], past["events"].assign(timestamp=tomorrow), latecomers["events"]]),
        "customers": pd.concat([again, world["customers"], latecomers["customers"]], ignore_index=True),
    }


def shuffled(world: World) -> World:
    rng = np.random.default_rng(6)
    return {name: frame.iloc[rng.permutation(len(frame))] for name, frame in world.items()}


def config_of(folder: Path, world: World) -> Config:
    for name, frame in world.items():
        frame.astype("string").to_csv(folder / f"{name}.csv", index=False)

    def source(name: str) -> list[dict[str, Any]]:
        return [{"path": f"{name}.csv", "columns": {column: column for column in world[name].columns}}]

    root = str(folder)
    tree: dict[str, Any] = {
        "name": "shop",
        "transactions": {"root": root, "sources": source("orders")},
        "events": {"root": root, "sources": source("events"), **SIGNALS},
        "customers": {"root": root, "sources": source("customers"), **KINDS},
        "features": {"modules": ["own_features"]},
    }
    return build_config(tree, environment={})


def digests(engine: Engine, world: World, folder: Path, *, snapshots: bool = False) -> list[str]:
    """Walk from files to everybody known and (costly) to training rows, and digest their bytes."""
    config = config_of(folder, world)
    tables = tables_of(engine, read_checked(engine, config, progress=lambda line: None), config)
    # by way of pandas: Arrow leaves whatever was there under a null
    frames = [engine.to_pandas(population(engine, tables, CUTOFF).orderBy("customer_id"))]
    assert 70 < len(frames[0]) < 90
    if snapshots:
        frames.append(training_snapshots(engine, tables, CUTOFF, FIRST.date(), CHURN, progress=lambda line: None))
        assert 0 < frames[1]["churned_own"].mean() < 1
    return [digest(pa.Table.from_pandas(frame)) for frame in frames]


def digest(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


@pytest.fixture(scope="module")
def truth(world: World, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    with Engine(EngineConfig(threads=1)) as engine:
        return digests(engine, world, tmp_path_factory.mktemp("truth"), snapshots=True)


def test_the_world_has_every_kind_of_later_row(world: World) -> None:
    assert all(0.2 < later(frame).mean() < 0.5 for frame in world.values())
    signups, orders = world["customers"].set_index("customer_id")["signup_at"], world["orders"]
    bought_first = orders.groupby("customer_id")["timestamp"].min().reindex(signups.index) < LAST_MOMENT
    assert (bought_first & (signups > LAST_MOMENT)).sum() > 5  # buyers who sign up after the cutoff


@pytest.mark.parametrize("change", [deleted, changed])
def test_later_rows_deleted_moved_and_changed_change_no_byte(
    engine: Engine, world: World, truth: list[str], change: Any, tmp_path: Path
) -> None:
    assert digests(engine, change(world), tmp_path) == truth[:1]


def test_nor_do_rows_added_later_change_what_is_learnt_from(
    engine: Engine, world: World, truth: list[str], tmp_path: Path
) -> None:
    assert digests(engine, added(world), tmp_path, snapshots=True) == truth


def test_nor_do_row_order_and_threads(world: World, truth: list[str], tmp_path: Path) -> None:
    with Engine(EngineConfig(threads=4)) as engine:
        assert digests(engine, shuffled(world), tmp_path, snapshots=True) == truth


@pytest.mark.parametrize("name", ["events", "customers"])
def test_a_change_before_the_cutoff_does_show(
    engine: Engine, world: World, truth: list[str], name: str, tmp_path: Path
) -> None:
    column, old, new = ("event_type", "lesson", "quiz") if name == "events" else ("plan", "free", "gold")
    frame = world[name]
    candidates = frame.index[~later(frame) & (frame[column] == old)]
    touched = frame.assign(**{column: frame[column].mask(frame.index == candidates[0], new)})
    assert digests(engine, world | {name: touched}, tmp_path) != truth[:1]
