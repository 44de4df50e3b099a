"""What MLflow keeps of a cohort report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from clv_ml.config import Config
from clv_ml.tracking.record import run_tags, settings
from clv_ml.tracking.run import DatasetRecord, RunRecord

_SHOWN = {".html", ".xlsx", ".json"}
# rows that MLflow's page can show; the whole tables are in the folder of the report
_MOST_ROWS = 5000


def cohorts_record(
    config: Config,
    as_of: dt.date,
    *,
    facts: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
) -> RunRecord:
    """Gather a cohort report: its headline figures as metrics, its tables, the page and the workbook.

    Parameters
    ----------
    facts
        What manifest.json says: cohorts_id, model, model_version, input_fingerprint, notes.
    tables
        By name; `scorecard` gives the metrics.
    folder
        What the report left on disk.
    """
    scorecard = tables.get("scorecard", pd.DataFrame())
    metrics = {
        str(row["figure"]): float(row["value"]) for row in scorecard.to_dict("records") if row["value"] == row["value"]
    }
    metrics["alerts"] = float(len(tables.get("alerts", ())))
    told: Sequence[Path] = [path for path in sorted(folder.iterdir()) if path.suffix in _SHOWN]
    files: dict[str, str | Path] = {path.name: path for path in told}
    return RunRecord(
        name=f"cohorts {as_of}",
        kind="cohorts",
        tags=run_tags(config, as_of) | {"model": str(facts["model"]), "bundle_version": str(facts["model_version"])},
        params={"as_of": as_of, "cohorts_id": facts["cohorts_id"], "model": facts["model"]},
        metrics=metrics,
        tables={f"cohorts/{name}.json": table.head(_MOST_ROWS) for name, table in tables.items() if len(table)},
        files=files | {"config.yaml": yaml.safe_dump(settings(config), sort_keys=False)},
        datasets=(DatasetRecord(config.name, str(facts["input_fingerprint"]), "cohorts", {"known_until": str(as_of)}),),
    )
