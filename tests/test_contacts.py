"""Filled worklists come back through any spreadsheet: nothing lost, nothing mistaken, every row accounted for."""

import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from list_data import DAY, HOSTILE, read

from clv_ml.data.contacts import read_contacts
from clv_ml.errors import ConfigError, DataError


def book_of(path: Path, rows: list[tuple[Any, ...]], *, epoch_1904: bool = False) -> Path:
    book = openpyxl.Workbook()
    if epoch_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    for row in [("customer_id", "contacted_at", "outcome"), *rows]:
        sheet.append(row)
    book.save(path)
    return path


def test_numbers_that_were_ids_and_days_are_ids_and_days_again(tmp_path: Path) -> None:
    rows = [
        (123, 45749, "no_answer"),
        (123.0, 45749.25, "Reached: Stays"),
        (1.23456789012346e16, "2/4/2025", None),
        (100000, dt.date(2025, 4, 2), "won"),
        ("1,23457E+16", "13/4/2025", None),
    ]
    found = read(book_of(tmp_path / "list.xlsx", rows))
    table = found.contacts
    assert table["customer_id"].tolist() == ["00123", "00123", "12345678901234567", "1E5", "12345678901234567"]
    assert found.repaired == 5
    days = [DAY, DAY + dt.timedelta(hours=6), DAY, DAY, dt.datetime(2025, 4, 13)]
    assert table["contacted_at"].tolist() == days
    assert table["outcome"].tolist()[:2] == ["no_answer", "reached_kept"]
    assert table["outcome"].tolist()[3] == "won"
    assert table["outcome"].isna().tolist() == [False, False, True, False, True]


def test_days_of_a_workbook_that_counts_from_1904_are_four_years_on(tmp_path: Path) -> None:
    path = book_of(tmp_path / "mac.xlsx", [("a", 45749 - 1462, None), ("b", DAY, None)], epoch_1904=True)
    assert (read_contacts(path).contacts["contacted_at"] == DAY).all()


def test_what_excel_writes_back_as_csv_is_read_in_any_delimiter_and_encoding(tmp_path: Path) -> None:
    lines = [
        ["Customer", "Contacted on", "Channel", "Outcome", "Offer cost", "Notes"],
        ["123", "2/4/2025", "Phone", "No answer", "12,50", 'Müller; "later"\nnext week'],
        ["1,23457E+16", "13/4/2025", "e-mail", "REACHED: STAYS", "", ""],
        ["'@SUM(A1)", "2025-04-02 00:00:00", "Visit", "", "1.234,50", "'=note"],
        ["", "", "", "", "", ""],
        ["nobody", "2/4/2025", "", "", "", ""],
        ["00123", "soon", "", "", "", ""],
        ["00123", "", "", "", "cheap", ""],
        ["", "2/4/2025", "", "", "", ""],
        ["1E5", "", "", "", "", ""],
    ]
    for delimiter in ",;\t":
        quoted = [[f'"{cell}"'.replace('""', '"').replace('"later"', '""later""') for cell in line] for line in lines]
        text = "\r\n".join(delimiter.join(cell if len(cell) > 2 else "" for cell in line) for line in quoted) + "\r\n"
        for number, content in enumerate(
            [
                text.encode("utf-8"),
                text.encode("utf-8-sig"),
                text.encode("cp1252"),
                text.encode("utf-16"),
                f"sep={delimiter}\r\n{text}".encode(),
            ]
        ):
            path = tmp_path / f"{ord(delimiter)}_{number}.csv"
            path.write_bytes(content)
            found = read(path, refresh_id="r1")
            table = found.contacts
            assert table["customer_id"].tolist() == ["00123", "12345678901234567", "@SUM(A1)"]
            assert table["contacted_at"].tolist() == [DAY, dt.datetime(2025, 4, 13), DAY]
            assert table["channel"].tolist() == ["phone", "email", "visit"]
            assert table["outcome"].tolist()[:2] == ["no_answer", "reached_kept"]
            assert table["offer_cost"].fillna(0).tolist() == [12.5, 0.0, 1234.5]
            assert [table["notes"].iloc[0], table["notes"].iloc[2]] == ['Müller; "later" next week', "=note"]
            assert found.rejected["reason"].tolist() == [
                "unknown_customer_id",
                "unreadable_date",
                "unreadable_offer_cost",
                "missing_customer_id",
            ]
            assert (found.left_empty, found.rows_in) == (1, 8)
            assert "3 contacts (3 ids repaired)" in found.summary()


def test_an_ambiguous_day_is_read_where_only_one_fits_the_campaign(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("customer_id,contacted_at\na,4/2/2025\n", encoding="utf-8")
    assert read_contacts(tmp_path / "c.csv").rejected["reason"].tolist() == ["ambiguous_date"]
    campaign = (dt.date(2025, 3, 31), dt.date(2025, 6, 30))
    assert read_contacts(tmp_path / "c.csv", between=campaign).contacts["contacted_at"].tolist() == [DAY]
    assert read_contacts(tmp_path / "c.csv", day_first=False).contacts["contacted_at"].tolist() == [DAY]


def test_one_day_before_the_campaign_tells_the_order_of_all(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("customer_id,contacted_at\na,4/2/2025\nb,4/5/2025\nc,5/6/2025\n", encoding="utf-8")
    campaign = (dt.date(2025, 3, 31), dt.date(2026, 3, 31))
    found = read_contacts(tmp_path / "c.csv", between=campaign)
    assert [f"{at:%m-%d}" for at in found.contacts["contacted_at"]] == ["04-02", "04-05", "05-06"]
    assert found.rejected.empty


def test_parquet_and_a_database_table_are_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame(
        {
            "who": [123.0, np.nan, 77.0],
            "contacted_at": [pd.Timestamp(DAY, tz="UTC"), pd.Timestamp(DAY, tz="UTC"), pd.NaT],
            "outcome": ["won", None, None],
        }
    )
    frame.to_parquet(tmp_path / "c.parquet")
    found = read_contacts(tmp_path / "c.parquet", columns={"customer_id": "who"}, known_ids=HOSTILE)
    assert found.contacts[["customer_id", "contacted_at"]].to_numpy().tolist() == [["00123", pd.Timestamp(DAY)]]
    assert (found.rejected["reason"].tolist(), found.left_empty) == (["missing_customer_id"], 1)
    address = f"sqlite:///{tmp_path / 'crm.db'}"
    with sqlite3.connect(tmp_path / "crm.db") as database:
        frame.astype({"contacted_at": "str"}).to_sql("calls", database, index=False)
    database.close()
    monkeypatch.setenv("CRM_ADDRESS", address)
    for source in (f"{address}#calls", "env:CRM_ADDRESS#calls"):
        table = read_contacts(source, columns={"customer_id": "who"}, known_ids=HOSTILE).contacts
        assert table["customer_id"].tolist() == ["00123"]
        assert table["contacted_at"].tolist() == [DAY]


cells = st.sampled_from(
    ["", " ", "00123", "123", "nobody", "=1+1", "2025-04-02", "3/4/2025", "soon", "5,5", "x", "Notes"]
)


@settings(max_examples=40)
@given(rows=st.lists(st.tuples(*[cells] * 5), max_size=12))
def test_every_row_is_read_rejected_or_left_empty(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "c.csv"
    names = ["customer_id", "contacted_at", "offer_cost", "outcome", "notes"]
    pd.DataFrame(rows, columns=names, dtype="str").to_csv(path, index=False)
    found = read(path)
    assert found.rows_in == sum(any(cell.strip() for cell in row) for row in rows)
    assert set(found.contacts["customer_id"]) <= set(HOSTILE)
    assert found.rejected["reason"].notna().all()


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("name,day\na,2025-01-01\n", encoding="utf-8")
    (tmp_path / "c.xlsx").write_text("no workbook", encoding="utf-8")
    (tmp_path / "c.doc").write_text("", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"column 'customer_id' is missing; available: 'name', 'day'"):
        read_contacts(tmp_path / "c.csv")
    (tmp_path / "lost.csv").write_text("??????;?????\na;b\n", encoding="utf-8")
    with pytest.raises(DataError, match="its letters are lost"):
        read_contacts(tmp_path / "lost.csv")
    with pytest.raises(DataError, match="cannot be read as a workbook"):
        read_contacts(tmp_path / "c.xlsx")
    with pytest.raises(DataError, match=r"is empty"):
        read_contacts(tmp_path / "empty.csv")
    with pytest.raises(ConfigError, match="cannot tell the format"):
        read_contacts(tmp_path / "c.doc")
    with pytest.raises(ConfigError, match="no such file"):
        read_contacts(tmp_path / "nowhere.csv")
    with pytest.raises(ConfigError, match="contacts have no column agent"):
        read_contacts(tmp_path / "c.csv", columns={"agent": "name"})
    with pytest.raises(ConfigError, match="NO_SUCH_VARIABLE holds no database address"):
        read_contacts("env:NO_SUCH_VARIABLE#contacts")
