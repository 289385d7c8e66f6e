"""What Stripe's own books post to the ledger: fees, changes of currency, payouts to our bank.

That buyers' money came and went is booked by their payments (`entries.gateway_moved`): here is what Stripe
has made of it since, so that what `GATEWAY_RECEIVABLE` holds of Stripe is Stripe's own balance.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.events import subscribe
from marketplace.payments.events import StripeMoved, StripePaidOut
from marketplace.payments.gateways.stripe.models import (
    OF_THE_ACCOUNT,
    MovementKind,
    StripeMovement,
    StripePayout,
    StripePayoutStatus,
)
from marketplace.payouts.journal import Entry, Line, record
from marketplace.payouts.kinds import kind
from marketplace.payouts.ledger import Account


@kind(
    "stripe_moved",
    causes=select(StripeMovement).where(
        or_(
            StripeMovement.transaction_id.is_not(None),
            StripeMovement.kind.in_(OF_THE_ACCOUNT),
        )
    ),
)
def movements(row: Row[*tuple[Any, ...]]) -> Iterator[Entry]:
    """What a movement posts: nothing, where it is buyers' money in its own currency, and cost nothing."""
    movement: StripeMovement = row[0]
    lines = [*_lines_of(movement), *_moved(Account.GATEWAY_FEES, movement.fee_minor, movement.currency)]
    if not any(line.amount_minor for line in lines):
        return
    yield Entry(
        key=f"stripe:{movement.id}",
        kind="stripe_moved",
        at=movement.created_at,
        description=movement.source_id or "",
        lines=lines,
    )


def _lines_of(movement: StripeMovement) -> list[Line]:
    amount, currency = movement.amount_minor, movement.currency
    match movement.kind:
        case MovementKind.PAYOUT:
            return _moved(Account.GATEWAY_IN_TRANSIT, -amount, currency)
        case MovementKind.TOP_UP:
            return _moved(Account.BANK, -amount, currency)
        case MovementKind.FEE:
            return _moved(Account.GATEWAY_FEES, -amount, currency)
        case _ if movement.paid_currency != currency:
            paid = _moved(Account.CURRENCY_EXCHANGE, movement.paid_minor, movement.paid_currency)
            return [*paid, *_moved(Account.CURRENCY_EXCHANGE, -amount, currency)]
        case _:
            return []


def _moved(account: Account, minor: int, currency: str) -> list[Line]:
    """From what Stripe holds to another account; back, where it is negative."""
    return [Line(account, minor, currency), Line(Account.GATEWAY_RECEIVABLE, -minor, currency)]


def paid_out(payout: StripePayout, *, has_arrived: bool) -> Entry:
    """The bank has it; or had it, and has sent it back."""
    minor = payout.amount_minor if has_arrived else -payout.amount_minor
    kind = "stripe_paid_out" if has_arrived else "stripe_payout_sent_back"
    return Entry(
        key=f"{kind}:{payout.id}",
        kind=kind,
        at=clock.now(),
        description=payout.reason or payout.id,
        lines=[
            Line(Account.BANK, minor, payout.currency),
            Line(Account.GATEWAY_IN_TRANSIT, -minor, payout.currency),
        ],
    )


@kind(
    "stripe_paid_out",
    "stripe_payout_sent_back",
    causes=select(StripePayout).where(StripePayout.status == StripePayoutStatus.PAID),
    taken_together="'payout at Stripe ' || split_part(entry.key, ':', 2)",
)
def payouts_that_arrived(row: Row[*tuple[Any, ...]]) -> Iterator[Entry]:
    """What Stripe's payouts have come to: nothing, where the bank has sent one back."""
    yield replace(paid_out(row[0], has_arrived=True), key=f"payout at Stripe {row[0].id}")


@subscribe(StripeMoved)
async def book_movements(session: AsyncSession, event: StripeMoved) -> None:
    """What Stripe keeps is our expense; what it pays out is on its way to the bank."""
    await movements.book(session, StripeMovement.id.in_(event.movement_ids))


@subscribe(StripePaidOut)
async def book_payout(session: AsyncSession, event: StripePaidOut) -> None:
    """What Stripe paid out is in the bank."""
    payout = await session.get_one(StripePayout, event.payout_id)
    await record(session, [paid_out(payout, has_arrived=event.has_arrived)])
