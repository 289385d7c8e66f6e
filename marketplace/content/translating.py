"""What the catalogue, pages and menus say, in other languages: checked, written, and found by searches."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import attributes, models, search
from marketplace.catalog.answers import TEXT_LENGTH
from marketplace.catalog.descriptions import clean_description, text_of_description
from marketplace.catalog.following import shelf_renamed
from marketplace.catalog.forgetting import value_translated
from marketplace.catalog.slugs import checked_slug_in_language
from marketplace.catalog.wording import LONGEST_NAME, LONGEST_SEO
from marketplace.content import menus, pages
from marketplace.content.editing import gather_words
from marketplace.kit.errors import DomainError, Errors, InvalidError
from marketplace.kit.models import Base
from marketplace.kit.translating import key_of_translated, write_translation

Follow = Callable[[AsyncSession, Sequence[Any]], Awaitable[None]]
LIMITS = {"name": LONGEST_NAME, "title": LONGEST_NAME, "plain_text": TEXT_LENGTH} | LONGEST_SEO
RICH = ("description", "content", "rich_text")
API_NAMES = {
    "seo_title": "seoTitle",
    "seo_description": "seoDescription",
    "plain_text": "plainText",
    "rich_text": "richText",
}
"""Where the API's name of a column differs from the column's."""


@dataclass(frozen=True)
class Kind:
    """How one kind of thing is translated."""

    translation: type[Any]
    follow: Follow | None = None
    """What comes of it: words that searches find."""


async def translate(session: AsyncSession, row: Base, language_code: str, said: Mapping[str, Any]) -> Any:
    """Write what is said of something in a language; gives the translation. Searches follow by `follow`.

    Raises Errors: INVALID for texts that are too long or no EditorJS, UNIQUE for a slug of something else.
    """
    kind = KINDS[type(row)]
    columns: dict[str, Any] = {}
    faults: list[DomainError] = []
    for name, text in said.items():
        try:
            columns[name] = await _checked(session, kind.translation, row, language_code, name, text)
        except DomainError as error:
            error.field = API_NAMES.get(name, name)
            faults.append(error)
    if faults:
        raise Errors(faults)
    if isinstance(row, attributes.AttributeValue) and not columns.get("name"):
        columns |= _name_of_text(columns)
    return await write_translation(session, kind.translation, row, language_code, columns)


async def follow(session: AsyncSession, rows: Sequence[Base]) -> None:
    """Have things of one kind be found by what they are now called, soon where they are many."""
    if rows and (follows := KINDS[type(rows[0])].follow):
        await follows(session, rows)


async def _checked(
    session: AsyncSession, translation: type[Any], row: Base, language_code: str, name: str, text: Any
) -> Any:
    if name == "slug":
        key = key_of_translated(translation, type(row))
        (own,) = inspect(row).identity or (None,)
        return text and await checked_slug_in_language(session, translation, text, language_code, key, own)
    if name in RICH:
        return text and clean_description(text, name)
    tidy = (text or "").strip()
    if len(tidy) > LIMITS[name]:
        raise InvalidError(f"At most {LIMITS[name]} letters, please.")
    if not tidy and not translation.__table__.c[name].nullable:
        return ""
    return tidy or None


def _name_of_text(columns: Mapping[str, Any]) -> dict[str, str]:
    """A value whose answer is a text is called by how the text begins."""
    text = text_of_description(columns.get("rich_text")) or columns.get("plain_text")
    return {"name": text[:LONGEST_NAME]} if text else {}


async def _find_products(session: AsyncSession, products: Sequence[models.Product]) -> None:
    await search.reindex(session, [product.id for product in products])


async def _find_on_shelves(session: AsyncSession, shelves: Sequence[models.Category]) -> None:
    for shelf in shelves:
        await shelf_renamed(session, shelf.id)


async def _find_by_values(session: AsyncSession, values: Sequence[attributes.AttributeValue]) -> None:
    attribute = attributes.Attribute
    asked = {value.attribute_id for value in values}
    rows = await session.execute(select(attribute.id, attribute.input_type).where(attribute.id.in_(asked)))
    kinds = {row.id: row.input_type for row in rows}
    for value in values:
        if kinds[value.attribute_id] in attributes.WITH_CHOICES:
            await value_translated(session, value)


async def _find_pages(session: AsyncSession, found: Sequence[pages.Page]) -> None:
    for page in found:
        await gather_words(session, page)


KINDS: dict[type[Base], Kind] = {
    models.Product: Kind(models.ProductTranslation, _find_products),
    models.ProductVariant: Kind(models.ProductVariantTranslation),
    models.Category: Kind(models.CategoryTranslation, _find_on_shelves),
    models.Collection: Kind(models.CollectionTranslation),
    attributes.Attribute: Kind(attributes.AttributeTranslation),
    attributes.AttributeValue: Kind(attributes.AttributeValueTranslation, _find_by_values),
    pages.Page: Kind(pages.PageTranslation, _find_pages),
    menus.MenuItem: Kind(menus.MenuItemTranslation),
}
