"""The dirty corpus: small hostile files, each with the outcome that is written beside it in the folder dirty."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dirty.broken import BROKEN
from dirty.case import Case
from dirty.plain import PLAIN
from dirty.refused import REFUSED
from dirty.special import SPECIAL
from dirty.values import VALUES

from clv_ml.config import EngineConfig, SourceConfig, TransactionsConfig
from clv_ml.data.quality import CheckedTransactions, check_transactions
from clv_ml.data.sources import read_raw
from clv_ml.engine import Engine
from clv_ml.errors import ClvError

COLUMNS = {"customer_id": "id", "timestamp": "ts", "amount": "paid"}
ORDINARY = (*PLAIN, *VALUES)
ACCEPTED = (*BROKEN, *ORDINARY, *SPECIAL)


def source_of(case: Case, path: str) -> SourceConfig:
    return SourceConfig(path=path, **{"columns": COLUMNS, **case.source})


@dataclass(frozen=True)
class Outcome:
    """What became of all files, read together as one table."""

    checked: CheckedTransactions
    valid: pd.DataFrame
    quarantine: pd.DataFrame


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Read once: two folders of files that need no setting, one of them with broken records, and all other files."""
    root = tmp_path_factory.mktemp("dirty")
    folders: list[tuple[str, list[Case]]] = [
        ("broken", list(BROKEN)),
        ("plain", [case for case in ORDINARY if case.suffix == ".csv"]),
        ("packed", [case for case in ORDINARY if case.suffix != ".csv"]),
    ]
    folders += [(f"special{n}", [case]) for n, case in enumerate(SPECIAL)]
    for folder, cases in folders:
        (root / folder).mkdir()
        for case in cases:
            (root / folder / case.file).write_bytes(case.content)
    sources = tuple(source_of(cases[0], folder) for folder, cases in folders)
    config = TransactionsConfig(root=root, sources=sources, max_bad_share=1.0)
    with Engine(EngineConfig(threads=2)) as engine:
        table = read_raw(engine, config)
        checked = check_transactions(engine, table, config)
        aside = engine.to_pandas(engine.with_originals(checked.quarantine).orderBy("source_file", "source_line"))
        rows = engine.to_pandas(table)
    keys = ["source_file", "source_line"]
    bad = pd.MultiIndex.from_frame(aside[keys])
    return Outcome(checked, rows[~pd.MultiIndex.from_frame(rows[keys]).isin(bad)], aside)


def test_the_corpus_has_at_least_sixty_files_of_different_names() -> None:
    cases = [*ACCEPTED, *REFUSED]
    assert len({case.file for case in cases}) == len(cases) >= 60


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.name)
def test_every_row_of_a_hostile_file_is_valid_or_set_aside_for_the_right_reason(case: Case, outcome: Outcome) -> None:
    assert outcome.checked.report.by_file.get(case.file, {}) == dict(case.becomes)
    aside = outcome.quarantine[outcome.quarantine["source_file"] == case.file]
    expected = {reason: count for reason, count in case.becomes.items() if reason != "valid"}
    assert aside["reason"].value_counts().to_dict() == expected
    assert aside["original"].notna().all()
    if case.rows is not None:
        valid = outcome.valid[outcome.valid["source_file"] == case.file]
        moments = valid["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S")
        amounts = valid["amount"].map("{:.2f}".format)
        assert sorted(zip(valid["customer_id"], moments, amounts, strict=True)) == sorted(case.rows)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_file_that_cannot_be_a_table_stops_the_job_with_its_name(engine: Engine, tmp_path: Path, case: Case) -> None:
    (tmp_path / case.file).write_bytes(case.content)
    assert case.error is not None
    kind, message = case.error
    with pytest.raises(ClvError) as caught:
        read_raw(engine, TransactionsConfig(root=tmp_path, sources=(source_of(case, case.file),)))
    assert type(caught.value) is kind
    assert message in str(caught.value)
    assert case.file in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_lines_of_broken_records_are_counted_like_all_others(outcome: Outcome) -> None:
    aside = outcome.quarantine.set_index("source_file")
    lines = {case.file: aside.loc[[case.file], "source_line"].tolist() for case in BROKEN if len(case.becomes) > 1}
    assert lines["a_field_too_few.csv"] == [2]
    assert lines["two_quotes_that_never_close.csv"] == [1, 3]
    assert lines["a_total_below.csv"] == [2]
    valid = outcome.valid[outcome.valid["source_file"] == "two_quotes_that_never_close.csv"]
    assert sorted(valid["source_line"]) == [2, 4]


def test_the_quarantine_shows_each_row_as_it_came_in(outcome: Outcome) -> None:
    shown = outcome.quarantine.groupby("source_file")["original"].first()
    assert shown["a_field_too_many.csv"] == "b,2024-01-11,1,2"
    assert shown["one_letter_of_Latin-1.csv"] == "Jos\\xe9,2024-01-11,5"
    assert shown["a_quote_that_never_closes.csv"] == '"b,2024-01-11,5'
    told: dict[str, Any] = json.loads(shown["words_for_no_id.csv"])
    assert told == {"id": "NULL", "ts": "2024-01-10", "paid": "1"}
    assert json.loads(shown["days_that_fit_two_patterns.csv"]) == {"id": "a", "ts": "03/04/2025", "paid": "10"}
    assert json.loads(shown["not_a_number_among_numbers.parquet"]) == {"id": "a", "ts": "2024-01-10", "paid": "inf"}
