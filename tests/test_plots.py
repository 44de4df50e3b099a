"""Pictures: what they say, that they are the same every time, and that they need nothing from outside."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from clv_ml.errors import ConfigError, DataError
from clv_ml.reports.plots import calibration_figure, cohort_figure, save, svg


def cohorts(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(n)
    actual = rng.integers(50, 5000, n).astype(float)
    return pd.DataFrame(
        {
            "cohort": pd.period_range("1997-01", periods=n, freq="M").astype(str),
            "customers": rng.integers(300, 9000, n),
            "predicted_purchases": actual * 0.9,
            "actual_purchases": actual,
            "predicted_spend": actual * 36,
            "actual_spend": actual * 30,
            "predicted_churn_rate": np.full(n, 0.84),
            "actual_churn_rate": np.full(n, 0.83),
        }
    )


def draw(table: pd.DataFrame) -> Figure:
    return cohort_figure(table, cutoff=date(1997, 9, 30), horizon_days=90, currency="USD")


@pytest.mark.parametrize("n", [1, 2, 12, 13, 40])
def test_any_number_of_cohorts_gives_small_well_formed_svg(n: int) -> None:
    text = svg(draw(cohorts(n)))
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    assert len(text.encode()) < 60_000
    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org/", "")


def test_alt_text_says_cutoff_horizon_and_error_in_words() -> None:
    root = ElementTree.fromstring(svg(draw(cohorts(12))))
    assert root.get("role") == "img"
    alt = root.get("aria-label", "")
    for words in (
        "Cutoff 30 Sep 1997",
        "next 90 days",
        "Cohorts 1997-01 to 1997-12",
        "10% too low",
        "20% too high",
        "forecast 84%, actual 83%, 1.0 points too high",
    ):
        assert words in alt


def test_churn_total_weighs_cohorts_by_their_customers() -> None:
    table = cohorts(2).assign(customers=[900, 100], actual_churn_rate=[0.5, 1.0], predicted_churn_rate=[0.5, 0.5])
    assert "forecast 50%, actual 55%, 5.0 points too low" in str(draw(table).get_label())


def test_row_order_of_the_cohorts_does_not_matter() -> None:
    assert svg(draw(cohorts(5))) == svg(draw(cohorts(5).iloc[::-1]))


def test_missing_numbers_leave_a_gap_and_stay_out_of_the_totals() -> None:
    table = cohorts(4)
    table.loc[0, "actual_spend"] = np.nan
    table[["predicted_churn_rate", "actual_churn_rate"]] = np.nan
    alt = str(draw(table).get_label())
    assert "20% too high" in alt
    assert "Churn (no purchase): not known" in alt


def test_nothing_bought_is_drawn() -> None:
    table = cohorts(3).assign(actual_purchases=0, predicted_purchases=0)
    assert "forecast 0, actual 0" in str(draw(table).get_label())


def test_the_table_is_left_alone() -> None:
    table = cohorts(3)
    before = table.copy(deep=True)
    draw(table)
    pd.testing.assert_frame_equal(table, before)


def test_dollar_signs_are_not_formulas() -> None:
    figure = cohort_figure(cohorts(3), cutoff="1997-09-30", horizon_days=90, currency="$", title="$x_1$ & <b>")
    text = svg(figure)
    ElementTree.fromstring(text)
    assert "Spend ($)" in text
    assert "$x_1$ &amp; &lt;b&gt;" in text


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="column 'actual_spend' is missing; available: 'cohort'"):
        draw(cohorts(3).drop(columns="actual_spend"))


def test_no_cohort_is_an_error() -> None:
    with pytest.raises(DataError, match="no rows"):
        draw(cohorts(3).head(0))


Y, P = [0, 1, 1, 0, 1], [0.2, 0.6, 0.9, 0.4, 0.7]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bool]:
    """A picture of another process, and whether that process imported pyplot for it."""
    file = tmp_path_factory.mktemp("elsewhere") / "there.svg"
    code = (
        "import sys; from clv_ml.reports.plots import calibration_figure, save\n"
        f"save(calibration_figure({Y}, {{'a': {P}}}), sys.argv[1])\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], check=True, capture_output=True, text=True)
    return file.read_text(encoding="utf-8"), done.stdout != "False\n"


def test_bytes_are_the_same_in_another_process(elsewhere: tuple[str, bool]) -> None:
    assert elsewhere[0] == svg(calibration_figure(Y, {"a": P}))


def test_calibration_names_each_score_with_its_error() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(4000)
    y = rng.random(4000) < p
    figure = calibration_figure(y, {"right": p, "too low": p / 2}, subtitle="4,000 customers")
    alt = str(figure.get_label())
    assert "4,000 customers" in alt
    assert "right: off by 1." in alt
    assert "too low: off by 2" in alt


def test_calibration_needs_a_score_and_a_row() -> None:
    with pytest.raises(DataError, match="at least one score and one row"):
        calibration_figure([0, 1], {})
    with pytest.raises(DataError, match="at least one score and one row"):
        calibration_figure([], {"a": []})


def test_png_and_svg_are_written_the_same_twice(tmp_path: Path) -> None:
    for suffix in ("svg", "png"):
        first = save(draw(cohorts(3)), tmp_path / f"a.{suffix}").read_bytes()
        assert save(draw(cohorts(3)), tmp_path / f"b.{suffix}").read_bytes() == first
    assert first.startswith(b"\x89PNG")


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'a\.jpg'; use a name ending in \.svg or \.png"):
        save(draw(cohorts(1)), tmp_path / "a.jpg")


def test_pyplot_is_not_imported(elsewhere: tuple[str, bool]) -> None:
    assert not elsewhere[1]
