"""The retention heat map: shades by size, and open ages that are never shown as falls."""

from __future__ import annotations

import pandas as pd
from cohort_report_data import retention

from clv_ml.language import words
from clv_ml.reports.cohorts_heat import OPEN, heat_map

EN = words("en")


def lines(table: pd.DataFrame, dimension: str = "month") -> list[list[tuple[str, str]]]:
    found = heat_map(table, EN, dimension=dimension)
    assert found is not None
    return [[(cell.text, cell.css) for cell in row] for row in found.rows]


def test_each_cohort_is_a_row_and_each_age_a_column() -> None:
    first, second = lines(retention())
    assert [text for text, _ in first] == ["Jan 1997", "100", "100%", "40%", "20%"]
    assert [text for text, _ in second] == ["Feb 1997", "80", "100%", "25%", OPEN]


def test_an_age_that_is_not_over_for_all_is_open_and_no_number() -> None:
    cut = lines(retention())[1][-1]
    assert cut == (OPEN, "open")
    # not even where the table holds a rate of those who are old enough
    told = retention()
    told.loc[~told["complete"], "rate"] = 0.0125
    assert lines(told)[1][-1] == (OPEN, "open")


def test_an_age_that_nobody_can_have_reached_is_left_blank() -> None:
    table = retention()
    table = table[~((table["cohort"] == "1997-02") & (table["age_period"] == 2))]
    assert lines(table)[1][-1] == ("", "")


def test_shades_grow_with_the_share_and_leave_the_first_purchase_out() -> None:
    first, second = lines(retention())
    assert [css for _, css in first] == ["", "size", "", "heat-6", "heat-3"]
    assert second[3][1] == "heat-4"


def test_a_cohort_of_nobody_who_came_back_has_the_lightest_shade() -> None:
    table = retention().assign(rate=lambda rows: rows["rate"].where(rows["age_period"] == 0, 0.0))
    assert lines(table)[0][3] == ("0%", "heat-0")


def test_there_is_no_map_of_a_dimension_that_is_not_there() -> None:
    assert heat_map(retention(), EN, dimension="country") is None


def test_the_rows_of_the_table_may_come_in_any_order() -> None:
    table = retention()
    assert lines(table.sample(frac=1.0, random_state=3)) == lines(table)


def test_a_small_cohort_is_marked() -> None:
    table = retention().assign(small=lambda rows: rows["cohort"] == "1997-02")
    assert [row[0][0] for row in lines(table)] == ["Jan 1997", "Feb 1997 (small)"]
