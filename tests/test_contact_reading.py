"""Contacts of a config become who was treated when; training leaves them out, and no feature sees them."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from campaign_data import AS_OF, FIRST_LIST, HELPS, SECOND_LIST, Campaign, campaign, contacts_of, write_list
from typer.testing import CliRunner

from clv_ml.cli import app
from clv_ml.config import ContactsConfig
from clv_ml.errors import ConfigError
from clv_ml.models.fitting import fit_with_rows
from clv_ml.models.training_rows import training_snapshots
from clv_ml.pipeline.campaigns import campaign_lists
from clv_ml.pipeline.contact_reading import campaign_contacts, configured_contacts, treatment_of, with_treatment
from clv_ml.pipeline.prepared import Prepared, prepare, silent
from clv_ml.tracking.run import LoggedRun


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A campaign whose contacts are a CSV that the config names."""
    folder = tmp_path_factory.mktemp("shop")
    found = campaign(
        folder,
        HELPS,
        churn={"horizons_days": [30], "snapshot_every_days": 30, "max_snapshots": 4, "min_rows_per_class": 10},
        contacts={"sources": ["contacts.csv"], "root": str(folder), "effect_days": 20},
    )
    found.contacts.to_csv(folder / "contacts.csv", index=False)
    return found


@pytest.fixture(scope="module")
def prepared(shop: Campaign) -> object:
    with prepare(shop.config, progress=silent) as opened:
        yield opened


def test_both_arms_of_a_list_are_known_from_its_day_to_the_last_contact(shop: Campaign) -> None:
    lists = campaign_lists(shop.config.output.dir / "scores")
    contacts = configured_contacts(shop.config, progress=silent)
    assert contacts is not None
    found = treatment_of(contacts, lists, 20, progress=silent).events.groupby("customer_id")["counts"].max()
    tiers = shop.customers.groupby("value_tier")["is_control"].agg(["size", "sum"])
    for tier, row in tiers.iterrows():
        there = shop.customers[shop.customers["value_tier"] == tier]
        assert found[there.index[~there["is_control"]]].eq(0).all()
        assert found[there.index[there["is_control"]]].tolist() == pytest.approx(
            [row["size"] / row["sum"]] * row["sum"]
        )
    assert set(found.index) == set(shop.customers.index)


def test_the_control_stands_for_the_customers_of_all_lists_though_a_later_list_holds_few_to_contact(
    shop: Campaign, tmp_path: Path
) -> None:
    first = shop.customers.assign(value_tier="high")
    # a week later those contacted are left in peace, and those held back are listed again
    later = first[first["is_control"] | (np.arange(len(first)) % 10 == 0)]
    config = shop.config.model_copy(update={"output": shop.config.output.model_copy(update={"dir": tmp_path})})
    write_list(config, first, FIRST_LIST, AS_OF)
    write_list(config, later, SECOND_LIST, AS_OF + dt.timedelta(days=7))
    both = pd.concat([shop.contacts, contacts_of(later, SECOND_LIST, AS_OF + dt.timedelta(days=7))])
    found = treatment_of(both, campaign_lists(tmp_path / "scores"), 20, progress=silent).events
    counts = found[found["customer_id"].isin(first.index[first["is_control"]])]["counts"]
    assert len(counts) == 2 * first["is_control"].sum()
    assert counts.tolist() == pytest.approx([len(first) / first["is_control"].sum()] * len(counts))


def test_training_leaves_the_contacted_out_tells_it_and_the_control_counts_for_them(
    shop: Campaign, prepared: Prepared
) -> None:
    day = AS_OF + dt.timedelta(days=60)
    told: list[str] = []
    tables = with_treatment(prepared, shop.config, day, progress=told.append)
    models, rows = fit_with_rows(prepared.engine, tables, day, shop.config, progress=told.append)
    everybody = training_snapshots(
        prepared.engine, prepared.tables, day, dt.date(2023, 6, 1), shop.config.churn, progress=silent
    )
    assert models.treated is not None
    assert models.treated.rows == len(everybody)
    assert models.treated.left_out > 0
    [line] = [line for line in told if "training rows left out" in line]
    assert f"{models.treated.left_out:,} of {len(everybody):,} training rows left out" in line
    contacted = shop.customers.index[~shop.customers["is_control"]]
    until, since = AS_OF + dt.timedelta(days=9 + 20), AS_OF - dt.timedelta(days=30)
    affected = [cutoff for cutoff in set(rows["cutoff"]) if since <= cutoff < until]
    assert affected
    near = rows[rows["cutoff"].isin(affected)]
    assert not near["customer_id"].isin(contacted).any()
    # as many rows as without the campaign, up to rounding
    assert len(rows) == pytest.approx(len(everybody), abs=3 * len(affected))
    earlier = rows[~rows["cutoff"].isin(affected)]
    assert earlier["customer_id"].isin(contacted).any()


def test_contacts_change_no_feature_of_a_row_that_stays(shop: Campaign, prepared: Prepared) -> None:
    day = AS_OF + dt.timedelta(days=60)
    tables = with_treatment(prepared, shop.config, day, progress=silent)
    first = dt.date(2023, 6, 1)
    with_contacts = training_snapshots(prepared.engine, tables, day, first, shop.config.churn, progress=silent)
    without = training_snapshots(prepared.engine, prepared.tables, day, first, shop.config.churn, progress=silent)
    pd.testing.assert_frame_equal(with_contacts, without, check_exact=True)
    assert tables.features == prepared.tables.features


def test_contacts_after_the_day_of_a_training_are_not_looked_at(shop: Campaign, prepared: Prepared) -> None:
    before = AS_OF - dt.timedelta(days=1)
    tables = with_treatment(prepared, shop.config, before, progress=silent)
    assert tables.treatment is not None
    assert tables.treatment.events.empty


def test_keeping_everybody_or_naming_no_contacts_leaves_the_tables_alone(shop: Campaign, prepared: Prepared) -> None:
    kept = shop.config.model_copy(update={"contacts": shop.config.contacts.model_copy(update={"learn": "keep"})})
    assert with_treatment(prepared, kept, AS_OF, progress=silent) is prepared.tables
    none = shop.config.model_copy(update={"contacts": ContactsConfig()})
    assert with_treatment(prepared, none, AS_OF, progress=silent) is prepared.tables
    assert configured_contacts(none, progress=silent) is None
    assert campaign_contacts(none, [], progress=silent) is None


def test_a_list_that_is_gone_leaves_the_contacted_alone_and_is_told(shop: Campaign) -> None:
    told: list[str] = []
    found = treatment_of(shop.contacts, {}, 20, progress=told.append)
    assert found.events["counts"].eq(0).all()
    assert FIRST_LIST in told[0]


def test_a_workbook_whose_ids_a_spreadsheet_turned_into_numbers_finds_the_customers_of_its_list(
    shop: Campaign, tmp_path: Path
) -> None:
    names = [f"{number:05d}" for number in range(60)]
    customers = shop.customers.head(60).set_axis(pd.Index(names, name="customer_id"))
    config = shop.config.model_copy(update={"output": shop.config.output.model_copy(update={"dir": tmp_path})})
    write_list(config, customers, FIRST_LIST, AS_OF)
    filled = contacts_of(customers, FIRST_LIST, AS_OF)
    mangled = filled.assign(customer_id=filled["customer_id"].astype(int))
    mangled.to_excel(tmp_path / "filled.xlsx", index=False)
    told: list[str] = []
    found = campaign_contacts(config, [str(tmp_path / "filled.xlsx")], progress=told.append)
    assert found is not None
    assert found["customer_id"].tolist() == filled["customer_id"].tolist()
    assert found["contacted_at"].tolist() == filled["contacted_at"].tolist()
    assert set(found["refresh_id"]) == {FIRST_LIST}
    assert f"{len(filled)} ids repaired" in told[0]


def test_the_command_reads_contacts_measures_and_tells(
    shop: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clv_ml.pipeline.measuring.log_run", lambda config, record: LoggedRun("none"))
    source = shop.config.transactions.sources[0].path
    path = tmp_path / "job.yaml"
    path.write_text(
        f"name: shop\ntransactions:\n  sources:\n    - path: {source}\n"
        "      columns: {customer_id: customer_id, timestamp: timestamp, amount: amount}\n"
        f"tracking: {{store: {tmp_path / 'models'}}}\noutput: {{dir: {shop.config.output.dir}}}\n"
    )
    contacts = str(shop.config.contacts.root / "contacts.csv")
    call = ["measure", "--config", str(path), "--contacts", contacts, "--as-of", "2024-06-29"]
    result = CliRunner().invoke(app, call, catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    assert "Contacting kept " in result.stdout
    assert "measurement.txt" in result.stdout
    again = CliRunner().invoke(app, call, catch_exceptions=False)
    assert "measured before, nothing computed again" in again.stdout
    unknown = CliRunner().invoke(app, [*call[:4], "none.csv"], catch_exceptions=False)
    assert unknown.exit_code == ConfigError.exit_code
    assert "none.csv" in unknown.stderr
