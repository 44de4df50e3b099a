"""Scores of everybody and the list made of them, in memory."""

from __future__ import annotations

import datetime as dt
import functools

import pandas as pd

from clv_ml.config import Config
from clv_ml.decisions.deciding import decide
from clv_ml.decisions.risk import ListContext, risk_list
from clv_ml.language import words
from clv_ml.models.bundle import Bundle
from clv_ml.models.scoring import contributions, score_customers, unseen_categories
from clv_ml.models.training_rows import Progress, population_at
from clv_ml.pipeline.earlier import judge
from clv_ml.pipeline.knowledge import Knowledge
from clv_ml.pipeline.prepared import Prepared
from clv_ml.pipeline.stories import stories
from clv_ml.reports.score_results import PAGE_ROWS, Scored


def make_list(
    prepared: Prepared,
    bundle: Bundle,
    config: Config,
    day: dt.date,
    *,
    known: Knowledge,
    run_id: str,
    input_print: str,
    progress: Progress,
) -> Scored:
    """Score everybody known at a day, decide whom to contact, and list them.

    Raises
    ------
    DataError
        If the data cannot be scored with this model.
    """
    progress(f"scoring customers as of {day}")
    models = bundle.models
    customers = population_at(prepared.engine, prepared.tables, day, config.churn)
    horizons = config.churn.horizons_days if models.churn is None else models.churn.horizons_days
    scores = score_customers(models, customers, horizons_days=horizons, value=config.value)
    context = list_context(config, bundle, day, run_id=run_id, main_horizon_days=horizons[-1])
    progress(f"deciding whom of {len(scores):,} customers to contact")
    decisions = decide(
        customers,
        scores,
        config=config.risk,
        main_score=context.main_score,
        as_of=day,
        details=known.details,
        secret=known.secret,
    )
    listed = risk_list(
        customers,
        scores,
        decisions,
        config=config.risk,
        context=context,
        explain=functools.partial(contributions, models),
        previous=known.previous_list(context.main_score),
        language=words(config.output.language),
    )
    progress(f"listing {len(listed.table):,} customers, {decisions.chosen.chosen_n:,} to contact")
    shown = pd.Index(listed.table["customer_id"].head(PAGE_ROWS))
    return Scored(
        config=config,
        bundle=bundle,
        context=context,
        customers=customers,
        scores=scores,
        listed=listed,
        stories=stories(prepared, models, customers, shown, as_of=day, value=config.value, seed=config.seed),
        quality=prepared.checked.quality(),
        input_fingerprint=input_print,
        notes=(
            *notes(day, prepared.last_day, bundle),
            *unseen_categories(models, customers, config.churn.alarms),
        ),
        last_list=None if known.judged is None else judge(prepared, *known.judged),
        previous_as_of="" if known.previous is None else known.previous.as_of.isoformat(),
        personal=known.personal,
    )


def list_context(config: Config, bundle: Bundle, day: dt.date, *, run_id: str, main_horizon_days: int) -> ListContext:
    """Return what all rows of a list have in common."""
    return ListContext(
        refresh_id=run_id,
        as_of=day,
        model_version=f"{bundle.facts['name']}-{bundle.version}",
        currency=config.currency,
        clv_horizon_days=config.value.horizon_days,
        main_horizon_days=main_horizon_days,
        margin=config.value.margin,
        annual_discount_rate=config.value.annual_discount_rate,
        cost_per_order=config.value.cost_per_order,
        own_gap=config.churn.label == "own_gap",
    )


def notes(day: dt.date, last_day: dt.date, bundle: Bundle) -> list[str]:
    """Say what a reader of the list should know of its making."""
    told = []
    if day > last_day:
        told.append(
            f"the data end on {last_day}, {(day - last_day).days} days before {day}: every customer seems silent"
        )
    if day < bundle.models.cutoff:
        told.append(f"the model has learnt from data up to {bundle.models.cutoff}, after {day}: not for judging it")
    if bundle.models.churn is None:
        told.append(bundle.models.churn_note)
    return told
