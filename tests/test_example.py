"""The example a served model comes with: made up, and complete for whatever the model knows."""

from __future__ import annotations

import datetime as dt
from itertools import product

import pandas as pd
import pytest
from engagement_runs import CUTOFF, engaged_job

from clv_ml.config import SignalsConfig
from clv_ml.pipeline.example import example_records
from clv_ml.pipeline.table_scoring import score_transactions

DAY = dt.date(2024, 10, 26)
SIGNALS = {
    "none": None,
    "empty": SignalsConfig().model_dump(mode="json"),
    "minutes": SignalsConfig(minutes=("watch",), contacts=("mail",)).model_dump(mode="json"),
    "actions": SignalsConfig(key_actions=("exam",), minutes=("watch",)).model_dump(mode="json"),
}
ATTRIBUTES: dict[str, dict[str, list[str]] | None] = {
    "none": None,
    "empty": {"categories": [], "numbers": [], "dates": []},
    "some": {"categories": ["country"], "numbers": ["age"], "dates": ["born_at"]},
}


@pytest.mark.parametrize(("signals", "attributes"), list(product(SIGNALS, ATTRIBUTES)))
def test_every_combination_gives_what_a_model_of_it_takes(signals: str, attributes: str) -> None:
    known, kinds = SIGNALS[signals], ATTRIBUTES[attributes]
    records = example_records(DAY, known, kinds)
    wanted = {"customer_id", "timestamp", "amount"}
    wanted |= {"event_type", "value", "session_id", "surface"} if known is not None else set()
    wanted |= {"signup_at", *(name for names in kinds.values() for name in names)} if kinds is not None else set()
    assert set(records.columns) == wanted
    assert (records["timestamp"] <= pd.Timestamp(DAY)).all()
    assert records["timestamp"].max() == pd.Timestamp(DAY)
    assert records.loc[records["amount"].notna(), "customer_id"].nunique() == 3
    if known is not None:
        types = set(records["event_type"].dropna())
        assert types == {(*known["key_actions"], *known["minutes"], "visit")[0]}
        assert (records["event_type"].isna() == records["amount"].notna()).all()
        assert set(records["customer_id"]) - set(records.loc[records["amount"].notna(), "customer_id"])
    if kinds is not None:
        assert (records["signup_at"] < records["timestamp"]).all()
        assert records.notna().loc[:, ["signup_at", *kinds["categories"], *kinds["numbers"]]].all(axis=None)


def test_the_example_can_be_scored_by_the_model_it_was_made_for(tmp_path_factory: pytest.TempPathFactory) -> None:
    bundle = engaged_job(tmp_path_factory.getbasetemp()).trained.bundle
    records = example_records(CUTOFF, bundle.facts["signals"], bundle.facts["attributes"])
    scores = score_transactions(bundle, records)
    assert scores.index.tolist() == ["example-1", "example-2", "example-3", "example-4"]
    assert scores["p_churn_60d"].between(0, 1).all()
    assert scores["expected_clv"].notna().tolist() == [True, True, True, False]
    assert scores["engagement_score"].between(0, 100).all()
