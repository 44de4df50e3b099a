"""What a classifier learns from: everybody known at past cutoffs, the not-yet-buyers too, and mature outcomes only."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from customer_reference import Customer, World, starts_of, tables_of, worlds
from event_reference import Event
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import START, Order, outcomes_of, purchase_days, transactions_of

from clv_ml.config import ChurnConfig
from clv_ml.data.arrow import AnyFrame
from clv_ml.engine import DataFrame, Engine
from clv_ml.errors import ConfigError, NotConvergedError
from clv_ml.models import sampled_rows
from clv_ml.models.purchases import PurchaseModel
from clv_ml.models.training_rows import (
    MODEL_FEATURES,
    OWN_HORIZON,
    buyers,
    customers_at,
    outcomes_at,
    population_at,
    population_outcomes,
    training_snapshots,
    with_model_features,
)
from clv_ml.snapshot.tables import Tables
from clv_ml.snapshot.window import day_totals

CHURN = ChurnConfig(horizons_days=(10, 30))
OWN = ChurnConfig(horizons_days=(10, 30), label="own_gap", own_gap_quantile=0.5)


class Flat(PurchaseModel):
    """A purchase model that finds no maximum."""

    def fit(self, rfm: AnyFrame) -> Flat:
        raise NotConvergedError("no maximum")


def on(day: int) -> dt.date:
    return START + dt.timedelta(days=day)


def at(day: int) -> dt.datetime:
    return dt.datetime.combine(on(day), dt.time(9))


def orders_of(days: dict[str, list[int]]) -> list[Order]:
    return [Order(name, on(n), 1000 + n, None) for name, at_days in days.items() for n in at_days]


SHOP = World(
    orders=orders_of(
        {
            "weekly": [0, 7, 14, 21, 35],  # comes back 14 days after the cutoff of day 21
            "twice": [3, 13, 25],
            "once": [15],
            "first after": [30],
            "much later": [60],
        }
    ),
    events=[
        Event("first after", at(20), "lesson", 30_0000, None, None),
        Event("only looks", at(18), "view", None, None, None),
        Event("much later", at(19), "quiz", None, None, None),
    ],
    customers=[
        Customer("signed up", at(5), "free", 41.0, None),
        Customer("signs up later", at(22), "free", 20.5, None),
    ],
)


@settings(settings.get_profile("engine"), max_examples=5)
@given(world=worlds(), cut=st.integers(0, 260))
def test_outcomes_of_everybody_equal_a_plain_python_count(engine: Engine, world: World, cut: int) -> None:
    cutoff, last = on(cut), on(cut + 30)
    future = purchase_days([order for order in world.orders if cutoff < order.day <= last])
    expected = outcomes_of(future, list(starts_of(world, cutoff)), cutoff, (10, 30))
    table = population_outcomes(engine, tables_of(engine, world), cutoff, CHURN)
    assert table.index.tolist() == list(expected)
    for customer, row in expected.items():
        assert table.loc[[customer]].astype(float).to_dict("records")[0] == pytest.approx(row)


def test_who_has_not_bought_yet_has_churned_or_bought_first_like_everybody(engine: Engine) -> None:
    table = population_outcomes(engine, tables_of(engine, SHOP), on(21), CHURN)
    assert table["churned_30"].to_dict() == {
        "first after": 0,
        "much later": 1,
        "once": 1,
        "only looks": 1,
        "signed up": 1,
        "twice": 0,
        "weekly": 0,
    }
    assert table["churned_10"].sum() == 5
    assert table.loc["first after", "spend_10"] == 10.3
    only_buyers = outcomes_at(engine, tables_of(engine, SHOP).totals, on(21), (10, 30))
    assert only_buyers.index.tolist() == ["once", "twice", "weekly"]
    pd.testing.assert_frame_equal(only_buyers, table.loc[only_buyers.index])


def test_the_own_gap_label_judges_everybody_by_a_gap_of_their_own_or_of_all(engine: Engine) -> None:
    tables = tables_of(engine, SHOP)
    customers = population_at(engine, tables, on(21), OWN)
    # gaps known by then: 7, 7, 7 of the weekly customer and 10; the middle of all of them is 7
    assert customers[OWN_HORIZON].to_dict() == dict.fromkeys(customers.index, 7)
    # two weeks later: 7, 7, 7, 14 of the weekly customer, and 10, 12 too few of another; the middle of all is 8.5
    later = population_at(engine, tables, on(40), OWN)[OWN_HORIZON]
    assert later.to_dict() == {name: 7 if name == "weekly" else 9 for name in later.index}
    happened = population_outcomes(engine, tables, on(21), OWN)
    assert happened.index.equals(customers.index)
    churned = happened["churned_own"]
    assert set(churned.index[churned == 0]) == {"twice"}  # day 25; the weekly customer came on day 35, too late
    assert OWN_HORIZON not in population_at(engine, tables, on(21), CHURN)
    assert "churned_own" not in population_outcomes(engine, tables, on(21), CHURN)
    alone = population_at(engine, Tables(tables.totals), on(21), OWN)
    assert alone[OWN_HORIZON].tolist() == [7, 7, 7]


def test_only_buyers_are_told_by_the_purchase_model(engine: Engine) -> None:
    customers = population_at(engine, tables_of(engine, SHOP), on(21), CHURN)
    model = PurchaseModel.from_params(r=0.5, alpha=10.0, a=0.8, b=2.5)
    featured = with_model_features(customers, model, 30)
    assert featured.index.equals(customers.index)
    told = featured[list(MODEL_FEATURES)].notna()
    assert told.all(axis=1).equals(told.any(axis=1))
    assert set(featured.index[told.all(axis=1)]) == {"once", "twice", "weekly"} == set(buyers(customers).index)
    alone = with_model_features(customers_at(engine, tables_of(engine, SHOP).totals, on(21)), model, 30)
    for name in MODEL_FEATURES:
        assert featured[name].dropna().to_dict() == alone[name].to_dict()
    assert not set(MODEL_FEATURES) & set(customers.columns)  # the argument is left alone


def test_before_anybody_has_bought_the_error_says_when_the_first_did(engine: Engine) -> None:
    tables = tables_of(engine, World(orders_of({"a": [50]}), SHOP.events, SHOP.customers))
    with pytest.raises(ConfigError, match=r"cutoff 2023-01-22 is before the first purchase in the data \(2023-02-20\)"):
        population_at(engine, tables, on(21), CHURN)
    with pytest.raises(ConfigError, match="cutoff 2023-01-22 is before the first purchase"):
        customers_at(engine, tables.totals, on(21))


def learnt_from(
    engine: Engine, tables: Tables, cutoff: dt.date, model: type[PurchaseModel] = PurchaseModel
) -> tuple[pd.DataFrame, list[str]]:
    lines: list[str] = []
    config = ChurnConfig(horizons_days=(10, 30), snapshot_every_days=20, max_snapshots=2)
    return training_snapshots(engine, tables, cutoff, START, config, model, progress=lines.append), lines


def test_cutoffs_whose_outcome_is_not_complete_are_never_learnt_from(engine: Engine) -> None:
    totals = engine.materialise(day_totals(transactions_of(engine, SHOP.orders)))
    for day, expected in ((49, []), (50, [20]), (69, [39]), (70, [20, 40])):
        rows, lines = learnt_from(engine, Tables(totals), on(day), Flat)
        found = sorted(set(rows["cutoff"])) if len(rows) else []
        assert found == [on(n) for n in expected]
        assert all(cutoff + dt.timedelta(days=30) <= on(day) for cutoff in found)
        assert len(lines) == len(expected)


def test_rows_are_everybody_at_each_past_cutoff_with_features_and_outcomes_of_that_day(engine: Engine) -> None:
    tables = tables_of(engine, SHOP)
    rows, lines = learnt_from(engine, tables, on(70), Flat)
    assert lines == [
        "2023-03-12: looking back from 2023-01-21 (1 of 2)",
        "2023-03-12: looking back from 2023-02-10 (2 of 2)",
    ]
    assert rows[list(MODEL_FEATURES)].isna().all(axis=None)  # where the purchase model finds nothing
    for cutoff, part in rows.groupby("cutoff"):
        assert isinstance(cutoff, dt.date)
        expected = population_at(engine, tables, cutoff, CHURN)
        found = part.set_index("customer_id")
        pd.testing.assert_frame_equal(found[list(expected.columns)], expected, check_dtype=False)
        happened = population_outcomes(engine, tables, cutoff, CHURN)
        pd.testing.assert_frame_equal(found[list(happened.columns)], happened, check_dtype=False)
        assert "signed up" in found.index[found["frequency"].isna()]


def test_the_purchase_model_of_a_row_is_fitted_at_its_own_cutoff(engine: Engine, sample_totals: object) -> None:
    config = ChurnConfig(horizons_days=(90,), snapshot_every_days=90, max_snapshots=2)
    cutoff = dt.date(1997, 12, 31)
    rows = training_snapshots(
        engine, Tables(sample_totals), cutoff, dt.date(1997, 1, 1), config, progress=lambda line: None
    )
    days = [cutoff - dt.timedelta(days=180), cutoff - dt.timedelta(days=90)]
    assert sorted(set(rows["cutoff"])) == days
    for day in days:
        customers = customers_at(engine, sample_totals, day)
        expected = with_model_features(customers, PurchaseModel().fit(customers), 90)
        found = rows[rows["cutoff"] == day].set_index("customer_id")
        names = list(MODEL_FEATURES)
        pd.testing.assert_frame_equal(found[names], expected[names], check_exact=True)


def test_of_many_customers_a_sample_is_learnt_from_the_same_at_every_cutoff(
    engine: Engine, sample_totals: DataFrame
) -> None:
    cutoff, first = dt.date(1997, 12, 31), dt.date(1997, 1, 1)
    lines: list[str] = []

    def rows_of(totals: DataFrame, most: int) -> pd.DataFrame:
        config = ChurnConfig(horizons_days=(90,), snapshot_every_days=90, max_snapshots=2, max_training_rows=most)
        return training_snapshots(engine, Tables(totals), cutoff, first, config, Flat, progress=lines.append)

    everybody, some = rows_of(sample_totals, 100_000), rows_of(sample_totals, 1000)
    assert everybody.attrs["sampled"] == ""
    assert some.attrs["sampled"] in lines[2]
    assert some.attrs["sampled"].startswith("training rows: of 21.2% of the customers")
    # 1,000 rows at most, but for chance and for those not known yet at the first cutoff
    assert 700 < len(some) <= 1100
    drawn = everybody[everybody["customer_id"].isin(set(some["customer_id"]))].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, drawn)
    reversed_totals = engine.from_pandas(engine.to_pandas(sample_totals)[::-1])
    pd.testing.assert_frame_equal(rows_of(reversed_totals, 1000), some)
    main = "churned_90"
    assert abs(some[main].mean() - everybody[main].mean()) < 0.04


def test_who_is_judged_was_learnt_from_as_often_as_anybody(
    engine: Engine, sample_totals: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    cutoff, tables = dt.date(1997, 12, 31), Tables(sample_totals)

    def drawn(found: sampled_rows.Sample) -> set[str]:
        return set(engine.to_pandas(found.tables.totals.select("customer_id").distinct())["customer_id"])

    everybody = sampled_rows.judged_sample(engine, tables, cutoff)
    assert (everybody.is_everybody, everybody.words()) == (True, "")
    monkeypatch.setattr(sampled_rows, "MOST_JUDGED", 1000)
    judged = drawn(sampled_rows.judged_sample(engine, tables, cutoff))
    learnt = drawn(sampled_rows.sample(engine, tables, [cutoff], most_rows=1000))
    assert abs(len(judged) - 1000) < 60
    assert abs(len(judged & learnt) / len(judged) - 1000 / 2357) < 0.05
