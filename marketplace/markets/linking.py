"""Which zones a channel delivers to."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.markets.models import ShippingMethod, ShippingMethodListing, zone_channel


async def deliver_to(session: AsyncSession, channel_ids: Collection[int], zone_ids: Collection[int]) -> None:
    """Have channels deliver to zones."""
    pairs = [
        {"zone_id": zone_id, "channel_id": channel_id}
        for zone_id in sorted(set(zone_ids))
        for channel_id in sorted(set(channel_ids))
    ]
    if pairs:
        await session.execute(insert(zone_channel).values(pairs).on_conflict_do_nothing())


async def stop_delivering_to(
    session: AsyncSession, channel_ids: Collection[int], zone_ids: Collection[int]
) -> None:
    """Have channels deliver to zones no more: the prices there of the zones' methods go, too."""
    if not channel_ids or not zone_ids:
        return
    methods = select(ShippingMethod.id).where(ShippingMethod.zone_id.in_(zone_ids))
    await session.execute(
        delete(ShippingMethodListing).where(
            ShippingMethodListing.channel_id.in_(channel_ids), ShippingMethodListing.method_id.in_(methods)
        ),
        execution_options={"synchronize_session": False},
    )
    await session.execute(
        delete(zone_channel).where(
            zone_channel.c.channel_id.in_(channel_ids), zone_channel.c.zone_id.in_(zone_ids)
        )
    )


async def channels_of(session: AsyncSession, zone_id: int) -> set[int]:
    """The keys of the channels that deliver to a zone."""
    return set(
        await session.scalars(select(zone_channel.c.channel_id).where(zone_channel.c.zone_id == zone_id))
    )
