"""`filter`, `where`, `sortBy` and `search` of lists of attributes."""

from enum import Enum
from typing import Any

from sqlalchemy import any_, func, literal, select
from strawberry import ID

from marketplace.catalog import attributes as models
from marketplace.catalog.models import Category, Product
from marketplace.kit.models import Base
from marketplace_graphql.catalog.attribute_choices import named_like
from marketplace_graphql.catalog.attribute_enums import (
    AttributeEntityTypeEnumFilterInput,
    AttributeInputTypeEnumFilterInput,
    AttributeTypeEnum,
    AttributeTypeEnumFilterInput,
    MeasurementUnitsEnumFilterInput,
)
from marketplace_graphql.inputs import MetadataFilter, StringFilterInput, has_metadata
from marketplace_graphql.kernel import (
    Filter,
    OrderDirection,
    Sorting,
    enum,
    input_type,
    matches,
)
from marketplace_graphql.kernel.reader.aliases import aliased


@input_type
class AttributeFilterInput:
    """Which attributes are listed."""

    value_required: bool | None
    is_variant_only: bool | None
    visible_in_storefront: bool | None
    metadata: list[MetadataFilter] | None
    search: str | None
    ids: list[ID] | None
    type: "AttributeTypeEnum | None"
    in_collection: ID | None
    """Asked of products of this collection."""
    in_category: ID | None
    """Asked of products on this shelf or below it."""
    slugs: list[str] | None
    filterable_in_storefront: bool | None
    available_in_grid: bool | None
    filterable_in_dashboard: bool | None
    channel: str | None
    """Whose products count as being there."""


@input_type
class AttributeWhereInput:
    """Which attributes are listed."""

    metadata: list[MetadataFilter] | None
    ids: list[ID] | None
    name: StringFilterInput | None
    slug: StringFilterInput | None
    with_choices: bool | None
    input_type: AttributeInputTypeEnumFilterInput | None
    entity_type: AttributeEntityTypeEnumFilterInput | None
    type: AttributeTypeEnumFilterInput | None
    unit: MeasurementUnitsEnumFilterInput | None
    in_collection: ID | None
    """Asked of products of this collection."""
    in_category: ID | None
    """Asked of products on this shelf or below it."""
    value_required: bool | None
    visible_in_storefront: bool | None
    filterable_in_dashboard: bool | None
    AND: "list[AttributeWhereInput] | None"
    OR: "list[AttributeWhereInput] | None"


@enum
class AttributeSortField(Enum):
    """What attributes can be sorted by."""

    NAME = "NAME"
    SLUG = "SLUG"
    VALUE_REQUIRED = "VALUE_REQUIRED"
    IS_VARIANT_ONLY = "IS_VARIANT_ONLY"
    VISIBLE_IN_STOREFRONT = "VISIBLE_IN_STOREFRONT"
    FILTERABLE_IN_STOREFRONT = "FILTERABLE_IN_STOREFRONT"
    FILTERABLE_IN_DASHBOARD = "FILTERABLE_IN_DASHBOARD"
    STOREFRONT_SEARCH_POSITION = "STOREFRONT_SEARCH_POSITION"
    AVAILABLE_IN_GRID = "AVAILABLE_IN_GRID"


@input_type
class AttributeSortingInput:
    """How attributes are sorted."""

    direction: OrderDirection
    field: AttributeSortField


def _asked_in_category(row: Any, category_id: Any, ctx: Any) -> Any:
    """Shelf by shelf and type by type one look whether there is such a product: not product by product."""
    shelf, asked, product = aliased(Category), aliased(models.ProductTypeAttribute), aliased(Product)
    there = _seen(
        product, ctx, product.product_type_id == asked.product_type_id, product.category_id == shelf.id
    )
    return (
        select(literal(1))
        .select_from(asked, shelf)
        .where(
            asked.attribute_id == row.id,
            shelf.path.contains(func.array_append(literal("{}"), ctx.key(category_id, "Category"))),
            there,
        )
        .correlate_except(asked, shelf)
        .exists()
    )


def _asked_in_collection(row: Any, collection_id: Any, ctx: Any) -> Any:
    among = Base.metadata.tables["collection_product"].alias()
    asked, product = aliased(models.ProductTypeAttribute), aliased(Product)
    gathered = (
        select(among.c.product_id)
        .where(among.c.collection_id == ctx.key(collection_id, "Collection"))
        .correlate_except(among)
    )
    there = _seen(product, ctx, product.product_type_id == asked.product_type_id, product.id.in_(gathered))
    return (
        select(literal(1))
        .select_from(asked)
        .where(asked.attribute_id == row.id, there)
        .correlate_except(asked)
        .exists()
    )


def _seen(product: Any, ctx: Any, *conditions: Any) -> Any:
    """Whether there is a product of the conditions that the requester may see."""
    scope = ctx.scope(product)
    visible = ctx.visible(Product, product)  # First: it may join to the scope what it speaks of.
    return (
        select(literal(1))
        .select_from(scope.source)
        .where(*conditions, visible)
        .correlate_except(*scope.parts)
        .exists()
    )


def _flag(name: str) -> Any:
    return lambda row, wanted, ctx: getattr(row, name).is_(wanted)


def _flag_key(name: str) -> Any:
    return lambda row, ctx: (getattr(row, name), row.name, row.slug)


_common = {
    "metadata": has_metadata,
    "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Attribute")),
    "in_category": _asked_in_category,
    "in_collection": _asked_in_collection,
    **{name: _flag(name) for name in ("value_required", "visible_in_storefront", "filterable_in_dashboard")},
}
attribute_filter = Filter(
    AttributeFilterInput,
    {
        **_common,
        "search": named_like,
        "type": lambda row, type_, ctx: row.type == type_,
        "slugs": lambda row, slugs, ctx: row.slug == any_(slugs),
        **{
            name: _flag(name) for name in ("is_variant_only", "filterable_in_storefront", "available_in_grid")
        },
    },
)
attribute_where = Filter(
    AttributeWhereInput,
    {
        **_common,
        "name": matches(lambda row, ctx: row.name),
        "slug": matches(lambda row, ctx: row.slug),
        "with_choices": lambda row, wanted, ctx: row.input_type.in_(models.WITH_CHOICES).is_(wanted),
        "input_type": matches(lambda row, ctx: row.input_type),
        "entity_type": matches(lambda row, ctx: row.entity_type),
        "type": matches(lambda row, ctx: row.type),
        "unit": matches(lambda row, ctx: row.unit),
    },
)
attribute_order = Sorting(
    AttributeSortingInput,
    {
        AttributeSortField.NAME: lambda row, ctx: (row.name, row.slug),
        AttributeSortField.SLUG: lambda row, ctx: row.slug,
        AttributeSortField.VALUE_REQUIRED: _flag_key("value_required"),
        AttributeSortField.IS_VARIANT_ONLY: _flag_key("is_variant_only"),
        AttributeSortField.VISIBLE_IN_STOREFRONT: _flag_key("visible_in_storefront"),
        AttributeSortField.FILTERABLE_IN_STOREFRONT: _flag_key("filterable_in_storefront"),
        AttributeSortField.FILTERABLE_IN_DASHBOARD: _flag_key("filterable_in_dashboard"),
        AttributeSortField.STOREFRONT_SEARCH_POSITION: _flag_key("storefront_search_position"),
        AttributeSortField.AVAILABLE_IN_GRID: _flag_key("available_in_grid"),
    },
)
