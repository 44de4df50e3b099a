"""Alarms: what knows the outcome is named, and what merely predicts it is left alone."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest

from clv_ml.config import AlarmsConfig
from clv_ml.errors import DataError
from clv_ml.evaluation.metrics import auc
from clv_ml.models import _separation as module
from clv_ml.models.alarms import Alarm, apply_alarms, check_features, unseen_alarms

LABELS = ("churned_30", "churned_90")
CONFIG = AlarmsConfig()


def snapshots(customers: int = 400, cutoffs: int = 3, seed: int = 0) -> pd.DataFrame:
    """Honest features (silence, plan) beside everything that an after-the-fact column can look like."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        [
            (f"c{number}", dt.date(2024, 1, 1) + dt.timedelta(days=30 * step))
            for number, step in itertools.product(range(customers), range(cutoffs))
        ],
        columns=["customer_id", "cutoff"],
    )
    silence = rng.exponential(60, len(rows))
    wait = rng.exponential(20 + silence)
    return rows.assign(
        silence=np.where(rng.random(len(rows)) < 0.1, np.nan, silence),
        plan=rng.choice(["free", "paid"], len(rows)),
        shop="here",
        empty=np.nan,
        churned_30=(wait > 30).astype(int),
        churned_90=(wait > 90).astype(int),
        model_p_no_purchase=(wait > 90).astype(float),
    )


def found(rows: pd.DataFrame, *features: str, categories: tuple[str, ...] = (), **settings: object) -> list[Alarm]:
    config = AlarmsConfig.model_validate(settings)
    return check_features(rows, features, LABELS, config, categories=categories)


def test_honest_features_raise_no_alarm() -> None:
    assert found(snapshots(), "silence", "plan", "model_p_no_purchase", categories=("plan",)) == []


def test_a_column_set_after_the_outcome_stops_the_training_by_name() -> None:
    rows = snapshots()
    rows["cancelled"] = rows["churned_90"] * 1.0
    alarm = found(rows, "silence", "cancelled")
    assert [(one.kind, one.feature, one.action) for one in alarm] == [("separates", "cancelled", "refuse")]
    assert alarm[0].detail == "alone separates churned_90 with an AUC of 1.0000, above 0.95"
    with pytest.raises(DataError, match=r"feature 'cancelled': alone separates churned_90 .* set after the outcome: l"):
        apply_alarms(alarm, ("silence", "cancelled"))


@pytest.mark.parametrize("shape", ["reversed", "missing where kept", "missing where churned", "short horizon", "noisy"])
def test_a_leak_is_seen_in_any_shape(shape: str) -> None:
    rows = snapshots()
    churned, rng = rows["churned_90"], np.random.default_rng(1)
    noise = pd.Series(rng.normal(size=len(rows)))
    rows["leak"] = {
        "reversed": -churned + noise / 10,
        "missing where kept": noise.where(churned == 1),
        "missing where churned": noise.where(churned == 0),
        "short horizon": rows["churned_30"] + noise / 10,
        "noisy": churned.mask(rng.random(len(rows)) < 0.03) * 1.0,
    }[shape]
    assert [one.feature for one in found(rows, "silence", "leak")] == ["leak"]


def test_a_leak_in_text_is_seen_and_a_name_of_ones_own_is_none() -> None:
    rows = snapshots()
    rows["status"] = np.where(rows["churned_90"] == 1, "closed", "open")
    rows["email"] = rows["customer_id"] + "@example.com"
    rows["order_note"] = [f"note {number}" for number in range(len(rows))]
    alarm = found(rows, "status", "email", "order_note", categories=("status", "email", "order_note"))
    assert [one.feature for one in alarm] == ["status"]


def test_a_name_of_ones_own_is_no_leak_even_where_every_customer_always_does_the_same() -> None:
    rows = snapshots()
    stays = dict(zip(rows["customer_id"].unique(), itertools.cycle([0, 1]), strict=False))
    rows["churned_30"] = rows["churned_90"] = rows["customer_id"].map(stays)
    rows["email"] = rows["customer_id"] + "@example.com"
    assert found(rows, "email", categories=("email",)) == []


def test_one_value_in_all_rows_is_set_aside_by_name() -> None:
    alarm = found(snapshots(), "silence", "shop", "empty", categories=("shop",))
    assert [(one.kind, one.feature, one.action) for one in alarm] == [
        ("constant", "shop", "quarantine"),
        ("constant", "empty", "quarantine"),
    ]
    assert [one.detail for one in alarm] == [
        "is 'here' in all 1,200 training rows",
        "is missing in all 1,200 training rows",
    ]
    assert apply_alarms(alarm, ("silence", "shop", "empty")) == ("silence",)


def test_a_date_after_the_cutoff_of_its_row_is_named_with_an_example() -> None:
    rows = snapshots(customers=2, cutoffs=2)
    last_visit = pd.Series(["2024-01-01", None, "2023-12-31", "2024-02-05"])
    signup = pd.Series([dt.date(2024, 1, 1)] * 4)
    days = {"signup_at": signup, "last_visit": last_visit}
    alarm = check_features(rows, [], LABELS, CONFIG, days=days)
    assert alarm == [
        Alarm(
            "after_cutoff",
            "last_visit",
            "is after the cutoff in 1 of 4 rows, such as 2024-02-05 at a cutoff of 2024-01-31",
            "refuse",
        )
    ]
    assert check_features(rows, [], LABELS, CONFIG, days=pd.DataFrame(days)) == alarm
    with pytest.raises(DataError, match=r"days: 'signup_at' has 3 rows, snapshots have 4; give one a row"):
        check_features(rows, [], LABELS, CONFIG, days={"signup_at": signup.head(3)})


def test_the_config_decides_what_becomes_of_each_kind() -> None:
    rows = snapshots()
    rows["leak"] = rows["churned_90"]
    features = ("leak", "shop", "silence")
    reported = found(rows, *features, categories=("shop",), separates="report", constant="report")
    assert apply_alarms(reported, features) == features
    aside = found(rows, *features, categories=("shop",), separates="quarantine", constant="quarantine")
    assert apply_alarms(aside, features) == ("silence",)
    strict = found(rows, *features, categories=("shop",), constant="refuse")
    with pytest.raises(DataError, match=r"'leak': .*; feature 'shop': .*or set churn\.alarms\.constant"):
        apply_alarms(strict, features)
    assert found(rows, "leak", separates_above=1.0) == []


def test_row_order_does_not_matter_even_where_rows_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = snapshots()
    rng = np.random.default_rng(2)
    rows["leak"] = rows["churned_90"] + rng.normal(0, 0.3, len(rows))
    rows["status"] = rows["churned_90"].astype(str).where(rng.random(len(rows)) < 0.97, "unknown")
    whole = found(rows, "leak", "status", categories=("status",))
    monkeypatch.setattr(module, "_MOST_ROWS", 500)
    sampled = found(rows, "leak", "status", categories=("status",))
    assert [one.feature for one in sampled] == [one.feature for one in whole] == ["leak", "status"]
    assert [one.detail for one in sampled] != [one.detail for one in whole]
    shuffled = rows.sample(frac=1, random_state=3)
    assert found(shuffled, "leak", "status", categories=("status",)) == sampled


def test_an_attribute_as_it_is_today_is_judged_at_the_latest_cutoff_too() -> None:
    rows = snapshots()
    latest = rows["cutoff"] == rows["cutoff"].max()
    closed = set(rows.loc[latest & (rows["churned_90"] == 1), "customer_id"])
    rows["status"] = rows["customer_id"].map(lambda customer: "closed" if customer in closed else "open")
    rows["last_visits"] = rows["customer_id"].map(lambda customer: 0.0 if customer in closed else 3.0)
    whole = check_features(rows[~latest], ("status", "last_visits"), LABELS, AlarmsConfig(), categories=("status",))
    assert whole == []  # earlier outcomes are not told by what came later
    found_there = check_features(rows, ("status", "last_visits"), LABELS, AlarmsConfig(), categories=("status",))
    assert [(alarm.kind, alarm.feature) for alarm in found_there] == [
        ("separates", "status"),
        ("separates", "last_visits"),
    ]
    day = f"{pd.Timestamp(rows['cutoff'].max()):%Y-%m-%d}"
    assert f"churned_90 with an AUC of 1.0000 at the latest cutoff ({day})" in found_there[1].detail
    # what is counted from dated records knows no later day than its cutoff
    dated = check_features(rows, ("last_visits",), LABELS, AlarmsConfig(), dated=("last_visits",))
    assert dated == []


def test_the_area_is_that_of_the_metric_with_missing_as_lowest() -> None:
    rows = snapshots(seed=4)
    values = rows["silence"].fillna(-1.0)
    area = auc(rows["churned_90"], values)
    alarm = check_features(rows, ("silence",), ("churned_90",), AlarmsConfig(separates_above=area - 0.01))
    assert f"AUC of {area:.4f}" in alarm[0].detail


def test_a_handful_of_churners_or_none_is_no_ground_for_an_alarm() -> None:
    rows = snapshots(customers=100, cutoffs=1).assign(churned_30=0, churned_90=0)
    rows.loc[:4, "churned_90"] = 1
    rows["leak"] = rows["churned_90"]
    assert found(rows, "leak") == []


def test_unseen_categories_are_told_with_their_counts() -> None:
    unseen = {"country": [("XK", 12), ("GL", 3)], "plan": [(f"p{n}", 1) for n in range(7)]}
    alarm = unseen_alarms(unseen, CONFIG)
    assert [(one.kind, one.feature, one.action) for one in alarm] == [
        ("unseen_category", "country", "report"),
        ("unseen_category", "plan", "report"),
    ]
    assert alarm[0].detail == "not seen in training: 'XK' (12), 'GL' (3)"
    assert alarm[1].detail.endswith("'p4' (1) and 2 more")
    aside = unseen_alarms(unseen, AlarmsConfig(unseen_category="quarantine"))
    assert apply_alarms(aside, ("country", "plan")) == ("country", "plan")
    with pytest.raises(DataError, match=r"'country': not seen in training: 'XK' \(12\).*train again"):
        apply_alarms(unseen_alarms(unseen, AlarmsConfig(unseen_category="refuse")), ("country",))


def test_what_is_missing_or_no_number_is_named() -> None:
    rows = snapshots(customers=20)
    with pytest.raises(DataError, match="snapshots: column 'clicks' is missing"):
        found(rows, "clicks")
    with pytest.raises(DataError, match=r"feature 'plan' holds .* name it among the categories"):
        found(rows, "plan")
