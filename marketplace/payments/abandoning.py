"""A checkout is deleted by staff."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.errors import CheckoutGoneError
from marketplace.checkout.models import Checkout
from marketplace.kit.errors import InvalidError
from marketplace.payments.lost import call_off_soon
from marketplace.payments.models import TransactionItem
from marketplace.payments.transactions import covered_minor


async def delete_checkout(session: AsyncSession, checkout_id: UUID) -> None:
    """Delete a checkout; what was kept for it is anybody's again.

    Raises CheckoutGoneError, and InvalidError where something is promised or paid: that money would be
    nobody's.
    """
    locked = select(Checkout.id).where(Checkout.id == checkout_id).with_for_update()
    if await session.scalar(locked) is None:
        raise CheckoutGoneError
    found = await session.scalars(select(TransactionItem).where(TransactionItem.checkout_id == checkout_id))
    payments = found.all()
    if any(covered_minor(payment) for payment in payments):
        raise InvalidError("Something of this checkout is paid or promised.", field="id")
    await call_off_soon(session, payments)
    await session.execute(
        delete(Checkout).where(Checkout.id == checkout_id),
        execution_options={"synchronize_session": False},
    )
