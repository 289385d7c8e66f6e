"""What made a cart cheaper, written down with the order that it becomes."""

from collections.abc import Mapping
from uuid import UUID

from marketplace.checkout.carts import Cart
from marketplace.checkout.closing import Settled
from marketplace.checkout.discounts import Reduction
from marketplace.checkout.models import CheckoutLine
from marketplace.checkout.totals import unit_of
from marketplace.kit.batch import Batch
from marketplace.kit.money import Money
from marketplace.orders.discounts import OrderDiscount, OrderGiftCard, OrderLineDiscount
from marketplace.orders.models import Order
from marketplace.pricing.discounts import DiscountValueType


def insert_discounts(batch: Batch, order: Order, settled: Settled, line_ids: Mapping[UUID, UUID]) -> None:
    """Add the rows of a new order's discounts and gift cards. `line_ids`: the order's lines by the cart's."""
    reduction = settled.cart.reduction
    if reduction is not None and reduction.is_per_line:
        batch.insert(
            OrderLineDiscount,
            [
                {"order_line_id": line_ids[line_id], **_row(order, reduction, off_minor)}
                for line_id, off_minor in reduction.by_line.items()
                if off_minor
            ],
        )
    elif reduction is not None:
        batch.insert(
            OrderDiscount, [{"order_id": order.id, **_row(order, reduction, reduction.amount_minor)}]
        )
    batch.insert(
        OrderGiftCard,
        [
            {
                "order_id": order.id,
                "gift_card_id": use.card.id,
                "currency": order.currency,
                "amount_minor": use.amount_minor,
            }
            for use in settled.card_uses
        ],
    )


def _row(order: Order, reduction: Reduction, amount_minor: int) -> dict[str, object]:
    return {
        "created_at": order.created_at,
        "type": reduction.type,
        "name": reduction.name,
        "translated_name": reduction.translated_name,
        "value_type": reduction.value_type,
        "value": str(reduction.value),
        "reason": reduction.reason,
        "currency": order.currency,
        "amount_minor": amount_minor,
        "voucher_id": reduction.voucher_id,
        "voucher_code": reduction.voucher_code,
    }


def unit_discount(cart: Cart, line: CheckoutLine) -> dict[str, object]:
    """The columns that say what one piece of a line was reduced by, and why.

    As in Saleor it is all that was taken off: by a promotion, by the line's voucher, and by its share of a
    voucher on the whole order. It is told as a fixed amount, unless all of it is one voucher's own per cent.
    """
    promoted_minor = (
        line.undiscounted_unit_price_minor - (cart.offer(line).price_minor or 0)
    ) * line.quantity
    off_minor = unit_of(promoted_minor + line.discount_minor, line.quantity)
    reduction = cart.reduction if line.discount_minor else None
    per_line = reduction is not None and reduction.is_per_line
    value = Money(off_minor, line.currency).amount
    value_type = DiscountValueType.FIXED if off_minor else None
    if reduction is not None and per_line and not promoted_minor:
        value_type = reduction.value_type
        if value_type is DiscountValueType.PERCENTAGE:
            value = reduction.value
    reason = None
    if reduction is not None:
        reason = reduction.reason if per_line else f"Entire order: {reduction.reason or reduction.name}"
    return {
        "unit_discount_minor": off_minor,
        "unit_discount_value": str(value),
        "unit_discount_type": value_type,
        "unit_discount_reason": reason,
        "voucher_code": reduction.voucher_code if reduction is not None and per_line else None,
    }
