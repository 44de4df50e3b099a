"""The control draw: keyed, stable from list to list, and the same share everywhere up to chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv_ml.decisions.control import control_arm, secret_print

IDS = [f"customer {number}" for number in range(20_000)]


def test_a_customer_keeps_the_arm_over_ten_refreshes_whoever_else_is_there() -> None:
    first = dict(zip(IDS, control_arm(IDS, experiment="spring", share=0.1, secret="s"), strict=True))
    rng = np.random.default_rng(5)
    for _ in range(10):
        some = rng.permutation(IDS)[: int(rng.integers(1, len(IDS)))]
        again = control_arm(some, experiment="spring", share=0.1, secret="s")
        assert [first[str(name)] for name in some] == again.tolist()


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
def test_the_share_holds_within_sampling_error_in_each_tier(share: float) -> None:
    arm = control_arm(IDS, experiment="autumn", share=share, secret="k")
    tiers = np.random.default_rng(2).choice(["high", "medium", "low"], size=len(IDS), p=[0.2, 0.4, 0.4])
    for tier in ("high", "medium", "low"):
        inside = arm[tiers == tier]
        error = np.sqrt(share * (1 - share) / len(inside))
        assert abs(inside.mean() - share) < 4 * error


def test_experiments_and_secrets_draw_apart() -> None:
    spring = control_arm(IDS, experiment="spring", share=0.3, secret="a")
    for other in (
        control_arm(IDS, experiment="summer", share=0.3, secret="a"),
        control_arm(IDS, experiment="spring", share=0.3, secret="b"),
        control_arm(IDS, experiment="spring", share=0.3),
    ):
        both = (spring & other).mean()
        assert both == pytest.approx(0.09, abs=0.01)  # independent


def test_a_larger_share_keeps_who_was_in_control() -> None:
    small = control_arm(IDS, experiment="x", share=0.1)
    large = control_arm(IDS, experiment="x", share=0.2)
    assert not (small & ~large).any()


@given(experiment=st.text(min_size=1, max_size=20), customer=st.text(max_size=50), secret=st.text(max_size=20))
def test_any_text_has_an_arm(experiment: str, customer: str, secret: str) -> None:
    once = control_arm([customer], experiment=experiment, share=0.5, secret=secret)
    assert once.tolist() == control_arm([customer], experiment=experiment, share=0.5, secret=secret).tolist()


def test_the_arms_of_known_customers_do_not_change_with_a_new_version() -> None:
    # written down: a change would move customers between the arms of running experiments
    arm = control_arm(IDS[:40], experiment="retention", share=0.25, secret="")
    assert [number for number, held in enumerate(arm) if held] == ARMS


def test_the_print_of_a_secret_changes_with_it_and_does_not_hold_it() -> None:
    assert secret_print("") == ""
    assert secret_print("hunter2") == secret_print("hunter2") != secret_print("hunter3")
    assert "hunter2" not in secret_print("hunter2")


ARMS = [0, 1, 4, 5, 6, 8, 10, 12, 14, 15, 16, 20, 23]
