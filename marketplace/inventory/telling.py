"""Telling apps which variants a channel has sold out, or can sell again: only where anybody listens."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.inventory.availability import TIME_ZONE
from marketplace.kit import clock
from marketplace.kit.announcements import RowKey, announce
from marketplace.webhooks import hearing

GONE, BACK = "PRODUCT_VARIANT_OUT_OF_STOCK_IN_CHANNEL", "PRODUCT_VARIANT_BACK_IN_STOCK_IN_CHANNEL"


async def tell_channels(session: AsyncSession, free: Mapping[int, tuple[int, int]]) -> None:
    """Announce each channel that lists a variant and has something of it to sell again, or nothing more.

    `free` says of stocks how many pieces were for sale before, and are now. Where none of them turned, no
    channel did; where nobody listens, nothing is read.
    """
    if not any((before > 0) != (after > 0) for before, after in free.values()):
        return
    if not (await hearing.is_heard(session, GONE) or await hearing.is_heard(session, BACK)):
        return
    await session.flush()
    parameters = {
        "stock_ids": list(free),
        "before": [before for before, _ in free.values()],
        "after": [after for _, after in free.values()],
        "now": clock.now(),
        "zone": TIME_ZONE,
    }
    for variant_id, channel_id, is_back in (await session.execute(_TURNED, parameters)).all():
        event = BACK if is_back else GONE
        await announce(session, event, RowKey(ProductVariant, variant_id), channel_id=channel_id)


_TURNED = text(
    """
    WITH given AS (
        SELECT * FROM unnest(
            CAST(:stock_ids AS bigint[]), CAST(:before AS bigint[]), CAST(:after AS bigint[])
        ) AS given (stock_id, before, after)
    )
    SELECT stock.variant_id, listing.channel_id,
        sum(coalesce(given.after, stock.quantity - stock.quantity_allocated)) > 0 AS is_back
    FROM stock
    JOIN variant_channel_listing AS listing ON listing.variant_id = stock.variant_id
    LEFT JOIN given ON given.stock_id = stock.id
    LEFT JOIN lot ON lot.id = stock.lot_id
    WHERE stock.variant_id IN (SELECT variant_id FROM stock WHERE id = ANY (CAST(:stock_ids AS bigint[])))
        AND (lot.best_before IS NULL
            OR lot.best_before >= CAST(timezone(:zone, CAST(:now AS timestamptz)) AS date))
        AND NOT EXISTS (
            SELECT FROM warehouse_outside_channel AS outside
            WHERE outside.warehouse_id = stock.warehouse_id AND outside.channel_id = listing.channel_id
        )
    GROUP BY stock.variant_id, listing.channel_id
    HAVING (sum(coalesce(given.after, stock.quantity - stock.quantity_allocated)) > 0)
        <> (sum(coalesce(given.before, stock.quantity - stock.quantity_allocated)) > 0)
    ORDER BY stock.variant_id, listing.channel_id
    """
)
