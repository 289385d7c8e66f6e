"""Attributes and their values.

What rows answer to them stands in `assigned_attributes.py`, how lists are narrowed by them in
`attribute_filters.py` (lists of attributes) and `attribute_answers.py` (lists of what answers).
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, not_, null, or_, select
from strawberry import ID

from marketplace.catalog import attributes as models
from marketplace.catalog.models import Category, Collection, Product, ProductVariant
from marketplace.content.pages import Page
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.attribute_choices import (
    choice_filter,
    choice_order,
    choice_where,
    named_like,
)
from marketplace_graphql.catalog.attribute_enums import (
    AttributeEntityTypeEnum,
    AttributeInputTypeEnum,
    AttributeTypeEnum,
    MeasurementUnitsEnum,
)
from marketplace_graphql.catalog.pictures import file_url
from marketplace_graphql.kernel import (
    CountableConnection,
    Date,
    DateTime,
    JSONString,
    Node,
    ObjectWithMetadata,
    PositiveInt,
    cases,
    column,
    connection,
    expression,
    many,
    never_null,
    node,
    null_when,
    related,
    translated,
    union,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import InLanguage
from marketplace_graphql.values import File

if TYPE_CHECKING:
    from marketplace_graphql.catalog.attribute_translations import (
        AttributeTranslatableContent,
        AttributeValueTranslatableContent,
    )
    from marketplace_graphql.catalog.products import ProductType

KEEPS_THE_SHOP = (
    Permission.MANAGE_PRODUCTS,
    Permission.MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES,
    Permission.MANAGE_PAGES,
    Permission.MANAGE_PAGE_TYPES_AND_ATTRIBUTES,
)
KEEPS_CUSTOMERS = (Permission.MANAGE_USERS, Permission.MANAGE_CUSTOMER_TYPES_AND_ATTRIBUTES)
SEES_HIDDEN = {
    models.AttributeType.PRODUCT_TYPE: KEEPS_THE_SHOP,
    models.AttributeType.PAGE_TYPE: KEEPS_THE_SHOP,
    models.AttributeType.CUSTOMER_TYPE: KEEPS_CUSTOMERS,
}
"""Any of these shows attributes that buyers are not shown. What is noted of people is not for all staff."""

LISTED = PositiveInt(100)
"""So many of a nested list where nothing else is asked."""

ReferenceType = union(
    "ReferenceType", "ProductType", "PageType", description="A type whose things a reference may point at."
)


def attribute_visible(row: Any, ctx: Any) -> Any:
    seen = [kind for kind, needed in SEES_HIDDEN.items() if ctx.requester.has(*needed)]
    there = not_(row.is_going)
    if len(seen) == len(SEES_HIDDEN):
        return there
    shown = or_(row.visible_in_storefront, row.type.in_(seen)) if seen else row.visible_in_storefront
    return and_(there, shown)


def attribute_of(row: Any, ctx: Any) -> Any:
    """The attribute that a value belongs to."""
    return ctx.joined(
        row, models.Attribute, lambda attribute: attribute.id == row.attribute_id, key="attribute"
    )


def file_of(row: Any, ctx: Any) -> Any:
    """The file of a value, if it has one."""
    return null_when(
        row.file_path.is_(None),
        {"url": file_url(row.file_path, ctx), "content_type": row.content_type},
    )


def _file() -> Any:
    """The field of it: in a class that has a field `value`, the declaration of that name is hidden."""
    return value(file_of)


def _name(row: Any, ctx: Any) -> Any:
    """What a value is called: a reference as what it points at, whatever that is called today."""
    product, of_variant = aliased(Product), aliased(Product)
    variant, page = aliased(ProductVariant), aliased(Page)
    names = (
        (row.reference_product_id, select(product.name).where(product.id == row.reference_product_id)),
        (
            row.reference_variant_id,
            select(of_variant.name.concat(": ").concat(variant.name))
            .join_from(variant, of_variant, of_variant.id == variant.product_id)
            .where(variant.id == row.reference_variant_id),
        ),
        (row.reference_page_id, select(page.title).where(page.id == row.reference_page_id)),
    )
    found = [
        (key.is_not(None), name.correlate_except(product, variant, of_variant, page).scalar_subquery())
        for key, name in names
    ]
    return case(*found, else_=row.name)


REFERENCES = {
    "Page": (Page, "reference_page_id"),
    "Product": (Product, "reference_product_id"),
    "ProductVariant": (ProductVariant, "reference_variant_id"),
    "Category": (Category, "reference_category_id"),
    "Collection": (Collection, "reference_collection_id"),
}
"""What a value may refer to: the API's type, its model, and the column that names the row."""


def _reference(row: Any, ctx: Any) -> Any:
    ids = [
        (getattr(row, key), global_id(type_name, getattr(row, key)))
        for type_name, (_, key) in REFERENCES.items()
    ]
    return case(*[(key.is_not(None), made) for key, made in ids], else_=null())


@node(models.AttributeTranslation)
class AttributeTranslation(Node, InLanguage):
    """An attribute in another language."""

    name: str = expression(lambda row, ctx: never_null(func.coalesce(row.name, "")))
    translatable_content: "AttributeTranslatableContent | None" = related(
        lambda row, attribute, ctx: attribute.id == row.attribute_id
    )
    """What it translates."""


@node(models.AttributeValueTranslation)
class AttributeValueTranslation(Node, InLanguage):
    """An attribute's value in another language."""

    name: str = expression(lambda row, ctx: never_null(func.coalesce(row.name, "")))
    rich_text: JSONString | None
    plain_text: str | None
    translatable_content: "AttributeValueTranslatableContent | None" = related(
        lambda row, value, ctx: value.id == row.attribute_value_id
    )
    """What it translates."""


@node(models.AttributeValue, order_by=lambda row, ctx: row.position)
class AttributeValue(Node):
    """One value of an attribute: chosen from its list, or written for one thing alone."""

    name: str | None = expression(_name)
    slug: str | None
    value: str | None
    """A colour, of a swatch."""
    input_type: "AttributeInputTypeEnum | None" = expression(
        lambda row, ctx: attribute_of(row, ctx).input_type
    )
    reference: ID | None = expression(_reference)
    """What it points at."""
    file: File | None = _file()
    rich_text: JSONString | None
    plain_text: str | None
    boolean: bool | None
    date: Date | None = column("day")
    date_time: DateTime | None
    external_reference: str | None
    translation = translated("AttributeValueTranslation")


@node(models.Attribute, visible=attribute_visible, order_by=lambda row, ctx: row.position)
class Attribute(Node, ObjectWithMetadata):
    """Something that things of a type have in common and may differ in."""

    input_type: "AttributeInputTypeEnum | None"
    entity_type: "AttributeEntityTypeEnum | None"
    """What it points at, if it is a reference."""
    name: str
    slug: str
    type: "AttributeTypeEnum"
    unit: "MeasurementUnitsEnum | None"
    """What its numbers count."""
    value_required: bool
    visible_in_storefront: bool
    filterable_in_storefront: bool = column(deprecated="Every attribute that shows can be filtered by.")
    filterable_in_dashboard: bool = column(deprecated="Every attribute can be filtered by.")
    available_in_grid: bool = column(deprecated="No list of this shop has columns of attributes.")
    storefront_search_position: int = column(deprecated="Where it stands among filters is the shop's affair.")
    with_choices: bool = expression(lambda row, ctx: never_null(row.input_type.in_(models.WITH_CHOICES)))
    """Whether its values are a list to choose from."""
    choices: "CountableConnection[AttributeValue] | None" = connection(
        on=lambda row, choice, ctx: and_(
            choice.attribute_id == row.id, row.input_type.in_(models.WITH_CHOICES)
        ),
        filter=choice_filter,
        where=choice_where,
        sort_by=choice_order,
        search=named_like,
    )
    """The list to choose from."""
    product_types: "CountableConnection[ProductType]" = connection(
        on=lambda row, kind, ctx: _asked_by(row, kind, models.AttributeScope.PRODUCT)
    )
    """Types whose products are asked for it."""
    product_variant_types: "CountableConnection[ProductType]" = connection(
        on=lambda row, kind, ctx: _asked_by(row, kind, models.AttributeScope.VARIANT)
    )
    """Types whose variants are asked for it."""
    external_reference: str | None
    translation = translated("AttributeTranslation")

    @value
    def reference_types(row: Any, ctx: Any, limit: PositiveInt = LISTED) -> "list[ReferenceType] | None":  # type: ignore[valid-type]
        """The types of what it may point at; none named: any."""
        products, pages = models.AttributeReferenceProductType, models.AttributeReferencePageType
        kinds = models.AttributeEntityType
        return cases(
            (
                row.entity_type.in_((kinds.PRODUCT, kinds.PRODUCT_VARIANT)),
                many(
                    lambda kind: kind.id.in_(_allowed(products.product_type_id, products, row, limit)),
                    type_name="ProductType",
                ),
            ),
            (
                row.entity_type == kinds.PAGE,
                many(
                    lambda kind: kind.id.in_(_allowed(pages.page_type_id, pages, row, limit)),
                    type_name="PageType",
                ),
            ),
            (or_(row.entity_type.is_not(None), row.entity_type.is_(None)), []),
        )


def _asked_by(attribute: Any, product_type: Any, scope: models.AttributeScope) -> Any:
    asked = aliased(models.ProductTypeAttribute)
    return product_type.id.in_(
        select(asked.product_type_id)
        .where(asked.attribute_id == attribute.id, asked.scope == scope)
        .correlate_except(asked)
    )


def _allowed(key: Any, table: Any, attribute: Any, limit: Any) -> Any:
    return (
        select(key)
        .where(table.attribute_id == attribute.id)
        .order_by(key)
        .limit(limit)
        .correlate_except(table)
    )
