"""What staff take off an order as a whole, or off a line. Each is one discount, which stays until they change
it: whatever else is changed of the order, it is worked out anew of what the order comes to then.
"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.money import to_minor
from marketplace.orders.baskets import Basket, reduce_by_staff
from marketplace.orders.discounts import OrderDiscount, OrderLineDiscount
from marketplace.orders.editing import editable, line_of
from marketplace.orders.errors import CannotDiscountError
from marketplace.orders.history import note, pieces_of
from marketplace.orders.models import Order, OrderLine
from marketplace.orders.rewriting import rewrite
from marketplace.pricing.discounts import DiscountType, DiscountValueType

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Given:
    """What staff take off: per cent, or an amount of the order's currency."""

    value_type: DiscountValueType
    value: Decimal
    reason: str | None = None


async def add_discount(session: AsyncSession, order_id: UUID, given: Given, user_id: int | None) -> Order:
    """Take something off an order. Raises NotFoundError, CannotDiscountError, InvalidError."""
    basket = await _discountable(session, order_id)
    if basket.manual is not None:
        raise CannotDiscountError("Staff have taken something off this order already.", field="orderId")
    _check(basket.order, given, basket.order.undiscounted_total_gross_minor)
    basket.manual = OrderDiscount(
        order_id=basket.order.id,
        type=DiscountType.MANUAL,
        name=None,
        value_type=given.value_type,
        value=given.value,
        reason=given.reason,
        currency=basket.order.currency,
        amount_minor=0,
    )
    session.add(basket.manual)
    await rewrite(session, basket)
    note(session, basket.order, "ORDER_DISCOUNT_ADDED", user_id, discount=_said(basket.manual))
    await session.flush()
    return basket.order


async def change_discount(
    session: AsyncSession, discount_id: UUID, given: Given, user_id: int | None
) -> Order:
    """Take something else off. Raises NotFoundError, CannotDiscountError, InvalidError."""
    basket, discount = await _of_discount(session, discount_id)
    _check(basket.order, given, basket.order.undiscounted_total_gross_minor)
    before = _said(discount)
    changes = (discount.value_type, discount.value) != (given.value_type, given.value)
    discount.value_type, discount.value = given.value_type, given.value
    discount.reason = given.reason if given.reason is not None else discount.reason
    await rewrite(session, basket)
    if changes:
        said = _said(discount) | _as_old(before)
        note(session, basket.order, "ORDER_DISCOUNT_UPDATED", user_id, discount=said)
    await session.flush()
    return basket.order


async def remove_discount(session: AsyncSession, discount_id: UUID, user_id: int | None) -> Order:
    """Take nothing off any more. What a voucher takes off counts again. Raises NotFoundError,
    CannotDiscountError.
    """
    basket, discount = await _of_discount(session, discount_id)
    said = _said(discount)
    await session.delete(discount)
    await session.flush()
    basket.manual = None
    await rewrite(session, basket)
    note(session, basket.order, "ORDER_DISCOUNT_DELETED", user_id, discount=said)
    await session.flush()
    return basket.order


async def discount_line(
    session: AsyncSession, line_id: UUID, given: Given, user_id: int | None
) -> tuple[Order, OrderLine]:
    """Take something off each piece of a line, in place of what promotions took off.

    Raises NotFoundError, CannotDiscountError, InvalidError, and CannotDiscountError for a gift.
    """
    basket, line = await line_of(
        session, line_id, field="orderLineId", status_field="orderId", code="CANNOT_DISCOUNT"
    )
    row = basket.rows[line_id]
    if line.is_gift:
        raise CannotDiscountError("A gift costs nothing.", field="orderLineId")
    _check(basket.order, given, row.undiscounted_unit_gross_minor)
    before = _said_of_line(row)
    discount = basket.by_line.get(line_id)
    changes = discount is None or (discount.value_type, discount.value) != (given.value_type, given.value)
    if discount is None:
        discount = OrderLineDiscount(
            order_line_id=line_id,
            type=DiscountType.MANUAL,
            value_type=given.value_type,
            value=given.value,
            reason=given.reason,
            currency=basket.order.currency,
            amount_minor=0,
        )
        session.add(discount)
        basket.by_line[line_id] = discount
    discount.value_type, discount.value = given.value_type, given.value
    discount.reason = given.reason if given.reason is not None else discount.reason
    reduce_by_staff(basket, line)
    await rewrite(session, basket)
    if changes:
        said = _said_of_line(row) | _as_old(before)
        _note_line(session, basket, row, "ORDER_LINE_DISCOUNT_UPDATED", said, user_id)
    await session.flush()
    return basket.order, row


async def undiscount_line(
    session: AsyncSession, line_id: UUID, user_id: int | None
) -> tuple[Order, OrderLine]:
    """Take nothing off a line any more. Raises NotFoundError, CannotDiscountError."""
    basket, line = await line_of(
        session, line_id, field="orderLineId", status_field="orderId", code="CANNOT_DISCOUNT"
    )
    row = basket.rows[line_id]
    said = _said_of_line(row)
    discount = basket.by_line.pop(line_id, None)
    if discount is not None:
        await session.delete(discount)
        await session.flush()
    if not line.is_gift:
        basket.restore_price(line)
    await rewrite(session, basket)
    _note_line(session, basket, row, "ORDER_LINE_DISCOUNT_REMOVED", said, user_id)
    await session.flush()
    return basket.order, row


async def _discountable(session: AsyncSession, order_id: UUID) -> Basket:
    return await editable(session, order_id, field="orderId", code="CANNOT_DISCOUNT")


async def _of_discount(session: AsyncSession, discount_id: UUID) -> tuple[Basket, OrderDiscount]:
    """A discount that staff gave, and its order in hand."""
    found = select(OrderDiscount.order_id).where(
        OrderDiscount.id == discount_id, OrderDiscount.type == DiscountType.MANUAL
    )
    order_id = await session.scalar(found)
    missing = NotFoundError("Staff have given no such discount.", field="discountId")
    if order_id is None:
        raise missing
    basket = await _discountable(session, order_id)
    if basket.manual is None or basket.manual.id != discount_id:
        raise missing
    return basket, basket.manual


def _check(order: Order, given: Given, most_minor: int) -> None:
    """Raises InvalidError for more than there is."""
    if given.value_type is DiscountValueType.PERCENTAGE:
        if given.value > WHOLE:
            raise InvalidError("More than 100 % can't be taken off.", field="value")
    elif given.value > WHOLE**9 or to_minor(given.value, order.currency) > most_minor:
        raise InvalidError("More than it costs can't be taken off.", field="value")


def _said(discount: OrderDiscount) -> dict[str, object]:
    return {
        "value_type": discount.value_type,
        "value": str(discount.value),
        "reason": discount.reason,
        "amount_minor": discount.amount_minor,
        "currency": discount.currency,
    }


def _said_of_line(row: OrderLine) -> dict[str, object]:
    return {
        "value_type": row.unit_discount_type,
        "value": str(row.unit_discount_value),
        "reason": row.unit_discount_reason,
        "amount_minor": row.unit_discount_minor,
        "currency": row.currency,
    }


def _as_old(before: dict[str, object]) -> dict[str, object]:
    return {f"old_{name}": before[name] for name in ("value_type", "value", "amount_minor")}


def _note_line(
    session: AsyncSession,
    basket: Basket,
    row: OrderLine,
    kind: str,
    discount: dict[str, object],
    user_id: int | None,
) -> None:
    name = f"{row.product_name} ({row.variant_name})" if row.variant_name else row.product_name
    (line,) = pieces_of([(row.id, row.quantity, name)])
    note(session, basket.order, kind, user_id, lines=[line | {"discount": discount}])
