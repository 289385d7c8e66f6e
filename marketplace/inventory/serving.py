"""Which channels and shipping zones a store room serves, and in which order a channel takes from them.

A seller's store room serves every channel and zone but those it was taken out of; one of the shop's own
serves those it was put into. Nearly all serve all, and so what is kept are the pairs that don't: see
decision 22.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    Table,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    literal,
    not_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.inventory.models import Warehouse
from marketplace.kit.errors import NotFoundError
from marketplace.kit.ids import to_global_id
from marketplace.kit.models import Base
from marketplace.markets.models import Channel, ShippingZone, zone_channel


def _pairs(name: str, other: str, table: str, *more: Column[Any]) -> Table:
    return Table(
        name,
        Base.metadata,
        Column(other, BigInteger, ForeignKey(f"{table}.id", ondelete="CASCADE"), primary_key=True),
        Column(
            "warehouse_id",
            Uuid,
            ForeignKey("warehouse.id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
        *more,
    )


outside_channel = _pairs("warehouse_outside_channel", "channel_id", "channel")
"""Store rooms that a channel does not take from."""
outside_zone = _pairs("warehouse_outside_zone", "zone_id", "shipping_zone")
"""Store rooms whose parcels don't go to a zone."""
place_in_channel = _pairs(
    "warehouse_place_in_channel", "channel_id", "channel", Column("position", Integer, nullable=False)
)
"""Where staff have put a store room among those of a channel; the others come after these."""


def serves_channel(warehouse_id: Any, channel_id: Any) -> ColumnElement[bool]:
    """Whether a channel takes from a store room."""
    outside = outside_channel.alias()
    left_out = exists().where(outside.c.warehouse_id == warehouse_id, outside.c.channel_id == channel_id)
    return not_(left_out.correlate_except(outside))


def serves_zone(warehouse_id: Any, zone_id: Any) -> ColumnElement[bool]:
    """Whether a store room's parcels go to a zone: through a channel that both serve."""
    outside, shared = outside_zone.alias(), zone_channel.alias()
    left_out = exists().where(outside.c.warehouse_id == warehouse_id, outside.c.zone_id == zone_id)
    through = exists().where(shared.c.zone_id == zone_id, serves_channel(warehouse_id, shared.c.channel_id))
    return not_(left_out.correlate_except(outside)) & through.correlate_except(shared)


def place_of(warehouse_id: Any, channel_id: Any) -> ColumnElement[int]:
    """A store room's place in a channel; null where staff have given it none."""
    place = place_in_channel.alias()
    found = select(place.c.position).where(
        place.c.warehouse_id == warehouse_id, place.c.channel_id == channel_id
    )
    return found.correlate_except(place).scalar_subquery()


async def put_into_channel(session: AsyncSession, channel_id: int, warehouse_ids: Collection[UUID]) -> None:
    """Have a channel take from store rooms."""
    await _put_into(session, outside_channel, outside_channel.c.channel_id == channel_id, warehouse_ids)


async def take_out_of_channel(
    session: AsyncSession, channel_id: int, warehouse_ids: Collection[UUID]
) -> None:
    """Have a channel take from store rooms no more. What is sold already still leaves from there."""
    await _take_out(session, outside_channel, {"channel_id": channel_id}, warehouse_ids)


async def put_into_zone(session: AsyncSession, zone_id: int, warehouse_ids: Collection[UUID]) -> None:
    """Have parcels of store rooms go to a zone."""
    await _put_into(session, outside_zone, outside_zone.c.zone_id == zone_id, warehouse_ids)


async def take_out_of_zone(session: AsyncSession, zone_id: int, warehouse_ids: Collection[UUID]) -> None:
    """Have no parcel of store rooms go to a zone any more."""
    await _take_out(session, outside_zone, {"zone_id": zone_id}, warehouse_ids)


async def begin_outside(session: AsyncSession, warehouse_id: UUID) -> None:
    """A store room of the shop's own is in no channel and in no zone until it is put there."""
    own = literal(warehouse_id, Uuid)
    for table, name, all_of_them in (
        (outside_channel, "channel_id", select(Channel.id, own)),
        (outside_zone, "zone_id", select(ShippingZone.id, own)),
    ):
        adding = insert(table).from_select([name, "warehouse_id"], all_of_them)
        await session.execute(adding.on_conflict_do_nothing())


async def leave_own_rooms_outside(
    session: AsyncSession, *, channel_id: int | None = None, zone_id: int | None = None
) -> None:
    """A new channel or zone begins without the shop's own store rooms."""
    for table, name, key in (
        (outside_channel, "channel_id", channel_id),
        (outside_zone, "zone_id", zone_id),
    ):
        if key is None:
            continue
        pairs = select(literal(key, BigInteger), Warehouse.id).where(Warehouse.vendor_id.is_(None))
        await session.execute(
            insert(table).from_select([name, "warehouse_id"], pairs).on_conflict_do_nothing()
        )


async def without_shared_channel(
    session: AsyncSession, warehouse_ids: Collection[UUID], channel_ids: Collection[int]
) -> list[UUID]:
    """Those of some store rooms that serve none of some channels."""
    warehouse, channel = aliased(Warehouse), aliased(Channel)
    channels = bindparam("channel_ids", list(channel_ids), ARRAY(BigInteger))
    shared = exists().where(channel.id == any_(channels), serves_channel(warehouse.id, channel.id))
    found = await session.scalars(
        select(warehouse.id)
        .where(warehouse.id.in_(warehouse_ids), not_(shared.correlate_except(channel)))
        .order_by(warehouse.id)
    )
    return list(found)


async def zones_apart(session: AsyncSession, warehouse_id: UUID, zone_ids: Collection[int]) -> list[int]:
    """Those of some zones to which none of a store room's channels delivers."""
    zone, shared = aliased(ShippingZone), zone_channel.alias()
    through = exists().where(shared.c.zone_id == zone.id, serves_channel(warehouse_id, shared.c.channel_id))
    found = await session.scalars(
        select(zone.id).where(zone.id.in_(zone_ids), not_(through.correlate_except(shared))).order_by(zone.id)
    )
    return list(found)


async def reorder(session: AsyncSession, channel_id: int, moves: Sequence[tuple[UUID, int]]) -> None:
    """Move store rooms of a channel up or down by so many places.

    Raises NotFoundError for one that is not in the channel.
    """
    await session.execute(select(Channel.id).where(Channel.id == channel_id).with_for_update())
    warehouse = aliased(Warehouse)
    place = place_of(warehouse.id, channel_id)
    in_channel = await session.scalars(
        select(warehouse.id)
        .where(serves_channel(warehouse.id, channel_id))
        .order_by(place.asc().nulls_last(), warehouse.name, warehouse.id)
    )
    ordered = list(in_channel)
    strangers = [warehouse_id for warehouse_id, _ in moves if warehouse_id not in set(ordered)]
    if strangers:
        raise NotFoundError(
            "Not all of these store rooms are in the channel.",
            field="moves",
            warehouses=[to_global_id("Warehouse", stranger) for stranger in dict.fromkeys(strangers)],
        )
    if not moves:
        return
    await session.execute(delete(place_in_channel).where(place_in_channel.c.channel_id == channel_id))
    await session.execute(
        insert(place_in_channel),
        [
            {"channel_id": channel_id, "warehouse_id": warehouse_id, "position": position}
            for position, warehouse_id in enumerate(_moved(ordered, moves))
        ],
    )


def _moved(ordered: Sequence[UUID], moves: Sequence[tuple[UUID, int]]) -> list[UUID]:
    """Each moved by its steps, no further than to an end; steps of one that is named twice add up."""
    steps: dict[UUID, int] = {}
    for key, by in moves:
        steps[key] = steps.get(key, 0) + by
    moved = list(ordered)
    for key, by in steps.items():
        at = moved.index(key)
        moved.pop(at)
        moved.insert(max(0, min(at + by, len(moved))), key)
    return moved


async def _put_into(
    session: AsyncSession, table: Table, of: ColumnElement[bool], warehouse_ids: Collection[UUID]
) -> None:
    if warehouse_ids:
        await session.execute(delete(table).where(of, table.c.warehouse_id.in_(warehouse_ids)))


async def _take_out(
    session: AsyncSession, table: Table, of: Mapping[str, int], warehouse_ids: Collection[UUID]
) -> None:
    if warehouse_ids:
        pairs = [{**of, "warehouse_id": warehouse_id} for warehouse_id in sorted(set(warehouse_ids))]
        await session.execute(insert(table).values(pairs).on_conflict_do_nothing())
