"""Curves by age customer by customer in plain Python, and real purchase days: what the tables must agree with."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from clv_ml.data.datasets import load_dataset
from clv_ml.economics.customers import CohortFrames

_COLUMNS = {
    "online_retail": ("online_retail_2010_2011", "CustomerID", "InvoiceDate", "InvoiceNo", "Quantity", "UnitPrice"),
    "complete_journey": ("baskets", "household_id", "transaction_timestamp", "basket_id", "sales_value"),
    "game_synthetic": ("all_revenue_small", "player_id", "time", "session_id", "item_type", "item_revenue"),
}
REAL = ("cdnow", "online_retail", "complete_journey", "game_synthetic")


def real_purchase_days(name: str, data_dir: Path) -> pd.DataFrame:
    """Purchase days of a part of a real source, straight from its file: customer_id, day, cents, orders."""
    if name == "cdnow":
        rows = load_dataset("cdnow_sample")
        lines = pd.DataFrame({"customer_id": rows["customer_id"], "day": pd.to_datetime(rows["timestamp"])})
        lines["amount"], lines["order"] = rows["amount"].astype(float), np.arange(len(rows))
    else:
        file, customer, moment, order, *others = _COLUMNS[name]
        rows = pd.read_parquet(data_dir / name / f"{file}.parquet", columns=[*{customer, moment, order}, *others])
        rows = rows[rows[customer].astype("string").str.contains(r"[37](?:\.0)?$", regex=True).fillna(False)]
        if name == "online_retail":
            rows = rows[rows["Quantity"] > 0].assign(amount=rows["Quantity"] * rows["UnitPrice"])
        if name == "game_synthetic":
            rows = rows[rows["item_type"] == "iap"]
        amount = {"complete_journey": "sales_value", "game_synthetic": "item_revenue"}.get(name, "amount")
        day = pd.to_datetime(rows[moment]).dt.normalize()
        lines = pd.DataFrame({"customer_id": rows[customer].astype("string"), "day": day})
        lines["amount"], lines["order"] = rows[amount].astype(float), rows[order].astype(str)
    totals = lines.groupby(["customer_id", "day"], as_index=False).agg(
        amount=("amount", "sum"), orders=("order", "nunique")
    )
    totals = totals[totals["amount"] > 0]
    return totals.assign(cents=np.rint(100 * totals["amount"]).astype(np.int64)).drop(columns="amount")


class Person:
    """One customer: the days since the first purchase, what was spent on them, and how long he was watched."""

    def __init__(self, days: list[tuple[dt.date, int, int]], known_to: dt.date) -> None:
        days = sorted(days)
        self.first = days[0][0]
        self.days = [((day - self.first).days, cents, orders) for day, cents, orders in days]
        self.followed = (known_to - self.first).days


def people_of(frames: CohortFrames, dimension: str) -> dict[str, list[Person]]:
    """The customers of each cohort."""
    rows = defaultdict(list)
    table = frames.purchase_days
    columns = (table[name] for name in ("customer_id", "day", "cents", "orders"))
    for name, day, cents, orders in zip(*columns, strict=True):
        rows[name].append((day.date(), int(cents), int(orders)))
    cohorts = defaultdict(list)
    for name, cohort in frames.cohort_of(dimension).items():
        cohorts[str(cohort)].append(Person(rows[name], frames.known_to))
    return dict(cohorts)


def retention_of(people: list[Person], age: int) -> tuple[int, int]:
    """Customers for whom an age period is over, and those of them who bought in it."""
    watched = [person for person in people if person.followed >= 30 * age + 29]
    back = [person for person in watched if any(30 * age <= day < 30 * (age + 1) for day, *_ in person.days)]
    return len(watched), len(back)


def cumulative_of(people: list[Person], age: int) -> Fraction:
    """Cents a customer up to an age: of each period, over the customers for whom it is over."""
    total = Fraction(0)
    for period in range(age + 1):
        watched = [person for person in people if person.followed >= 30 * period + 29]
        spent = sum(cents for person in watched for day, cents, _ in person.days if day // 30 == period)
        total += Fraction(spent, len(watched))
    return total


def returned_of(people: list[Person], days: int) -> tuple[int, int]:
    """Customers followed for some days, and those of them with a second purchase day by then."""
    watched = [person for person in people if person.followed >= days]
    return len(watched), sum(len(person.days) > 1 and person.days[1][0] <= days for person in watched)
