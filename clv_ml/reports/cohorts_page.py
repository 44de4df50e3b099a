"""The cohort report as one HTML file that opens from disk, needs no network and runs nothing from the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from clv_ml.language import Words, languages, words
from clv_ml.reports.cohorts_alerts import alerts_section
from clv_ml.reports.cohorts_asides import (
    differences_section,
    engagement_section,
    formulas_section,
    observed_section,
)
from clv_ml.reports.cohorts_facts import CohortFacts, Section
from clv_ml.reports.cohorts_meanings import meanings
from clv_ml.reports.cohorts_scorecard import scorecard_figures
from clv_ml.reports.cohorts_sections import (
    acquisition_section,
    payback_section,
    predicted_section,
    retention_section,
)
from clv_ml.reports.cohorts_worth import equity_section, scenarios_section
from clv_ml.reports.explain import Fact
from clv_ml.reports.html_page import TEMPLATES, render_html

_SECTIONS: tuple[Callable[[CohortFacts, Words], Section], ...] = (
    alerts_section,
    retention_section,
    payback_section,
    acquisition_section,
    predicted_section,
    equity_section,
    scenarios_section,
    differences_section,
    engagement_section,
    formulas_section,
    observed_section,
)


@dataclass(frozen=True)
class Part:
    """The page in one language."""

    w: Words
    title: str
    document: str
    as_of: str
    compared: str
    skip: str
    figures: Sequence[Mapping[str, str]]
    sections: Sequence[Section]
    meanings: Sequence[Fact]


def render_cohorts_page(facts: CohortFacts, *, language: str = "en") -> str:
    """Return the report as one self-contained HTML page in every language; the same facts give the same bytes.

    Parameters
    ----------
    facts
        Tables and conventions; a table that is missing or empty leaves its section out.
    language
        The language the page opens in, one of :func:`clv_ml.language.languages`; it can be changed in the page.

    Raises
    ------
    ConfigError
        If there is no such language.
    """
    first = words(language)
    parts = [_part(facts, words(code)) for code in languages()]
    script = (TEMPLATES / "cohorts.js").read_text(encoding="utf-8")  # our own files, not data
    style = Markup("".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "cohorts.css")))
    return render_html("cohorts.html.j2", script=script, w=first, parts=parts, style=style)


def _part(facts: CohortFacts, w: Words) -> Part:
    title = w.say("Cohorts: what customers bring and cost")
    day = w.date(facts.as_of)
    before = facts.previous_as_of
    made = (make(facts, w) for make in _SECTIONS)
    return Part(
        w=w,
        title=title,
        document=f"{title}, {w.text(facts.name)}, {day}",
        as_of=day,
        compared="" if before is None else w.say("changes since {date}", date=w.date(before)),
        skip=w.say("Skip to the report"),
        figures=scorecard_figures(facts, w),
        sections=[section for section in made if not section.is_empty],
        meanings=meanings(facts, w),
    )
