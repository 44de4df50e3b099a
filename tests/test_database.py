"""Tables in SQLite and PostgreSQL: the same rows back, all or nothing, and no password in any message."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from servers import postgres

from clv_ml.data.database import read_query, read_table, write_table
from clv_ml.errors import ClvError, ConfigError, DataError

HOSTILE_NAME = 'value"; DROP TABLE "x'


@pytest.fixture(scope="module")
def postgres_address() -> Iterator[str]:
    with postgres() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'crm.db'}"
    return str(request.getfixturevalue("postgres_address"))


def a_frame(refresh_id: str = "r1", n: int = 3) -> pd.DataFrame:
    day = dt.date(2025, 3, 31)
    moments = [pd.Timestamp("2025-03-31 01:02:03.456789"), pd.NaT, pd.Timestamp(day)]
    return pd.DataFrame(
        {
            "refresh_id": refresh_id,
            "customer_id": pd.Series([f"{number:05d}" for number in range(n)], dtype="str"),
            "text": pd.Series(['it\'s "x", 50%;\n😀', "", None][:n] + ["="] * (n - 3), dtype="str"),
            "amount": [0.1 + 0.2, np.nan, -1e-9][:n] + [1.0] * (n - 3),
            "whole": pd.array([2**40, None, 0][:n] + [1] * (n - 3), dtype="Int64"),
            "yes": [True, False, True][:n] + [True] * (n - 3),
            "day": pd.Series([day, None, day][:n] + [day] * (n - 3), dtype=object),
            "at": pd.Series([*moments[:n], *[pd.Timestamp(day)] * (n - 3)], dtype="datetime64[us]"),
            HOSTILE_NAME: 1,
        }
    )


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert list(found.columns) == list(expected.columns)
    found = found.sort_values(["refresh_id", "customer_id"], ignore_index=True)
    for name in expected:
        for one, other in zip(found[name], expected[name], strict=True):
            assert (pd.isna(one) and pd.isna(other)) or one == other, (name, one, other)


def test_a_table_comes_back_as_it_was_and_a_repeated_write_changes_nothing(address: str) -> None:
    for _ in range(2):
        assert write_table(address, "back", a_frame()) == 3
        same(read_table(address, "back"), a_frame())
    assert list(read_table(address, "back", ["whole", "day"]).columns) == ["whole", "day"]


def test_one_refresh_is_replaced_and_the_others_stay(address: str) -> None:
    for refresh in ("r1", "r2", "r1", "r2"):
        write_table(address, "kept", a_frame(refresh), replace_where={"refresh_id": refresh})
    same(read_table(address, "kept"), pd.concat([a_frame("r1"), a_frame("r2")], ignore_index=True))
    write_table(address, "kept", a_frame("r2").head(1), replace_where={"refresh_id": "r2"})
    assert read_table(address, "kept")["refresh_id"].value_counts().to_dict() == {"r1": 3, "r2": 1}


def test_a_new_column_is_added_and_one_that_is_gone_stays_empty(address: str) -> None:
    write_table(address, "wider", a_frame("r1")[["refresh_id", "customer_id", "amount"]], replace_where={})
    write_table(
        address, "wider", a_frame("r2")[["refresh_id", "customer_id", "text"]], replace_where={"refresh_id": "r2"}
    )
    found = read_table(address, "wider")
    assert list(found.columns) == ["refresh_id", "customer_id", "amount", "text"]
    assert found.loc[found["refresh_id"] == "r2", "amount"].isna().all()
    assert found.loc[found["refresh_id"] == "r1", "text"].isna().all()


def test_a_failure_leaves_the_old_rows(address: str) -> None:
    write_table(address, "whole_or_none", a_frame("r1")[["refresh_id", "amount"]])
    wrong = pd.DataFrame({"refresh_id": ["r2"] * 60_000, "amount": 1.0})
    with pytest.raises(ClvError, match="database"):  # the third column cannot be made: its name is too long or empty
        write_table(address, "whole_or_none", wrong.assign(**{"": 1}))
    assert read_table(address, "whole_or_none")["refresh_id"].tolist() == ["r1"] * 3
    write_table(address, "typed", pd.DataFrame({"n": [1, 2]}))
    if address.startswith("postgresql"):
        with pytest.raises(ClvError, match="invalid input syntax"):
            write_table(address, "typed", pd.DataFrame({"n": ["1"] * 60_000 + ["x"]}))
        assert read_table(address, "typed")["n"].tolist() == [1, 2]


def test_readers_see_the_old_rows_until_all_new_ones_are_there(address: str) -> None:
    write_table(address, "seen", a_frame("r1", 3))
    sizes = set()
    writer = threading.Thread(target=write_table, args=(address, "seen", a_frame("r2", 20_000)))
    writer.start()
    while writer.is_alive():
        sizes.add(len(read_table(address, "seen", ["refresh_id"])))
    writer.join()
    assert sizes <= {3, 20_000}
    assert len(read_table(address, "seen")) == 20_000


KILLED = """
import sys, threading, time, os, signal
import pandas as pd
from clv_ml.data import database
insert, calls = database._insert, []
def slow(*args):
    insert(*args)
    calls.append(1)
    if len(calls) == 2:
        print("half", flush=True)
        time.sleep(60)
database._insert = slow
database.write_table(sys.argv[1], "killed", pd.DataFrame({"refresh_id": ["new"] * 150_000}))
"""


def test_a_kill_in_the_middle_leaves_the_old_rows(address: str) -> None:
    write_table(address, "killed", pd.DataFrame({"refresh_id": ["old"] * 7}))
    process = subprocess.Popen([sys.executable, "-c", KILLED, address], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "half\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
    assert read_table(address, "killed")["refresh_id"].tolist() == ["old"] * 7
    write_table(address, "killed", pd.DataFrame({"refresh_id": ["new"] * 2}))
    assert read_table(address, "killed")["refresh_id"].tolist() == ["new"] * 2


def test_two_writers_at_once_end_with_the_rows_of_both(address: str) -> None:
    frames = {name: a_frame(name, 5_000) for name in ("r1", "r2", "r3")}
    threads = [
        threading.Thread(
            target=write_table, args=(address, "both", frame), kwargs={"replace_where": {"refresh_id": name}}
        )
        for name, frame in frames.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_table(address, "both")["refresh_id"].value_counts().to_dict() == dict.fromkeys(frames, 5_000)


def test_a_query_is_read_in_parts_and_cannot_write(address: str) -> None:
    write_table(address, "parts", a_frame(n=10))
    parts = list(read_query(address, "SELECT customer_id FROM parts ORDER BY customer_id", chunk_rows=4))
    assert [len(part) for part in parts] == [4, 4, 2]
    assert pd.concat(parts)["customer_id"].tolist() == a_frame(n=10)["customer_id"].tolist()
    with pytest.raises(ClvError, match=r"readonly|syntax error"):
        list(read_query(address, "DELETE FROM parts"))
    assert len(read_table(address, "parts")) == 10


def test_hostile_names_are_names(address: str) -> None:
    name = 'li"st; DROP TABLE parts'
    write_table(address, name, a_frame())
    same(read_table(address, name), a_frame())


def test_types_are_those_of_the_database(postgres_address: str) -> None:
    write_table(postgres_address, "typed_columns", a_frame().rename(columns={HOSTILE_NAME: "one"}))
    sql = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'typed_columns'"
    [types] = list(read_query(postgres_address, sql))
    assert dict(types.to_numpy().tolist()) == {
        "refresh_id": "text",
        "customer_id": "text",
        "text": "text",
        "amount": "double precision",
        "whole": "bigint",
        "yes": "boolean",
        "day": "date",
        "at": "timestamp without time zone",
        "one": "bigint",
    }


def test_a_schema_can_be_named_and_nul_is_no_text(postgres_address: str) -> None:
    with pytest.raises(ClvError, match=r'schema "crm" does not exist'):
        write_table(postgres_address, "crm.list", a_frame())
    write_table(postgres_address, "public.nul", pd.DataFrame({"text": ["a\x00b"]}))
    assert read_table(postgres_address, "nul")["text"].tolist() == ["a\ufffdb"]


SECRET = "S3cret-pass"


@pytest.mark.parametrize(
    "given",
    [
        f"postgresql://clv:{SECRET}@127.0.0.1:1/crm",
        f"postgresql://clv:{SECRET}@no host/crm",
        f"mysql://clv:{SECRET}@127.0.0.1/crm",
        f"clv:{SECRET}@127.0.0.1",
        f"postgresql://clv:{SECRET}@127.0.0.1:port/crm",
        f"sqlite:////no/such/folder/{SECRET}/../crm.db",
    ],
)
def test_a_password_is_in_no_message(given: str) -> None:
    with pytest.raises(ClvError) as caught:
        write_table(given, "list", a_frame())
    told = f"{caught.value}{caught.value.__cause__}"
    assert SECRET not in told or given.startswith("sqlite")
    assert caught.value.__cause__ is None


def test_a_wrong_password_is_not_repeated_and_what_is_missing_is_named(postgres_address: str) -> None:
    with pytest.raises(DataError, match="there is no table 'nowhere'") as caught:
        read_table(postgres_address, "nowhere")
    assert "secret" not in str(caught.value)
    write_table(postgres_address, "there", pd.DataFrame({"a": [1]}))
    with pytest.raises(DataError, match="no column 'b'; there are a"):
        read_table(postgres_address, "there", ["b"])
    with pytest.raises(ConfigError, match="'mysql' is not known"):
        read_table("mysql://x@y/z", "there")
