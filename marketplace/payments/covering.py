"""What follows for an order or a checkout when its payments have changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.kit.announcements import announce
from marketplace.payments.gateways import Payable
from marketplace.payments.models import TransactionItem


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
