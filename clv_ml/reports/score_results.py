"""What a scoring leaves on disk: tables, the list in every form, and the manifest that accounts for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config
from clv_ml.config.handover import PersonalFile
from clv_ml.decisions.list_file import ListFile
from clv_ml.decisions.risk import ListContext
from clv_ml.engine.stored import Stored, StoredWriter
from clv_ml.evaluation.last_list import LastList
from clv_ml.evaluation.months import month_of
from clv_ml.language import words
from clv_ml.models.bundle import Bundle
from clv_ml.models.engagement_score import engagement_by_cohort
from clv_ml.models.value import DISCOUNTING
from clv_ml.publishing import digest, write_csv, write_json
from clv_ml.reports.accuracy_words import GROUPS, SCORES
from clv_ml.reports.list_csv import write_list_csv
from clv_ml.reports.page import render_page
from clv_ml.reports.plots import cohort_figure, svg
from clv_ml.reports.workbook import write_workbook

CHURNED = "no purchase within the horizon"
PAGE_ROWS = 5000
# what the page tells of the accuracy; the rest is in the model card
_TOLD = ("all", "eligible", "top_clv")
_MEASURES = ("group", "score", "n", "prevalence", "auc", "brier", "ece", "lift_at_10", "value_at_10")
FACTS = ("first_day", "frequency", "recency", "T", "monetary_value", "days_since_last")
"""Features that stand beside the scores of everybody."""


@dataclass(frozen=True)
class Scored:
    """Everything a scoring found.

    Attributes
    ----------
    customers, scores
        Features and scores of everybody, on disk, in the same order.
    listed
        The list.
    stories
        Of the customers the page shows: what :func:`clv_ml.snapshot.timeline.timelines` returns, and purchases_low,
        purchases_high, clv_low, clv_high.
    quality
        What became of every row.
    notes
        What a reader of the list should know of its making.
    last_list
        How right an earlier list was, where one's time is over.
    previous_as_of
        Day of the list before; empty where there is none.
    personal
        Those of name, phone and email that the hand-over needs, indexed by customer_id.
    handover
        Rows of each file that was handed over.
    """

    config: Config
    bundle: Bundle
    context: ListContext
    customers: Stored
    scores: Stored
    listed: ListFile
    stories: pd.DataFrame
    quality: dict[str, Any]
    input_fingerprint: str
    notes: Sequence[str] = ()
    last_list: LastList | None = None
    previous_as_of: str = ""
    personal: pd.DataFrame | None = None
    handover: dict[str, Any] = field(default_factory=dict)

    @property
    def customers_scored(self) -> int:
        """How many customers have a score."""
        return len(self.scores)

    @property
    def customers_listed(self) -> int:
        """How many rows the list has."""
        return len(self.listed)

    @property
    def exclusions(self) -> dict[str, int]:
        """How many customers were left out, by reason."""
        return {name: n for name, n in _counts(self.listed.decisions.table["exclusion_reason"]).items() if name}

    @property
    def conventions(self) -> dict[str, Any]:
        """What the numbers mean."""
        value = self.config.value
        return {
            "horizon_days": self.context.main_horizon_days,
            "currency": self.config.currency,
            "clv_horizon_days": value.horizon_days,
            "margin": value.margin,
            "cost_per_order": value.cost_per_order,
            "annual_discount_rate": value.annual_discount_rate,
            "churned": CHURNED,
        }


def write_scores(folder: Path, found: Scored, *, progress: Callable[[str], None] = lambda message: None) -> None:
    """Write scores, the list as Parquet, CSV, workbook and page, the capacity curve, and the manifest."""
    progress("writing scores and the list")
    _write_everybody(folder / "scores.parquet", found)
    shutil.copyfile(found.listed.path, folder / "risk_list.parquet")
    write_list_csv(folder / "risk_list.csv", found.listed.batches(), details=_personal(found, "list_csv"))
    curve = found.listed.decisions.chosen.curve
    curve.round(4).to_csv(folder / "capacity_curve.csv", index=False, lineterminator="\n")
    if "engagement_score" in found.scores:
        months = month_of(found.customers.read(["start_day"])["start_day"])
        by_cohort = engagement_by_cohort(found.scores.read(["engagement_score"]), months)
        write_csv(folder / "engagement_by_cohort.csv", by_cohort)
    progress("writing the workbook and the page")
    write_list_views(folder, found)
    write_json(folder / "manifest.json", _manifest(found))


def write_list_views(folder: Path, found: Scored) -> None:
    """Write the list as people work through it: workbook and page."""
    language = words(found.config.output.language)
    most = found.config.handover.workbook_rows
    write_workbook(
        folder / "risk_list.xlsx",
        found.listed.head(most),
        whole=found.listed.counted,
        words=language,
        conventions=found.conventions,
        details=_personal(found, "workbook"),
        max_rows=most,
    )
    (folder / "risk_list.html").write_text(risk_page(found), encoding="utf-8", newline="\n")


def _write_everybody(path: Path, found: Scored) -> None:
    """Write facts, scores and decisions of every customer, batch after batch."""
    worth = {name: value for name, value in found.conventions.items() if name not in ("horizon_days", "churned")}
    decided = found.listed.decisions.table
    done = 0
    with StoredWriter(path) as writer:
        for facts, scores in zip(found.customers.batches(FACTS), found.scores.batches(), strict=True):
            rows = decided.iloc[done : done + len(facts)].set_axis(facts.index)
            done += len(facts)
            in_words = {str(name): rows[name].astype("str") for name in rows.select_dtypes("category")}
            writer.write(facts.join(scores).join(rows.assign(**in_words)).assign(**worth).reset_index())


def _manifest(found: Scored) -> dict[str, Any]:
    table, chosen, context = found.listed.counted, found.listed.decisions.chosen, found.context
    everybody = found.listed.decisions.table
    kinds = found.listed.head(0).dtypes
    return {
        "run_id": context.refresh_id,
        "as_of": context.as_of.isoformat(),
        "model_version": context.model_version,
        "model_cutoff": found.bundle.models.cutoff.isoformat(),
        "score_source": sorted(map(str, found.scores["score_source"].unique())),
        "notes": list(found.notes),
        "input_fingerprint": found.input_fingerprint,
        "rows": found.quality,
        "customers_scored": found.customers_scored,
        "customers_listed": found.customers_listed,
        "decisions": _counts(everybody["action_status"]),
        "exclusions": found.exclusions,
        "contacts": {"chosen": chosen.chosen_n, "best": chosen.best_n, "expected_profit": expected_profit(found)},
        "value_at_risk": round(float(table["value_at_risk"].sum()), 2),
        "previous_as_of": found.previous_as_of,
        "last_list": None if found.last_list is None else found.last_list.to_dict(),
        "handover": found.handover,
        "conventions": {**found.conventions, "discounting": DISCOUNTING},
        "schema_hash": digest({name: str(kind) for name, kind in kinds.items()}),
        "engine": "duckdb",
        "packages": found.bundle.facts["packages"],
    }


def _personal(found: Scored, file: PersonalFile) -> pd.DataFrame | None:
    """Return the personal columns that the config wants in a file; None where it wants none."""
    wanted = found.config.handover.personal_columns(file)
    if not wanted or found.personal is None:
        return None
    return found.personal[[name for name in wanted if name in found.personal]]


def expected_profit(found: Scored) -> float:
    """Return what the contacts of the list are expected to earn."""
    table = found.listed.counted
    return round(float(table.loc[table["action_status"] == "contact", "expected_net_profit"].sum()), 2)


def _counts(told: pd.Series[Any]) -> dict[str, int]:
    """Count the customers of each word, by name; words that nobody has are left out."""
    counts = told.value_counts()
    return {str(name): int(counts[name]) for name in sorted(map(str, counts.index)) if counts[name]}


def risk_page(found: Scored) -> str:
    """Render the list with what is known of its accuracy."""
    known = found.bundle.facts["backtest"]
    accuracy = picture = None
    if known is not None:
        measured = pd.DataFrame(known["accuracy"])
        accuracy = measured.loc[measured["group"].isin(_TOLD), list(_MEASURES)].assign(
            group=measured["group"].map(GROUPS), score=measured["score"].map(SCORES)
        )
        cohorts = pd.DataFrame(known["cohorts"])
        main = cohorts[cohorts["horizon_days"] == known["horizon_days"]].reset_index(drop=True)
        currency = str(found.bundle.facts["currency"])
        picture = svg(
            cohort_figure(main, cutoff=known["cutoff"], horizon_days=known["horizon_days"], currency=currency)
        )
    return render_page(
        found.listed.head(PAGE_ROWS),
        whole=found.listed.counted,
        summary=_summary(found),
        conventions=found.conventions,
        accuracy=accuracy,
        cohort_svg=picture,
        curve=found.listed.decisions.chosen.curve,
        stories=found.stories,
        texts=found.listed.texts,
        last_list=None if found.last_list is None else found.last_list.to_dict(),
        language=found.config.output.language,
        max_rows=PAGE_ROWS,
    )


def _summary(found: Scored) -> dict[str, Any]:
    table, chosen, risk = found.listed.counted, found.listed.decisions.chosen, found.config.risk
    return {
        "customers_scored": found.customers_scored,
        "horizon_days": found.context.main_horizon_days,
        "full_list": "risk_list.csv",
        "best_n": chosen.best_n,
        "chosen_n": chosen.chosen_n,
        "capacity": risk.capacity,
        "expected_profit": expected_profit(found),
        "excluded": found.exclusions,
        "controls": int((table["action_status"] == "control").sum()),
        "previous_as_of": found.previous_as_of,
        "new_on_list": int(((table["change"] == "new") & (table["action_status"] == "contact")).sum()),
        "assumptions": risk.economics.model_dump() | {"segments": len(risk.segments)},
    }
