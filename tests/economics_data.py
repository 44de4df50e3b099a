"""Purchase days for the tests of economics: written by hand, drawn at random, and a small shop of files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from clv_ml.config import CohortsConfig, Config, ValueConfig, build_config
from clv_ml.economics.customers import CohortFrames, frames_of

START = dt.date(2023, 1, 1)


def bought(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Purchase days of (customer, day, spend), an order each."""
    return pd.DataFrame(rows, columns=["customer_id", "day", "spend"]).assign(orders=1)


def frames(*rows: tuple[str, str, float], as_of: str, margin: float = 1.0, **sections: Any) -> CohortFrames:
    """Economics of a few purchase days."""
    return frames_of(
        bought(*rows),
        as_of=dt.date.fromisoformat(as_of),
        value=ValueConfig(margin=margin),
        cohorts=CohortsConfig(**{"min_customers": 1, **sections}),
    )


def histories() -> st.SearchStrategy[pd.DataFrame]:
    """Purchase days of up to eight customers over 200 days, and perhaps refunds."""
    row = st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 199), st.integers(-500, 5000), st.integers(1, 3))
    rows = st.lists(row, min_size=1, max_size=40, unique_by=lambda found: found[:2])
    return rows.map(
        lambda found: pd.DataFrame(
            {
                "customer_id": [name for name, *_ in found],
                "day": [START + dt.timedelta(days=day) for _, day, *_ in found],
                "cents": [cents for *_, cents, _ in found],
                "orders": [orders for *_, orders in found],
            }
        )
    )


def random_shop(
    n: int, *, seed: int, days: int = 400, gone_after: float = 150.0, every: float = 25.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw purchase days of n customers who come over `days`, and a channel of each that means nothing."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, days, n)
    rows = []
    for person in range(n):
        left = first[person] + rng.exponential(gone_after)
        day = float(first[person])
        while day < min(left, days):
            rows.append((f"c{person:05d}", START + dt.timedelta(days=int(day)), round(float(rng.gamma(2.0, 10.0)), 2)))
            day += 1.0 + rng.exponential(every)
    table = pd.DataFrame(rows, columns=["customer_id", "day", "spend"]).assign(orders=1)
    names = pd.Index(sorted(set(table["customer_id"])), name="customer_id")
    return table, pd.DataFrame({"channel": rng.choice(list("ABCDEFGHIJ"), len(names))}, index=names)


ORDERS = """customer,when,order,amount,what,off,cost
ann,2023-01-05 10:00,1,20.00,tea,0,12.00
ann,2023-01-05 10:00,1,5.00,cup,1.5,3.00
ann,2023-02-10 09:00,2,40.00,tea,0,20.00
ann,2023-03-01 09:00,3,-10.00,tea,0,-5.00
bob,2023-01-20 12:00,4,10.00,cup,0,
bob,2023-03-15 12:00,5,30.00,pot,0,
cat,2023-02-02 08:00,6,7.00,tea,0,4.00
cat,2023-02-02 18:00,7,7.00,jam,0,4.00
dan,2023-03-31 08:00,8,99.99,pot,0,60.00
eve,2023-04-30 08:00,9,50.00,pot,0,60.00
"""
CUSTOMERS = """customer,joined,channel,spent_on
ann,2023-01-01 08:00,google,
bob,2023-01-19 08:00,shop,4.5
cat,2023-02-01 08:00,google,
dan,2023-03-30 08:00,shop,
fay,2023-01-31 08:00,google,
gus,2023-05-31 08:00,google,
"""
EVENTS = """customer,when,type,place
ann,2023-01-01 09:00,lesson,a
ann,2023-01-03 09:00,lesson,b
ann,2023-01-10 09:00,visit,a
bob,2023-01-20 10:00,visit,c
cat,2023-02-05 08:00,lesson,a
cat,2023-02-06 08:00,lesson,b
cat,2023-02-07 08:00,lesson,c
cat,2023-03-20 08:00,visit,a
fay,2023-01-31 09:00,lesson,a
"""


def with_events(folder: Path) -> dict[str, Any]:
    """Write what the customers of the shop did, and return its section of the config."""
    (folder / "events.csv").write_text(EVENTS)
    columns = {"customer_id": "customer", "timestamp": "when", "event_type": "type", "surface": "place"}
    sources = [{"path": "events.csv", "columns": columns}]
    return {"events": {"root": str(folder), "sources": sources, "key_actions": ["lesson"]}}


def shop(folder: Path, **sections: Any) -> Config:
    """Write the files of a small shop, and return its config."""
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "people.csv").write_text(CUSTOMERS)
    columns = {"customer_id": "customer", "timestamp": "when", "order_id": "order", "amount": "amount"}
    columns |= {"product": "what", "discount": "off", "cost": "cost"}
    names = {"customer_id": "customer", "signup_at": "joined", "channel": "channel", "acquisition_cost": "spent_on"}
    tree: dict[str, Any] = {
        "name": "shop",
        "transactions": {"root": str(folder), "sources": [{"path": "orders.csv", "columns": columns}]},
        "customers": {
            "root": str(folder),
            "sources": [{"path": "people.csv", "columns": names}],
            "categories": ["channel"],
            "numbers": ["acquisition_cost"],
        },
        "value": {"margin": 0.4},
        "cohorts": {"min_customers": 1},
    }
    return build_config(tree | sections, environment={})
