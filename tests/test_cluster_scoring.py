"""What a job on Spark refuses before it reads anything, and which list it is compared with."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from clv_ml.config import Config, build_config
from clv_ml.errors import ConfigError
from clv_ml.pipeline.cluster_scoring import list_before, require_on_cluster
from clv_ml.pipeline.runs import Run, Runs
from clv_ml.publishing import seal

DAY = dt.date(2024, 5, 31)


def config_with(**sections: Any) -> Config:
    source = {"path": "t.csv", "columns": {"customer_id": "id", "timestamp": "at", "amount": "sum"}}
    tree = {"name": "shop", "transactions": {"sources": [source]}, "engine": {"kind": "spark"}, **sections}
    return build_config(tree, environment={})


def test_a_job_is_taken_with_consent_too() -> None:
    consent = {"path": "c", "columns": {"customer_id": "i", "consent": "c"}}
    require_on_cluster(config_with())
    require_on_cluster(config_with(customers={"sources": [consent]}))


@pytest.mark.parametrize(
    ("named", "sections"),
    [
        ("handover.changes", {"handover": {"changes": True}}),
        ("handover.database", {"handover": {"database": {"address": "sqlite:///x.db"}}}),
        ("contacts.sources", {"contacts": {"sources": ["worked.xlsx"]}}),
        ("churn.alarms.unseen_category", {"churn": {"alarms": {"unseen_category": "refuse"}}}),
        ("incremental.enabled", {"incremental": {"enabled": True}}),
    ],
)
def test_what_needs_all_customers_in_one_place_is_refused_by_name(named: str, sections: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=named):
        require_on_cluster(config_with(**sections))


def test_a_list_is_compared_with_the_last_complete_one_of_an_earlier_day(tmp_path: Path) -> None:
    runs = Runs(tmp_path, None, lambda line: None)
    assert list_before(runs, DAY) is None
    days = {"a": DAY, "b": DAY - dt.timedelta(days=1), "c": DAY - dt.timedelta(days=7), "d": DAY - dt.timedelta(days=2)}
    for name, day in days.items():
        folder = runs.folder_of(Run(day, name))
        (folder / "risk_list.parquet").mkdir(parents=True)
        if name != "b":
            seal(folder)
    found = list_before(runs, DAY)
    assert found is not None
    assert found.run_id == "d"
