"""One picture in one pair of axes: where it is drawn, how numbers stand on it, and what is written above and below."""

from __future__ import annotations

import textwrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import offset_copy

from clv_ml.reports.picture import INK, MUTED, dress, new_figure, svg
from clv_ml.reports.wording import count, money

_TITLE, _FINDING = 13, 10.5
_WIDTH_OF_A_LETTER = 0.54  # of the font size, in DejaVu Sans
_SHARE = 0.87  # of the figure's width, for axes alone in it
_PAD = 0.12  # inches around the axes
_LINE = 1.3


class ShownAxes(Axes):
    """Axes in a figure of their own, which a notebook shows without pyplot."""

    def _repr_svg_(self) -> str:
        figure = self.get_figure(root=True)
        return svg(figure) if figure is not None else ""


def own_axes(ax: Axes | None, *, width: float = 6.8, height: float = 4.6) -> Axes:
    """Return the given axes, or new ones in a new figure of that size in inches; dressed."""
    if ax is None:
        figure = new_figure(width, height)
        figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=_PAD, h_pad=_PAD))
        ax = figure.add_subplot(axes_class=ShownAxes)
    dress(ax)
    return ax


def titled(ax: Axes, title: str, finding: str = "") -> Axes:
    """Write the title above the axes, and what is found in them below it, in as many lines as it takes."""
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    share = _SHARE if isinstance(ax, ShownAxes) else ax.get_position().width
    letters = share * figure.get_figwidth() * 72 / (_WIDTH_OF_A_LETTER * _FINDING)
    lines = textwrap.wrap(finding, max(int(letters), 20))
    ax.set_title(title, loc="left", fontsize=_TITLE, color=INK, pad=9 + _LINE * _FINDING * len(lines))
    if lines:
        ax.annotate(
            "\n".join(lines),
            (0, 1),
            (0, 7),
            xycoords="axes fraction",
            textcoords="offset points",
            va="bottom",
            color=MUTED,
            fontsize=_FINDING,
            linespacing=_LINE - 0.1,
            annotation_clip=False,
        )
    for text in ax.findobj(Text):
        if isinstance(text, Text):
            text.set_parse_math(False)
    if isinstance(ax, ShownAxes):
        figure.set_label(". ".join(filter(None, [title, finding])) + ".")
    return ax


def legend_below(ax: Axes, *, columns: int = 1) -> None:
    """Put the legend below the label of the x axis, where it hides nothing."""
    figure = ax.get_figure(root=True)
    place = offset_copy(ax.transAxes, fig=figure, y=-40, units="points")
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=place,
        borderaxespad=0,
        ncols=columns,
        frameon=False,
        labelcolor=INK,
    )


def count_axis() -> FuncFormatter:
    """Write numbers on an axis as people do."""
    return FuncFormatter(lambda value, _: count(value))


def money_axis(currency: str, **options: Any) -> FuncFormatter:
    """Write amounts on an axis, without cents."""
    return FuncFormatter(lambda value, _: money(value, currency, **({"decimals": 0} | options)))


def percent_axis() -> FuncFormatter:
    """Write shares on an axis as percentages."""
    return FuncFormatter(lambda value, _: f"{round(100 * value, 1):g}%")
