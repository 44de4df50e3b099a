"""What contacting customers earns: the expected profit of more contacts, and the effect that was then measured."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from clv_ml.errors import DataError
from clv_ml.evaluation.uplift import EVERYBODY
from clv_ml.reports.axes import count_axis, money_axis
from clv_ml.reports.page_curve import readable
from clv_ml.reports.picture import FORECAST, INK, MUTED, OUTSIDE, PAPER, dress, finish, headline, new_figure
from clv_ml.reports.wording import count, money

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
    dress(left, "Customers kept, points")
    dress(right, f"Net of costs, {currency} a customer")
    kept = draw_effect(left, effects, "kept")
    draw_effect(right, effects, "net")
    title = f"What contacting changed in {horizon_days} days"
    headline(figure, title, "Listed to contact against control, 95 % intervals: chance alone seldom leaves 0 outside")
    told = ", ".join(
        f"{name}: {row['effect']:+.1f} points ({row['low']:+.1f} to {row['high']:+.1f})"
        for name, row in kept.iterrows()
    )
    return finish(figure, f"{title}. Customers kept, {told}.")


def draw_effect(ax: Axes, effects: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Draw the effect on one measure, by value tier and of all, with its interval.

    Parameters
    ----------
    effects
        Of :class:`clv_ml.evaluation.uplift.Uplift`; tiers with an arm of fewer than ten are not drawn.
    measure
        kept (in points), revenue, margin or net (currency a customer).

    Returns
    -------
    pandas.DataFrame
        What is drawn, indexed by group: effect, low, high.
    """
    # the interval of a handful would hide those of the others
    enough = effects[effects[["treated", "control"]].min(axis=1).ge(_FEWEST) | effects["group"].eq(EVERYBODY)]
    groups = [name for name in _ORDER if name in set(enough["group"])]
    rows = effects[effects["measure"] == measure].set_index("group").loc[groups, ["effect", "low", "high"]]
    rows = 100.0 * rows if measure == "kept" else rows
    ax.grid(visible=False, axis="y")
    ax.axvline(0.0, color=MUTED, linewidth=1.0)
    for place, row in enumerate(rows.to_dict("records")):
        ax.plot([row["low"], row["high"]], [place, place], color=FORECAST, linewidth=3, solid_capstyle="round")
        ax.plot(row["effect"], place, "o", color=INK, markersize=6)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_yticks(range(len(groups)), ["all listed" if name == EVERYBODY else f"{name} value" for name in groups])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+,.6g}" if value else "0"))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    return rows


def effect_words(row: pd.Series[float]) -> str:
    """Say an effect in points with its interval."""
    return f"{row['effect']:+.1f} points ({row['low']:+.1f} to {row['high']:+.1f})"


def draw_capacity(ax: Axes, curve: pd.DataFrame, *, currency: str) -> str:
    """Draw the expected profit of the first n contacts; say with how many most is earned, and what the list earns.

    Raises
    ------
    DataError
        If a column is missing, or the curve has no contact.
    """
    points = readable(curve)
    if len(points) < 2:
        raise DataError("capacity curve: there is nobody to contact, and so no curve to draw")
    if not (points["is_best"].any() and points["is_chosen"].any()):
        raise DataError("capacity curve: no row is marked is_best, or none is_chosen; give the curve as it was written")
    ax.axhline(0.0, color=MUTED, linewidth=1.0)
    ax.plot(points["n"], points["expected_profit"], color=FORECAST, linewidth=2)
    best, chosen = (points[points[flag].to_numpy(dtype=bool)].iloc[-1] for flag in ("is_best", "is_chosen"))
    marks = [(best, "o", INK, "most")]
    if chosen["n"] != best["n"]:
        marks.append((chosen, "D", OUTSIDE, "this list"))
    for row, marker, colour, name in marks:
        label = f"{name}: {count(row['n'])} contacts, {money(row['expected_profit'], currency)}"
        at = (row["n"], row["expected_profit"])
        ax.plot(*at, marker, color=colour, markersize=8, markerfacecolor=PAPER, markeredgewidth=2, label=label)
    ax.set_xlabel("Customers contacted, the most profitable first")
    ax.set_ylabel(f"Expected profit{f' ({currency})' if currency else ''}")
    ax.xaxis.set_major_formatter(count_axis())
    ax.yaxis.set_major_formatter(money_axis(""))
    ax.set_xlim(left=0)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 0.06), frameon=False, labelcolor=INK)
    words = f"Most is expected from {count(best['n'])} contacts, {money(best['expected_profit'], currency)}"
    if len(marks) == 1:
        return words
    return f"{words}; the list has {count(chosen['n'])}, {money(chosen['expected_profit'], currency)}"
