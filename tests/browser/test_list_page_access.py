"""The page for everybody: axe-core finds nothing serious, light and dark, in both languages, on desk and phone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from browsing import SCREENS, opened, serious_violations
from page_data import page_arguments
from playwright.sync_api import Browser, expect

from clv_ml.reports.page import render_page

ACCURACY = pd.DataFrame({"group": ["all", "eligible"], "n": [900, 400], "auc": [0.8, 0.7], "ece": [0.02, 0.03]})
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="9" aria-label="Purchases: 3 of 4"></svg>'


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("page") / "risk_list.html"
    page = render_page(**page_arguments(30), accuracy=ACCURACY, cohort_svg=PICTURE)
    found.write_text(page, encoding="utf-8", newline="\n")
    return found


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, path: Path, scheme: str, language: str, screen: str) -> None:
    with opened(browser, path, arabic=language == "ar", color_scheme=scheme, **SCREENS[screen]) as page:
        page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
        page.locator(".opener").first.click()
        page.locator("td.pick input").nth(1).check()
        page.locator("#this-best").click()
        expect(page.locator("tr.story")).to_be_visible()
        assert serious_violations(page) == []


def test_without_its_script_the_page_is_still_a_list(browser: Browser, path: Path) -> None:
    with opened(browser, path, java_script_enabled=False) as page:
        expect(page.locator(".figures").first).to_be_visible()
        assert page.locator("#customers tbody tr").count() == 30
        for hidden in ("#find", "#languages", "#export"):
            expect(page.locator(hidden)).to_be_hidden()
