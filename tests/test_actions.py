"""What to do: the config's rules before the built-in ones, and nothing for who is left alone."""

from __future__ import annotations

from itertools import product

import pandas as pd

from clv_ml.config import ActionRule
from clv_ml.decisions.actions import ACTIONS, LEAVE_ALONE, RULES, action_words, recommended_actions
from clv_ml.decisions.catalogue import REASONS
from clv_ml.language import languages, words


def rows(status: str = "contact", reason: str = "overdue", tier: str = "high", band: str = "high") -> pd.DataFrame:
    record = {"action_status": status, "reason_1_code": reason, "value_tier": tier, "risk_band": band}
    return pd.DataFrame([record]).astype("str")


def test_every_reason_tier_and_band_has_an_action_that_can_be_said() -> None:
    codes = [*(reason.code for reason in REASONS), "customer_group"]
    every = product(codes, ("high", "medium", "low"), ("very high", "high", "medium", "low"))
    listed = pd.DataFrame(list(every), columns=["reason_1_code", "value_tier", "risk_band"]).assign(
        action_status="contact"
    )
    told = recommended_actions(listed.astype("str"))
    assert set(told) <= set(ACTIONS) - {LEAVE_ALONE}
    assert {rule.action for rule in RULES} <= set(ACTIONS)


def test_a_valuable_silent_customer_is_called_and_a_low_one_reminded() -> None:
    assert recommended_actions(rows()).tolist() == ["call"]
    assert recommended_actions(rows(tier="medium")).tolist() == ["offer"]
    assert recommended_actions(rows(tier="low")).tolist() == ["remind"]


def test_control_is_left_alone_and_the_others_get_no_action() -> None:
    assert recommended_actions(rows("control")).tolist() == [LEAVE_ALONE]
    for status in ("excluded", "over_capacity", "not_profitable"):
        assert recommended_actions(rows(status)).tolist() == [""]


def test_the_rules_of_the_config_come_first_in_their_order() -> None:
    rules = (
        ActionRule(action="Send flowers", reasons=("overdue",), tiers=("high",)),
        ActionRule(action="offer", reasons=("overdue",)),
    )
    assert recommended_actions(rows(), rules).tolist() == ["Send flowers"]
    assert recommended_actions(rows(tier="low"), rules).tolist() == ["offer"]
    assert recommended_actions(rows(reason="slow_start"), rules).tolist() == ["help_start"]


def test_actions_are_told_in_each_language_and_own_words_stay() -> None:
    codes = pd.Series([*ACTIONS, "Send {flowers}", ""], dtype="str")
    english = action_words(codes, words("en"))
    for language in languages():
        told = action_words(codes, words(language))
        assert told.tolist()[-2:] == ["Send {flowers}", ""]
        assert (told.iloc[:-2] != "").all()
        if language != "en":
            assert (told.iloc[:-2] != english.iloc[:-2]).all()
