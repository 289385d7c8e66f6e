"""What follows for an order or a checkout when its payments have changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.kit.announcements import announce
from marketplace.kit.jobs import enqueue
from marketplace.payments.gateways import Payable
from marketplace.payments.gateways.by_hand import HELD_BY_NO_GATEWAY
from marketplace.payments.models import TransactionItem

RELEASE = "payments.release"
"""The job that gives a payment back which nobody has anything for."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What of a checkout's total is promised or paid, and what of it is paid."""

    promised_minor: int
    paid_minor: int


async def tell_of_checkout(
    session: AsyncSession, payable: Payable, earlier: Sequence[TransactionItem], begun: TransactionItem
) -> None:
    """Announce what a checkout's new transaction has brought it to, if it was not there before."""
    if payable.checkout is None:
        return
    others = [one for one in earlier if one is not begun]
    before = Cover(
        sum(one.authorized_minor + one.charged_minor for one in others),
        sum(one.charged_minor for one in others),
    )
    after = Cover(
        before.promised_minor + begun.authorized_minor + begun.charged_minor,
        before.paid_minor + begun.charged_minor,
    )
    await tell_of_cover(session, payable.checkout, payable.total.minor, before, after)


async def cover_of(session: AsyncSession, checkout: Checkout) -> Cover:
    """What a locked checkout's transactions come to."""
    found = await session.execute(
        select(
            func.coalesce(func.sum(TransactionItem.authorized_minor + TransactionItem.charged_minor), 0),
            func.coalesce(func.sum(TransactionItem.charged_minor), 0),
        ).where(TransactionItem.checkout_id == checkout.id)
    )
    promised, paid = found.one()
    return Cover(int(promised), int(paid))


async def tell_of_cover(
    session: AsyncSession, checkout: Checkout, total_minor: int, before: Cover, after: Cover
) -> None:
    """Announce that a checkout has come to be promised, or paid, in full."""
    if total_minor <= 0:
        return
    if before.promised_minor < total_minor <= after.promised_minor:
        await announce(session, "CHECKOUT_FULLY_AUTHORIZED", checkout)
    if before.paid_minor < total_minor <= after.paid_minor:
        await announce(session, "CHECKOUT_FULLY_PAID", checkout)


async def release_second_payments(
    session: AsyncSession, total_minor: int, transactions: Sequence[TransactionItem]
) -> None:
    """Have payments given back without which an order is covered all the same: its buyer has paid twice, in
    two windows. Whichever was paid last goes back, whole or not at all. What staff or apps have written down
    stays.
    """
    beyond_minor = sum(_covers_minor(one) for one in transactions) - total_minor
    for transaction in sorted(transactions, key=lambda one: (one.updated_at, one.id), reverse=True):
        covers_minor = _covers_minor(transaction)
        if transaction.app_id is not None or transaction.gateway in HELD_BY_NO_GATEWAY:
            continue
        if 0 < covers_minor <= beyond_minor:
            beyond_minor -= covers_minor
            token = transaction.token
            await enqueue(session, RELEASE, queueing_lock=f"release:{token}", token=token)


def _covers_minor(transaction: TransactionItem) -> int:
    return transaction.authorized_minor + transaction.charged_minor
