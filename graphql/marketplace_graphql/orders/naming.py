"""Which order, and which parts of it, a mutation is about.

Staff name an order by its id. Whoever works for a seller names an order of which the seller has a part by
the same id, or that part by its own: either way the part is all that there is for them. Staff may name a
part, too.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from strawberry import ID

from marketplace.inventory.models import Warehouse
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.ids import split_global_id, to_global_id
from marketplace.orders import models
from marketplace_graphql.kernel import Info


@dataclass(frozen=True, slots=True)
class Named:
    """An order, and the sellers' parts of it that may be touched, by key."""

    order_id: uuid.UUID
    sellers: dict[uuid.UUID, int]
    """The seller of each part."""

    def seller_of(self, line: models.OrderLine) -> int:
        """Raises NotFoundError for a line of a draft, or of a part that may not be touched."""
        if line.vendor_order_id is None or line.vendor_order_id not in self.sellers:
            raise NotFoundError("Some of these lines are not in this order.", field="orderLineId")
        return self.sellers[line.vendor_order_id]


async def named_order(info: Info, global_id: ID, field_name: str = "order") -> Named:
    """The order that an id of it, or of a part of it, names. Raises NotFoundError, InvalidError, and
    PermissionDeniedError for an order of a channel that is not the requester's.
    """
    part = models.VendorOrder
    query = select(part.order_id, part.id, part.vendor_id).order_by(part.position)
    if split_global_id(global_id)[0] == "VendorOrder":
        query = query.where(part.id == info.key(global_id, "VendorOrder"))
    else:
        query = query.where(part.order_id == info.key(global_id, "Order"))
    if info.within is not None:
        query = query.where(part.vendor_id.in_(info.within))
    rows = (await info.session.execute(query)).all()
    if not rows:
        raise NotFoundError(f"Couldn't resolve to a node: {global_id}", field=field_name)
    await info.check_channel(models.Order, rows[0][0])
    return Named(rows[0][0], {part_id: vendor_id for _, part_id, vendor_id in rows})


def payload_order(info: Info, order: models.Order | None) -> models.Order | None:
    """The whole order in a payload: none to who works for a seller, since it says what others sold."""
    return order if info.within is None else None


async def named_lines(
    info: Info, named: Named, ids: Iterable[str], field_name: str
) -> dict[str, models.OrderLine]:
    """The order lines of global ids, which must be of the parts that may be touched. Raises NotFoundError,
    InvalidError for one that is named twice.
    """
    ids = list(ids)
    _once(ids, field_name, "order_lines")
    lines = await info.find_many(models.OrderLine, ids, field_name=field_name)
    for line in lines:
        if line.vendor_order_id not in named.sellers:
            raise NotFoundError("Some of these lines are not in this order.", field=field_name)
    return dict(zip(ids, lines, strict=True))


async def named_warehouses(info: Info, ids: Iterable[str], field_name: str) -> dict[str, Warehouse]:
    """Store rooms by their global ids. Raises NotFoundError."""
    ids = list(dict.fromkeys(ids))
    return dict(zip(ids, await info.find_many(Warehouse, ids, field_name=field_name), strict=True))


def check_room(room: Warehouse, vendor_id: int, field_name: str) -> None:
    """Raises NotFoundError for a store room that is neither the seller's nor the shop's: nothing of the
    seller is in it.
    """
    if room.vendor_id not in {vendor_id, None}:
        raise NotFoundError(
            "The seller has no such store room.",
            field=field_name,
            warehouse=to_global_id("Warehouse", room.id),
        )


def _once(ids: list[str], field_name: str, detail: str) -> None:
    twice = [each for each in dict.fromkeys(ids) if ids.count(each) > 1]
    if twice:
        raise InvalidError(
            "It is named twice.", field=field_name, code="DUPLICATED_INPUT_ITEM", **{detail: twice}
        )
