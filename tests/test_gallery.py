"""The gallery: each plot's example runs, is legible in colour and in grey, and leaves nothing behind."""

from __future__ import annotations

import doctest
import importlib
import inspect
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from gallery import Shown, in_grey, pixels, shown, without_green, write_gallery
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.typing import ColorType

from clv_ml import plots
from clv_ml.errors import ClvError
from clv_ml.reports.picture import FORECAST, INK, SERIES

GALLERY = Path(__file__).parents[1] / "output" / "gallery"
ANY: Any = plots  # to give what the type checker refuses
NAMES = [name for name in plots.__all__ if name.startswith("plot_")]


@pytest.fixture(scope="module")
def drawn() -> dict[str, Shown]:
    return {name: shown(name, getattr(plots, name)) for name in NAMES}


def _texts(figure: Figure) -> dict[Text, tuple[float, float, float, float]]:
    """Each text that is seen, with its box in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    beyond = set()  # of ticks outside the axes, which are not drawn
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        slack = 1e-6 * (high - low)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not low - slack <= tick.get_loc() <= high + slack:
                beyond |= {tick.label1, tick.label2}
    found = {}
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text not in beyond and text.get_visible() and text.get_text().strip():
            box = text.get_window_extent(renderer)
            if box.width > 0:
                found[text] = (box.x0, box.y0, box.x1, box.y1)
    return found


def _lightness(colour: ColorType) -> float:
    rgb = np.asarray(to_rgb(colour), dtype=np.float64)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16)


@pytest.mark.parametrize("name", NAMES)
def test_a_plot_has_labels_units_and_words_that_do_not_overlap(name: str, drawn: dict[str, Shown]) -> None:
    plot = drawn[name]
    assert plot.ax.get_xlabel()
    assert plot.ax.get_ylabel() or name in {"plot_accuracy", "plot_effect"}, "rows are named instead"
    assert len(plot.ax.get_title(loc="left")) > 10
    texts = _texts(plot.figure)
    width, height = plot.figure.canvas.get_width_height()
    for text, (left, low, right, high) in texts.items():
        assert float(text.get_fontsize()) >= 8, text
        assert left >= -1, text
        assert low >= -1, text
        assert right <= width + 1, text
        assert high <= height + 1, text
    for (one, a), (other, b) in combinations(texts.items(), 2):
        across, along = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        assert across <= 2 or along <= 2, (one, other)


@pytest.mark.parametrize("name", NAMES)
def test_the_documentation_says_what_is_drawn_and_what_to_read(name: str, drawn: dict[str, Shown]) -> None:
    plot = drawn[name]
    assert plot.summary.startswith("Plot ")
    assert plot.reading.endswith(".")
    assert "shop" in plot.code or "table" in plot.code or "uplift" in plot.code
    assert str(plot.figure.get_label()).startswith(plot.ax.get_title(loc="left")), "the alt text"
    signature = inspect.signature(getattr(plots, name))
    assert signature.parameters["ax"].kind is inspect.Parameter.KEYWORD_ONLY
    assert signature.parameters["ax"].default is None


def test_lines_of_one_plot_differ_without_colour(drawn: dict[str, Shown]) -> None:
    for plot in drawn.values():
        lines = [line for line in plot.ax.lines if not str(line.get_label()).startswith("_")]
        for one, other in combinations(lines, 2):
            differ = one.get_marker() != other.get_marker() or one.get_linestyle() != other.get_linestyle()
            assert differ or abs(_lightness(one.get_color()) - _lightness(other.get_color())) > 6, plot.name


def test_colours_of_series_differ_in_lightness_and_against_paper() -> None:
    colours = [colour for colour, _, _ in SERIES]
    assert all(abs(_lightness(a) - _lightness(b)) >= 6 for a, b in combinations(colours, 2))
    assert _lightness(FORECAST) - _lightness(INK) > 25
    # 3 to 1 on white, as WCAG 2.2 asks of graphics
    assert all(_lightness(colour) < 61 for colour in colours)


def test_the_page_shows_every_plot_also_to_other_eyes(drawn: dict[str, Shown]) -> None:
    page = write_gallery(drawn.values(), GALLERY).read_text(encoding="utf-8")
    for name, plot in drawn.items():
        assert f"<h2>{name}</h2>" in page
        assert plot.code.splitlines()[-1].split("(")[0] in page
        assert (GALLERY / f"{name}_grey.png").stat().st_size > 1000
    assert "http" not in page.replace("data:image", "")


def test_grey_and_missing_cones_are_simulated_as_published() -> None:
    picture = np.array([[[0, 0, 0], [255, 255, 255], [0, 114, 178], [222, 107, 0]]], dtype=np.uint8)
    grey = in_grey(picture)
    assert grey[0, 0].tolist() == [0, 0, 0]
    assert grey[0, 1].tolist() == [255, 255, 255]
    assert len(set(grey[0, 2].tolist())) == 1
    seen = without_green(picture)
    assert seen[0, 1].min() >= 254, "white stays white"
    assert np.abs(seen[0, 2].astype(int) - seen[0, 3]).max() > 80, "blue and orange stay apart"


@pytest.mark.parametrize("name", ["plot_tracking", "plot_alive_matrix", "plot_accuracy", "plot_cohorts"])
def test_a_plot_goes_into_given_axes_and_comes_back(name: str, drawn: dict[str, Shown]) -> None:
    figure = Figure(figsize=(12, 5), layout="constrained")
    _, ax = figure.subplots(1, 2)
    known: dict[str, Any] = {"given": ax}
    *before, last = drawn[name].code.strip().split("\n")
    exec("\n".join(before), known)
    exec(last[:-1] + ", ax=given)", known)
    assert known["ax"] is ax
    assert ax.has_data()
    assert ax.get_title(loc="left") == drawn[name].ax.get_title(loc="left")
    assert figure.get_label() == "", "a figure that is somebody else's is not renamed"


def test_a_notebook_can_show_what_comes_back(drawn: dict[str, Shown]) -> None:
    text = drawn["plot_tracking"].ax._repr_svg_()  # type: ignore[attr-defined]
    assert text.lstrip().startswith("<?xml") or "<svg" in text
    assert "Repeat purchases over time" in text


def test_plotting_needs_no_pyplot_and_importing_the_package_no_matplotlib() -> None:
    code = (
        "import sys, clv_ml; assert 'matplotlib' not in sys.modules\n"
        "shop = clv_ml.plots.example_shop()\n"
        "clv_ml.plots.plot_period_transactions(shop.purchases, shop.rfm)\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_pixels_are_those_of_the_figure(drawn: dict[str, Shown]) -> None:
    figure = drawn["plot_effect"].figure
    height, width, depth = pixels(figure).shape
    assert depth == 3
    assert width > height > 200
    assert isinstance(drawn["plot_effect"].ax, Axes)
    assert not figure.findobj(QuadMesh)


def test_the_example_shop_is_as_its_docstring_says() -> None:
    result = doctest.testmod(importlib.import_module("clv_ml.plots.example"))
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda shop: ANY.plot_holdout(shop.purchases, shop.rfm, shop.later, horizon_days=180, by="x"),
            "by must be",
        ),
        (lambda shop: plots.plot_tracking(shop.purchases, shop.rfm, cutoff=shop.cutoff), "customer_id"),
        (lambda shop: ANY.plot_cohorts(shop.judged, quantity="visits"), "predicted_visits"),
        (lambda shop: plots.plot_cohorts(shop.judged, horizon_days=45), "no cohort at 45 days; known: 30, 60"),
        (lambda shop: plots.plot_horizons(shop.judged, cohort="1999-W01"), "no cohort '1999-W01'.*1997-W01"),
        (lambda shop: plots.plot_errors(shop.judged), "column 'cutoff' is missing"),
        (lambda shop: plots.plot_retention(shop.retention, dimension="channel"), "dimensions: 'all', 'month', 'week'"),
        (lambda shop: plots.plot_payback(shop.retention), "'age_days'"),
        (lambda shop: plots.plot_capacity(shop.capacity(contacts=5).head(1)), "nobody to contact"),
        (lambda shop: ANY.plot_effect(pd.DataFrame(), measure="clicks"), "measure must be one of kept"),
        (lambda shop: plots.plot_calibration([0, 1], {}), "at least one score"),
    ],
)
def test_what_cannot_be_plotted_is_said(draw: Callable[[plots.ExampleShop], Axes], message: str) -> None:
    with pytest.raises(ClvError, match=message):
        draw(plots.example_shop())


def test_a_backtest_or_a_review_is_plotted_as_its_table_is() -> None:
    shop = plots.example_shop()
    judged = SimpleNamespace(table=shop.judged)
    for draw in (plots.plot_cohorts, plots.plot_horizons):
        told = [draw(result, quantity="churn_rate").figure.get_label() for result in (judged, shop.judged)]
        assert told[0] == told[1] != ""
