"""The whole method tried in the past: fit on what was known at a cutoff, judge on what came after."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clv_ml.config import Config
from clv_ml.decisions.deciding import decide
from clv_ml.engine import Engine
from clv_ml.evaluation.accuracy import accuracy_by_cohort, accuracy_table, customer_groups, gain_table
from clv_ml.evaluation.cohorts import cohort_comparison, cohort_metrics
from clv_ml.evaluation.metrics import value_at
from clv_ml.evaluation.rivals import Rivals, fit_rivals, main_label, main_score, rival_probabilities
from clv_ml.models.fitting import FittedModels, fit_with_rows
from clv_ml.models.sampled_rows import Sample
from clv_ml.models.scoring import score_customers
from clv_ml.models.training_rows import Progress, buyers, population_at, population_outcomes
from clv_ml.snapshot.labels import require_mature
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.treatment import judged
from clv_ml.snapshot.window import Window

TOP_SHARE = 0.10


@dataclass(frozen=True)
class Backtest:
    """What one past cutoff taught.

    Attributes
    ----------
    accuracy
        One row a group of customers and score: group, score, n, prevalence, and auc, pr_auc, brier, ece, lift_at_10,
        value_at_10 (value: spend in the 180 days before the cutoff), empc, each with its 95 % interval.
    gains
        What the classifier gains over each other score, paired: group, over, metric, gain and its interval.
    by_cohort
        accuracy per month of the first purchase (or start), without intervals.
    rankings
        ranked_by, value_at_10: share of the churners' value inside the top 10 % of the list, all customers.
    cohorts
        Forecast and actual per monthly acquisition cohort and horizon.
    probabilities, churned
        Of all customers at the main horizon: each score's P(churn), and 0 or 1.
    sampled
        In words, which customers it was judged on; empty where on all of them.
    """

    cutoff: dt.date
    horizon_days: int
    accuracy: pd.DataFrame
    gains: pd.DataFrame
    by_cohort: pd.DataFrame
    rankings: pd.DataFrame
    cohorts: pd.DataFrame
    probabilities: pd.DataFrame
    churned: pd.Series[float]
    models: FittedModels
    sampled: str = ""

    def main_cohorts(self) -> pd.DataFrame:
        """Cohort comparison at the main horizon."""
        return self.cohorts[self.cohorts["horizon_days"] == self.horizon_days].reset_index(drop=True)

    def metrics(self) -> dict[str, float]:
        """Return the figures by name: all groups and scores, rankings, cohorts at the main horizon."""
        figures = {
            f"{row['group']}_{row['score']}_{name}": row[name]
            for row in self.accuracy.to_dict("records")
            for name in self.accuracy.columns.drop(["group", "score"])
            if not name.endswith(("_low", "_high"))  # the intervals are in the table
        }
        figures |= {f"value_at_10_by_{row.ranked_by}": row.value_at_10 for row in self.rankings.itertuples()}
        figures |= {f"cohort_{name}": value for name, value in cohort_metrics(self.main_cohorts()).items()}
        return {name: float(value) for name, value in figures.items() if np.isfinite(value)}


def backtest_cutoffs(config: Config, last_day: dt.date) -> tuple[dt.date, ...]:
    """List the cutoffs to judge from, oldest first: those of the config, or the latest that can be judged.

    Raises
    ------
    DataError
        If the future of a cutoff in the config is not complete by `last_day`.
    """
    horizon = config.churn.main_horizon_days
    for cutoff in config.backtest.cutoffs or ():
        require_mature(Window(cutoff, horizon), last_day)
    return tuple(sorted(set(config.backtest.cutoffs or ()))) or _latest(config, last_day)


def earlier_cutoffs(config: Config, cutoff: dt.date) -> tuple[dt.date, ...]:
    """List the cutoffs a training may be judged from: those of :func:`backtest_cutoffs` that are over by `cutoff`."""
    horizon = config.churn.main_horizon_days
    over = [day for day in config.backtest.cutoffs or () if Window(day, horizon).end <= cutoff]
    return tuple(sorted(set(over))) or _latest(config, cutoff)


def _latest(config: Config, last_day: dt.date) -> tuple[dt.date, ...]:
    horizon = config.churn.main_horizon_days
    return tuple(last_day - dt.timedelta(days=horizon * step) for step in range(config.backtest.periods, 0, -1))


def backtest(
    engine: Engine,
    tables: Tables,
    cutoff: dt.date,
    config: Config,
    *,
    judged_by: Sample | None = None,
    progress: Progress,
) -> Backtest:
    """Fit at a past cutoff and compare with what happened.

    Parameters
    ----------
    judged_by
        The customers to compare with; all of `tables` where None.

    Raises
    ------
    ConfigError
        If nobody had bought by the cutoff.
    NotConvergedError
        If a model cannot be fitted there.
    """
    models, rows = fit_with_rows(engine, tables, cutoff, config, progress=progress)
    rivals = fit_rivals(rows, config, tables, progress=progress)
    by = judged_by or Sample(tables, 1.0)
    return judge(engine, by.tables, models, rivals, config, sampled=by.words(), progress=progress)


def judge(
    engine: Engine,
    tables: Tables,
    models: FittedModels,
    rivals: Rivals,
    config: Config,
    *,
    sampled: str = "",
    progress: Progress,
) -> Backtest:
    """Compare what models say at their cutoff with what happened after it to customers whom nobody contacted.

    Parameters
    ----------
    sampled
        Which customers are in `tables`, in words; empty where all are.
    """
    cutoff = models.cutoff
    progress(f"{cutoff}: comparing with what happened")
    customers = population_at(engine, tables, cutoff, config.churn)
    scores = score_customers(models, customers, horizons_days=config.churn.horizons_days, value=config.value)
    happened = population_outcomes(engine, tables, cutoff, config.churn)
    probabilities = rival_probabilities(rivals, models, customers, scores, config)
    ids = None
    if tables.treatment is not None:
        alone = judged(customers.index, tables.treatment, cutoff, config.churn.main_horizon_days)
        if alone.left_out:
            progress(f"{cutoff}: {alone.left_out:,} customers are not judged: contacted within the outcome window")
        customers, scores, happened, probabilities = map(alone.take, (customers, scores, happened, probabilities))
        ids = pd.Series(alone.ids, index=alone.names)
    churned = happened[main_label(config)].astype(float)
    value = customers["spend_last_180d"].fillna(0.0).clip(lower=0.0)
    groups = customer_groups(customers, scores, eligible_days=config.risk.eligible_days, top_share=TOP_SHARE)
    bought = buyers(customers)
    cohorts = [
        cohort_comparison(models, bought, scores.loc[bought.index, f"p_churn_{h}d"], happened.loc[bought.index], h)
        for h in config.churn.horizons_days
    ]
    return Backtest(
        cutoff=cutoff,
        horizon_days=config.churn.main_horizon_days,
        accuracy=accuracy_table(probabilities, churned, value, groups, seed=config.seed, ids=ids),
        gains=gain_table(probabilities, churned, groups, seed=config.seed, ids=ids),
        by_cohort=accuracy_by_cohort(probabilities, churned, value, customers),
        rankings=_rankings(
            bought, scores.loc[bought.index], churned[bought.index], value[bought.index], cutoff, config
        ),
        cohorts=pd.concat(cohorts, ignore_index=True),
        probabilities=probabilities,
        churned=churned,
        models=models,
        sampled=sampled,
    )


def _rankings(
    customers: pd.DataFrame,
    scores: pd.DataFrame,
    churned: pd.Series[float],
    value: pd.Series[float],
    cutoff: dt.date,
    config: Config,
) -> pd.DataFrame:
    main = main_score(config)
    decided = decide(customers, scores, config=config.risk, main_score=main, as_of=cutoff).table
    profit = decided["expected_net_profit"]
    orders = {
        "p_churn": scores[main],
        "expected_clv": scores["expected_clv"],
        "value_if_retained": scores["value_if_retained"],
        "value_at_risk": decided["value_at_risk"],
        "risk_list": profit.where(decided["exclusion_reason"] == "", profit.min() - 1),  # the excluded come last,
    }
    rows = [
        {"ranked_by": name, "value_at_10": value_at(churned, by, value, k=TOP_SHARE)} for name, by in orders.items()
    ]
    return pd.DataFrame(rows)
