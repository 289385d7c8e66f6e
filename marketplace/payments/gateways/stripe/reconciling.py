"""Where Stripe's books and our payments say different things: a question that is put anew each time, so what
has been settled is gone by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.payments.answers import AnswerError
from marketplace.payments.gateways.stripe import books, transfers
from marketplace.payments.gateways.stripe.gateway import GATEWAY_ID, stripe_gateway
from marketplace.payments.gateways.stripe.models import PaymentDifference
from marketplace.payments.gateways.stripe.replay import NoSuchStripeError

LOOKED_BACK = timedelta(days=30)
"""So far back the nightly comparison goes."""
MOST = 500
"""More differences than this are not told: something is wrong as a whole."""
GRACE = timedelta(hours=2)
"""So old is a payment before it is missed in Stripe's books: they are read every hour."""

log = structlog.get_logger(__name__)
FAILURES = (AnswerError, NoSuchStripeError)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something of which Stripe's books and ours say different things."""

    what: str
    """charge, refund, dispute, payout, transfer, currency, or unknown."""
    reference: str
    """What Stripe calls it."""
    at_stripe: Money
    here: Money

    def __str__(self) -> str:
        return f"{self.what} {self.reference}: {self.at_stripe} at Stripe, {self.here} here"


_DIFFERENCES = text(
    """
    WITH looked_at AS (
        SELECT item.* FROM transaction_item AS item
        WHERE item.gateway = :gateway AND (
            (item.updated_at >= :since AND item.created_at < :missed_before)
            OR item.id IN (
                SELECT transaction_id FROM stripe_movement
                WHERE created_at >= :since AND transaction_id IS NOT NULL
            )
        )
    ), theirs AS (
        SELECT transaction_id AS id, kind, sum(paid_minor) AS minor
        FROM stripe_movement JOIN looked_at ON looked_at.id = transaction_id
        WHERE paid_currency = looked_at.currency
        GROUP BY transaction_id, kind
    ), taken_back AS (
        SELECT back.transaction_id AS id,
               sum(CASE WHEN back.type = 'CHARGE_BACK' THEN back.amount_minor ELSE -back.amount_minor END)
                   AS minor
        FROM transaction_event AS back JOIN looked_at ON looked_at.id = back.transaction_id
        WHERE back.counts AND back.type IN ('CHARGE_BACK', 'CHARGE_SUCCESS') AND EXISTS (
            SELECT FROM transaction_event AS first
            WHERE first.transaction_id = back.transaction_id AND first.type = 'CHARGE_BACK'
              AND first.psp_reference = back.psp_reference AND first.counts
        )
        GROUP BY back.transaction_id
    ), ours AS (
        SELECT looked_at.id, looked_at.psp_reference, looked_at.currency,
               refunded_minor, refund_pending_minor,
               coalesce(taken_back.minor, 0) AS taken_back_minor,
               charged_minor + refunded_minor + refund_pending_minor + coalesce(taken_back.minor, 0)
                   AS taken_minor
        FROM looked_at LEFT JOIN taken_back USING (id)
    )
    SELECT 'charge' AS what, psp_reference AS reference, currency, coalesce(theirs.minor, 0) AS at_stripe,
           taken_minor AS here
    FROM ours LEFT JOIN theirs ON theirs.id = ours.id AND theirs.kind = 'CHARGE'
    WHERE coalesce(theirs.minor, 0) <> taken_minor
    UNION ALL
    SELECT 'refund', psp_reference, currency, -coalesce(theirs.minor, 0), refunded_minor
    FROM ours LEFT JOIN theirs ON theirs.id = ours.id AND theirs.kind = 'REFUND'
    WHERE -coalesce(theirs.minor, 0) NOT BETWEEN refunded_minor AND refunded_minor + refund_pending_minor
    UNION ALL
    SELECT 'dispute', psp_reference, currency, -coalesce(theirs.minor, 0), taken_back_minor
    FROM ours LEFT JOIN theirs ON theirs.id = ours.id AND theirs.kind = 'DISPUTE'
    WHERE -coalesce(theirs.minor, 0) <> taken_back_minor
    UNION ALL
    SELECT 'currency', movement.id, movement.paid_currency, movement.paid_minor, 0
    FROM stripe_movement AS movement JOIN looked_at ON looked_at.id = movement.transaction_id
    WHERE movement.paid_currency <> looked_at.currency
    UNION ALL
    SELECT 'unknown', id, currency, amount_minor, 0 FROM stripe_movement
    WHERE created_at >= :since AND (
        kind = 'OTHER' OR (transaction_id IS NULL AND kind IN ('CHARGE', 'REFUND', 'DISPUTE'))
    )
    UNION ALL
    SELECT 'payout', payout.id, payout.currency, -coalesce(moved.minor, 0),
           CASE WHEN status IN ('FAILED', 'CANCELED') THEN 0 ELSE payout.amount_minor END
    FROM stripe_payout AS payout LEFT JOIN LATERAL (
        SELECT sum(amount_minor) AS minor FROM stripe_movement
        WHERE source_id = payout.id AND kind = 'PAYOUT' AND currency = payout.currency
    ) AS moved ON true
    WHERE payout.created_at >= :since AND payout.created_at < :missed_before
      AND -coalesce(moved.minor, 0)
          <> CASE WHEN status IN ('FAILED', 'CANCELED') THEN 0 ELSE payout.amount_minor END
    UNION ALL
    SELECT 'transfer', coalesce(transfer.id, moved.id), coalesce(transfer.currency, moved.currency),
           -coalesce(moved.minor, 0), coalesce(transfer.minor, 0)
    FROM (
        SELECT id, currency, created_at,
               CASE WHEN is_ours THEN amount_minor - reversed_minor ELSE 0 END AS minor
        FROM stripe_transfer WHERE created_at >= :since
    ) AS transfer FULL JOIN (
        SELECT payment AS id, currency, sum(amount_minor) AS minor FROM stripe_movement
        WHERE kind = 'TRANSFER' AND payment IN (
            SELECT id FROM stripe_transfer WHERE created_at >= :since
            UNION ALL
            SELECT payment FROM stripe_movement AS unknown
            WHERE kind = 'TRANSFER' AND created_at >= :since
              AND NOT EXISTS (SELECT FROM stripe_transfer WHERE id = unknown.payment)
        )
        GROUP BY payment, currency
    ) AS moved ON moved.id = transfer.id AND moved.currency = transfer.currency
    WHERE -coalesce(moved.minor, 0) <> coalesce(transfer.minor, 0)
      AND (moved.id IS NOT NULL OR transfer.created_at < :missed_before)
    ORDER BY what, reference
    LIMIT :most
    """
)


async def at_once(settings: Settings, since: datetime) -> Sequence[Difference]:
    """For the command line. Raises FAILURES."""
    if stripe_gateway(settings) is None:
        raise NoSuchStripeError("Stripe is not set up here: there are no keys.")
    database = Database(settings.model_copy(update={"statement_timeout_seconds": 0}))
    try:
        return await reconcile(database, settings, since)
    finally:
        await database.close()


async def reconcile(database: Database, settings: Settings, since: datetime) -> Sequence[Difference]:
    """Read Stripe's books since a moment, and say where ours differ. Raises AnswerError."""
    await books.read_since(database, settings, since)
    await transfers.find_unheard(database, settings)
    async with database.transaction() as session:
        return await differences(session, since)


async def differences(session: AsyncSession, since: datetime) -> Sequence[Difference]:
    """Where what Stripe has moved since a moment, and what we know of it, are not the same; at most MOST. The
    books are to be read before.
    """
    found = await session.execute(
        _DIFFERENCES,
        {"gateway": GATEWAY_ID, "since": since, "missed_before": clock.now() - GRACE, "most": MOST},
    )
    return [
        Difference(
            row.what,
            row.reference or "without a name",
            Money(int(row.at_stripe), row.currency),
            Money(int(row.here), row.currency),
        )
        for row in found
    ]


async def keep_differences(session: AsyncSession) -> int:
    """Compare what is read by now, and keep what differs in the place of what did before; gives how many."""
    found = await differences(session, clock.now() - LOOKED_BACK)
    before = await session.scalars(select(PaymentDifference).with_for_update())
    known = {(row.what, row.reference): row for row in before}
    for one in found:
        row = known.pop((one.what, one.reference), None)
        if row is None:
            row = PaymentDifference(what=one.what, reference=one.reference)
            session.add(row)
        row.currency = one.here.currency
        row.at_gateway_minor, row.here_minor = one.at_stripe.minor, one.here.minor
    for settled in known.values():
        await session.delete(settled)
    await session.flush()
    if found:
        log.error("stripe's books and ours differ", differences=len(found))
    return len(found)
