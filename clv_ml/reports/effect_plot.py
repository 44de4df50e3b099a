"""A picture of what contacting changed: the effect on each tier, with its interval."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from clv_ml.evaluation.uplift import EVERYBODY
from clv_ml.reports.picture import FORECAST, INK, MUTED, dress, finish, headline, new_figure

_FEWEST = 10
_ORDER = ("low", "medium", "high", EVERYBODY)


def effect_figure(effects: pd.DataFrame, *, currency: str, horizon_days: int) -> Figure:
    """Draw the effect on customers kept and on money net of costs, by value tier and of all, with 95 % intervals.

    Parameters
    ----------
    effects
        Of :class:`clv_ml.evaluation.uplift.Uplift`; tiers with an arm of fewer than ten are not drawn.
    """
    figure = new_figure(7.2, 3.6)
    left, right = figure.subplots(1, 2, sharey=True)
    # the interval of a handful would hide those of the others
    enough = effects[effects[["treated", "control"]].min(axis=1).ge(_FEWEST) | effects["group"].eq(EVERYBODY)]
    groups = [name for name in _ORDER if name in set(enough["group"])]
    kept, net = (effects[effects["measure"] == name].set_index("group").loc[groups] for name in ("kept", "net"))
    _panel(left, _points(kept), "Customers kept, points", "{:+.0f}")
    _panel(right, net, f"Net of costs, {currency} a customer", "{:+,.0f}")
    left.set_yticks(range(len(groups)), ["all listed" if name == EVERYBODY else f"{name} value" for name in groups])
    title = f"What contacting changed in {horizon_days} days"
    headline(figure, title, "Listed to contact against control, 95 % intervals: chance alone seldom leaves 0 outside")
    told = ", ".join(
        f"{name}: {row['effect']:+.1f} points ({row['low']:+.1f} to {row['high']:+.1f})"
        for name, row in _points(kept).iterrows()
    )
    return finish(figure, f"{title}. Customers kept, {told}.")


def _points(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(**{name: 100.0 * rows[name] for name in ("effect", "low", "high")})


def _panel(ax: Axes, rows: pd.DataFrame, message: str, shown: str) -> None:
    dress(ax, message)
    ax.grid(axis="y", visible=False)
    ax.axvline(0.0, color=MUTED, linewidth=1.0)
    for place, row in enumerate(rows.to_dict("records")):
        ax.plot([row["low"], row["high"]], [place, place], color=FORECAST, linewidth=3, solid_capstyle="round")
        ax.plot(row["effect"], place, "o", color=INK, markersize=6)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: shown.format(value) if value else "0"))
