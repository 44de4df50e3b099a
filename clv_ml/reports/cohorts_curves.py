"""The lines of the payback picture: which cohorts are drawn, and how far each is observed."""

from __future__ import annotations

from clv_ml.language import Words
from clv_ml.reports.cohorts_facts import CohortFacts
from clv_ml.reports.cohorts_pictures import Curve


def payback_curves(facts: CohortFacts, w: Words) -> tuple[list[Curve], bool]:
    """Return at most four lines, and whether they are less the cost of winning a customer."""
    return [], False
