"""Collections: products gathered by hand."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, false, func, select, true
from strawberry import ID

from marketplace.catalog import models
from marketplace.catalog.listings import CollectionChannelListing as Listing
from marketplace.catalog.search import named_like
from marketplace.kit.models import lowest_if_missing
from marketplace_graphql.catalog.categories import background
from marketplace_graphql.catalog.channel_listings import CollectionChannelListing
from marketplace_graphql.catalog.filters import product_connection
from marketplace_graphql.catalog.sorts import member_of
from marketplace_graphql.catalog.visibility import sees_all_products
from marketplace_graphql.inputs import MetadataFilter, has_metadata
from marketplace_graphql.kernel import (
    CountableConnection,
    Filter,
    JSONString,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    Sorting,
    among,
    by_id,
    column,
    enum,
    expression,
    input_type,
    missing_last,
    never_null,
    node,
    related,
    translated,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.values import Image, ThumbnailFormatEnum

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import Product


def listing_of(row: Any, ctx: Any) -> Any:
    """A collection's row of publication in the channel in force."""
    return ctx.joined(
        row,
        Listing,
        lambda listing: and_(listing.collection_id == row.id, listing.channel_id == ctx.channel.id),
        key="listing",
    )


def _shows(row: Any, ctx: Any) -> ColumnElement[bool]:
    listing = listing_of(row, ctx)
    since = lowest_if_missing(listing.published_at)
    return and_(listing.is_published, since <= ctx.now)


def collection_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Buyers see what is published in the channel they ask in."""
    if sees_all_products(ctx):
        return true()
    return _shows(row, ctx) if ctx.channel.given else false()


@node(models.Collection, visible=collection_visible, order_by=lambda row, ctx: row.name)
class Collection(Node, ObjectWithMetadata):
    """Products gathered by hand."""

    name: str
    slug: str
    description: JSONString | None
    description_json: JSONString | None = column("description", deprecated="The same as `description`.")
    seo_title: str | None
    seo_description: str | None
    channel: str | None = expression(lambda row, ctx: ctx.channel.slug)
    """The channel it was asked for in."""
    products: "CountableConnection[Product] | None" = product_connection(member_of, channel=False)
    translation = translated("CollectionTranslation")
    channel_listings: list[CollectionChannelListing] | None = related(
        lambda row, listing, ctx: listing.collection_id == row.id, needs="MANAGE_PRODUCTS"
    )

    @value
    def background_image(
        row: Any,
        ctx: Any,
        size: int | None = None,
        format: ThumbnailFormatEnum | None = ThumbnailFormatEnum.ORIGINAL,
    ) -> "Image | None":
        """A picture for the head of its page."""
        return background(row, ctx, "Collection", size, format)


@enum
class CollectionPublished(Enum):
    """Whether a collection shows in the channel."""

    PUBLISHED = "PUBLISHED"
    HIDDEN = "HIDDEN"


@input_type
class CollectionFilterInput:
    """Which collections are listed."""

    published: CollectionPublished | None
    search: str | None
    """A part of its name, in any language."""
    metadata: list[MetadataFilter] | None
    ids: list[ID] | None
    slugs: list[str] | None
    channel: str | None


@input_type
class CollectionWhereInput:
    """Which collections are listed."""

    metadata: list[MetadataFilter] | None
    ids: list[ID] | None
    AND: "list[CollectionWhereInput] | None"
    OR: "list[CollectionWhereInput] | None"


@enum
class CollectionSortField(Enum):
    """What collections can be sorted by."""

    NAME = "NAME"
    AVAILABILITY = "AVAILABILITY"
    PRODUCT_COUNT = "PRODUCT_COUNT"
    PUBLICATION_DATE = "PUBLICATION_DATE"
    PUBLISHED_AT = "PUBLISHED_AT"


@input_type
class CollectionSortingInput:
    """How collections are sorted."""

    direction: OrderDirection
    channel: str | None
    field: CollectionSortField


def _published(row: Any, wanted: CollectionPublished, ctx: Any) -> ColumnElement[bool]:
    return func.coalesce(_shows(row, ctx), False).is_(wanted is CollectionPublished.PUBLISHED)


def _found(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    return named_like(row, models.CollectionTranslation, term)


def _is_published(row: Any, ctx: Any) -> Any:
    return never_null(func.coalesce(listing_of(row, ctx).is_published, False))


def _products(row: Any, ctx: Any) -> Any:
    member = aliased(models.CollectionProduct)
    counted = select(func.count()).where(member.collection_id == row.id)
    return never_null(counted.correlate_except(member).scalar_subquery())


def _since(row: Any, ctx: Any) -> Any:
    return missing_last(listing_of(row, ctx).published_at)


collection_filter = Filter(
    CollectionFilterInput,
    {
        "published": _published,
        "search": _found,
        "metadata": has_metadata,
        "ids": by_id("Collection"),
        "slugs": among(lambda row, ctx: row.slug),
    },
)
collection_where = Filter(CollectionWhereInput, {"metadata": has_metadata, "ids": by_id("Collection")})
collection_order = Sorting(
    CollectionSortingInput,
    {
        CollectionSortField.NAME: lambda row, ctx: (row.name, row.slug),
        CollectionSortField.AVAILABILITY: lambda row, ctx: (_is_published(row, ctx), row.name),
        CollectionSortField.PRODUCT_COUNT: lambda row, ctx: (_products(row, ctx), row.slug),
        CollectionSortField.PUBLICATION_DATE: _since,
        CollectionSortField.PUBLISHED_AT: _since,
    },
)
