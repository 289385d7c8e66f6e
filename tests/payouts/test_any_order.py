"""Whatever happens to sales, in whatever order: no centime is lost, none is paid twice."""

import os
from collections.abc import Sequence
from random import Random
from types import ModuleType

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace.kit.settings import Settings
from marketplace.payouts.rebuilding import differences
from marketplace.payouts.verifying import verify
from tests.payouts.whatever import Shop, Whatever, make_shop
from tests.shared_connection import session_on

SEQUENCES = int(os.environ.get("LEDGER_SEQUENCES", "2000"))
SEED = int(os.environ.get("LEDGER_SEED", "1"))
CHUNKS = 8
DERIVED_ONE_IN = 10
"""After one in so many sequences all entries are derived again, too: that takes longer than the sequence."""
STORY, STEPS = 90, 10
"""Steps that a chunk's sequences have in common, and those that each goes on with."""

_SELLERS = text(
    """
    SELECT seller.id,
        coalesce((
            SELECT sum(earning.earning_minor) FROM vendor_earning AS earning
            JOIN vendor_order AS part ON part.id = earning.vendor_order_id
            WHERE earning.vendor_id = seller.id AND part.delivered_at IS NOT NULL), 0) AS earned_minor,
        coalesce((
            SELECT sum(back.earning_minor) FROM earning_reversal AS back
            JOIN vendor_order AS part ON part.id = back.vendor_order_id
            WHERE part.vendor_id = seller.id AND part.delivered_at IS NOT NULL), 0) AS back_minor,
        coalesce((
            SELECT sum(charge.amount_minor) FROM dispute_charge AS charge
            JOIN vendor_order AS part ON part.id = charge.vendor_order_id
            WHERE part.vendor_id = seller.id AND charge.returned_at IS NULL), 0)
        - coalesce((
            SELECT sum(decision.amount_minor) FROM vendor_debt_decision AS decision
            WHERE decision.vendor_id = seller.id AND decision.kind IN ('WRITE_OFF', 'PAID_IN')), 0)
            AS charged_minor,
        coalesce((
            SELECT sum(payout.amount_minor) FROM payout
            WHERE payout.vendor_id = seller.id AND payout.status = 'PAID'), 0) AS paid_minor,
        coalesce((
            SELECT -sum(posting.amount_minor) FROM posting
            WHERE posting.vendor_id = seller.id), 0) AS owed_minor
    FROM vendor AS seller WHERE seller.id = ANY(:sellers) ORDER BY seller.id
    """
)

_PARTS = text(
    """
    SELECT earning.vendor_order_id, earning.sales_minor, earning.commission_minor, earning.vat_minor,
        sum(back.goods_minor), sum(back.commission_minor), sum(back.vat_minor)
    FROM vendor_earning AS earning
    JOIN earning_reversal AS back ON back.vendor_order_id = earning.vendor_order_id
    GROUP BY earning.vendor_order_id
    """
)


async def broken(session: AsyncSession, shop: Shop) -> Sequence[str]:
    """What is not as it should be: each seller is owed what it earned, less what it was paid or charged
    with, and no more; what is paid back takes its share of the commission with it, to the centime.
    """
    found = [f"{finding.rule}: {finding.what}" for finding in await verify(session)]
    sellers = await session.execute(_SELLERS, {"sellers": [vendor.id for vendor in shop.sellers]})
    for vendor_id, earned, back, charged, paid, owed in sellers:
        if owed + paid != earned - back - charged or paid > earned or back > earned:
            sums = f"gave back {back}, was charged {charged}, was paid {paid}, is owed {owed}"
            found.append(f"seller {vendor_id}: earned {earned}, {sums}")
    for part_id, sales, commission, vat, goods_back, commission_back, vat_back in await session.execute(
        _PARTS
    ):
        shares = [(2 * each * goods_back + sales) // (2 * sales) for each in (commission, vat)]
        if shares != [commission_back, vat_back]:
            found.append(f"vendor order {part_id}: commission given back is not in proportion")
    return found


@pytest.mark.seconds(SEQUENCES / CHUNKS * 0.06)
@pytest.mark.parametrize("chunk", range(CHUNKS))
async def test_the_ledger_is_right_whatever_happens(
    connection: AsyncConnection, settings: Settings, clock: ModuleType, chunk: int
) -> None:
    """To play one again: LEDGER_SEED=<its seed> LEDGER_SEQUENCES=1, with the chunk it was in."""
    async with session_on(connection, settings) as session:
        shop = await make_shop(session, settings, Random(chunk))
        story = Whatever(session, settings, shop, Random(f"{chunk}"), clock)
        await story.happens(STORY)
        await session.commit()
    for number in range(max(SEQUENCES // CHUNKS, 1)):
        seed = f"{SEED + number}"
        async with session_on(connection, settings) as session:
            it = Whatever(session, settings, shop, Random(f"{chunk}:{seed}"), clock)
            await it.happens(STEPS)
            found = [*await broken(session, shop)]
            if number % DERIVED_ONE_IN == 0:
                found += [str(each) for each in await differences(session)]
            await session.rollback()
        assert not found, "\n".join([f"seed {seed}", *story.told, "", *it.told, "", *found])
