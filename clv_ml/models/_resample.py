"""How uncertain the parameters are: fits to resampled customers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clv_ml.errors import ConfigError
from clv_ml.models import _bgnbd, _gamma_gamma
from clv_ml.models._table import Floats
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel


@dataclass(frozen=True)
class ParameterDraws:
    """Equally likely parameters: purchases (r, alpha, a, b) of shape (n, 4) and spend (p, q, v) of shape (n, 3)."""

    purchases: Floats
    spend: Floats

    @property
    def n(self) -> int:
        """The number of draws."""
        return len(self.purchases)

    def repeated(self, n: int) -> ParameterDraws:
        """Use each draw again and again until there are `n`."""
        turn = np.arange(n) % self.n
        return ParameterDraws(self.purchases[turn], self.spend[turn])


def fixed_parameters(purchases: PurchaseModel, spend: SpendModel) -> ParameterDraws:
    """Return one draw: the fitted parameters, as if they were known."""
    rows = [np.array([list(model.params_.values())]) for model in (purchases, spend)]
    return ParameterDraws(*rows)


def bootstrap_parameters(
    purchases: PurchaseModel, spend: SpendModel, *, n_draws: int, rng: np.random.Generator
) -> ParameterDraws:
    """Fit both models to `n_draws` resamples of the customers, drawn as counts of the distinct rows.

    Raises
    ------
    ConfigError
        A model holds no customers, because it was read from parameters.
    """
    rows, amounts = purchases._rows, spend._rows
    if rows is None or amounts is None:
        raise ConfigError(
            "The uncertainty of the parameters comes from the customers that the models were fitted to, and these "
            "were built from parameters. Fit them, or pass n_parameter_draws=0 to take the parameters as known."
        )
    fits = []
    for _ in range(n_draws):
        again = replace(rows, weight=_resampled(rows.weight, rng))
        fits.append(list(_bgnbd.fit_rows(again, prior_sd=purchases.prior_sd).params.values()))
    spends = []
    for _ in range(n_draws):
        spent = replace(amounts, weight=_resampled(amounts.weight, rng))
        spends.append(list(_gamma_gamma.fit_rows(spent, prior_sd=spend.prior_sd).params.values()))
    return ParameterDraws(np.array(fits), np.array(spends))


def _resampled(weight: Floats, rng: np.random.Generator) -> Floats:
    n = int(weight.sum())
    return rng.multinomial(n, weight / n).astype(np.float64)
