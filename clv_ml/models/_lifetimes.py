"""The only file that imports lifetimes, whose import changes a pandas option and the warning filters."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from clv_ml.models._bgnbd import BgNbdRows
    from clv_ml.models._facts import FitFacts
    from clv_ml.models._gamma_gamma import GammaGammaRows


@cache
def lifetimes() -> Any:
    """Import lifetimes and put back what its import changed."""
    with warnings.catch_warnings():
        # On import its code, autograd and dill raise syntax and deprecation warnings, and pandas 3 calls the
        # option that lifetimes sets deprecated.
        warnings.simplefilter("ignore")
        chained = pd.get_option("mode.chained_assignment")
        import lifetimes as module

        pd.set_option("mode.chained_assignment", chained)
    return module


def beta_geo_fitter(params: Mapping[str, float], rows: BgNbdRows | None, facts: FitFacts | None) -> Any:
    """Fill a ``BetaGeoFitter`` as its own ``fit`` would, with our (symmetric) covariance."""
    return _count_fitter("BetaGeoFitter", "beta_geometric_nbd_model", params, rows, facts)


def modified_beta_geo_fitter(params: Mapping[str, float], rows: BgNbdRows | None, facts: FitFacts | None) -> Any:
    """Fill a ``ModifiedBetaGeoFitter`` as its own ``fit`` would, with our (symmetric) covariance."""
    return _count_fitter("ModifiedBetaGeoFitter", "modified_beta_geometric_nbd_model", params, rows, facts)


def pareto_nbd_fitter(params: Mapping[str, float], rows: BgNbdRows | None, facts: FitFacts | None) -> Any:
    """Fill a ``ParetoNBDFitter`` as its own ``fit`` would, with our covariance."""
    return _count_fitter("ParetoNBDFitter", "pareto_nbd_model", params, rows, facts)


def _count_fitter(
    name: str, generator: str, params: Mapping[str, float], rows: BgNbdRows | None, facts: FitFacts | None
) -> Any:
    fitter = getattr(lifetimes(), name)(penalizer_coef=0.0)
    fitter.predict = fitter.conditional_expected_number_of_purchases_up_to_time
    if rows is not None:
        fitter.data = pd.DataFrame(
            {
                "frequency": rows.x.astype(np.int64),
                "recency": rows.t_x,
                "T": rows.T,
                "weights": rows.weight.astype(np.int64),
            }
        )
        fitter._scale = 1.0 / rows.T.max() if rows.T.max() > 0 else 1.0
        generate = getattr(lifetimes().generate_data, generator)
        fitter.generate_new_data = lambda size=1: generate(rows.T, *params.values(), size=size)
    return _with_params(fitter, params, facts)


def gamma_gamma_fitter(params: Mapping[str, float], rows: GammaGammaRows | None, facts: FitFacts | None) -> Any:
    """Fill a ``GammaGammaFitter`` as its own ``fit`` would, with our (symmetric) covariance."""
    fitter = lifetimes().GammaGammaFitter(penalizer_coef=0.0)
    if rows is not None:
        fitter.data = pd.DataFrame(
            {"monetary_value": rows.m, "frequency": rows.x, "weights": rows.weight.astype(np.int64)}
        )
    return _with_params(fitter, params, facts)


def _with_params(fitter: Any, params: Mapping[str, float], facts: FitFacts | None) -> Any:
    fitter.params_ = pd.Series(dict(params))
    if facts is not None:
        names = list(params)
        fitter._negative_log_likelihood_ = -facts.log_likelihood / facts.n_customers
        fitter.variance_matrix_ = pd.DataFrame(facts.covariance, index=names, columns=names)
        fitter.standard_errors_ = fitter._compute_standard_errors()
        fitter.confidence_intervals_ = fitter._compute_confidence_intervals()
    return fitter
