"""Who was contacted leaves what is learnt and judged; who was held back counts for them."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv_ml.errors import DataError
from clv_ml.models.treated_rows import without_treated
from clv_ml.snapshot.treatment import Treatment, judged, repeated

DAY = pd.Timestamp("2024-03-01")
K, H = 30, 90


def treatment(*events: tuple[str, int, int, float]) -> Treatment:
    """Events with days counted from DAY."""
    table = pd.DataFrame(events, columns=["customer_id", "first", "last", "counts"])
    days = {name: DAY + pd.to_timedelta(table[name], unit="D") for name in ("first", "last")}
    return Treatment(table.assign(**days), K)


def rows(*pairs: tuple[str, int]) -> pd.DataFrame:
    customers, days = zip(*pairs, strict=True)
    cutoffs = [(DAY + pd.Timedelta(days=day)).date() for day in days]
    return pd.DataFrame({"customer_id": customers, "cutoff": cutoffs, "churned_90": 1})


@pytest.mark.parametrize(
    ("cutoff", "counts"),
    [(-91, 1), (-90, 0), (-1, 0), (0, 0), (29, 0), (30, 1), (300, 1)],
)
def test_a_contact_in_the_outcome_window_or_shortly_before_the_cutoff_takes_the_row_out(
    cutoff: int, counts: int
) -> None:
    assert treatment(("a", 0, 0, 0.0)).times(rows(("a", cutoff)), H).tolist() == [counts]


def test_others_and_other_cutoffs_are_left_as_they_are() -> None:
    found = treatment(("a", 0, 0, 0.0)).times(rows(("b", 0), ("a", 200), ("a", 0), ("c", 0)), H)
    assert found.tolist() == [1, 1, 0, 1]


def test_a_control_stands_for_its_tier_once_however_many_lists_held_it_back() -> None:
    found = treatment(("a", 0, 7, 10.0), ("a", 14, 21, 10.0)).times(rows(("a", 0), ("a", 120)), H)
    assert found.tolist() == [10, 1]


def test_a_control_that_was_contacted_all_the_same_counts_for_nobody() -> None:
    assert treatment(("a", 0, 7, 10.0), ("a", 3, 3, 0.0)).times(rows(("a", 0)), H).tolist() == [0]


@settings(max_examples=15, deadline=None)
@given(share=st.floats(0.05, 0.95), n=st.integers(1, 60), seed=st.integers(0, 1000))
def test_fractions_keep_their_sum_whatever_the_order(share: float, n: int, seed: int) -> None:
    names = [f"c{number:02d}" for number in range(n)]
    known = treatment(*((name, 0, 0, 1 / share) for name in names))
    table = rows(*((name, 0) for name in names))
    times = known.times(table, H)
    assert set(times) <= {int(np.floor(1 / share)), int(np.ceil(1 / share))}
    assert times.sum() == pytest.approx(n / share, abs=1)
    order = np.random.default_rng(seed).permutation(n)
    assert known.times(table.iloc[order], H).tolist() == times[order].tolist()


def test_rows_are_repeated_in_their_order_and_the_argument_is_left_alone() -> None:
    table = rows(("a", 0), ("b", 0), ("c", 0))
    found = repeated(table, np.array([2, 0, 1]))
    assert found["customer_id"].tolist() == ["a", "a", "c"]
    assert found.index.tolist() == [0, 1, 2]
    assert len(table) == 3


def test_what_was_left_out_is_counted_and_told() -> None:
    table = rows(("a", 0), ("b", 0), ("c", 0), ("d", 0))
    found, told = without_treated(table, treatment(("a", 0, 0, 0.0), ("b", 0, 0, 2.0)), H)
    assert found["customer_id"].tolist() == ["b", "b", "c", "d"]
    assert (told.rows, told.left_out, told.control) == (4, 1, 1)
    assert told.words().startswith("1 of 4 training rows left out: contacted within the outcome window")
    assert "1 rows in control of the same lists count for them" in told.words()
    _, alone = without_treated(table, treatment(("a", 0, 0, 0.0)), H)
    assert "no control stands in for them" in alone.words()


def test_where_nobody_was_contacted_the_rows_are_the_same_and_nothing_is_told() -> None:
    table = rows(("a", 0))
    found, told = without_treated(table, None, H)
    assert found is table
    assert not told.words()
    assert without_treated(pd.DataFrame(), treatment(("a", 0, 0, 0.0)), H)[0].empty


def test_a_judgement_names_each_row_once_and_knows_its_customer() -> None:
    customers = pd.Index(["a", "b", "c"], name="customer_id")
    found = judged(customers, treatment(("a", 0, 0, 0.0), ("b", 0, 0, 3.0)), DAY.date(), H)
    assert found.names.is_unique
    assert found.ids.tolist() == ["b", "b", "b", "c"]
    assert found.names[[0, 3]].tolist() == ["b", "c"]
    assert found.left_out == 1
    taken = found.take(pd.DataFrame({"x": [1, 2, 3]}, index=customers))
    assert taken["x"].tolist() == [2, 2, 2, 3]
    everybody = judged(customers, None, DAY.date(), H)
    assert everybody.names.equals(customers)


def test_control_rows_undo_the_choice_that_a_list_makes_after_the_cutoff() -> None:
    # a list on day 40 takes who has not bought since the cutoff; a contact saves a third of them
    rng = np.random.default_rng(1)
    n, share = 40_000, 0.2
    names = np.array([f"c{number:05d}" for number in range(n)])
    buys_at = rng.exponential(100, n)
    churned_alone = buys_at > H
    listed = buys_at > 40
    control = rng.random(n) < share
    saved = listed & ~control & (rng.random(n) < 1 / 3)
    table = pd.DataFrame({"customer_id": names, "cutoff": DAY.date(), "churned_90": churned_alone & ~saved})
    stands_for = listed.sum() / (listed & control).sum()
    events = [(str(names[i]), 40, 47, float(stands_for) if control[i] else 0.0) for i in np.flatnonzero(listed)]
    marked, _ = without_treated(table, treatment(*events), H)
    dropped = table[~listed | control]
    truth = churned_alone.mean()
    assert marked["churned_90"].mean() == pytest.approx(truth, abs=0.01)
    assert table["churned_90"].mean() < truth - 0.05
    assert dropped["churned_90"].mean() < truth - 0.15  # worse than to learn from everybody


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="counts"):
        Treatment(pd.DataFrame({"customer_id": [], "first": [], "last": []}), K)


def test_a_date_and_a_timestamp_are_the_same_cutoff() -> None:
    known = treatment(("a", 0, 0, 0.0))
    for cutoff in (DAY, DAY.date(), np.datetime64(DAY.date())):
        table = pd.DataFrame({"customer_id": ["a"], "cutoff": [cutoff]})
        assert known.times(table, H).tolist() == [0]
    assert isinstance(DAY.date(), dt.date)
