"""What MLflow keeps of the measurement of a campaign."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from clv_ml.config import Config
from clv_ml.tracking.record import run_tags, settings
from clv_ml.tracking.run import DatasetRecord, RunRecord

_SHOWN = {".svg", ".png", ".csv", ".txt", ".json"}


def measurement_record(
    config: Config,
    as_of: dt.date,
    *,
    facts: Mapping[str, Any],
    fingerprint: str,
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
) -> RunRecord:
    """Gather a measurement: its figures, its tables, and the lists it is about.

    Parameters
    ----------
    facts
        What measurement.json says: verdict, sentence, judged, horizon_days, metrics.
    fingerprint
        Digest of the data and the contacts.
    folder
        What the measurement left on disk.
    """
    told = [path for path in sorted(folder.iterdir()) if path.suffix in _SHOWN]
    tags = {"verdict": str(facts["verdict"]), "refresh_ids": ",".join(facts["judged"])}
    return RunRecord(
        name=f"measure {as_of}",
        kind="measurement",
        tags=run_tags(config, as_of) | tags | {"mlflow.note.content": str(facts["sentence"])},
        params={
            "as_of": as_of,
            "horizon_days": facts["horizon_days"],
            "experiment": config.risk.control.experiment,
            "measurement_id": facts["measurement_id"],
        },
        metrics=facts["metrics"],
        tables=tables,
        files={path.name: path for path in told} | {"config.yaml": yaml.safe_dump(settings(config), sort_keys=False)},
        datasets=(DatasetRecord(config.name, fingerprint, "measurement", {"known_until": str(as_of)}),),
    )
