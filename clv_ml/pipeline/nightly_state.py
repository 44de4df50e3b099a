"""The state on disk: Parquet tables and a manifest, sealed, exchanged in one step; used whole or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from clv_ml.config import Config
from clv_ml.data.quality import QualityReport
from clv_ml.data.records import TableReport
from clv_ml.engine import DataFrame, Engine
from clv_ml.engine.kept_plans import restore_plans, save_plans, scan
from clv_ml.errors import ClvError
from clv_ml.pipeline.nightly_files import Seen, state_key
from clv_ml.publishing import damage, publish, write_json

FORMAT = 1
_MANIFEST, _PLANS, _HASHES = "manifest.json", "plans.json", "hashes"


@dataclass(frozen=True)
class Kept:
    """A state as it was kept.

    Attributes
    ----------
    tables
        Names of the Parquet files of the folder to frames: those of :class:`clv_ml.snapshot.state.State`, the rows of
        open days (open_rows, open_events), orphans, hashes and customers, as far as there are any.
    files
        The files that it was made of, by table (:meth:`Seen.to_dict`).
    """

    folder: Path
    closed_day: dt.date
    tables: Mapping[str, DataFrame]
    files: Mapping[str, Any]
    report: QualityReport
    others: Mapping[str, TableReport] = field(default_factory=dict)


def state_folder(config: Config) -> Path:
    """Return where the state is kept."""
    return config.incremental.dir or config.output.dir / "state"


def load_state(engine: Engine, config: Config) -> Kept | str:
    """Read what was kept, or say why it is of no use."""
    folder = state_folder(config)
    if not folder.is_dir():
        return "nothing was kept yet"
    if wrong := damage(folder):
        return f"{folder} is damaged: {wrong}"
    try:
        facts = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if facts["format"] != FORMAT or facts["key"] != state_key(config):
            return f"{folder} was made by another version, or with other settings of the tables"
        restore_plans(engine, folder / _PLANS)
        tables = {path.stem: scan(engine, path) for path in sorted(folder.glob("*.parquet"))}
        if any((folder / _HASHES).glob("*.parquet")):
            tables["hashes"] = scan(engine, folder / _HASHES / "*.parquet")
        others = {name: TableReport(**_days_read(told)) for name, told in facts["others"].items()}
        report = QualityReport(**_days_read(facts["report"]))
        return Kept(folder, dt.date.fromisoformat(facts["closed_day"]), tables, facts["files"], report, others)
    except (ClvError, OSError, ValueError, KeyError, TypeError) as error:
        return f"{folder} cannot be used: {error}"


def save_state(
    engine: Engine,
    config: Config,
    before: Kept | None,
    *,
    closed_day: dt.date,
    tables: Mapping[str, DataFrame],
    hashes: DataFrame | None,
    seen: Mapping[str, Seen],
    report: QualityReport,
    others: Mapping[str, TableReport],
) -> None:
    """Write a state in place of the one before: `tables` are those that changed, the others are taken over.

    Raises
    ------
    ClvError
        If it cannot be written; the one before is still there.
    """

    def write(folder: Path) -> None:
        (folder / _HASHES).mkdir()
        if before is not None:
            _take_over(before.folder, folder, changed=tables)
        for name, frame in tables.items():
            engine.write_parquet(frame, folder / f"{name}.parquet")
        if hashes is not None:
            number = len(list((folder / _HASHES).iterdir()))
            engine.write_parquet(hashes, folder / _HASHES / f"{number:06d}.parquet")
        save_plans(engine, folder / _PLANS)
        facts = {
            "format": FORMAT,
            "key": state_key(config),
            "closed_day": closed_day.isoformat(),
            "files": {name: files.to_dict() for name, files in seen.items()},
            "report": dataclasses.asdict(report),
            "others": {name: dataclasses.asdict(told) for name, told in others.items()},
        }
        write_json(folder / _MANIFEST, facts)

    publish(state_folder(config), write, wait_seconds=config.output.lock_wait_seconds)


def _take_over(old: Path, new: Path, *, changed: Mapping[str, DataFrame]) -> None:
    same = [path for path in old.glob("*.parquet") if path.stem not in changed]
    for path in (*same, *(old / _HASHES).glob("*.parquet")):
        target = new / path.relative_to(old)
        try:
            os.link(path, target)
        except OSError:  # a file system without links
            shutil.copyfile(path, target)


def _days_read(told: Mapping[str, Any]) -> dict[str, Any]:
    read = dict(told)
    for name in ("first_day", "last_day"):
        read[name] = None if read[name] is None else dt.date.fromisoformat(read[name])
    if "amount" in read:
        read |= {"amount": Decimal(read["amount"]), "rules": tuple(read["rules"])}
    return read
