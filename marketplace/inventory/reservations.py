"""Reservations: pieces kept for a cart while its buyer fills in the rest."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.availability import available_of
from marketplace.inventory.errors import InsufficientStockError, Shortage
from marketplace.inventory.models import Reservation

MAXIMUM_FORGOTTEN = 10_000
"""Of expired reservations at once; the rest waits for the next time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pieces of a variant for a line, of a checkout or of an order."""

    line_id: UUID
    variant_id: int
    quantity: int


async def reserve(
    session: AsyncSession, wanted: Sequence[Wanted], now: datetime, until: datetime, *, channel_id: int
) -> None:
    """Keep pieces for checkout lines until a moment, in place of what was kept for the same lines.

    The caller holds the stocks' locks. Raises InsufficientStockError. Two statements, whatever the number
    of lines. Variants whose stock is not tracked must not be among them.
    """
    if not wanted:
        return
    await check_available(session, wanted, now, channel_id=channel_id)
    await session.execute(
        _KEEP,
        {
            "line_ids": [line.line_id for line in wanted],
            "variant_ids": [line.variant_id for line in wanted],
            "quantities": [line.quantity for line in wanted],
            "until": until,
        },
    )


_KEEP = text(
    """
    INSERT INTO reservation (checkout_line_id, variant_id, quantity, reserved_until)
    SELECT line_id, variant_id, quantity, :until
    FROM unnest(CAST(:line_ids AS uuid[]), CAST(:variant_ids AS bigint[]), CAST(:quantities AS bigint[]))
        AS kept (line_id, variant_id, quantity)
    ON CONFLICT (checkout_line_id) DO UPDATE
    SET variant_id = excluded.variant_id, quantity = excluded.quantity,
        reserved_until = excluded.reserved_until
    """
)


async def check_available(
    session: AsyncSession, wanted: Sequence[Wanted], now: datetime, *, channel_id: int
) -> None:
    """See that a channel has enough of each variant, apart from what is reserved for the same lines.

    The caller holds the stocks' locks (`availability.lock_stocks`): without them the answer is worth nothing
    a moment later. Raises InsufficientStockError, naming every variant that falls short.
    """
    pieces: dict[int, int] = defaultdict(int)
    for line in wanted:
        pieces[line.variant_id] += line.quantity
    own_lines = [line.line_id for line in wanted]
    available = await available_of(session, pieces, now, own_lines, channel_id=channel_id)
    shortages = [
        Shortage(variant_id, quantity, max(available.get(variant_id, 0), 0))
        for variant_id, quantity in pieces.items()
        if available.get(variant_id, 0) < quantity
    ]
    if shortages:
        raise InsufficientStockError(shortages)


async def give_up(session: AsyncSession, line_ids: Collection[UUID]) -> None:
    """Keep nothing for these checkout lines any more."""
    if line_ids:
        await session.execute(delete(Reservation).where(Reservation.checkout_line_id.in_(line_ids)))


async def forget_expired(session: AsyncSession, now: datetime) -> int:
    """Delete reservations that have run out; how many. They count for nothing already: this is tidiness.

    Those that a buyer renews at this moment are let be.
    """
    expired = (
        select(Reservation.id)
        .where(Reservation.reserved_until <= now)
        .limit(MAXIMUM_FORGOTTEN)
        .with_for_update(skip_locked=True)
    )
    deleted = await session.execute(
        delete(Reservation).where(Reservation.id.in_(expired)).returning(Reservation.id),
        execution_options={"synchronize_session": False},
    )
    return len(deleted.all())
