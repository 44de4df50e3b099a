"""What a scoring leaves on disk: tables, the list in every form, and the manifest that accounts for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config
from clv_ml.config.handover import PersonalFile
from clv_ml.decisions.risk import ListContext, RiskList
from clv_ml.evaluation.last_list import LastList
from clv_ml.language import languages, words
from clv_ml.models.bundle import Bundle
from clv_ml.models.engagement_score import engagement_by_cohort
from clv_ml.models.value import DISCOUNTING
from clv_ml.publishing import digest, write_csv, write_json, write_parquet
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
_FACTS = ("first_day", "frequency", "recency", "T", "monetary_value", "days_since_last")
_DECIDED = ("action_status", "exclusion_reason", "is_control", "value_tier", "value_at_risk", "expected_net_profit")


@dataclass(frozen=True)
class Scored:
    """Everything a scoring found.

    Attributes
    ----------
    customers, scores
        Features and scores of everybody, indexed by customer_id.
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
    customers: pd.DataFrame
    scores: pd.DataFrame
    listed: RiskList
    stories: pd.DataFrame
    quality: dict[str, Any]
    input_fingerprint: str
    notes: Sequence[str] = ()
    last_list: LastList | None = None
    previous_as_of: str = ""
    personal: pd.DataFrame | None = None
    handover: dict[str, Any] = field(default_factory=dict)

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
    table = found.listed.table
    worth = {name: value for name, value in found.conventions.items() if name not in ("horizon_days", "churned")}
    decided = found.listed.decisions.table[list(_DECIDED)]
    progress("writing scores and the list")
    scores = found.customers[list(_FACTS)].join(found.scores).join(decided).assign(**worth)
    write_parquet(folder / "scores.parquet", scores.reset_index())
    write_parquet(folder / "risk_list.parquet", table)
    write_list_csv(folder / "risk_list.csv", table, details=_personal(found, "list_csv"))
    curve = found.listed.decisions.chosen.curve
    curve.round(4).to_csv(folder / "capacity_curve.csv", index=False, lineterminator="\n")
    if "engagement_score" in found.scores:
        months = pd.to_datetime(found.customers["start_day"]).dt.strftime("%Y-%m").rename("cohort")
        write_csv(folder / "engagement_by_cohort.csv", engagement_by_cohort(found.scores, months))
    progress("writing the workbook and the page")
    language = words(found.config.output.language)
    write_workbook(
        folder / "risk_list.xlsx",
        table,
        words=language,
        conventions=found.conventions,
        details=_personal(found, "workbook"),
        max_rows=found.config.handover.workbook_rows,
    )
    (folder / "risk_list.html").write_text(risk_page(found), encoding="utf-8", newline="\n")
    write_json(folder / "manifest.json", _manifest(found))


def _manifest(found: Scored) -> dict[str, Any]:
    table, chosen, context = found.listed.table, found.listed.decisions.chosen, found.context
    everybody = found.listed.decisions.table
    return {
        "run_id": context.refresh_id,
        "as_of": context.as_of.isoformat(),
        "model_version": context.model_version,
        "model_cutoff": found.bundle.models.cutoff.isoformat(),
        "score_source": sorted(found.scores["score_source"].unique()),
        "notes": list(found.notes),
        "input_fingerprint": found.input_fingerprint,
        "rows": found.quality,
        "customers_scored": len(found.scores),
        "customers_listed": len(table),
        "decisions": {str(name): int(n) for name, n in everybody["action_status"].value_counts().sort_index().items()},
        "exclusions": _exclusions(everybody),
        "contacts": {"chosen": chosen.chosen_n, "best": chosen.best_n, "expected_profit": expected_profit(found)},
        "value_at_risk": round(float(table["value_at_risk"].sum()), 2),
        "previous_as_of": found.previous_as_of,
        "last_list": None if found.last_list is None else found.last_list.to_dict(),
        "handover": found.handover,
        "conventions": {**found.conventions, "discounting": DISCOUNTING},
        "schema_hash": digest({name: str(kind) for name, kind in table.dtypes.items()}),
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
    table = found.listed.table
    return round(float(table.loc[table["action_status"] == "contact", "expected_net_profit"].sum()), 2)


def _exclusions(everybody: pd.DataFrame) -> dict[str, int]:
    counts = everybody.loc[everybody["exclusion_reason"] != "", "exclusion_reason"].value_counts()
    return {str(name): int(n) for name, n in counts.sort_index().items()}


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
        found.listed.table,
        summary=_summary(found),
        conventions=found.conventions,
        accuracy=accuracy,
        cohort_svg=picture,
        curve=found.listed.decisions.chosen.curve,
        stories=found.stories,
        texts={code: found.listed.texts(words(code), rows=PAGE_ROWS) for code in languages()},
        last_list=None if found.last_list is None else found.last_list.to_dict(),
        language=found.config.output.language,
        max_rows=PAGE_ROWS,
    )


def _summary(found: Scored) -> dict[str, Any]:
    table, chosen, risk = found.listed.table, found.listed.decisions.chosen, found.config.risk
    return {
        "customers_scored": len(found.scores),
        "horizon_days": found.context.main_horizon_days,
        "full_list": "risk_list.csv",
        "best_n": chosen.best_n,
        "chosen_n": chosen.chosen_n,
        "capacity": risk.capacity,
        "expected_profit": expected_profit(found),
        "excluded": _exclusions(found.listed.decisions.table),
        "controls": int((table["action_status"] == "control").sum()),
        "previous_as_of": found.previous_as_of,
        "new_on_list": int(((table["change"] == "new") & (table["action_status"] == "contact")).sum()),
        "assumptions": risk.economics.model_dump() | {"segments": len(risk.segments)},
    }
