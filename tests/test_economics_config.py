"""What the economics of cohorts are told by: every config has it, and a contradiction is one clear line."""

from __future__ import annotations

from typing import Any

import pytest

from clv_ml.config import AcquisitionCost, CohortsConfig, Scenario, build_config
from clv_ml.errors import ConfigError

TREE: dict[str, Any] = {"name": "shop", "transactions": {"sources": [{"dataset": "cdnow_sample"}]}}


def test_a_config_without_the_section_has_three_scenarios_and_all_defaults() -> None:
    cohorts = build_config(TREE, environment={}).cohorts
    assert cohorts == CohortsConfig()
    assert [scenario.name for scenario in cohorts.scenarios] == [
        "churn falls by 10 %",
        "orders worth 5 % more",
        "a campaign saves 20 %",
    ]
    assert cohorts.window_days == (30, 90, 180)
    assert cohorts.ltv_cac_target == 3.0


def test_costs_are_declared_by_channel_and_by_month() -> None:
    costs = [{"channel": "google", "per_customer": 2.5}, {"month": "2015-01", "total": 900}]
    cohorts = build_config(TREE | {"cohorts": {"acquisition_costs": costs}}, environment={}).cohorts
    assert cohorts.acquisition_costs == (
        AcquisitionCost(channel="google", per_customer=2.5),
        AcquisitionCost(month="2015-01", total=900.0),
    )


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"acquisition_costs": [{"channel": "google"}]}, "either `per_customer` or `total`"),
        ({"acquisition_costs": [{"per_customer": 1, "total": 2}]}, "either `per_customer` or `total`"),
        ({"acquisition_costs": [{"month": "2015-13", "total": 2}]}, "month"),
        ({"window_days": [90, 30]}, "ascend"),
        ({"by": ["month", "month"]}, "twice"),
        ({"by": ["all"]}, "always told of"),
        ({"scenarios": [{"name": "a"}, {"name": "a"}]}, "one name"),
        ({"min_customer": 3}, "min_customer"),
    ],
)
def test_a_contradiction_is_told(section: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_config(TREE | {"cohorts": section}, environment={})


def test_a_scenario_changes_nothing_that_it_does_not_name() -> None:
    same = Scenario(name="same")
    assert (same.churn_change, same.order_value_change, same.save_rate) == (0.0, 0.0, 0.0)
