"""What a checkout or an order comes to, row by row: each row's amount, and rows that add up to the total."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from marketplace.pages.api import Data

NO_REDUCTION = {"PROMOTION", "ORDER_PROMOTION"}
"""Of lines: prices of the shelves speak of the former, the latter are gifts. Neither makes a cart cheaper."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Amounts as the API gives them: `{amount, currency}`. Goods and delivery, less cards, are the total."""

    goods: Data
    """After discounts, as the lines are shown."""
    delivery: Data
    off: Data | None
    """What a promo code or a promotion took off; it is in the rows above already."""
    code: str | None
    """The code, or what the promotion is called."""
    cards: Data | None
    """What gift cards pay."""
    total: Data
    tax: Data | None


def of_checkout(checkout: Data, *, delivery_known: bool) -> Sums:
    """A checkout's sums; before its delivery is known, those of its goods alone."""
    off = _sum([checkout["discount"]] if checkout["discount"] else [])
    name = checkout["translatedDiscountName"] or checkout["discountName"]
    if delivery_known:
        return _sums(checkout, "subtotalPrice", checkout["totalPrice"], off, name)
    goods = checkout["subtotalPrice"]
    balance = _sum(card["currentBalance"] for card in checkout["giftCards"])
    left = max(_decimal(goods["gross"]) - balance, Decimal(0))
    total = {"gross": _money(left, goods), "tax": None if checkout["giftCards"] else goods["tax"]}
    return _sums(checkout | {"shippingPrice": _free(goods)}, "subtotalPrice", total, off, name)


def of_order(order: Data) -> Sums:
    """An order's sums."""
    of_lines = [
        discount["total"]
        for part in order["vendorOrders"]
        for line in part["lines"]
        for discount in line["discounts"]
        if discount["type"] not in NO_REDUCTION
    ]
    off = _sum([*of_lines, *(discount["total"] for discount in order["discounts"])])
    names = [discount["translatedName"] or discount["name"] for discount in order["discounts"]]
    return _sums(order, "subtotal", order["total"], off, names[0] if names else None)


def _sums(of: Data, subtotal: str, total: Data, off: Decimal, name: str | None) -> Sums:
    goods, delivery = of[subtotal]["gross"], of["shippingPrice"]["gross"]
    cards = _decimal(goods) + _decimal(delivery) - _decimal(total["gross"])
    return Sums(
        goods=goods,
        delivery=delivery,
        off=_money(off, of[subtotal]) if off else None,
        code=of["voucherCode"] or name,
        cards=_money(cards, of[subtotal]) if cards > 0 else None,
        total=total["gross"],
        tax=total["tax"] if total["tax"] and total["tax"]["amount"] else None,
    )


def _free(like: Data) -> Data:
    return {"gross": _money(Decimal(0), like)}


def _money(amount: Decimal, like: Data) -> Data:
    return {"amount": amount, "currency": like["gross"]["currency"]}


def _sum(amounts: Iterable[Data]) -> Decimal:
    return sum((_decimal(amount) for amount in amounts), Decimal(0))


def _decimal(money: Data) -> Decimal:
    return Decimal(str(money["amount"]))
