"""Five hundred campaigns with a known effect: how often the intervals hold it, and how often nothing is a success."""

import pytest

from clv_ml.data.simulate_campaign import CampaignScenario
from clv_ml.evaluation.campaign_coverage import coverage

CAMPAIGNS = 500
SCENARIOS = {
    "no effect": CampaignScenario(),
    "helps": CampaignScenario(effect=(0.08, 0.08, 0.08)),
    "harms": CampaignScenario(effect=(-0.06, -0.06, -0.06)),
    "helps the best and harms the rest": CampaignScenario(effect=(0.15, 0.05, -0.03)),
    "a few big spenders": CampaignScenario(effect=(0.05, 0.05, 0.05), tail=1.5),
    "a control of 60": CampaignScenario(customers=(60, 120, 120), effect=(0.1, 0.1, 0.1), control_share=0.2),
    "few are reached": CampaignScenario(effect=(0.2, 0.15, 0.1), reached=0.4),
    "contacts raise spending by a fifth": CampaignScenario(spend_factor=1.2),
    "half in control": CampaignScenario(effect=(0.1, 0.05, 0.05), control_share=0.5),
}


def by_measure(scenario: CampaignScenario, campaigns: int) -> dict[str, dict[str, float]]:
    table = coverage(scenario, campaigns=campaigns, seed=1).set_index("measure").astype(float)
    return {str(measure): {str(name): float(value) for name, value in row.items()} for measure, row in table.iterrows()}


@pytest.fixture(scope="module", params=sorted(SCENARIOS))
def measured(request: pytest.FixtureRequest) -> dict[str, dict[str, float]]:
    return by_measure(SCENARIOS[request.param], CAMPAIGNS)


@pytest.mark.parametrize("measure", ["kept", "spend"])
def test_the_intervals_hold_the_truth_in_93_to_97_of_100(measured: dict[str, dict[str, float]], measure: str) -> None:
    assert 0.93 <= measured[measure]["covered"] <= 0.97


@pytest.mark.parametrize("measure", ["kept", "spend"])
def test_no_effect_is_called_a_success_in_at_most_5_of_100(measured: dict[str, dict[str, float]], measure: str) -> None:
    assert measured[measure]["false_success"] <= 0.05


def test_money_intervals_hold_where_contacts_cut_spending_by_a_fifth_and_the_control_varies_more() -> None:
    assert 0.93 <= by_measure(CampaignScenario(spend_factor=0.8), 2000)["spend"]["covered"] <= 0.97
