"""Campaigns on disk: orders, the lists that a score would have written, and the contacts that came back."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clv_ml.config import Config, build_config
from clv_ml.data.simulate_campaign import CampaignScenario, simulate_campaigns
from clv_ml.publishing import publish

FIRST_LIST, SECOND_LIST = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
AS_OF = dt.date(2024, 3, 31)
WINDOW_END = dt.date(2024, 6, 29)  # 90 days later
LAST_DAY = dt.date(2024, 7, 31)
HELPS = CampaignScenario(customers=(400, 700, 700), effect=(0.15, 0.15, 0.15), control_share=0.3, tail=0.8)
CONTACT_COST, OFFER_COST = 2.0, 5.0


@dataclass(frozen=True)
class Campaign:
    """A config whose output folder holds lists, the customers with their truth, and the contacts."""

    config: Config
    customers: pd.DataFrame
    contacts: pd.DataFrame


def campaign(folder: Path, scenario: CampaignScenario = HELPS, *, seed: int = 1, **changes: Any) -> Campaign:
    """Write a campaign of one list as of AS_OF; nobody is listed beside those to contact and in control."""
    drawn = simulate_campaigns(scenario, seed=seed).frame(0)
    customers = drawn.assign(spend=drawn["spend"].round(2), p_churn_90d=0.6)
    _orders(customers).to_csv(folder / "orders.csv", index=False)
    columns = {name: name for name in ("customer_id", "timestamp", "amount")}
    tree: dict[str, Any] = {
        "name": "shop",
        "transactions": {"sources": [{"path": str(folder / "orders.csv"), "columns": columns}]},
        "value": {"margin": 0.5, "cost_per_order": 1.0},
        "risk": {"control": {"share": scenario.control_share}},
        "contacts": {"worthwhile_points": 5},
        "tracking": {"store": str(folder / "models")},
        "output": {"dir": str(folder / "output")},
    } | changes
    config = build_config(tree, environment={})
    write_list(config, customers, FIRST_LIST, AS_OF)
    return Campaign(config, customers, contacts_of(customers, FIRST_LIST, AS_OF))


def write_list(config: Config, customers: pd.DataFrame, refresh_id: str, as_of: dt.date) -> None:
    """Write the list that a score of that day would have left, as far as a measurement reads it."""
    status = np.where(customers["is_control"], "control", "contact")
    listed = customers.reset_index()[["customer_id", "value_tier", "is_control", "p_churn_90d"]].assign(
        refresh_id=refresh_id,
        as_of=as_of.isoformat(),
        action_status=status,
        save_rate=0.3,
        take_up=1.0,
        offer_cost=OFFER_COST,
        contact_cost=CONTACT_COST,
        expected_saves=0.18,
        value_if_retained=np.arange(len(customers), dtype=float) % 97,
        margin=0.5,
        cost_per_order=1.0,
    )
    beside = listed.head(3).assign(
        customer_id=["x1", "x2", "x3"], action_status=["over_capacity", "not_profitable", "excluded"]
    )
    table = pd.concat([listed, beside], ignore_index=True)
    folder = config.output.dir / "scores" / f"as_of={as_of}" / f"run_id={refresh_id}"
    publish(folder, lambda aside: table.to_parquet(aside / "risk_list.parquet", index=False))


def contacts_of(customers: pd.DataFrame, refresh_id: str, as_of: dt.date) -> pd.DataFrame:
    """A worklist as it comes back: a row for everybody to contact, filled in for those who were."""
    listed = customers[~customers["is_control"]]
    made = listed["contacted"].to_numpy()
    at = pd.Timestamp(as_of) + pd.to_timedelta(9 + np.arange(len(listed)) % 200, unit="h")
    return pd.DataFrame(
        {
            "refresh_id": refresh_id,
            "customer_id": listed.index,
            "contacted_at": pd.Series(at).where(made),
            "channel": np.where(made, "phone", ""),
            "offer_cost": np.where(made, OFFER_COST, np.nan),
            "outcome": np.where(made, "reached_kept", "not_contacted"),
            "notes": "",
        }
    )


def _orders(customers: pd.DataFrame) -> pd.DataFrame:
    """A first order of everybody before the lists, and one in the window of who was kept."""
    number = np.arange(len(customers))
    before = pd.DataFrame(
        {
            "customer_id": customers.index,
            "timestamp": pd.Timestamp("2023-06-01") + pd.to_timedelta(number % 200, unit="D"),
            "amount": 10.0,
        }
    )
    kept = customers[customers["kept"]]
    later = pd.DataFrame(
        {
            "customer_id": kept.index,
            "timestamp": pd.Timestamp(AS_OF) + pd.to_timedelta(1 + number[: len(kept)] % 90, unit="D"),
            "amount": kept["spend"].to_numpy(),
        }
    )
    # the data go on after the window, and nobody is kept by a purchase then
    last = pd.DataFrame({"customer_id": ["other", customers.index[0]], "timestamp": pd.Timestamp(LAST_DAY)})
    return pd.concat([before, later, last.assign(amount=99.0)], ignore_index=True)
