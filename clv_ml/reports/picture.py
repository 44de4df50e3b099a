"""The look of a picture, and how it becomes a file that is the same byte for byte each time."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from clv_ml.errors import ConfigError

INK, MUTED, GRID, PAPER, FORECAST = "#1f2933", "#52606d", "#d9dee3", "#ffffff", "#0072b2"
OUTSIDE = "#de6b00"
# Colour, marker and line of the first, second, ... score: after Okabe & Ito, and each of another lightness (L* 46, 58,
# 30, 23), so that they are told apart in grey too.
SERIES = ((FORECAST, "s", "-"), (OUTSIDE, "o", "--"), ("#00503c", "^", "-."), ("#5c1f47", "D", ":"))
ACTUAL: dict[str, Any] = {"color": INK, "marker": "o", "markersize": 5, "label": "what happened"}
EXPECTED: dict[str, Any] = {
    "color": FORECAST,
    "linestyle": "--",
    "marker": "s",
    "markersize": 6,
    "markerfacecolor": PAPER,
}
# What each colour becomes where the reader's screen is dark.
_DARK = {
    INK: "#e8ecef",
    MUTED: "#a7b3be",
    GRID: "#3b454e",
    PAPER: "#1b2127",
    FORECAST: "#5cb3ec",
    OUTSIDE: "#ffb27d",
    "#00503c": "#2f9e7e",
    "#5c1f47": "#f3c6e3",
}


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of that size in inches, owned by the caller alone."""
    return Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)


def dress(ax: Axes, message: str = "") -> None:
    """Take away what carries no data and put the panel's message above it."""
    ax.set_facecolor(PAPER)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set_color(MUTED)
    ax.grid(axis="y", color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(colors=MUTED, labelcolor=INK, length=0, pad=6)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    ax.xaxis.label.set_color(INK)
    ax.yaxis.label.set_color(INK)
    say(ax, message)


def say(ax: Axes, message: str) -> None:
    """Put the message of a panel above it."""
    ax.set_title(message, loc="left", fontsize=10.5, color=INK, pad=8)


def headline(figure: Figure, title: str, subtitle: str = "") -> None:
    """Write the title, and the subtitle below it, at the top left."""
    figure.suptitle(title + ("\n" if subtitle else ""), x=0.01, ha="left", fontsize=13, color=INK)
    if subtitle:
        figure.text(0.01, 1 - 0.40 / figure.get_figheight(), subtitle, va="center", fontsize=10.5, color=MUTED)


def finish(figure: Figure, alt: str) -> Figure:
    """Give the figure its alt text; a dollar sign in it is a dollar sign, not the start of a formula."""
    figure.set_label(alt)
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_parse_math(False)
    return figure


def svg(figure: Figure) -> str:
    """Return the figure as a small SVG document: the same figure gives the same bytes.

    The document carries the alt text, follows a dark screen, and holds no date, script or outside reference.
    """
    stream = io.StringIO()
    fonts = ["DejaVu Sans", "Arial", "sans-serif"]
    with mpl.rc_context({"svg.hashsalt": "clv_ml", "svg.fonttype": "none", "font.sans-serif": fonts}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>\s*|<!DOCTYPE.*?>\s*|<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r' transform="rotate\(-?0 [^)]*\)"|<g id="[^"]*"/>', "", text)
    text = re.sub(r"(\d\.\d\d)\d{2,}", r"\1", text)
    text = re.sub(r"\n\s*", "\n", text)
    rules = "".join(
        f'[style*="{part}: {light}"]{{{part}:{dark}!important}}'
        for light, dark in _DARK.items()
        for part in ("fill", "stroke")
        if f"{part}: {light}" in text
    )
    alt = html.escape(str(figure.get_label()), quote=True)
    style = f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>"
    return re.sub(r"<svg ([^>]*)>", lambda tag: f'<svg role="img" aria-label="{alt}" {tag[1]}>{style}', text, count=1)


def save(figure: Figure, path: str | Path) -> Path:
    """Write the figure to a `.svg` or `.png` file and return the path.

    Raises
    ------
    ConfigError
        If the file name has another suffix.
    """
    target = Path(path)
    if target.suffix == ".svg":
        target.write_text(svg(figure), encoding="utf-8", newline="\n")
    elif target.suffix == ".png":
        figure.savefig(target, dpi=150, metadata={"Software": None, "Description": str(figure.get_label())})
    else:
        raise ConfigError(f"cannot write a picture as {target.name!r}; use a name ending in .svg or .png")
    return target
