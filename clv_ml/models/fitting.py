"""Everything that is fitted at one cutoff, from what was known then: purchases, spend, churn."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from clv_ml.config import ChurnConfig, Config
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.errors import ConfigError, DataError, NotConvergedError
from clv_ml.models.choice import PURCHASE_MODELS, choose_purchase_model
from clv_ml.models.churn import ChurnModel
from clv_ml.models.folds import past_cutoffs
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.snapshot.features import PURCHASE_FEATURES, purchase_features
from clv_ml.snapshot.labels import outcomes
from clv_ml.snapshot.window import Window

Progress = Callable[[str], None]

MODEL_FEATURES = ("model_p_alive", "model_p_no_purchase", "model_expected_purchases")
CHURN_FEATURES = (*PURCHASE_FEATURES, *MODEL_FEATURES)


@dataclass(frozen=True)
class FittedModels:
    """The models of one cutoff; `churn` is None where the history is too thin, and `churn_note` says why.

    `purchase_scores`: holdout log-likelihood a customer of each purchase model that was tried, by kind.
    """

    cutoff: dt.date
    purchases: PurchaseModel
    spend: SpendModel
    churn: ChurnModel | None
    churn_note: str
    purchase_scores: Mapping[str, float] = field(default_factory=dict)


def customers_at(engine: Engine, totals: DataFrame, cutoff: dt.date) -> pd.DataFrame:
    """Summarise every customer known at a cutoff: RFM and features, indexed by customer_id in its order.

    Raises
    ------
    ConfigError
        If nobody had bought by then.
    """
    history = engine.materialise(Window(cutoff, 1).history(totals))
    frame = engine.to_pandas(purchase_features(history, cutoff).orderBy("customer_id"))
    if frame.empty:
        f = functions()
        first = engine.to_pandas(totals.filter(f.col("is_purchase")).agg(f.min("day").alias("day")))["day"].iloc[0]
        raise ConfigError(f"cutoff {cutoff} is before the first purchase in the data ({first:%Y-%m-%d})")
    return frame.set_index("customer_id")


def outcomes_at(engine: Engine, totals: DataFrame, cutoff: dt.date, horizons_days: tuple[int, ...]) -> pd.DataFrame:
    """Count what each customer known at a cutoff did in each horizon after it; indexed by customer_id in its order."""
    longest = Window(cutoff, max(horizons_days))
    known = longest.history(totals).select("customer_id").distinct()
    frame = engine.to_pandas(outcomes(longest.future(totals), known, cutoff, horizons_days).orderBy("customer_id"))
    return frame.set_index("customer_id")


def with_model_features(customers: pd.DataFrame, purchases: PurchaseModel, horizon_days: int) -> pd.DataFrame:
    """Add what the purchase model says of each customer as features of the classifier."""
    return customers.assign(
        model_p_alive=purchases.probability_alive(customers),
        model_p_no_purchase=purchases.probability_no_purchase(customers, horizon_days=horizon_days),
        model_expected_purchases=purchases.expected_purchases(customers, horizon_days=horizon_days),
    )


def fit_models(
    engine: Engine, totals: DataFrame, cutoff: dt.date, config: Config, *, progress: Progress
) -> FittedModels:
    """Fit all models on what was known at the cutoff.

    Parameters
    ----------
    totals
        Day totals of all customers; nothing after the cutoff is looked at.
    progress
        Called with one line a stage.

    Raises
    ------
    ConfigError
        If nobody had bought by the cutoff.
    NotConvergedError
        If the purchase or the spend model finds no maximum.
    DataError
        If mean spend is infinite.
    """
    progress(f"{cutoff}: fitting purchases and spend")
    customers = customers_at(engine, totals, cutoff)
    first_day = customers["first_day"].min().date()
    kind: str = config.value.purchase_model
    scores = pd.Series(dtype=float)
    if kind == "best":
        progress(f"{cutoff}: choosing the purchase model")
        kind, scores = best_purchase_model(engine, totals, cutoff, first_day, config.churn.main_horizon_days)
    model = PURCHASE_MODELS[kind]
    purchases = model().fit(customers)
    spend = SpendModel().fit(customers)
    require_finite_mean(spend, cutoff)
    snapshots = training_snapshots(engine, totals, cutoff, first_day, config.churn, model, progress=progress)
    churn, note = fit_churn(snapshots, config, progress=progress)
    return FittedModels(cutoff, purchases, spend, churn, note, {str(name): float(s) for name, s in scores.items()})


def require_finite_mean(spend: SpendModel, cutoff: dt.date) -> None:
    """Refuse a spend model whose mean is infinite: no customer who bought once would have a value.

    There is no sound way round it: an estimate of q held above 1 would set those values by where it is held.

    Raises
    ------
    DataError
        If q is 1 or less.
    """
    q = spend.params_["q"]
    if q <= 1.0:
        raise DataError(
            f"{cutoff}: mean spend is infinite (q of the Gamma-Gamma is {q:.3f}, above 1 is wanted): a few huge "
            "purchases dominate; set them aside with transactions.exclude, or give more customers"
        )


def best_purchase_model(
    engine: Engine, totals: DataFrame, cutoff: dt.date, first_day: dt.date, horizon_days: int
) -> tuple[str, pd.Series[float]]:
    """Name the purchase model that, fitted one horizon before the cutoff, made what happened since likeliest.

    Returns
    -------
    tuple
        Its kind, and the mean holdout log-likelihood a customer of each model that could be fitted, by kind; the
        BG/NBD and no figures where the history is too short to try.
    """
    earlier = cutoff - dt.timedelta(days=horizon_days)
    if earlier <= first_day:
        return PurchaseModel.KIND, pd.Series(dtype=float)
    customers = customers_at(engine, totals, earlier)
    future = outcomes_at(engine, totals, earlier, (horizon_days,))[f"purchases_{horizon_days}"]
    fitted = []
    for model in PURCHASE_MODELS.values():
        with contextlib.suppress(NotConvergedError):
            fitted.append(model().fit(customers))
    if not fitted:
        return PurchaseModel.KIND, pd.Series(dtype=float)
    best, scores = choose_purchase_model(fitted, customers, future, horizon_days=horizon_days)
    return best.KIND, scores


def training_snapshots(
    engine: Engine,
    totals: DataFrame,
    cutoff: dt.date,
    first_day: dt.date,
    config: ChurnConfig,
    purchase_model: type[PurchaseModel] = PurchaseModel,
    *,
    progress: Progress,
) -> pd.DataFrame:
    """Look back from past cutoffs whose outcome is complete by the cutoff.

    Returns
    -------
    pandas.DataFrame
        One row a customer and past cutoff: customer_id, cutoff, the features (those of the purchase model from a fit
        at that same past cutoff), purchases_H, spend_H, churned_H.
    """
    days = past_cutoffs(
        cutoff,
        first_day,
        horizon_days=config.main_horizon_days,
        every_days=config.snapshot_every_days,
        at_most=config.max_snapshots,
    )
    parts = []
    for position, day in enumerate(days, start=1):
        progress(f"{cutoff}: looking back from {day} ({position} of {len(days)})")
        customers = customers_at(engine, totals, day)
        try:
            purchases = purchase_model().fit(customers)
            featured = with_model_features(customers, purchases, config.main_horizon_days)
        except NotConvergedError:
            # a young snapshot can be too flat for the purchase model; the trees then see these features as missing
            featured = customers.assign(**dict.fromkeys(MODEL_FEATURES, float("nan")))
        happened = outcomes_at(engine, totals, day, config.horizons_days)
        parts.append(featured.join(happened).reset_index().assign(cutoff=day))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def fit_churn(snapshots: pd.DataFrame, config: Config, *, progress: Progress) -> tuple[ChurnModel | None, str]:
    """Train the classifier, or say why the history does not allow it."""
    if snapshots.empty:
        return None, "no past cutoff has a complete horizon: churn probabilities come from the BG/NBD"
    for horizon in config.churn.horizons_days:
        churned = int(snapshots[f"churned_{horizon}"].sum())
        smaller = min(churned, len(snapshots) - churned)
        if smaller < config.churn.min_rows_per_class:
            return None, (
                f"only {smaller} training rows in the smaller class at {horizon} days, fewer than "
                f"churn.min_rows_per_class ({config.churn.min_rows_per_class}): "
                "churn probabilities come from the BG/NBD"
            )
    progress(f"training the churn classifier on {len(snapshots):,} rows")
    model = ChurnModel(horizons_days=config.churn.horizons_days, seed=config.seed, threads=config.engine.threads)
    return model.fit(snapshots, features=CHURN_FEATURES), ""
