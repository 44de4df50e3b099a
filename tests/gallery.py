"""A page with every plot: what it is called, what to read from it, the code that makes it, and how others see it."""

from __future__ import annotations

import doctest
import html
import io
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_DPI = 80
# Machado, Oliveira & Fernandes (2009, doi:10.1109/TVCG.2009.113), deuteranopia, on linear RGB
_DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)
_LIGHTNESS = np.array([0.2126, 0.7152, 0.0722])
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:#1f2933}
section{margin:3rem 0;border-top:1px solid #d9dee3}img{max-width:100%;height:auto}pre{background:#f3f5f7;padding:1rem;
overflow:auto}.others{display:grid;grid-template-columns:1fr 1fr;gap:1rem}figure{margin:0}figcaption{color:#52606d}"""


@dataclass(frozen=True)
class Shown:
    """A plot as its docstring makes it.

    Attributes
    ----------
    summary, reading
        First and second paragraph of the docstring: what is plotted, and what to read from it.
    code
        The example.
    """

    name: str
    summary: str
    reading: str
    code: str
    ax: Axes

    @property
    def figure(self) -> Figure:
        """The whole figure."""
        figure = self.ax.get_figure(root=True)
        assert isinstance(figure, Figure)
        return figure


def shown(name: str, function: Callable[..., Axes]) -> Shown:
    """Run the example of a plot and keep what it drew."""
    told = function.__doc__ or ""
    parts = [" ".join(part.split()) for part in told.split("\n\n")[:2]]
    lines = [example.source for example in doctest.DocTestParser().get_examples(told)]
    known: dict[str, Any] = {}
    for line in lines:
        exec(line, known)
    return Shown(name, parts[0], parts[1], "".join(lines), known["ax"])


def pixels(figure: Figure) -> Pixels:
    """Draw a figure; of shape (height, width, 3)."""
    figure.set_dpi(_DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    buffer = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    return np.asarray(buffer)[:, :, :3].copy()


def in_grey(picture: Pixels) -> Pixels:
    """Return what a grey printer makes of it."""
    return _srgb(np.repeat((_linear(picture) @ _LIGHTNESS)[:, :, None], 3, axis=2))


def without_green(picture: Pixels) -> Pixels:
    """Return what a reader sees who lacks the green cones (deuteranopia)."""
    return _srgb(_linear(picture) @ _DEUTERANOPIA.T)


def write_gallery(plots: Iterable[Shown], folder: Path) -> Path:
    """Write index.html, with all pictures inside, and the pictures beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    sections = []
    for plot in plots:
        drawn = pixels(plot.figure)
        kinds = {"in colour": drawn, "in grey": in_grey(drawn), "to a reader without green": without_green(drawn)}
        figures = []
        for kind, picture in kinds.items():
            suffix = {"in colour": "", "in grey": "_grey"}.get(kind, "_deuteranopia")
            figures.append(_figure(picture, folder / f"{plot.name}{suffix}.png", f"{plot.figure.get_label()} ({kind})"))
        own, *others = figures
        sections.append(
            f"<section><h2>{plot.name}</h2><p>{html.escape(plot.summary)}</p>{own}"
            f"<p><b>Read:</b> {html.escape(plot.reading)}</p><pre>{html.escape(plot.code)}</pre>"
            f'<details open><summary>Other eyes</summary><div class="others">{"".join(others)}</div></details>'
            "</section>"
        )
    page = folder / "index.html"
    page.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Plots of clv_ml</title><style>{_STYLE}</style>'
        f"<h1>Plots of clv_ml</h1>{''.join(sections)}</html>\n",
        encoding="utf-8",
    )
    return page


def _figure(picture: Pixels, path: Path, alt: str) -> str:
    stream = io.BytesIO()
    imsave(stream, picture, format="png")
    path.write_bytes(stream.getvalue())
    told = html.escape(alt, quote=True)
    return f'<figure><img src="data:image/png;base64,{b64encode(stream.getvalue()).decode()}" alt="{told}"></figure>'


def _linear(picture: Pixels) -> NDArray[np.float64]:
    levels = np.arange(256) / 255.0
    table = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return np.asarray(table[picture])


def _srgb(light: NDArray[np.float64]) -> Pixels:
    kept = np.clip(light, 0.0, 1.0)
    encoded = np.where(kept <= 0.0031308, 12.92 * kept, 1.055 * kept ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255.0 * encoded), dtype=np.uint8)
