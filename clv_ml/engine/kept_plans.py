"""Plans kept from one process to the next: to plan the queries of a night takes longer than to run them.

A plan is the text of queries. One that comes from a file is taken only if each of its queries is a single SELECT from
tables of the same plan: it can compute wrong figures, as a forged table beside it could, and do nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clv_ml.engine.plans import Plan, Step
from clv_ml.engine.reading import text
from clv_ml.engine.session import Engine
from clv_ml.errors import ClvError


def save_plans(engine: Engine, path: Path) -> None:
    """Write the plans of an engine that are named by a text."""
    named = {key: plan for key, plan in engine._plans._plans.items() if isinstance(key, str)}
    content = {
        key: {
            "inputs": dict(plan.inputs),
            "steps": [[step.table, step.query] for step in plan.steps],
            "results": dict(plan.results),
        }
        for key, plan in sorted(named.items())
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8", newline="\n")


def restore_plans(engine: Engine, path: Path) -> None:
    """Take over plans that were written, unless the engine has them already.

    Raises
    ------
    ClvError
        If the file holds anything but queries of the tables of a plan.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        plans = {
            key: Plan(facts["inputs"], tuple(Step(*step) for step in facts["steps"]), facts["results"])
            for key, facts in content.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClvError(f"{path}: holds no plans: {error}") from error
    _require_queries(engine, plans, path)
    for key, plan in plans.items():
        engine._plans._plans.setdefault(key, plan)


def scan(engine: Engine, paths: Path) -> Any:
    """Return a frame of a Parquet file, or of all that a pattern matches; nothing is read before it is asked for."""
    name = next(engine._names)
    engine._run(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({text(str(paths))})")
    return engine._session.table(name)


def _tables(plan: Plan) -> Iterator[str]:
    return (step.table for step in plan.steps)


def _require_queries(engine: Engine, plans: dict[str, Plan], path: Path) -> None:
    for key, plan in plans.items():
        own = {*plan.inputs.values(), *_tables(plan)}
        for step in plan.steps:
            [[told]] = engine._connection.execute("SELECT json_serialize_sql(?)", [step.query]).fetchall()
            parsed = json.loads(told)
            statements = parsed.get("statements", [])
            strange = set(_sources(parsed)) - own if len(statements) == 1 and not parsed["error"] else {"no SELECT"}
            if strange:
                raise ClvError(
                    f"{path}: the plan {key[:40]!r} asks for {', '.join(sorted(strange))}: not a plan of ours"
                )


def _sources(node: Any, names: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the tables that a parsed query reads, its own subqueries left out; other sources by their type."""
    if isinstance(node, list):
        for part in node:
            yield from _sources(part, names)
    elif isinstance(node, dict):
        entries = node.get("cte_map", {}).get("map", []) if isinstance(node.get("cte_map"), dict) else []
        names = names | {entry["key"] for entry in entries}
        kind = node.get("type")
        if kind == "BASE_TABLE" and node.get("table_name") not in names:
            yield ".".join(filter(None, (node.get("catalog_name"), node.get("schema_name"), node.get("table_name"))))
        if kind in {"TABLE_FUNCTION", "SHOW_REF", "COLUMN_DATA"}:
            yield str(kind)
        for part in node.values():
            yield from _sources(part, names)
