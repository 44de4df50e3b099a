"""A measurement in words: one true sentence for each verdict, notes that warn, and files."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from test_uplift import measured_frame

from clv_ml.data.simulate_campaign import CampaignScenario
from clv_ml.evaluation.arm_checks import balance
from clv_ml.evaluation.uplift import Uplift, uplift
from clv_ml.reports.effect_plot import effect_figure
from clv_ml.reports.measurement import check_notes, effect_notes, effects_text, verdict_words, write_measurement
from clv_ml.reports.picture import svg


def found(effect: float = 0.15, worthwhile: float = 0.05, **scenario: Any) -> Uplift:
    known: dict[str, Any] = {"customers": (1000, 2000, 2000), "control_share": 0.3, "tail": 0.5}
    return uplift(measured_frame(CampaignScenario(effect=(effect,) * 3, **known | scenario)), worthwhile=worthwhile)


def test_a_success_tells_customers_kept_and_money_a_contact_with_intervals() -> None:
    campaign = found()
    told = verdict_words(campaign, currency="EUR")
    row = campaign.row("kept")
    assert told.startswith(f"Contacting kept {1000 * row['effect']:.0f} more of every 1,000 customers listed")
    assert f"+{1000 * row['low']:.0f} to +{1000 * row['high']:.0f}" in told
    assert "and a contact earned EUR" in told
    assert "after costs" in told


def test_harm_is_told_as_harm() -> None:
    told = verdict_words(found(-0.15), currency="EUR")
    assert told.startswith("Contacting drove customers away: of every 1,000 listed ")
    assert "fewer stayed" in told


def test_no_effect_tells_what_would_have_shown() -> None:
    told = verdict_words(found(0.0, 0.1), currency="EUR")
    assert told.startswith("No effect on customers kept: ")
    assert "an effect of 100 would have shown with a chance of >99%" in told


def test_too_few_tells_how_many_more_of_each_arm() -> None:
    campaign = found(0.0, 0.01)
    told = verdict_words(campaign, currency="EUR")
    assert told.startswith("Too few to tell: ")
    assert f"{campaign.needed.more_treated:,} more customers to contact" in told
    assert f"{campaign.needed.more_control:,} more in control" in told


def test_notes_tell_the_save_rate_measured_beside_the_one_assumed() -> None:
    campaign = found()
    notes = effect_notes(campaign, currency="EUR", mean_risk=0.5, assumed_save_rate=0.3)
    rate = campaign.row("kept")["effect"] / 0.5
    assert any(f"save rate measured: {rate:.2f}" in note and "assumed 0.30" in note for note in notes)


def test_notes_tell_who_was_reached_where_not_everybody_was() -> None:
    notes = effect_notes(found(reached=0.5), currency="EUR", mean_risk=0.0, assumed_save_rate=None)
    assert "of those listed to contact were reached" in notes[0]
    assert not effect_notes(found(), currency="EUR", mean_risk=0.0, assumed_save_rate=None)


def test_uneven_arms_and_other_customers_warn() -> None:
    frame = measured_frame().assign(stratum="all", clv=range(5000))
    skewed = balance(frame.assign(treated=frame["clv"] > 1500), ["clv"])
    notes = check_notes(1e-9, 0.5, 0.1, skewed)
    assert notes[0].startswith("WARNING: 50.0% are in control where the config says 10.0%")
    assert "the arms differed before the first contact: clv" in notes[1]
    assert not check_notes(0.5, 0.1, 0.1, skewed.head(0))


def test_the_table_has_a_line_for_each_group_and_measure() -> None:
    text = effects_text(found().effects)
    assert len(text.splitlines()) == 17
    assert "95% interval" in text
    rows: list[Any] = found().effects.to_dict("records")
    assert effects_text(rows) == text


def test_the_picture_says_what_it_shows_and_is_the_same_again() -> None:
    campaign = found()
    first, second = (svg(effect_figure(campaign.effects, currency="EUR", horizon_days=90)) for _ in range(2))
    assert first == second
    assert f"all: {100 * campaign.row('kept')['effect']:+.1f} points" in first
    assert "Net of costs, EUR a customer" in first


def test_a_tier_of_a_handful_is_not_drawn() -> None:
    effects = found().effects
    few = effects.assign(control=effects["control"].mask(effects["group"] == "low", 3))
    picture = svg(effect_figure(few, currency="EUR", horizon_days=90))
    assert "low value" not in picture
    assert "medium value" in picture


def test_a_measurement_without_judgement_writes_text_and_json_only(tmp_path: Path) -> None:
    write_measurement(tmp_path, lines=["Nothing to judge yet."], facts={"verdict": "pending"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["measurement.json", "measurement.txt"]
    assert json.loads((tmp_path / "measurement.json").read_text())["verdict"] == "pending"


@pytest.mark.parametrize("currency", ["$", "EUR"])
def test_a_dollar_sign_is_no_formula(currency: str, tmp_path: Path) -> None:
    effects: pd.DataFrame = found().effects
    write_measurement(tmp_path, lines=[], facts={"horizon_days": 90}, effects=effects, currency=currency)
    assert currency in (tmp_path / "effects.svg").read_text(encoding="utf-8")
