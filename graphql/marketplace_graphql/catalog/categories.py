"""Categories and collections: how products are sorted onto shelves."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, any_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased
from strawberry import ID

from marketplace.catalog import models
from marketplace_graphql.catalog.filters import product_connection
from marketplace_graphql.catalog.pictures import picture_url
from marketplace_graphql.inputs import DateTimeRangeInput
from marketplace_graphql.kernel import (
    CountableConnection,
    DateTime,
    Filter,
    JSONString,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    Sorting,
    between,
    connection,
    enum,
    expression,
    input_type,
    node,
    null_when,
    related,
    translated,
    value,
)
from marketplace_graphql.languages import LanguageDisplay, language
from marketplace_graphql.values import Image, ThumbnailFormatEnum

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import Product


@node(models.CategoryTranslation)
class CategoryTranslation(Node):
    """A category in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str | None
    slug: str | None
    description: JSONString | None
    seo_title: str | None
    seo_description: str | None


@node(models.CollectionTranslation)
class CollectionTranslation(Node):
    """A collection in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str | None
    slug: str | None
    description: JSONString | None
    seo_title: str | None
    seo_description: str | None


def _background(row: Any, ctx: Any, size: int | None, picture_format: ThumbnailFormatEnum | None) -> Any:
    return null_when(
        row.picture_path.is_(None),
        {"url": picture_url(row.picture_path, ctx, size, picture_format), "alt": row.name},
    )


@node(models.Category, order_by=lambda row, ctx: (row.position, row.name))
class Category(Node, ObjectWithMetadata):
    """A shelf, in a tree of shelves."""

    name: str
    slug: str
    description: JSONString | None
    seo_title: str | None
    seo_description: str | None
    level: int
    """How deep it lies: 0 for those at the top."""
    updated_at: DateTime
    parent: "Category | None" = related()
    children: "CountableConnection[Category] | None" = connection(
        on=lambda row, child, ctx: child.parent_id == row.id
    )
    ancestors: "CountableConnection[Category] | None" = connection(
        on=lambda row, above, ctx: and_(above.id == any_(row.path), above.id != row.id),
        order_by=lambda row, ctx: row.level,
    )
    products: "CountableConnection[Product] | None" = product_connection(
        lambda row, product, ctx: product.category_id.in_(below(row.id))
    )
    translation = translated("CategoryTranslation")

    @value
    def background_image(
        row: Any,
        ctx: Any,
        size: int | None = None,
        format: ThumbnailFormatEnum | None = ThumbnailFormatEnum.ORIGINAL,
    ) -> "Image | None":
        """A picture for the head of its page."""
        return _background(row, ctx, size, format)


def below(category_id: Any) -> Any:
    """The ids of a category and of all below it."""
    category = aliased(models.Category)
    return select(category.id).where(category.path.contains(array([category_id]))).correlate_except(category)


@node(
    models.Collection,
    visible=lambda row, ctx: None if ctx.requester.has("MANAGE_PRODUCTS") else row.is_published,
    order_by=lambda row, ctx: row.name,
)
class Collection(Node, ObjectWithMetadata):
    """Products gathered by hand."""

    name: str
    slug: str
    description: JSONString | None
    seo_title: str | None
    seo_description: str | None
    channel: str | None = expression(lambda row, ctx: ctx.channel.slug)
    """The channel it was asked for in."""
    products: "CountableConnection[Product] | None" = product_connection(
        lambda row, product, ctx: (
            select(models.collection_product.c.product_id)
            .where(
                models.collection_product.c.collection_id == row.id,
                models.collection_product.c.product_id == product.id,
            )
            .correlate_except(models.collection_product)
            .exists()
        ),
        channel=False,
    )
    translation = translated("CollectionTranslation")

    @value
    def background_image(
        row: Any,
        ctx: Any,
        size: int | None = None,
        format: ThumbnailFormatEnum | None = ThumbnailFormatEnum.ORIGINAL,
    ) -> "Image | None":
        """A picture for the head of its page."""
        return _background(row, ctx, size, format)


@input_type
class CategoryFilterInput:
    """Which categories are listed."""

    search: str | None
    ids: list[ID] | None
    slugs: list[str] | None
    updated_at: DateTimeRangeInput | None


@input_type
class CategoryWhereInput:
    """Which categories are listed."""

    ids: list[ID] | None
    AND: "list[CategoryWhereInput] | None"
    OR: "list[CategoryWhereInput] | None"


@enum
class CategorySortField(Enum):
    """What categories can be sorted by."""

    NAME = "NAME"


@input_type
class CategorySortingInput:
    """How categories are sorted."""

    direction: OrderDirection
    field: CategorySortField


@input_type
class CollectionFilterInput:
    """Which collections are listed."""

    search: str | None
    ids: list[ID] | None
    slugs: list[str] | None


@input_type
class CollectionWhereInput:
    """Which collections are listed."""

    ids: list[ID] | None
    AND: "list[CollectionWhereInput] | None"
    OR: "list[CollectionWhereInput] | None"


@enum
class CollectionSortField(Enum):
    """What collections can be sorted by."""

    NAME = "NAME"


@input_type
class CollectionSortingInput:
    """How collections are sorted."""

    direction: OrderDirection
    field: CollectionSortField


category_filter = Filter(
    CategoryFilterInput,
    {
        "search": lambda row, term, ctx: row.name.icontains(term, autoescape=False),
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Category")),
        "slugs": lambda row, slugs, ctx: row.slug == any_(slugs),
        "updated_at": between(lambda row, ctx: row.updated_at),
    },
)
category_where = Filter(
    CategoryWhereInput, {"ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Category"))}
)
category_order = Sorting(
    CategorySortingInput, {CategorySortField.NAME: lambda row, ctx: (row.name, row.slug)}
)
collection_filter = Filter(
    CollectionFilterInput,
    {
        "search": lambda row, term, ctx: row.name.icontains(term, autoescape=False),
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Collection")),
        "slugs": lambda row, slugs, ctx: row.slug == any_(slugs),
    },
)
collection_where = Filter(
    CollectionWhereInput, {"ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Collection"))}
)
collection_order = Sorting(
    CollectionSortingInput, {CollectionSortField.NAME: lambda row, ctx: (row.name, row.slug)}
)
