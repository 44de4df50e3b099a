"""How many customers an effect needs: the familiar 16 p (1 - p) / D^2, arms of unequal size, and a simulation."""

import numpy as np
import pytest

from clv_ml.errors import DataError
from clv_ml.evaluation.arm_size import needed_arms, power_of


def test_even_arms_need_sixteen_p_q_over_d_squared() -> None:
    need = needed_arms(0.4, 100, 100, effect=0.05)
    assert need.control == need.treated == pytest.approx(16 * 0.4 * 0.6 / 0.05**2, rel=0.02)
    assert need.more_control == need.control - 100


def test_a_control_a_ninth_of_the_treated_needs_five_ninths_of_an_even_arm_and_nine_times_as_many_treated() -> None:
    even, uneven = needed_arms(0.4, 100, 100, effect=0.05), needed_arms(0.4, 900, 100, effect=0.05)
    assert uneven.control == pytest.approx(even.control * 5 / 9, abs=1)
    assert uneven.treated == pytest.approx(9 * uneven.control, abs=9)


def test_with_what_is_needed_the_power_is_four_in_five_and_nothing_more_is_needed() -> None:
    need = needed_arms(0.3, 900, 100, effect=0.04)
    assert power_of(0.3, need.treated, need.control, effect=0.04) == pytest.approx(0.8, abs=0.002)
    there = needed_arms(0.3, need.treated, need.control, effect=0.04)
    assert (there.more_treated, there.more_control) == (0, 0)


def test_the_power_is_how_often_such_campaigns_show_the_effect() -> None:
    rng = np.random.default_rng(1)
    control, treated = rng.binomial(400, 0.4, 20_000) / 400, rng.binomial(1200, 0.45, 20_000) / 1200
    error = np.sqrt(control * (1 - control) / 400 + treated * (1 - treated) / 1200)
    seen = np.mean(treated - control > 1.96 * error)
    assert power_of(0.4, 1200, 400, effect=0.05) == pytest.approx(seen, abs=0.02)


def test_without_an_arm_there_is_no_power_and_where_everybody_stays_there_is_some() -> None:
    assert power_of(0.4, 100, 0, effect=0.1) == 0.0
    assert 0 < power_of(1.0, 100, 100, effect=-0.1) <= 1


@pytest.mark.parametrize(("share", "effect", "match"), [(1.2, 0.1, "share must"), (0.5, 0.0, "effect is 0")])
def test_what_cannot_be_is_refused(share: float, effect: float, match: str) -> None:
    with pytest.raises(DataError, match=match):
        needed_arms(share, 10, 10, effect=effect)
