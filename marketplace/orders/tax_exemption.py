"""Staff exempt an order from tax that is not confirmed yet."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError
from marketplace.kit.events import publish
from marketplace.orders.events import OrderTaxationChanged
from marketplace.orders.locks import lock_whole
from marketplace.orders.models import Order, OrderStatus

EDITABLE = frozenset({OrderStatus.DRAFT, OrderStatus.UNCONFIRMED})


async def exempt_order(session: AsyncSession, order_id: UUID, *, is_exempt: bool) -> Order:
    """Have no tax charged of an order, or have it charged again. Whoever prices orders is told.

    Raises NotFoundError, and DomainError (NOT_EDITABLE_ORDER) for one that has been confirmed.
    """
    order, _ = await lock_whole(session, order_id)
    if order.status not in EDITABLE:
        raise DomainError("This order can't be changed any more.", code="NOT_EDITABLE_ORDER")
    if order.is_tax_exempt != is_exempt:
        order.is_tax_exempt = is_exempt
        await session.flush()
        await publish(session, OrderTaxationChanged(order.id))
    return order
