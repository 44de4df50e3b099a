"""What leaves with the list: only what the config asks for, only customers to contact, and no secret in any word."""

import csv
import hashlib
import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from list_data import HOSTILE, STATUS, a_list, the_details
from pydantic import ValidationError

from clv_ml.config import HandoverConfig, build_config
from clv_ml.data.database import read_table
from clv_ml.decisions.deciding import Decisions
from clv_ml.decisions.list_file import ListFile
from clv_ml.decisions.targeting import Chosen
from clv_ml.engine.stored import StoredWriter
from clv_ml.errors import ClvError, ConfigError
from clv_ml.pipeline.handover import changed_rows, require_handover, write_handover, write_list_table

IDS = (*HOSTILE, *(f"c{number:02d}" for number in range(28)))
LISTED = a_list(IDS, status=STATUS)
DETAILS = the_details(LISTED)
CONTACTS = LISTED.loc[LISTED["action_status"] == "contact", "customer_id"].tolist()
KEY = {"CLV_ML_PSEUDONYM_KEY": "a secret of the house"}


def config(**sections: Any) -> HandoverConfig:
    return HandoverConfig(**sections)


def in_file(folder: Path, listed: pd.DataFrame) -> ListFile:
    """The list on disk, beside the folder that is looked at."""
    path = folder.with_suffix(".parquet")
    with StoredWriter(path) as writer:
        writer.write(listed)
    nobody = pd.DataFrame()
    return ListFile(path, Decisions(nobody, Chosen(pd.Series(), nobody, 0, 0)), {})


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_without_a_word_in_the_config_nothing_is_written(tmp_path: Path) -> None:
    assert write_handover(tmp_path, in_file(tmp_path, LISTED), details=DETAILS, config=config()) == {}
    assert write_list_table(LISTED, details=None, config=config()) == {}
    assert list(tmp_path.iterdir()) == []
    assert config().details_columns == ()


def test_audiences_hold_hashes_of_customers_to_contact_and_of_nobody_else(tmp_path: Path) -> None:
    asked = config(audiences={"platforms": ["google", "meta", "tiktok"], "phone_region": "DE"})
    details = DETAILS.copy()
    details.loc[CONTACTS[0], ["email", "phone"]] = [None, "no number"]
    details.loc[CONTACTS[1], "email"] = " J.Doe@Gmail.com"
    written = write_handover(tmp_path, in_file(tmp_path, LISTED), details=details, config=asked)
    told = {"rows": len(CONTACTS) - 1, "customers": len(CONTACTS), "with_email": len(CONTACTS) - 1}
    assert written["audience_google.csv"] == told | {"with_phone": len(CONTACTS) - 1, "with_neither": 1}
    for platform, address, plus in (("google", "jdoe@gmail.com", "+"), ("meta", "j.doe@gmail.com", "")):
        rows = rows_of(tmp_path / f"audience_{platform}.csv")
        assert list(rows[0]) == ["email_sha256", "phone_sha256"]
        number = 1234567 + LISTED["customer_id"].tolist().index(CONTACTS[1])
        expected = {
            "email_sha256": hashlib.sha256(address.encode()).hexdigest(),
            "phone_sha256": hashlib.sha256(f"{plus}49170{number}".encode()).hexdigest(),
        }
        assert expected in rows
        assert rows == sorted(rows, key=lambda row: (row["email_sha256"], row["phone_sha256"]))
        others = LISTED.loc[LISTED["action_status"] != "contact", "customer_id"]
        for mail in DETAILS.loc[others, "email"].str.strip().str.lower():
            assert hashlib.sha256(mail.encode()).hexdigest() not in {row["email_sha256"] for row in rows}
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"@" not in content
    assert asked.details_columns == ("phone", "email")


def test_audiences_without_any_address_are_an_error_that_says_what_to_map(tmp_path: Path) -> None:
    asked = config(audiences={})
    for details in (None, DETAILS[["name"]]):
        with pytest.raises(ConfigError, match="map email or phone"):
            write_handover(tmp_path, in_file(tmp_path, LISTED), details=details, config=asked)
    only_mail = write_handover(tmp_path, in_file(tmp_path, LISTED), details=DETAILS[["email"]], config=asked)
    assert only_mail["audience_meta.csv"]["with_phone"] == 0
    assert {row["phone_sha256"] for row in rows_of(tmp_path / "audience_meta.csv")} == {""}


def test_the_list_under_pseudonyms_names_nobody(tmp_path: Path) -> None:
    asked = config(pseudonym={}, personal={"columns": ["email"], "files": ["workbook"]})
    written = write_handover(tmp_path, in_file(tmp_path, LISTED), details=DETAILS, config=asked, environment=KEY)
    rows = rows_of(tmp_path / "risk_list_pseudonymous.csv")
    assert written["risk_list_pseudonymous.csv"]["rows"] == len(rows) == len(CONTACTS)
    assert {len(row["pseudonym"]) for row in rows} == {64}
    assert {row["action_status"] for row in rows} == {"contact"}
    content = (tmp_path / "risk_list_pseudonymous.csv").read_text(encoding="utf-8")
    assert not any(name in content for name in IDS if len(name) > 4)
    assert "example.com " not in content
    again = tmp_path / "again"
    again.mkdir()
    write_handover(again, in_file(again, LISTED), details=None, config=asked, environment=KEY)
    assert (again / "risk_list_pseudonymous.csv").read_text(encoding="utf-8") == content


def test_secrets_are_asked_for_at_once_and_never_told(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG)
    asked = config(pseudonym={"key_env": "HOUSE_KEY"})
    with pytest.raises(ConfigError, match="HOUSE_KEY is not set"):
        require_handover(asked, environment={})
    with pytest.raises(ConfigError, match="HOUSE_KEY is too short") as caught:
        require_handover(asked, environment={"HOUSE_KEY": "sh0rt"})
    assert "sh0rt" not in str(caught.value)
    database = config(database={"address_env": "CRM"})
    with pytest.raises(ConfigError, match="CRM is not set"):
        require_handover(database, environment={})
    require_handover(config(), environment={})
    given = config(database={"address": "postgresql://clv:S3cret@127.0.0.1:1/crm"})
    require_handover(given, environment={})
    assert "S3cret" not in f"{given!r}{given.model_dump(mode='json')}"
    with pytest.raises(ClvError) as failed:
        write_list_table(LISTED, details=None, config=given)
    assert "S3cret" not in str(failed.value)
    write_handover(tmp_path, in_file(tmp_path, LISTED), details=None, config=config(pseudonym={}), environment=KEY)
    assert not any(secret in caplog.text for secret in (*KEY.values(), "S3cret", "sh0rt"))


def test_changes_are_what_a_crm_must_do_something_about(tmp_path: Path) -> None:
    before = a_list(("a", "b", "c", "d"))
    now = a_list(("b", "c", "d", "e"), refresh_id="next").assign(days_since_last=99, risk_band="low")
    before = before.assign(risk_band="low")
    now.loc[now["customer_id"] == "c", "reason_1_code"] = "spend"
    now.loc[now["customer_id"] == "d", "action_status"] = "control"
    changes = changed_rows(now, before).set_index("customer_id")
    assert changes["row_change"].to_dict() == {"e": "new", "c": "changed", "d": "changed", "a": "removed"}
    assert changes.loc["a", "action_status"] == "removed"
    assert changes["rank"].isna().to_dict() == {"e": False, "c": False, "d": False, "a": True}
    written = write_handover(
        tmp_path, in_file(tmp_path, now), details=None, config=config(changes=True), previous=before
    )
    assert written["risk_list_changes.csv"] == {"new": 1, "changed": 2, "removed": 1}
    assert len(rows_of(tmp_path / "risk_list_changes.csv")) == 4
    assert changed_rows(now, now).empty
    assert list(changed_rows(now, now).columns) == ["row_change", *now.columns]
    assert set(changed_rows(now, None)["row_change"]) == {"new"}
    assert changed_rows(now.head(0), before)["row_change"].tolist() == ["removed"] * 4


def test_personal_columns_stand_only_where_the_config_says(tmp_path: Path) -> None:
    asked = config(changes=True, personal={"columns": ["email", "name"], "files": ["changes_csv"]})
    write_handover(tmp_path, in_file(tmp_path, LISTED), details=DETAILS, config=asked)
    rows = rows_of(tmp_path / "risk_list_changes.csv")
    assert {bool(row["email"]) for row in rows if row["action_status"] != "contact"} == {False}
    assert {bool(row["email"]) for row in rows if row["action_status"] == "contact"} == {True}
    assert "phone" not in rows[0]
    assert asked.personal_columns("workbook") == ()


@pytest.mark.parametrize("mode", ["replace", "append_refresh"])
def test_the_list_is_a_table_with_types_and_a_repeated_run_changes_nothing(tmp_path: Path, mode: str) -> None:
    address = f"sqlite:///{tmp_path / 'crm.db'}"
    personal = {"columns": ["email"], "files": ["database"]}
    asked = config(database={"address": address, "mode": mode, "table": "lists"}, personal=personal)
    for refresh in ("r1", "r2", "r2"):
        listed = a_list(IDS, status=STATUS, refresh_id=refresh)
        assert write_list_table(listed, details=DETAILS, config=asked) == {"table": "lists", "rows": len(IDS)}
    table = read_table(address, "lists")
    assert table["refresh_id"].value_counts().to_dict() == (
        {"r2": len(IDS)} if mode == "replace" else {"r1": len(IDS), "r2": len(IDS)}
    )
    last = table[table["refresh_id"] == "r2"].reset_index(drop=True)
    assert last["customer_id"].tolist() == list(IDS)
    assert last["value_at_risk"].tolist() == LISTED["value_at_risk"].tolist()
    assert str(last["as_of"].iloc[0]) == "2025-03-31"
    assert last["expected_next_order"].isna().tolist() == LISTED["expected_next_order"].isna().tolist()
    assert last["is_control"].tolist() == LISTED["is_control"].tolist()
    assert (last["email"].notna() == (LISTED["action_status"] == "contact")).all()
    assert "name" not in last


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"personal": {"columns": ["email"]}}, "name both"),
        ({"personal": {"columns": ["birthday"], "files": ["workbook"]}}, "birthday"),
        ({"database": {}}, "either `address` or `address_env`"),
        ({"database": {"address": "a", "address_env": "B"}}, "either `address` or `address_env`"),
        ({"audiences": {"platforms": []}}, "at least 1"),
        ({"audiences": {"phone_region": "Germany"}}, "pattern"),
        ({"pseudonym": {"key": "secret"}}, "key"),
    ],
)
def test_a_wrong_section_is_named(section: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        HandoverConfig(**section)


def test_the_section_is_part_of_a_config_and_hides_the_address() -> None:
    tree = {
        "name": "shop",
        "transactions": {"sources": [{"dataset": "cdnow_sample"}]},
        "handover": {"database": {"address": "postgresql://clv:S3cret@db/crm"}},
    }
    made = build_config(tree, environment={"CLV_ML__HANDOVER__CHANGES": "true"})
    assert made.handover.changes
    assert "S3cret" not in str(made.model_dump(mode="json"))
