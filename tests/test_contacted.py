"""Who was contacted when, as far as a day knows."""

import datetime as dt

import pandas as pd
import pytest

from clv_ml.data.contacted import contact_days, last_contacts, made_contacts
from clv_ml.errors import DataError


def contacts() -> pd.DataFrame:
    rows = [
        ("b", "2024-03-05 23:59:59", "reached_refused"),
        ("a", "2024-03-01 09:00", "no_answer"),
        ("a", "2024-03-01 15:00", "reached_kept"),
        ("a", "2024-03-09 15:00", None),
        ("c", None, None),
        ("b", "2024-03-07 08:00", "no_answer"),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "contacted_at", "outcome"])
    return frame.assign(contacted_at=pd.to_datetime(frame["contacted_at"], format="mixed"))


def test_a_day_of_contact_counts_once_and_rows_not_worked_through_do_not_count() -> None:
    days = contact_days(contacts())
    assert days["customer_id"].tolist() == ["a", "a", "b", "b"]
    assert days["day"].dt.strftime("%m-%d").tolist() == ["03-01", "03-09", "03-05", "03-07"]


def test_the_last_contact_is_the_last_one_known_on_the_day() -> None:
    last = last_contacts(contacts(), dt.date(2024, 3, 5))
    assert last.index.tolist() == ["a", "b"]
    assert last["last_contacted_at"].dt.strftime("%m-%d %H").tolist() == ["03-01 15", "03-05 23"]
    assert last["refused"].tolist() == [False, True]


def test_who_refused_once_has_refused_though_a_later_call_was_not_answered() -> None:
    assert last_contacts(contacts(), dt.date(2024, 3, 31))["refused"].to_dict() == {"a": False, "b": True}


def test_later_contacts_and_row_order_change_nothing() -> None:
    day = dt.date(2024, 3, 5)
    known = contacts().iloc[:3]
    pd.testing.assert_frame_equal(last_contacts(contacts().iloc[::-1], day), last_contacts(known, day))


def test_without_contacts_or_outcomes_there_is_an_empty_frame_or_no_refusal() -> None:
    none = last_contacts(None, dt.date(2024, 3, 5))
    assert none.empty
    assert none.columns.tolist() == ["last_contacted_at", "refused"]
    told = last_contacts(contacts().drop(columns="outcome"), dt.date(2024, 3, 31))
    assert not told["refused"].any()


def test_a_missing_column_is_named_beside_those_there_are() -> None:
    with pytest.raises(DataError, match=r"contacts.*contacted_at"):
        last_contacts(contacts().drop(columns="contacted_at"), dt.date(2024, 3, 5))


def test_a_row_that_says_nobody_was_contacted_is_no_contact() -> None:
    frame = contacts().assign(outcome="not_contacted")
    assert made_contacts(frame).empty
    assert contact_days(frame).empty


def test_an_outcome_without_a_time_is_a_contact_and_a_refusal_without_one_counts_on_any_day() -> None:
    outcome = pd.Series([None, None, "no_answer", None, "reached_refused", None], dtype=object)
    rows = contacts().assign(contacted_at=pd.Series(pd.NaT, index=range(6)), outcome=outcome)
    assert made_contacts(rows)["customer_id"].tolist() == ["a", "c"]
    last = last_contacts(rows, dt.date(2020, 1, 1))
    assert last["refused"].to_dict() == {"c": True}
    assert last["last_contacted_at"].isna().all()
