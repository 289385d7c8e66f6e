"""Root fields of stock."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, any_, exists, or_, select
from strawberry import ID

from marketplace.catalog.models import Product, ProductVariant
from marketplace.inventory import models
from marketplace.inventory.serving import serves_channel
from marketplace.markets.models import Channel
from marketplace.people.models import Address
from marketplace_graphql.catalog.search import found
from marketplace_graphql.inputs import MetadataFilter, has_metadata
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
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.rules import by_key


@input_type
class WarehouseFilterInput:
    """Which warehouses are listed."""

    click_and_collect_option: models.CollectionOption | None
    metadata: list[MetadataFilter] | None
    """Those that have all of these entries."""
    search: str | None
    """A part of the name, the slug, the e-mail address, or the postal address."""
    ids: list[ID] | None
    is_private: bool | None
    channels: list[ID] | None
    """Those that serve one of these channels."""
    slugs: list[str] | None
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


def _called(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    address = aliased(Address)
    parts = (
        address.company_name,
        address.street_address_1,
        address.street_address_2,
        address.city,
        address.postal_code,
        address.phone,
    )
    there = exists().where(
        address.id == row.address_id, or_(*(part.icontains(term, autoescape=False) for part in parts))
    )
    own = (row.name, row.slug, row.email)
    return or_(*(part.icontains(term, autoescape=False) for part in own), there.correlate_except(address))


def _serve(row: Any, ids: Any, ctx: Any) -> ColumnElement[bool]:
    channel = aliased(Channel)
    served = exists().where(channel.id == any_(ctx.key(ids, "Channel")), serves_channel(row.id, channel.id))
    return served.correlate_except(channel)


def _lying(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    """Of a product that has the words, of a variant with such a number, or in a store room called so."""
    product, variant = aliased(Product), aliased(ProductVariant)
    room, address = aliased(models.Warehouse), aliased(Address)
    variants = (
        select(variant.id).join(product, product.id == variant.product_id).where(found(product, term, ctx))
    )
    rooms = (
        select(room.id)
        .join(address, address.id == room.address_id)
        .where(
            or_(
                room.name.icontains(term, autoescape=False),
                address.company_name.icontains(term, autoescape=False),
            )
        )
    )
    numbered = select(variant.id).where(variant.sku.icontains(term, autoescape=False))
    return or_(row.variant_id.in_(variants), row.variant_id.in_(numbered), row.warehouse_id.in_(rooms))


@input_type
class StockFilterInput:
    """Which stocks are listed."""

    quantity: float | None
    """Those of exactly so many pieces."""
    search: str | None
    """Words of a product, or a part of a variant's SKU or of the store room's name."""


stock_filter = Filter(
    StockFilterInput,
    {"quantity": lambda row, quantity, ctx: row.quantity == quantity, "search": _lying},
)
warehouse_filter = Filter(
    WarehouseFilterInput,
    {
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Warehouse")),
        "slugs": lambda row, slugs, ctx: row.slug == any_(slugs),
        "search": _called,
        "metadata": has_metadata,
        "is_private": lambda row, wanted, ctx: row.is_private.is_(wanted),
        "click_and_collect_option": lambda row, wanted, ctx: row.click_and_collect_option == wanted,
        "channels": _serve,
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
