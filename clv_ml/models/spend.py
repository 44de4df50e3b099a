"""How much will each customer spend on a purchase: the Gamma-Gamma model.

The amounts of a customer vary as Gamma(p, nu) around an own mean, and nu ~ Gamma(q, v) over the customers.
The model takes what a customer spends to be independent of how often: `clv_ml.models.diagnostics` checks it.

Equation numbers are those of Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value,
http://brucehardie.com/notes/025/; the model is that of Fader, Hardie & Lee (2005), RFM and CLV, Journal of
Marketing Research 42(4), 415-430, doi:10.1509/jmkr.2005.42.4.415.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from clv_ml.data.arrow import AnyFrame
from clv_ml.errors import DataError
from clv_ml.models import _gamma_gamma
from clv_ml.models._fitted import FittedModel
from clv_ml.models._table import Floats, Spend, read_spend


class SpendModel(FittedModel):
    """Gamma-Gamma: fitted by maximum likelihood on the customers who bought again.

    Parameters
    ----------
    prior_sd
        Standard deviation of the prior on each log parameter, around values in the scale of the data. It
        plays a role only where the data do not determine the parameters (`fit_.weak_prior` tells).

    Attributes
    ----------
    params_ : Mapping[str, float]
        p, q (no unit) and v (the currency unit of the table).
    fit_ : FitFacts or None
        How the fit went; None for `from_params`.

    Examples
    --------
    >>> model = SpendModel.from_params(p=6.25, q=3.74, v=15.44)
    >>> rfm = pd.DataFrame({"frequency": [0, 2], "monetary_value": [0.0, 50.0]}, index=["ann", "bo"])
    >>> model.expected_spend(rfm).round(2).to_dict()
    {'ann': 35.22, 'bo': 47.34}
    """

    KIND: ClassVar[str] = "gamma_gamma"
    UNIT: ClassVar[str] = "currency of the table"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("p", "q", "v")
    _rows: _gamma_gamma.GammaGammaRows | None = None

    def fit(self, rfm: AnyFrame) -> Self:
        """Maximise the likelihood, equation (1a), over the rows with frequency and monetary_value above 0.

        Parameters
        ----------
        rfm
            One row a customer (or a kind of customer, with an integer column ``weight``): frequency and
            monetary_value, the mean of the day totals after the first purchase day.

        Raises
        ------
        DataError
            A column is missing, a value breaks the contract, or nobody bought again.
        NotConvergedError
            No maximum was found; the message says what to try.
        """
        fitted = _gamma_gamma.fit(read_spend(rfm), prior_sd=self.prior_sd)
        self._params, self._rows, self.fit_ = fitted.params, fitted.rows, fitted.facts
        return self

    @classmethod
    def from_params(cls, *, p: float, q: float, v: float) -> Self:
        """Build the model from known parameters, v in the currency unit of the tables to come."""
        return cls._of(p=p, q=q, v=v)

    @property
    def population_mean(self) -> float:
        """E(M) = p v / (q-1), equation (3), in currency; infinite when q <= 1."""
        p, q, v = self._values()
        return p * v / (q - 1.0) if q > 1.0 else float("inf")

    def to_lifetimes(self) -> Any:
        """Return a fitted ``lifetimes.GammaGammaFitter`` with these parameters."""
        from clv_ml.models import _lifetimes

        return _lifetimes.gamma_gamma_fitter(self.params_, self._rows, self.fit_)

    def expected_spend(self, rfm: AnyFrame) -> pd.Series[float]:
        """E(M | x, m) = p (v + x m) / (p x + q - 1), equation (5): the mean of purchases to come.

        For frequency 0 it is the population mean p v / (q-1).

        Returns
        -------
        Series in currency, indexed like `rfm`.

        Raises
        ------
        DataError
            The mean is infinite for some customer, because q is 1 or less: the amounts have too heavy a tail.
        """
        customers = read_spend(rfm)
        return pd.Series(self._expected(customers), index=customers.index, name="expected_spend")

    def _expected(self, customers: Spend) -> Floats:
        p, _, v = self._values()
        x = customers.frequency
        return np.asarray(p * (v + x * customers.monetary_value) / self._below(x))

    def _below(self, x: Floats) -> Floats:
        """Return p x + q - 1 of equation (5), which is above 0 where the mean is finite."""
        p, q, _ = self._values()
        below = p * x + q - 1.0
        if (below <= 0).any():
            raise DataError(
                f"Spend has no finite mean for {int((below <= 0).sum()):,} of {len(x):,} customers: q is "
                f"{q:.3f}, and above 1 is wanted. A few huge purchases dominate monetary_value: cap or drop "
                "them, or fit more customers."
            )
        return below
