"""The root fields of sellers."""

from enum import Enum
from typing import Any

from sqlalchemy import any_, true
from strawberry import ID

from marketplace_graphql.kernel import (
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
from marketplace_graphql.vendors.types import (
    Programme,
    Region,
    Vendor,
    VendorKindEnum,
    VendorStatusEnum,
)


@input_type
class VendorFilterInput:
    """Which sellers are listed."""

    ids: list[ID] | None
    search: str | None
    """A part of the name."""
    kinds: "list[VendorKindEnum] | None"
    statuses: "list[VendorStatusEnum] | None"
    regions: list[str] | None
    """ISO 3166-2 codes."""
    countries: list[str] | None
    """ISO 3166-1 codes."""
    programmes: list[ID] | None


@enum
class VendorSortField(Enum):
    """What sellers can be sorted by."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"


@input_type
class VendorSortingInput:
    """How sellers are sorted."""

    direction: OrderDirection
    field: VendorSortField


vendor_filter = Filter(
    VendorFilterInput,
    {
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Vendor")),
        "search": lambda row, term, ctx: row.name.icontains(term, autoescape=False),
        "kinds": lambda row, kinds, ctx: row.kind.in_([kind.value for kind in kinds]),
        "statuses": lambda row, statuses, ctx: row.status.in_([status.value for status in statuses]),
        "regions": lambda row, codes, ctx: row.region_code == any_(codes),
        "countries": lambda row, codes, ctx: row.country_code == any_(codes),
        "programmes": lambda row, ids, ctx: row.programme_id == any_(ctx.key(ids, "Programme")),
    },
)
vendor_order = Sorting(
    VendorSortingInput,
    {
        VendorSortField.NAME: lambda row, ctx: row.name,
        VendorSortField.CREATED_AT: lambda row, ctx: row.created_at,
    },
)


@object_type
class VendorQueries:
    """Who sells."""

    vendors: "CountableConnection[Vendor] | None" = connection(filter=vendor_filter, sort_by=vendor_order)
    regions: list[Region] = related(lambda root, region, ctx: true())
    """The regions, in the order of their codes."""
    programmes: list[Programme] = related(lambda root, programme, ctx: true())
    """The programmes through which sellers are accompanied."""

    @related
    def vendor(
        root: Any,
        vendor: Any,
        ctx: Any,
        id: ID | None = None,
        slug: str | None = None,
    ) -> Vendor | None:
        """One seller, by id or slug."""
        return by_key(vendor, ctx, "Vendor", id, slug=slug)
