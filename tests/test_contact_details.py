"""Who can be reached and who may be: careful where answers are missing or differ, and never a feature."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clv_ml.config import CustomersConfig, FilesConfig
from clv_ml.data.contact_details import contact_details
from clv_ml.data.customers import check_customers, read_customers
from clv_ml.engine import Engine

COLUMNS = {name: name for name in ("customer_id", "email", "phone", "name", "consent", "refused", "last_contacted_at")}
AS_OF = dt.date(2025, 3, 31)
Rows = list[dict[str, Any]]


def written(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    frame = pd.DataFrame(list(rows), dtype="string")
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path, index=False)


def read(engine: Engine, root: Path, rows: Sequence[dict[str, Any]], **options: Any) -> pd.DataFrame:
    written(root / "customers.csv", rows)
    columns = {name: name for name in COLUMNS if any(name in row for row in rows)}
    source = FilesConfig(path="customers.csv", columns=columns, **options)
    return contact_details(engine, CustomersConfig(root=root, sources=(source,)), as_of=AS_OF)


@pytest.mark.parametrize(
    ("answer", "consent", "unclear"),
    [
        *(
            (text, True, False)
            for text in ("yes", "Y", "TRUE", "1", "1.0", "ja", " oui ", "نعم", "opt in", "yes\u200b")
        ),
        *((text, False, False) for text in ("no", "N", "false", "0", "nein", "لا", "opt-out")),
        *((text, False, True) for text in ("", " ", None, "maybe", "2024-01-01", "2")),
    ],
)
def test_consent_is_a_clear_yes_or_none(
    engine: Engine, tmp_path: Path, answer: str | None, consent: bool, unclear: bool
) -> None:
    found = read(engine, tmp_path, [{"customer_id": "a", "consent": answer, "refused": answer}])
    assert found[["consent", "consent_unclear"]].to_numpy().tolist()[0] == [consent, unclear]
    empty = answer is None or not answer.strip()
    assert found["refused"].tolist() == [consent or (unclear and not empty)]


def test_any_no_wins_and_the_latest_contact_up_to_the_day_counts(engine: Engine, tmp_path: Path) -> None:
    rows: Rows = [
        {"customer_id": "a", "consent": "yes", "refused": "no", "last_contacted_at": "2025-03-31 23:59"},
        {"customer_id": "a", "consent": "no", "refused": "", "last_contacted_at": "2025-01-01"},
        {"customer_id": "b", "consent": "yes", "refused": "yes", "last_contacted_at": "2025-04-01 00:00"},
        {"customer_id": "b", "consent": "yes", "refused": "no", "last_contacted_at": "2025-02-01"},
        {"customer_id": "c", "consent": "yes", "refused": "", "last_contacted_at": "2030-01-01"},
        {"customer_id": "c", "consent": "", "refused": "", "last_contacted_at": "soon"},
        {"customer_id": "d", "consent": "yes", "refused": "no", "last_contacted_at": None},
        {"customer_id": " ", "consent": "yes", "refused": "no", "last_contacted_at": None},
    ]
    found = read(engine, tmp_path, rows)
    assert found.index.tolist() == ["a", "b", "c", "d"]
    assert found["consent"].tolist() == [False, True, False, True]
    assert found["consent_unclear"].tolist() == [False, False, True, False]
    assert found["refused"].tolist() == [False, True, False, False]
    days = [dt.datetime(2025, 3, 31, 23, 59), dt.datetime(2025, 2, 1)]
    assert found["last_contacted_at"].tolist()[:2] == days
    assert found["last_contacted_at"].isna().tolist() == [False, False, True, True]
    pd.testing.assert_frame_equal(read(engine, tmp_path, rows[::-1]), found)


def test_only_what_is_mapped_and_wanted_is_there(engine: Engine, tmp_path: Path) -> None:
    rows: Rows = [
        {"customer_id": "b", "email": " b@x.org ", "name": "=1+1", "phone": "0170"},
        {"customer_id": "a", "email": "", "name": "\u202eeve", "phone": None},
        {"customer_id": "b\u200b", "email": "a@x.org", "name": None, "phone": None},
    ]
    found = read(engine, tmp_path, rows)
    assert list(found.columns) == ["email", "phone", "name"]
    assert list(found.loc["b"]) == ["a@x.org", "0170", "=1+1"]
    assert list(found.loc["a"].isna()) == [True, True, False]
    config = CustomersConfig(root=tmp_path, sources=(FilesConfig(path="customers.csv", columns=COLUMNS_OF_NAMES),))
    assert list(contact_details(engine, config, as_of=AS_OF, columns=("name", "consent")).columns) == ["name"]
    bare_ids = CustomersConfig(
        root=tmp_path, sources=(FilesConfig(path="customers.csv", columns={"customer_id": "customer_id"}),)
    )
    nothing = contact_details(engine, bare_ids, as_of=AS_OF)
    assert (list(nothing.columns), len(nothing), nothing.index.name) == ([], 0, "customer_id")


COLUMNS_OF_NAMES = {"customer_id": "customer_id", "name": "name"}


def test_a_source_that_does_not_know_consent_neither_gives_nor_takes_it(engine: Engine, tmp_path: Path) -> None:
    written(tmp_path / "crm.csv", [{"customer_id": "a", "consent": "yes"}, {"customer_id": "b", "consent": "no"}])
    shop = [{"customer_id": name, "email": f"{name}@x.org"} for name in ("a", "b", "c")]
    written(tmp_path / "shop.parquet", shop)
    sources = (
        FilesConfig(path="crm.csv", columns={"customer_id": "customer_id", "consent": "consent"}),
        FilesConfig(path="shop.parquet", columns={"customer_id": "customer_id", "email": "email"}),
    )
    found = contact_details(engine, CustomersConfig(root=tmp_path, sources=sources), as_of=AS_OF)
    assert found["consent"].to_dict() == {"a": True, "b": False, "c": False}
    assert found["consent_unclear"].to_dict() == {"a": False, "b": False, "c": True}
    assert found["email"].tolist() == ["a@x.org", "b@x.org", "c@x.org"]


def test_days_follow_the_pattern_of_their_files(engine: Engine, tmp_path: Path) -> None:
    rows: Rows = [{"customer_id": "a", "last_contacted_at": "3/4/2024"}]
    assert read(engine, tmp_path, rows)["last_contacted_at"].isna().all()
    found = read(engine, tmp_path, rows, timestamp_format="%d/%m/%Y")
    assert found["last_contacted_at"].tolist() == [dt.datetime(2024, 4, 3)]


def test_mapping_them_changes_nothing_that_a_model_sees(engine: Engine, tmp_path: Path) -> None:
    rows: Rows = [
        {
            "customer_id": name,
            "signup_at": f"2024-01-0{number}",
            "country": "NL",
            "email": f"{name}@x.org",
            "phone": "0170",
            "name": "N",
            "consent": "yes",
            "refused": "no",
            "last_contacted_at": f"2025-01-0{number}",
        }
        for number, name in enumerate("abc", start=1)
    ]
    written(tmp_path / "customers.csv", rows)
    seen = []
    plain = {name: name for name in ("customer_id", "signup_at", "country")}
    for columns in (plain, plain | COLUMNS):
        source = FilesConfig(path="customers.csv", columns=columns)
        config = CustomersConfig(root=tmp_path, sources=(source,), categories=("country",))
        checked = check_customers(engine, read_customers(engine, config), config)
        names = checked.rows.columns
        assert names == ["customer_id", "signup_at", "country"]
        seen.append((engine.to_pandas(checked.rows.orderBy("customer_id")), engine.fingerprint(checked.rows, names)))
        assert set(checked.quarantine.columns) & {"email", "phone", "name", "consent"} == set()
    pd.testing.assert_frame_equal(seen[0][0], seen[1][0])
    assert seen[0][1] == seen[1][1]
