"""The root fields of sellers."""

from enum import Enum
from typing import Any

from sqlalchemy import any_, select, true
from strawberry import ID

from marketplace.catalog import seller_search
from marketplace.people.permissions import Permission
from marketplace.vendors import models
from marketplace.vendors.models import VendorBadge
from marketplace_graphql.catalog.search import folded
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
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.rules import by_key
from marketplace_graphql.vendors.audit_log import AuditQueries
from marketplace_graphql.vendors.links import LinkQueries
from marketplace_graphql.vendors.papers import VendorDocument, VendorStatusEnum, document_filter
from marketplace_graphql.vendors.types import (
    GeographicalIndication,
    Programme,
    Region,
    Vendor,
    VendorBadgeKindEnum,
    VendorKindEnum,
    badge_valid,
)


@input_type
class VendorFilterInput:
    """Which sellers are listed."""

    ids: list[ID] | None
    search: str | None
    """Words of the name, the craft, the place or the story, as products are searched: in any language."""
    kinds: "list[VendorKindEnum] | None"
    statuses: "list[VendorStatusEnum] | None"
    regions: list[str] | None
    """ISO 3166-2 codes."""
    countries: list[str] | None
    """ISO 3166-1 codes."""
    provinces: list[str] | None
    """ISO 3166-2 codes."""
    programmes: list[ID] | None
    badges: "list[VendorBadgeKindEnum] | None"
    """With a valid certificate of one of these kinds."""
    indications: list[str] | None
    """Certified for one of these protected origins, by its name."""


@enum
class VendorSortField(Enum):
    """What sellers can be sorted by."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    FOUNDED_YEAR = "FOUNDED_YEAR"


@input_type
class VendorSortingInput:
    """How sellers are sorted."""

    direction: OrderDirection
    field: VendorSortField


def _certified(row: Any, ctx: Any, *, kinds: list[str] | None = None, names: Any = None) -> Any:
    """Whether a seller has a certificate that holds now, of some kinds or for some protected origins."""
    badge, origin = aliased(VendorBadge), aliased(models.GeographicalIndication)
    found = select(badge.vendor_id).where(badge_valid(badge, ctx))
    if kinds is not None:
        found = found.where(badge.kind.in_(kinds))
    if names is not None:
        found = found.join(origin, origin.id == badge.indication_id).where(origin.name == any_(names))
    return row.id.in_(found.correlate_except(badge, origin))


vendor_filter = Filter(
    VendorFilterInput,
    {
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Vendor")),
        "search": lambda row, term, ctx: seller_search.found(row, folded(term)),
        "kinds": lambda row, kinds, ctx: row.kind.in_([kind.value for kind in kinds]),
        "statuses": lambda row, statuses, ctx: row.status.in_([status.value for status in statuses]),
        "regions": lambda row, codes, ctx: ctx.one_of_few(row, row.region_code, codes, sorted_by=row.name),
        "countries": lambda row, codes, ctx: ctx.one_of_few(row, row.country_code, codes, sorted_by=row.name),
        "provinces": lambda row, codes, ctx: ctx.one_of_few(
            row, row.province_code, codes, sorted_by=row.name
        ),
        "programmes": lambda row, ids, ctx: ctx.one_of_few(
            row, row.programme_id, ctx.key(ids, "Programme"), sorted_by=row.name
        ),
        "badges": lambda row, kinds, ctx: _certified(row, ctx, kinds=[kind.value for kind in kinds]),
        "indications": lambda row, names, ctx: _certified(row, ctx, names=names),
    },
)
vendor_order = Sorting(
    VendorSortingInput,
    {
        VendorSortField.NAME: lambda row, ctx: row.name,
        VendorSortField.CREATED_AT: lambda row, ctx: row.created_at,
        VendorSortField.FOUNDED_YEAR: lambda row, ctx: row.founded_year,
    },
)


@object_type
class VendorQueries(AuditQueries, LinkQueries):
    """Who sells."""

    vendors: "CountableConnection[Vendor] | None" = connection(filter=vendor_filter, sort_by=vendor_order)
    regions: list[Region] = related(lambda root, region, ctx: true())
    """The regions, in the order of their codes."""
    programmes: list[Programme] = related(lambda root, programme, ctx: true())
    """The programmes through which sellers are accompanied."""
    geographical_indications: list[GeographicalIndication] = related(
        lambda root, origin, ctx: true(), order_by=lambda origin, ctx: origin.name, limit=1000
    )
    """The protected origins that certificates may be about."""

    @related
    def vendor_document(root: Any, document: Any, ctx: Any, id: ID) -> VendorDocument | None:
        """One paper of a seller."""
        return document.id == ctx.key(id, "VendorDocument")

    vendor_documents: CountableConnection[VendorDocument] | None = connection(
        filter=document_filter, needs=Permission.MANAGE_VENDORS
    )
    """Papers of all sellers, the latest first: those that wait to be read, for one."""

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
