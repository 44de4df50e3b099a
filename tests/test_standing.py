"""Where customers stand among all, told of a few of them: as when everybody is ranked at once."""

import numpy as np
import pandas as pd
import pytest

from clv_ml.decisions.deciding import value_tiers
from clv_ml.decisions.standing import Standing


def standing_of(scores: pd.DataFrame, share: float) -> Standing:
    """Measured in memory, as Spark measures it."""
    value, risk = scores["expected_clv"].dropna().sort_values(ascending=False).to_numpy(), scores["p"]
    places = [int(max(1.0, np.ceil(share * len(value)))) * times for times in (1, 3)]
    high, medium = (value[place - 1] if place <= len(value) else -np.inf for place in places)
    steps = risk.groupby(percentiles(risk)).max()
    return Standing(len(scores), float(high), float(medium), tuple(steps), tuple(steps.index))


def percentiles(risk: "pd.Series[float]") -> "pd.Series[float]":
    return (100.0 * risk.rank(method="average", pct=True)).round(1)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 1.0])
def test_some_customers_stand_where_they_stand_among_all(share: float) -> None:
    draws = np.random.default_rng(2)
    scores = pd.DataFrame({"expected_clv": draws.integers(0, 40, 900) / 4, "p": draws.integers(0, 300, 900) / 300})
    scores.loc[::7, "expected_clv"] = np.nan
    tiers = value_tiers(scores["expected_clv"], share)
    standing = standing_of(scores, share)
    for some in (scores, scores.sample(20, random_state=1), scores.head(0)):
        found = standing.of(some, "p")
        assert found["value_tier"].astype("str").tolist() == tiers[some.index].tolist()
        assert found["risk_percentile"].tolist() == percentiles(scores["p"])[some.index].tolist()
