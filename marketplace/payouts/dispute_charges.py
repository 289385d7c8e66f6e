"""What of a lost dispute sellers bear: staff decide it, each time anew, and never anything by itself."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.events import subscribe
from marketplace.kit.jobs import enqueue
from marketplace.kit.money import Money, share
from marketplace.orders.locks import lock_whole
from marketplace.orders.models import VendorOrder
from marketplace.orders.refunds import PartRefund
from marketplace.payments.events import DisputeDecided
from marketplace.payments.gateways.stripe.models import DisputeStatus, StripeDispute
from marketplace.payments.models import TransactionItem
from marketplace.payouts.errors import RunStateError
from marketplace.payouts.journal import Entry, Line, lock_balances, record
from marketplace.payouts.ledger import Account, JournalEntry
from marketplace.payouts.models import DisputeCharge
from marketplace.people.models import User
from marketplace.vendors.models import VendorMember

LETTER = "post.dispute_charged"
REASON_CHARACTERS = 500


async def charge(
    session: AsyncSession,
    dispute_id: int,
    amount_minor: int | None = None,
    reason: str = "",
    user_id: int | None = None,
) -> StripeDispute:
    """Charge the sellers of an order with what a bank has taken back for good, or with so much of it: in
    proportion to what each of their delivered parts brought. Their next payouts take it; a balance may become
    negative by it. Their members are written to.

    Raises NotFoundError, RunStateError (WRONG_STATE), InvalidError for the amount or the reason.
    """
    dispute, parts = await _held(session, dispute_id)
    if len(reason) > REASON_CHARACTERS:
        raise InvalidError(f"At most {REASON_CHARACTERS} characters, please.", field="reason")
    charged = select(func.coalesce(func.sum(DisputeCharge.amount_minor), 0))
    before = await session.scalar(charged.where(DisputeCharge.dispute_id == dispute.id))
    brought = await _brought(session, parts)
    most_minor = min(dispute.amount_minor - int(before or 0), sum(brought.values()))
    if most_minor <= 0:
        raise RunStateError("There is nothing left of it that sellers could be charged with.", field="id")
    wanted_minor = most_minor if amount_minor is None else amount_minor
    if not 0 < wanted_minor <= most_minor:
        most = Money(most_minor, dispute.currency)
        raise InvalidError(f"Sellers can be charged with {most} at most.", field="amount")
    shares = zip(brought, share(wanted_minor, list(brought.values())), strict=True)
    charges = [
        DisputeCharge(
            dispute_id=dispute.id,
            vendor_order_id=part_id,
            currency=dispute.currency,
            amount_minor=minor,
            reason=reason,
            user_id=user_id,
        )
        for part_id, minor in shares
        if minor
    ]
    session.add_all(charges)
    await session.flush()
    vendors = {part.id: part.vendor_id for part in parts}
    await lock_balances(session, sorted({vendors[one.vendor_order_id] for one in charges}))
    await record(session, [_charged(dispute, one, vendors[one.vendor_order_id]) for one in charges])
    await _write_to_sellers(session, charges, vendors)
    return dispute


async def _held(session: AsyncSession, dispute_id: int) -> tuple[StripeDispute, Sequence[VendorOrder]]:
    """A lost dispute and the parts of its order, locked."""
    order_id = await session.scalar(
        select(TransactionItem.order_id)
        .join(StripeDispute, StripeDispute.transaction_id == TransactionItem.id)
        .where(StripeDispute.id == dispute_id)
    )
    parts: Sequence[VendorOrder] = []
    if order_id is not None:
        _, parts = await lock_whole(session, order_id)
    dispute = await session.scalar(
        select(StripeDispute).where(StripeDispute.id == dispute_id).with_for_update(),
        execution_options={"populate_existing": True},
    )
    if dispute is None:
        raise NotFoundError("There is no such dispute.", field="id")
    if dispute.status is not DisputeStatus.LOST or not dispute.is_withdrawn:
        raise RunStateError("Only a dispute that is lost can be charged to sellers.", field="id")
    return dispute, parts


async def _brought(session: AsyncSession, parts: Sequence[VendorOrder]) -> Mapping[UUID, int]:
    """What each delivered part brought its buyer's payment for, less what was paid back or charged before."""
    keys = [part.id for part in parts]
    delivered = set(
        await session.scalars(
            select(JournalEntry.vendor_order_id).where(
                JournalEntry.vendor_order_id.in_(keys), JournalEntry.kind == "delivered"
            )
        )
    )
    refunded = await session.execute(
        select(PartRefund.vendor_order_id, func.sum(PartRefund.goods_minor + PartRefund.shipping_minor))
        .where(PartRefund.vendor_order_id.in_(keys))
        .group_by(PartRefund.vendor_order_id)
    )
    charged = await session.execute(
        select(DisputeCharge.vendor_order_id, func.sum(DisputeCharge.amount_minor))
        .where(DisputeCharge.vendor_order_id.in_(keys), DisputeCharge.returned_at.is_(None))
        .group_by(DisputeCharge.vendor_order_id)
    )
    less: dict[UUID, int] = {}
    for part_id, minor in [*refunded, *charged]:
        less[part_id] = less.get(part_id, 0) + int(minor)
    return {
        part.id: max(part.total_gross_minor - part.gift_card_minor - less.get(part.id, 0), 0)
        for part in parts
        if part.id in delivered
    }


def _charged(dispute: StripeDispute, one: DisputeCharge, vendor_id: int) -> Entry:
    """The seller bears it instead of the marketplace."""
    return Entry(
        key=f"dispute_charged:{one.id}",
        kind="dispute_charged",
        at=one.at,
        description=f"dispute {dispute.reference}",
        vendor_order_id=one.vendor_order_id,
        lines=[
            Line(Account.VENDOR_PAYABLE, one.amount_minor, one.currency, vendor_id),
            Line(Account.CHARGEBACK_LOSS, -one.amount_minor, one.currency),
        ],
    )


def _returned(dispute: StripeDispute, one: DisputeCharge, vendor_id: int) -> Entry:
    """The bank has given it back: so does the marketplace."""
    charged = _charged(dispute, one, vendor_id)
    return Entry(
        key=f"dispute_charge_returned:{one.id}",
        kind="dispute_charge_returned",
        description=charged.description,
        vendor_order_id=one.vendor_order_id,
        lines=[
            Line(line.account, -line.amount_minor, line.currency, line.vendor_id) for line in charged.lines
        ],
    )


@subscribe(DisputeDecided)
async def give_back_what_was_won(session: AsyncSession, event: DisputeDecided) -> None:
    """A dispute that is won after it had been lost: sellers who were charged with it get it back."""
    if event.is_lost:
        return
    dispute = await session.get_one(StripeDispute, event.dispute_id)
    found = await session.execute(
        select(DisputeCharge, VendorOrder.vendor_id)
        .join(VendorOrder, VendorOrder.id == DisputeCharge.vendor_order_id)
        .where(DisputeCharge.dispute_id == dispute.id, DisputeCharge.returned_at.is_(None))
        .order_by(DisputeCharge.id)
    )
    rows = found.all()
    await lock_balances(session, sorted({vendor_id for _, vendor_id in rows}))
    await record(session, [_returned(dispute, one, vendor_id) for one, vendor_id in rows])
    for one, _ in rows:
        one.returned_at = clock.now()
    await session.flush()


async def _write_to_sellers(
    session: AsyncSession, charges: Sequence[DisputeCharge], vendors: Mapping[UUID, int]
) -> None:
    """Each member of a seller gets a letter of their own."""
    for one in charges:
        members = await session.scalars(
            select(VendorMember.user_id)
            .join(User, User.id == VendorMember.user_id)
            .where(VendorMember.vendor_id == vendors[one.vendor_order_id], User.is_active)
            .order_by(VendorMember.user_id)
        )
        for user_id in members:
            await enqueue(session, LETTER, charge_id=one.id, user_id=user_id)
