"""Root fields of stock."""

from enum import Enum
from typing import Any

from sqlalchemy import any_, or_, select
from sqlalchemy.orm import aliased
from strawberry import ID

from marketplace.catalog.models import ProductVariant
from marketplace.inventory import models
from marketplace_graphql.catalog.variant_filters import found as variant_found
from marketplace_graphql.inventory.types import Stock, Warehouse
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    AUTHENTICATED_APP,
    CountableConnection,
    Filter,
    OrderDirection,
    Sorting,
    connection,
    enum,
    input_type,
    object_type,
    related,
)
from marketplace_graphql.rules import by_key


@input_type
class WarehouseFilterInput:
    """Which warehouses are listed."""

    ids: list[ID] | None
    slugs: list[str] | None
    search: str | None
    """A part of the name."""
    vendors: list[ID] | None
    """Those of some sellers."""


@enum
class WarehouseSortField(Enum):
    """What warehouses can be sorted by."""

    NAME = "NAME"


@input_type
class WarehouseSortingInput:
    """How warehouses are sorted."""

    direction: OrderDirection
    field: WarehouseSortField


warehouse_filter = Filter(
    WarehouseFilterInput,
    {
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Warehouse")),
        "slugs": lambda row, slugs, ctx: row.slug == any_(slugs),
        "search": lambda row, term, ctx: or_(
            row.name.icontains(term, autoescape=False), row.slug.icontains(term, autoescape=False)
        ),
        "vendors": lambda row, ids, ctx: row.vendor_id == any_(ctx.key(ids, "Vendor")),
    },
)
warehouse_order = Sorting(
    WarehouseSortingInput, {WarehouseSortField.NAME: lambda row, ctx: (row.name, row.slug)}
)


SIGNED_IN = (AUTHENTICATED, AUTHENTICATED_APP)


@input_type
class StockFilterInput:
    """Which stocks are listed."""

    quantity: float | None
    """Exactly so many pieces."""
    search: str | None
    """A part of its store room's name, or what its variant is found by."""


def _found(row: Any, term: Any, ctx: Any) -> Any:
    room, variant = aliased(models.Warehouse), aliased(ProductVariant)
    like = or_(room.name.icontains(term, autoescape=False), room.slug.icontains(term, autoescape=False))
    in_rooms = select(room.id).where(like)
    of_variants = select(variant.id).where(variant_found(variant, term, ctx))
    return or_(row.warehouse_id.in_(in_rooms), row.variant_id.in_(of_variants))


stock_filter = Filter(
    StockFilterInput,
    {"quantity": lambda row, pieces, ctx: row.quantity == pieces, "search": _found},
)


@object_type
class InventoryQueries:
    """What is in stock."""

    warehouses: CountableConnection[Warehouse] | None = connection(
        filter=warehouse_filter, sort_by=warehouse_order, needs=SIGNED_IN
    )
    """Store rooms: all of them to staff, a seller's own to its members."""
    stocks: CountableConnection[Stock] | None = connection(filter=stock_filter, needs=SIGNED_IN)
    """Pieces by variant and store room."""

    @related(needs=SIGNED_IN)
    def warehouse(
        root: Any,
        warehouse: Any,
        ctx: Any,
        id: ID | None = None,
        external_reference: str | None = None,
    ) -> Warehouse | None:
        """One store room, by id or by what another system calls it."""
        return by_key(warehouse, ctx, "Warehouse", id, external_reference=external_reference)

    @related(needs=SIGNED_IN)
    def stock(root: Any, stock: Any, ctx: Any, id: ID) -> Stock | None:
        """One stock."""
        return stock.id == ctx.key(id, "Stock")
