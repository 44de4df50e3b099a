"""Who was contacted when, as far as it was known at a day."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from clv_ml.errors import missing_columns

REFUSED = "reached_refused"
NOT_MADE = "not_contacted"
NOT_REACHED = ("no_answer", "wrong_contact")
LAST_COLUMNS = ("last_contacted_at", "refused")


def made_contacts(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that tell of a contact, or of trying: those with a time or an outcome, but for `not_contacted`.

    Parameters
    ----------
    contacts
        customer_id, contacted_at (timestamp or date), and `outcome` where it is known: one row a contact or a row of a
        worklist, as :func:`clv_ml.data.contacts.read_contacts` returns them.

    Returns
    -------
    pandas.DataFrame
        The same columns, customer_id as text, contacted_at as timestamp, and `outcome` always.

    Raises
    ------
    DataError
        If a column is missing.
    """
    absent = [name for name in ("customer_id", "contacted_at") if name not in contacts]
    if absent:
        raise missing_columns("contacts", absent, contacts.columns, "Read them with read_contacts.")
    outcome = contacts["outcome"] if "outcome" in contacts else pd.Series(None, index=contacts.index, dtype=object)
    table = contacts.assign(
        customer_id=contacts["customer_id"].astype("string").astype(object),
        contacted_at=pd.to_datetime(contacts["contacted_at"]),
        outcome=outcome.astype(object).where(outcome.notna(), None),
    )
    told = table["contacted_at"].notna() | table["outcome"].notna()
    return table[told & table["outcome"].ne(NOT_MADE)].reset_index(drop=True)


def contact_days(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return the days on which customers were contacted: customer_id, day (midnight), each once, sorted.

    Contacts without a time are not among them. Parameters and errors as of :func:`made_contacts`.
    """
    made = made_contacts(contacts)
    days = made[["customer_id"]].assign(day=made["contacted_at"].dt.normalize()).dropna()
    return days.drop_duplicates().sort_values(["customer_id", "day"], ignore_index=True)


def last_contacts(contacts: pd.DataFrame | None, as_of: dt.date) -> pd.DataFrame:
    """Say when each customer was last contacted, and whether one ever refused, as known at the end of a day.

    Parameters
    ----------
    contacts
        As of :func:`made_contacts`; None where there are none.
    as_of
        Later contacts are not looked at. A refusal without a time counts on any day: better one call too few.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id (sorted): last_contacted_at (timestamp; missing where only a refusal without a time is
        known), refused (bool: any contact up to the day ended in ``reached_refused``). Customers who were never
        contacted are not in it.
    """
    if contacts is None:
        contacts = pd.DataFrame({"customer_id": [], "contacted_at": pd.Series(dtype="datetime64[us]")})
    made = made_contacts(contacts)
    refused = made["outcome"].eq(REFUSED).astype(bool)
    past = made["contacted_at"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)
    known = made.assign(refused=refused)[past | (made["contacted_at"].isna() & refused)]
    table = known[["customer_id", "contacted_at", "refused"]].rename(columns={"contacted_at": LAST_COLUMNS[0]})
    return table.groupby("customer_id", sort=True).agg({"last_contacted_at": "max", "refused": "any"})
