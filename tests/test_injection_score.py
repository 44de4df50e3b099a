"""Names and values from files cannot become SQL, paths, formulas or HTML: hostile ones through a whole scoring."""

from __future__ import annotations

import csv
import dataclasses
import html.parser
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bundle_data import small_models
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from clv_ml.config import Config, build_config
from clv_ml.data.checked import read_checked
from clv_ml.data.values import NO_ID
from clv_ml.engine import Engine
from clv_ml.errors import ClvError
from clv_ml.models.bundle import save_bundle
from clv_ml.pipeline import ScoreResult, score
from clv_ml.reports.results import bundle_facts

HOSTILE = (
    "' OR 1=1 --",
    "'; DROP TABLE clv_0; --",
    "\"; COPY (SELECT 1) TO '/tmp/stolen'; --",
    "`id`",
    "$(touch /tmp/stolen)",
    "{{ 7 * 7 }}",
    "{% for x in ().__class__.__mro__ %}{{ x }}{% endfor %}",
    "${7*7}",
    "%s %n %(name)s {0}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><svg onload=alert(1)>",
    "&lt;b&gt; & ]]> <!--",
    "../../../../etc/passwd",
    "C:\\Windows\\..\\x",
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "+44|cmd",
    "-2+3",
    "@SUM(A1)",
    "\u202egnp.exe",
    "\u200bhidden\ufeff",
    "\U0001f600\U0001f1e9\U0001f1ea",
    "e\u0301clair \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "tab\tand\x1b[31m escape",
    "x" * 200,
    "NULL",
    "nan",
    "None",
    "0",
)
COLUMNS = {
    "customer_id": "id'; DROP TABLE x; --",
    "timestamp": 'when "at" <b>',
    "amount": "am`ount; ../",
    "order_id": "{{order}}",
    "product": "x" * 200,
}


def _config(folder: Path, files: str, **more: Any) -> Config:
    tree = {
        "name": "shop",
        "transactions": {"max_bad_share": 1.0, "sources": [{"path": files, "format": "csv", "columns": COLUMNS}]},
        "risk": {"high_value_share": 1.0},
        "tracking": {"store": str(folder / "models")},
        "output": {"dir": str(folder / "output")},
    }
    return build_config(tree | more, environment={})


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> ScoreResult:
    """A scoring of customers whose ids, orders, products, columns and file are all hostile."""
    folder = tmp_path_factory.mktemp("hostile'; -- <b>")
    rows = [
        (name, f"2020-0{month}-11", 10.0 + at, f"{name}-{month}", name)
        for at, name in enumerate(HOSTILE)
        for month in (1, 4, 9)
    ]
    orders = pd.DataFrame(rows, columns=list(COLUMNS.values()))
    name = "or'ders $(x) \u202e {{7*7}}.csv"
    orders.to_csv(folder / name, index=False)
    config = _config(folder, str(folder / "or*.csv"))
    models = dataclasses.replace(small_models(), churn=None, churn_note="<b>none</b>")
    save_bundle(models, bundle_facts(config, "x", []), folder / "bundle")
    return score(config, model=str(folder / "bundle"))


_CONTROLS = {chr(code) for code in (*range(32), 127)}


def _told(names: Any) -> set[str]:
    """Ids as the reader keeps them: without what nobody sees around them; words for nothing and controls are none."""
    shown = {str(name).strip(" \t\u200b\ufeff") for name in names}
    return {name for name in shown if name.lower() not in NO_ID and not _CONTROLS & set(name)}


def test_every_hostile_customer_is_scored_under_their_own_name(scored: ScoreResult) -> None:
    scores = pd.read_parquet(scored.folder / "scores.parquet")
    listed = pd.read_parquet(scored.folder / "risk_list.parquet")
    assert scored.manifest["rows"]["rows_in"] == 3 * len(HOSTILE)
    assert scored.manifest["rows"]["rows_valid"] == 3 * len(_told(HOSTILE))
    assert _told(scores["customer_id"]) == _told(HOSTILE)
    assert _told(listed["customer_id"]) == _told(HOSTILE)
    assert not Path("/tmp/stolen").exists()


def test_the_list_as_csv_holds_no_cell_that_a_spreadsheet_would_run(scored: ScoreResult) -> None:
    with (scored.folder / "risk_list.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(_told(HOSTILE))
    for row in rows:
        for name, cell in row.items():
            number = cell.lstrip("+-").replace(".", "", 1).replace("e", "", 1).replace("-", "").isdigit()
            assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (name, cell)


class _Page(html.parser.HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.acting: list[tuple[str, list[tuple[str, str | None]]]] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag == "script":
            self.scripts.append("")
        self.acting += [(tag, attributes)] if any(name.startswith("on") for name, _ in attributes) else []

    def handle_data(self, data: str) -> None:
        if self._inside == "script" and self.scripts:
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def test_the_page_runs_no_script_but_its_own(scored: ScoreResult) -> None:
    text = (scored.folder / "risk_list.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert not page.acting
    assert "<img src=x" not in text
    assert "<svg onload" not in text
    assert "<script>alert(1)" not in text
    assert not [script for script in page.scripts if script.strip() == "alert(1)"]
    assert "49" not in {cell.strip() for cell in text.split("{{")}  # nothing was rendered twice


def test_files_of_a_run_have_the_names_they_always_have(scored: ScoreResult) -> None:
    names = {path.name for path in scored.folder.rglob("*")}
    assert {"manifest.json", "health.json", "risk_list.csv", "risk_list.html", "quarantine.parquet"} <= names
    assert not [name for name in names if any(hostile in name for hostile in HOSTILE[:8])]
    manifest = json.loads((scored.folder / "manifest.json").read_text(encoding="utf-8"))
    assert list(manifest["rows"]["by_file"]) == ["or'ders $(x) \u202e {{7*7}}.csv"]


texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1, max_size=200),
)


@settings(max_examples=4, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    names=st.lists(texts.filter(lambda name: name.strip()), min_size=5, max_size=5, unique_by=str.lower),
    values=st.lists(texts, min_size=1, max_size=40),
)
def test_any_column_name_and_any_value_is_data(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], values: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    rows = [(value, "2020-01-11", "1", value, value) for value in values]
    with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([names, *rows])
    columns = dict(zip(COLUMNS, names, strict=True))
    source = {"path": str(folder / "orders.csv"), "columns": columns}
    try:
        config = build_config(
            {"name": "shop", "transactions": {"duplicates": "keep", "sources": [source]}}, environment={}
        )
        with Engine(config.engine) as engine:
            found = read_checked(engine, config, progress=lambda message: None)
            report = found.transactions.report
            assert report.rows_in == len(values) == report.rows_valid + sum(report.quarantined.values())
            kept = engine.to_pandas(found.transactions.transactions)
            assert {*kept["customer_id"]} <= _told(values) | {value.strip() for value in values}
    except ClvError:
        pass  # refused with a reason; anything else fails
