"""What columns of orders are called: how well a name says that a column is the customer, the moment, the amount, ..."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ID = _words(
    """id ids no nr num number nummer numero code key ref identifier hash kennung guid uuid номер رقم معرف 编号 番号
    numéro número numer"""
)
_CUSTOMER = _words(
    """customer customers cust client clients user member buyer shopper household account acct player student patient
    subscriber donor guest consumer contact kunde kunden kundin käufer kaeufer mitglied nutzer acheteur adhérent
    cliente comprador usuario socio utente klant kund asiakas клиент клиента покупатель müşteri musteri 客户 顧客 会员
    العميل عميل زبون"""
)
_ORDER = _words(
    """order orders invoice transaction trans txn basket receipt purchase bill ticket cart booking sale bestellung
    bestell auftrag auftrags rechnung rechnungs beleg bon commande facture pedido factura ordine fattura bestelling
    заказ заказа чек sipariş siparis 注文 订单 طلب الطلب فاتورة الفاتورة"""
)
_PRODUCT = _words(
    """product products sku item article artikel stock produkt produit producto prodotto товар ürün urun 商品 منتج
    المنتج asin ean upc plan"""
)
_DATE = _words(
    """date time timestamp datetime datum zeit zeitpunkt fecha data dato day tag dt ts moment дата tarih 日期 日付 日時
    تاريخ التاريخ päivä jour dia giorno"""
)
_BOUGHT = _words(
    """order orders purchase purchased invoice transaction trans txn sale sales bought bestell bestellung rechnung
    rechnungs kauf beleg commande achat compra pedido заказа booking payment paid"""
)
_OTHER_DAY = _words(
    """birth dob born ship shipped shipping deliver delivery delivered due update updated modified expiry expire
    expires end register registered registration signup return returned cancel cancelled estimated approved first
    last valid load loaded import etl lieferung liefer geburt"""
)
_AMOUNT = _words(
    """amount amt total revenue sales value turnover spend spent paid gmv subtotal betrag umsatz summe gesamt
    gesamtbetrag wert erlös montant importe monto valor importo bedrag omzet belopp сумма выручка tutar 金額 金额
    المبلغ مبلغ الإجمالي"""
)
_NO_AMOUNT = _words(
    """discount disc tax taxes vat mwst ship shipping freight fee fees refund coupon cost quantity qty count unit units
    items number margin profit balance budget tip points rate percent pct list before rabatt kosten id code type
    name"""
)
_PRICE = _words(
    "price preis einzelpreis stückpreis prix precio prezzo prijs pris preço цена fiyat 単価 单价 价格 سعر السعر"
)
_NO_PRICE = _words("list original retail discount tax total cost shipping old")
_QUANTITY = _words(
    """quantity qty menge anzahl stück stueck units pieces pcs quantité quantite cantidad quantità quantita aantal
    antal количество adet 数量 الكمية كمية"""
)
_NO_MONEY = _words(
    """time duration minutes min hours seconds age weight height lat latitude lon lng longitude score rating result
    percent pct share rate ratio temperature distance"""
)
_COST = _words("cost costs cogs einstand einkaufspreis coût costo coste")
_CURRENCY = _words("currency curr währung waehrung devise moneda valuta валюта 通貨 币种 عملة العملة")
_ATTRIBUTES = {
    "country": _words("country land pays país pais paese страна ülke 国 国家 الدولة"),
    "channel": _words("channel kanal canal canale"),
    "store": _words("store shop filiale branch magasin tienda"),
    "category": _words("category kategorie catégorie categoría categoria department"),
}
ROLES = ("timestamp", "customer_id", "order_id", "amount", "unit_price", "quantity", "product", "cost", "currency")
ATTRIBUTES = tuple(_ATTRIBUTES)


def name_score(role: str, name: str) -> float:
    """Tell how well the name of a column fits a canonical column: 1 by the book, 0 not at all.

    Examples
    --------
    >>> name_score("customer_id", "Kunden-Nr"), name_score("customer_id", "CustomerCity")
    (1.0, 0.05)
    >>> name_score("timestamp", "InvoiceDate"), name_score("timestamp", "delivery_date")
    (1.0, 0.1)
    """
    words = words_of(name)
    return 0.0 if not words else _SCORES[role](words)


def words_of(name: str) -> list[str]:
    """Part a name into words: ``customerID``, ``customer_id`` and ``Kundennummer`` have two each.

    Examples
    --------
    >>> words_of("customerID"), words_of("Kundennummer"), words_of("n_items")
    (['customer', 'id'], ['kunden', 'nummer'], ['n', 'items'])
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", unicodedata.normalize("NFKC", name))
    words = re.findall(r"[^\W_]+", parted.replace("#", " no ").casefold())
    return [part for word in words for part in _parted(word)]


def is_no_money(name: str) -> bool:
    """Tell whether a name says that its numbers are something else than money, such as minutes."""
    found = set(words_of(name))
    return bool(found & {*_NO_MONEY, *_NO_AMOUNT, *_QUANTITY})


def _parted(word: str) -> list[str]:
    """Part a compound of two known words."""
    if word in _KNOWN or not 3 < len(word) < 40:
        return [word]
    for cut in range(len(word) - 1, 1, -1):
        head, tail = word[:cut], word[cut:]
        if head in _KNOWN and tail in _KNOWN:
            return [head, tail]
    return [word]


def _named(words: Collection[str], subject: Collection[str]) -> tuple[bool, bool, list[str]]:
    """Tell whether the subject is among the words, whether a word for an id is, and what else is there."""
    found = [word for word in words if word in subject]
    ids = [word for word in words if word in _ID]
    return bool(found), bool(ids), [word for word in words if word not in found and word not in ids]


def _id_of(subject: Collection[str], *, alone: float, names: Collection[str] = ()) -> Callable[[list[str]], float]:
    def score(words: list[str]) -> float:
        named, is_id, others = _named(words, subject)
        if named and not others:
            return 1.0 if is_id else alone
        if is_id and not others:
            return 0.35
        if named and set(others) <= set(names):
            return 0.4
        return 0.05 if named else 0.0

    return score


def _timestamp(words: list[str]) -> float:
    others = [word for word in words if word not in _DATE]
    created = bool({"created", "placed", "ordered", "purchased", "bought"} & set(words))
    if len(others) == len(words) and not created:
        return 0.0
    if set(others) & set(_OTHER_DAY):
        return 0.1
    if not others or set(others) & {*_BOUGHT, *_ORDER}:
        return 1.0 if others or "time" not in words else 0.8
    return 0.7 if created else 0.5


def _amount(words: list[str]) -> float:
    found = set(words)
    total_price = "total" in found and found & set(_PRICE)
    if not found & set(_AMOUNT):
        return 0.0
    if found & set(_NO_AMOUNT):
        return 0.1
    if total_price or "tax" not in found:
        # what the customer pays in the end goes before what stands on the list
        return 1.0 if found & {"net", "netto"} else 0.9 if found & {"gross", "brutto", "subtotal"} else 0.98
    return 0.5


def _price(words: list[str]) -> float:
    found = set(words)
    if not found & set(_PRICE) or found & set(_NO_PRICE):
        return 0.0
    return 1.0 if len(found) == 1 or "unit" in found else 0.8


def _any_of(names: Collection[str], *, but: Collection[str] = ()) -> Callable[[list[str]], float]:
    def score(words: list[str]) -> float:
        found = set(words)
        if not found & set(names) or found & set(but):
            return 0.0
        return 1.0 if found <= {*names, *_ID, "unit", "name"} else 0.6

    return score


def _quantity(words: list[str]) -> float:
    found = set(words)
    if found & set(_QUANTITY):
        return 1.0 if len(found) == 1 else 0.7
    return 0.0


def _product(words: list[str]) -> float:
    if "description" in words or "beschreibung" in words:
        return 0.5
    named, is_id, others = _named(words, _PRODUCT)
    if not named or {"n", "no", "num", "count"} & set(words[:1]):  # how many of them
        return 0.0
    if set(others) <= {"name"}:
        return 1.0 if is_id else 0.9
    return 0.3


_KNOWN = frozenset((*_ID, *_CUSTOMER, *_ORDER, *_PRODUCT, *_DATE, *_AMOUNT, *_PRICE, *_QUANTITY, *_COST, "unit"))
_SCORES: dict[str, Callable[[list[str]], float]] = {
    "customer_id": _id_of(_CUSTOMER, alone=0.85, names=("email", "mail", "name", "e")),
    "order_id": _id_of(_ORDER, alone=0.8),
    "timestamp": _timestamp,
    "amount": _amount,
    "unit_price": _price,
    "quantity": _quantity,
    "product": _product,
    "cost": _any_of(_COST, but=("shipping", "delivery", "freight", "acquisition")),
    "currency": _any_of(_CURRENCY, but=("rate",)),
    **{role: _any_of(names) for role, names in _ATTRIBUTES.items()},
}
