"""What made a cart cheaper, written down with the order that it becomes."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.carts import Cart
from marketplace.checkout.closing import Settled
from marketplace.checkout.discounts import Reduction
from marketplace.checkout.models import CheckoutLine
from marketplace.checkout.totals import unit_of
from marketplace.kit.batch import Batch
from marketplace.kit.money import Money
from marketplace.orders.discounts import OrderDiscount, OrderGiftCard, OrderLineDiscount
from marketplace.orders.models import Order
from marketplace.pricing.catalogue_promotions import said_rules
from marketplace.pricing.discounts import DiscountType, DiscountValueType


async def all_reductions(session: AsyncSession, cart: Cart) -> list[Reduction]:
    """All that makes a cart cheaper: what promotions of the catalogue take off its lines, one for each rule,
    and then its own. One statement, and none where no line's price is lowered by a promotion.
    """
    by_rule: dict[UUID, dict[UUID, int]] = {}
    for line in cart.goods:
        rule_id, off_minor = cart.offer(line).promotion_rule_id, _off_by_catalogue(cart, line)
        if rule_id is not None and off_minor:
            by_rule.setdefault(rule_id, {})[line.id] = off_minor
    said = await said_rules(session, by_rule, cart.checkout.language_code) if by_rule else {}
    of_catalogue = [
        Reduction(
            DiscountType.PROMOTION,
            rule.name,
            rule.translated_name or "",
            rule.value_type,
            rule.value,
            sum(by_rule[rule_id].values()),
            by_rule[rule_id],
            is_per_line=True,
            promotion_id=rule.promotion_id,
        )
        for rule_id, rule in said.items()
    ]
    return [*of_catalogue, *([cart.reduction] if cart.reduction else [])]


def _off_by_catalogue(cart: Cart, line: CheckoutLine) -> int:
    """What promotions of the catalogue take off all pieces of a line."""
    return (line.undiscounted_unit_price_minor - (cart.price(line) or 0)) * line.quantity


def insert_discounts(
    batch: Batch,
    order: Order,
    settled: Settled,
    reductions: Sequence[Reduction],
    line_ids: Mapping[UUID, UUID],
) -> None:
    """Add the rows of a new order's discounts and gift cards. `line_ids`: the order's lines by the cart's."""
    batch.insert(
        OrderLineDiscount,
        [
            {"order_line_id": line_ids[line_id], **_row(order, reduction, off_minor)}
            for reduction in reductions
            if reduction.is_per_line
            for line_id, off_minor in reduction.by_line.items()
            if off_minor
        ],
    )
    batch.insert(
        OrderDiscount,
        [
            {"order_id": order.id, **_row(order, reduction, reduction.amount_minor)}
            for reduction in reductions
            if not reduction.is_per_line
        ],
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


def line_discount(cart: Cart, line: CheckoutLine, reductions: Sequence[Reduction]) -> dict[str, object]:
    """The columns that say what one piece of a line was reduced by, and why.

    As in Saleor it is all that was taken off: by a promotion, by the line's voucher, and by its share of a
    discount of the whole order. It is told as a fixed amount, unless all of it is one rule's own per cent.
    """
    on_line = [reduction for reduction in reductions if reduction.by_line.get(line.id)]
    own = [reduction for reduction in on_line if reduction.is_per_line]
    whole_minor = line.discount_minor + (0 if line.is_gift else _off_by_catalogue(cart, line))
    off_minor = unit_of(whole_minor, line.quantity)
    value, value_type = Money(off_minor, line.currency).amount, DiscountValueType.FIXED if off_minor else None
    if own == on_line and len(own) == 1:
        value_type = own[0].value_type
        value = own[0].value if value_type is DiscountValueType.PERCENTAGE else value
    promotion = next((one for one in own if one.type is DiscountType.PROMOTION), None)
    return {
        "is_gift": line.is_gift,
        "promotion_id": promotion.promotion_id if promotion else None,
        "unit_discount_minor": off_minor,
        "unit_discount_value": str(value),
        "unit_discount_type": value_type,
        "unit_discount_reason": "; ".join(_reasons(on_line)) or None,
        "voucher_code": next((one.voucher_code for one in own if one.voucher_code), None),
    }


def _reasons(reductions: Sequence[Reduction]) -> Iterator[str]:
    for reduction in reductions:
        reason = reduction.reason or reduction.name or ""
        yield reason if reduction.is_per_line else f"Entire order: {reason}"
