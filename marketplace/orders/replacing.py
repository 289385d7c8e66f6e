"""Pieces sent in the place of others: a draft for the same buyer, with the lines as they were sold."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.orders.models import Order, OrderEvent, OrderLine, OrderOrigin, OrderStatus
from marketplace.orders.moving import Moving, lines_told
from marketplace.people.models import Address

_COPIED_OF_ORDER = (
    "channel_id",
    "user_id",
    "user_email",
    "language_code",
    "currency",
    "redirect_url",
    "public_metadata",
    "private_metadata",
)
_NOT_COPIED_OF_LINE = frozenset(
    {
        "id",
        "order_id",
        "vendor_order_id",
        "position",
        "quantity",
        "quantity_fulfilled",
        "total_gross_minor",
        "total_net_minor",
    }
)


async def draft_replacement(
    session: AsyncSession, original: Order, moving: Sequence[Moving], user_id: int | None
) -> Order:
    """Begin the draft that replaces pieces of an order, and write into the history of both.

    Its lines cost what they cost then; staff change that, and complete it, like any draft.
    """
    quantities: dict[UUID, int] = defaultdict(int)
    lines = {each.line.id: each.line for each in moving}
    for each in moving:
        quantities[each.line.id] += each.quantity
    draft = await _order_like(session, original)
    made = [
        _line_like(line, draft, position, quantities[line.id])
        for position, line in enumerate(sorted(lines.values(), key=lambda line: line.position), 1)
    ]
    session.add_all(made)
    _write_totals(draft, made)
    await session.flush()
    told = [
        {"order_line_id": str(line.id), "quantity": line.quantity, "item_name": line.product_name}
        for line in made
    ]
    for order, event_type, parameters in (
        (draft, "DRAFT_CREATED_FROM_REPLACE", {"related_order_id": str(original.id), "lines": told}),
        (original, "FULFILLMENT_REPLACED", {"lines": lines_told(moving)}),
        (original, "ORDER_REPLACEMENT_CREATED", {"related_order_id": str(draft.id)}),
    ):
        event = OrderEvent(order_id=order.id, type=event_type, user_id=user_id, parameters=parameters)
        session.add(event)
    await session.flush()
    await announce(session, "DRAFT_ORDER_CREATED", draft)
    return draft


async def _order_like(session: AsyncSession, original: Order) -> Order:
    now = clock.now()
    draft = Order(
        id=uuid4(),
        status=OrderStatus.DRAFT,
        origin=OrderOrigin.REISSUE,
        original_id=original.id,
        billing_address_id=await _address_like(session, original.billing_address_id),
        shipping_address_id=await _address_like(session, original.shipping_address_id),
        created_at=now,
        updated_at=now,
        **{name: getattr(original, name) for name in _COPIED_OF_ORDER},
        **dict.fromkeys(("shipping_gross_minor", "shipping_net_minor"), 0),
        **dict.fromkeys(_TOTALS, 0),
    )
    session.add(draft)
    await session.flush()
    return draft


_TOTALS = (
    "subtotal_gross_minor",
    "subtotal_net_minor",
    "undiscounted_total_gross_minor",
    "undiscounted_total_net_minor",
    "total_gross_minor",
    "total_net_minor",
)


async def _address_like(session: AsyncSession, address_id: int | None) -> int | None:
    """A copy of an address: the replacement's can be changed without the original's."""
    found = await session.get(Address, address_id) if address_id is not None else None
    if found is None:
        return None
    names = [column.key for column in inspect(Address).column_attrs if column.key not in {"id", "user_id"}]
    copy = Address(**{name: getattr(found, name) for name in names})
    session.add(copy)
    await session.flush()
    return copy.id


def _line_like(line: OrderLine, draft: Order, position: int, quantity: int) -> OrderLine:
    names = [
        column.key for column in inspect(OrderLine).column_attrs if column.key not in _NOT_COPIED_OF_LINE
    ]
    return OrderLine(
        id=uuid4(),
        order_id=draft.id,
        position=position,
        quantity=quantity,
        total_gross_minor=line.unit_gross_minor * quantity,
        total_net_minor=line.unit_net_minor * quantity,
        **{name: getattr(line, name) for name in names},
    )


def _write_totals(draft: Order, lines: Sequence[OrderLine]) -> None:
    gross = sum(line.total_gross_minor for line in lines)
    net = sum(line.total_net_minor for line in lines)
    draft.subtotal_gross_minor = draft.total_gross_minor = gross
    draft.subtotal_net_minor = draft.total_net_minor = net
    draft.undiscounted_total_gross_minor = sum(
        line.undiscounted_unit_gross_minor * line.quantity for line in lines
    )
    draft.undiscounted_total_net_minor = sum(
        line.undiscounted_unit_net_minor * line.quantity for line in lines
    )
