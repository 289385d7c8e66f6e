"""What payments do when they are told of something: the money follows the parcel."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import subscribe
from marketplace.orders.events import VendorOrderCanceled, VendorOrderDelivered, VendorOrderRefused
from marketplace.orders.models import VendorOrder
from marketplace.payments import cash, gift_cards
from marketplace.payments.models import CashStatus


@subscribe(VendorOrderDelivered)
async def collect_cash(session: AsyncSession, event: VendorOrderDelivered) -> None:
    await cash.collect(session, await session.get_one(VendorOrder, event.vendor_order_id))


@subscribe(VendorOrderRefused)
async def expect_nothing_of_refused(session: AsyncSession, event: VendorOrderRefused) -> None:
    part = await session.get_one(VendorOrder, event.vendor_order_id)
    await cash.give_up(session, part, CashStatus.REFUSED)
    await gift_cards.give_back(session, part)


@subscribe(VendorOrderCanceled)
async def expect_nothing_of_canceled(session: AsyncSession, event: VendorOrderCanceled) -> None:
    part = await session.get_one(VendorOrder, event.vendor_order_id)
    await cash.give_up(session, part, CashStatus.CANCELED)
    await gift_cards.give_back(session, part)
