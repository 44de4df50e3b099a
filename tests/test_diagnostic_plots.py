"""Pictures and text of the diagnostics: what they say, and that they are the same every time."""

import datetime as dt
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib.figure import Figure
from value_data import CALIBRATION_END, cdnow_days, cdnow_rfm

from clv_ml.errors import DataError
from clv_ml.evaluation.diagnosis import Diagnosis
from clv_ml.models import diagnostics, surfaces
from clv_ml.models.fitting import FittedModels, require_finite_mean
from clv_ml.models.modified import ModifiedPurchaseModel
from clv_ml.models.pareto import ParetoPurchaseModel
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.spend import SpendModel
from clv_ml.reports import diagnostic_plots as plots
from clv_ml.reports.diagnostics import diagnostics_text, write_diagnostics
from clv_ml.reports.picture import svg

CUTOFF = CALIBRATION_END.date()
DAYS = 273


@pytest.fixture(scope="module")
def cdnow() -> Diagnosis:
    rfm = cdnow_rfm()
    models = FittedModels(CUTOFF, PurchaseModel().fit(rfm), SpendModel().fit(rfm), None, "")
    bought = models.purchases
    tracked = diagnostics.tracking(bought, cdnow_days(), cutoff=CALIBRATION_END)
    return Diagnosis(
        models=models,
        horizon_days=DAYS,
        customers=len(rfm),
        checks=diagnostics.check_models(bought, models.spend, rfm),
        repeat_counts=diagnostics.repeat_counts(bought, rfm),
        spend_density=surfaces.spend_density(models.spend, rfm),
        surface=surfaces.frequency_recency_surface(bought, age_days=272, max_frequency=8, horizon_days=DAYS),
        surface_age_days=272,
        tracking=tracked[tracked["end"] <= cdnow_days()["day"].max()],
        by_frequency=diagnostics.purchases_by_frequency(bought, rfm, rfm["future"], horizon_days=DAYS),
        by_recency=diagnostics.purchases_by_recency(bought, rfm, rfm["future"], horizon_days=DAYS),
    )


def drawn(found: Diagnosis) -> dict[str, Figure]:
    assert found.by_frequency is not None
    assert found.by_recency is not None
    return {
        "repeat_counts": plots.repeat_counts_figure(found.repeat_counts, cutoff=CUTOFF),
        "by_frequency": plots.by_frequency_figure(found.by_frequency, cutoff=CUTOFF, horizon_days=DAYS),
        "by_recency": plots.by_recency_figure(found.by_recency, cutoff=CUTOFF, horizon_days=DAYS),
        "tracking": plots.tracking_figure(found.tracking, cutoff=CUTOFF),
        "spend": plots.spend_figure(found.spend_density, currency="USD"),
        "heat_maps": plots.heat_map_figure(found.surface, age_days=272, horizon_days=DAYS),
    }


def test_each_picture_is_small_well_formed_and_the_same_twice(cdnow: Diagnosis) -> None:
    again = drawn(cdnow)
    for name, figure in drawn(cdnow).items():
        text = svg(figure)
        assert ElementTree.fromstring(text).tag.endswith("svg"), name
        assert len(text.encode()) < 60_000, name
        assert "<script" not in text
        assert text == svg(again[name]), name


def test_the_alt_text_carries_the_verdict(cdnow: Diagnosis) -> None:
    told = {name: str(figure.get_label()) for name, figure in drawn(cdnow).items()}
    for name in ("by_frequency", "by_recency"):
        assert "Cutoff 30 Sep 1997, 273 days: expected 1,653, actual 1,882, 12% too low" in told[name]
    assert "after it (shaded)" in told["tracking"]
    assert "too" in told["tracking"]
    assert "99% of the customers are where the model puts them" in told["repeat_counts"]
    assert "of the customers are where the model puts them" in told["spend"]
    assert "Who bought once, 272 days ago: P(alive) 100%" in told["heat_maps"]


def test_without_a_holdout_nothing_is_shaded_and_nothing_said_of_one(cdnow: Diagnosis) -> None:
    only = cdnow.tracking[cdnow.tracking["calibration"]]
    assert "shaded" not in str(plots.tracking_figure(only, cutoff=CUTOFF).get_label())
    with pytest.raises(DataError, match="no full period"):
        plots.tracking_figure(only.head(0), cutoff=CUTOFF)


def test_a_surface_without_any_contour_is_drawn(cdnow: Diagnosis) -> None:
    surface = surfaces.frequency_recency_surface(
        cdnow.models.purchases, age_days=2, max_frequency=1, horizon_days=30, step_days=1
    )
    assert "100%" in str(plots.heat_map_figure(surface, age_days=2, horizon_days=30).get_label())


def test_the_text_holds_checks_parameters_and_what_happened(cdnow: Diagnosis) -> None:
    text = diagnostics_text(cdnow, currency="USD")
    for words in (
        "Value models at 30 Sep 1997, 2,357 customers",
        "share of one-time buyers                  0.599",
        "q of the Gamma-Gamma",
        "BG/NBD, days: r 0.2426 (0.013)  alpha 30.9",
        "Gamma-Gamma, v in USD: p 6.25",
        "Mean purchases in the 273 days after the cutoff, by repeat purchases before it",
        "7+",
        "after the cutoff: expected",
    ):
        assert words in text, text
    rows = [line.split() for line in text.splitlines() if line.strip().startswith("0 ")]
    assert rows[0][:2] == ["0", "1,411"]
    assert rows[1] == ["0", "1,411", "0.237", "0.225"]


def test_an_earlier_fit_is_named_beside_the_one_to_keep(cdnow: Diagnosis, tmp_path: Path) -> None:
    later = Diagnosis(**{**vars(cdnow), "by_frequency": None, "by_recency": None})
    write_diagnostics(tmp_path / "alone", later, later, currency="USD")
    assert not (tmp_path / "alone" / "by_frequency.svg").exists()
    write_diagnostics(tmp_path / "both", later, cdnow, currency="USD")
    assert (tmp_path / "both" / "by_frequency.svg").exists()
    assert (tmp_path / "both" / "diagnostics.txt").read_text().count("Value models at") == 2


@pytest.mark.parametrize(
    "model",
    [
        ModifiedPurchaseModel.from_params(r=0.53, alpha=43.2, a=0.89, b=1.6),
        ParetoPurchaseModel.from_params(r=0.553, alpha=74.0, s=0.606, beta=81.6),
    ],
    ids=lambda model: model.KIND,
)
def test_the_other_purchase_models_are_diagnosed_too(model: PurchaseModel, cdnow: Diagnosis) -> None:
    counts = diagnostics.repeat_counts(model, cdnow_rfm())
    assert counts["expected"].sum() == pytest.approx(2357)
    tracked = diagnostics.tracking(model, cdnow_days(), cutoff=CALIBRATION_END)
    assert tracked["expected"].sum() == pytest.approx(tracked["actual"].sum(), rel=0.15)
    surface = surfaces.frequency_recency_surface(model, age_days=272, max_frequency=8, horizon_days=DAYS)
    once = surface.iloc[0]
    assert once["p_alive"] < 1
    assert "P(alive) 100%" not in str(plots.heat_map_figure(surface, age_days=272, horizon_days=DAYS).get_label())


def test_tracking_from_numbers_a_day_is_that_from_customers(cdnow: Diagnosis) -> None:
    days = cdnow_days()
    first = days["customer_id"].map(days.groupby("customer_id")["day"].min())
    counts = pd.DataFrame({"first": days["day"] == first, "repeat": days["day"] > first}).groupby(days["day"]).sum()
    table = diagnostics.tracking_of_counts(cdnow.models.purchases, counts, cutoff=CALIBRATION_END)
    pd.testing.assert_frame_equal(table.loc[cdnow.tracking.index], cdnow.tracking)


def test_an_infinite_mean_spend_stops_a_training_with_what_to_do() -> None:
    require_finite_mean(SpendModel.from_params(p=2.0, q=1.01, v=10.0), dt.date(2024, 1, 1))
    with pytest.raises(DataError, match=r"2024-01-01: mean spend is infinite \(q .* 0\.900.*transactions\.exclude"):
        require_finite_mean(SpendModel.from_params(p=2.0, q=0.9, v=10.0), dt.date(2024, 1, 1))
