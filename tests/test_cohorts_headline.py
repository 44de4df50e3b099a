"""Headline figures: over windows that are over for everybody, and compared with a report of about a week before."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pandas as pd
import pytest

from clv_ml.economics.customers import CohortFrames, frames_of
from clv_ml.pipeline.cohorts_headline import SCORECARD, earlier_report, headline, scorecard
from clv_ml.publishing import publish

DAY = dt.date(2024, 6, 30)


def frames(rows: list[tuple[str, str, float]], as_of: dt.date = DAY) -> CohortFrames:
    days = pd.DataFrame(rows, columns=["customer_id", "day", "spend"]).assign(orders=1)
    return frames_of(days, as_of=as_of)


def values(*amounts: float) -> pd.DataFrame:
    return pd.DataFrame({"expected_clv": amounts, "p_active": 0.5}, index=[f"c{n}" for n in range(len(amounts))])


def report(folder: Path, as_of: str, equity: float) -> None:
    table = scorecard({"equity": equity}, {})
    publish(folder / f"as_of={as_of}", lambda aside: table.to_parquet(aside / SCORECARD))


def test_figures_are_counted_over_whole_windows() -> None:
    told = headline(
        frames(
            [
                ("c0", "2024-01-05", 10.0),  # a customer of 90 to 180 days ago who came back
                ("c0", "2024-06-30", 30.0),
                ("c1", "2024-02-01", 5.0),  # one who did not
                ("c2", "2024-06-01", 20.0),  # 29 days ago: new
                ("c3", "2023-12-01", 1.0),  # long before both windows
            ]
        ),
        values(1.005, 2.0, 3.0, 4.0),
    )
    assert told["customers"] == 4
    assert told["new_customers"] == 1
    assert told["active_customers"] == 2
    assert told["order_value"] == 25.0
    assert told["repeat_rate"] == 0.25
    assert told["churn_90d"] == 0.5
    assert told["equity"] == 10.0  # each value to the cent, half to even
    assert told["clv"] == 2.5


def test_churn_is_not_told_before_both_windows_are_over() -> None:
    told = headline(frames([("c0", "2024-03-01", 10.0), ("c1", "2024-06-01", 10.0)]), values(1.0, 1.0))
    assert math.isnan(told["churn_90d"])


def test_an_order_after_the_day_changes_nothing() -> None:
    known = [("c0", "2024-01-05", 10.0), ("c1", "2024-06-01", 20.0)]
    later = [*known, ("c0", "2024-07-01", 99.0)]
    before, after = (headline(frames(rows), values(1.0, 1.0)) for rows in (known, later))
    pd.testing.assert_series_equal(pd.Series(before), pd.Series(after))


def test_the_scorecard_holds_no_change_where_a_figure_was_not_known() -> None:
    table = scorecard({"equity": 12.0, "ltv_cac": 3.0}, {"equity": 10.0}).set_index("figure")
    assert table.loc["equity", "change"] == 2.0
    assert table["change"].isna().to_dict() == {"equity": False, "ltv_cac": True}


def test_the_report_nearest_to_a_week_before_is_taken(tmp_path: Path) -> None:
    for as_of, equity in (("2024-06-20", 1.0), ("2024-06-24", 2.0), ("2024-06-29", 3.0)):
        report(tmp_path, as_of, equity)
    found = earlier_report(tmp_path, DAY, days=7)
    assert found is not None
    assert found.as_of == dt.date(2024, 6, 24)
    assert found.figures() == {"equity": 2.0}


@pytest.mark.parametrize("as_of", ["2024-05-30", "2024-06-28", "2024-07-07", "2024-06-30"])
def test_a_report_of_another_time_is_not_compared_with(tmp_path: Path, as_of: str) -> None:
    report(tmp_path, as_of, 1.0)
    assert earlier_report(tmp_path, DAY, days=7) is None


def test_a_report_that_is_not_whole_is_passed_over(tmp_path: Path) -> None:
    report(tmp_path, "2024-06-23", 1.0)
    (tmp_path / "as_of=2024-06-23" / "_SUCCESS").unlink()
    assert earlier_report(tmp_path, DAY, days=7) is None
