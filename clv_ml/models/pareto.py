"""The Pareto/NBD, whose customers may leave at any time and not only after a purchase.

Schmittlein, Morrison & Colombo (1987), Counting Your Customers: Who Are They and What Will They Do Next?,
Management Science 33(1), 1-24, doi:10.1287/mnsc.33.1.1. Given life at T, lambda ~ Gamma(r+x, alpha+T) and mu
~ Gamma(s, beta+T) are independent; the predictions below follow.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import betainc, exprel

from clv_ml.errors import ConfigError
from clv_ml.models import _lifetimes, _pareto_nbd
from clv_ml.models._beta_mixture import _legendre
from clv_ml.models._bgnbd import BgNbdRows
from clv_ml.models._quantiles import Survival
from clv_ml.models._table import Floats, Purchases
from clv_ml.models.modified import chance_by_difference
from clv_ml.models.purchases import PurchaseModel

_PANELS, _NODES = 4, 16


class ParetoPurchaseModel(PurchaseModel):
    """Pareto/NBD, with every method of `PurchaseModel`; parameters r, alpha (days), s and beta (days).

    Its fit takes about a hundred times as long as that of the BG/NBD, and `predictive_intervals` does not
    simulate it.

    Examples
    --------
    >>> import pandas as pd
    >>> model = ParetoPurchaseModel.from_params(r=0.55, alpha=74.0, s=0.61, beta=82.0)
    >>> rfm = pd.DataFrame({"frequency": [0], "recency": [0], "T": [272]}, index=["ann"])
    >>> model.probability_alive(rfm).round(2).to_dict()
    {'ann': 0.29}
    """

    KIND: ClassVar[str] = "pareto_nbd"
    PARAMETERS: ClassVar[tuple[str, ...]] = _pareto_nbd.NAMES

    # The parameters have other names than those of the BG/NBD.
    @classmethod
    def from_params(cls, *, r: float, alpha: float, s: float, beta: float) -> Self:  # type: ignore[override]
        """Build the model from known parameters, alpha and beta in days."""
        return cls._of(r=r, alpha=alpha, s=s, beta=beta)

    def to_lifetimes(self) -> Any:
        """Return a fitted ``lifetimes.ParetoNBDFitter`` with these parameters, times in days."""
        return _lifetimes.pareto_nbd_fitter(self.params_, self._rows, self.fit_)

    def probability_of_count(self, n: int, horizon_days: float) -> float:
        """P(X(t) = n) of a new customer: P(X >= n) - P(X >= n+1)."""
        return chance_by_difference(self, n, horizon_days)

    def _fit_rows(self, rows: BgNbdRows) -> None:
        self._params, self.fit_ = _pareto_nbd.fit_rows(rows, prior_sd=self.prior_sd)
        self._rows = rows

    def _log_odds_gone(self, customers: Purchases) -> Floats:
        params = np.array(self._values())
        return _pareto_nbd.log_odds_gone(params, customers.frequency, customers.recency, customers.T)

    def _none_if_alive(self, customers: Purchases, days: float) -> Floats:
        """P(no purchase in t | alive): 1 - P(Y >= 1), with the complement of the incomplete Beta function."""
        r, alpha, _, _ = self._values()

        def silent(tau: Floats) -> Floats:
            return np.asarray(
                np.exp(-(r + customers.frequency)[:, None] * np.log1p(tau / (alpha + customers.T)[:, None]))
            )

        return self._over_lifetimes(silent, customers, days)

    def _survival(self, customers: Purchases, days: float | Floats) -> Survival:
        """P(Y >= n): the mean of I_w(n, r+x), w = tau / (alpha+T+tau), over the time tau that the customer stays."""
        r, alpha, _, _ = self._values()
        alive, shape = self._alive(customers), (r + customers.frequency)[:, None]
        scale = (alpha + customers.T)[:, None]

        def survival(n: Floats) -> Floats:
            from_one = np.maximum(n, 1.0)[:, None]
            reached = self._over_lifetimes(lambda tau: betainc(from_one, shape, tau / (scale + tau)), customers, days)
            return np.where(n > 0, alive * reached, 1.0)

        return survival

    def _over_lifetimes(self, chance: Any, customers: Purchases, days: float | Floats) -> Floats:
        """Average `chance` of tau, the smaller of the horizon and the time until the customer leaves.

        P(stays tau) = ((beta+T)/(beta+T+tau))^s = e^(-s y) with y = ln(1 + tau / (beta+T)).
        """
        _, _, s, beta = self._values()
        scale = (beta + customers.T)[:, None]
        horizon = np.broadcast_to(np.asarray(days, dtype=np.float64), customers.T.shape)[:, None]
        nodes, weights = _legendre(_PANELS, _NODES)
        end = np.log1p(horizon / scale)
        # Beyond y = 50 / s the chance to stay is below e^-50.
        width = np.minimum(end, 50.0 / s)
        y = width * nodes
        leaving = (chance(scale * np.expm1(y)) * np.exp(-s * y) * s * width * weights).sum(axis=1)
        return np.asarray(leaving + (chance(horizon) * np.exp(-s * end))[:, 0])

    def _alive_expectation(self, x: Floats, age: Floats, times: Floats) -> Floats:
        """E[Y(t) | alive] = (r+x)/(alpha+T) (beta+T) (1 - e^(-(s-1) y)) / (s-1), with y as above; y where s = 1."""
        r, alpha, s, beta = self._values()
        y = np.log1p(times / (beta + age)[:, None])
        return np.asarray(((r + x) * (beta + age) / (alpha + age))[:, None] * y * exprel(-(s - 1.0) * y))

    def _residual_undiscounted(self, customers: Purchases) -> Floats:
        r, alpha, s, beta = self._values()
        if s <= 1:
            raise ConfigError(f"Without a discount the value is infinite (s is {s:.3f}): set annual_discount_rate.")
        return (r + customers.frequency) * (beta + customers.T) / ((alpha + customers.T) * (s - 1.0))
