"""What the latest run of a job took, stage by stage: what the next one is expected to take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from clv_ml.pipeline.runs import latest_run
from clv_ml.publishing import TIMINGS


def expected_stages(folder: Path) -> list[dict[str, Any]]:
    """Return the stages of the latest complete run below a folder of runs; none where there is no such run.

    Parameters
    ----------
    folder
        That of all runs of score.
    """
    run = latest_run(folder)
    if run is None:
        return []
    try:
        stages = json.loads((folder / run.name / TIMINGS).read_text(encoding="utf-8"))["stages"]
        return [stage for stage in stages if isinstance(stage["stage"], str) and float(stage["seconds"]) >= 0]
    except (OSError, ValueError, KeyError, TypeError):  # timings are no part of what a run promises
        return []
