"""The decision on everybody: value at risk, tiers and bands, and the order of the steps."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import RiskConfig
from clv_ml.decisions.deciding import decide, risk_bands, value_at_risk
from clv_ml.engine import stored
from clv_ml.errors import ConfigError


def population(size: int = 3000) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(4)
    index = pd.Index([f"c{number:05d}" for number in range(size)], name="customer_id", dtype="str")
    value = rng.exponential(200, size)
    p = rng.random(size)
    scores = pd.DataFrame({"p_churn_90d": p, "value_if_retained": value, "expected_clv": (1 - p) * value}, index=index)
    customers = pd.DataFrame({"days_since_last": rng.integers(0, 300, size)}, index=index, dtype=float)
    return customers.assign(country=rng.choice(["FR", "DE"], size)), scores


def decided(details: pd.DataFrame | None = None, secret: str = "s", **risk: Any) -> Any:
    customers, scores = population()
    config = RiskConfig(**risk)
    day = dt.date(2024, 3, 31)
    return decide(customers, scores, config=config, main_score="p_churn_90d", as_of=day, details=details, secret=secret)


def test_money_at_risk_is_churn_times_the_value_if_retained_and_never_times_clv() -> None:
    scores = pd.DataFrame({"p": [0.5, 0.9], "value_if_retained": [200.0, 100.0], "expected_clv": [1.0, 2.0]})
    assert value_at_risk(scores, "p").tolist() == [100.0, 90.0]


def test_bands_begin_at_their_lower_border() -> None:
    edges = pd.Series([1.0, 0.75, 0.7499, 0.5, 0.4999, 0.25, 0.2499, 0.0])
    told = ["very high", "very high", "high", "high", "medium", "medium", "low", "low"]
    assert risk_bands(edges).tolist() == told


def test_the_control_share_holds_in_every_tier_and_takes_no_room() -> None:
    found = decided(capacity=200, control={"share": 0.2})
    table = found.table
    assert (table["action_status"] == "contact").sum() == 200
    for _, rows in table.groupby("value_tier"):
        error = np.sqrt(0.2 * 0.8 / len(rows))
        assert abs(rows["is_control"].mean() - 0.2) < 4 * error
    held = table["action_status"] == "control"
    assert table.loc[held, "is_control"].all()
    # about a fifth of those who would have been contacted
    assert held.sum() == pytest.approx(50, abs=25)
    border = table.loc[table["action_status"] == "contact", "expected_net_profit"].min()
    assert (table.loc[held, "expected_net_profit"] >= border).all()


def test_exclusions_come_before_control_and_room() -> None:
    customers, _ = population()
    consent = pd.DataFrame({"consent": np.arange(len(customers)) % 2 == 0}, index=customers.index)
    table = decided(consent, capacity=100, control={"share": 0.5}).table
    assert (table.loc[~consent["consent"], "action_status"] == "excluded").all()
    assert set(table.loc[~consent["consent"], "exclusion_reason"]) == {"no_consent"}
    assert (table["action_status"] == "contact").sum() == 100
    assert set(table.loc[customers["days_since_last"] >= 180, "action_status"]) == {"excluded"}


def test_a_segment_by_an_attribute_of_the_customer_changes_the_profit() -> None:
    customers, _ = population()
    plain = decided().table
    generous = decided(segments=({"when": {"country": "FR"}, "save_rate": 0.6},)).table
    french = customers["country"] == "FR"
    pd.testing.assert_frame_equal(plain[~french], generous[~french])
    assert (generous.loc[french, "expected_saves"] >= plain.loc[french, "expected_saves"]).all()
    with pytest.raises(ConfigError, match="no column 'planet'"):
        decided(segments=({"when": {"planet": "Mars"}, "save_rate": 0.6},))


def test_what_is_decided_in_batches_is_what_is_decided_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    segments = ({"when": {"country": "FR"}, "save_rate": 0.6},)
    whole = decided(capacity=200, segments=segments)
    monkeypatch.setattr(stored, "BATCH", 700)
    parts = decided(capacity=200, segments=segments)
    pd.testing.assert_frame_equal(parts.table, whole.table)
    pd.testing.assert_frame_equal(parts.chosen.curve, whole.chosen.curve)


def test_another_secret_draws_other_arms_and_leaves_the_rest_alone() -> None:
    one, other = decided(secret="a").table, decided(secret="b").table
    assert (one["is_control"] != other["is_control"]).any()
    pd.testing.assert_series_equal(one["expected_net_profit"], other["expected_net_profit"])
