"""Plots of a campaign: how many to contact, and what contacting changed."""

from __future__ import annotations

from typing import Literal

import pandas as pd
from matplotlib.axes import Axes

from clv_ml.errors import ConfigError
from clv_ml.evaluation.uplift import EVERYBODY, MEASURES, Uplift
from clv_ml.reports.axes import own_axes, titled
from clv_ml.reports.effect_plot import draw_capacity, draw_effect, effect_words

_AXES = {
    "kept": "Customers kept, in points more",
    "revenue": "Revenue, {currency} more a customer",
    "margin": "Margin, {currency} more a customer",
    "net": "Margin less costs, {currency} more a customer",
}


def plot_capacity(curve: pd.DataFrame, *, currency: str = "", ax: Axes | None = None) -> Axes:
    """Plot the expected profit of the first n contacts of a risk list.

    The top is the best number of contacts; further right each contact costs more than it brings.

    Parameters
    ----------
    curve
        What ``score`` writes as capacity_curve.csv: n, cost, expected_saves, expected_profit, marginal_profit
        (currency), is_best, is_chosen.
    currency
        Code or sign of the amounts.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If a column is missing, or nobody can be contacted.

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> ax = clv_ml.plots.plot_capacity(shop.capacity(contacts=150), currency="USD")
    """
    ax = own_axes(ax)
    return titled(ax, "What more or fewer contacts would earn", draw_capacity(ax, curve, currency=currency))


def plot_effect(
    found: Uplift | pd.DataFrame,
    *,
    measure: Literal["kept", "revenue", "margin", "net"] = "kept",
    currency: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Plot what contacting changed, by value tier and of all listed, with 95 % intervals.

    An interval that holds 0 shows no effect: either there is none, or too few customers were compared.

    Parameters
    ----------
    found
        What :func:`clv_ml.evaluation.uplift.uplift` returns (``measure(config).found``), or its table `effects`.
    measure
        kept (share that bought within the window, in points), or revenue, margin, net of costs a customer.
    currency
        Unit of the amounts.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ConfigError
        If `measure` is none of these.

    Examples
    --------
    >>> import clv_ml
    >>> from clv_ml.data.simulate_campaign import CampaignScenario, simulate_campaigns
    >>> from clv_ml.evaluation.uplift import uplift
    >>> scenario = CampaignScenario(customers=(400, 700, 700), effect=(0.12, 0.12, 0.12), control_share=0.3)
    >>> drawn = simulate_campaigns(scenario, seed=1).frame(0)
    >>> spring = drawn.assign(refresh_id="spring", treated=~drawn["is_control"], reached=drawn["contacted"])
    >>> money = {name: 0.5 * spring["spend"] for name in ("revenue", "margin", "net")}
    >>> ax = clv_ml.plots.plot_effect(uplift(spring.assign(**money), worthwhile=0.05))
    """
    if measure not in MEASURES:
        raise ConfigError(f"measure must be one of {', '.join(MEASURES)}, got {measure!r}")
    effects = found.effects if isinstance(found, Uplift) else found
    ax = own_axes(ax, height=3.6)
    rows = draw_effect(ax, effects, measure)
    ax.set_xlabel(_AXES[measure].format(currency=currency or "currency"))
    whole: pd.Series[float] = rows.T[EVERYBODY]
    shown = f"{whole['effect']:+,.2f} ({whole['low']:+,.2f} to {whole['high']:+,.2f})"
    finding = effect_words(whole) if measure == "kept" else shown
    verdict = f": {found.verdict}" if isinstance(found, Uplift) and measure == "kept" else ""
    return titled(ax, "What contacting changed", f"All listed, against control{verdict}, {finding}")
