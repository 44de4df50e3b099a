"""Arms that no fair lot would have made raise an alarm; fair ones hardly ever do."""

import numpy as np
import pandas as pd
import pytest

from clv_ml.evaluation.arm_checks import balance, share_alarm


def drawn(seed: int, share: float = 0.1, n: int = 2000) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    tier = rng.choice(["high", "medium", "low"], n)
    frame = pd.DataFrame({"value_tier": tier, "treated": rng.random(n) >= share, "p_churn": rng.random(n)})
    return frame.assign(stratum=frame["value_tier"], clv=rng.lognormal(4, 1, n))


def test_a_fair_lot_hardly_ever_alarms() -> None:
    p_values = [
        share_alarm(found["value_tier"], found["treated"], control_share=0.1) for found in map(drawn, range(80))
    ]
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.06)
    assert min(p_values) > 1e-3


def test_an_arm_that_lost_customers_in_one_tier_alarms_whether_the_share_is_known_or_not() -> None:
    found = drawn(1, n=8000)
    lost = found[~(found["treated"] & (found["value_tier"] == "high") & (np.arange(len(found)) % 2 == 0))]
    assert share_alarm(lost["value_tier"], lost["treated"], control_share=0.1) < 1e-3
    assert share_alarm(lost["value_tier"], lost["treated"], control_share=None) < 1e-3


def test_a_share_other_than_the_configs_alarms_only_against_the_config() -> None:
    found = drawn(2, share=0.2)
    assert share_alarm(found["value_tier"], found["treated"], control_share=0.1) < 1e-6
    assert share_alarm(found["value_tier"], found["treated"], control_share=None) > 1e-3


def test_one_tier_without_a_known_share_says_nothing() -> None:
    found = drawn(3).assign(value_tier="high")
    assert share_alarm(found["value_tier"], found["treated"], control_share=None) == 1.0


def test_what_was_known_before_is_balanced_in_a_fair_lot_and_alarms_where_the_team_chose() -> None:
    found = drawn(4)
    fair = balance(found, ["p_churn", "clv"]).set_index("known_before")
    assert fair.index.tolist() == ["p_churn", "clv"]
    assert not fair["alarm"].any()
    assert fair["standardised"].abs().max() < 0.3
    chosen = found.assign(treated=found["p_churn"] > 0.2)
    assert balance(chosen, ["p_churn"])["alarm"].tolist() == [True]


def test_means_are_weighted_like_the_treated_and_constants_say_nothing() -> None:
    frame = pd.DataFrame(
        {
            "stratum": ["a"] * 6 + ["b"] * 4,
            "treated": [True] * 4 + [False] * 2 + [True] * 2 + [False] * 2,
            "days": [1.0, 2.0, 3.0, 4.0, 2.0, 4.0, 10.0, 20.0, 12.0, 14.0],
            "same": 1.0,
        }
    )
    table = balance(frame, ["days", "same"])
    assert table["known_before"].tolist() == ["days"]
    assert table["treated"].iloc[0] == pytest.approx((10 + 30) / 6)
    assert table["control"].iloc[0] == pytest.approx(4 / 6 * 3.0 + 2 / 6 * 13.0)


def test_missing_values_are_left_out_and_nothing_known_gives_no_row() -> None:
    found = drawn(5).assign(unknown=np.nan)
    assert balance(found, ["unknown"]).empty
