"""The forecast of everybody where all customers are too many to collect: the same figures by way of the disk."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest

from clv_ml.config import Config
from clv_ml.engine import DataFrame, Engine
from clv_ml.models import sampled_rows
from clv_ml.models.fitting import FittedModels
from clv_ml.models.scoring import score_customers
from clv_ml.pipeline.forecasting import promise_of
from clv_ml.pipeline.prepared import Prepared
from clv_ml.pipeline.promising import judged_by, promise_for_everybody
from clv_ml.snapshot.tables import Tables

CUTOFF = dt.date(1997, 12, 31)


def test_the_forecast_of_customers_on_disk_is_that_of_customers_in_memory(
    engine: Engine,
    sample_totals: DataFrame,
    sample_customers: pd.DataFrame,
    sample_models: FittedModels,
    sample_config: Config,
    tmp_path: Path,
) -> None:
    tables = Tables(sample_totals)
    value, horizons = sample_config.value, sample_config.churn.horizons_days
    scores = score_customers(sample_models, sample_customers, horizons_days=horizons, value=value)
    told: dict[str, Any] = {"cutoff": CUTOFF, "config": sample_config, "error": None, "fingerprint": "f"}
    one = promise_of(sample_models, sample_customers, scores, **told)
    prepared = Prepared(engine, tables, cast(Any, None), tmp_path)
    other = promise_for_everybody(prepared, tables, sample_models, **told)
    pd.testing.assert_frame_equal(other.forecast, one.forecast, check_exact=True)
    assert (other.cutoff, other.fingerprint, set(other.pictures)) == (one.cutoff, "f", set(one.pictures))


def test_a_sample_to_judge_by_is_told(
    engine: Engine, sample_totals: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    assert judged_by(engine, Tables(sample_totals), CUTOFF, progress=lines.append).is_everybody
    assert lines == []
    monkeypatch.setattr(sampled_rows, "MOST_JUDGED", 500)
    judged_by(engine, Tables(sample_totals), CUTOFF, progress=lines.append)
    assert lines == ["1997-12-31: judged: of 21.2% of the customers, drawn by a digest of customer_id"]
