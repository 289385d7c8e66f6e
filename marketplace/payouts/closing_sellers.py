"""What keeps a seller from being closed: money that it is owed, or owes."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import subscribe
from marketplace.kit.money import Money
from marketplace.payouts.ledger import Account, Posting
from marketplace.payouts.models import Payout, PayoutStatus
from marketplace.vendors.errors import StillOpenError
from marketplace.vendors.events import VendorClosing

OWED = (Account.VENDOR_HELD, Account.VENDOR_PAYABLE, Account.PAYOUT_IN_TRANSIT)


@subscribe(VendorClosing)
async def refuse_while_owed(session: AsyncSession, event: VendorClosing) -> None:
    """Raises StillOpenError."""
    balances = await session.execute(
        select(Posting.account, Posting.currency, func.sum(-Posting.amount_minor))
        .where(Posting.vendor_id == event.vendor_id, Posting.account.in_(OWED))
        .group_by(Posting.account, Posting.currency)
        .having(func.sum(Posting.amount_minor) != 0)
        .order_by(Posting.currency, Posting.account)
    )
    left = [
        f"{Money(minor, currency)} {account.value.lower().replace('_', ' ')}"
        for account, currency, minor in balances.all()
    ]
    if left:
        raise StillOpenError(f"There is money left: {', '.join(left)}.", field="id")
    under_way = select(Payout.id).where(
        Payout.vendor_id == event.vendor_id, Payout.status.in_((PayoutStatus.PENDING, PayoutStatus.SENT))
    )
    if await session.scalar(under_way.limit(1)):
        raise StillOpenError("A payout to this seller is under way.", field="id")
