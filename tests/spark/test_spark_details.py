"""Consent, refusals and last contacts, read by the workers of Spark: those of one machine."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd

from clv_ml.config import Config, build_config
from clv_ml.data.contact_details import DECISIVE, contact_details
from clv_ml.engine import Engine, SparkEngine
from clv_ml.pipeline.cluster_details import details_on_cluster

AS_OF = dt.date(2025, 3, 31)
ROWS: list[tuple[str | None, ...]] = [
    ("a", "yes", "no", "2025-03-31 23:59"),
    ("a", "نعم", "", "2025-01-01"),
    ("b", "yes", "yes", "2025-04-01 00:00"),
    ("b", "no", "no", "2025-02-01"),
    ("c", "Y", "", "2030-01-01"),
    ("c", "", "maybe", "soon"),
    (" d ", "opt in", None, None),
    ("d\u200b", "1", "0", "2025-03-30T08:00:00"),
    ("e", None, None, None),
    (" ", "yes", "no", None),
]


def config_of(root: Path, *columns: str) -> Config:
    """Two sources: one tells all, the other consent alone."""
    pd.DataFrame(ROWS, columns=["customer_id", *DECISIVE]).to_csv(root / "told.csv", index=False)
    asked = [("a", "yes"), ("d", "no"), ("f", "granted"), (None, "yes")]
    pd.DataFrame(asked, columns=["customer_id", "consent"]).to_parquet(root / "asked.parquet", index=False)
    sources: list[dict[str, Any]] = [{"path": "told.csv", "columns": {n: n for n in ("customer_id", *columns)}}]
    if "consent" in columns:
        sources.append({"path": "asked.parquet", "columns": {"customer_id": "customer_id", "consent": "consent"}})
    orders = {"path": "t.csv", "columns": {"customer_id": "id", "timestamp": "at", "amount": "sum"}}
    tree = {
        "name": "shop",
        "transactions": {"sources": [orders]},
        "customers": {"root": str(root), "sources": sources},
    }
    return build_config(tree, environment={})


def test_answers_are_those_of_one_machine(spark: SparkEngine, engine: Engine, tmp_path: Path) -> None:
    config = config_of(tmp_path, *DECISIVE)
    assert config.customers is not None
    one = contact_details(engine, config.customers, as_of=AS_OF, columns=DECISIVE).drop(columns="consent_unclear")
    with spark.active():
        details = details_on_cluster(spark, config, AS_OF)
        assert details is not None
        found = spark.to_pandas(details).set_index("customer_id").sort_index()
    assert found["consent"].to_dict() == {"a": True, "b": False, "c": False, "d": False, "e": False, "f": True}
    assert found["refused"].sum() == 2
    pd.testing.assert_frame_equal(found, one, check_index_type=False, check_exact=True)


def test_what_no_source_maps_is_not_there(spark: SparkEngine, tmp_path: Path) -> None:
    with spark.active():
        details = details_on_cluster(spark, config_of(tmp_path, "refused"), AS_OF)
        assert details is not None
        assert details.columns == ["customer_id", "refused"]
        assert details_on_cluster(spark, config_of(tmp_path), AS_OF) is None
