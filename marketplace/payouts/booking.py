"""What deliveries and remittances post to the ledger, in the transaction in which they happen.

A parcel refused at the door posts nothing: nothing was earned, and no cash is owed.
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.events import subscribe
from marketplace.kit.money import Money
from marketplace.orders.events import VendorOrderDelivered
from marketplace.orders.models import VendorOrder
from marketplace.payments.events import CashRemitted
from marketplace.payments.models import CashCollection, CashRemittance
from marketplace.payouts import entries
from marketplace.payouts.journal import record
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import VendorEarning


@subscribe(VendorOrderDelivered)
async def book_delivery(session: AsyncSession, event: VendorOrderDelivered) -> None:
    """The seller has earned, and whoever took the buyer's money owes it: the carrier, or the gateway."""
    query = (
        select(VendorOrder, VendorEarning, CashCollection.id)
        .join(VendorEarning, VendorEarning.vendor_order_id == VendorOrder.id)
        .outerjoin(CashCollection, CashCollection.vendor_order_id == VendorOrder.id)
        .where(VendorOrder.id == event.vendor_order_id)
    )
    part, earning, cash_id = (await session.execute(query)).one()
    owed_by = Account.GATEWAY_RECEIVABLE if cash_id is None else Account.CARRIER_RECEIVABLE
    total = Money(part.total_gross_minor, part.currency)
    at = part.delivered_at or clock.now()
    await record(session, [entries.delivered(earning, total, at, owed_by)])


@subscribe(CashRemitted)
async def book_remittance(session: AsyncSession, event: CashRemitted) -> None:
    """The carrier's debt for the parcels is settled, and what it was short of is our loss."""
    remittance = await session.get_one(CashRemittance, event.remittance_id)
    owed_minor = await session.scalar(
        select(func.sum(CashCollection.amount_minor)).where(CashCollection.remittance_id == remittance.id)
    )
    currency = remittance.currency
    entry = entries.remitted(
        remittance.id,
        received=Money(remittance.amount_minor, currency),
        owed=Money(int(owed_minor or 0), currency),
        at=remittance.received_at,
        description=f"{remittance.carrier} {remittance.reference}",
    )
    await record(session, [entry])
