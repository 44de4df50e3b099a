"""A second training beside the champion: judged on the same days, its evidence a run of its own."""

from collections.abc import Iterator
from typing import Any

import pytest
from job_runs import job_config
from undrawn import undrawn

from clv_ml.config import Config
from clv_ml.pipeline import TrainResult, score, train
from clv_ml.tracking.registry import champion
from clv_ml.tracking.store import mlflow_module, tracking_uri

# few snapshots and no classifier: which of two models is used is what is looked at
QUICK = ["churn.max_snapshots=1", "churn.min_rows_per_class=100000", "forecast.error_cutoffs=0"]


@pytest.fixture(scope="module", autouse=True)
def no_pictures() -> Iterator[None]:
    with undrawn():
        yield


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return job_config(tmp_path_factory.mktemp("promotion"), overrides=QUICK)


@pytest.fixture(scope="module")
def first(config: Config) -> TrainResult:
    return train(config)


def client_of(config: Config) -> Any:
    uri = tracking_uri(config)
    return mlflow_module().MlflowClient(tracking_uri=uri, registry_uri=uri)


def test_the_first_model_is_the_champion_and_leaves_no_evidence(config: Config, first: TrainResult) -> None:
    assert first.decision.promote
    assert first.decision.reason == "there is no champion yet"
    assert champion(config) is not None
    kinds = [run.data.tags["kind"] for run in _runs(config)]
    assert kinds.count("promotion") == 0
    assert {"train", "purchases", "spend", "churn"} <= set(kinds)


def test_children_hang_below_their_training_and_speak_of_its_data(config: Config, first: TrainResult) -> None:
    parent = client_of(config).get_run(first.run.run_id)
    children = [run for run in _runs(config) if run.data.tags.get("mlflow.parentRunId") == first.run.run_id]
    assert sorted(run.data.tags["kind"] for run in children) == ["churn", "purchases", "spend"]
    for run in (parent, *children):
        for tag in ("cutoff", "horizons_days", "engine", "code_digest", "config_hash", "data_fingerprint"):
            assert run.data.tags[tag] == parent.data.tags[tag]
        (used,) = run.inputs.dataset_inputs
        assert used.dataset.digest == parent.data.tags["data_fingerprint"][:36]
    spend = next(run for run in children if run.data.tags["kind"] == "spend")
    assert float(spend.data.params["q"]) == pytest.approx(first.bundle.models.spend.params_["q"])
    assert "total_error_pct" in spend.data.metrics


def test_an_equal_challenger_is_not_promoted_and_the_evidence_says_why(config: Config, first: TrainResult) -> None:
    second = train(config)
    assert not second.decision.promote
    assert second.decision.reason == "both predict the same: a tie is no win"
    aliases = client_of(config).get_registered_model(config.name).aliases
    assert (str(aliases["champion"]), str(aliases["challenger"])) == (first.run.model_version, second.run.model_version)
    (evidence,) = [run for run in _runs(config) if run.data.tags["kind"] == "promotion"]
    assert evidence.data.tags["decision"] == "not promoted"
    assert evidence.data.tags["champion"] == first.run.model_uri
    assert evidence.data.metrics["promoted"] == 0.0


def test_another_model_is_compared_in_earnest_on_the_same_days(config: Config, first: TrainResult) -> None:
    other = config.model_copy(update={"value": config.value.model_copy(update={"purchase_model": "mbgnbd"})})
    third = train(other)
    evidence = third.decision.evidence.set_index("metric")
    assert set(evidence.index) == {"value_at_10", "ece", "brier", "auc"}
    figures = third.decision.metrics()
    better = figures["value_at_10_gain_low"] > 0 and figures["ece_gain_high"] >= 0
    assert third.decision.promote == better
    assert len(third.decision.cutoffs) == 2


def test_always_promotes_and_scoring_records_the_version_it_took(config: Config, first: TrainResult) -> None:
    always = config.model_copy(update={"tracking": config.tracking.model_copy(update={"promote": "always"})})
    latest = train(always)
    assert latest.decision.promote
    scored = score(config, as_of=config.cutoff)
    assert scored.model == latest.run.model_uri
    assert scored.run is not None
    assert client_of(config).get_run(scored.run.run_id).data.tags["model"] == latest.run.model_uri


def _runs(config: Config) -> list[Any]:
    client = client_of(config)
    experiment = client.get_experiment_by_name(config.name)
    return list(client.search_runs([experiment.experiment_id], max_results=200))
