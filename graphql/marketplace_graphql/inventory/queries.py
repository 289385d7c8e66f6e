"""Root fields of stock."""

from enum import Enum
from typing import Any

from sqlalchemy import any_, or_
from strawberry import ID

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


@object_type
class InventoryQueries:
    """What is in stock."""

    warehouses: CountableConnection[Warehouse] | None = connection(
        filter=warehouse_filter, sort_by=warehouse_order, needs=SIGNED_IN
    )
    """Store rooms: all of them to staff, a seller's own to its members."""
    stocks: CountableConnection[Stock] | None = connection(needs=SIGNED_IN)
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
