"""`sortBy` of products: each order is a walk along an index (docs/lists.md)."""

from enum import Enum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    and_,
    cast,
    literal_column,
    select,
)
from strawberry import ID

from marketplace.catalog import models
from marketplace.catalog.attributes import Attribute, ProductAnswerOrder
from marketplace.kit.models import lowest_if_missing
from marketplace_graphql.catalog.attributes import attribute_visible
from marketplace_graphql.catalog.visibility import listing_of, sees_unlisted
from marketplace_graphql.kernel import (
    BEST_MATCH,
    OrderDirection,
    QueryError,
    Sorting,
    enum,
    in_turn,
    input_type,
    missing_last,
    never_null,
)
from marketplace_graphql.kernel.reader.aliases import aliased

ONE_ORDER = "Products are sorted either by a `field` or by an `attributeId`."


@enum
class ProductOrderField(Enum):
    """What products can be sorted by."""

    NAME = "NAME"
    RANK = "RANK"
    PRICE = "PRICE"
    MINIMAL_PRICE = "MINIMAL_PRICE"
    LAST_MODIFIED = "LAST_MODIFIED"
    DATE = "DATE"
    TYPE = "TYPE"
    PUBLISHED = "PUBLISHED"
    PUBLICATION_DATE = "PUBLICATION_DATE"
    PUBLISHED_AT = "PUBLISHED_AT"
    LAST_MODIFIED_AT = "LAST_MODIFIED_AT"
    COLLECTION = "COLLECTION"
    """By hand: for the products of a collection."""
    RATING = "RATING"
    CREATED_AT = "CREATED_AT"


@input_type
class ProductOrder:
    """How products are sorted."""

    direction: OrderDirection
    channel: str | None
    attribute_id: ID | None
    """By what is answered to this attribute, in place of a field. Who answers nothing comes last."""
    field: ProductOrderField | None


def published_since(row: Any, ctx: Any) -> Any:
    """When a product was published in the channel; "since ever" where nobody said."""
    return lowest_if_missing(listing_of(row, ctx).published_at)


def membership(row: Any, collection: Any, ctx: Any) -> Any:
    """A product's row in a collection."""
    return ctx.joined(
        row,
        models.CollectionProduct,
        lambda member: and_(member.product_id == row.id, member.collection_id == collection.id),
        key="membership",
    )


def member_of(collection: Any, row: Any, ctx: Any) -> Any:
    """Whether a product is in a collection. The list may be sorted by its place there."""
    return membership(row, collection, ctx).product_id.is_not(None)


def _place(row: Any, ctx: Any) -> Any:
    place = ctx.already_joined(row, models.CollectionProduct, key="membership")
    if place is None:
        raise QueryError("Sorting by COLLECTION is available only for the products of a collection.")
    return never_null(place.position), never_null(place.product_id)


def _in_listing(row: Any, ctx: Any) -> Any:
    """The product's key as its listing has it: a page then begins anywhere in the listings' index."""
    return never_null(listing_of(row, ctx).product_id)


_FILLERS: dict[type[Any], str] = {BigInteger: "0", DateTime: "'-infinity'", Boolean: "false"}
"""Stand for the keys of listings where there is no listing."""


def _listed_first(row: Any, ctx: Any, key: Any) -> Any:
    """For those who see all products: along the channel's listings, then those without the key, then those
    that are in no listing of the channel.
    """
    listing = listing_of(row, ctx)
    listed, own = listing.product_id.is_not(None), never_null(listing.product_id)
    filler = never_null(cast(literal_column(_FILLERS[type(key.type)]), key.type))
    empty = getattr(key, "nullable", False)
    lists = [
        (and_(listed, key.is_not(None)) if empty else listed, (never_null(key), own)),
        (and_(listed, key.is_(None)), (filler, own)),
        (listing.product_id.is_(None), (filler, never_null(row.id))),
    ]
    return in_turn(*lists) if empty else in_turn(lists[0], lists[2])


def _publication(row: Any, ctx: Any) -> Any:
    since = published_since(row, ctx)
    if sees_unlisted(ctx):
        return _listed_first(row, ctx, since)
    return _live(row, ctx, since)


def _published(row: Any, ctx: Any) -> Any:
    if not sees_unlisted(ctx):
        return row.name  # All that others see is published.
    return _listed_first(row, ctx, listing_of(row, ctx).is_published)


def _price(row: Any, ctx: Any) -> Any:
    price = listing_of(row, ctx).price_minor
    if sees_unlisted(ctx):
        return _listed_first(row, ctx, price)
    # Whoever sees only live listings sees none without a price.
    return _live(row, ctx, price)


def _live(row: Any, ctx: Any, key: Any) -> Any:
    """Along the live listings. What is searched must say that it walks them: words tell of live products by
    the product's own row.
    """
    keys, listing = (never_null(key), _in_listing(row, ctx)), listing_of(row, ctx)
    return in_turn((and_(listing.is_live, listing.visible_in_listings), keys)) if ctx.searching else keys


def _by_answer(row: Any, given: Any, ctx: Any) -> Any:
    """Those who answer to an attribute, as they answer; then the others by name."""
    if given.attribute_id is None:
        return None
    if given.field is not None:
        raise QueryError(ONE_ORDER)
    attribute = aliased(Attribute)
    visible = attribute_visible(attribute, ctx)
    asked = select(attribute.id).where(attribute.id == ctx.key(given.attribute_id, "Attribute"))
    if visible is not None:  # Nor does an order tell what is hidden.
        asked = asked.where(visible)
    wanted = asked.correlate_except(attribute).scalar_subquery()
    answer = ctx.joined(
        row,
        ProductAnswerOrder,
        lambda answer: and_(answer.product_id == row.id, answer.attribute_id == wanted),
        key="answer",
    )
    return in_turn(
        (answer.product_id.is_not(None), (never_null(answer.words), never_null(answer.product_id))),
        (answer.product_id.is_(None), (never_null(row.name), never_null(row.id))),
    )


product_order = Sorting(
    ProductOrder,
    {
        ProductOrderField.NAME: lambda row, ctx: row.name,
        ProductOrderField.PRICE: _price,
        ProductOrderField.MINIMAL_PRICE: _price,
        ProductOrderField.LAST_MODIFIED: lambda row, ctx: row.updated_at,
        ProductOrderField.LAST_MODIFIED_AT: lambda row, ctx: row.updated_at,
        ProductOrderField.DATE: lambda row, ctx: row.updated_at,
        ProductOrderField.TYPE: lambda row, ctx: row.type_name,
        ProductOrderField.PUBLISHED: _published,
        ProductOrderField.PUBLICATION_DATE: _publication,
        ProductOrderField.PUBLISHED_AT: _publication,
        ProductOrderField.COLLECTION: _place,
        ProductOrderField.RATING: lambda row, ctx: missing_last(row.rating),
        ProductOrderField.CREATED_AT: lambda row, ctx: row.created_at,
        ProductOrderField.RANK: BEST_MATCH,
    },
    otherwise=_by_answer,
)
