"""The page that a scoring writes, in a browser: of real orders, and of a simulated business with events."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from browsing import PHONE, ids_of, opened, serious_violations
from engagement_runs import engaged_job
from playwright.sync_api import Browser, expect

from clv_ml.config import build_config
from clv_ml.language import words
from clv_ml.models.bundle import save_bundle
from clv_ml.models.fitting import fit_models
from clv_ml.pipeline import prepare, score, silent
from clv_ml.reports.results import bundle_facts

CONFIG = Path(__file__).parents[2] / "configs" / "online_retail.yaml"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scored")


@pytest.fixture(scope="module")
def wholesaler(base: Path, data_dir: Path) -> Path:
    """The list of the wholesaler's second year; the model is for the page, and nobody measures its accuracy."""
    tree: dict[str, Any] = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    second_year = tree["transactions"]["sources"][1]
    tree["transactions"] |= {"root": str(data_dir / "online_retail"), "sources": [second_year]}
    tree |= {
        "cutoff": "2011-09-09",
        "churn": {"horizons_days": [90], "max_snapshots": 2, "min_rows_per_class": 50},
        "forecast": {"horizons_days": [90], "error_cutoffs": 0},
        "tracking": {"store": str(base / "models")},
        "output": {"dir": str(base / "wholesaler")},
    }
    config = build_config(tree, environment={})
    assert config.cutoff is not None
    with prepare(config, progress=silent) as data:
        models = fit_models(data.engine, data.tables, config.cutoff, config, progress=silent)
    save_bundle(models, bundle_facts(config, "", []), base / "bundle")
    return score(config, as_of=config.cutoff, model=str(base / "bundle"), progress=silent).folder


@pytest.fixture(scope="module")
def engaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return engaged_job(tmp_path_factory.getbasetemp()).scored.folder


def work_through(browser: Browser, folder: Path, *, events: bool) -> None:
    """Do what an agent does: sort, filter, open, move the slider, read Arabic, export; nothing may go wrong."""
    listed = pd.read_parquet(folder / "risk_list.parquet")
    contacts = listed[listed["action_status"] == "contact"].head(5000)
    with opened(browser, folder / "risk_list.html") as page:
        assert ids_of(page)[:5] == list(contacts["customer_id"].head(5))
        page.select_option("#sort", "value_at_risk")
        first = contacts.sort_values(["value_at_risk", "rank"], ascending=[False, True])["customer_id"]
        assert ids_of(page)[:3] == list(first.head(3))
        page.fill("#find", str(first.iloc[1]))
        assert str(first.iloc[1]) in ids_of(page)
        page.locator(".opener").first.click()
        story = page.locator("tr.story")
        assert story.locator("svg.past circle.order").count() >= 1
        assert (story.locator("svg.past rect.week").count() > 0) == events
        expect(story).to_contain_text("80% of customers like this:")
        page.fill("#find", "")
        page.locator("header details", has=page.locator("#capacity")).locator("summary").click()
        page.locator("#capacity").focus()
        page.keyboard.press("ArrowDown")
        expect(page.locator("#marked")).to_be_visible()
        page.click('#languages button[data-code="ar"]')
        expect(page.locator("#customers tr[data-row]").first).to_contain_text(
            words("ar").number(contacts["rank"].loc[first.index[0]], 0)
        )
        assert serious_violations(page) == []
        with page.expect_download() as caught:
            page.click("#export")
        text = Path(caught.value.path()).read_text(encoding="utf-8-sig")
    taken = [row["customer_id"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    assert set(taken) == set(contacts["customer_id"])
    with opened(browser, folder / "risk_list.html", viewport=PHONE, is_mobile=True, color_scheme="dark") as page:
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        assert serious_violations(page) == []


@pytest.mark.data
def test_the_list_of_a_wholesaler_can_be_worked_through(browser: Browser, wholesaler: Path) -> None:
    work_through(browser, wholesaler, events=False)


def test_the_list_of_a_business_with_events_can_be_worked_through(browser: Browser, engaged: Path) -> None:
    work_through(browser, engaged, events=True)
