"""Scores of everybody and the list made of them, on disk: no step holds all customers with all they are known by."""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path

import pandas as pd

from clv_ml.config import Config
from clv_ml.decisions.deciding import Decisions, decide, needed_features
from clv_ml.decisions.list_file import ListFile
from clv_ml.decisions.risk import ListContext, RiskList, describe_rows, listed_rows
from clv_ml.engine.stored import Stored, StoredWriter, in_batches
from clv_ml.language import languages, words
from clv_ml.models.bundle import Bundle
from clv_ml.models.fitting import FittedModels
from clv_ml.models.scoring import contributions, unseen_categories
from clv_ml.models.stored_scores import score_stored
from clv_ml.models.training_rows import Progress, described_at, nobody_bought
from clv_ml.pipeline.earlier import judge
from clv_ml.pipeline.knowledge import Knowledge
from clv_ml.pipeline.prepared import Prepared
from clv_ml.pipeline.stories import stories
from clv_ml.reports.score_results import PAGE_ROWS, Scored
from clv_ml.stages import tell


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
    models, folder = bundle.models, prepared.spill
    progress(f"describing customers as of {day}")
    customers = describe(prepared, config, day)
    tell(progress, customers=len(customers), stage_rows=len(customers))
    progress(f"scoring {len(customers):,} customers")
    tell(progress, stage_rows=len(customers))
    unseen = unseen_categories(models, customers, config.churn.alarms)
    horizons = config.churn.horizons_days if models.churn is None else models.churn.horizons_days
    scores = score_stored(models, customers, folder / "scores.parquet", horizons_days=horizons, value=config.value)
    context = list_context(config, bundle, day, run_id=run_id, main_horizon_days=horizons[-1])
    progress(f"deciding whom of {len(scores):,} customers to contact")
    tell(progress, stage_rows=len(scores))
    decisions = decide(
        customers.read(needed_features(config.risk)),
        scores.read([context.main_score, "expected_clv", "value_if_retained"]),
        config=config.risk,
        main_score=context.main_score,
        as_of=day,
        details=known.details,
        secret=known.secret,
    )
    progress("listing customers")
    rows = listed_rows(decisions, config.risk)
    tell(progress, stage_rows=len(rows))
    listed = write_list(
        folder / "risk_list.parquet",
        models,
        customers,
        scores,
        decisions,
        rows,
        config=config,
        context=context,
        previous=known.previous_list(context.main_score),
    )
    shown = customers.at(rows["place"].to_numpy()[:PAGE_ROWS])
    return Scored(
        config=config,
        bundle=bundle,
        context=context,
        customers=customers,
        scores=scores,
        listed=listed,
        stories=stories(prepared, models, shown, as_of=day, value=config.value, seed=config.seed),
        quality=prepared.checked.quality(),
        input_fingerprint=input_print,
        notes=(*notes(day, prepared.last_day, bundle), *unseen),
        last_list=None if known.judged is None else judge(prepared, *known.judged),
        previous_as_of="" if known.previous is None else known.previous.as_of.isoformat(),
        personal=known.personal,
    )


def describe(prepared: Prepared, config: Config, day: dt.date) -> Stored:
    """Write the features of everybody known at a day to a file, by customer_id.

    Raises
    ------
    ConfigError
        If nobody had bought by then.
    """
    path = prepared.spill / "customers.parquet"
    if config.churn.label == "own_gap":
        described = described_at(prepared.engine, prepared.tables, day, config.churn)
        prepared.engine.write_parquet(described.orderBy("customer_id"), path)
    else:
        prepared.describe(day, path)
    customers = Stored(path)
    if not customers["frequency"].notna().any():
        raise nobody_bought(prepared.engine, prepared.tables, day)
    return customers


def write_list(
    path: Path,
    models: FittedModels,
    customers: Stored,
    scores: Stored,
    decisions: Decisions,
    rows: pd.DataFrame,
    *,
    config: Config,
    context: ListContext,
    previous: pd.DataFrame | None,
) -> ListFile:
    """Write the rows of a list batch after batch; what the page says in other languages is kept beside it."""
    language = words(config.output.language)
    texts: dict[str, list[pd.DataFrame]] = {code: [] for code in languages()}
    with StoredWriter(path) as writer:
        for part in in_batches(rows):
            batch = rows.iloc[part]
            places = batch["place"].to_numpy()
            table, told = describe_rows(
                batch,
                customers.at(places),
                scores.at(places),
                config=config.risk,
                context=context,
                explain=functools.partial(contributions, models),
                previous=previous,
                language=language,
            )
            writer.write(table)
            written = RiskList(table, decisions, told)
            for code, parts in texts.items():
                parts.append(written.texts(words(code), rows=max(PAGE_ROWS - part.start, 0)))
    return ListFile(path, decisions, {code: pd.concat(parts) for code, parts in texts.items()})


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
