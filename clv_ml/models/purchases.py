"""How often will each customer buy again: the BG/NBD model.

Every customer buys at an own rate lambda ~ Gamma(r, alpha) and, after each purchase, leaves for good with an
own probability p ~ Beta(a, b). A summary of frequency x, recency t_x and age T says all that the model needs
to know.

Equation numbers are those of Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way: An
Alternative to the Pareto/NBD Model, Marketing Science 24(2), 275-284, doi:10.1287/mksc.1040.0098.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import betainc, betaln, expit, gammaln

from clv_ml.errors import ConfigError, DataError
from clv_ml.models import _bgnbd
from clv_ml.models._beta_mixture import expected_count
from clv_ml.models._facts import FitFacts, checked_params, covariance_frame
from clv_ml.models._forecast import AliveForecast, checked_horizons, forecast_alive, residual_alive
from clv_ml.models._quantiles import checked_levels, count_quantiles
from clv_ml.models._table import Floats, Purchases, read_purchases
from clv_ml.models._unique import unique_rows


class PurchaseModel:
    """BG/NBD: fitted by maximum likelihood on distinct rows, safe to predict from for every valid input.

    Parameters
    ----------
    prior_sd
        Standard deviation of the prior on each log parameter, around values in the scale of the data. It
        plays a role only where the data do not determine the parameters (`fit_.weak_prior` tells).

    Attributes
    ----------
    params_ : Mapping[str, float]
        r, alpha (days), a and b.
    fit_ : FitFacts or None
        How the fit went; None for `from_params`.

    Examples
    --------
    >>> import pandas as pd
    >>> model = PurchaseModel.from_params(r=0.243, alpha=30.9, a=0.793, b=2.426)
    >>> rfm = pd.DataFrame({"frequency": [2], "recency": [213], "T": [272]}, index=["ann"])
    >>> model.expected_purchases(rfm, horizon_days=273).round(3).to_dict()
    {'ann': 1.226}
    """

    def __init__(self, *, prior_sd: float = 2.0) -> None:
        if not prior_sd > 0:
            raise ConfigError(f"prior_sd is {prior_sd!r}; a positive number is wanted.")
        self.prior_sd = prior_sd
        self._params: dict[str, float] | None = None
        self._rows: _bgnbd.BgNbdRows | None = None
        self.fit_: FitFacts | None = None

    def fit(self, rfm: pd.DataFrame) -> Self:
        """Maximise the likelihood, equation (6).

        Parameters
        ----------
        rfm
            One row a customer (or a kind of customer, with an integer column ``weight``): frequency, recency,
            T in days.

        Raises
        ------
        DataError
            A column is missing, a value breaks the contract, or there is no row.
        NotConvergedError
            No maximum was found; the message says what to try.
        """
        customers = read_purchases(rfm)
        if len(customers.index) == 0:
            raise DataError("rfm has no rows: there is nobody to learn from. Check the cutoff and the filters.")
        if not customers.T.any():
            raise DataError(
                f"rfm: column 'T' is 0 in all {len(customers.index):,} rows: nobody has been watched for a day. "
                "Use a later cutoff."
            )
        fitted = _bgnbd.fit(customers, prior_sd=self.prior_sd)
        self._params, self._rows, self.fit_ = fitted.params, fitted.rows, fitted.facts
        return self

    @classmethod
    def from_params(cls, *, r: float, alpha: float, a: float, b: float) -> Self:
        """Build the model from known parameters, alpha in days."""
        model = cls()
        model._params = checked_params("BG/NBD", r=r, alpha=alpha, a=a, b=b)
        return model

    @property
    def params_(self) -> Mapping[str, float]:
        """The parameters r, alpha (days), a and b."""
        return MappingProxyType(dict(zip(("r", "alpha", "a", "b"), self._values(), strict=True)))

    @property
    def covariance_(self) -> pd.DataFrame:
        """Covariance matrix of the parameters, from the exact Hessian."""
        return covariance_frame(self.fit_, tuple(self.params_))

    def to_dict(self) -> dict[str, Any]:
        """Return parameters and fit facts as plain data for JSON."""
        facts = None if self.fit_ is None else self.fit_.to_dict()
        return {"model": "bgnbd", "unit": "days", "params": dict(self.params_), "fit": facts}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build the model from what `to_dict` returned."""
        if data.get("model") != "bgnbd":
            raise ConfigError(f"model is {data.get('model')!r}; 'bgnbd' is wanted.")
        model = cls.from_params(**data["params"])
        model.fit_ = None if data.get("fit") is None else FitFacts.from_dict(data["fit"])
        return model

    def to_lifetimes(self) -> Any:
        """Return a fitted ``lifetimes.BetaGeoFitter`` with these parameters, times in days."""
        from clv_ml.models import _lifetimes

        return _lifetimes.beta_geo_fitter(self.params_, self._rows, self.fit_)

    def expected_purchases(
        self, rfm: pd.DataFrame, *, horizon_days: float, given_alive: bool = False
    ) -> pd.Series[float]:
        """E[Y(t) | x, t_x, T], equation (10), or the same given that the customer is alive at T.

        Given life at T the customer is BG/NBD again with parameters r+x, alpha+T, a, b+x, so that equation
        (10) is P(alive) times equation (9) with those; `_beta_mixture` computes (9) without cancellation.

        Returns
        -------
        Series of expected purchases within `horizon_days`, indexed like `rfm`.
        """
        customers = read_purchases(rfm)
        horizons = checked_horizons([horizon_days])
        expected = self._forecast_alive(customers, horizons, rate=0.0).expected[:, 0]
        if not given_alive:
            expected = expected * self._alive(customers)
        return pd.Series(expected, index=customers.index, name="expected_purchases")

    def probability_alive(self, rfm: pd.DataFrame) -> pd.Series[float]:
        """P(alive | x, t_x, T): 1 / (1 + [x > 0] a/(b+x-1) ((alpha+T)/(alpha+t_x))^(r+x)).

        The denominator of equation (10); Fader, Hardie & Lee (2008), http://brucehardie.com/notes/021/. It is
        1 for every one-time buyer, who had no occasion to leave.
        """
        customers = read_purchases(rfm)
        return pd.Series(self._alive(customers), index=customers.index, name="p_alive")

    def probability_no_purchase(self, rfm: pd.DataFrame, *, horizon_days: float) -> pd.Series[float]:
        """P(no purchase in t): 1 - P(alive) (1 - ((alpha+T)/(alpha+T+t))^(r+x)), equation (8) with n = 0."""
        customers = read_purchases(rfm)
        (days,) = checked_horizons([horizon_days])
        r, alpha, _, _ = self._values()
        log_odds = self._log_odds_gone(customers)
        none_if_alive = np.exp(-(r + customers.frequency) * np.log1p(days / (alpha + customers.T)))
        # Two positive terms, so that a probability near 0 keeps its digits.
        values = expit(log_odds) + expit(-log_odds) * none_if_alive
        return pd.Series(np.minimum(values, 1.0), index=customers.index, name="p_no_purchase")

    def purchase_quantiles(
        self, rfm: pd.DataFrame, *, horizon_days: float, levels: Sequence[float] = (0.1, 0.9)
    ) -> pd.DataFrame:
        """Exact quantiles of the number of purchases within the horizon.

        The n-th purchase happens when the customer is alive, the Poisson-Gamma process reaches n, and none of
        the first n-1 purchases was the last: with w = t / (alpha+T+t), the upper sum of equation (8) is P(Y
        >= n) = P(alive) I_w(n, r+x) B(a, b+x+n-1) / B(a, b+x).

        Returns
        -------
        DataFrame indexed like `rfm`, one column a level: the smallest n with P(Y <= n) >= level.
        """
        customers = read_purchases(rfm)
        (days,) = checked_horizons([horizon_days])
        wanted = checked_levels(levels)
        distinct = unique_rows(customers.frequency, customers.T, customers.recency)
        x, age, t_x = distinct.columns
        few = Purchases(pd.RangeIndex(len(x)), x, t_x, age, np.ones_like(x))
        r, alpha, a, b = self._values()
        alive, w = self._alive(few), days / (alpha + age + days)

        def survival(n: Floats) -> Floats:
            stays = np.exp(betaln(a, b + x + n - 1.0) - betaln(a, b + x))
            return np.asarray(alive * betainc(n, r + x, w) * stays)

        table = count_quantiles(survival, len(x), wanted)[distinct.inverse]
        return pd.DataFrame(table.astype(np.int64), index=customers.index, columns=list(levels))

    def unconditional_expectation(self, horizon_days: float) -> float:
        """E[X(t)] of a new customer, equation (9)."""
        r, alpha, a, b = self._values()
        (days,) = checked_horizons([horizon_days])
        return float(expected_count(np.array([r]), np.array([[days / alpha]]), a, np.array([b]))[0, 0])

    def probability_of_count(self, n: int, horizon_days: float) -> float:
        """P(X(t) = n) of a new customer, equation (8).

        Its bracket is the incomplete Beta function I_w(n, r) with w = t / (alpha+t).
        """
        if n != int(n) or n < 0:
            raise ConfigError(f"n is {n!r}; a whole number, 0 or more, is allowed.")
        r, alpha, a, b = self._values()
        (days,) = checked_horizons([horizon_days])
        if days == 0:
            return float(n == 0)
        log_exactly = gammaln(r + n) - gammaln(r) - gammaln(n + 1) - r * np.log1p(days / alpha)
        log_exactly += betaln(a, b + n) - betaln(a, b) - n * np.log1p(alpha / days)
        if n == 0:
            return float(np.exp(log_exactly))
        left = np.exp(betaln(a + 1.0, b + n - 1.0) - betaln(a, b)) * betainc(n, r, days / (alpha + days))
        return float(np.exp(log_exactly) + left)

    def _values(self) -> tuple[float, float, float, float]:
        if self._params is None:
            raise ConfigError("This PurchaseModel has no parameters yet: call .fit(rfm) or from_params(...).")
        return self._params["r"], self._params["alpha"], self._params["a"], self._params["b"]

    def _log_odds_gone(self, customers: Purchases) -> Floats:
        """Log of P(gone) / P(alive); minus infinity for one-time buyers."""
        r, alpha, a, b = self._values()
        x = customers.frequency
        silence = np.log1p((customers.T - customers.recency) / (alpha + customers.recency))
        return np.where(x > 0, np.log(a / (b + np.maximum(x, 1.0) - 1.0)) + (r + x) * silence, -np.inf)

    def _alive(self, customers: Purchases) -> Floats:
        return np.asarray(expit(-self._log_odds_gone(customers)))

    def _alive_expectation(self, x: Floats, age: Floats, times: Floats) -> Floats:
        """E[Y(t) | x, T, alive]: equation (9) with r+x, alpha+T, a, b+x; shapes (n,), (n,), (n, k)."""
        r, alpha, a, b = self._values()
        return expected_count(r + x, times / (alpha + age)[:, None], a, b + x)

    def _forecast_alive(self, customers: Purchases, horizons: Floats, *, rate: float) -> AliveForecast:
        alpha = self._values()[1]
        return forecast_alive(self._alive_expectation, alpha, customers, horizons=horizons, rate=rate)

    def _residual_alive(self, customers: Purchases, *, rate: float) -> Floats:
        """Discounted purchases without a horizon; undiscounted they are E(1/p) = (a+b+x-1)/(a-1), for a > 1."""
        _, alpha, a, b = self._values()
        if rate > 0:
            return residual_alive(self._alive_expectation, alpha, customers, rate=rate)
        if a <= 1:
            raise ConfigError(f"Without a discount the value is infinite (a is {a:.3f}): set annual_discount_rate.")
        return (a + b + customers.frequency - 1.0) / (a - 1.0)
