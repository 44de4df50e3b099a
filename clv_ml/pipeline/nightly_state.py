"""The state on disk: Parquet tables and a manifest, sealed, exchanged in one step; used whole or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import shutil
from collections.abc import Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from clv_ml.config import Config
from clv_ml.data.quality import QualityReport
from clv_ml.data.records import TableReport
from clv_ml.engine import DataFrame, Engine
from clv_ml.errors import ClvError
from clv_ml.pipeline.nightly_files import Seen, state_key
from clv_ml.publishing import damage, publish, write_json

FORMAT = 3
GROWING = ("hashes", "open_rows", "open_events", "changes", "totals", "events", "aside", "aside_events")
"""Tables that rows are added to night after night, each time as one more file of their folder."""
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class ClosedRows:
    """Rows of closed days of one table: how many a day (by ISO date), and their fingerprint."""

    by_day: Mapping[str, int]
    fingerprint: str


@dataclass(frozen=True)
class Kept:
    """A state as it was kept.

    Attributes
    ----------
    tables
        Names of the Parquet files of the folder to frames: those of :class:`clv_ml.snapshot.state.State`, the rows of
        open days (open_rows, open_events), orphans, hashes and customers, everybody as they were described (base,
        changes: :class:`clv_ml.snapshot.carried.Described`), the history that describing does not need (totals, events:
        of closed days), and the rows that were set aside (aside, aside_events, aside_customers), as far as there are
        any.
    described_day
        The day that `base` and `changes` describe everybody as of.
    night
        How many nights have been kept.
    files
        The files that it was made of, by table (:meth:`Seen.to_dict`).
    closed
        What is known of the rows of closed days, by table.
    """

    folder: Path
    closed_day: dt.date
    described_day: dt.date
    night: int
    tables: Mapping[str, DataFrame]
    files: Mapping[str, Any]
    report: QualityReport
    others: Mapping[str, TableReport]
    closed: Mapping[str, ClosedRows]


def state_folder(config: Config) -> Path:
    """Return where the state is kept."""
    return config.incremental.dir or config.output.dir / "state"


def load_state(engine: Engine, config: Config, own: Path) -> Kept | str:
    """Read what was kept, or say why it is of no use.

    Parameters
    ----------
    own
        A folder of this process: the files are taken there, so that another process can keep a new state meanwhile.
    """
    place = state_folder(config)
    if not place.is_dir():
        return "nothing was kept yet"
    try:
        folder = _taken(place, own)
        if wrong := damage(folder):
            return f"{place} is damaged: {wrong}"
        facts = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if facts["format"] != FORMAT or facts["key"] != state_key(config):
            return f"{place} was made by another version, or with other settings of the tables"
        tables = {path.stem: engine.scan(path) for path in sorted(folder.glob("*.parquet"))}
        for name in GROWING:
            if parts := sorted((folder / name).glob("*.parquet")):
                tables[name] = engine.scan(*parts)
        others = {name: TableReport(**_days_read(told)) for name, told in facts["others"].items()}
        report = QualityReport(**_days_read(facts["report"]))
        closed_day, described_day = (dt.date.fromisoformat(facts[name]) for name in ("closed_day", "described_day"))
        night = int(facts["night"])
        closed = {name: ClosedRows(**told) for name, told in facts["closed"].items()}
        return Kept(folder, closed_day, described_day, night, tables, facts["files"], report, others, closed)
    except (ClvError, OSError, ValueError, KeyError, TypeError) as error:
        return f"{place} cannot be used: {error}"


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
    closed: Mapping[str, ClosedRows],
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
        facts = {
            "format": FORMAT,
            "key": state_key(config),
            "closed_day": closed_day.isoformat(),
            "described_day": described_day.isoformat(),
            "night": 0 if before is None else before.night + 1,
            "files": {name: files.to_dict() for name, files in seen.items()},
            "report": dataclasses.asdict(report),
            "others": {name: dataclasses.asdict(told) for name, told in others.items()},
            "closed": {name: dataclasses.asdict(told) for name, told in closed.items()},
        }
        write_json(folder / _MANIFEST, facts)

    publish(state_folder(config), write, wait_seconds=config.output.lock_wait_seconds)


def _take_over(old: Path, new: Path, *, changed: Set[str]) -> None:
    same = [path for path in old.glob("*.parquet") if path.stem not in changed]
    for name in GROWING:
        same += [] if name in changed else (old / name).glob("*.parquet")
    for path in same:
        _link(path, new / path.relative_to(old))


def _taken(place: Path, own: Path) -> Path:
    """Link every file into a folder of this process, and return that; what is missing there is seen as damage."""
    folder = own / "state"
    for path in sorted(place.rglob("*")):
        target = folder / path.relative_to(place)
        if path.is_dir():
            target.mkdir(parents=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(path, target)
    return folder


def _link(path: Path, target: Path) -> None:
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
