"""A campaign measured from its list, its contacts and the orders that came after."""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from campaign_data import (
    AS_OF,
    CONTACT_COST,
    FIRST_LIST,
    HELPS,
    LAST_DAY,
    OFFER_COST,
    SECOND_LIST,
    WINDOW_END,
    Campaign,
    campaign,
    contacts_of,
    write_list,
)

from clv_ml.config import Config
from clv_ml.errors import ClvError, ConfigError, DataError
from clv_ml.evaluation.uplift import uplift
from clv_ml.pipeline.measuring import MeasureResult, measure
from clv_ml.pipeline.prepared import Prepared, prepare, silent
from clv_ml.tracking.outbox import waiting
from clv_ml.tracking.run import LoggedRun, RunRecord
from clv_ml.tracking.store import mlflow_module, tracking_uri

SMALL = dataclasses.replace(HELPS, customers=(60, 100, 100))


@pytest.fixture(scope="module")
def helped(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return campaign(tmp_path_factory.mktemp("campaign"))


@pytest.fixture(scope="module")
def measured(helped: Campaign) -> MeasureResult:
    return measure(helped.config, helped.contacts, as_of=WINDOW_END)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """The orders of all small campaigns, read once."""
    with prepare(campaign(tmp_path_factory.mktemp("shop"), SMALL).config, progress=silent) as prepared:
        yield prepared


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop: Prepared) -> Campaign:
    """A campaign of 260 customers, neither drawn as a picture nor sent to MLflow."""
    monkeypatch.setattr("clv_ml.pipeline.measuring.prepare", lambda config, progress: nullcontext(shop))
    monkeypatch.setattr("clv_ml.pipeline.measuring.log_run", lambda config, record: LoggedRun("none"))
    monkeypatch.setattr("clv_ml.reports.measurement.save", lambda figure, path: path)
    monkeypatch.setattr("clv_ml.reports.measurement.effect_figure", lambda *given, **options: None)
    return campaign(tmp_path, SMALL)


def test_the_figures_are_those_of_the_truth_on_disk(helped: Campaign, measured: MeasureResult) -> None:
    frame = helped.customers
    margin = 0.5 * frame["spend"] - 1.0 * frame["kept"]
    expected = uplift(
        frame.assign(
            refresh_id=FIRST_LIST,
            treated=~frame["is_control"],
            reached=frame["contacted"],
            kept=frame["kept"].astype(float),
            revenue=frame["spend"],
            margin=margin,
            net=margin - frame["contacted"] * (CONTACT_COST + OFFER_COST),
        ),
        worthwhile=0.05,
    )
    assert measured.found is not None
    pd.testing.assert_frame_equal(measured.found.effects, expected.effects)
    assert measured.verdict == expected.verdict == "success"
    truth = 0.15
    assert measured.found.row("kept")["low"] < truth < measured.found.row("kept")["high"]
    assert measured.sentence.startswith("Contacting kept ")
    assert "after costs" in measured.sentence


def test_files_hold_the_same_for_people_and_machines(measured: MeasureResult) -> None:
    facts = json.loads((measured.folder / "measurement.json").read_text(encoding="utf-8"))
    assert facts["verdict"] == "success"
    assert facts["judged"] == [FIRST_LIST]
    assert facts["effects"] == measured.facts["effects"]
    told = (measured.folder / "measurement.txt").read_text(encoding="utf-8")
    assert measured.sentence in told
    assert "save rate measured: " in told
    assert len(pd.read_csv(measured.folder / "effects.csv")) == 16
    picture = (measured.folder / "effects.svg").read_text(encoding="utf-8")
    assert "What contacting changed in 90 days" in picture
    assert not [note for note in measured.facts["notes"] if "WARNING" in note]


def test_mlflow_holds_the_figures_the_lists_and_the_verdict(helped: Campaign, measured: MeasureResult) -> None:
    assert measured.run is not None
    uri = tracking_uri(helped.config)
    run = mlflow_module().MlflowClient(tracking_uri=uri, registry_uri=uri).get_run(measured.run.run_id)
    assert run.data.tags["kind"] == "measurement"
    assert run.data.tags["verdict"] == "success"
    assert run.data.tags["refresh_ids"] == FIRST_LIST
    assert run.data.metrics["kept_effect"] == pytest.approx(measured.facts["metrics"]["kept_effect"])
    assert not waiting(helped.config)


def test_the_same_again_is_neither_computed_nor_logged_twice(helped: Campaign, measured: MeasureResult) -> None:
    shuffled = helped.contacts.sample(frac=1.0, random_state=1)
    again = measure(helped.config, shuffled, as_of=WINDOW_END)
    assert again.repeated
    assert again.facts == json.loads(json.dumps(measured.facts))
    uri = tracking_uri(helped.config)
    client = mlflow_module().MlflowClient(tracking_uri=uri, registry_uri=uri)
    experiment = client.get_experiment_by_name(helped.config.name)
    assert len(client.search_runs([experiment.experiment_id], "tags.kind = 'measurement'")) == 1


def test_other_contacts_are_measured_anew(small: Campaign) -> None:
    first = measure(small.config, small.contacts, as_of=WINDOW_END)
    fewer = small.contacts.assign(outcome="not_contacted")
    second = measure(small.config, fewer, as_of=WINDOW_END)
    assert not second.repeated
    assert second.facts["metrics"]["reached_treated"] == 0.0
    # by intention to treat, the customers kept are the same
    assert second.facts["metrics"]["kept_effect"] == first.facts["metrics"]["kept_effect"]


def test_a_list_whose_window_is_open_is_pending_with_its_day_and_not_judged(small: Campaign) -> None:
    found = measure(small.config, small.contacts, as_of=WINDOW_END - dt.timedelta(days=1))
    assert found.verdict == "pending"
    assert found.facts["pending"] == {FIRST_LIST: "2024-06-29"}
    assert found.facts["judged"] == found.facts["effects"] == []
    assert "the first window closes on 2024-06-29" in found.sentence
    assert measure(small.config, small.contacts, as_of=WINDOW_END).facts["judged"] == [FIRST_LIST]


def test_a_shorter_horizon_is_judged_earlier_and_one_that_is_not_there_is_refused(small: Campaign) -> None:
    day = AS_OF + dt.timedelta(days=30)
    found = measure(small.config, small.contacts, as_of=day, horizon_days=30)
    assert found.facts["judged"] == [FIRST_LIST]
    # a third of the later orders came within 30 days
    assert found.facts["metrics"]["kept_treated_mean"] < 0.3
    with pytest.raises(ConfigError, match="--horizon 45: must be one of"):
        measure(small.config, small.contacts, horizon_days=45)


def test_nothing_after_the_window_is_looked_at(small: Campaign) -> None:
    at_the_end = measure(small.config, small.contacts, as_of=WINDOW_END)
    later = measure(small.config, small.contacts, as_of=LAST_DAY)
    assert later.facts["effects"] == at_the_end.facts["effects"]


def test_an_unknown_list_is_named_beside_those_there_are(small: Campaign) -> None:
    strange = small.contacts.assign(refresh_id="cccccccccccc")
    with pytest.raises(ConfigError, match=rf"not in the output folder: cccccccccccc; known .*: {FIRST_LIST} \(2024-03"):
        measure(small.config, strange)
    with pytest.raises(ConfigError, match="the contacts name no refresh_id"):
        measure(small.config, small.contacts.assign(refresh_id=None))


def test_without_contacts_the_arms_of_the_list_are_compared_and_that_is_told(small: Campaign) -> None:
    with_contacts = measure(small.config, small.contacts, as_of=WINDOW_END)
    found = measure(small.config, as_of=WINDOW_END)
    assert found.facts["metrics"]["kept_effect"] == with_contacts.facts["metrics"]["kept_effect"]
    assert any("nobody confirmed" in note for note in found.facts["notes"])


def test_a_customer_of_several_lists_counts_once_in_the_arm_of_the_first(small: Campaign) -> None:
    later = AS_OF + dt.timedelta(days=14)
    swapped = small.customers.assign(is_control=~small.customers["is_control"]).head(40)
    write_list(small.config, swapped, SECOND_LIST, later)
    both = pd.concat([small.contacts, contacts_of(swapped, SECOND_LIST, later)])
    found = measure(small.config, both, as_of=LAST_DAY)
    assert found.facts["judged"] == [FIRST_LIST, SECOND_LIST]
    alone = measure(small.config, small.contacts, as_of=WINDOW_END)
    assert found.facts["metrics"]["kept_effect"] == alone.facts["metrics"]["kept_effect"]
    notes = " ".join(found.facts["notes"])
    assert "40 rows of later lists name a customer once more" in notes
    assert "40 customers were in both arms in turn" in notes


def test_newcomers_of_a_later_list_are_judged_from_its_own_day(small: Campaign) -> None:
    later = AS_OF + dt.timedelta(days=10)
    half = small.customers.index[::2]
    write_list(small.config, small.customers.loc[half], FIRST_LIST, AS_OF)
    write_list(small.config, small.customers, SECOND_LIST, later)
    both = pd.concat([small.contacts, contacts_of(small.customers, SECOND_LIST, later)])
    found = measure(small.config, both, as_of=LAST_DAY)
    orders = pd.read_csv(small.config.transactions.sources[0].path or "", parse_dates=["timestamp"])
    starts = pd.Series(pd.Timestamp(later), index=small.customers.index).mask(
        small.customers.index.isin(half), pd.Timestamp(AS_OF)
    )
    since = (orders["timestamp"] - orders["customer_id"].map(starts)).dt.days
    kept = set(orders.loc[since.between(1, 90), "customer_id"])
    treated = small.customers.index[~small.customers["is_control"]]
    assert found.facts["metrics"]["kept_treated_mean"] == pytest.approx(np.mean([name in kept for name in treated]))


def test_control_customers_contacted_all_the_same_stay_in_control_and_are_told(small: Campaign) -> None:
    control = small.customers.index[small.customers["is_control"]][:5]
    slips = small.contacts.head(5).assign(customer_id=control)
    off_list = small.contacts.head(2).assign(customer_id=["stranger", "x1"])
    found = measure(small.config, pd.concat([small.contacts, slips, off_list]), as_of=WINDOW_END)
    alone = measure(small.config, small.contacts, as_of=WINDOW_END)
    assert found.facts["metrics"]["kept_effect"] == alone.facts["metrics"]["kept_effect"]
    assert found.facts["metrics"]["reached_control"] == pytest.approx(5 / small.customers["is_control"].sum())
    notes = " ".join(found.facts["notes"])
    assert "of the control were reached all the same" in notes
    assert "2 contacted customers were not listed to contact" in notes


def test_an_arm_that_lost_its_customers_warns(small: Campaign) -> None:
    lost = small.customers[small.customers["is_control"] | (np.arange(len(small.customers)) % 4 == 0)]
    write_list(small.config, lost, FIRST_LIST, AS_OF)
    found = measure(small.config, small.contacts, as_of=WINDOW_END)
    assert found.facts["notes"][0].startswith("WARNING: ")
    assert "where the config says 30.0%" in found.facts["notes"][0]


def test_too_few_to_tell_says_how_many_more(small: Campaign) -> None:
    few = small.customers.groupby(["value_tier", "is_control"]).head(6)
    write_list(small.config, few, FIRST_LIST, AS_OF)
    found = measure(small.config, contacts_of(few, FIRST_LIST, AS_OF), as_of=WINDOW_END)
    assert found.verdict == "too few to tell"
    assert "more in control." in found.sentence


def test_a_day_that_the_data_do_not_reach_is_refused_and_so_is_a_list_without_control(small: Campaign) -> None:
    with pytest.raises(ConfigError, match="2024-08-01 is after the last day of the data"):
        measure(small.config, small.contacts, as_of=LAST_DAY + dt.timedelta(days=1))
    write_list(small.config, small.customers.assign(is_control=False), FIRST_LIST, AS_OF)
    with pytest.raises(DataError, match="without control nobody knows"):
        measure(small.config, small.contacts)
    with pytest.raises(ConfigError, match="no list has a control"):
        measure(small.config)


def test_an_mlflow_that_is_down_costs_a_note(small: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(config: Config, record: RunRecord) -> LoggedRun:
        raise ClvError("Nothing is lost")

    monkeypatch.setattr("clv_ml.pipeline.measuring.log_run", down)
    found = measure(small.config, small.contacts, as_of=WINDOW_END)
    assert found.run is None
    assert found.log_note == "Nothing is lost"
    assert (found.folder / "measurement.json").is_file()
