"""The lists that were written before, and what became of their customers."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from clv_ml.evaluation.last_list import LastList, judge_list
from clv_ml.models.training_rows import outcomes_at
from clv_ml.pipeline.prepared import Prepared
from clv_ml.publishing import SUCCESS, is_complete

_DAY = re.compile(r"as_of=(\d{4}-\d{2}-\d{2})")
_SCORE = re.compile(r"p_churn_(\d+)d")


@dataclass(frozen=True)
class EarlierList:
    """A complete list of an earlier day, in one file, or in a folder of files where a cluster has made it."""

    as_of: dt.date
    run_id: str
    path: Path

    def read(self, columns: list[str] | None = None, *, most_rows: int | None = None) -> pd.DataFrame:
        """Read those of the columns that it has; all where None. Of a long list the first rows are enough to some."""
        first = None if most_rows is None else [("rank", "<=", most_rows)]
        if columns is None:
            return pd.read_parquet(self.path, filters=first)
        there = set(self._columns())
        return pd.read_parquet(self.path, columns=[name for name in columns if name in there], filters=first)

    def horizons_days(self) -> list[int]:
        """Return the horizons of its probabilities, longest first."""
        names = (_SCORE.fullmatch(name) for name in self._columns())
        return sorted((int(found[1]) for found in names if found), reverse=True)

    def _columns(self) -> list[str]:
        return list(pq.ParquetDataset(self.path).schema.names)


def earlier_lists(scores_folder: Path, day: dt.date) -> list[EarlierList]:
    """Find the complete lists before a day, newest first; of several of one day the one written last."""
    found: dict[dt.date, EarlierList] = {}
    for folder in sorted(scores_folder.glob("as_of=*/run_id=*"), key=lambda path: (_written(path), path.name)):
        named = _DAY.fullmatch(folder.parent.name)
        path = folder / "risk_list.parquet"
        if named and is_complete(folder) and path.exists():
            as_of = dt.date.fromisoformat(named[1])
            if as_of < day:
                found[as_of] = EarlierList(as_of, folder.name.removeprefix("run_id="), path)
    return [found[as_of] for as_of in sorted(found, reverse=True)]


def last_judged(prepared: Prepared, lists: list[EarlierList], day: dt.date) -> tuple[EarlierList, int] | None:
    """Choose the newest list whose time is over by a day and by the data, and its longest horizon that is."""
    known = min(day, prepared.last_day)
    for earlier in lists:
        for horizon in earlier.horizons_days():
            if earlier.as_of + dt.timedelta(days=horizon) <= known:
                return earlier, horizon
    return None


def judge(
    prepared: Prepared, earlier: EarlierList, horizon_days: int, *, most_rows: int | None = None
) -> LastList | None:
    """Set an earlier list, or its first rows, beside what its customers did within the horizon."""
    engine, end = prepared.engine, earlier.as_of + dt.timedelta(days=horizon_days)
    columns = ["customer_id", "action_status", "rank", f"p_churn_{horizon_days}d"]
    listed = earlier.read(columns, most_rows=most_rows)
    ids = engine.materialise(engine.from_pandas(listed[["customer_id"]]))
    happened = outcomes_at(engine, prepared.totals.join(ids, on="customer_id"), earlier.as_of, (horizon_days,))
    churned = happened[f"churned_{horizon_days}"].astype(float)
    return judge_list(listed, churned, as_of=earlier.as_of, horizon_days=horizon_days, judged_on=end)


def _written(folder: Path) -> float:
    mark = folder / SUCCESS
    return mark.stat().st_mtime if mark.is_file() else 0.0
