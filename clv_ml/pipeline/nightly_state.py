"""The state on disk: Parquet tables and a manifest, sealed, exchanged in one step; used whole or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import shutil
from collections.abc import Mapping, Set
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

FORMAT = 2
GROWING = ("hashes", "open_rows", "open_events", "changes")
"""Tables that rows are added to night after night, each time as one more file of their folder."""
_MANIFEST, _PLANS = "manifest.json", "plans.json"


@dataclass(frozen=True)
class Kept:
    """A state as it was kept.

    Attributes
    ----------
    tables
        Names of the Parquet files of the folder to frames: those of :class:`clv_ml.snapshot.state.State`, the rows of
        open days (open_rows, open_events), orphans, hashes and customers, and everybody as they were described (base,
        changes: :class:`clv_ml.snapshot.carried.Described`), as far as there are any.
    described_day
        The day that `base` and `changes` describe everybody as of.
    night
        How many nights have been kept.
    files
        The files that it was made of, by table (:meth:`Seen.to_dict`).
    """

    folder: Path
    closed_day: dt.date
    described_day: dt.date
    night: int
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
        for name in GROWING:
            if any((folder / name).glob("*.parquet")):
                tables[name] = scan(engine, folder / name / "*.parquet")
        others = {name: TableReport(**_days_read(told)) for name, told in facts["others"].items()}
        report = QualityReport(**_days_read(facts["report"]))
        closed_day, described_day = (dt.date.fromisoformat(facts[name]) for name in ("closed_day", "described_day"))
        night = int(facts["night"])
        return Kept(folder, closed_day, described_day, night, tables, facts["files"], report, others)
    except (ClvError, OSError, ValueError, KeyError, TypeError) as error:
        return f"{folder} cannot be used: {error}"


def save_state(
    engine: Engine,
    config: Config,
    before: Kept | None,
    *,
    closed_day: dt.date,
    described_day: dt.date,
    tables: Mapping[str, DataFrame],
    added: Mapping[str, DataFrame],
    seen: Mapping[str, Seen],
    report: QualityReport,
    others: Mapping[str, TableReport],
) -> None:
    """Write a state in place of the one before: `tables` are those that changed, the others are taken over.

    Parameters
    ----------
    added
        Rows that are added to :data:`GROWING` tables, which are not among `tables`. The changes of a base go with it.

    Raises
    ------
    ClvError
        If it cannot be written; the one before is still there.
    """

    def write(folder: Path) -> None:
        for name in GROWING:
            (folder / name).mkdir()
        if before is not None:
            _take_over(before.folder, folder, changed={*tables, *(("changes",) if "base" in tables else ())})
        for name, frame in {**tables, **added}.items():
            number = len(list((folder / name).glob("*")))
            place = f"{name}/{number:06d}" if name in GROWING else name
            engine.write_parquet(frame, folder / f"{place}.parquet")
        save_plans(engine, folder / _PLANS)
        facts = {
            "format": FORMAT,
            "key": state_key(config),
            "closed_day": closed_day.isoformat(),
            "described_day": described_day.isoformat(),
            "night": 0 if before is None else before.night + 1,
            "files": {name: files.to_dict() for name, files in seen.items()},
            "report": dataclasses.asdict(report),
            "others": {name: dataclasses.asdict(told) for name, told in others.items()},
        }
        write_json(folder / _MANIFEST, facts)

    publish(state_folder(config), write, wait_seconds=config.output.lock_wait_seconds)


def _take_over(old: Path, new: Path, *, changed: Set[str]) -> None:
    same = [path for path in old.glob("*.parquet") if path.stem not in changed]
    for name in GROWING:
        same += [] if name in changed else (old / name).glob("*.parquet")
    for path in same:
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
