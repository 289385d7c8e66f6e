"""What a row points at: a type for each kind of thing, to one or to many of it."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from marketplace.catalog import attributes as models
from marketplace_graphql.catalog.assigned_attributes import AssignedAttribute, only
from marketplace_graphql.catalog.attributes import LISTED, REFERENCES
from marketplace_graphql.kernel import PositiveInt, object_type, related
from marketplace_graphql.kernel.reader.aliases import aliased

if TYPE_CHECKING:
    from marketplace_graphql.catalog.categories import Category
    from marketplace_graphql.catalog.collections import Collection
    from marketplace_graphql.catalog.products import Product, ProductVariant
    from marketplace_graphql.content.pages import Page


def _all_of(type_name: str) -> Any:
    """The rows that the values refer to, in the values' order."""
    column = REFERENCES[type_name][1]

    def order(answer: Any, target: Any, ctx: Any) -> Any:
        referring = aliased(models.AttributeValue)
        place = answer.place(referring)
        return (
            select(place)
            .where(answer.has(referring), getattr(referring, column) == target.id)
            .order_by(place)
            .limit(1)
            .correlate_except(referring)
            .scalar_subquery()
        )

    def referred(answer: Any, target: Any, ctx: Any, limit: PositiveInt = LISTED) -> Any:
        return target.id.in_(answer.columns(column, limit))

    declared = related(referred, order_along=order)
    declared.description = "What it points at, in order."
    return declared


@object_type
class AssignedSinglePageReferenceAttribute(AssignedAttribute):
    """A page that it points at."""

    value: "Page | None" = only("reference_page_id")


@object_type
class AssignedMultiPageReferenceAttribute(AssignedAttribute):
    """Pages that it points at."""

    value: "list[Page]" = _all_of("Page")


@object_type
class AssignedSingleProductReferenceAttribute(AssignedAttribute):
    """A product that it points at."""

    value: "Product | None" = only("reference_product_id")


@object_type
class AssignedMultiProductReferenceAttribute(AssignedAttribute):
    """Products that it points at."""

    value: "list[Product]" = _all_of("Product")


@object_type
class AssignedSingleProductVariantReferenceAttribute(AssignedAttribute):
    """A variant that it points at."""

    value: "ProductVariant | None" = only("reference_variant_id")


@object_type
class AssignedMultiProductVariantReferenceAttribute(AssignedAttribute):
    """Variants that it points at."""

    value: "list[ProductVariant]" = _all_of("ProductVariant")


@object_type
class AssignedSingleCategoryReferenceAttribute(AssignedAttribute):
    """A category that it points at."""

    value: "Category | None" = only("reference_category_id")


@object_type
class AssignedMultiCategoryReferenceAttribute(AssignedAttribute):
    """Categories that it points at."""

    value: "list[Category]" = _all_of("Category")


@object_type
class AssignedSingleCollectionReferenceAttribute(AssignedAttribute):
    """A collection that it points at."""

    value: "Collection | None" = only("reference_collection_id")


@object_type
class AssignedMultiCollectionReferenceAttribute(AssignedAttribute):
    """Collections that it points at."""

    value: "list[Collection]" = _all_of("Collection")


TYPES = (
    AssignedSinglePageReferenceAttribute,
    AssignedMultiPageReferenceAttribute,
    AssignedSingleProductReferenceAttribute,
    AssignedMultiProductReferenceAttribute,
    AssignedSingleProductVariantReferenceAttribute,
    AssignedMultiProductVariantReferenceAttribute,
    AssignedSingleCategoryReferenceAttribute,
    AssignedMultiCategoryReferenceAttribute,
    AssignedSingleCollectionReferenceAttribute,
    AssignedMultiCollectionReferenceAttribute,
)
