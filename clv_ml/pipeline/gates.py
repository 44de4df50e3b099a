"""Gates between data that keep the contract and a list that is published: are they fresh, are they all there."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config, GatesConfig
from clv_ml.errors import DataQualityError
from clv_ml.pipeline.prepared import Prepared
from clv_ml.pipeline.runs import latest_run

_WEEKS = 8  # before the last one
_LEAST_ROWS = 100  # in the median week: fewer come and go by chance


def require_gates(prepared: Prepared, config: Config, day: dt.date) -> None:
    """Stop a scoring whose data end too early, have thinned out, or are fewer than those of the run before.

    Parameters
    ----------
    day
        The last day of history; nothing is compared with the clock.

    Raises
    ------
    DataQualityError
        The message gives both figures, and the setting that lets the job go on.
    """
    gates = config.gates
    for table, known in prepared.rows_by_day().items():
        there = known[known.index <= pd.Timestamp(day)]
        if there.empty:
            continue
        _require_fresh(table, there.index[-1].date(), day, gates)
        if gates.max_week_drop is not None:
            _require_week(table, there, gates.max_week_drop)
    before = previous_rows(config, day)
    if before is not None:
        _require_as_many(prepared.checked.quality(), before, gates)


def previous_rows(config: Config, day: dt.date) -> dict[str, Any] | None:
    """Return what became of the rows of the latest complete run of a config; None where there is none up to the day."""
    folder = config.output.dir / "scores"
    run = latest_run(folder)
    if run is None or run.as_of > day:
        return None
    manifest = json.loads((Path(folder) / run.name / "manifest.json").read_text(encoding="utf-8"))
    same = str(manifest["model_version"]).rpartition("-")[0] == config.name
    return dict(manifest["rows"]) if same else None


def _require_fresh(table: str, last_day: dt.date, day: dt.date, gates: GatesConfig) -> None:
    age = (day - last_day).days
    if gates.max_data_age_days is not None and age > gates.max_data_age_days:
        raise DataQualityError(
            f"{table}: the data end on {last_day}, {age} days before {day}, more than the "
            f"{gates.max_data_age_days} of gates.max_data_age_days: everybody would seem silent; deliver newer data, "
            f"score an earlier day, or override with `--set gates.max_data_age_days={age}`"
        )


def _require_week(table: str, known: pd.Series[int], limit: float) -> None:
    """Compare the last seven days with the same weekdays of the weeks before."""
    end = known.index[-1]
    weeks_ago = (end - known.index).days // 7
    if weeks_ago[0] < _WEEKS:
        return  # not long enough to compare
    weeks = known.groupby(weeks_ago).sum().reindex(range(_WEEKS + 1), fill_value=0)
    last, usual = int(weeks[0]), float(weeks[1:].median())
    if usual >= _LEAST_ROWS and last < (1 - limit) * usual:
        drop = 1 - last / usual
        raise DataQualityError(
            f"{table}: {last} rows in the seven days up to {end.date()}, {usual:.0f} in the median of the {_WEEKS} "
            f"weeks before: {drop:.0%} fewer, more than the {limit:.0%} of gates.max_week_drop; is the delivery whole? "
            f"Override with `--set gates.max_week_drop=null`"
        )


def _require_as_many(now: Mapping[str, Any], before: Mapping[str, Any], gates: GatesConfig) -> None:
    counts = [("rows", "valid rows", gates.max_rows_drop, table, new, old) for table, new, old in _rows(now, before)]
    counts.append(
        ("customers", "customers", gates.max_customers_drop, "transactions", now["customers"], before["customers"])
    )
    for gate, what, limit, table, new, old in counts:
        if limit is not None and new < (1 - limit) * old:
            raise DataQualityError(
                f"{table}: {new} {what}, {old} in the run before: {1 - new / old:.1%} fewer, more than the {limit:.1%} "
                f"of gates.max_{gate}_drop; is the delivery whole? Override with `--set gates.max_{gate}_drop=null`"
            )


def _rows(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    yield "transactions", now["rows_valid"], before["rows_valid"]
    earlier = before.get("other_tables", {})
    for table, told in now.get("other_tables", {}).items():
        if table in earlier:
            yield table, told["rows_valid"], earlier[table]["rows_valid"]
