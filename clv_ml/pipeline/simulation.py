"""A simulated business in files, ready for `clv-ml train`, with the best score that anybody could have given."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from clv_ml.data.simulate import TABLES, Simulation, attainable_scores, joined, simulated_blocks
from clv_ml.data.simulation_parameters import SimulationParameters
from clv_ml.errors import ClvError, ConfigError
from clv_ml.evaluation.metrics import auc
from clv_ml.models.purchases import PurchaseModel

# Those of the churn section by default.
_HORIZONS = (30, 60, 90)
_FILES = (*(f"{name}.parquet" for name in (*TABLES, "attainable")), "parameters.json", "config.yaml")
_HEAD = """\
# A simulated business. What it was drawn from is in parameters.json, what no customer tells in truth.parquet,
# and the best score that anybody could have given on {cutoff} in attainable.parquet.
"""


@dataclass(frozen=True)
class SimulatedFiles:
    """Where a simulation was written, and what can be found in it.

    Attributes
    ----------
    rows
        Rows of each table.
    cutoff, horizon_days
        What `attainable_auc` and `bgnbd_auc` were measured on: buyers up to the cutoff, no purchase in the horizon.
    attainable_auc, bgnbd_auc
        Of the best attainable score, and of BG/NBD with the true parameters; nan where nobody or everybody churned.
    """

    folder: Path
    rows: dict[str, int]
    cutoff: dt.date
    horizon_days: int
    attainable_auc: float
    bgnbd_auc: float


def simulate_files(
    parameters: SimulationParameters,
    *,
    customers: int,
    folder: Path,
    seed: int = 42,
    chunk_blocks: int = 20,
    progress: Callable[[str], None] = lambda message: None,
) -> SimulatedFiles:
    """Write tables, truth, attainable scores and a config, some thousand customers at a time.

    Parameters
    ----------
    folder
        Gets customers, transactions, events, truth and attainable (.parquet), parameters.json and config.yaml. An
        earlier simulation there is replaced.
    chunk_blocks
        Thousands of customers in memory at a time; what is simulated does not depend on it.

    Raises
    ------
    ConfigError
        If a number is out of range, or the folder holds files of these names that no simulation wrote.
    ClvError
        If the folder cannot be written.
    """
    horizons = [days for days in _HORIZONS if 2 * days < parameters.days]
    if not horizons:
        raise ConfigError(f"simulation: days is {parameters.days}; it must be above {2 * _HORIZONS[0]} to judge scores")
    blocks = simulated_blocks(parameters, customers=customers, seed=seed)
    cutoff = parameters.end - dt.timedelta(days=horizons[-1])
    aside = folder / ".simulating"
    try:
        _refuse_strangers(folder)
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        with _Tables(aside) as tables:
            for part in _chunks(blocks, chunk_blocks):
                tables.add(part, cutoff, horizons)
                progress(f"simulated {tables.rows['customers']:,} of {customers:,} customers")
        parameters.to_json(aside / "parameters.json")
        (aside / "config.yaml").write_text(_config(parameters, folder, cutoff, horizons, seed), encoding="utf-8")
        for name in _FILES:
            (aside / name).replace(folder / name)
    except OSError as error:
        raise ClvError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    best, rival = tables.judged(parameters, horizons[-1])
    return SimulatedFiles(folder, tables.rows, cutoff, horizons[-1], best, rival)


def _refuse_strangers(folder: Path) -> None:
    strangers = [name for name in _FILES if (folder / name).exists()]
    if strangers and not (folder / "parameters.json").exists():
        raise ConfigError(f"{folder} holds {', '.join(strangers)}, which no simulation wrote: choose another folder")


def _chunks(blocks: Iterator[Simulation], size: int) -> Iterator[Simulation]:
    while part := list(islice(blocks, size)):
        yield joined(part)


class _Tables:
    """Parquet files that grow by one row group a chunk, and what is needed to judge the scores in the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._buyers: list[pd.DataFrame] = []
        self.rows: dict[str, int] = {}

    def __enter__(self) -> _Tables:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, part: Simulation, cutoff: dt.date, horizons: list[int]) -> None:
        """Write one chunk with its attainable scores."""
        scores = attainable_scores(part, cutoff=cutoff, horizons_days=horizons)
        for name, table in part.tables.items():
            self._write(name, table)
        self._write("attainable", scores.reset_index().assign(cutoff=cutoff))
        main = horizons[-1]
        columns = {f"p_churn_{main}d": "p", f"churned_{main}d": "churned"}
        kept = scores[scores["T"].notna()][["frequency", "recency", "T", *columns]].rename(columns=columns)
        self._buyers.append(kept.assign(churned=kept["churned"].astype(bool)).reset_index(drop=True))

    def judged(self, parameters: SimulationParameters, horizon_days: int) -> tuple[float, float]:
        """AUC among buyers of the attainable score, and of BG/NBD with the true parameters."""
        buyers = pd.concat(self._buyers, ignore_index=True)
        if buyers["churned"].nunique() < 2:
            return np.nan, np.nan
        model = PurchaseModel.from_params(r=parameters.r, alpha=parameters.alpha, a=parameters.a, b=parameters.b)
        rival = model.probability_no_purchase(buyers, horizon_days=horizon_days)
        return auc(buyers["churned"], buyers["p"]), auc(buyers["churned"], rival)

    def _write(self, name: str, table: pd.DataFrame) -> None:
        if name not in self._writers:
            schema = pa.Schema.from_pandas(table, preserve_index=False)
            writer = pq.ParquetWriter(self._folder / f"{name}.parquet", schema, compression="zstd")
            self._writers[name] = self._open.enter_context(writer)
        writer = self._writers[name]
        writer.write_table(pa.Table.from_pandas(table, schema=writer.schema, preserve_index=False))
        self.rows[name] = self.rows.get(name, 0) + len(table)


def _config(parameters: SimulationParameters, folder: Path, cutoff: dt.date, horizons: list[int], seed: int) -> str:
    """Text of a config that reads the files beside it; output and models land in the folder too."""

    def source(name: str, *columns: str) -> dict[str, Any]:
        return {"path": f"{name}.parquet", "columns": {column: column for column in columns}}

    customer = ("customer_id", "timestamp")
    tree = {
        "name": "simulated",
        "seed": seed,
        "cutoff": parameters.end,
        "transactions": {"sources": [source("transactions", *customer, "amount", "order_id")]},
        "events": {
            "sources": [source("events", *customer, "event_type", "value", "session_id", "surface")],
            "key_actions": ["lesson"],
            "minutes": ["visit"],
            "contacts": ["email_sent"],
            "responses": ["email_open"],
        },
        "customers": {
            "sources": [source("customers", "customer_id", "signup_at", "channel")],
            "categories": ["channel"],
        },
        "churn": {"horizons_days": horizons},
        "backtest": {"cutoffs": [cutoff]},
        "tracking": {"store": str(folder / "models")},
        "output": {"dir": str(folder / "output")},
    }
    return _HEAD.format(cutoff=cutoff) + yaml.safe_dump(tree, sort_keys=False)
