"""Plans kept in a file: to plan the queries of a nightly job takes seconds, and they are the same every night.

The file is a cache. One of another version of the program, a damaged one, or one that cannot be written costs the time
of planning again and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from clv_ml.engine.plan_text import plan_of_dict, plan_to_dict, strange_sources
from clv_ml.engine.plans import Plan, Shelf
from clv_ml.engine.program import program

MOST = 200  # a job has about thirty


class PlanFile:
    """Plans of a file in front of those of another shelf.

    Parameters
    ----------
    path
        The file; it need not be there.
    shelf
        Where plans are looked for first, and kept as well.
    connection
        What can parse a query (DuckDB).
    """

    def __init__(self, path: Path, shelf: Shelf, connection: Any) -> None:
        self._path, self._shelf, self._connection = path, shelf, connection
        self._known: dict[str, dict[str, Any]] | None = None
        self._new: dict[str, dict[str, Any]] = {}

    def find(self, key: Hashable) -> Plan | None:
        """Return the plan of a key, None where there is none."""
        named = _digest(repr(key))
        plan = self._shelf.find(key)
        if plan is None and (plan := self._of_file(named)) is not None:
            self._shelf.keep(key, plan)
        if plan is not None and plan.stands_alone and named not in self._told():
            self._new[named] = _sealed(plan)
        return plan

    def keep(self, key: Hashable, plan: Plan) -> None:
        """Keep a plan for the jobs to come."""
        self._shelf.keep(key, plan)
        if plan.stands_alone:
            self._new[_digest(repr(key))] = _sealed(plan)

    def save(self) -> None:
        """Write the plans that are new, if there are any and the folder of the file is there."""
        # one name for all: what a killed process left goes with the next; of two at once the digests tell what is whole
        aside = self._path.with_name(f"{self._path.name}.new")
        with contextlib.suppress(OSError):
            try:
                if self._new and self._path.parent.is_dir():
                    plans = dict(list((_read(self._path) | self._new).items())[-MOST:])
                    told = json.dumps({"made_with": program(), "plans": plans})
                    aside.write_text(told, encoding="utf-8", newline="\n")
                    aside.replace(self._path)
            finally:
                aside.unlink(missing_ok=True)

    def _told(self) -> dict[str, dict[str, Any]]:
        if self._known is None:
            self._known = _read(self._path)
        return self._known

    def _of_file(self, named: str) -> Plan | None:
        told = self._told().get(named)
        if told is None:
            return None
        with contextlib.suppress(KeyError, TypeError, AttributeError):
            plan = plan_of_dict(told["plan"])
            if told["digest"] == _digest(json.dumps(told["plan"])) and not strange_sources(self._connection, plan):
                return plan
        del self._told()[named]  # it will be written anew
        return None


def _read(path: Path) -> dict[str, dict[str, Any]]:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["made_with"] == program():
            return dict(told["plans"])
    return {}


def _sealed(plan: Plan) -> dict[str, Any]:
    told = plan_to_dict(plan)
    return {"digest": _digest(json.dumps(told)), "plan": told}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
