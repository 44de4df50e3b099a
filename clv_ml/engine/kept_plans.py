"""Plans of a state, kept with it: those whose key is a text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from clv_ml.engine.plan_text import plan_of_dict, plan_to_dict, strange_sources
from clv_ml.engine.plans import Plan
from clv_ml.engine.reading import text
from clv_ml.engine.session import Engine
from clv_ml.errors import ClvError


def save_plans(engine: Engine, path: Path) -> None:
    """Write the plans of an engine that are named by a text."""
    named = {key: plan for key, plan in engine._plans._plans.items() if isinstance(key, str)}
    content = {key: plan_to_dict(plan) for key, plan in sorted(named.items())}
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
        plans = {key: plan_of_dict(facts) for key, facts in content.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClvError(f"{path}: holds no plans: {error}") from error
    for key, plan in plans.items():
        _require_queries(engine, key, plan, path)
    for key, plan in plans.items():
        engine._plans._plans.setdefault(key, plan)


def scan(engine: Engine, paths: Path) -> Any:
    """Return a frame of a Parquet file, or of all that a pattern matches; nothing is read before it is asked for."""
    name = next(engine._names)
    engine._run(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({text(str(paths))})")
    return engine._tables.frame(name)


def _require_queries(engine: Engine, key: str, plan: Plan, path: Path) -> None:
    strange = strange_sources(engine._connection, plan)
    if strange:
        raise ClvError(f"{path}: the plan {key[:40]!r} asks for {', '.join(sorted(strange))}: not a plan of ours")
