"""Heat maps of a purchase model: who is still a customer and who will buy, by recency and frequency."""

from __future__ import annotations

from matplotlib.axes import Axes

from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.surfaces import frequency_recency_surface
from clv_ml.reports.axes import own_axes, titled
from clv_ml.reports.diagnostic_drawing import draw_heat_map


def plot_alive_matrix(
    model: PurchaseModel, *, age_days: int = 270, max_frequency: int = 12, ax: Axes | None = None
) -> Axes:
    """Plot P(alive) of a customer of a given age by days from first to last purchase and repeat purchases.

    On the right is safe: bought lately. At the upper left is who has left: bought often, and then no more.

    Parameters
    ----------
    model
        A fitted purchase model.
    age_days
        Days since the first purchase.
    max_frequency
        Repeat purchases up to which to draw.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Notes
    -----
    P(alive) is not P(will buy): a customer may be alive and buy once in three years. See
    :func:`plot_frequency_recency_matrix`.

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> ax = clv_ml.plots.plot_alive_matrix(shop.purchases, age_days=270)
    """
    return _matrix(model, "p_alive", "Who is still a customer: P(alive)", age_days, max_frequency, 90, ax)


def plot_frequency_recency_matrix(
    model: PurchaseModel,
    *,
    age_days: int = 270,
    horizon_days: int = 90,
    max_frequency: int = 12,
    ax: Axes | None = None,
) -> Axes:
    """Plot expected purchases of a customer of a given age by days from first to last purchase and repeat purchases.

    The best customers are at the upper right: bought often, and lately. Equal forecasts lie along the lines.

    Parameters
    ----------
    model
        A fitted purchase model.
    age_days
        Days since the first purchase.
    horizon_days
        How far ahead to expect.
    max_frequency
        Repeat purchases up to which to draw.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> ax = clv_ml.plots.plot_frequency_recency_matrix(shop.purchases, age_days=270, horizon_days=90)
    """
    title = f"Who will buy: purchases expected in {horizon_days} days"
    return _matrix(model, "expected_purchases", title, age_days, max_frequency, horizon_days, ax)


def _matrix(
    model: PurchaseModel, name: str, title: str, age_days: int, max_frequency: int, horizon_days: int, ax: Axes | None
) -> Axes:
    surface = frequency_recency_surface(
        model, age_days=age_days, max_frequency=max_frequency, horizon_days=horizon_days
    )
    ax = own_axes(ax)
    once = draw_heat_map(ax, surface, name)
    ax.set_xlabel(f"Days from first to last purchase; the first was {age_days} days ago")
    return titled(ax, title, f"Who bought once, {age_days} days ago: {once}")
