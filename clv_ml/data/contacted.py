"""Who was contacted when, as far as it was known at a day."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from clv_ml.errors import missing_columns

REFUSED = "reached_refused"
LAST_COLUMNS = ("last_contacted_at", "refused")


def contact_days(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return the days on which customers were contacted, one row a customer and day.

    Parameters
    ----------
    contacts
        customer_id, contacted_at (timestamp or date), one row a contact, as
        :func:`clv_ml.data.contacts.read_contacts` returns them. Rows without a time are not contacts yet.

    Returns
    -------
    pandas.DataFrame
        customer_id (text), day (timestamp at midnight), sorted by both.

    Raises
    ------
    DataError
        If a column is missing.
    """
    absent = [name for name in ("customer_id", "contacted_at") if name not in contacts]
    if absent:
        raise missing_columns("contacts", absent, contacts.columns, "Read them with read_contacts.")
    made = contacts[contacts["contacted_at"].notna()]
    day = pd.to_datetime(made["contacted_at"]).dt.normalize()
    days = pd.DataFrame({"customer_id": made["customer_id"].astype("string").astype(object), "day": day})
    return days.drop_duplicates().sort_values(["customer_id", "day"], ignore_index=True)


def last_contacts(contacts: pd.DataFrame | None, as_of: dt.date) -> pd.DataFrame:
    """Say when each customer was last contacted, and whether one ever refused, as known at the end of a day.

    Parameters
    ----------
    contacts
        As for :func:`contact_days`, with `outcome` where it is known; None where there are none.
    as_of
        Later contacts are not looked at.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id (sorted): last_contacted_at (timestamp), refused (bool: any contact up to the day ended
        in ``reached_refused``). Customers who were never contacted are not in it.
    """
    if contacts is None:
        contacts = pd.DataFrame({"customer_id": [], "contacted_at": pd.Series(dtype="datetime64[us]")})
    contact_days(contacts.head(0))  # says which column is missing
    at = pd.to_datetime(contacts["contacted_at"])
    known = contacts[at < pd.Timestamp(as_of) + pd.Timedelta(days=1)]
    outcome = known["outcome"] if "outcome" in known else pd.Series(None, index=known.index, dtype=object)
    table = pd.DataFrame(
        {
            "customer_id": known["customer_id"].astype("string").astype(object),
            "last_contacted_at": pd.to_datetime(known["contacted_at"]),
            "refused": outcome.eq(REFUSED).fillna(False).astype(bool),
        }
    )
    return table.groupby("customer_id", sort=True).agg({"last_contacted_at": "max", "refused": "any"})
