"""Pictures of churn scores: what they say, that they are the same every time, and that nothing is left out."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from clv_ml.errors import DataError
from clv_ml.reports.churn_plots import gain_figure, score_words, sufficiency_figure
from clv_ml.reports.picture import save, svg

SCORES = ("lightgbm", "lightgbm_without_engagement", "logistic", "bgnbd", "days_since_last")


def sufficiency(scores: tuple[str, ...] = SCORES, spans: tuple[int, ...] = (1, 3, 7, 14, 30)) -> pd.DataFrame:
    rows = [
        {"days": span, "score": name, "auc": 0.75 + span / 1000 - place / 20, "n": 11069, "churned_share": 0.977}
        for place, name in enumerate(scores)
        for span in spans
    ]
    table = pd.DataFrame(rows)
    return table.assign(auc_low=table["auc"] - 0.03, auc_high=table["auc"] + 0.02)


def gains(scores: tuple[str, ...] = SCORES) -> pd.DataFrame:
    parts = [
        sufficiency(scores, (1,)).assign(group=group, n=n).drop(columns=["days", "churned_share"])
        for group, n in (("all", 11069), ("high_value", 402))
    ]
    return pd.concat(parts, ignore_index=True)


def alt(figure: Figure) -> str:
    return ElementTree.fromstring(svg(figure)).get("aria-label", "")


@pytest.mark.parametrize("number", [1, 2, 5])
def test_any_number_of_scores_gives_small_well_formed_svg(number: int) -> None:
    for figure in (sufficiency_figure(sufficiency(SCORES[:number])), gain_figure(gains(SCORES[:number]))):
        text = svg(figure)
        assert ElementTree.fromstring(text).tag.endswith("svg")
        assert len(text.encode()) < 80_000
        assert "http" not in text.replace("http://www.w3.org/", "")


def test_the_sufficiency_alt_text_says_every_figure() -> None:
    told = alt(sufficiency_figure(sufficiency()))
    assert "How early can we know? 11,069 customers, of whom 98% did not buy." in told
    assert "LightGBM: 0.751 (0.721 to 0.771) after 1 day, 0.753 (0.723 to 0.773) after 3 days" in told
    assert "days since last seen: 0.551 (0.521 to 0.571) after 1 day" in told


def test_the_order_of_the_days_does_not_matter_and_one_day_is_drawn() -> None:
    table = sufficiency()
    turned = table.sort_values(["score", "days"], ascending=[True, False], kind="stable")
    straight = table.sort_values(["score", "days"], kind="stable")
    assert svg(sufficiency_figure(turned)) == svg(sufficiency_figure(straight))
    assert "after 7 days" in alt(sufficiency_figure(sufficiency(spans=(7,))))


def test_customers_that_differ_by_day_are_told_as_a_range() -> None:
    table = sufficiency().assign(n=lambda rows: 11069 - rows["days"])
    assert "11,039 to 11,068 customers" in alt(sufficiency_figure(table))
    assert "Learners of 2022." in alt(sufficiency_figure(table, subtitle="Learners of 2022"))


def test_an_auc_that_is_not_known_leaves_a_gap() -> None:
    table = sufficiency()
    figures = ["auc", "auc_low", "auc_high"]
    table.loc[table["days"] == 1, figures] = np.nan
    assert "LightGBM: not known after 1 day, 0.753" in alt(sufficiency_figure(table))
    none = table.assign(**dict.fromkeys(figures, np.nan))
    assert "LightGBM: not known after 1 day" in alt(sufficiency_figure(none))
    assert "LightGBM not known" in alt(gain_figure(gains().assign(**dict.fromkeys(figures, np.nan))))


def test_the_gain_alt_text_says_every_group_and_score() -> None:
    told = alt(gain_figure(gains(), subtitle="Learning platform, 90 days"))
    assert "Learning platform, 90 days. All (11,069): LightGBM 0.751 (0.721 to 0.771)" in told
    assert "High value (402): LightGBM 0.751" in told
    assert "BG/NBD 0.601 (0.571 to 0.621)" in told
    assert "All: LightGBM" in alt(gain_figure(gains().drop(columns="n")))


def test_the_highest_of_a_group_is_filled() -> None:
    ax = gain_figure(gains()).axes[0]
    dots = [line for line in ax.lines if line.get_marker() not in ("None", None)]
    filled = [line.get_markerfacecolor() == line.get_color() for line in dots]
    assert filled == [True, False, False, False, False] * 2


def test_five_scores_differ_in_marker_and_colour() -> None:
    lines = [
        line for line in sufficiency_figure(sufficiency()).axes[0].lines if line.get_marker() not in ("None", None)
    ]
    assert len({line.get_marker() for line in lines}) == len({str(line.get_color()) for line in lines}) == 5


def test_a_score_worse_than_a_coin_stays_inside_the_picture() -> None:
    table = sufficiency().assign(auc=0.4, auc_low=0.36, auc_high=0.44)
    assert sufficiency_figure(table).axes[0].get_ylim()[0] <= 0.36
    figure = gain_figure(gains().assign(auc_high=1.0, auc_low=0.2))
    assert figure.axes[0].get_xlim()[0] <= 0.2
    assert figure.axes[0].get_xlim()[1] >= 1.0


def test_names_are_put_into_words_and_dollar_signs_are_not_formulas() -> None:
    assert score_words("lightgbm_without_engagement") == "LightGBM without engagement"
    table = gains(("$x_1$ & <b>", "logistic"))
    text = svg(gain_figure(table))
    ElementTree.fromstring(text)
    assert "$x 1$ &amp; &lt;b&gt;" in text


def test_the_tables_are_left_alone() -> None:
    for table, draw in ((sufficiency(), sufficiency_figure), (gains(), gain_figure)):
        before = table.copy(deep=True)
        draw(table)
        pd.testing.assert_frame_equal(table, before)


def test_files_are_the_same_twice(tmp_path: Path) -> None:
    for suffix in ("svg", "png"):
        first = save(gain_figure(gains()), tmp_path / f"a.{suffix}").read_bytes()
        assert save(gain_figure(gains()), tmp_path / f"b.{suffix}").read_bytes() == first


def test_tables_that_cannot_be_drawn_are_refused() -> None:
    with pytest.raises(DataError, match="sufficiency table: column 'auc_low' is missing"):
        sufficiency_figure(sufficiency().drop(columns="auc_low"))
    with pytest.raises(DataError, match="gain table: column 'group' is missing"):
        gain_figure(sufficiency())
    with pytest.raises(DataError, match="sufficiency table has no rows"):
        sufficiency_figure(sufficiency().head(0))
    with pytest.raises(DataError, match="gain table has no rows"):
        gain_figure(gains().head(0))
