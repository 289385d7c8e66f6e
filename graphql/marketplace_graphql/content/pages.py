"""Pages, in the shop's language and in others."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, or_
from sqlalchemy import Date as SqlDate
from sqlalchemy.dialects.postgresql import JSONB
from strawberry import ID

from marketplace.content import pages as models
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.answering import Answering, answers_attributes
from marketplace_graphql.catalog.attribute_translations import own_texts
from marketplace_graphql.catalog.selected_attributes import (
    ObjectWithAttributes,
    all_attributes,
    selected_attribute,
)
from marketplace_graphql.content.page_types import PageType
from marketplace_graphql.kernel import (
    Date,
    DateTime,
    JSONString,
    Node,
    ObjectWithMetadata,
    column,
    expression,
    itself,
    never_null,
    node,
    related,
    translated,
)
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import InLanguage

SAME_AS_CONTENT = "The same as `content`."

answers_attributes(
    models.Page,
    Answering(
        models.PageTypeAttribute,
        lambda asked, row: asked.page_type_id == row.page_type_id,
        models.page_attribute_value,
        "page_id",
    ),
)


def _is_out(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Published, and its day has come."""
    return and_(row.is_published, or_(row.published_at.is_(None), row.published_at <= ctx.now))


def page_visible(row: Any, ctx: Any) -> ColumnElement[bool] | None:
    return None if ctx.requester.has(Permission.MANAGE_PAGES) else _is_out(row, ctx)


def _or_no_blocks(content: Any) -> Any:
    return never_null(func.coalesce(content, cast(literal("{}", Text()), JSONB), type_=JSONB))


@node(models.PageTranslation)
class PageTranslation(Node, InLanguage):
    """A page in another language."""

    seo_title: str | None
    seo_description: str | None
    slug: str | None
    title: str | None
    content: JSONString | None
    """EditorJS blocks."""
    content_json: JSONString | None = column("content", deprecated=SAME_AS_CONTENT)
    translatable_content: "PageTranslatableContent | None" = related(
        lambda row, page, ctx: page.id == row.page_id
    )
    """What it translates."""


@node(models.Page, visible=page_visible, order_by=lambda row, ctx: row.slug)
class Page(Node, ObjectWithMetadata, ObjectWithAttributes):
    """A text with an address of its own: who we are, what holds for orders, how a craft is done."""

    seo_title: str | None
    seo_description: str | None
    title: str
    content: JSONString | None
    """EditorJS blocks."""
    publication_date: Date | None = expression(
        lambda row, ctx: cast(row.published_at, SqlDate), deprecated="`publishedAt` says the moment."
    )
    published_at: DateTime | None
    is_published: bool = expression(lambda row, ctx: never_null(_is_out(row, ctx)))
    """Whether buyers see it."""
    slug: str
    page_type: PageType = related()
    created: DateTime = column("created_at")
    content_json: JSONString = expression(
        lambda row, ctx: _or_no_blocks(row.content), deprecated=SAME_AS_CONTENT
    )
    translation = translated("PageTranslation")
    attribute = selected_attribute()
    attributes = all_attributes()


@node(models.Page)
class PageTranslatableContent(Node):
    """What of a page can be said in other languages."""

    page_id: ID = expression(lambda row, ctx: never_null(global_id("Page", row.id)))
    seo_title: str | None
    seo_description: str | None
    slug: str | None
    title: str
    content: JSONString | None
    """EditorJS blocks."""
    content_json: JSONString | None = column("content", deprecated=SAME_AS_CONTENT)
    translation = translated("PageTranslation")
    page: Page | None = itself(deprecated="Ask for it at the root: a translator need not read it.")
    attribute_values = own_texts()
