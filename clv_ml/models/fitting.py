"""Everything that is fitted at one cutoff, from what was known then: purchases, spend, churn."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from clv_ml.config import Config
from clv_ml.engine import DataFrame, Engine
from clv_ml.errors import DataError, NotConvergedError
from clv_ml.models.alarms import Alarm, apply_alarms, check_features
from clv_ml.models.choice import PURCHASE_MODELS, choose_purchase_model
from clv_ml.models.churn import ChurnModel
from clv_ml.models.counted import first_purchase, fit_on_counts
from clv_ml.models.engagement_score import EngagementReference
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.sampled_rows import judged_sample
from clv_ml.models.spend import SpendModel
from clv_ml.models.training_rows import (
    MODEL_FEATURES,
    OWN_HORIZON,
    Progress,
    customers_at,
    nobody_bought,
    outcomes_at,
    population_at,
    training_snapshots,
)
from clv_ml.models.treated_rows import TreatedRows, without_treated
from clv_ml.snapshot.features import PURCHASE_FEATURES
from clv_ml.snapshot.population import population
from clv_ml.snapshot.tables import Tables, days_since

CHURN_FEATURES = (*PURCHASE_FEATURES, *MODEL_FEATURES)


@dataclass(frozen=True)
class FittedModels:
    """The models of one cutoff; `churn` is None where the history is too thin, and `churn_note` says why.

    Attributes
    ----------
    purchase_scores
        Holdout log-likelihood a customer of each purchase model that was tried, by kind.
    alarms
        Features that could not be trusted, in words, and what became of them; and a sample of the training rows.
    engagement
        What the engagement score is measured against; None where there are no events.
    prospect_rates
        By horizon: share of the training rows of customers who had not bought and went on not to; for where there is
        no classifier. Empty where everybody had bought.
    treated
        How many training rows were left out because of a contact; None where it is not known.
    """

    cutoff: dt.date
    purchases: PurchaseModel
    spend: SpendModel
    churn: ChurnModel | None
    churn_note: str
    purchase_scores: Mapping[str, float] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()
    engagement: EngagementReference | None = None
    prospect_rates: Mapping[int, float] = field(default_factory=dict)
    treated: TreatedRows | None = None


def fit_models(engine: Engine, tables: Tables, cutoff: dt.date, config: Config, *, progress: Progress) -> FittedModels:
    """Fit all models on what was known at the cutoff; see :func:`fit_with_rows`."""
    return fit_with_rows(engine, tables, cutoff, config, progress=progress)[0]


def fit_with_rows(
    engine: Engine, tables: Tables, cutoff: dt.date, config: Config, *, progress: Progress
) -> tuple[FittedModels, pd.DataFrame]:
    """Fit all models on what was known at the cutoff, and return the classifier's training rows with them.

    Purchases and spend are fitted on counts of equal customers, the classifier on rows of `churn.max_training_rows` at
    most: the table of all customers never leaves the engine.

    Parameters
    ----------
    tables
        Data of all customers; nothing after the cutoff is looked at.
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
    buyers = population(engine, Tables(tables.totals), cutoff)
    first_day = first_purchase(engine, buyers)
    if first_day is None:
        raise nobody_bought(engine, tables, cutoff)
    kind: str = config.value.purchase_model
    scores = pd.Series(dtype=float)
    if kind == "best":
        progress(f"{cutoff}: choosing the purchase model")
        kind, scores = best_purchase_model(engine, tables.totals, cutoff, first_day, config.churn.main_horizon_days)
    model = PURCHASE_MODELS[kind]
    purchases, spend = fit_on_counts(engine, buyers, model)
    require_finite_mean(spend, cutoff)
    snapshots = training_snapshots(engine, tables, cutoff, first_day, config.churn, model, progress=progress)
    sampled = str(snapshots.attrs["sampled"])
    snapshots, treated = without_treated(snapshots, tables.treatment, config.churn.main_horizon_days)
    if treated.words():
        progress(f"{cutoff}: {treated.words()}")
    features, alarms = trusted_features(snapshots, tables, config)
    churn, note = fit_churn(snapshots, config, features=features, categories=tables.categories, progress=progress)
    models = FittedModels(
        cutoff=cutoff,
        purchases=purchases,
        spend=spend,
        churn=churn,
        churn_note=note,
        purchase_scores={str(name): float(score) for name, score in scores.items()},
        alarms=(
            *(f"{alarm.feature}: {alarm.detail} ({alarm.action})" for alarm in alarms),
            *((sampled,) if sampled else ()),
        ),
        engagement=_engagement_reference(engine, tables, cutoff, config),
        prospect_rates=_prospect_rates(snapshots, config.churn.horizons_days),
        treated=treated,
    )
    return models, snapshots


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
    some = judged_sample(engine, Tables(totals), earlier).tables.totals
    customers = customers_at(engine, some, earlier)
    future = outcomes_at(engine, some, earlier, (horizon_days,))[f"purchases_{horizon_days}"]
    fitted = []
    for model in PURCHASE_MODELS.values():
        with contextlib.suppress(NotConvergedError):
            fitted.append(model().fit(customers))
    if not fitted:
        return PurchaseModel.KIND, pd.Series(dtype=float)
    best, scores = choose_purchase_model(fitted, customers, future, horizon_days=horizon_days)
    return best.KIND, scores


def trusted_features(snapshots: pd.DataFrame, tables: Tables, config: Config) -> tuple[tuple[str, ...], list[Alarm]]:
    """Return the features that the classifier may learn from, and what was found wrong with the others.

    Raises
    ------
    DataError
        If the config refuses what was found.
    """
    features = (*tables.features, *MODEL_FEATURES)
    if snapshots.empty:
        return features, []
    labels = [f"churned_{horizon}" for horizon in config.churn.horizons_days]
    days = {days_since(name): snapshots[name] for name in tables.dates}
    alarms = check_features(
        snapshots,
        tables.features,
        labels,
        config.churn.alarms,
        categories=tables.categories,
        dated=(*PURCHASE_FEATURES, *tables.engagement_features),
        days=days,
    )
    return apply_alarms(alarms, features), alarms


def fit_churn(
    snapshots: pd.DataFrame,
    config: Config,
    *,
    features: Sequence[str] = CHURN_FEATURES,
    categories: Sequence[str] = (),
    progress: Progress = lambda line: None,
) -> tuple[ChurnModel | None, str]:
    """Train the classifier, or say why the history does not allow it."""
    if snapshots.empty:
        return None, "no past cutoff has a complete horizon: churn probabilities come from the BG/NBD"
    settings = config.churn
    label = f"churned_{settings.main_horizon_days}"
    churned = int(snapshots[label].sum())
    smaller = min(churned, len(snapshots) - churned)
    if smaller < settings.min_rows_per_class:
        return None, (
            f"only {smaller} training rows in the smaller class at {settings.main_horizon_days} days, fewer than "
            f"churn.min_rows_per_class ({settings.min_rows_per_class}): churn probabilities come from the BG/NBD"
        )
    progress(f"training the churn classifier on {len(snapshots):,} rows")
    own_gap = settings.label == "own_gap"
    model = ChurnModel(
        horizons_days=settings.horizons_days,
        seed=config.seed,
        threads=config.engine.threads,
        monotone=settings.monotone,
        own_gap=own_gap,
        tuning_trials=settings.tuning_trials,
    )
    known = (*features, OWN_HORIZON) if own_gap else tuple(features)
    return model.fit(snapshots, features=known, categories=categories), ""


def _engagement_reference(
    engine: Engine, tables: Tables, cutoff: dt.date, config: Config
) -> EngagementReference | None:
    if tables.events is None:
        return None
    some = judged_sample(engine, tables, cutoff).tables
    return EngagementReference.fit(population_at(engine, some, cutoff, config.churn))


def _prospect_rates(snapshots: pd.DataFrame, horizons_days: Sequence[int]) -> dict[int, float]:
    """Share of those who had not bought by a past cutoff and did not buy in the horizon after it."""
    if snapshots.empty or snapshots["frequency"].notna().all():
        return {}
    waiting = snapshots[snapshots["frequency"].isna()]
    return {horizon: float(waiting[f"churned_{horizon}"].mean()) for horizon in horizons_days}
