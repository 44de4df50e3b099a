"""Choosing: what the model raises comes first, then what stands out, the group, and what is good to know."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clv_ml.decisions.catalogue import LAST_RESORT, REASONS
from clv_ml.decisions.choosing import CODES, GROUP, scores_of
from clv_ml.decisions.facts import FloatArray
from clv_ml.decisions.themes import THEMES

LAST, RHYTHM = CODES.index(LAST_RESORT), CODES.index("in_rhythm")
CONTEXT = [place for place, reason in enumerate(REASONS) if reason.context]
MODEL_ONLY = [place for place, reason in enumerate(REASONS) if not reason.alone and not reason.context]


def drawn(seed: int, customers: int = 400) -> tuple[FloatArray, pd.DataFrame]:
    """Strengths of which two thirds are 0, and theme sums of both signs."""
    rng = np.random.default_rng(seed)
    strengths = rng.exponential(size=(customers, len(CODES))) * (rng.random((customers, len(CODES))) < 1 / 3)
    strengths[:, LAST] = 0.01
    return strengths, pd.DataFrame(rng.normal(size=(customers, len(THEMES))), columns=list(THEMES))


def in_order(scores: FloatArray) -> list[list[str]]:
    """The codes of each row that are told, best first."""
    order = np.argsort(-scores, axis=1, kind="stable")
    return [[CODES[place] for place in row if told[place] > 0] for row, told in zip(order, scores, strict=True)]


def one(**strengths: float) -> FloatArray:
    """One customer: the strengths of the first fact of each code, and the last resort."""
    row = np.zeros((1, len(CODES)))
    row[0, LAST] = 0.01
    for code, strength in strengths.items():
        row[0, CODES.index(code)] = strength
    return row


def raised(**sums: float) -> pd.DataFrame:
    return pd.DataFrame([dict.fromkeys(THEMES, -1.0) | sums])


def test_kinds_follow_one_another_however_strong_they_are() -> None:
    facts = one(overdue=0.1, longest_silence=0.05, spend_falling=90.0, value_so_far=99.0, **{GROUP: 1.0})
    assert in_order(scores_of(facts, raised(overdue=0.1))) == [
        ["overdue", "spend_falling", "longest_silence", GROUP, "value_so_far"]
    ]


def test_without_a_model_the_strongest_facts_come_first() -> None:
    facts = one(overdue=0.1, spend_falling=0.5, smaller_order=2.0, no_activity=3.0)
    assert in_order(scores_of(facts, None)) == [["spend_falling", "overdue", "smaller_order"]]


def test_the_group_alone_is_no_choice_of_the_model() -> None:
    facts = one(overdue=0.1, **{GROUP: 1.0})
    assert in_order(scores_of(facts, raised(customer_group=5.0))) == [["overdue", GROUP]]
    assert in_order(scores_of(one(**{GROUP: 1.0}), raised(customer_group=5.0))) == [[LAST_RESORT, GROUP]]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("modelled", [True, False])
def test_the_last_resort_is_told_first_or_not_at_all(seed: int, modelled: bool) -> None:
    strengths, sums = drawn(seed)
    for row in in_order(scores_of(strengths, sums if modelled else None)):
        assert row.index(LAST_RESORT) == 0 if LAST_RESORT in row else row
        # it tells of the rhythm itself
        assert not {LAST_RESORT, "in_rhythm"} <= set(row)


@pytest.mark.parametrize("seed", range(5))
def test_what_only_a_model_can_judge_is_told_only_where_its_theme_raises_the_risk(seed: int) -> None:
    strengths, sums = drawn(seed)
    told = scores_of(strengths, sums) > 0
    assert not (scores_of(strengths, None)[:, MODEL_ONLY] > 0).any()
    for place in MODEL_ONLY:
        highest = sums[list(REASONS[place].themes)].max(axis=1).to_numpy()
        assert (highest[told[:, place]] > 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_told_that_does_not_hold_and_everybody_is_told_something(seed: int) -> None:
    strengths, sums = drawn(seed)
    for scores in (scores_of(strengths, sums), scores_of(strengths, None)):
        assert not (scores[strengths == 0] > 0).any()
        assert (scores > 0).any(axis=1).all()
        told = (scores > 0) & (strengths > 0)
        context = told[:, CONTEXT] | (strengths[:, CONTEXT] == 0)
        context[:, CONTEXT.index(RHYTHM)] |= scores[:, LAST] > 0
        assert context.all()  # what is good to know is never lost


def test_customers_do_not_change_each_other() -> None:
    strengths, sums = drawn(0)
    rows = np.random.default_rng(1).permutation(len(strengths))
    whole = scores_of(strengths, sums)
    np.testing.assert_array_equal(scores_of(strengths[rows], sums.iloc[rows]), whole[rows])
    np.testing.assert_array_equal(scores_of(strengths[:1], sums.head(1)), whole[:1])
    assert scores_of(strengths[:0], sums.head(0)).shape == (0, len(CODES))


def test_the_strengths_are_left_alone() -> None:
    strengths, sums = drawn(2)
    before = strengths.copy()
    scores_of(strengths, sums)
    np.testing.assert_array_equal(strengths, before)
