"""What a monitor wants to know of a run: is it whole, how fresh is it, what was set aside, how old is the model."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from clv_ml.pipeline.prepared import row_counts
from clv_ml.publishing import TIMINGS, write_json
from clv_ml.reports.score_results import Scored
from clv_ml.stages import Stages

HEALTH = "health.json"


def health_of(scored: Scored) -> dict[str, Any]:
    """Return the health of a run, JSON-safe; the same for the same run, so nothing of it is told by a clock.

    How long the run took stands in ``timings.json`` beside it.
    """
    told, as_of = scored.quality, scored.context.as_of
    tables = {"transactions": told, **told.get("other_tables", {})}
    cutoff = scored.bundle.models.cutoff
    return {
        "complete": True,  # the file is published with the run or not at all
        "run_id": scored.context.refresh_id,
        "as_of": as_of.isoformat(),
        "data_fresh_to": {name: table["last_day"] for name, table in tables.items()},
        "data_age_days": {name: _age(table["last_day"], as_of) for name, table in tables.items()},
        "rows": {
            name: row_counts(table) | {"reasons": table["quarantined"], "bad_share": table["bad_share"]}
            for name, table in tables.items()
        },
        # a gate that does not hold stops the run before anything is written
        "gates_passed": scored.config.gates.model_dump(mode="json"),
        "notes": list(scored.notes),
        "model": {
            "version": scored.context.model_version,
            "cutoff": cutoff.isoformat(),
            "age_days": (as_of - cutoff).days,
        },
        "customers_scored": scored.customers_scored,
        "customers_listed": scored.customers_listed,
        "timings": TIMINGS,
    }


def write_health(folder: Path, scored: Scored, stages: Stages) -> None:
    """Write the health of a run, and how long each of its stages took up to here."""
    write_json(folder / HEALTH, health_of(scored))
    write_json(folder / TIMINGS, {"run_id": scored.context.refresh_id, **stages.to_dict()})


def _age(last_day: str | None, as_of: dt.date) -> int | None:
    return None if last_day is None else (as_of - dt.date.fromisoformat(last_day)).days
