"""Plots of the value models against what happened: how often customers buy, when, and what they spend."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import pandas as pd
from matplotlib.axes import Axes

from clv_ml.errors import ConfigError, missing_columns
from clv_ml.models import diagnostics, surfaces
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.reports.axes import own_axes, titled
from clv_ml.reports.diagnostic_drawing import (
    at_cutoff,
    capped,
    draw_means,
    draw_repeat_counts,
    draw_spend,
    draw_tracking,
    stretches,
)
from clv_ml.reports.picture import INK
from clv_ml.reports.wording import count, days


def plot_period_transactions(model: PurchaseModel, rfm: pd.DataFrame, *, cap: int = 7, ax: Axes | None = None) -> Axes:
    """Plot how many customers made 0, 1, ... repeat purchases up to the cutoff, and how many the model expects.

    Bars of one height say that the model fits the customers it was fitted to; it is no test of the future.

    Parameters
    ----------
    model
        A fitted purchase model.
    rfm
        frequency, recency and T (days) of the customers.
    cap
        Customers with so many repeat purchases and more share the last bar.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> ax = clv_ml.plots.plot_period_transactions(shop.purchases, shop.rfm)
    """
    ax = own_axes(ax)
    found = draw_repeat_counts(ax, diagnostics.repeat_counts(model, rfm, cap=cap))
    return titled(ax, "How often customers came back, and the model", found)


def plot_tracking(
    model: PurchaseModel,
    transactions: pd.DataFrame,
    *,
    cutoff: dt.date | str,
    cumulative: bool = True,
    period_days: int = 7,
    ax: Axes | None = None,
) -> Axes:
    """Plot repeat purchases over time, actual and expected; what came after the cutoff is shaded.

    Where the lines part inside the shade, the forecast for all customers together was wrong, and from when on.

    Parameters
    ----------
    model
        A purchase model fitted to the time up to `cutoff`.
    transactions
        customer_id and timestamp (or day), also beyond the cutoff; several a day count once.
    cutoff
        Last day of history.
    cumulative
        Whether purchases are summed up from the start; else those of each period.
    period_days
        Length of a period.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If a column is missing, nobody bought up to the cutoff, or there is no full period.

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> ax = clv_ml.plots.plot_tracking(shop.purchases, shop.orders, cutoff=shop.cutoff)
    """
    bought = _purchase_days(transactions)
    table = diagnostics.tracking(model, bought, cutoff=pd.Timestamp(cutoff), period_days=period_days)
    ax = own_axes(ax)
    found = draw_tracking(ax, table, cumulative=cumulative)
    ax.set_xlabel("Month")
    ax.set_ylabel("Repeat purchases so far" if cumulative else f"Repeat purchases in each {days(period_days)}")
    ax.legend(loc="upper left", frameon=False, labelcolor=INK)
    return titled(ax, "Repeat purchases over time", at_cutoff(str(cutoff), f": {found}"))


def plot_holdout(
    model: PurchaseModel,
    rfm: pd.DataFrame,
    purchases: pd.Series[int],
    *,
    horizon_days: int,
    by: Literal["frequency", "recency"] = "frequency",
    ax: Axes | None = None,
) -> Axes:
    """Plot mean purchases after the cutoff, forecast and actual, by what was known before it.

    Points of one height say that customers of that kind are forecast right; which kinds are not is the lesson.

    Parameters
    ----------
    model
        A purchase model fitted up to the cutoff.
    rfm
        frequency, recency and T (days) of the customers at the cutoff.
    purchases
        Purchase days of each customer in the `horizon_days` after the cutoff, indexed like `rfm`.
    by
        ``frequency``: repeat purchases before the cutoff; ``recency``: days since the last purchase.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ConfigError
        If `by` is something else.
    DataError
        If `purchases` is not indexed like `rfm`.

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> ax = clv_ml.plots.plot_holdout(shop.purchases, shop.rfm, shop.later, horizon_days=shop.horizon_days)
    """
    if by not in ("frequency", "recency"):
        raise ConfigError(f"by must be 'frequency' or 'recency', got {by!r}")
    if by == "frequency":
        table = diagnostics.purchases_by_frequency(model, rfm, purchases, horizon_days=horizon_days)
        names, label = capped(table.index), "Repeat purchases before the cutoff"
    else:
        table = diagnostics.purchases_by_recency(model, rfm, purchases, horizon_days=horizon_days)
        names, label = stretches(table.index)
    ax = own_axes(ax)
    found = draw_means(ax, table, names)
    ax.set_xlabel(label)
    ax.set_ylabel(f"Mean purchases in {horizon_days} days")
    kinds = {"frequency": "by how often they had come back", "recency": "by days since the last one"}
    return titled(ax, f"Purchases after the cutoff, {kinds[by]}", f"{count(len(rfm))} customers: {found}")


def plot_spend(model: SpendModel, rfm: pd.DataFrame, *, currency: str = "", ax: Axes | None = None) -> Axes:
    """Plot the mean spend a purchase of repeat buyers, and as the model has it, on a log scale.

    Where the grey area stands above the dashed line, more customers spend that much than the model believes.

    Parameters
    ----------
    model
        A fitted spend model.
    rfm
        frequency and monetary_value (currency units) of the customers.
    currency
        Code or sign, for the axis.
    ax
        Where to draw; a new figure where None.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If nobody bought again for an amount above 0.

    Examples
    --------
    >>> import clv_ml
    >>> shop = clv_ml.plots.example_shop()
    >>> ax = clv_ml.plots.plot_spend(shop.spend, shop.rfm, currency="USD")
    """
    density = surfaces.spend_density(model, rfm)
    ax = own_axes(ax)
    return titled(ax, "What customers spend, and the model", draw_spend(ax, density, currency=currency))


def _purchase_days(transactions: pd.DataFrame) -> pd.DataFrame:
    name = next((name for name in ("day", "timestamp") if name in transactions), None)
    if name is None or "customer_id" not in transactions:
        wanted = [name for name in ("customer_id", "timestamp") if name not in transactions]
        raise missing_columns("transactions", wanted, map(str, transactions.columns), "Rename the columns.")
    day = pd.to_datetime(transactions[name]).dt.normalize()
    return pd.DataFrame({"customer_id": transactions["customer_id"], "day": day})
