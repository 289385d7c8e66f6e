"""Categories: the shelves that products stand on."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, any_, func, not_, select
from sqlalchemy.dialects.postgresql import array
from strawberry import ID

from marketplace.catalog import models
from marketplace.catalog.search import named_like
from marketplace_graphql.catalog.filters import product_connection
from marketplace_graphql.catalog.pictures import picture_url
from marketplace_graphql.inputs import DateTimeRangeInput, MetadataFilter, has_metadata
from marketplace_graphql.kernel import (
    CountableConnection,
    DateTime,
    Filter,
    JSONString,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    Sorting,
    among,
    between,
    by_id,
    column,
    connection,
    enum,
    input_type,
    never_null,
    node,
    null_when,
    related,
    translated,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.values import Image, ThumbnailFormatEnum

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import Product


def background(
    row: Any, ctx: Any, type_name: str, size: int | None, picture_format: ThumbnailFormatEnum | None
) -> Any:
    """The parts of the `Image` of a category or collection."""
    owner = global_id(type_name, row.id.expression)
    address = picture_url(row.picture_path, ctx, size, picture_format, owner=owner)
    return null_when(
        row.picture_path.is_(None),
        {"url": address, "alt": func.coalesce(func.nullif(row.picture_alt, ""), row.name)},
    )


@node(
    models.Category,
    visible=lambda row, ctx: not_(row.is_going),
    order_by=lambda row, ctx: (row.position, row.name),
)
class Category(Node, ObjectWithMetadata):
    """A shelf, in a tree of shelves."""

    name: str
    slug: str
    description: JSONString | None
    description_json: JSONString | None = column("description", deprecated="The same as `description`.")
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
        return background(row, ctx, "Category", size, format)


def below(category_id: Any) -> Any:
    """The ids of a category and of all below it."""
    category = aliased(models.Category)
    return select(category.id).where(category.path.contains(array([category_id]))).correlate_except(category)


@input_type
class CategoryFilterInput:
    """Which categories are listed."""

    search: str | None
    """A part of its name, in any language."""
    metadata: list[MetadataFilter] | None
    ids: list[ID] | None
    slugs: list[str] | None
    updated_at: DateTimeRangeInput | None


@input_type
class CategoryWhereInput:
    """Which categories are listed."""

    metadata: list[MetadataFilter] | None
    ids: list[ID] | None
    AND: "list[CategoryWhereInput] | None"
    OR: "list[CategoryWhereInput] | None"


@enum
class CategorySortField(Enum):
    """What categories can be sorted by."""

    NAME = "NAME"
    PRODUCT_COUNT = "PRODUCT_COUNT"
    SUBCATEGORY_COUNT = "SUBCATEGORY_COUNT"


@input_type
class CategorySortingInput:
    """How categories are sorted."""

    direction: OrderDirection
    channel: str | None
    field: CategorySortField


def _found(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    return named_like(row, models.CategoryTranslation, term)


def _products(category: Any, ctx: Any) -> Any:
    """How many products stand on it or below."""
    product = aliased(models.Product)
    counted = select(func.count()).where(product.category_id.in_(below(category.id)))
    return never_null(counted.correlate_except(product).scalar_subquery())


def _subcategories(category: Any, ctx: Any) -> Any:
    child = aliased(models.Category)
    counted = select(func.count()).where(child.parent_id == category.id, not_(child.is_going))
    return never_null(counted.correlate_except(child).scalar_subquery())


category_filter = Filter(
    CategoryFilterInput,
    {
        "search": _found,
        "metadata": has_metadata,
        "ids": by_id("Category"),
        "slugs": among(lambda row, ctx: row.slug),
        "updated_at": between(lambda row, ctx: row.updated_at),
    },
)
category_where = Filter(CategoryWhereInput, {"metadata": has_metadata, "ids": by_id("Category")})
category_order = Sorting(
    CategorySortingInput,
    {
        CategorySortField.NAME: lambda row, ctx: (row.name, row.slug),
        CategorySortField.PRODUCT_COUNT: _products,
        CategorySortField.SUBCATEGORY_COUNT: _subcategories,
    },
)
