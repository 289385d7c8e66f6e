"""What was promised or paid of an order beyond its total: in two windows, or in one that was forgotten.

It is noticed where it happens, in the transaction that tells of it; a job gives it back (`giving_back.py`).
See docs/decisions/0040-what-is-paid-twice-goes-back.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.jobs import enqueue
from marketplace.orders.models import Order, OrderStatus
from marketplace.payments.gateways.by_hand import HELD_BY_NO_GATEWAY
from marketplace.payments.models import TransactionItem

GIVE_BACK = "payments.give_surplus_back"
NOT_SOLD = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED})
"""Nothing is to be paid of these: whatever comes for them yet is too much."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a payment has taken of its buyer, whether or not some of it was paid back since."""

    promised_minor: int
    """Promised or charged."""
    charged_minor: int

    @classmethod
    def of(cls, payment: TransactionItem) -> Self:
        charged = payment.charged_minor + payment.refunded_minor + payment.refund_pending_minor
        return cls(payment.authorized_minor + payment.charge_pending_minor + charged, charged)


async def give_back_later(
    session: AsyncSession, order: Order, payment: TransactionItem, before: Taken
) -> None:
    """Have given back what a payment has just brought in beyond the total of its locked order. What an order
    has too much of because staff changed it, or granted a refund, is theirs to give back; so is what apps
    and people have taken.
    """
    if not _is_ours(payment):
        return
    now, total = Taken.of(payment), to_be_paid_minor(order)
    charged = order.total_charged_minor
    covered = charged + order.total_authorized_minor
    surplus_minor = min(now.promised_minor - before.promised_minor, covered - total)
    if order.status not in NOT_SOLD:  # Of these staff may charge what was promised for their trouble.
        too_much_charged = min(now.charged_minor - before.charged_minor, charged - total)
        surplus_minor = max(surplus_minor, too_much_charged)
    if surplus_minor > 0:
        await queue(session, order, payment, surplus_minor)


async def give_back_of_new_order(
    session: AsyncSession, order: Order, payments: Sequence[TransactionItem]
) -> None:
    """Have given back what was promised or paid of a checkout beyond its order's total. Oldest first."""
    surplus_minor = order.total_authorized_minor + order.total_charged_minor - to_be_paid_minor(order)
    ours = [payment for payment in payments if _is_ours(payment)]
    if surplus_minor > 0 and ours:
        await queue(session, order, ours[-1], surplus_minor)


def _is_ours(payment: TransactionItem) -> bool:
    """Whether a gateway of this house carries it out, and can be asked: what staff wrote down has none."""
    return payment.app_id is None and bool(payment.gateway) and payment.gateway not in HELD_BY_NO_GATEWAY


async def queue(session: AsyncSession, order: Order, payment: TransactionItem, most_minor: int) -> None:
    """Have so much given back, as far as it is too much still when its turn comes."""
    await enqueue(
        session,
        GIVE_BACK,
        lock=f"surplus:{order.id}",
        order_id=order.id,
        token=payment.token,
        most_minor=most_minor,
    )


def to_be_paid_minor(order: Order) -> int:
    """What of an order may be kept: refunds that staff have granted are asked for by staff."""
    return 0 if order.status in NOT_SOLD else order.total_gross_minor
