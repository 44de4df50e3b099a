"""Simulated campaigns do what their scenario says."""

import numpy as np
import pytest

from clv_ml.data.simulate_campaign import CampaignScenario, simulate_campaigns
from clv_ml.errors import ConfigError

SCENARIO = CampaignScenario(
    customers=(300, 300, 400), effect=(0.2, 0.1, -0.1), spend_factor=1.3, control_share=0.3, reached=0.5, tail=0.6
)


def test_means_of_many_campaigns_are_those_of_the_scenario() -> None:
    drawn = simulate_campaigns(SCENARIO, campaigns=400, seed=1)
    for number in range(3):
        there = drawn.tier == number
        treated, kept, spend = drawn.treated[:, there], drawn.kept[:, there], drawn.spend[:, there]
        assert treated.mean() == pytest.approx(0.7, abs=0.01)
        assert kept[treated].mean() - kept[~treated].mean() == pytest.approx(SCENARIO.kept_effects()[number], abs=0.01)
        mean = spend[~treated].mean()
        gained = spend[treated].mean() - mean
        assert gained == pytest.approx(SCENARIO.spend_effects()[number], abs=0.03 * mean)


def test_nobody_in_control_is_contacted_and_half_of_the_others_are() -> None:
    drawn = simulate_campaigns(SCENARIO, campaigns=50, seed=2)
    assert not drawn.contacted[~drawn.treated].any()
    assert drawn.contacted[drawn.treated].mean() == pytest.approx(0.5, abs=0.02)


def test_the_truth_is_weighted_by_who_is_treated() -> None:
    drawn = simulate_campaigns(SCENARIO, campaigns=3, seed=3)
    treated = [drawn.tier[row] for row in drawn.treated]
    expected = [SCENARIO.kept_effects()[tiers].mean() for tiers in treated]
    np.testing.assert_allclose(drawn.kept_effect, expected)


def test_without_effect_nothing_but_the_effect_changes() -> None:
    idle = SCENARIO.with_no_effect()
    assert not idle.kept_effects().any()
    assert not idle.spend_effects().any()
    assert (idle.kept, idle.tail, idle.control_share) == (SCENARIO.kept, SCENARIO.tail, SCENARIO.control_share)


def test_a_frame_holds_one_campaign() -> None:
    drawn = simulate_campaigns(SCENARIO, campaigns=2, seed=4)
    frame = drawn.frame(1)
    assert frame.index.is_unique
    assert frame["value_tier"].value_counts().to_dict() == {"low": 400, "high": 300, "medium": 300}
    assert (frame["is_control"].to_numpy() != drawn.treated[1]).all()
    assert frame["spend"].gt(0).equals(frame["kept"])


@pytest.mark.parametrize(
    ("change", "match"), [({"effect": (0.6, 0, 0)}, "kept"), ({"control_share": 0.0}, "control_share")]
)
def test_a_scenario_that_cannot_be_is_refused(change: dict[str, object], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        CampaignScenario(**change)  # type: ignore[arg-type]
