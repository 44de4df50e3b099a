"""The cohort page of a real report in a browser: axe-core, both languages, light and dark, desk, phone and paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import SCREENS, opened, serious_violations
from cohort_runs import sample_report
from playwright.sync_api import Browser, expect

from clv_ml.pipeline import CohortsResult


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    result: CohortsResult = sample_report(tmp_path_factory.getbasetemp())[1]
    return result.folder / "cohorts.html"


@pytest.mark.parametrize(
    ("scheme", "language", "screen"),
    [("light", "en", "desktop"), ("dark", "ar", "phone")],
)
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(
    browser: Browser, path: Path, scheme: str, language: str, screen: str
) -> None:
    with opened(browser, path, arabic=language == "ar", color_scheme=scheme, **SCREENS[screen]) as page:
        page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
        assert serious_violations(page) == []
        wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= seen


def test_another_language_turns_the_page_round_and_changes_its_title(browser: Browser, path: Path) -> None:
    with opened(browser, path) as page:
        expect(page.locator("#retention-en")).to_be_visible()
        page.click('#languages button[data-code="ar"]')
        assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
        expect(page.locator("#retention-ar")).to_be_visible()
        expect(page.locator("#retention-en")).to_be_hidden()
        assert "الأفواج" in page.title()
        latin = page.locator('[data-language="ar"] table.heat td').all_inner_texts()
        assert not [text for text in latin if any(digit in text for digit in "0123456789")]


def test_an_open_age_is_hatched_and_holds_no_number(browser: Browser, path: Path) -> None:
    with opened(browser, path) as page:
        cells = page.locator("#retention-en > .scroll td.open")
        assert cells.count() > 0
        assert set(cells.all_inner_texts()) == {"…"}
        assert "gradient" in cells.first.evaluate("(cell) => getComputedStyle(cell).backgroundImage")


def test_every_picture_is_drawn_and_says_what_it_shows(browser: Browser, path: Path) -> None:
    with opened(browser, path) as page:
        pictures = page.locator('[data-language="en"] figure img')
        assert pictures.count() >= 4
        assert (
            page.evaluate("Array.from(document.images).filter((one) => one.complete && !one.naturalWidth).length") == 0
        )
        assert min(len(picture.get_attribute("alt") or "") for picture in pictures.all()) > 30


def test_without_its_script_the_report_is_all_there(browser: Browser, path: Path) -> None:
    with opened(browser, path, java_script_enabled=False) as page:
        expect(page.locator("#retention-en")).to_be_visible()
        expect(page.locator("#languages")).to_be_hidden()


def test_the_keyboard_reaches_the_report_by_the_skip_link(browser: Browser, path: Path) -> None:
    with opened(browser, path) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main-en"
