"""Whether the ledger is in order, by everything that can be asked of it."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payouts.rebuilding import differences
from marketplace.payouts.verifying import verify


async def faults(session: AsyncSession) -> list[str]:
    """What breaks a rule of the ledger, and each entry that is not what it is made of: none, if all is so."""
    broken = [f"{finding.rule}: {finding.what}" for finding in await verify(session)]
    return broken + [str(difference) for difference in await differences(session)]
