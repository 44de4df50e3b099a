"""The lists of a campaign, who of them was contacted, and what that cost."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clv_ml.errors import ConfigError, DataError
from clv_ml.pipeline.campaigns import (
    CampaignList,
    campaign_lists,
    costs,
    first_assignments,
    named_lists,
    strangers,
    with_contacts,
)
from clv_ml.publishing import publish

DAY = dt.date(2024, 3, 31)


def written(folder: Path, refresh_id: str, statuses: dict[str, str], day: dt.date = DAY, **columns: Any) -> None:
    rows = pd.DataFrame({"customer_id": list(statuses), "action_status": list(statuses.values()), "value_tier": "high"})
    target = folder / f"as_of={day}" / f"run_id={refresh_id}"
    publish(target, lambda aside: rows.assign(**columns).to_parquet(aside / "risk_list.parquet", index=False))


def contact(customer: str, day: int | None, outcome: str | None = "reached_kept", **more: Any) -> dict[str, Any]:
    at = pd.NaT if day is None else pd.Timestamp(DAY) + pd.Timedelta(days=day, hours=10)
    return {"refresh_id": "r1", "customer_id": customer, "contacted_at": at, "outcome": outcome} | more


def customers(**columns: Any) -> pd.DataFrame:
    """Three customers: a and b to contact, c in control."""
    frame = pd.DataFrame({"treated": [True, True, False], "value_tier": "high"}, index=pd.Index(list("abc")))
    return frame.rename_axis("customer_id").assign(refresh_id="r1", as_of=DAY, **columns)


def test_lists_are_found_oldest_first_and_only_complete_ones(tmp_path: Path) -> None:
    written(tmp_path, "later", {"a": "contact"}, DAY + dt.timedelta(days=7))
    written(tmp_path, "first", {"a": "contact"})
    written(tmp_path, "half", {"a": "contact"})
    (tmp_path / f"as_of={DAY}" / "run_id=half" / "_SUCCESS").unlink()
    (tmp_path / "as_of=soon" / "run_id=x").mkdir(parents=True)
    (tmp_path / "as_of=soon" / "run_id=x" / "risk_list.parquet").touch()
    assert list(campaign_lists(tmp_path)) == ["first", "later"]
    assert campaign_lists(tmp_path / "none") == {}


def test_arms_are_contact_and_control_and_nobody_else(tmp_path: Path) -> None:
    statuses = {"b": "contact", "a": "control", "c": "excluded", "d": "over_capacity", "e": "not_profitable"}
    written(tmp_path, "r1", statuses, p_churn_90d=0.5)
    found = campaign_lists(tmp_path)["r1"]
    arms = found.arms(["p_churn_90d", "not_there"])
    assert arms["treated"].to_dict() == {"a": False, "b": True}
    assert "p_churn_90d" in arms
    assert sorted(found.customer_ids()) == list("abcde")


def test_a_list_without_status_is_of_an_older_version(tmp_path: Path) -> None:
    publish(tmp_path / "x", lambda aside: pd.DataFrame({"customer_id": ["a"]}).to_parquet(aside / "old.parquet"))
    with pytest.raises(DataError, match="action_status"):
        CampaignList("x", DAY, tmp_path / "x" / "old.parquet").arms()


def test_contacts_choose_the_lists_and_without_them_those_with_a_control(tmp_path: Path) -> None:
    written(tmp_path, "r1", {"a": "contact", "b": "control"})
    written(tmp_path, "r2", {"a": "contact"})
    known = campaign_lists(tmp_path)
    assert [item.refresh_id for item in named_lists(known, pd.DataFrame([contact("a", 1, refresh_id=" r2 ")]))] == [
        "r2"
    ]
    assert [item.refresh_id for item in named_lists(known, None)] == ["r1"]
    with pytest.raises(ConfigError, match=r"r9; known refresh_ids: r1 \(2024-03-31\), r2 \(2024-03-31\)"):
        named_lists(known, pd.DataFrame([contact("a", 1, refresh_id="r9")]))


def test_the_first_list_by_day_puts_a_customer_into_an_arm(tmp_path: Path) -> None:
    written(tmp_path, "z", {"a": "contact", "b": "control"})
    written(tmp_path, "a", {"a": "control", "b": "control", "c": "contact"}, DAY + dt.timedelta(days=7))
    found = first_assignments(list(campaign_lists(tmp_path).values()))
    assert found.customers["refresh_id"].to_dict() == {"a": "z", "b": "z", "c": "a"}
    assert found.customers["treated"].to_dict() == {"a": True, "b": False, "c": True}
    assert (found.again, found.changed) == (2, 1)


def test_contacts_count_within_the_window_of_the_list_only() -> None:
    rows = [contact("a", -1), contact("a", 0), contact("a", 90), contact("a", 91), contact("c", 5)]
    found = with_contacts(customers(), pd.DataFrame(rows), horizon_days=90)
    assert found["tries"].to_dict() == {"a": 2, "b": 0, "c": 1}
    assert found["contacted"].to_dict() == found["reached"].to_dict() == {"a": True, "b": False, "c": True}


def test_a_try_that_reached_nobody_costs_and_does_not_reach() -> None:
    rows = [contact("a", 1, "no_answer"), contact("b", 1, "wrong_contact"), contact("b", 2, None)]
    found = with_contacts(customers(), pd.DataFrame(rows), horizon_days=90)
    assert found["contacted"].to_dict() == {"a": True, "b": True, "c": False}
    assert found["reached"].to_dict() == {"a": False, "b": True, "c": False}


def test_a_row_without_a_time_counts_for_the_list_that_it_names() -> None:
    rows = [contact("a", None), contact("b", None, refresh_id="other"), contact("c", None, "not_contacted")]
    found = with_contacts(customers(), pd.DataFrame(rows), horizon_days=90)
    assert found["tries"].to_dict() == {"a": 1, "b": 0, "c": 0}


def test_without_contacts_everybody_listed_counts_as_reached_once() -> None:
    found = with_contacts(customers(), None, horizon_days=90)
    assert found["tries"].to_dict() == {"a": 1, "b": 1, "c": 0}
    assert found["reached"].equals(found["contacted"])


def test_costs_told_count_and_those_not_told_are_the_lists_with_the_chance_that_they_were_taken() -> None:
    listed = customers(contact_cost=2.0, offer_cost=10.0, save_rate=0.3, take_up=0.5, p_churn_90d=0.6)
    rows = [contact("a", 1, offer_cost=7.0), contact("a", 2, "no_answer", offer_cost=np.nan), contact("c", 3)]
    found = costs(with_contacts(listed, pd.DataFrame(rows), horizon_days=90), main_score="p_churn_90d")
    expected_offer = 10.0 * (0.6 * 0.3 + 0.4 * 0.5)
    assert found.to_dict() == pytest.approx({"a": 2 * 2.0 + 7.0 + expected_offer, "b": 0.0, "c": 2.0 + expected_offer})


def test_a_list_without_costs_costs_nothing() -> None:
    found = with_contacts(customers(), pd.DataFrame([contact("a", 1)]), horizon_days=90)
    assert costs(found, main_score="p_churn_90d").eq(0).all()


def test_contacted_customers_of_no_arm_are_counted_once() -> None:
    rows = pd.DataFrame([contact("a", 1), contact("x", 1), contact("x", 2), contact("y", 1, "not_contacted")])
    assert strangers(rows, customers()) == 1
