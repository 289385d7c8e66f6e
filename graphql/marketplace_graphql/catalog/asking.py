"""What product types ask for, of products and of variants; by which of it variants are chosen."""

from typing import Any

from sqlalchemy import and_, not_, select, true
from sqlalchemy.orm import join

from marketplace.catalog.assignments import CHOSEN_BY
from marketplace.catalog.attributes import Attribute as AttributeRow
from marketplace.catalog.attributes import (
    AttributeScope,
    AttributeType,
    ProductTypeAttribute,
    product_attribute_value,
    variant_attribute_value,
)
from marketplace.catalog.models import Product, ProductVariant
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.answering import Answering, answers_attributes
from marketplace_graphql.catalog.asked_attributes import Asking
from marketplace_graphql.catalog.attribute_choices import named_like
from marketplace_graphql.catalog.attribute_enums import VariantAttributeScope
from marketplace_graphql.catalog.attribute_filters import attribute_filter, attribute_where
from marketplace_graphql.catalog.attributes import Attribute, attribute_visible
from marketplace_graphql.kernel import (
    CountableConnection,
    connection,
    each,
    never_null,
    object_type,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased


def _product_type_of(variant: Any) -> Any:
    product = aliased(Product)
    own_type = select(product.product_type_id).where(product.id == variant.product_id)
    return own_type.correlate_except(product).scalar_subquery()


answers_attributes(
    Product,
    Answering(
        ProductTypeAttribute,
        lambda asked, row: and_(
            asked.product_type_id == row.product_type_id, asked.scope == AttributeScope.PRODUCT
        ),
        product_attribute_value,
        "product_id",
    ),
)
answers_attributes(
    ProductVariant,
    Answering(
        ProductTypeAttribute,
        lambda asked, row: and_(
            asked.product_type_id == _product_type_of(row), asked.scope == AttributeScope.VARIANT
        ),
        variant_attribute_value,
        "variant_id",
    ),
)


def chosen_by(asked: Any, wanted: VariantAttributeScope | None) -> Any:
    """Whether what variants are asked is in the scope that a client wants."""
    attribute = aliased(AttributeRow)
    fits = (
        select(attribute.input_type.in_(CHOSEN_BY))
        .where(attribute.id == asked.attribute_id)
        .correlate_except(attribute)
        .scalar_subquery()
    )
    selects = and_(asked.variant_selection, fits)
    match wanted:
        case VariantAttributeScope.VARIANT_SELECTION:
            return selects
        case VariantAttributeScope.NOT_VARIANT_SELECTION:
            return not_(selects)
    return true()


_asking = Asking(ProductTypeAttribute, "product_type_id", AttributeType.PRODUCT_TYPE)


def _place(product_type: Any, attribute: Any, scope: AttributeScope, wanted: Any = None) -> Any:
    """Where an attribute stands among those asked for in a scope; NULL if it is not among them."""
    return _asking.place(
        product_type, attribute, lambda asked: and_(asked.scope == scope, chosen_by(asked, wanted))
    )


@object_type
class AssignedVariantAttribute:
    """An attribute that variants are asked for."""

    attribute: Attribute
    variant_selection: bool
    """Whether buyers choose a variant by it."""


@related(order_along=lambda row, attribute, ctx: _place(row, attribute, AttributeScope.PRODUCT))
def product_attributes(row: Any, attribute: Any, ctx: Any) -> "list[Attribute] | None":
    """What its products are asked for."""
    return _place(row, attribute, AttributeScope.PRODUCT).is_not(None)


@related(
    order_along=lambda row, attribute, ctx: _place(row, attribute, AttributeScope.VARIANT),
    deprecated="`assignedVariantAttributes` also says by which of them variants are chosen.",
)
def variant_attributes(
    row: Any, attribute: Any, ctx: Any, variant_selection: VariantAttributeScope | None = None
) -> "list[Attribute] | None":
    """What each variant of its products is asked for."""
    return _place(row, attribute, AttributeScope.VARIANT, variant_selection).is_not(None)


@value
def assigned_variant_attributes(
    row: Any, ctx: Any, variant_selection: VariantAttributeScope | None = None
) -> list[AssignedVariantAttribute] | None:
    """What each variant of its products is asked for, and whether variants are chosen by it."""
    asked, attribute = aliased(ProductTypeAttribute), aliased(AttributeRow)
    visible = attribute_visible(attribute, ctx)
    return each(
        join(asked, attribute, asked.attribute_id == attribute.id),
        {
            "attribute": attribute,
            "variant_selection": never_null(
                and_(asked.variant_selection, attribute.input_type.in_(CHOSEN_BY))
            ),
        },
        where=and_(
            asked.product_type_id == row.id,
            asked.scope == AttributeScope.VARIANT,
            chosen_by(asked, variant_selection),
            true() if visible is None else visible,
        ),
        order_by=(asked.position, attribute.id),
        limit=100,
    )


@connection(
    filter=attribute_filter,
    where=attribute_where,
    search=named_like,
    needs=(Permission.MANAGE_PRODUCTS, Permission.MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES),
)
def available_attributes(row: Any, attribute: Any, ctx: Any) -> "CountableConnection[Attribute] | None":
    """What it could ask for besides."""
    return and_(
        attribute.type == AttributeType.PRODUCT_TYPE,
        _place(row, attribute, AttributeScope.PRODUCT).is_(None),
        _place(row, attribute, AttributeScope.VARIANT).is_(None),
    )
