"""The page in a browser: what an agent does with it, on a list of made-up customers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browsing import PHONE, ids_of, opened
from page_data import HOSTILE, page_arguments
from playwright.sync_api import Browser, Page, expect

from clv_ml.language import words
from clv_ml.reports.page import render_page

GIVEN = page_arguments(400)
LISTED: pd.DataFrame = GIVEN["listed"]
CONTACTS = LISTED[LISTED["action_status"] == "contact"]


def write(folder: Path, **given: Any) -> Path:
    path = folder / "risk_list.html"
    path.write_text(render_page(**given), encoding="utf-8", newline="\n")
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("page"), **GIVEN)


@pytest.fixture
def page(browser: Browser, path: Path) -> Iterator[Page]:
    with opened(browser, path) as found:
        yield found


def shown(page: Page) -> int:
    return int(page.locator("#customers").get_attribute("aria-rowcount") or 0) - 1


def test_it_opens_with_those_to_contact_in_the_order_of_the_list(page: Page) -> None:
    assert shown(page) == len(CONTACTS)
    assert ids_of(page)[:10] == list(CONTACTS["customer_id"].head(10))
    expect(page.locator("#shown")).to_have_text(f"{len(CONTACTS)} of 400 customers")


def test_every_heading_sorts_and_sorts_back(page: Page) -> None:
    for name in ("value_at_risk", "p_churn_90d", "expected_net_profit", "days_since_last"):
        button = page.locator(f'th[data-sort="{name}"] button')
        for ascending in (False, True):
            button.click()
            first = CONTACTS.sort_values([name, "rank"], ascending=[ascending, True])["customer_id"]
            assert ids_of(page)[:5] == list(first.head(5)), (name, ascending)
            expect(page.locator(f'th[data-sort="{name}"]')).to_have_attribute(
                "aria-sort", "ascending" if ascending else "descending"
            )
    page.locator('th[data-sort="customer_id"] button').click()
    assert ids_of(page)[:5] == sorted(CONTACTS["customer_id"])[:5]
    page.select_option("#sort", "value_if_retained")
    assert ids_of(page)[0] == CONTACTS.sort_values("value_if_retained", ascending=False)["customer_id"].iloc[0]


def test_search_and_filters_narrow_the_list_together(page: Page) -> None:
    page.select_option("#filter-risk_band", "very high")
    page.select_option("#filter-value_tier", "high")
    wanted = CONTACTS[(CONTACTS["risk_band"] == "very high") & (CONTACTS["value_tier"] == "high")]
    assert ids_of(page)[:5] == list(wanted["customer_id"].head(5))
    assert shown(page) == len(wanted)
    page.fill("#find", "usually EVERY 12")
    narrow = wanted[wanted["reason_1"].str.contains("usually every 12") | wanted["reason_2"].str.contains("every 12")]
    assert shown(page) == len(narrow)
    page.fill("#find", "nobody is called that")
    expect(page.locator("#none")).to_be_visible()
    page.click("#reset")
    assert shown(page) == 400
    assert page.locator("#customers tr[data-row]").count() <= 100  # those near the window, not all of them


def test_who_is_left_alone_is_shown_apart_and_cannot_be_taken_along(page: Page) -> None:
    for status in ("control", "excluded"):
        page.select_option("#filter-action_status", status)
        assert shown(page) == int((LISTED["action_status"] == status).sum())
        expect(page.locator("#aside")).to_be_visible()
        expect(page.locator("#export")).to_be_disabled()
        expect(page.locator("#all")).to_be_disabled()
        assert page.locator("td.pick input").count() == 0


def test_a_row_opens_into_the_story_by_mouse_and_by_keyboard(page: Page) -> None:
    opener = page.locator(".opener").nth(1)
    opener.click()
    story = page.locator("tr.story")
    expect(opener).to_have_attribute("aria-expanded", "true")
    row = CONTACTS.iloc[1]
    told = GIVEN["stories"].loc[row["customer_id"]]
    w = words("en")
    text = re.sub("[\u2068\u2069]", "", story.text_content() or "")
    expected = [row["reason_1"], f"80% of customers like this: {w.number(told['purchases_low'])}"]
    expected += [f"{w.money(told['clv_low'], 'USD')} to {w.money(told['clv_high'], 'USD')}"]
    expected += [f"Within {days} days{w.percent(row[f'p_churn_{days}d'])}" for days in (30, 60, 90)]
    assert [words for words in expected if words not in text] == []
    picture = story.locator("svg.past")
    assert picture.locator("circle.order").count() == len(told["orders"])
    assert picture.locator("rect.week").count() == sum(n > 0 for n in told["activity"])
    assert re.search(r"orders? from .* Active in \d+ of the last 52 weeks", picture.get_attribute("aria-label") or "")
    opener.press("Enter")
    expect(story).to_have_count(0)
    opener.press("Space")
    expect(story).to_have_count(1)


def test_the_keyboard_reaches_the_list_by_the_skip_link(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "find"


def test_the_slider_tells_profit_and_marks_who_is_within(page: Page) -> None:
    page.locator("header details", has=page.locator("#capacity")).locator("summary").click()
    curve = GIVEN["curve"].set_index("n")
    w = words("en")
    page.locator("#capacity").focus()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#at-contacts")).to_have_text("5")
    expect(page.locator("#at-profit")).to_have_text(w.money(curve.loc[5, "expected_profit"], "USD"))
    expect(page.locator("#at-marginal")).to_have_text(w.money(curve.loc[5, "marginal_profit"], "USD"))
    takes = LISTED["action_status"].isin(["contact", "over_capacity", "not_profitable"])
    within = list(LISTED.loc[takes, "customer_id"].head(5))
    assert page.locator("#customers tr.within .opener").all_inner_texts() == within
    page.click("#this-best")
    expect(page.locator("#at-contacts")).to_have_text(str(GIVEN["summary"]["best_n"]))
    page.click("#this-list")
    assert page.locator("#customers tr.within").count() == 0


def test_arabic_turns_the_page_round_and_writes_its_own_digits(page: Page) -> None:
    page.locator(".opener").first.click()
    page.click('#languages button[data-code="ar"]')
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    w, row = words("ar"), CONTACTS.iloc[0]
    line = page.locator("#customers tr[data-row]").first
    expect(line).to_contain_text(GIVEN["texts"]["ar"]["reason_1"].iloc[0])
    expect(line).to_contain_text(w.percent(row["p_churn_90d"]))
    expect(line).to_contain_text(w.number(row["value_at_risk"], 2))
    expect(page.locator("tr.story")).to_contain_text(w.date(row["expected_next_order"]))
    latin = page.evaluate(
        "Array.from(document.querySelectorAll('#customers :is(td, th)'), (cell) => cell.innerText)"
        ".filter((text) => /[0-9]/.test(text.replace(/C-\\d+/g, '')))"
    )
    assert latin == []
    assert page.title().startswith(w.say("Customers worth keeping"))


def test_the_export_holds_what_is_selected_and_no_formula(browser: Browser, tmp_path: Path) -> None:
    given = page_arguments(8)
    formula = '=HYPERLINK("http://x.invalid","a, b")'
    listed = given["listed"].assign(action_status="contact")
    listed.loc[1, "customer_id"] = formula
    listed.loc[2, "action_status"] = "control"
    given |= {"listed": listed, "texts": None, "stories": None}
    with opened(browser, write(tmp_path, **given)) as page:
        page.select_option("#filter-action_status", "")
        page.check("#all")
        expect(page.locator("#picked")).to_have_text("7 customers selected")
        page.locator("td.pick input").nth(3).uncheck()
        with page.expect_download() as caught:
            page.click("#export")
        raw = Path(caught.value.path()).read_bytes()
        assert caught.value.suggested_filename == "contacts_2026-06-30.csv"
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert [row["customer_id"] for row in rows][1] == "'" + formula
    assert len(rows) == 6
    assert "control" not in {row["action_status"] for row in rows}
    assert float(rows[0]["value_at_risk"]) == listed["value_at_risk"].iloc[0]


def test_copying_gives_a_table_that_a_spreadsheet_takes(browser: Browser, path: Path) -> None:
    with opened(browser, path, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.locator("td.pick input").nth(2).check()
        page.click("#copy")
        expect(page.locator("#told")).to_have_text("1 customer copied.")
        lines = page.evaluate("navigator.clipboard.readText()").splitlines()
        assert [line.split("\t")[2] for line in lines] == ["customer_id", CONTACTS["customer_id"].iloc[2]]


def test_whom_to_call_first_leads_to_the_customer(page: Page) -> None:
    page.select_option("#filter-action_status", "control")
    page.locator(".first a").nth(1).click()
    expect(page.locator(".opener[aria-expanded=true]")).to_have_text(CONTACTS["customer_id"].iloc[1])
    assert page.evaluate("document.activeElement.innerText") == CONTACTS["customer_id"].iloc[1]


def test_paper_gets_all_that_is_shown_and_no_controls(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#customers tr[data-row]").count() == len(CONTACTS)
    for hidden in ("#find", "#export", "#languages"):
        expect(page.locator(hidden)).to_be_hidden()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#customers tr[data-row]").count() < len(CONTACTS)


def test_a_phone_shows_it_without_scrolling_sideways(browser: Browser, path: Path) -> None:
    for width in (360, PHONE["width"]):
        size = PHONE | {"width": width}
        with opened(browser, path, viewport=size, is_mobile=True, has_touch=True) as page:
            page.locator(".opener").first.tap()
            expect(page.locator("tr.story")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") == width


def test_hostile_text_is_harmless_and_legible(browser: Browser, tmp_path: Path) -> None:
    given = page_arguments(len(HOSTILE))
    columns = ["customer_id", "reason_1", "recommended_action", "value_tier", "change", "currency"]
    listed = given["listed"].assign(**dict.fromkeys(columns, HOSTILE), action_status="contact")
    with opened(browser, write(tmp_path, **(given | {"listed": listed, "texts": None, "stories": None}))) as page:
        drawn = ids_of(page)
        assert len(drawn) == len(HOSTILE)
        for text, found in zip(HOSTILE, drawn, strict=True):
            assert found == text.translate({0: 0xFFFD, 7: 0xFFFD, 0x202E: 0xFFFD})
        for at in range(len(HOSTILE)):
            page.locator(".opener").nth(at).click()
        assert page.locator("tr.story").count() == len(HOSTILE)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        page.click('#languages button[data-code="ar"]')
        assert page.locator("script").count() == 2
        assert page.locator("img").count() == 0
