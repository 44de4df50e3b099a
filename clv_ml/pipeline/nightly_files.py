"""Which input files are new since a state was kept, and whether the earlier ones are as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import clv_ml
from clv_ml.config import Config, CustomersConfig, EventsConfig, TransactionsConfig
from clv_ml.data.delivered import deliveries, names_of
from clv_ml.engine.program import program
from clv_ml.publishing import digest

_ENDS = 65_536  # bytes at the start and the end of a file that are looked at
Section = TransactionsConfig | EventsConfig | CustomersConfig
Kind = TypeVar("Kind", TransactionsConfig, EventsConfig)


@dataclass(frozen=True)
class Seen:
    """The files of one table: what each is called in reports, its facts, and the fault of all its rows."""

    names: Mapping[str, str]
    facts: Mapping[str, Any]
    faults: Mapping[str, str | None]

    def to_dict(self) -> dict[str, Any]:
        """Return the same, JSON-safe."""
        return {"names": dict(self.names), "facts": dict(self.facts), "faults": dict(self.faults)}


def look(section: Section) -> Seen:
    """Look at the files of a table, by path."""
    sources = [source for source in section.sources if source.path is not None]
    names: dict[str, str] = {}
    facts: dict[str, Any] = {}
    faults: dict[str, str | None] = {}
    for delivery in deliveries(sources, section.root, duplicates=section.duplicate_files):
        for path, name, fault in zip(delivery.paths, delivery.names, delivery.faults, strict=True):
            names[str(path)], faults[str(path)], facts[str(path)] = name, fault, _facts(path)
    return Seen(names, facts, faults)


def why_not_added(before: Mapping[str, Any], now: Seen) -> str:
    """Say why new files cannot be added to earlier ones; empty where they can."""
    for path, facts in before["facts"].items():
        if path not in now.facts:
            return f"{path} is gone"
        if now.facts[path] != facts:
            return f"{path} is not what it was"
        if now.names[path] != before["names"][path] or now.faults[path] != before["faults"][path]:
            return f"{path} is called {now.names[path]} now, or is a copy of a new file"
    new = [path for path in now.facts if path not in before["facts"]]
    copies = [path for path in new if now.faults[path] is not None]
    if copies:
        return f"{copies[0]} holds what an earlier file holds"
    alone = names_of([Path(path) for path in new])
    if any(alone[Path(path)] != now.names[path] for path in new):
        return "a new file has the name of an earlier one in another folder"
    return ""


def of_new_files(section: Kind, before: Mapping[str, Any], now: Seen) -> Kind | None:
    """Return the section with the new files only; None where there are none with rows."""
    sources: list[Any] = []
    for source in section.sources:
        if source.path is None:
            continue
        [delivery] = deliveries([source], section.root, duplicates="keep")
        new = [path for path in delivery.paths if str(path) not in before["facts"] and path.stat().st_size]
        sources += [source.model_copy(update={"path": str(path.absolute())}) for path in new]
    return section.model_copy(update={"sources": tuple(sources)}) if sources else None


def in_order(before: Mapping[str, Any], now: Seen) -> bool:
    """Whether the new files stand after all earlier ones, by what they are called."""
    old = [now.names[path] for path in now.facts if path in before["facts"]]
    new = [now.names[path] for path in now.facts if path not in before["facts"]]
    return not old or not new or max(old) < min(new)


def state_key(config: Config) -> str:
    """Digest what a state depends on beside the files: the settings of the tables, and the program."""
    parts = {"transactions", "events", "customers", "currency"}
    return digest(config.model_dump(mode="json", include=parts), clv_ml.__version__, program())


def cannot_add(config: Config) -> str:
    """Say why rows of these tables cannot be checked night by night; empty where they can."""
    if any(source.dataset is not None for source in config.transactions.sources):
        return "a packaged data set has no nights"
    sections = [config.transactions, *([config.events] if config.events else [])]
    if any(rule.most_alike is not None for section in sections for rule in section.rules):
        return "a rule with `most_alike` looks at all rows"
    if any(source.lookup is not None for source in (config.events.sources if config.events else ())):
        return "a `lookup` can change what earlier rows mean"
    if config.features.modules:
        return "functions of `features.modules` look at all rows"
    return ""


def _facts(path: Path) -> list[Any]:
    facts = path.stat()
    with path.open("rb") as file:
        start = file.read(_ENDS)
        file.seek(max(facts.st_size - _ENDS, 0))
        ends = hashlib.sha256(start + file.read(_ENDS)).hexdigest()
    return [facts.st_size, facts.st_mtime_ns, ends]
