"""Circuits: a gateway of this house that can't be reached is left alone for a while, so that nobody waits for
it in vain. What is known of it is a row, so that all processes know it.
"""

from datetime import timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.payments.models import GatewayCircuit

FAILURES = 5
"""So many in a row open a circuit."""
REST = timedelta(seconds=30)
"""How long it is open. Then the gateway is asked again: a failure opens it anew, an answer closes it."""

log = structlog.get_logger(__name__)


async def may_be_asked(session: AsyncSession, gateway_id: str) -> bool:
    """Whether a gateway is to be asked now."""
    resting = await session.scalar(
        select(GatewayCircuit.gateway).where(
            GatewayCircuit.gateway == gateway_id,
            GatewayCircuit.failures >= FAILURES,
            GatewayCircuit.failed_at > clock.now() - REST,
        )
    )
    return resting is None


async def note(session: AsyncSession, gateway_id: str, *, failed: bool) -> None:
    """Note that a gateway was asked."""
    if not failed:
        await session.execute(delete(GatewayCircuit).where(GatewayCircuit.gateway == gateway_id))
        return
    now = clock.now()
    failures = await session.scalar(
        upsert(GatewayCircuit)
        .values(gateway=gateway_id, failures=1, failed_at=now)
        .on_conflict_do_update(
            index_elements=[GatewayCircuit.gateway],
            set_={"failures": GatewayCircuit.failures + 1, "failed_at": now},
        )
        .returning(GatewayCircuit.failures)
    )
    log.warning("gateway not reached", gateway=gateway_id, failures=failures)
