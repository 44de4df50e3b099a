"""What a classifier learns from: everybody known at past cutoffs, and what they did in the horizons after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import pandas as pd

from clv_ml.config import ChurnConfig
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.errors import ConfigError, NotConvergedError
from clv_ml.models.folds import past_cutoffs
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.sampled_rows import sample
from clv_ml.snapshot.labels import outcomes, own_gap_horizons
from clv_ml.snapshot.population import population
from clv_ml.snapshot.tables import Tables, starts
from clv_ml.snapshot.window import Window

Progress = Callable[[str], None]

MODEL_FEATURES = ("model_p_alive", "model_p_no_purchase", "model_expected_purchases")
OWN_HORIZON = "own_horizon_days"


def customers_at(engine: Engine, totals: DataFrame, cutoff: dt.date) -> pd.DataFrame:
    """Summarise every buyer known at a cutoff: RFM and purchase features, indexed by customer_id in its order.

    Raises
    ------
    ConfigError
        If nobody had bought by then.
    """
    frame = engine.to_pandas(population(engine, Tables(totals), cutoff).orderBy("customer_id"))
    if frame.empty:
        raise nobody_bought(engine, Tables(totals), cutoff)
    return frame.set_index("customer_id")


def population_at(engine: Engine, tables: Tables, cutoff: dt.date, churn: ChurnConfig) -> pd.DataFrame:
    """Describe everybody known at a cutoff, indexed by customer_id in its order; see :func:`described_at`.

    Raises
    ------
    ConfigError
        If nobody had bought by then.
    """
    described = described_at(engine, tables, cutoff, churn)
    frame = engine.to_pandas(described.orderBy("customer_id")).set_index("customer_id")
    if not frame["frequency"].notna().any():
        raise nobody_bought(engine, tables, cutoff)
    return frame


def described_at(engine: Engine, tables: Tables, cutoff: dt.date, churn: ChurnConfig) -> DataFrame:
    """Describe everybody known at a cutoff in the engine; see :func:`population`.

    With `label: own_gap` there is also own_horizon_days.
    """
    described = population(engine, tables, cutoff)
    if churn.label != "own_gap":
        return described
    horizons = engine.planned(
        ("own horizons", churn.own_gap_quantile, churn.main_horizon_days, *tables.settings),
        tables.frames,
        cutoff,
        lambda frames, day: _own_horizons(tables.with_frames(frames), day, churn),
    )
    # by name: a joined frame tells T as t
    return described.join(horizons, on="customer_id", how="left").select(*tables.columns, OWN_HORIZON)


def nobody_bought(engine: Engine, tables: Tables, cutoff: dt.date) -> ConfigError:
    """Build the error for a cutoff before the first purchase; it says when that was."""
    f = functions()
    first = engine.to_pandas(tables.totals.filter(f.col("is_purchase")).agg(f.min("day").alias("day")))["day"].iloc[0]
    return ConfigError(f"cutoff {cutoff} is before the first purchase in the data ({first:%Y-%m-%d})")


def outcomes_at(engine: Engine, totals: DataFrame, cutoff: dt.date, horizons_days: tuple[int, ...]) -> pd.DataFrame:
    """Count what each buyer known at a cutoff did in each horizon after it; indexed by customer_id in its order."""
    longest = Window(cutoff, max(horizons_days))
    known = longest.history(totals).select("customer_id").distinct()
    frame = engine.to_pandas(outcomes(longest.future(totals), known, cutoff, horizons_days).orderBy("customer_id"))
    return frame.set_index("customer_id")


def population_outcomes(engine: Engine, tables: Tables, cutoff: dt.date, churn: ChurnConfig) -> pd.DataFrame:
    """Count what everybody of :func:`population_at` did after the cutoff; see :func:`outcomes`."""
    key = ("outcomes", churn.horizons_days, churn.label, churn.own_gap_quantile, *tables.settings)

    def build(frames: Mapping[str, DataFrame], day: dt.date) -> DataFrame:
        same = tables.with_frames(frames)
        future = Window(day, churn.main_horizon_days).future(same.totals)
        own = _own_horizons(same, day, churn) if churn.label == "own_gap" else None
        return outcomes(future, _known(same, day), day, churn.horizons_days, own_horizons=own)

    counted = engine.planned(key, tables.frames, cutoff, build)
    return engine.to_pandas(counted.orderBy("customer_id")).set_index("customer_id")


def with_model_features(customers: pd.DataFrame, purchases: PurchaseModel, horizon_days: int) -> pd.DataFrame:
    """Add what the purchase model says of each buyer as features of the classifier; NaN for who has not bought."""
    bought = buyers(customers)
    figures = pd.DataFrame(
        {
            "model_p_alive": purchases.probability_alive(bought),
            "model_p_no_purchase": purchases.probability_no_purchase(bought, horizon_days=horizon_days),
            "model_expected_purchases": purchases.expected_purchases(bought, horizon_days=horizon_days),
        }
    )
    return customers.join(figures)


def buyers(customers: pd.DataFrame) -> pd.DataFrame:
    """Return those who have bought at least once."""
    bought = customers["frequency"].notna()
    return customers if bought.all() else customers[bought]


def training_snapshots(
    engine: Engine,
    tables: Tables,
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
        at that same past cutoff), purchases_H, spend_H, churned_H. Of some customers only where there would be more
        than `config.max_training_rows`; ``attrs["sampled"]`` says so in words, empty where all are there.
    """
    days = past_cutoffs(
        cutoff,
        first_day,
        horizon_days=config.main_horizon_days,
        every_days=config.snapshot_every_days,
        at_most=config.max_snapshots,
    )
    sampled = sample(engine, tables, days, most_rows=config.max_training_rows)
    tables = sampled.tables
    if sampled.words():
        progress(f"{cutoff}: {sampled.words()}")
    parts = []
    for position, day in enumerate(days, start=1):
        progress(f"{cutoff}: looking back from {day} ({position} of {len(days)})")
        customers = population_at(engine, tables, day, config)
        try:
            purchases = purchase_model().fit(buyers(customers))
            featured = with_model_features(customers, purchases, config.main_horizon_days)
        except NotConvergedError:
            # a young snapshot can be too flat for the purchase model; the trees then see these features as missing
            featured = customers.assign(**dict.fromkeys(MODEL_FEATURES, float("nan")))
        happened = population_outcomes(engine, tables, day, config)
        parts.append(featured.join(happened).reset_index().assign(cutoff=day))
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    rows.attrs["sampled"] = sampled.words()
    return rows


def _known(tables: Tables, cutoff: dt.date) -> DataFrame:
    if not tables.purchases_only:
        return starts(tables, cutoff)
    return Window(cutoff, 1).history(tables.totals).select("customer_id").distinct()


def _own_horizons(tables: Tables, cutoff: dt.date, churn: ChurnConfig) -> DataFrame:
    return own_gap_horizons(
        Window(cutoff, 1).history(tables.totals),
        _known(tables, cutoff),
        quantile=churn.own_gap_quantile,
        longest_days=churn.main_horizon_days,
    )
