"""A parcel that was paid in part only: the buyer keeps it, and somebody bears what is missing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.money import Money
from marketplace.orders.errors import VendorOrderStatusError
from marketplace.orders.fulfilling import lock_order
from marketplace.orders.fulfilment import deliver
from marketplace.orders.models import VendorOrder, VendorOrderStatus
from marketplace.orders.parcels import note
from marketplace.payments import cash
from marketplace.payments.at_the_door.errors import PartialAmountError
from marketplace.payments.models import CashCollection, CashStatus, ShortfallBearer
from marketplace.payments.refund_shares import Share, open_purse
from marketplace.payments.refunding import bear

REASON_LENGTH = 500


async def collect_partly(
    session: AsyncSession,
    vendor_order_id: UUID,
    amount: Money,
    bearer: ShortfallBearer,
    reason: str,
    *,
    delivered_at: datetime | None = None,
    user_id: int | None = None,
) -> VendorOrder:
    """The carrier gave the parcel and took less than was due. What is missing is asked of the buyer no more:
    the seller bears it, who has agreed to the discount, or the marketplace does. Told twice, it is so once.

    Raises NotFoundError, VendorOrderStatusError, PartialAmountError, InvalidError.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH:
        raise InvalidError(f"Say why, in at most {REASON_LENGTH} characters.", field="reason")
    part = await session.get(VendorOrder, vendor_order_id)
    if part is None:
        raise NotFoundError("There is no such vendor order.", field="id")
    locked = await lock_order(session, part.order_id)
    part = locked.parts[vendor_order_id]
    due = await session.scalar(
        select(CashCollection).where(CashCollection.vendor_order_id == part.id),
        execution_options={"populate_existing": True},
    )
    if due is None:
        raise NotFoundError("This parcel is not paid at the door.", field="id")
    if part.status is VendorOrderStatus.DELIVERED and _is_same(due, amount, bearer):
        return part
    if part.status is not VendorOrderStatus.FULFILLED or due.status is not CashStatus.EXPECTED:
        raise VendorOrderStatusError(
            f"Only for a parcel that the carrier has cash is taken; this one is {part.status.lower()}.",
            field="id",
        )
    if amount.currency != due.currency or not 0 < amount.minor < due.amount_minor:
        raise PartialAmountError(
            f"Less than the {Money(due.amount_minor, due.currency)} that are due, and more than nothing.",
            field="amount",
        )
    missing_minor = due.amount_minor - amount.minor
    purse = await open_purse(session, locked)
    goods_left = part.subtotal_gross_minor - purse.refunded.get(part.id, Share()).goods_minor
    goods_minor = min(missing_minor, goods_left)
    await cash.ask_less(session, part, missing_minor)
    due.shortfall_minor, due.shortfall_bearer, due.shortfall_reason = missing_minor, bearer, reason
    borne, is_ours = Share(goods_minor, missing_minor - goods_minor), bearer is ShortfallBearer.MARKETPLACE
    await bear(session, part, borne, None, user_id, was_paid=False, is_ours=is_ours)
    amount_told = str(Money(missing_minor, due.currency))
    note(
        session,
        part,
        "OTHER",
        user_id,
        what="paid_in_part",
        missing=amount_told,
        bearer=bearer,
        message=reason,
    )
    return await deliver(session, part.id, delivered_at=delivered_at, user_id=user_id)


def _is_same(cash_: CashCollection, amount: Money, bearer: ShortfallBearer) -> bool:
    return (
        cash_.shortfall_minor > 0
        and Money(cash_.amount_minor, cash_.currency) == amount
        and cash_.shortfall_bearer is bearer
    )
