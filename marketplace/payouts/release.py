"""From held to payable: once the buyer can no longer withdraw and the cash has been remitted."""

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.money import Money
from marketplace.orders.models import ChargeStatus, Order, VendorOrder, VendorOrderStatus
from marketplace.payments.models import CashCollection, CashStatus
from marketplace.payouts.entries import released
from marketplace.payouts.journal import record
from marketplace.payouts.models import VendorEarning
from marketplace.payouts.reversals import reversed_of

BATCH = 500


async def release_due(session: AsyncSession, limit: int = BATCH) -> int:
    """Make payable what is due, at most so many vendor orders; gives how many it looked after.

    Several workers may do it at once: each takes earnings that no other is busy with. Money of a gateway
    counts as received once the order is paid; cash counts once its carrier has remitted it.
    """
    now = clock.now()
    query = (
        select(VendorEarning)
        .join(VendorOrder, VendorOrder.id == VendorEarning.vendor_order_id)
        .join(Order, Order.id == VendorOrder.order_id)
        .outerjoin(CashCollection, CashCollection.vendor_order_id == VendorOrder.id)
        .where(
            VendorEarning.released_at.is_(None),
            VendorOrder.status == VendorOrderStatus.DELIVERED,
            VendorOrder.withdrawal_ends_at <= now,
            or_(
                CashCollection.status == CashStatus.REMITTED,
                and_(
                    CashCollection.id.is_(None),
                    Order.charge_status.in_([ChargeStatus.FULL, ChargeStatus.OVERCHARGED]),
                ),
            ),
        )
        .order_by(VendorOrder.withdrawal_ends_at)
        .limit(limit)
        .with_for_update(of=VendorEarning, skip_locked=True)
    )
    due = list(await session.scalars(query))
    at = clock.now()  # After the locks: what was taken back before is before it, by the clock too.
    taken_back = await reversed_of(session, [earning.vendor_order_id for earning in due])
    left = [
        (earning, Money(earning.earning_minor - taken_back.get(earning.vendor_order_id, 0), earning.currency))
        for earning in due
    ]
    await record(
        session,
        [
            released(earning.vendor_order_id, earning.vendor_id, amount, at)
            for earning, amount in left
            if amount
        ],
    )
    await session.execute(
        update(VendorEarning)
        .where(VendorEarning.vendor_order_id.in_([earning.vendor_order_id for earning in due]))
        .values(released_at=at)
    )
    return len(due)
