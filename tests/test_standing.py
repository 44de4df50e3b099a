"""Where customers stand among all, told of a few of them: as when everybody is ranked at once."""

import numpy as np
import pandas as pd
import pytest

from clv_ml.decisions.standing import standing_of


def tiers_of(value: "pd.Series[float]", share: float) -> list[str]:
    """Rank everybody at once."""
    position = value.rank(method="min", ascending=False)
    high = max(1.0, np.ceil(share * value.notna().sum()))
    return [str(tier) for tier in np.select([position <= high, position <= 3 * high], ["high", "medium"], "low")]


def percentiles(risk: "pd.Series[float]") -> "pd.Series[float]":
    return (100.0 * risk.rank(method="average", pct=True)).round(1)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 1.0])
def test_some_customers_stand_where_they_stand_among_all(share: float) -> None:
    draws = np.random.default_rng(2)
    scores = pd.DataFrame({"expected_clv": draws.integers(0, 40, 900) / 4, "p": draws.integers(0, 300, 900) / 300})
    scores.loc[::7, "expected_clv"] = np.nan
    tiers = pd.Series(tiers_of(scores["expected_clv"], share))
    standing = standing_of(scores, main_score="p", high_value_share=share)
    for some in (scores, scores.sample(20, random_state=1), scores.head(0)):
        found = standing.of(some, "p")
        assert found["value_tier"].astype("str").tolist() == tiers[some.index].tolist()
        assert found["risk_percentile"].tolist() == percentiles(scores["p"])[some.index].tolist()


def test_tiers_hold_their_share_and_equal_values_share_a_tier() -> None:
    values = [5.0, 100.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.4, 0.3, 0.2]
    assert tiers(values, 0.2) == ["high", "high", *["medium"] * 4, *["low"] * 4]
    assert tiers([1.0, 1.0, 1.0, 0.5], 0.25) == ["high", "high", "high", "low"]
    assert tiers([7.0], 0.01) == ["high"]
    assert tiers([np.nan, np.nan], 0.5) == ["low", "low"]
    assert tiers([], 0.2) == []


def test_who_has_no_probability_has_no_percentile() -> None:
    scores = pd.DataFrame({"expected_clv": [1.0, 1.0, 1.0], "p": [0.5, np.nan, 0.1]})
    found = standing_of(scores, main_score="p", high_value_share=0.2).of(scores, "p")
    np.testing.assert_array_equal(found["risk_percentile"], [100.0, np.nan, 50.0])


def tiers(values: list[float], share: float) -> list[str]:
    scores = pd.DataFrame({"expected_clv": values, "p": [0.5] * len(values)}, dtype="float64")
    return standing_of(scores, main_score="p", high_value_share=share).of(scores, "p")["value_tier"].tolist()
