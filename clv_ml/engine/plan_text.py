"""Plans as data: what is written of them, and what of a file is taken for one.

A plan is the text of queries. One that comes from a file is taken only if each of its queries is a single SELECT from
tables of the same plan: it can compute wrong figures, as a forged table beside it could, and do nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from clv_ml.engine.plans import Plan, Step


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """Return a plan, JSON-safe."""
    return {
        "inputs": dict(plan.inputs),
        "steps": [[step.table, step.query, step.lazy] for step in plan.steps],
        "results": dict(plan.results),
    }


def plan_of_dict(told: Mapping[str, Any]) -> Plan:
    """Return the plan that was told; KeyError or TypeError where it is none."""
    return Plan(told["inputs"], tuple(Step(*step) for step in told["steps"]), told["results"])


def strange_sources(connection: Any, plan: Plan) -> set[str]:
    """Name what the queries of a plan read beside its own tables; "no SELECT" where one is anything else."""
    own = {*plan.inputs.values(), *(step.table for step in plan.steps)}
    strange: set[str] = set()
    for step in plan.steps:
        [[told]] = connection.execute("SELECT json_serialize_sql(?)", [step.query]).fetchall()
        parsed = json.loads(told)
        alone = len(parsed.get("statements", [])) == 1 and not parsed["error"]
        strange |= set(_sources(parsed)) - own if alone else {"no SELECT"}
    return strange


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
