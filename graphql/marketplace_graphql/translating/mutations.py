"""What translators change: texts of the catalogue, pages and menus in other languages."""

from marketplace.catalog import attributes, models
from marketplace.content import menus, pages
from marketplace.content.translating import follow, translate
from marketplace_graphql.content.translations import not_of_customers
from marketplace_graphql.kernel import object_type
from marketplace_graphql.translating.declaring import bulk_translating, translating
from marketplace_graphql.translating.inputs import (
    AttributeValueTranslationInput,
    NameTranslationInput,
    PageTranslationInput,
    TranslationInput,
)


@object_type
class TranslatingMutations:
    """What is said in other languages."""

    product_translate = translating(
        models.Product, TranslationInput, translate, doc="Says a product in another language.", follow=follow
    )
    product_bulk_translate = bulk_translating(
        models.Product,
        TranslationInput,
        translate,
        doc="Says products in other languages.",
        names="Product",
        follow=follow,
    )
    product_variant_translate = translating(
        models.ProductVariant, NameTranslationInput, translate, doc="Says a variant in another language."
    )
    product_variant_bulk_translate = bulk_translating(
        models.ProductVariant,
        NameTranslationInput,
        translate,
        doc="Says variants in other languages.",
        names="ProductVariant",
    )
    category_translate = translating(
        models.Category,
        TranslationInput,
        translate,
        doc="Says a category in another language.",
        follow=follow,
    )
    collection_translate = translating(
        models.Collection, TranslationInput, translate, doc="Says a collection in another language."
    )
    attribute_translate = translating(
        attributes.Attribute, NameTranslationInput, translate, doc="Says an attribute in another language."
    )
    attribute_bulk_translate = bulk_translating(
        attributes.Attribute,
        NameTranslationInput,
        translate,
        doc="Says attributes in other languages.",
        names="Attribute",
    )
    attribute_value_translate = translating(
        attributes.AttributeValue,
        AttributeValueTranslationInput,
        translate,
        doc="Says an attribute's value in another language.",
        follow=follow,
        rule=not_of_customers,
    )
    attribute_value_bulk_translate = bulk_translating(
        attributes.AttributeValue,
        AttributeValueTranslationInput,
        translate,
        doc="Says attributes' values in other languages.",
        names="AttributeValue",
        follow=follow,
        rule=not_of_customers,
    )
    page_translate = translating(
        pages.Page,
        PageTranslationInput,
        translate,
        doc="Says a page in another language.",
        returns="PageTranslatableContent",
        field="page",
        follow=follow,
    )
    menu_item_translate = translating(
        menus.MenuItem, NameTranslationInput, translate, doc="Says a menu's link in another language."
    )
