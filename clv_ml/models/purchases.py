"""How often will each customer buy again: the BG/NBD model.

Every customer buys at an own rate lambda ~ Gamma(r, alpha) and, after each purchase, leaves for good with an
own probability p ~ Beta(a, b). A summary of frequency x, recency t_x and age T says all that the model needs
to know.

Equation numbers are those of Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way: An
Alternative to the Pareto/NBD Model, Marketing Science 24(2), 275-284, doi:10.1287/mksc.1040.0098.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.special import betainc, betaln, expit, gammaln

from clv_ml.data.arrow import AnyFrame
from clv_ml.errors import ConfigError, DataError
from clv_ml.models import _bgnbd
from clv_ml.models._beta_mixture import expected_count
from clv_ml.models._fitted import FittedModel
from clv_ml.models._forecast import AliveForecast, checked_horizons, forecast_alive, residual_alive
from clv_ml.models._quantiles import Survival, checked_levels, count_quantiles
from clv_ml.models._table import Floats, Purchases, read_purchases
from clv_ml.models._unique import unique_rows

# Somebody who has just bought for the first time.
_NEW = pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [0.0]})


class PurchaseModel(FittedModel):
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

    KIND: ClassVar[str] = "bgnbd"
    UNIT: ClassVar[str] = "days"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    # Chances to leave beside one at each repeat purchase.
    _FIRST_CHANCES: ClassVar[int] = 0
    _rows: _bgnbd.BgNbdRows | None = None

    def fit(self, rfm: AnyFrame) -> Self:
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
        distinct = unique_rows(customers.frequency, customers.recency, customers.T)
        x, t_x, age = distinct.columns
        self._fit_rows(_bgnbd.BgNbdRows(x, t_x, age, distinct.total(customers.weight), self._FIRST_CHANCES))
        return self

    def _fit_rows(self, rows: _bgnbd.BgNbdRows) -> None:
        fitted = _bgnbd.fit_rows(rows, prior_sd=self.prior_sd)
        self._params, self._rows, self.fit_ = fitted.params, rows, fitted.facts

    @classmethod
    def from_params(cls, *, r: float, alpha: float, a: float, b: float) -> Self:
        """Build the model from known parameters, alpha in days."""
        return cls._of(r=r, alpha=alpha, a=a, b=b)

    def to_lifetimes(self) -> Any:
        """Return a fitted ``lifetimes.BetaGeoFitter`` with these parameters, times in days."""
        from clv_ml.models import _lifetimes

        return _lifetimes.beta_geo_fitter(self.params_, self._rows, self.fit_)

    def expected_purchases(self, rfm: AnyFrame, *, horizon_days: float, given_alive: bool = False) -> pd.Series[float]:
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

    def probability_alive(self, rfm: AnyFrame) -> pd.Series[float]:
        """P(alive | x, t_x, T): 1 / (1 + [x > 0] a/(b+x-1) ((alpha+T)/(alpha+t_x))^(r+x)).

        The denominator of equation (10); Fader, Hardie & Lee (2008), http://brucehardie.com/notes/021/. It is
        1 for every one-time buyer, who had no occasion to leave.
        """
        customers = read_purchases(rfm)
        return pd.Series(self._alive(customers), index=customers.index, name="p_alive")

    def probability_no_purchase(self, rfm: AnyFrame, *, horizon_days: float) -> pd.Series[float]:
        """P(no purchase in t): 1 - P(alive) (1 - ((alpha+T)/(alpha+T+t))^(r+x)), equation (8) with n = 0."""
        customers = read_purchases(rfm)
        (days,) = checked_horizons([horizon_days])
        log_odds = self._log_odds_gone(customers)
        # Two positive terms, so that a probability near 0 keeps its digits.
        values = expit(log_odds) + expit(-log_odds) * self._none_if_alive(customers, days)
        return pd.Series(np.minimum(values, 1.0), index=customers.index, name="p_no_purchase")

    def purchase_quantiles(
        self, rfm: AnyFrame, *, horizon_days: float, levels: Sequence[float] = (0.1, 0.9)
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
        table = count_quantiles(self._survival(few, days), len(x), wanted)[distinct.inverse]
        return pd.DataFrame(table.astype(np.int64), index=customers.index, columns=list(levels))

    def probability_at_least(self, rfm: AnyFrame, *, count: int, horizon_days: float) -> pd.Series[float]:
        """P(Y >= count | x, t_x, T), the upper sum of equation (8) as in `purchase_quantiles`; 1 for count 0."""
        if count != int(count) or count < 0:
            raise ConfigError(f"count is {count!r}; a whole number, 0 or more, is allowed.")
        customers = read_purchases(rfm)
        (days,) = checked_horizons([horizon_days])
        values = self._survival(customers, days)(np.full(len(customers.index), float(count)))
        return pd.Series(values, index=customers.index, name=f"p_at_least_{int(count)}")

    def unconditional_expectation(self, horizon_days: float) -> float:
        """E[X(t)] of a new customer, equation (9)."""
        return float(self.expected_purchases(_NEW, horizon_days=horizon_days).iloc[0])

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

    def _log_odds_gone(self, customers: Purchases) -> Floats:
        """Log of P(gone) / P(alive); minus infinity for who had no chance to leave."""
        r, alpha, a, b = self._values()
        x, k = customers.frequency, customers.frequency + self._FIRST_CHANCES
        silence = np.log1p((customers.T - customers.recency) / (alpha + customers.recency))
        return np.where(k > 0, np.log(a / (b + np.maximum(k, 1.0) - 1.0)) + (r + x) * silence, -np.inf)

    def _none_if_alive(self, customers: Purchases, days: float) -> Floats:
        r, alpha, _, _ = self._values()
        return np.exp(-(r + customers.frequency) * np.log1p(days / (alpha + customers.T)))

    def _survival(self, customers: Purchases, days: float | Floats) -> Survival:
        """P(Y >= n) as a function of n, for a horizon or one of each customer."""
        r, alpha, a, b = self._values()
        alive, w = self._alive(customers), days / (alpha + customers.T + days)
        shape, stay = r + customers.frequency, b + customers.frequency + self._FIRST_CHANCES

        def survival(n: Floats) -> Floats:
            from_one = np.maximum(n, 1.0)
            stays = np.exp(betaln(a, stay + from_one - 1.0) - betaln(a, stay))
            return np.where(n > 0, alive * betainc(from_one, shape, w) * stays, 1.0)

        return survival

    def _alive(self, customers: Purchases) -> Floats:
        return np.asarray(expit(-self._log_odds_gone(customers)))

    def _alive_expectation(self, x: Floats, age: Floats, times: Floats) -> Floats:
        """E[Y(t) | x, T, alive]: equation (9) with r+x, alpha+T, a, b+x; shapes (n,), (n,), (n, k)."""
        r, alpha, a, b = self._values()
        return expected_count(r + x, times / (alpha + age)[:, None], a, b + x + self._FIRST_CHANCES)

    def _forecast_alive(self, customers: Purchases, horizons: Floats, *, rate: float) -> AliveForecast:
        alpha = self._values()[1]
        return forecast_alive(self._alive_expectation, alpha, customers, horizons=horizons, rate=rate)

    def _residual_alive(self, customers: Purchases, *, rate: float) -> Floats:
        """Discounted purchases without a horizon."""
        if rate > 0:
            return residual_alive(self._alive_expectation, self._values()[1], customers, rate=rate)
        return self._residual_undiscounted(customers)

    def _residual_undiscounted(self, customers: Purchases) -> Floats:
        """Purchases for ever: E(1/p) = (a+b+x-1)/(a-1) for a > 1."""
        _, _, a, b = self._values()
        if a <= 1:
            raise ConfigError(f"Without a discount the value is infinite (a is {a:.3f}): set annual_discount_rate.")
        return (a + b + self._FIRST_CHANCES + customers.frequency - 1.0) / (a - 1.0)
