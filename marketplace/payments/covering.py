"""Telling that a checkout has come to be paid, or promised, in full."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.announcements import announce
from marketplace.payments.gateways import Payable
from marketplace.payments.models import TransactionItem


async def tell_of_checkout(
    session: AsyncSession, payable: Payable, earlier: Sequence[TransactionItem], begun: TransactionItem
) -> None:
    """Announce what a checkout's new transaction has brought it to, if it was not there before."""
    total = payable.total.minor
    if payable.checkout is None or total <= 0:
        return
    others = [one for one in earlier if one is not begun]
    promised_before = sum(one.authorized_minor + one.charged_minor for one in others)
    paid_before = sum(one.charged_minor for one in others)
    if promised_before < total <= promised_before + begun.authorized_minor + begun.charged_minor:
        await announce(session, "CHECKOUT_FULLY_AUTHORIZED", payable.checkout)
    if paid_before < total <= paid_before + begun.charged_minor:
        await announce(session, "CHECKOUT_FULLY_PAID", payable.checkout)
