"""Customers to score and list on Spark: CDNOW, and a business with events, attributes and prospects."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from engagement_runs import CUTOFF, business, read_config, write_config

from clv_ml.config import Config, RiskConfig
from clv_ml.models.churn import ChurnModel
from clv_ml.models.engagement_score import EngagementReference
from clv_ml.models.fitting import FittedModels
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.models.training_rows import MODEL_FEATURES, population_at, with_model_features
from clv_ml.pipeline.prepared import prepare
from spark.list_parity import Case

SAMPLE_DAY = dt.date(1997, 12, 31)
RISK: dict[str, Any] = {
    "capacity": 60,
    "list_share": 0.5,
    "control": {"share": 0.2},
    "economics": {"offer_cost": 2.0, "contact_cost": 0.5},
    "segments": [
        {"when": {"value_tier": "high"}, "save_rate": 0.35},
        {"when": {"risk_band": ["low", "medium"]}, "take_up": 0.5},
    ],
}


def sample_case(customers: pd.DataFrame, models: FittedModels, config: Config) -> Case:
    """Build CDNOW, with a list before this one and people who said no or were written to."""
    chosen = config.model_copy(update={"risk": RiskConfig(**RISK)})
    ids = customers.index
    draws = np.random.default_rng(3)
    known = pd.Index(np.sort(draws.choice(ids.to_numpy(), 1200, replace=False)), name="customer_id")
    written = pd.Timestamp(SAMPLE_DAY) - pd.to_timedelta(draws.integers(0, 90, len(known)), unit="D")
    details = pd.DataFrame({"consent": draws.random(len(known)) < 0.9, "last_contacted_at": written}, index=known)
    earlier = pd.DataFrame({"customer_id": ids[::3], "rank": np.arange(1, len(ids[::3]) + 1)})
    return Case(customers, models, chosen, SAMPLE_DAY, details, earlier.assign(p_churn_90d=draws.random(len(earlier))))


def engaged_case(folder: Path) -> Case:
    """Build a business where some have not bought yet; there is room for everybody, but not on the list."""
    risk = {**RISK, "capacity": None, "list_rows": 100, "exclude": {"silent_too_long": False}}
    config = read_config(write_config(folder, business(300).tables, risk=risk))
    with prepare(config, progress=lambda line: None) as prepared:
        customers = population_at(prepared.engine, prepared.tables, CUTOFF, config.churn)
        features = prepared.tables.features
    bought = customers[customers["frequency"].notna()]
    purchases, spend = PurchaseModel().fit(bought), SpendModel().fit(bought)
    featured = with_model_features(customers, purchases, 60)
    # what is learnt does not matter here: who fell silent late
    outcome = (featured["days_since_activity"].fillna(0) > featured["days_since_activity"].median()).astype(int)
    rows = featured.reset_index().assign(cutoff=CUTOFF, churned_60=outcome.to_numpy())
    churn = ChurnModel(horizons_days=(60,)).fit(rows, features=(*features, *MODEL_FEATURES), categories=["channel"])
    models = FittedModels(CUTOFF, purchases, spend, churn, "", engagement=EngagementReference.fit(customers))
    return Case(customers, models, config, CUTOFF)
