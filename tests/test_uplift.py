"""Intention to treat on lists: strata, verdicts, compliance and what is left out."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from clv_ml.data.simulate_campaign import CampaignScenario, simulate_campaigns
from clv_ml.errors import DataError
from clv_ml.evaluation.campaign_coverage import differences
from clv_ml.evaluation.uplift import strata, uplift

LARGE = CampaignScenario(customers=(1000, 2000, 2000), effect=(0.15, 0.15, 0.15), control_share=0.3)


def measured_frame(scenario: CampaignScenario = LARGE, seed: int = 1) -> pd.DataFrame:
    frame = simulate_campaigns(scenario, seed=seed).frame(0)
    margin = 0.4 * frame["spend"]
    return frame.assign(
        refresh_id="r1",
        treated=~frame["is_control"],
        reached=frame["contacted"],
        kept=frame["kept"].astype(float),
        revenue=frame["spend"],
        margin=margin,
        net=margin - 2.0 * frame["contacted"],
    )


def test_one_list_is_judged_like_the_simulated_campaigns() -> None:
    drawn = simulate_campaigns(LARGE, seed=1)
    expected = differences(drawn)
    found = uplift(measured_frame(), worthwhile=0.05)
    for measure, name in (("kept", "kept"), ("revenue", "spend")):
        row = found.row(measure)
        assert [row["effect"], row["low"], row["high"]] == pytest.approx([float(part[0]) for part in expected[name]])
    assert found.verdict == "success"
    assert found.row("kept")["low"] < drawn.kept_effect[0] < found.row("kept")["high"]


def test_every_tier_has_its_own_effects_and_control_means_are_weighted_like_the_treated() -> None:
    frame = measured_frame()
    found = uplift(frame, worthwhile=0.05)
    assert found.effects["group"].unique().tolist() == ["all", "high", "low", "medium"]
    high = frame[frame["value_tier"] == "high"].groupby("treated")["kept"].mean()
    assert found.row("kept", "high")["effect"] == pytest.approx(high[True] - high[False])
    row = found.row("kept")
    assert row["treated_mean"] == pytest.approx(frame.loc[frame["treated"], "kept"].mean())
    assert row["control_mean"] == pytest.approx(row["treated_mean"] - row["effect"])


@pytest.mark.parametrize(
    ("effect", "worthwhile", "verdict"),
    [(0.15, 0.05, "success"), (-0.15, 0.05, "harm"), (0.0, 0.10, "no effect"), (0.0, 0.01, "too few to tell")],
)
def test_the_verdict_follows_the_interval_and_then_the_power(effect: float, worthwhile: float, verdict: str) -> None:
    scenario = CampaignScenario(customers=LARGE.customers, effect=(effect,) * 3, control_share=0.3)
    found = uplift(measured_frame(scenario), worthwhile=worthwhile)
    assert found.verdict == verdict
    assert (found.power >= 0.8) == (worthwhile >= 0.05)
    if verdict == "too few to tell":
        assert found.needed.more_control > 0
        assert found.needed.treated / found.needed.control == pytest.approx(0.7 / 0.3, rel=0.05)


def test_the_effect_on_those_reached_is_larger_by_the_share_reached() -> None:
    found = uplift(measured_frame(CampaignScenario(LARGE.customers, effect=(0.2,) * 3, reached=0.4)), worthwhile=0.05)
    assert found.reached_treated == pytest.approx(0.4, abs=0.03)
    assert found.complier_effect is not None
    assert float(found.complier_effect.effect) == pytest.approx(found.row("kept")["effect"] / found.reached_treated)
    assert found.per_contact is not None
    assert float(found.per_contact.effect) == pytest.approx(found.row("net")["effect"] / found.reached_treated)


def test_where_nobody_was_contacted_nothing_is_said_of_contacts() -> None:
    found = uplift(measured_frame(CampaignScenario(LARGE.customers, reached=0.0)), worthwhile=0.05)
    assert found.per_contact is None
    assert found.complier_effect is None


def test_costs_are_charged_to_who_was_contacted() -> None:
    found = uplift(measured_frame(), worthwhile=0.05)
    assert found.row("net")["effect"] == pytest.approx(found.row("margin")["effect"] - 2.0)


def test_lists_are_strata_of_their_own_unless_an_arm_is_too_thin() -> None:
    frame = measured_frame().assign(refresh_id=np.where(np.arange(5000) % 2, "r1", "r2"))
    assert set(strata(frame)) == {f"{r} {tier}" for r in ("r1", "r2") for tier in ("high", "medium", "low")}
    thin = frame["value_tier"].eq("high") & frame["refresh_id"].eq("r2") & ~frame["treated"]
    few = frame[~thin | (thin.cumsum() <= 3)]
    assert set(strata(few)) == {"high", "r1 medium", "r2 medium", "r1 low", "r2 low"}


def test_a_tier_without_control_is_left_out_and_told() -> None:
    frame = measured_frame()
    frame = frame[frame["treated"] | frame["value_tier"].ne("low")]
    found = uplift(frame, worthwhile=0.05)
    assert found.left_out == {"low": int((frame["value_tier"] == "low").sum())}
    assert found.row("kept")["treated"] == int((frame["treated"] & frame["value_tier"].ne("low")).sum())


def test_row_order_changes_no_digit() -> None:
    frame = measured_frame()
    shuffled = frame.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(
        uplift(frame, worthwhile=0.05).effects, uplift(shuffled, worthwhile=0.05).effects, check_exact=True
    )


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda frame: frame.drop(columns="net"), "net"),
        (lambda frame: frame[frame["treated"]], r"set risk\.control\.share above 0"),
        (lambda frame: frame.head(0), "no value tier has 2 customers in each arm"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: Any, match: str) -> None:
    with pytest.raises(DataError, match=match):
        uplift(change(measured_frame()), worthwhile=0.05)


def test_an_effect_worth_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="worthwhile must lie"):
        uplift(measured_frame(), worthwhile=0.0)
