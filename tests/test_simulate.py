"""Simulated customers are what their numbers say, and the same for the same seed."""

import dataclasses
from functools import cache

import pandas as pd
import pytest

from clv_ml import PurchaseModel, SpendModel, rfm_summary
from clv_ml.data.simulate import TABLES, Simulation, simulate
from clv_ml.data.simulation_parameters import SimulationParameters
from clv_ml.errors import ConfigError

KNOWN = SimulationParameters()
DAY = pd.Timedelta(days=1)


@cache
def _simulated(informative: bool = True) -> Simulation:
    return simulate(dataclasses.replace(KNOWN, informative=informative), customers=10_000, seed=7)


def test_a_fit_finds_the_parameters_of_the_purchases_again() -> None:
    rfm = rfm_summary(_simulated().transactions, cutoff=KNOWN.end)
    fitted = PurchaseModel().fit(rfm).params_
    # purchases by the day are 1.7 % fewer, most of them of the fastest buyers: alpha comes out 8 % higher
    for name, tolerance in {"r": 0.08, "alpha": 0.15, "a": 0.15, "b": 0.20}.items():
        assert fitted[name] == pytest.approx(getattr(KNOWN, name), rel=tolerance), name


def test_a_fit_finds_the_parameters_of_the_spend_again() -> None:
    rfm = rfm_summary(_simulated().transactions, cutoff=KNOWN.end)
    fitted = SpendModel().fit(rfm).params_
    mean = KNOWN.spend_p * KNOWN.spend_v / (KNOWN.spend_q - 1)
    assert fitted["p"] * fitted["v"] / (fitted["q"] - 1) == pytest.approx(mean, rel=0.05)
    # with these customers p and v are known to a tenth and a fifth, and move against each other
    for name, tolerance in {"p": 0.25, "q": 0.15, "v": 0.40}.items():
        assert fitted[name] == pytest.approx(getattr(KNOWN, f"spend_{name}"), rel=tolerance), name


def test_traits_have_the_means_of_their_distributions() -> None:
    truth = _simulated().truth
    mean = {
        "purchase_rate": KNOWN.r / KNOWN.alpha,
        "leave_chance": KNOWN.a / (KNOWN.a + KNOWN.b),
        "visit_rate": KNOWN.visits_per_day,
        "mean_spend": KNOWN.spend_p * KNOWN.spend_v / (KNOWN.spend_q - 1),
    }
    for name, expected in mean.items():
        assert truth[name].mean() == pytest.approx(expected, abs=4 * truth[name].std() / 100), name


def test_a_departure_is_a_last_purchase_after_the_first() -> None:
    simulation = _simulated()
    orders = simulation.transactions.groupby("customer_id")["timestamp"].agg(["min", "max", "size"])
    gone = simulation.truth.set_index("customer_id")["died_at"].dropna()
    assert 0.2 < len(gone) / len(simulation.truth) < 0.6
    pd.testing.assert_series_equal(orders.loc[gone.index, "max"], gone, check_names=False)
    assert (orders.loc[gone.index, "size"] > 1).all()
    first = simulation.truth.set_index("customer_id")["first_purchase_at"].dropna()
    pd.testing.assert_series_equal(orders["min"], first, check_names=False)


def _visits_a_day(simulation: Simulation, low: float, high: float) -> float:
    """Visits per expected visit, so many days after departures that lie well inside a customer's time as a buyer."""
    truth = simulation.truth
    long = truth["died_at"] - truth["first_purchase_at"] > (KNOWN.fade_days + 30) * DAY
    long &= pd.Timestamp(KNOWN.end) - truth["died_at"] > 60 * DAY
    gone = truth[long].set_index("customer_id")
    visits = simulation.events[simulation.events["event_type"] == "visit"]
    visits = visits[visits["customer_id"].isin(gone.index)]
    since = (visits["timestamp"].to_numpy() - gone["died_at"].loc[visits["customer_id"]].to_numpy()) / DAY
    return float(((since > low) & (since < high)).sum() / (gone["visit_rate"].sum() * (high - low)))


def test_visits_fade_before_a_departure_and_few_are_left_after_it() -> None:
    # about 1,100 customers with 1.2 visits a month each: a standard error of .03
    assert _visits_a_day(_simulated(), -60, -30) == pytest.approx(1.0, abs=0.12)
    assert _visits_a_day(_simulated(), -30, 0) == pytest.approx((1 + KNOWN.visits_left) / 2, abs=0.12)
    assert _visits_a_day(_simulated(), 0, 60) == pytest.approx(KNOWN.visits_left, abs=0.06)


def test_uninformative_visits_go_on_as_if_nothing_had_happened() -> None:
    for low, high in ((-60, -30), (-30, 0), (0, 60)):
        assert _visits_a_day(_simulated(informative=False), low, high) == pytest.approx(1.0, abs=0.12)


def test_customers_have_a_realistic_number_of_events_of_every_kind() -> None:
    simulation = _simulated()
    kinds = simulation.events["event_type"].value_counts() / len(simulation.customers)
    assert set(kinds.index) == {"visit", "lesson", "email_sent", "email_open"}
    assert 10 < kinds.sum() < 25
    assert 0.2 < kinds["email_open"] / kinds["email_sent"] < KNOWN.email_open_share
    assert simulation.events["customer_id"].nunique() == len(simulation.customers)


def test_sessions_belong_to_one_customer_and_rows_lie_within_the_days() -> None:
    simulation = _simulated()
    assert (simulation.events.groupby("session_id")["customer_id"].nunique() == 1).all()
    assert simulation.transactions["order_id"].is_unique
    signup = simulation.customers.set_index("customer_id")["signup_at"]
    for table in (simulation.transactions, simulation.events):
        assert (table["timestamp"].to_numpy() >= signup.loc[table["customer_id"]].to_numpy()).all()
        assert table["timestamp"].max() < pd.Timestamp(KNOWN.end) + DAY
    assert (simulation.transactions["amount"] > 0).all()


def test_the_same_seed_gives_the_same_customers_and_another_seed_others() -> None:
    one, again, other = (simulate(KNOWN, customers=50, seed=seed) for seed in (1, 1, 2))
    for name in TABLES:
        pd.testing.assert_frame_equal(one.tables[name], again.tables[name])
    assert not one.transactions.equals(other.transactions)


def test_the_first_customers_are_the_same_however_many_follow() -> None:
    few, many = simulate(KNOWN, customers=1003), simulate(KNOWN, customers=2500)
    for name in TABLES:
        rows = many.tables[name]
        pd.testing.assert_frame_equal(few.tables[name], rows[rows["customer_id"] < "c00001003"])


@pytest.mark.parametrize(("customers", "seed"), [(0, 1), (-5, 1), (10, -1), (10, 2**31)])
def test_no_customers_and_no_seed_are_refused(customers: int, seed: int) -> None:
    with pytest.raises(ConfigError, match="it must be from"):
        simulate(KNOWN, customers=customers, seed=seed)
