"""Statements recorded once, to be run again on other tables and at other cutoffs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Build = Callable[[Mapping[str, Any], dt.date], Any]
BuildTables = Callable[[Mapping[str, Any], dt.date], Mapping[str, Any]]

# no day of the data is near it: moments of the tables lie between 1700 and 2199
STAND_IN = dt.date(2999, 1, 1)
_DATES = re.compile(r"'(29[0-9]{2}|30[0-9]{2})-([0-9]{2})-([0-9]{2})'")
_TABLES = re.compile(r"'(?:[^']|'')*'|\bclv_[0-9]+\b")  # texts are matched too, and left as they are


@dataclass(frozen=True)
class Step:
    """One statement: the table it fills, and the query that fills it, with :data:`STAND_IN` for the cutoff.

    A lazy one makes a view, which is computed where it is used.
    """

    table: str
    query: str
    lazy: bool = False

    def sql(self, names: Mapping[str, str], cutoff: dt.date) -> str:
        """Return the query on other tables (recorded name to name) and at a cutoff; dates near it move with it."""
        moved = cutoff - STAND_IN

        def date(found: re.Match[str]) -> str:
            year, month, day = (int(part) for part in found.groups())
            return f"'{dt.date(year, month, day) + moved}'"

        renamed = _TABLES.sub(lambda found: names.get(found.group(), found.group()), self.query)
        return _DATES.sub(date, renamed) if moved else renamed


@dataclass(frozen=True)
class Plan:
    """The recorded names of the inputs, the steps, and the names of the tables that are the results."""

    inputs: Mapping[str, str]
    steps: tuple[Step, ...]
    results: Mapping[str, str]

    @property
    def stands_alone(self) -> bool:
        """Whether it reads nothing but its inputs and what it makes of them."""
        own = {*self.inputs.values(), *(step.table for step in self.steps)}
        read = {found for step in self.steps for found in _TABLES.findall(step.query) if not found.startswith("'")}
        return read <= own


class Shelf(Protocol):
    """Where plans are kept beyond an engine."""

    def find(self, key: Hashable) -> Plan | None:
        """Return the plan of a key, None where there is none."""

    def keep(self, key: Hashable, plan: Plan) -> None:
        """Keep a plan."""


class Plans:
    """Records how frames are built, and runs the records.

    Parameters
    ----------
    run
        Runs a statement.
    sql
        A frame to its query.
    table
        A name to the frame of that table.
    names
        Fresh names of tables.
    shelf
        Where plans of other engines are found, and those of this one kept.
    """

    def __init__(
        self,
        run: Callable[[str], Any],
        sql: Callable[[Any], str],
        table: Callable[[str], Any],
        names: Iterator[str],
        shelf: Shelf,
    ) -> None:
        self._run, self._sql, self._table, self._names, self._shelf = run, sql, table, names, shelf
        self._plans: dict[Hashable, Plan] = {}
        self._recording: list[Step] | None = None

    def run(self, key: Hashable, inputs: Mapping[str, Any], cutoff: dt.date, build: Build) -> str:
        """Run a plan, recorded where it is new, and return the name of the table with the result."""
        return self.run_all(key, inputs, cutoff, lambda frames, day: {"": build(frames, day)})[""]

    def view(self, key: Hashable, inputs: Mapping[str, Any], build: Callable[[Mapping[str, Any]], Any]) -> str:
        """Return the name of a view that a plan of one step defines; nothing is computed."""
        plan = self._plan((key, self._columns(inputs)), inputs, lambda frames, _: {"": build(frames)})
        names = self._fresh(plan)
        self._lend(plan, inputs, names)
        for step in plan.steps:
            self._run(f"CREATE VIEW {names[step.table]} AS {step.sql(names, STAND_IN)}")
        return names[plan.results[""]]

    def run_all(self, key: Hashable, inputs: Mapping[str, Any], cutoff: dt.date, build: BuildTables) -> dict[str, str]:
        """Run a plan with several results, recorded where it is new, and return the names of their tables."""
        return self._executed(self._plan(key, inputs, build), inputs, cutoff, {})

    def run_to(
        self, key: Hashable, inputs: Mapping[str, Any], cutoff: dt.date, build: Build, to: Callable[[str], str]
    ) -> None:
        """Run the plan of :meth:`run`, its last query by the statement that `to` makes of it, into no table."""
        plan = self._plan(key, inputs, lambda frames, day: {"": build(frames, day)})
        self._executed(plan, inputs, cutoff, {plan.results[""]: to})

    def _executed(
        self, plan: Plan, inputs: Mapping[str, Any], cutoff: dt.date, elsewhere: Mapping[str, Callable[[str], str]]
    ) -> dict[str, str]:
        names = self._fresh(plan)
        done = False
        try:
            self._lend(plan, inputs, names)
            for step in plan.steps:
                query = step.sql(names, cutoff)
                if step.table in elsewhere:
                    self._run(elsewhere[step.table](query))
                else:
                    self._run(f"CREATE {_kind(step)} {names[step.table]} AS {query}")
            done = True
        finally:
            kept = plan.results.values() if done else ()
            self._drop("VIEW", [names[recorded] for recorded in plan.inputs.values()])
            self._drop_steps([step for step in plan.steps if step.table not in kept], names)
        return {name: names[table] for name, table in plan.results.items()}

    def _fresh(self, plan: Plan) -> dict[str, str]:
        return {table: next(self._names) for table in (*plan.inputs.values(), *(step.table for step in plan.steps))}

    def _lend(self, plan: Plan, inputs: Mapping[str, Any], names: Mapping[str, str]) -> None:
        for name, recorded in plan.inputs.items():
            self._run(f"CREATE VIEW {names[recorded]} AS {self._sql(inputs[name])}")

    def _columns(self, inputs: Mapping[str, Any]) -> str:
        described = {name: self._run(f"DESCRIBE {self._sql(frame)}").fetchall() for name, frame in inputs.items()}
        return repr(described)

    def _plan(self, key: Hashable, inputs: Mapping[str, Any], build: BuildTables) -> Plan:
        if key not in self._plans:
            same = (key, self._columns(inputs))
            plan = self._shelf.find(same)
            if plan is None:
                plan = self._record(inputs, build)
                self._shelf.keep(same, plan)
            self._plans[key] = plan
        return self._plans[key]

    def noted(self, table: str, query: str, *, lazy: bool = False) -> str:
        """Note a statement where a plan is being recorded; return what to run, which then gives no rows."""
        if self._recording is None:
            return query
        self._recording.append(Step(table, query, lazy))
        return f"SELECT * FROM ({query}) LIMIT 0"

    def _record(self, inputs: Mapping[str, Any], build: BuildTables) -> Plan:
        empty = {name: next(self._names) for name in inputs}
        steps: list[Step] = []
        results: dict[str, str] = {}
        try:
            for name, table in empty.items():
                self._run(f"CREATE TABLE {table} AS SELECT * FROM ({self._sql(inputs[name])}) LIMIT 0")
            self._recording = steps
            built = build({name: self._table(table) for name, table in empty.items()}, STAND_IN)
            for name, frame in built.items():
                results[name] = next(self._names)
                self.noted(results[name], self._sql(frame))
        finally:
            self._recording = None
            self._drop_steps(steps, {step.table: step.table for step in steps})
            self._drop("TABLE", [*empty.values()])
        return Plan(empty, tuple(steps), results)

    def _drop_steps(self, steps: Sequence[Step], names: Mapping[str, str]) -> None:
        for kind in ("VIEW", "TABLE"):
            self._drop(kind, [names[step.table] for step in steps if _kind(step) == kind])

    def _drop(self, kind: str, names: list[str]) -> None:
        for name in names:  # after a failure some were never made
            self._run(f"DROP {kind} IF EXISTS {name}")


def _kind(step: Step) -> str:
    return "VIEW" if step.lazy else "TABLE"
