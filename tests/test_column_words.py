"""Names of columns in many languages and spellings."""

import doctest

import pytest

from clv_ml.data import column_words
from clv_ml.data.column_words import ATTRIBUTES, ROLES, is_no_money, name_score


def test_the_examples_hold() -> None:
    assert doctest.testmod(column_words).failed == 0


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("customer_id", "CustomerID|Customer ID|cust_no|household_id|UserId|Kundennr|Käufer|顧客ID|رقم العميل|клиент"),
        ("timestamp", "InvoiceDate|order_date|Bestelldatum|created_at|transaction_timestamp|Дата|تاريخ الطلب|日付"),
        ("amount", "sales_value|Order Total|Umsatz|Betrag|montant|total_price|Сумма|المبلغ|金額|amount_eur"),
        ("unit_price", "UnitPrice|Price|Einzelpreis|prix"),
        ("quantity", "Quantity|qty|Menge|数量"),
        ("order_id", "InvoiceNo|basket_id|Order ID|Rechnungsnummer|order #"),
        ("product", "StockCode|sku|item_name|Artikel"),
        ("currency", "Currency|Währung"),
        ("cost", "unit cost|COGS"),
    ],
)
def test_names_say_what_a_column_is(role: str, names: str) -> None:
    for name in names.split("|"):
        scores = {other: name_score(other, name) for other in (*ROLES, *ATTRIBUTES)}
        assert scores[role] >= 0.6, (name, scores)
        assert scores[role] == max(scores.values()), (name, scores)


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("customer_id", "customer_city"),
        ("timestamp", "birth_date"),
        ("timestamp", "ship_date"),
        ("amount", "discount_amount"),
        ("amount", "tax"),
        ("unit_price", "list_price"),
        ("order_id", "order_status"),
        ("product", "n_products"),
        ("cost", "shipping_cost"),
    ],
)
def test_names_that_only_look_alike_are_not_taken(role: str, name: str) -> None:
    assert name_score(role, name) < 0.3


def test_numbers_that_are_no_money_are_known_by_name() -> None:
    assert is_no_money("minutes_watched")
    assert is_no_money("latitude")
    assert not is_no_money("x17")
