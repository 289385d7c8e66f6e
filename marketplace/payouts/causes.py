"""What entries are made of: sales, refunds, cash, payments, gift cards, payouts.

What Stripe's own books and disputes make stands in `stripe_entries.py` and `dispute_entries.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from marketplace.kit import clock
from marketplace.kit.money import Money
from marketplace.orders.models import VendorOrder, VendorOrderStatus
from marketplace.orders.refunds import PartRefund
from marketplace.payments.amounts import Told, amounts_of
from marketplace.payments.gateway_money import is_disputed
from marketplace.payments.gateways.by_hand import BY_HAND, HELD_BY_NO_GATEWAY, PAID_BACK_BY_HAND
from marketplace.payments.models import (
    CashCollection,
    CashRemittance,
    TransactionEvent,
    TransactionEventType,
    TransactionItem,
)
from marketplace.payouts import entries
from marketplace.payouts.cash_models import CashBoxMovement
from marketplace.payouts.journal import Entry, Line
from marketplace.payouts.kinds import kind
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import EarningReversal, Payout, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.models import VendorEarning as Earning
from marketplace.payouts.ways import WAYS
from marketplace.pricing.gift_cards import GiftCard, GiftCardEvent, GiftCardEventType

AnyRow = Row[*tuple[Any, ...]]


@kind(
    "delivered",
    causes=select(VendorOrder, Earning, func.coalesce(CashCollection.amount_minor, 0))
    .join(Earning, Earning.vendor_order_id == VendorOrder.id)
    .outerjoin(CashCollection, CashCollection.vendor_order_id == VendorOrder.id)
    .where(
        VendorOrder.status.in_([VendorOrderStatus.DELIVERED, VendorOrderStatus.RETURNED]),
        VendorOrder.total_gross_minor != 0,  # A gift that travels for nothing moves no money.
    ),
)
def deliveries(row: AnyRow) -> Iterator[Entry]:
    """Buyers have parcels: out of what they have paid, or what the carriers owe."""
    part, earning, cash_minor = row
    yield entries.delivered(
        earning,
        total=Money(part.total_gross_minor, part.currency),
        cash=Money(cash_minor, part.currency),
        gift_cards=Money(part.gift_card_minor, part.currency),
        at=part.delivered_at or clock.now(),
    )


@kind(
    "refunded",
    causes=select(EarningReversal, Earning)
    .join(Earning, Earning.vendor_order_id == EarningReversal.vendor_order_id)
    .where(EarningReversal.booked_at.is_not(None)),
)
def refunds(row: AnyRow) -> Iterator[Entry]:
    """What refunds take back of what was delivered: of what is payable by then, or of what is held."""
    reversal, earning = row
    yield entries.refunded(
        reversal,
        earning.vendor_id,
        reversal.booked_at,
        was_released=earning.released_at is not None and earning.released_at <= reversal.booked_at,
    )


def _taken_back_before_release() -> Select[int]:
    reversal = aliased(EarningReversal)
    before = and_(
        reversal.vendor_order_id == Earning.vendor_order_id, reversal.booked_at < Earning.released_at
    )
    return select(func.coalesce(func.sum(reversal.earning_minor), 0)).where(before).correlate(Earning)


@kind(
    "released",
    causes=select(Earning, _taken_back_before_release().scalar_subquery()).where(
        Earning.released_at.is_not(None)
    ),
)
def releases(row: AnyRow) -> Iterator[Entry]:
    """What was held is payable, less what was taken back of it before."""
    earning, taken_back_minor = row
    left = Money(earning.earning_minor - int(taken_back_minor), earning.currency)
    if left:
        yield entries.released(earning.vendor_order_id, earning.vendor_id, left, earning.released_at)


@kind("spared", causes=select(PartRefund).where(PartRefund.is_ours))
def spared(row: AnyRow) -> Iterator[Entry]:
    """What buyers did not pay at the door, and the marketplace bears."""
    yield entries.spared(row[0])


_owed = (
    select(func.coalesce(func.sum(CashCollection.amount_minor), 0))
    .where(CashCollection.remittance_id == CashRemittance.id)
    .correlate(CashRemittance)
    .scalar_subquery()
)


@kind("remitted", causes=select(CashRemittance, _owed))
def remittances(row: AnyRow) -> Iterator[Entry]:
    """Carriers hand cash over, in full, short or over."""
    remittance, owed_minor = row
    yield entries.remitted(
        remittance.id,
        received=Money(remittance.amount_minor, remittance.currency),
        owed=Money(int(owed_minor), remittance.currency),
        at=remittance.received_at,
        description=f"{remittance.carrier} {remittance.reference}",
    )


def _events(*types: TransactionEventType) -> Select[TransactionEvent]:
    return (
        select(TransactionEvent)
        .join(TransactionItem, TransactionItem.id == TransactionEvent.transaction_id)
        .where(TransactionEvent.type.in_(types), TransactionEvent.counts, TransactionEvent.amount_minor != 0)
    )


@kind(
    "paid_by_hand",
    causes=_events(TransactionEventType.CHARGE_SUCCESS).where(TransactionItem.gateway == BY_HAND),
)
def payments_by_hand(row: AnyRow) -> Iterator[Entry]:
    """Staff say that the money is in the bank."""
    paid = row[0]
    yield entries.paid_by_hand(paid.id, Money(paid.amount_minor, paid.currency), paid.created_at)


@kind(
    "paid_back_by_hand",
    causes=_events(TransactionEventType.REFUND_SUCCESS).where(TransactionItem.gateway.in_(PAID_BACK_BY_HAND)),
)
def refunds_by_hand(row: AnyRow) -> Iterator[Entry]:
    """Staff have paid a buyer back out of the bank."""
    back = row[0]
    yield entries.paid_back_by_hand(back.id, Money(back.amount_minor, back.currency), back.created_at)


@dataclass(frozen=True, slots=True)
class _Told:
    type: TransactionEventType
    amount_minor: int
    psp_reference: str
    counts: bool


@kind(
    "gateway_moved",
    causes=select(
        TransactionItem.id,
        TransactionItem.currency,
        *(
            func.array_agg(aggregate_order_by(column, TransactionEvent.id.asc()))
            for column in (
                TransactionEvent.type,
                TransactionEvent.amount_minor,
                TransactionEvent.psp_reference,
                TransactionEvent.counts,
            )
        ),
    )
    .join(TransactionEvent, TransactionEvent.transaction_id == TransactionItem.id)
    .where(TransactionItem.gateway.not_in(HELD_BY_NO_GATEWAY))
    .group_by(TransactionItem.id),
    taken_together="""'transaction ' || (
        SELECT transaction_id FROM transaction_event WHERE id = split_part(entry.key, ':', 2)::bigint)""",
)
def gateways(row: AnyRow) -> Iterator[Entry]:
    """What a gateway has come to hold of a payment, and what the buyer's bank has taken back of that."""
    transaction_id, currency, *columns = row
    told = [
        _Told(TransactionEventType(type_), minor, reference, counts)
        for type_, minor, reference, counts in zip(*columns, strict=True)
    ]
    held_minor = disputed_minor = 0
    for so_far in range(1, len(told) + 1):
        before, held_minor = held_minor, _held_minor(told[:so_far])
        if is_disputed(told[so_far - 1], told[:so_far]):
            disputed_minor += held_minor - before
    if held_minor or disputed_minor:
        yield Entry(
            key=f"transaction {transaction_id}",
            kind="gateway_moved",
            lines=[
                Line(Account.GATEWAY_RECEIVABLE, held_minor, currency),
                Line(Account.CHARGEBACKS, -disputed_minor, currency),
                Line(Account.CUSTOMER_ADVANCES, disputed_minor - held_minor, currency),
            ],
        )


def _held_minor(told: Sequence[Told]) -> int:
    amounts = amounts_of(told)
    return amounts.charged_minor + amounts.refund_pending_minor


_BALANCE_CHANGES = (GiftCardEventType.BALANCE_RESET, GiftCardEventType.BALANCE_ADJUSTED)
_changed = aliased(GiftCardEvent)
_given_minor = (
    select(_changed.parameters["old_initial_balance_minor"].as_integer())
    .where(_changed.gift_card_id == GiftCard.id, _changed.type.in_(_BALANCE_CHANGES))
    .order_by(_changed.id)
    .limit(1)
    .correlate(GiftCard)
    .scalar_subquery()
)
_WITHOUT_CARD = """
    CASE WHEN entry.key NOT LIKE 'gift_card_deleted:%' AND EXISTS (
        SELECT FROM {table} WHERE id = split_part(entry.key, ':', 2)::bigint
    ) THEN entry.key ELSE 'gift cards that were deleted' END"""


@kind(
    "gift_card_issued",
    causes=select(GiftCard, func.coalesce(_given_minor, GiftCard.initial_balance_minor)),
    taken_together=_WITHOUT_CARD.format(table="gift_card"),
)
def gift_cards(row: AnyRow) -> Iterator[Entry]:
    """Staff give cards away. Entries of a card that was deleted come to nothing."""
    card, given_minor = row
    if given_minor:
        yield entries.gift_card_issued(card.id, Money(int(given_minor), card.currency), card.created_at)


@kind(
    "gift_card_adjusted",
    causes=select(GiftCardEvent, GiftCard.currency)
    .join(GiftCard, GiftCard.id == GiftCardEvent.gift_card_id)
    .where(GiftCardEvent.type.in_(_BALANCE_CHANGES)),
    taken_together=_WITHOUT_CARD.format(table="gift_card_event"),
)
def gift_card_changes(row: AnyRow) -> Iterator[Entry]:
    """Staff put more onto a card, or take some off."""
    event, currency = row
    told = event.parameters
    difference = Money(told["current_balance_minor"] - told["old_current_balance_minor"], currency)
    if difference:
        yield entries.gift_card_adjusted(f"gift_card_adjusted:{event.id}", difference)


@kind("payout_set_aside", causes=select(Payout))
def payouts(row: AnyRow) -> Iterator[Entry]:
    """Runs are made: what they pay can't be paid a second time."""
    yield entries.payout_set_aside(row[0], row[0].created_at)


@kind("payout_paid", causes=select(Payout).where(Payout.paid_at.is_not(None)))
def paid_payouts(row: AnyRow) -> Iterator[Entry]:
    """Sellers have their money."""
    payout = row[0]
    yield entries.payout_paid(payout, payout.paid_at, WAYS[payout.method].paid_from)


_CALLED_OFF = and_(Payout.status == PayoutStatus.FAILED, PayoutRun.status == PayoutRunStatus.CANCELED)


@kind(
    "payout_canceled",
    "payout_failed",
    "payout_returned",
    causes=select(Payout, _CALLED_OFF)
    .join(PayoutRun, PayoutRun.id == Payout.run_id)
    .where(Payout.status.in_([PayoutStatus.FAILED, PayoutStatus.RETURNED])),
)
def payouts_that_ended(row: AnyRow) -> Iterator[Entry]:
    """Money of payouts that were called off, failed or came back is payable again."""
    payout, was_called_off = row
    if was_called_off:
        yield entries.payout_canceled(payout, payout.ended_at)
    elif payout.status is PayoutStatus.FAILED:
        yield entries.payout_failed(payout, payout.ended_at)
    else:
        paid_from = WAYS[payout.method].paid_from
        was_paid = payout.paid_at is not None
        yield entries.payout_returned(payout, payout.ended_at, was_paid=was_paid, paid_from=paid_from)


@kind("cash_box_moved", causes=select(CashBoxMovement))
def cash_box_movements(row: AnyRow) -> Iterator[Entry]:
    """Cash goes from the bank into the box, or back."""
    yield entries.cash_box_moved(row[0])


@kind(
    "payout_returned_in_part",
    causes=select(Payout).where(Payout.returned_minor > 0, Payout.status == PayoutStatus.PAID),
    taken_together="'back of payout ' || split_part(entry.key, ':', 2)",
)
def payouts_in_part(row: AnyRow) -> Iterator[Entry]:
    """What came back of payouts that stay paid, however often some did."""
    payout = row[0]
    back = Money(payout.returned_minor, payout.currency)
    entry = entries.payout_returned_in_part(payout, back, payout.returned_minor, clock.now())
    yield replace(entry, key=f"back of payout {payout.id}")
