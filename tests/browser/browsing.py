"""A browser for the tests of the page: offline, and strict about everything the page says or asks for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True},
}
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of the machine, without a network; skips where there is none."""
    found = os.environ.get("CLV_ML_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not found:
        pytest.skip(f"needs Chromium: set CLV_ML_CHROMIUM or put one of {', '.join(_NAMES)} on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, path: Path, *, arabic: bool = False, **options: Any) -> Iterator[Page]:
    """The page as a reader sees it; at the end nothing may have gone wrong, nor been asked of any network."""
    wrong: list[str] = []
    wanted: dict[str, Any] = {"viewport": DESKTOP} | options
    context = browser.new_context(**wanted)
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.on("console", lambda message: wrong.append(f"console {message.type}: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
    page.on("request", lambda asked: wrong.extend(_outside(asked.url)))
    page.goto(path.as_uri())
    if arabic:
        page.click('#languages button[data-code="ar"]')
    yield page
    context.close()
    assert wrong == []


def _outside(address: str) -> list[str]:
    return [] if address.startswith(("file:", "data:", "blob:")) else [f"request: {address}"]


def serious_violations(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody from using the page."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:150]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def ids_of(page: Page) -> list[str]:
    """The customers of the lines that are drawn, from the top."""
    return page.locator("#customers tr[data-row] .opener").all_inner_texts()
