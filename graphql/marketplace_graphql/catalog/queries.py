"""The catalogue's root fields."""

from typing import Any

from sqlalchemy import any_
from strawberry import ID

from marketplace.catalog import models
from marketplace_graphql.catalog import assigned_attributes, assigned_references, unit_enums
from marketplace_graphql.catalog.attribute_choices import named_like
from marketplace_graphql.catalog.attribute_filters import attribute_filter, attribute_order, attribute_where
from marketplace_graphql.catalog.attributes import Attribute
from marketplace_graphql.catalog.categories import (
    Category,
    category_filter,
    category_order,
    category_where,
)
from marketplace_graphql.catalog.collections import (
    Collection,
    collection_filter,
    collection_order,
    collection_where,
)
from marketplace_graphql.catalog.filters import product_connection
from marketplace_graphql.catalog.products import (
    Product,
    ProductType,
    ProductVariant,
)
from marketplace_graphql.catalog.type_filters import product_type_filter, product_type_order
from marketplace_graphql.catalog.variant_filters import (
    found,
    variant_filter,
    variant_order,
    variant_where,
)
from marketplace_graphql.kernel import CountableConnection, connection, object_type, related
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.rules import by_key, by_slug

TYPES = (*assigned_attributes.TYPES, *assigned_references.TYPES, *unit_enums.TYPES)
"""What a row answers to an attribute is met only as an `AssignedAttribute`."""


@object_type
class CatalogQueries:
    """What is sold."""

    products: "CountableConnection[Product] | None" = product_connection()
    product_types: "CountableConnection[ProductType] | None" = connection(
        filter=product_type_filter, sort_by=product_type_order
    )
    attributes: "CountableConnection[Attribute] | None" = connection(
        filter=attribute_filter,
        where=attribute_where,
        sort_by=attribute_order,
        search=named_like,
        channel=True,
    )
    collections: "CountableConnection[Collection] | None" = connection(
        filter=collection_filter, where=collection_where, sort_by=collection_order, channel=True
    )

    @related
    def product(
        root: Any,
        product: Any,
        ctx: Any,
        id: ID | None = None,
        slug: str | None = None,
        slug_language_code: LanguageCodeEnum | None = None,
        external_reference: str | None = None,
        channel: str | None = None,
    ) -> Product | None:
        """One product, by id, slug (a translation's, if its language is named) or external reference."""
        address = by_slug(slug, models.ProductTranslation, slug_language_code)
        return by_key(product, ctx, "Product", id, slug=address, external_reference=external_reference)

    @related
    def product_type(root: Any, product_type: Any, ctx: Any, id: ID) -> ProductType | None:
        """One product type."""
        return product_type.id == ctx.key(id, "ProductType")

    @related
    def product_variant(
        root: Any,
        variant: Any,
        ctx: Any,
        id: ID | None = None,
        sku: str | None = None,
        external_reference: str | None = None,
        channel: str | None = None,
    ) -> ProductVariant | None:
        """One variant, by id, SKU or external reference."""
        return by_key(variant, ctx, "ProductVariant", id, sku=sku, external_reference=external_reference)

    @connection(filter=variant_filter, where=variant_where, sort_by=variant_order, search=found, channel=True)
    def product_variants(
        root: Any,
        variant: Any,
        ctx: Any,
        ids: list[ID] | None = None,
    ) -> "CountableConnection[ProductVariant] | None":
        """Variants, of all products or those named."""
        return None if ids is None else variant.id == any_(ctx.key(ids, "ProductVariant"))

    @connection(filter=category_filter, where=category_where, sort_by=category_order)
    def categories(
        root: Any,
        category: Any,
        ctx: Any,
        level: int | None = None,
    ) -> "CountableConnection[Category] | None":
        """Categories, of all levels or of one."""
        return None if level is None else category.level == level

    @related
    def category(
        root: Any,
        category: Any,
        ctx: Any,
        id: ID | None = None,
        slug: str | None = None,
        slug_language_code: LanguageCodeEnum | None = None,
    ) -> Category | None:
        """One category, by id or slug (a translation's, if its language is named)."""
        address = by_slug(slug, models.CategoryTranslation, slug_language_code)
        return by_key(category, ctx, "Category", id, slug=address)

    @related
    def collection(
        root: Any,
        collection: Any,
        ctx: Any,
        id: ID | None = None,
        slug: str | None = None,
        slug_language_code: LanguageCodeEnum | None = None,
        channel: str | None = None,
    ) -> Collection | None:
        """One collection, by id or slug (a translation's, if its language is named)."""
        address = by_slug(slug, models.CollectionTranslation, slug_language_code)
        return by_key(collection, ctx, "Collection", id, slug=address)

    @related
    def attribute(
        root: Any,
        attribute: Any,
        ctx: Any,
        id: ID | None = None,
        slug: str | None = None,
        external_reference: str | None = None,
    ) -> Attribute | None:
        """One attribute, by id, slug or external reference."""
        return by_key(attribute, ctx, "Attribute", id, slug=slug, external_reference=external_reference)
