"""Hand the list over: audiences for ad platforms, a list under pseudonyms, the changes, a database table."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.config import HandoverConfig
from clv_ml.data.identifiers import international_phone, platform_email, platform_phone, pseudonyms, sha256
from clv_ml.decisions.list_file import ListFile
from clv_ml.errors import ConfigError
from clv_ml.reports.list_csv import with_details, write_safe_csv

CHANGES, PSEUDONYMOUS = "risk_list_changes.csv", "risk_list_pseudonymous.csv"
# a row has changed when one of these has: what is done with a customer, and why; figures move every day
_TELLING = (
    "action_status",
    "exclusion_reason",
    "risk_band",
    "value_tier",
    "recommended_action_code",
    "reason_1_code",
    "reason_2_code",
    "reason_3_code",
)
_DAYS = ("as_of", "valid_until", "expected_next_order")
_KEY_LENGTH = 16


def require_handover(config: HandoverConfig, *, environment: Mapping[str, str] | None = None) -> None:
    """Check, before anything is computed, that the secrets which the config names are there.

    Raises
    ------
    ConfigError
        If an environment variable is missing or empty, or a key too short to keep a secret.
    """
    known = os.environ if environment is None else environment
    if config.pseudonym is not None:
        _key(config.pseudonym.key_env, known)
    if config.database is not None:
        _address(config, known)


def write_handover(
    folder: Path,
    listed: ListFile,
    *,
    details: pd.DataFrame | None,
    config: HandoverConfig,
    previous: pd.DataFrame | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write the files that the config asks for beside the list.

    ``audience_<platform>.csv`` (email_sha256, phone_sha256; sorted, so that the order tells no rank) and
    ``risk_list_pseudonymous.csv`` hold customers to contact and nobody else; ``risk_list_changes.csv`` the rows of the
    list that are new, changed or removed since `previous`, as its column row_change says.

    Parameters
    ----------
    details
        Any of name, phone, email, indexed by customer_id; None where the config asks for none.
    previous
        The list before; everybody is new where None.
    environment
        Where the key of the pseudonyms is; that of the process where None.

    Returns
    -------
    dict
        Rows by file, for the manifest; of an audience also who has an e-mail address, a phone number, or neither.

    Raises
    ------
    ConfigError
        If there is no key, or nobody has an e-mail address or phone number because no column is mapped.
    """
    written: dict[str, Any] = {}
    if config.audiences is not None:
        if details is None or not {"email", "phone"} & set(details.columns):
            raise ConfigError("handover.audiences: map email or phone in the columns of the table of customers")
        reachable = details.reindex(listed.contacts(["customer_id"])["customer_id"])
        phones = _phones(reachable, config.audiences.phone_region)
        for platform in config.audiences.platforms:
            name = f"audience_{platform}.csv"
            written[name] = _write_audience(folder / name, reachable, phones, platform)
    if config.pseudonym is not None:
        key = _key(config.pseudonym.key_env, os.environ if environment is None else environment)
        contacts = listed.contacts()
        hidden = contacts.assign(customer_id=pseudonyms(contacts["customer_id"], key))
        write_safe_csv(folder / PSEUDONYMOUS, hidden.rename(columns={"customer_id": "pseudonym"}))
        written[PSEUDONYMOUS] = {"rows": len(hidden)}
    if config.changes:
        changes = changed_rows(listed.read(), previous)
        personal = config.personal_columns("changes_csv")
        table = with_details(changes, details, personal) if personal else changes
        write_safe_csv(folder / CHANGES, table)
        counts = changes["row_change"].value_counts()
        written[CHANGES] = {name: int(counts.get(name, 0)) for name in ("new", "changed", "removed")}
    return written


def write_list_table(
    listed: pd.DataFrame,
    *,
    details: pd.DataFrame | None,
    config: HandoverConfig,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write the list to the database table of the config, in one transaction; a repeated run changes nothing.

    Returns
    -------
    dict
        table and rows; empty where the config names no database.

    Raises
    ------
    ConfigError
        If the address is missing or cannot be used.
    ClvError
        If the database refuses; the table is as before.
    """
    if config.database is None:
        return {}
    from clv_ml.data.database import write_table

    address = _address(config, os.environ if environment is None else environment)
    personal = config.personal_columns("database")
    table = with_details(listed, details, personal) if personal else listed
    days = {name: pd.to_datetime(table[name]).dt.date for name in _DAYS if name in table}
    where = None
    if config.database.mode == "append_refresh" and len(listed):
        where = {"refresh_id": str(listed["refresh_id"].iloc[0])}
    rows = write_table(address, config.database.table, table.assign(**days), replace_where=where)
    return {"table": config.database.table, "rows": rows}


def changed_rows(listed: pd.DataFrame, previous: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows that are new, changed or removed since the previous list, with row_change in front.

    A row has changed when what is done with the customer has, or why: status, exclusion, risk band, value tier,
    action, reasons. Removed rows are those of the previous list, with the status ``removed`` and no rank.
    """
    if previous is None:
        return _marked(listed, "new")
    same = [name for name in _TELLING if name in listed and name in previous]
    # ids as Python texts: looking up a million of them takes a second, those of Arrow half a minute
    now, before = (pd.Index(table["customer_id"].to_numpy(dtype=object)) for table in (listed, previous))
    place = before.get_indexer(now)
    was_there = place >= 0
    moved = np.zeros(len(listed), dtype=bool)
    for name in same:
        one, other = (table[name].astype("str").fillna("") for table in (listed[was_there], previous))
        moved[was_there] |= np.asarray(one.array != other.array.take(place[was_there]), dtype=bool)
    gone = previous[now.get_indexer(before) < 0]
    gone = gone.assign(action_status="removed", rank=pd.Series(pd.NA, index=gone.index, dtype="Int64"))
    parts = [
        _marked(listed[~was_there], "new"),
        _marked(listed[was_there & moved], "changed"),
        _marked(gone[[name for name in listed.columns if name in gone]], "removed"),
    ]
    return pd.concat([part.astype({"rank": "Int64"}) for part in parts if len(part)] or parts[:1], ignore_index=True)


def _marked(rows: pd.DataFrame, change: str) -> pd.DataFrame:
    marked = rows.copy(deep=False)
    marked.insert(0, "row_change", change)
    return marked


def _phones(reachable: pd.DataFrame, region: str | None) -> list[str | None]:
    if "phone" not in reachable:
        return [None] * len(reachable)
    return [international_phone(text, region) for text in reachable["phone"].fillna("").astype("str")]


def _write_audience(path: Path, reachable: pd.DataFrame, phones: list[str | None], platform: str) -> dict[str, int]:
    addresses: list[str | None] = [None] * len(reachable)
    if "email" in reachable:
        addresses = [platform_email(text, platform) for text in reachable["email"].fillna("").astype("str")]
    hashed = {
        ("" if address is None else sha256(address), "" if phone is None else sha256(platform_phone(phone, platform)))
        for address, phone in zip(addresses, phones, strict=True)
    } - {("", "")}
    rows = pd.DataFrame(sorted(hashed), columns=["email_sha256", "phone_sha256"], dtype="str")
    write_safe_csv(path, rows.mask(rows == ""))
    pairs = list(zip(addresses, phones, strict=True))
    return {
        "rows": len(rows),
        "customers": len(pairs),
        "with_email": sum(address is not None for address, _ in pairs),
        "with_phone": sum(phone is not None for _, phone in pairs),
        "with_neither": sum(address is None and phone is None for address, phone in pairs),
    }


def _key(name: str, environment: Mapping[str, str]) -> str:
    key = environment.get(name, "")
    if len(key) < _KEY_LENGTH:
        state = "is not set" if not key else "is too short"
        raise ConfigError(
            f"handover.pseudonym: the environment variable {name} {state}; give it a secret of at least "
            f"{_KEY_LENGTH} characters and keep it, or the pseudonyms change"
        )
    return key


def _address(config: HandoverConfig, environment: Mapping[str, str]) -> str:
    database = config.database
    if database is None or database.address is not None:
        return "" if database is None or database.address is None else database.address.get_secret_value()
    address = environment.get(str(database.address_env), "")
    if not address:
        raise ConfigError(
            f"handover.database: the environment variable {database.address_env} is not set; it holds the address"
        )
    return address
