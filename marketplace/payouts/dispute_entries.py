"""What disputes post to the ledger once they are decided: that the bank took the money is booked by then."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.events import subscribe
from marketplace.payments.events import DisputeDecided
from marketplace.payments.gateways.stripe.models import DisputeStatus, StripeDispute
from marketplace.payouts.journal import Entry, Line, record
from marketplace.payouts.kinds import kind
from marketplace.payouts.ledger import Account


def decided(dispute: StripeDispute, *, is_lost: bool) -> Entry:
    """What is lost is our expense; what is won after it was lost is none."""
    minor = dispute.amount_minor if is_lost else -dispute.amount_minor
    kind = "chargeback_lost" if is_lost else "chargeback_recovered"
    return Entry(
        key=f"{kind}:{dispute.reference}",
        kind=kind,
        at=clock.now(),
        description=dispute.reason,
        lines=[
            Line(Account.CHARGEBACK_LOSS, minor, dispute.currency),
            Line(Account.CHARGEBACKS, -minor, dispute.currency),
        ],
    )


@kind(
    "chargeback_lost",
    "chargeback_recovered",
    causes=select(StripeDispute).where(
        StripeDispute.status == DisputeStatus.LOST, StripeDispute.is_withdrawn
    ),
    taken_together="'dispute ' || split_part(entry.key, ':', 2)",
)
def lost_disputes(row: Row[*tuple[Any, ...]]) -> Iterator[Entry]:
    """What disputes have come to: nothing, where one was won after it was lost."""
    yield replace(decided(row[0], is_lost=True), key=f"dispute {row[0].reference}")


@subscribe(DisputeDecided)
async def book_decision(session: AsyncSession, event: DisputeDecided) -> None:
    """What the bank keeps is lost, unless sellers are charged for it by a refund."""
    dispute = await session.get_one(StripeDispute, event.dispute_id)
    await record(session, [decided(dispute, is_lost=event.is_lost)])
