"""Texts of the catalogue in other languages, and what there is to translate."""

from typing import TYPE_CHECKING

from sqlalchemy import func
from strawberry import ID

from marketplace.catalog import models
from marketplace_graphql.catalog.attribute_translations import own_texts
from marketplace_graphql.kernel import (
    JSONString,
    Node,
    column,
    expression,
    itself,
    never_null,
    node,
    object_type,
    related,
    translated,
)
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import InLanguage

if TYPE_CHECKING:
    from marketplace_graphql.catalog.categories import Category
    from marketplace_graphql.catalog.collections import Collection
    from marketplace_graphql.catalog.products import Product, ProductVariant

SAME = "The same as `description`."
ITSELF = "Ask for it by its own root field."


@object_type
class TextsInLanguage(InLanguage):
    """What is said of products and of what holds them in another language."""

    name: str | None
    slug: str | None
    description: JSONString | None
    description_json: JSONString | None = column("description", deprecated=SAME)
    seo_title: str | None
    seo_description: str | None


@object_type
class TextsToTranslate:
    """What is said of products and of what holds them, in the language it was written in."""

    name: str
    slug: str | None
    description: JSONString | None
    description_json: JSONString | None = column("description", deprecated=SAME)
    seo_title: str | None
    seo_description: str | None


@node(models.ProductTranslation)
class ProductTranslation(Node, TextsInLanguage):
    """A product in another language."""

    translatable_content: "ProductTranslatableContent | None" = related(
        lambda row, content, ctx: content.id == row.product_id
    )
    """What it translates."""


@node(models.Product)
class ProductTranslatableContent(Node, TextsToTranslate):
    """What of a product can be translated, in the language it was written in."""

    product_id: ID = expression(lambda row, ctx: never_null(global_id("Product", row.id)))
    translation = translated("ProductTranslation")
    product: "Product | None" = itself(deprecated=ITSELF)
    attribute_values = own_texts()


@node(models.CategoryTranslation)
class CategoryTranslation(Node, TextsInLanguage):
    """A category in another language."""

    translatable_content: "CategoryTranslatableContent | None" = related(
        lambda row, content, ctx: content.id == row.category_id
    )
    """What it translates."""


@node(models.Category)
class CategoryTranslatableContent(Node, TextsToTranslate):
    """What of a category can be translated, in the language it was written in."""

    category_id: ID = expression(lambda row, ctx: never_null(global_id("Category", row.id)))
    translation = translated("CategoryTranslation")
    category: "Category | None" = itself(deprecated=ITSELF)


@node(models.CollectionTranslation)
class CollectionTranslation(Node, TextsInLanguage):
    """A collection in another language."""

    translatable_content: "CollectionTranslatableContent | None" = related(
        lambda row, content, ctx: content.id == row.collection_id
    )
    """What it translates."""


@node(models.Collection)
class CollectionTranslatableContent(Node, TextsToTranslate):
    """What of a collection can be translated, in the language it was written in."""

    collection_id: ID = expression(lambda row, ctx: never_null(global_id("Collection", row.id)))
    translation = translated("CollectionTranslation")
    collection: "Collection | None" = itself(deprecated=ITSELF)


@node(models.ProductVariantTranslation)
class ProductVariantTranslation(Node, InLanguage):
    """A variant in another language."""

    name: str = expression(lambda row, ctx: never_null(func.coalesce(row.name, "")))
    translatable_content: "ProductVariantTranslatableContent | None" = related(
        lambda row, content, ctx: content.id == row.product_variant_id
    )
    """What it translates."""


@node(models.ProductVariant)
class ProductVariantTranslatableContent(Node):
    """What of a variant can be translated, in the language it was written in."""

    product_variant_id: ID = expression(lambda row, ctx: never_null(global_id("ProductVariant", row.id)))
    name: str
    translation = translated("ProductVariantTranslation")
    product_variant: "ProductVariant | None" = itself(deprecated=ITSELF)
    attribute_values = own_texts()
