"""What refunds take back of earnings: worked out with the refund, booked once there is an earning."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.orders.refunds import PartRefund
from marketplace.payouts import entries
from marketplace.payouts.journal import lock_balances, record
from marketplace.payouts.ledger import JournalEntry
from marketplace.payouts.models import EarningReversal, VendorEarning


async def reverse(session: AsyncSession, refund: PartRefund) -> None:
    """Work out what a refund takes back, and book it if the part has been delivered.

    Commission comes back in proportion to the goods. The refunds of a part are rounded together, so that
    paying back all of it takes back exactly all of the earning.
    """
    earning = await _locked_earning(session, refund.vendor_order_id)
    before = await session.execute(
        select(
            func.coalesce(func.sum(EarningReversal.goods_minor), 0),
            func.coalesce(func.sum(EarningReversal.commission_minor), 0),
            func.coalesce(func.sum(EarningReversal.vat_minor), 0),
        ).where(EarningReversal.vendor_order_id == earning.vendor_order_id)
    )
    goods_before, commission_before, vat_before = (int(each) for each in before.one())
    goods = goods_before + refund.goods_minor
    commission_minor = _part_of(earning.commission_minor, goods, earning.sales_minor) - commission_before
    vat_minor = _part_of(earning.vat_minor, goods, earning.sales_minor) - vat_before
    reversal = EarningReversal(
        part_refund_id=refund.id,
        vendor_order_id=earning.vendor_order_id,
        currency=refund.currency,
        goods_minor=refund.goods_minor,
        shipping_minor=refund.shipping_minor,
        commission_minor=commission_minor,
        vat_minor=vat_minor,
        earning_minor=refund.goods_minor - commission_minor - vat_minor,
    )
    session.add(reversal)
    await session.flush()
    delivered = JournalEntry.key == f"delivered:{earning.vendor_order_id}"
    if await session.scalar(select(JournalEntry.id).where(delivered)) is not None:
        await _book(session, earning, [reversal])


async def book_waiting(session: AsyncSession, vendor_order_id: UUID) -> None:
    """The part has been delivered: what was paid back of it before is taken off what it has earned."""
    waiting = await session.scalars(
        select(EarningReversal)
        .where(EarningReversal.vendor_order_id == vendor_order_id, EarningReversal.booked_at.is_(None))
        .order_by(EarningReversal.part_refund_id)
    )
    reversals = waiting.all()
    if reversals:
        await _book(session, await _locked_earning(session, vendor_order_id), reversals)


async def reversed_of(session: AsyncSession, vendor_order_ids: Collection[UUID]) -> dict[UUID, int]:
    """What has been taken back of earnings, by vendor order, in minor units."""
    rows = await session.execute(
        select(EarningReversal.vendor_order_id, func.sum(EarningReversal.earning_minor))
        .where(EarningReversal.vendor_order_id.in_(vendor_order_ids), EarningReversal.booked_at.is_not(None))
        .group_by(EarningReversal.vendor_order_id)
    )
    return {vendor_order_id: int(minor) for vendor_order_id, minor in rows}


async def _book(
    session: AsyncSession, earning: VendorEarning, reversals: Collection[EarningReversal]
) -> None:
    now, was_released = clock.now(), earning.released_at is not None
    if was_released:
        await lock_balances(session, [earning.vendor_id])
    await record(
        session,
        [entries.refunded(each, earning.vendor_id, now, was_released=was_released) for each in reversals],
    )
    for each in reversals:
        each.booked_at = now
    await session.flush()


async def _locked_earning(session: AsyncSession, vendor_order_id: UUID) -> VendorEarning:
    """Locked, so that it is not released meanwhile: from which balance it is taken depends on that."""
    found = await session.scalars(
        select(VendorEarning).where(VendorEarning.vendor_order_id == vendor_order_id).with_for_update(),
        execution_options={"populate_existing": True},
    )
    return found.one()


def _part_of(minor: int, goods_minor: int, sales_minor: int) -> int:
    """What of an amount falls to so much of the goods, rounded half up."""
    if not sales_minor:
        return 0
    return (2 * minor * goods_minor + sales_minor) // (2 * sales_minor)
