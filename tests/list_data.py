"""Lists of customers to write and hand over, hostile names among them."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.data.contacts import Contacts, read_contacts
from clv_ml.data.excel_habits import GUARDED

DAY = dt.datetime(2025, 4, 2)

HOSTILE = (
    "=1+1",
    "=cmd|'/c calc'!A0",
    "@SUM(A1)",
    "-2+3",
    "+49 170 1234567",
    "\t=1+1",
    "\u200b=1+1",
    "＝1+1",
    "'=1+1",
    "00123",
    "12345678901234567",
    "1E5",
    "2024-01",
    "3/4",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "محمد علي",
    "\u202egnp.exe",
    "😀👨‍👩‍👧",
    "x" * 200,
    'a,b;"c"\nd',
    "  lead and trail  ",
    "_x0041_",
    "a\x01b",
    "'s-Gravenhage",
    "NULL",
    "nan",
    "TRUE",
)
RISKY = tuple(text for text in HOSTILE if pd.Series([text]).str.match(GUARDED).item())
CONVENTIONS = {"currency": "EUR", "horizon_days": 90, "clv_horizon_days": 365}
STATUS = ("contact", "contact", "contact", "control", "over_capacity", "not_profitable", "excluded")


def a_list(
    ids: tuple[str, ...] = HOSTILE, *, status: tuple[str, ...] = ("contact",), refresh_id: str = "abc123def456"
) -> pd.DataFrame:
    """A list with every column, one customer an id, the statuses in turn."""
    n = len(ids)
    draws = np.random.default_rng(1)
    p, value = draws.random(n), draws.gamma(2.0, 200.0, n)
    profit = np.sort(0.3 * p * value - 1.0)[::-1]
    states = [status[number % len(status)] for number in range(n)]
    table = {
        "schema_version": 2,
        "refresh_id": refresh_id,
        "as_of": "2025-03-31",
        "valid_until": "2025-04-07",
        "model_version": "shop-1",
        "customer_id": pd.Series(list(ids), dtype="str"),
        "rank": np.arange(1, n + 1),
        "action_status": states,
        "exclusion_reason": ["no_consent" if state == "excluded" else "" for state in states],
        **{f"p_churn_{days}d": p ** (days / 90) for days in (30, 60, 90)},
        "risk_band": np.select([p >= 0.75, p >= 0.5, p >= 0.25], ["very high", "high", "medium"], "low"),
        "expected_clv": value * (1 - p),
        "value_if_retained": value,
        "clv_horizon_days": 365,
        "currency": "EUR",
        "value_at_risk": p * value,
        "value_tier": "high",
        "save_rate": 0.3,
        "take_up": 1.0,
        "offer_cost": 5.0,
        "contact_cost": 1.0,
        "expected_saves": 0.3 * p,
        "expected_net_profit": profit,
        "cum_expected_profit": np.cumsum(profit),
        "reason_1_code": "silence",
        "reason_1": "No order for 74 days; usually every 31",
        "reason_2_code": "product",
        "reason_2": '=HYPERLINK("http://example.com","Bought this before")',
        "reason_3_code": "",
        "reason_3": "",
        "recommended_action_code": "call",
        "recommended_action": "Call personally",
        "expected_next_order": pd.Series(["2025-04-20" if low else None for low in p < 0.5], dtype="str"),
        "days_since_last": draws.integers(1, 200, n),
        "usual_gap_days": np.where(p < 0.1, np.nan, (60 * p).round(1)),
        "is_control": [state == "control" for state in states],
        "change": [("new", "higher_risk", "lower_risk", "same")[number % 4] for number in range(n)],
        "previous_rank": pd.array([None if number % 4 == 0 else number for number in range(n)], dtype="Int64"),
        "score_source": "lightgbm",
    }
    return pd.DataFrame(table)


def the_details(listed: pd.DataFrame) -> pd.DataFrame:
    """Personal columns of everybody on a list."""
    n = len(listed)
    return pd.DataFrame(
        {
            "email": [f"Person.{number}@Example.com " for number in range(n)],
            "phone": [f"0170 {1234567 + number}" for number in range(n)],
            "name": [HOSTILE[number % len(HOSTILE)] for number in range(n)],
        },
        index=pd.Index(listed["customer_id"], name="customer_id"),
    )


def read(path: Path, **options: Any) -> Contacts:
    """Read contacts of the hostile customers."""
    return read_contacts(path, known_ids=HOSTILE, **options)
