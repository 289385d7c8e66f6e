"""What keeps a seller from being closed: parcels that are not at their ends."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import subscribe
from marketplace.orders.models import Order, OrderStatus, VendorOrder, VendorOrderStatus
from marketplace.vendors.errors import StillOpenError
from marketplace.vendors.events import VendorClosing

UNDER_WAY = (
    VendorOrderStatus.UNFULFILLED,
    VendorOrderStatus.PARTIALLY_FULFILLED,
    VendorOrderStatus.FULFILLED,
)
NEVER_TO_BE_SENT = (OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.DRAFT)


@subscribe(VendorClosing)
async def refuse_while_under_way(session: AsyncSession, event: VendorClosing) -> None:
    """Raises StillOpenError."""
    count = await session.scalar(
        select(func.count())
        .select_from(VendorOrder)
        .join(Order, Order.id == VendorOrder.order_id)
        .where(
            VendorOrder.vendor_id == event.vendor_id,
            VendorOrder.status.in_(UNDER_WAY),
            Order.status.not_in(NEVER_TO_BE_SENT),
        )
    )
    if count:
        raise StillOpenError(f"Orders of this seller are under way: {count}.", field="id")
