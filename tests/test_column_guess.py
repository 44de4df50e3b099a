"""Which column is what: by name and by content, with doubts told."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from clv_ml.data.column_guess import guess_columns, require_given
from clv_ml.data.file_layout import LookedAt
from clv_ml.errors import DataError


def _look(columns: dict[str, Sequence[str | None]], **kinds: str) -> LookedAt:
    rows = list(zip(*columns.values(), strict=True))
    return LookedAt(Path("orders.csv"), "csv", tuple(columns), tuple(kinds.items()), rows)


IDS = [f"{n % 7:04}" for n in range(60)]
DAYS = [f"2024-0{1 + n % 6}-1{n % 9}" for n in range(60)]
MONEY = [f"{n}.5{n % 10}" for n in range(60)]
COUNTS = [str(1 + n % 5) for n in range(60)]


def _chosen(look: LookedAt, given: dict[str, str] | None = None) -> dict[str, str]:
    return {role: choice.column for role, choice in guess_columns(look, given or {}).items()}


def test_columns_are_found_by_name() -> None:
    look = _look({"Member": IDS, "Order Date": DAYS, "Ship Date": DAYS, "Total": MONEY, "Tax": MONEY})
    assert _chosen(look) == {"timestamp": "Order Date", "customer_id": "Member", "amount": "Total"}


def test_price_and_quantity_make_the_amount_where_there_is_none() -> None:
    look = _look({"customer": IDS, "date": DAYS, "price": MONEY, "qty": COUNTS})
    assert _chosen(look) == {"timestamp": "date", "customer_id": "customer", "unit_price": "price", "quantity": "qty"}
    assert "--column amount=price" in guess_columns(look, {})["unit_price"].doubt


def test_an_amount_goes_before_price_and_quantity() -> None:
    look = _look({"customer": IDS, "date": DAYS, "price": MONEY, "qty": COUNTS, "line_total": MONEY})
    assert _chosen(look) == {"timestamp": "date", "customer_id": "customer", "amount": "line_total"}


def test_a_price_without_quantity_is_the_amount() -> None:
    assert _chosen(_look({"customer": IDS, "date": DAYS, "price": MONEY}))["amount"] == "price"


def test_two_amounts_are_told_as_doubtful() -> None:
    found = guess_columns(
        _look({"customer": IDS, "date": DAYS, "gross": MONEY, "total net": MONEY, "total": MONEY}), {}
    )
    assert found["amount"].column == "total net"
    assert found["amount"].doubt == "'total' could be meant as well; change it with --column amount=total"


def test_the_only_moments_and_amounts_are_found_whatever_their_name() -> None:
    found = guess_columns(_look({"client": IDS, "x1": DAYS, "x2": MONEY}), {})
    assert (found["timestamp"].column, found["amount"].column) == ("x1", "x2")
    assert found["amount"].doubt


def test_minutes_are_not_taken_for_money() -> None:
    with pytest.raises(DataError, match="found no column for amount"):
        guess_columns(_look({"student_id": IDS, "date": DAYS, "minutes_watched": MONEY}), {})


def test_what_is_given_goes_before_what_is_guessed() -> None:
    look = _look({"customer": IDS, "payer": IDS, "date": DAYS, "total": MONEY, "paid": MONEY})
    chosen = _chosen(look, {"customer_id": "payer", "amount": "paid", "segment": "customer"})
    assert chosen == {"customer_id": "payer", "amount": "paid", "segment": "customer", "timestamp": "date"}


def test_a_unique_id_is_the_order_and_a_repeated_one_the_customer() -> None:
    unique = [str(n) for n in range(60)]
    look = _look({"id": unique, "client": IDS, "date": DAYS, "total": MONEY})
    assert _chosen(look)["order_id"] == "id"
    assert _chosen(_look({"id": IDS, "date": DAYS, "total": MONEY}))["customer_id"] == "id"


def test_days_in_the_type_of_a_parquet_file_need_no_look_at_texts() -> None:
    look = _look({"client": IDS, "wann": DAYS, "total": MONEY}, client="VARCHAR", wann="DATE", total="DOUBLE")
    assert _chosen(look)["timestamp"] == "wann"


def test_what_is_missing_is_told_with_the_columns_there_are_and_how_to_name_one() -> None:
    with pytest.raises(DataError, match=r"customer_id \(who bought\) among 'city', .* --column customer_id=NAME"):
        guess_columns(_look({"city": IDS, "date": DAYS, "total": MONEY}), {})


def test_an_empty_column_is_not_taken_and_told() -> None:
    with pytest.raises(DataError, match="'customer' is empty"):
        guess_columns(_look({"customer": [None] * 60, "date": DAYS, "total": MONEY}), {})


def test_a_given_column_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"'Custmer' is missing; available: 'Customer'.*customer_id='Customer'\?"):
        require_given([_look({"Customer": IDS})], {"customer_id": "Custmer"})
