"""Page, workbook and log of a list made on a cluster: the functions of one machine, on its first rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from clv_ml.config import Config
from clv_ml.decisions.cluster_columns import KNOWN, SCORED, columns_of
from clv_ml.decisions.cluster_work import WORKED, explained_up_to, told_rows
from clv_ml.decisions.deciding import Decisions
from clv_ml.decisions.list_file import ListFile
from clv_ml.decisions.risk import RiskList
from clv_ml.decisions.targeting import Chosen
from clv_ml.engine import DataFrame, Engine, functions
from clv_ml.engine.stored import store
from clv_ml.evaluation.last_list import LastList
from clv_ml.evaluation.months import month_of
from clv_ml.language import languages, words
from clv_ml.models import sampled_rows
from clv_ml.models.bundle import Bundle
from clv_ml.models.engagement_score import engagement_of_counts
from clv_ml.pipeline.cluster_list import ClusterScores
from clv_ml.pipeline.drift import stability_of
from clv_ml.pipeline.prepared import Prepared
from clv_ml.pipeline.stories import stories
from clv_ml.reports.score_results import PAGE_ROWS, Scored

MOST_COLLECTED = 100_000
"""Rows of the list that are collected: for CSV, page and workbook; Parquet holds all of them."""


@dataclass(frozen=True)
class ClusterScored(Scored):
    """A scoring whose customers stay on the cluster.

    Attributes
    ----------
    customers, scores
        Of the customers the page shows.
    listed
        The first :data:`MOST_COLLECTED` rows of the list.
    everybody, rows
        How many customers were scored, and how many rows the whole list has.
    excluded
        Customers by the reason they were left out for.
    """

    everybody: int = 0
    rows: int = 0
    excluded: dict[str, int] = field(default_factory=dict)

    @property
    def customers_scored(self) -> int:
        """How many customers have a score."""
        return self.everybody

    @property
    def customers_listed(self) -> int:
        """How many rows the list has."""
        return self.rows

    @property
    def exclusions(self) -> dict[str, int]:
        """How many customers were left out, by reason."""
        return self.excluded


def cluster_scored(
    prepared: Prepared,
    bundle: Bundle,
    config: Config,
    made: ClusterScores,
    listed: pa.Table,
    *,
    excluded: dict[str, int],
    input_print: str,
    notes: list[str],
    previous_as_of: str,
    last_list: LastList | None,
) -> ClusterScored:
    """Gather what page, workbook, health and log need.

    Parameters
    ----------
    listed
        The first :data:`MOST_COLLECTED` rows of the list, in order.
    """
    first = made.first_rows(prepared.engine, PAGE_ROWS)
    table, told = told_rows(
        first, made.work, explained=explained_up_to(int(made.ordered.totals[WORKED])), compared=made.compared
    )
    shown = columns_of(first, KNOWN)
    chosen = Chosen(pd.Series(dtype="str"), made.choice.curve, made.choice.best_n, made.choice.chosen_n)
    decisions = Decisions(pd.DataFrame(), chosen)
    written = RiskList(table, decisions, told)
    texts = {code: written.texts(words(code), rows=PAGE_ROWS) for code in languages()}
    path = prepared.spill / "risk_list.parquet"
    pq.write_table(listed, path)
    return ClusterScored(
        config=config,
        bundle=bundle,
        context=made.work.context,
        customers=store(prepared.spill / "shown.parquet", shown),
        scores=store(prepared.spill / "shown_scores.parquet", columns_of(first, SCORED)),
        listed=ListFile(path, decisions, texts),
        stories=stories(prepared, bundle.models, shown, as_of=made.work.as_of, value=config.value, seed=config.seed),
        quality=prepared.checked.quality(),
        input_fingerprint=input_print,
        notes=(*notes, *_cut(made.rows)),
        previous_as_of=previous_as_of,
        last_list=last_list,
        everybody=made.customers,
        rows=made.rows,
        excluded=excluded,
    )


def stability_on_cluster(engine: Engine, made: ClusterScores, bundle: Bundle, config: Config) -> pd.DataFrame:
    """Compare the customers with those of the training; of many, :data:`clv_ml.models.sampled_rows.MOST_JUDGED`."""
    table = engine.to_arrow(sampled_rows.some_of(made.scored, made.customers))
    return stability_of(bundle, columns_of(table, KNOWN), columns_of(table, SCORED), config)


def engagement_on_cluster(engine: Engine, made: ClusterScores) -> pd.DataFrame | None:
    """Sum engagement scores up by the month of the start; None where the data hold no events.

    What is collected is a row for each month and score that there is: scores are tenths from 0 to 100.
    """
    score, start = f"{SCORED}engagement_score", f"{KNOWN}start_day"
    if score not in made.scored.columns:
        return None
    f = functions()
    months = made.scored.select(f.trunc(start, "month").alias("month"), f.col(score).alias("engagement_score"))
    counted = engine.to_pandas(months.groupBy("month", "engagement_score").agg(f.count(f.lit(1)).alias("customers")))
    cohorts = month_of(counted["month"]).astype("string").fillna("unknown").astype(object)
    return engagement_of_counts(counted.assign(cohort=cohorts).drop(columns="month"))


def first_of_list(engine: Engine, listed: DataFrame) -> pa.Table:
    """Collect the first :data:`MOST_COLLECTED` rows of a list, in order."""
    rows = engine.to_arrow(listed.filter(functions().col("rank") <= MOST_COLLECTED))
    return rows.sort_by("rank")


def count_list(engine: Engine, everybody: DataFrame, listed: DataFrame, made: ClusterScores) -> dict[str, Any]:
    """Count customers and sum money where they are, for the manifest."""
    f = functions()
    groups = engine.to_pandas(
        everybody.groupBy("action_status", "exclusion_reason", "score_source").agg(f.count(f.lit(1)).alias("n"))
    )
    excluded = groups[groups["exclusion_reason"] != ""]
    contact = f.col("action_status") == "contact"
    sums = engine.to_pandas(
        listed.agg(
            f.sum("value_at_risk").alias("value_at_risk"),
            f.sum(f.when(contact, f.col("expected_net_profit"))).alias("expected_profit"),
        )
    ).fillna(0.0)
    return {
        "score_source": sorted(groups["score_source"].unique()),
        "customers_scored": made.customers,
        "customers_listed": made.rows,
        "decisions": {str(name): int(n) for name, n in groups.groupby("action_status")["n"].sum().items()},
        "exclusions": {str(name): int(n) for name, n in excluded.groupby("exclusion_reason")["n"].sum().items()},
        "contacts": {
            "chosen": made.choice.chosen_n,
            "best": made.choice.best_n,
            "expected_profit": round(float(sums["expected_profit"].iloc[0]), 2),
        },
        "value_at_risk": round(float(sums["value_at_risk"].iloc[0]), 2),
    }


def _cut(rows: int) -> list[str]:
    if rows <= MOST_COLLECTED:
        return []
    return [f"page, workbook and CSV hold the first {MOST_COLLECTED:,} of the {rows:,} rows of the list, Parquet all"]
