"""The headline of a cohort report for the command line, in plain English."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from clv_ml.language import words
from clv_ml.language.values import finite
from clv_ml.reports.cohorts_alerts import alert_words
from clv_ml.reports.cohorts_cells import records
from clv_ml.reports.cohorts_scorecard import change_words, figure_kinds, written


def headline_lines(tables: Mapping[str, pd.DataFrame], *, currency: str) -> list[str]:
    """Return the headline figures with their changes, and the alerts, a line each."""
    w = words("en")
    kinds, lines = figure_kinds(w), []
    for row in records(tables.get("scorecard", pd.DataFrame())):
        if row["figure"] in kinds and finite(row["value"]) is not None:
            label, kind, note = kinds[row["figure"]]
            change = finite(row["change"])
            moved = "" if change is None else f" ({change_words(change, kind, w, currency)})"
            lines.append(f"{label}: {written(row['value'], kind, w, currency)}{moved}{f', {note}' if note else ''}")
    alerts = [alert_words(row, w, currency) for row in records(tables.get("alerts", pd.DataFrame()))]
    return lines + [f"alert: {told}" for told in alerts]
