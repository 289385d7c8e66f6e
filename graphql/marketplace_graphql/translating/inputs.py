"""Texts in another language, as translators give them."""

from marketplace_graphql.kernel import JSONString, input_type


@input_type
class TranslationInput:
    """What is said of a product, or of what holds products."""

    slug: str | None
    seo_title: str | None
    seo_description: str | None
    name: str | None
    description: JSONString | None
    """EditorJS blocks."""


@input_type
class NameTranslationInput:
    """What something is called."""

    name: str | None


@input_type
class PageTranslationInput:
    """What is said on a page."""

    slug: str | None
    seo_title: str | None
    seo_description: str | None
    title: str | None
    content: JSONString | None
    """EditorJS blocks."""


@input_type
class AttributeValueTranslationInput:
    """What is said of a value, or, where the answer is a text, the text."""

    name: str | None
    rich_text: JSONString | None
    """EditorJS blocks."""
    plain_text: str | None
