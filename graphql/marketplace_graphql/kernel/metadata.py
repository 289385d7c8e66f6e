"""Saleor's two key-value stores, and translations: patterns that many types share."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from marketplace_graphql.kernel import fields
from marketplace_graphql.kernel.fields import expression, value
from marketplace_graphql.kernel.parts import each, never_null
from marketplace_graphql.kernel.reader.rows import only_foreign_key
from marketplace_graphql.kernel.scalars import Metadata
from marketplace_graphql.kernel.types import interface, object_type


@object_type
class MetadataItem:
    """One entry of a key-value store."""

    key: str
    value: str


def _items(store: ColumnElement[Any]) -> Any:
    entries = func.jsonb_each_text(store).table_valued("key", "value").render_derived()
    return each(
        entries,
        {"key": never_null(entries.c.key), "value": never_null(func.coalesce(entries.c.value, ""))},
        order_by=entries.c.key,
    )


def _entry(store: ColumnElement[Any], key: Any) -> ColumnElement[str]:
    return func.jsonb_extract_path_text(store, key, type_=Text)


def _entries(store: ColumnElement[Any], keys: Any) -> ColumnElement[Any]:
    """The store, or what it has under the given keys."""
    if keys is None:
        return store
    entries = func.jsonb_each(store).table_valued("key", "value").render_derived()
    chosen = select(func.jsonb_object_agg(entries.c.key, entries.c.value)).where(entries.c.key == any_(keys))
    return func.coalesce(chosen.scalar_subquery(), cast(literal("{}", Text()), JSONB), type_=JSONB)


PRIVATE = "private_metadata_needs"


@interface
class ObjectWithMetadata:
    """Something that integrations may attach entries of their own to.

    A type says with `private_metadata_needs` which permission shows the private ones.
    """

    private_metadata_needs = "MANAGE_SETTINGS"

    @value(needs_from=PRIVATE)
    def private_metadata(row: Any, ctx: Any) -> list[MetadataItem]:
        """Entries that only staff see."""
        return _items(row.private_metadata)

    @expression(needs_from=PRIVATE)
    def private_metafield(row: Any, ctx: Any, key: str) -> str | None:
        """One of the entries that only staff see."""
        return _entry(row.private_metadata, key)

    @expression(needs_from=PRIVATE)
    def private_metafields(row: Any, ctx: Any, keys: list[str] | None = None) -> Metadata | None:
        """Some of the entries that only staff see, as one object."""
        return _entries(row.private_metadata, keys)

    @value
    def metadata(row: Any, ctx: Any) -> list[MetadataItem]:
        """Entries that everybody sees."""
        return _items(row.public_metadata)

    @expression
    def metafield(row: Any, ctx: Any, key: str) -> str | None:
        """One of the entries that everybody sees."""
        return _entry(row.public_metadata, key)

    @expression
    def metafields(row: Any, ctx: Any, keys: list[str] | None = None) -> Metadata | None:
        """Some of the entries that everybody sees, as one object."""
        return _entries(row.public_metadata, keys)


def translated(type_name: str) -> Any:
    """`translation(languageCode:)`: the row of `<Model>Translation` in that language, null where there is none.

    The argument's type is the enum `LanguageCodeEnum`, of which the members' values are lower-case codes.
    """

    def translation(row: Any, target: Any, ctx: Any, language_code: "LanguageCodeEnum") -> Any:  # type: ignore[name-defined]
        return and_(only_foreign_key(target, row), target.language_code == language_code.value)

    declared: fields.Declaration = fields.related(translation)
    declared.annotation = f"{type_name} | None"
    declared.description = "Its texts in another language."
    return declared
