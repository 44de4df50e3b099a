"""The list as CSV: no cell is a formula, nothing is lost, and money is rounded to cents."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from list_data import HOSTILE, RISKY, STATUS, a_list, the_details

from clv_ml.data.excel_habits import unguarded
from clv_ml.reports.list_csv import with_details, write_list_csv, write_safe_csv


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_no_cell_begins_like_a_formula_and_every_text_comes_back(tmp_path: Path) -> None:
    write_list_csv(tmp_path / "list.csv", [a_list()])
    rows = cells(tmp_path / "list.csv")
    assert {row["customer_id"][0] for row in rows}.isdisjoint("=+-@\t\r＝")
    assert {row["reason_2"][:2] for row in rows} == {"'="}
    assert [unguarded(row["customer_id"]) for row in rows] == list(HOSTILE)
    guarded = [unguarded(row["customer_id"]) for row in rows if row["customer_id"] not in HOSTILE]
    assert guarded == [text for text in RISKY if f"'{text}" not in HOSTILE]


@given(texts=st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=20))
def test_any_text_survives_and_none_is_a_formula(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("csv") / "list.csv"
    write_safe_csv(path, pd.DataFrame({"text": pd.Series(texts, dtype="str"), "n": range(len(texts))}))
    rows = cells(path)
    assert [unguarded(row["text"]) for row in rows] == texts
    assert not any(row["text"].lstrip(" \u00a0\u200b").startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows)


def test_numbers_are_rounded_as_people_read_them_and_missing_cells_are_empty(tmp_path: Path) -> None:
    listed = a_list(("a", "b")).assign(
        p_churn_90d=[0.123456, 0.00001], value_at_risk=[12.345678, 1e7], usual_gap_days=[np.nan, 31.5]
    )
    write_list_csv(tmp_path / "list.csv", [listed])
    first, second = cells(tmp_path / "list.csv")
    assert (first["p_churn_90d"], first["value_at_risk"], first["usual_gap_days"]) == ("0.1235", "12.35", "")
    assert float(second["p_churn_90d"]) == 0.0
    assert float(second["value_at_risk"]) == 1e7
    assert (first["previous_rank"], second["previous_rank"], first["is_control"]) == ("", "1", "false")
    assert not (tmp_path / "list.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_headings_are_made_harmless_too(tmp_path: Path) -> None:
    write_safe_csv(tmp_path / "t.csv", pd.DataFrame({"=1+1": ["a"]}))
    assert list(cells(tmp_path / "t.csv")[0]) == ["'=1+1"]


def test_pandas_reads_the_file_as_it_was(tmp_path: Path) -> None:
    listed = a_list(("1", "b"))
    write_list_csv(tmp_path / "list.csv", [listed])
    read = pd.read_csv(tmp_path / "list.csv", dtype={"customer_id": "str"})
    assert list(read.columns) == list(listed.columns)
    assert read["customer_id"].tolist() == ["1", "b"]
    assert read["expected_net_profit"].tolist() == listed["expected_net_profit"].round(2).tolist()


def test_personal_columns_are_filled_for_those_to_contact_and_for_nobody_else() -> None:
    listed = a_list(status=STATUS)
    table = with_details(listed, the_details(listed), ("email",))
    assert list(table.columns[5:7]) == ["customer_id", "email"]
    assert (table["email"].notna() == (listed["action_status"] == "contact")).all()
    assert "name" not in table
    assert "email" not in listed
    assert with_details(listed, None) is listed
