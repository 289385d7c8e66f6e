"""What payouts do when they are told of a sale, a delivery or a remittance, in the same transaction.

A parcel refused at the door posts nothing: nothing was earned, and no cash is owed.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import subscribe
from marketplace.orders.events import (
    OrderPlaced,
    OrderRewritten,
    OrdersImported,
    PartRefunded,
    VendorOrderDelivered,
)
from marketplace.orders.models import VendorOrder
from marketplace.orders.refunds import PartRefund
from marketplace.payments.events import CashRemitted, GatewayMoneyMoved, PaidBackByHand, PaidByHand
from marketplace.payments.models import CashRemittance, TransactionEvent
from marketplace.payouts import causes, dispute_charges, dispute_entries, entries, stripe_entries
from marketplace.payouts.commission import freeze_commission, thaw_commission
from marketplace.payouts.connect import reactions as transfers
from marketplace.payouts.journal import record
from marketplace.payouts.reversals import book_waiting, reverse
from marketplace.pricing.events import GiftCardDebtsChanged, GiftCardsIssued
from marketplace.pricing.gift_cards import GiftCard

__all__ = ["dispute_charges", "dispute_entries", "stripe_entries", "transfers"]
"""Which hear of Stripe's own books, and of what it has transferred to sellers."""


@subscribe(OrderPlaced)
async def freeze(session: AsyncSession, event: OrderPlaced) -> None:
    """What each seller will earn is known, and fixed, from the sale on."""
    await freeze_commission(session, event.order_id)


@subscribe(OrdersImported)
async def freeze_imported(session: AsyncSession, event: OrdersImported) -> None:
    """By the rules of the days on which they were placed."""
    await freeze_commission(session, *event.order_ids)


@subscribe(OrderRewritten)
async def freeze_anew(session: AsyncSession, event: OrderRewritten) -> None:
    """Staff have changed what was sold before anything of it left: nothing of it is in the ledger yet."""
    if event.was_sold:
        await thaw_commission(session, event.order_id)
        await freeze_commission(session, event.order_id)


@subscribe(VendorOrderDelivered)
async def book_delivery(session: AsyncSession, event: VendorOrderDelivered) -> None:
    """The seller has earned, out of what the buyer has paid or the carrier owes."""
    await causes.deliveries.book(session, VendorOrder.id == event.vendor_order_id)
    await book_waiting(session, event.vendor_order_id)


@subscribe(PartRefunded)
async def take_back(session: AsyncSession, event: PartRefunded) -> None:
    """A refund lowers what its seller earns, and what the marketplace takes of it; one that the marketplace
    bears, lowers nothing.
    """
    refund = await session.get_one(PartRefund, event.part_refund_id)
    if refund.is_ours:
        await causes.spared.book(session, PartRefund.id == refund.id)
    else:
        await reverse(session, refund)


@subscribe(PaidByHand)
async def book_payment_by_hand(session: AsyncSession, event: PaidByHand) -> None:
    """The money is in the bank, whatever becomes of the parcels."""
    await causes.payments_by_hand.book(session, TransactionEvent.id == event.transaction_event_id)


@subscribe(PaidBackByHand)
async def book_refund_by_hand(session: AsyncSession, event: PaidBackByHand) -> None:
    """The money has left the bank."""
    await causes.refunds_by_hand.book(session, TransactionEvent.id == event.transaction_event_id)


@subscribe(GatewayMoneyMoved)
async def book_gateways(session: AsyncSession, event: GatewayMoneyMoved) -> None:
    """A gateway owes what it has taken, whatever becomes of the parcels."""
    told = await session.get_one(TransactionEvent, event.transaction_event_id)
    await record(session, [entries.gateway_moved(told, event)])


@subscribe(GiftCardsIssued)
async def book_gift_cards(session: AsyncSession, event: GiftCardsIssued) -> None:
    """Cards that were given away are a promise to buyers, and our expense."""
    await causes.gift_cards.book(session, GiftCard.id.in_(event.gift_card_ids))


@subscribe(GiftCardDebtsChanged)
async def book_gift_card_changes(session: AsyncSession, event: GiftCardDebtsChanged) -> None:
    """What staff put onto cards is promised, too; what they take off is promised no more."""
    changed = [each for each in event.changes if each.difference]
    await record(session, [entries.gift_card_adjusted(each.key, each.difference) for each in changed])


@subscribe(CashRemitted)
async def book_remittance(session: AsyncSession, event: CashRemitted) -> None:
    """The carrier's debt for the parcels is settled, and what it was short of is our loss."""
    await causes.remittances.book(session, CashRemittance.id == event.remittance_id)
