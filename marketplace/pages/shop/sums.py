"""What a checkout or an order comes to, row by row: each row's amount, and rows that add up to the total."""

from dataclasses import dataclass
from decimal import Decimal

from marketplace.pages.api import Data

PROMOTION = "PROMOTION"
"""Line prices speak of these: they are no reduction of the cart."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Amounts as the API gives them: `{amount, currency}`. `off` and `cards` are taken away, and positive."""

    goods: Data
    delivery: Data
    off: Data | None
    code: str | None
    cards: Data | None
    total: Data
    tax: Data | None


def of_checkout(checkout: Data, *, delivery_known: bool) -> Sums:
    """A checkout's sums; before its delivery is known, those of its goods alone."""
    goods = _decimal(checkout["subtotalPrice"]["gross"])
    shipping = _decimal(checkout["shippingPrice"]["gross"]) if delivery_known else Decimal(0)
    off = _decimal(checkout["discount"]) if checkout["discount"] else Decimal(0)
    chosen = checkout["delivery"]
    off_delivery = min(off, max(_decimal(chosen["price"]) - shipping, Decimal(0))) if chosen else Decimal(0)
    if not delivery_known:
        off, off_delivery = off - off_delivery, Decimal(0)
    balance = sum((_decimal(card["currentBalance"]) for card in checkout["giftCards"]), Decimal(0))
    price = checkout["totalPrice" if delivery_known else "subtotalPrice"]
    total = _decimal(price["gross"]) if delivery_known else goods - min(balance, goods)
    return _sums(
        price, goods, shipping, off, off_delivery, total, checkout["voucherCode"], taxed=delivery_known
    )


def of_order(order: Data) -> Sums:
    """An order's sums."""
    goods, shipping = (_decimal(order[name]["gross"]) for name in ("subtotal", "shippingPrice"))
    discounts = [
        *order["discounts"],
        *(
            discount
            for part in order["vendorOrders"]
            for line in part["lines"]
            for discount in line["discounts"]
            if discount["type"] != PROMOTION
        ),
    ]
    off = sum((_decimal(discount["total"]) for discount in discounts), Decimal(0))
    off_delivery = _decimal(order["undiscountedShippingPrice"]) - shipping
    total = _decimal(order["total"]["gross"])
    return _sums(order["total"], goods, shipping, off, off_delivery, total, order["voucherCode"], taxed=True)


def _sums(
    price: Data,
    goods: Decimal,
    shipping: Decimal,
    off: Decimal,
    off_delivery: Decimal,
    total: Decimal,
    code: str | None,
    *,
    taxed: bool,
) -> Sums:
    currency = price["gross"]["currency"]
    cards = goods + shipping - total

    def money(amount: Decimal) -> Data:
        return {"amount": amount, "currency": currency}

    return Sums(
        goods=money(goods + off - off_delivery),
        delivery=money(shipping + off_delivery),
        off=money(off) if off else None,
        code=code,
        cards=money(cards) if cards > 0 else None,
        total=money(total),
        tax=price["tax"] if price["tax"]["amount"] and (taxed or cards <= 0) else None,
    )


def _decimal(money: Data) -> Decimal:
    return Decimal(str(money["amount"]))
