"""Scores and the list of customers whose table lies on a cluster, and stays there."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clv_ml.config import Config
from clv_ml.decisions import cluster_work as on_workers
from clv_ml.decisions.cluster_choice import ClusterChoice, choose_on_cluster
from clv_ml.decisions.cluster_columns import (
    CUSTOMER,
    DECIDED,
    DETAIL,
    EARLIER,
    KNOWN,
    SCORED,
    columns_of,
    kinds_of,
    mapped,
    with_role,
)
from clv_ml.decisions.cluster_work import EARNED, ORDER_PROFIT, ORDER_STATUS, WORKED, Work
from clv_ml.decisions.deciding import needed_features
from clv_ml.decisions.list_file import DECIDED as PUBLISHED
from clv_ml.decisions.ordering import PLACE, Ordered, in_order
from clv_ml.decisions.standing import standing_among
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.models.bundle import Bundle
from clv_ml.models.shipment import Shipment
from clv_ml.pipeline.listing import list_context
from clv_ml.reports.score_results import FACTS
from clv_ml.stages import Progress

_CHOOSING = ("expected_net_profit", "expected_saves", "expected_cost", "exclusion_reason", "is_control")


@dataclass(frozen=True)
class ClusterScores:
    """Scores and the list, as frames of the cluster.

    Attributes
    ----------
    scores
        One row a customer: what ``scores.parquet`` holds. Computed when it is written or counted, each time.
    listed
        The list, in its order: what ``risk_list.parquet`` holds, in the same columns. Computed each time, too.
    choice
        Whom to contact: the capacity curve, and how many.
    customers, rows
        How many were scored, and how many are listed.
    scored
        Features and scores of everybody, each under its role; on disk.
    ordered
        The rows of the list as they are before they are put into words.
    work
        What the workers know.
    compared
        Whether there is a list before this one.
    """

    scores: DataFrame
    listed: DataFrame
    choice: ClusterChoice
    customers: int
    rows: int
    scored: DataFrame
    ordered: Ordered
    work: Work
    compared: bool

    def first_rows(self, engine: Engine, rows: int) -> pa.Table:
        """Collect the first rows of the list before they are put into words, in order."""
        return engine.to_arrow(self.ordered.rows.filter(functions().col(PLACE) <= rows)).sort_by(PLACE)


def score_frames(
    engine: Engine,
    customers: DataFrame,
    bundle: Bundle,
    *,
    config: Config,
    as_of: dt.date,
    run_id: str = "",
    details: DataFrame | None = None,
    previous: DataFrame | None = None,
    secret: str = "",
    progress: Progress = lambda message: None,
) -> ClusterScores:
    """Score customers on a cluster, decide whom to contact, and list them as one machine does.

    The table of customers is never collected. What comes to the driver is: the two borders of the value tiers, at most
    1,001 steps of the risk percentile, a row for each partition of a sort, the points of the capacity curve (some
    3,000), and the last customer there is room for and the last that the list tells of.

    Parameters
    ----------
    engine
        A :class:`clv_ml.engine.SparkEngine`, entered.
    customers
        Features at `as_of` (:func:`clv_ml.models.training_rows.described_at`), a row a customer.
    details
        customer_id and any of consent, refused (boolean) and last_contacted_at, a row a customer.
    previous
        The list before this one: customer_id, rank and the probability that ranks.
    secret
        Key of the control draw.
    """
    work = work_of(bundle, config, as_of, run_id=run_id, secret=secret)
    main = work.context.main_score
    progress("scoring customers")
    scored = scored_frame(engine, customers, work, details=details)
    progress("deciding whom to contact")
    standing = standing_among(
        engine,
        scored.select(*_plain(SCORED, [main, "expected_clv"])),
        main_score=main,
        high_value_share=config.risk.high_value_share,
    )
    decisive = _decisive(scored, work)
    kinds = {CUSTOMER: "string", **kinds_of(work.assessed(_empty(engine, decisive), standing)[list(_CHOOSING)])}
    assess = functools.partial(on_workers.assessed, work=work, standing=standing, kinds=kinds)
    choice = choose_on_cluster(engine, mapped(decisive, assess, kinds), config=config.risk)
    progress("listing customers")
    decided = kinds_of(with_role(DECIDED, work.decided(_empty(engine, decisive), standing, choice)))
    keep = functools.partial(on_workers.listed, work=work, standing=standing, choice=choice)
    rows = mapped(scored, keep, {**dict(scored.dtypes), **decided, **on_workers.ORDER_KINDS})
    key = [ORDER_STATUS, ORDER_PROFIT, CUSTOMER]
    ordered = in_order(engine, _compared(rows, previous, main), key, sums=[EARNED, WORKED])
    published = _decisive(scored, work, *(f"{KNOWN}{name}" for name in FACTS), all_scores=True)
    decide = functools.partial(on_workers.decided, work=work, standing=standing, choice=choice)
    return ClusterScores(
        scores=_published(mapped(published, decide, {**dict(published.dtypes), **decided}), config),
        listed=_described(engine, ordered, work, compared=previous is not None),
        choice=choice,
        customers=standing.customers,
        rows=int(ordered.totals[PLACE]),
        scored=scored,
        ordered=ordered,
        work=work,
        compared=previous is not None,
    )


def work_of(bundle: Bundle, config: Config, as_of: dt.date, *, run_id: str = "", secret: str = "") -> Work:
    """Gather what the workers need to know beside their rows."""
    churn = bundle.models.churn
    horizons = tuple(config.churn.horizons_days if churn is None else churn.horizons_days)
    context = list_context(config, bundle, as_of, run_id=run_id, main_horizon_days=horizons[-1])
    return Work(Shipment.of(bundle), horizons, config.value, config.risk, context, secret, config.output.language)


def scored_frame(engine: Engine, customers: DataFrame, work: Work, *, details: DataFrame | None = None) -> DataFrame:
    """Score customers and put contact details beside, each column under its role; materialised."""
    return engine.materialise(_scored(engine, _joined(customers, details), work))


def _decisive(scored: DataFrame, work: Work, *more: str, all_scores: bool = False) -> DataFrame:
    """Leave the columns that a decision looks at, and some more: workers are sent nothing that they do not need."""
    wanted = {f"{KNOWN}{name}" for name in needed_features(work.risk)} | set(more)
    wanted |= {f"{SCORED}{name}" for name in (work.context.main_score, "expected_clv", "value_if_retained")}
    roles = (DETAIL, SCORED) if all_scores else (DETAIL,)
    return scored.select(CUSTOMER, *(name for name in _others(scored) if name in wanted or name.startswith(roles)))


def _empty(engine: Engine, frame: DataFrame) -> pa.Table:
    return engine.to_arrow(frame.limit(0))


def _joined(customers: DataFrame, details: DataFrame | None) -> DataFrame:
    """Put contact details beside features, each under its role."""
    f = functions()
    known = customers.select(CUSTOMER, *(f.col(name).alias(f"{KNOWN}{name}") for name in _others(customers)))
    if details is None:
        return known
    told = details.select(CUSTOMER, *(f.col(name).alias(f"{DETAIL}{name}") for name in _others(details)))
    return known.join(told, on=CUSTOMER, how="left")


def _scored(engine: Engine, customers: DataFrame, work: Work) -> DataFrame:
    kinds = kinds_of(with_role(SCORED, work.scores(columns_of(_empty(engine, customers), KNOWN))))
    score = functools.partial(on_workers.scored, work=work)
    return mapped(customers, score, {**dict(customers.dtypes), **kinds})


def _compared(rows: DataFrame, previous: DataFrame | None, main_score: str) -> DataFrame:
    """Put the list before beside the rows of this one."""
    if previous is None:
        return rows
    f = functions()
    names = [name for name in ("rank", main_score) if name in previous.columns]
    before = previous.dropDuplicates([CUSTOMER])
    before = before.select(CUSTOMER, *(f.col(name).alias(f"{EARLIER}{name}") for name in names))
    return rows.join(before, on=CUSTOMER, how="left")


def _described(engine: Engine, ordered: Ordered, work: Work, *, compared: bool) -> DataFrame:
    """Put the rows of the list into words, in order."""
    explained = on_workers.explained_up_to(int(ordered.totals[WORKED]))
    nobody = on_workers.list_rows(_empty(engine, ordered.rows), work, explained=explained, compared=compared)
    kinds = on_workers.list_kinds(nobody)
    tell = functools.partial(on_workers.described, work=work, explained=explained, compared=compared, kinds=kinds)
    # the workers are sent the rows in order, and what they tell stays in it
    return mapped(ordered.rows.repartitionByRange(PLACE).sortWithinPartitions(PLACE), tell, kinds)


def _published(everybody: DataFrame, config: Config) -> DataFrame:
    """Name the columns of the scores as they are published."""
    f = functions()
    scores = [name.removeprefix(SCORED) for name in everybody.columns if name.startswith(SCORED)]
    worth: dict[str, Any] = {
        "currency": config.currency,
        "clv_horizon_days": config.value.horizon_days,
        "margin": config.value.margin,
        "cost_per_order": config.value.cost_per_order,
        "annual_discount_rate": config.value.annual_discount_rate,
    }
    return everybody.select(
        CUSTOMER,
        *_plain(KNOWN, FACTS),
        *_plain(SCORED, scores),
        *_plain(DECIDED, PUBLISHED),
        *(f.lit(value).alias(name) for name, value in worth.items()),
    )


def _plain(role: str, names: Any) -> list[Any]:
    f = functions()
    return [f.col(f"{role}{name}").alias(name) for name in names]


def _others(frame: DataFrame) -> list[str]:
    return [name for name in frame.columns if name != CUSTOMER]
