"""What workers do with a batch, without a cluster: rows in, rows out, in order, with what the schema promises."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from clv_ml.config import Config
from clv_ml.decisions import cluster_work
from clv_ml.decisions.cluster_choice import ClusterChoice
from clv_ml.decisions.cluster_columns import KNOWN, SCORED, columns_of, with_role
from clv_ml.decisions.cluster_work import Work
from clv_ml.decisions.standing import Standing
from clv_ml.models.bundle import Bundle
from clv_ml.models.fitting import FittedModels
from clv_ml.models.scoring import score_customers
from clv_ml.models.shipment import Shipment
from clv_ml.pipeline.listing import list_context

EVERYBODY = ClusterChoice(room=None, told=None, has_room=True, curve=pd.DataFrame(), best_n=0, chosen_n=0)
STANDING = Standing(1, 100.0, 50.0, (1.0,), (100.0,))


@pytest.fixture(scope="module")
def work(sample_models: FittedModels, sample_config: Config) -> Work:
    bundle = Bundle(sample_models, {"name": "shop"}, "v1")
    day = sample_models.cutoff
    context = list_context(sample_config, bundle, day, run_id="r", main_horizon_days=90)
    shipment = Shipment.of(bundle)
    return Work(shipment, (30, 60, 90), sample_config.value, sample_config.risk, context, "", "en")


def batches_of(customers: pd.DataFrame, size: int) -> Iterator[pa.RecordBatch]:
    table = pa.Table.from_pandas(with_role(KNOWN, customers).reset_index(), preserve_index=False)
    return iter(table.to_batches(max_chunksize=size))


def run(step: Callable[..., Any], batches: Iterator[pa.RecordBatch], **given: Any) -> pa.Table:
    return pa.Table.from_batches(list(functools.partial(step, **given)(batches)))


def test_scores_do_not_depend_on_the_batches(
    work: Work, sample_customers: pd.DataFrame, sample_models: FittedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = score_customers(sample_models, sample_customers, horizons_days=(30, 60, 90), value=work.value)
    monkeypatch.setattr("clv_ml.decisions.cluster_columns.BATCH", 100)
    other = columns_of(run(cluster_work.scored, batches_of(sample_customers, 64), work=work), SCORED)
    pd.testing.assert_frame_equal(other, one, check_exact=True, check_dtype=False)


def test_rows_that_are_not_listed_are_left_out(work: Work, sample_customers: pd.DataFrame) -> None:
    scored = run(cluster_work.scored, batches_of(sample_customers.head(300), 300), work=work)
    named = {"work": work, "standing": STANDING, "choice": EVERYBODY}
    decided = run(cluster_work.decided, iter(scored.to_batches()), **named)
    listed = run(cluster_work.listed, iter(scored.to_batches()), **named)
    status = pd.Series(decided["decided_action_status"].to_pylist())
    assert 0 < listed.num_rows < 300
    assert listed.num_rows == int(status.isin(["contact", "control"]).sum())
    assert listed["worked"].to_pylist() == [1] * listed.num_rows
    profits = np.array(listed["decided_expected_net_profit"])
    np.testing.assert_array_equal(np.array(listed["order_profit"]), -profits)
