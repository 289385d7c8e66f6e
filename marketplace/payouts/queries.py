"""What the API, the pages and papers ask of the ledger and of payouts."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Text,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from marketplace.kit.money import Money
from marketplace.orders.models import Order, OrderStatus, VendorOrder, VendorOrderStatus
from marketplace.payouts.endings import CAME_BACK
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import EarningReversal, Payout, PayoutLine, PayoutStatus, VendorEarning
from marketplace.payouts.snapshots import amounts_of
from marketplace.payouts.statements import StatementLine

PENDING = "PENDING"
"""No account: nothing is posted of what was sold and has not been delivered."""
_UNDER_WAY = (
    VendorOrderStatus.UNFULFILLED,
    VendorOrderStatus.PARTIALLY_FULFILLED,
    VendorOrderStatus.FULFILLED,
)
_NOT_SOLD = (OrderStatus.DRAFT, OrderStatus.UNCONFIRMED, OrderStatus.EXPIRED, OrderStatus.CANCELED)


def pending_amounts(vendor_id: ColumnElement[Any] | int) -> Select[str, int]:
    """Rows (`currency`, `minor`): what a seller will earn by what it has sold once it is delivered, less what
    refunds take back of that.
    """
    part, order, earning = aliased(VendorOrder), aliased(Order), aliased(VendorEarning)
    reversal = aliased(EarningReversal)
    taken_back = (
        select(func.coalesce(func.sum(reversal.earning_minor), 0))
        .where(reversal.vendor_order_id == part.id)
        .correlate(part)
        .scalar_subquery()
    )
    return (
        select(part.currency, (earning.earning_minor - taken_back).label("minor"))
        .join(earning, earning.vendor_order_id == part.id)
        .join(order, order.id == part.order_id)
        .where(part.vendor_id == vendor_id, part.status.in_(_UNDER_WAY), order.status.not_in(_NOT_SOLD))
        .correlate_except(part, order, earning, reversal)
    )


def vendor_balances(vendor_id: ColumnElement[Any]) -> Subquery:
    """A row per currency in which a seller has sold: what is pending, held, payable, in transit, paid.

    All in minor units and as the seller sees them: what it is owed is positive. Stands in a larger FROM.
    """
    posted, pending, payout = amounts_of(vendor_id), pending_amounts(vendor_id).subquery(), aliased(Payout)
    amounts = union_all(
        select(
            cast(posted.c.account, Text).label("account"), posted.c.currency, (-posted.c.minor).label("minor")
        ),
        select(literal(PENDING), pending.c.currency, pending.c.minor),
    ).subquery("amounts")

    def owed(account: str) -> ColumnElement[Any]:
        return func.coalesce(func.sum(amounts.c.minor).filter(amounts.c.account == account), 0)

    paid = (
        select(func.coalesce(func.sum(payout.amount_minor - payout.returned_minor), 0))
        .where(
            payout.vendor_id == vendor_id,
            payout.currency == amounts.c.currency,
            payout.status == PayoutStatus.PAID,
        )
        .correlate_except(payout)
        .scalar_subquery()
    )
    return (
        select(
            amounts.c.currency,
            owed(PENDING).label("pending_minor"),
            owed(Account.VENDOR_HELD).label("held_minor"),
            owed(Account.VENDOR_PAYABLE).label("payable_minor"),
            owed(Account.PAYOUT_IN_TRANSIT).label("in_transit_minor"),
            paid.label("paid_minor"),
        )
        .group_by(amounts.c.currency)
        .correlate_except(amounts, payout)
        .subquery("balances")
    )


def is_carried(entry_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether a payout that stands carries an entry: what the entry made payable is set aside, or paid."""
    line, payout = aliased(PayoutLine), aliased(Payout)
    return (
        select(line.id)
        .join(payout, payout.id == line.payout_id)
        .where(line.entry_id == entry_id, payout.status.not_in(CAME_BACK))
        .correlate_except(line, payout)
        .exists()
    )


async def statement_lines(
    session: AsyncSession, payout: Payout, limit: int | None = None
) -> list[StatementLine]:
    """What a payout is made of, line by line, as its seller is told."""
    query = (
        select(
            PayoutLine.description,
            PayoutLine.amount_minor,
            VendorOrder.delivered_at,
            VendorEarning.sales_minor,
            VendorEarning.commission_minor,
            VendorEarning.vat_minor,
        )
        .outerjoin(VendorOrder, VendorOrder.id == PayoutLine.vendor_order_id)
        # Only an order's own earning has sales and commission; a correction of it has an amount alone.
        .outerjoin(
            VendorEarning,
            (VendorEarning.vendor_order_id == PayoutLine.vendor_order_id)
            & (VendorEarning.earning_minor == PayoutLine.amount_minor),
        )
        .where(PayoutLine.payout_id == payout.id)
        .order_by(PayoutLine.id)
        .limit(limit)
    )
    return [
        StatementLine(
            name,
            Money(minor, payout.currency),
            delivered_at,
            *(None if part is None else Money(part, payout.currency) for part in parts),
        )
        for name, minor, delivered_at, *parts in await session.execute(query)
    ]
