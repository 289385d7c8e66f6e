"""Saleor's two key-value stores, and translations: patterns that many types share."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from marketplace_graphql.kernel import fields
from marketplace_graphql.kernel.fields import expression, value
from marketplace_graphql.kernel.parts import each, never_null
from marketplace_graphql.kernel.reader.rows import only_foreign_key
from marketplace_graphql.kernel.registry import DeclarationError, registry
from marketplace_graphql.kernel.scalars import Metadata
from marketplace_graphql.kernel.types import interface, object_type


@object_type
class MetadataItem:
    """One entry of a key-value store."""

    key: str
    value: str


def metadata_items(store: ColumnElement[Any]) -> Any:
    """A store's entries as a list of `MetadataItem`, in the order of their keys."""
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
"""A type says by this attribute which permission shows its private entries."""


def private_metadata_needs(type_name: str, *permissions: str) -> None:
    """Say for a type, which may be declared later, which permissions show its private entries."""
    registry.private_needs[type_name] = permissions


def private_entry(row: Any, ctx: Any, key: str) -> ColumnElement[str]:
    """Meaning of `privateMetafield`."""
    return _entry(row.private_metadata, key)


def private_entries(row: Any, ctx: Any, keys: list[str] | None = None) -> ColumnElement[Any]:
    """Meaning of `privateMetafields`."""
    return _entries(row.private_metadata, keys)


def _public_entry(row: Any, ctx: Any, key: str) -> ColumnElement[str]:
    return _entry(row.public_metadata, key)


def _public_entries(row: Any, ctx: Any, keys: list[str] | None = None) -> ColumnElement[Any]:
    return _entries(row.public_metadata, keys)


@interface
class ObjectWithMetadata:
    """Something that integrations may attach entries of their own to."""

    private_metadata_needs = "MANAGE_SETTINGS"

    private_metadata: list[MetadataItem] = value(
        lambda row, ctx: metadata_items(row.private_metadata), needs_from=PRIVATE
    )
    """Entries that only staff see."""
    private_metafield: str | None = expression(private_entry, needs_from=PRIVATE)
    """One of the entries that only staff see."""
    private_metafields: Metadata | None = expression(private_entries, needs_from=PRIVATE)
    """Some of the entries that only staff see, as one object."""
    metadata: list[MetadataItem] = value(lambda row, ctx: metadata_items(row.public_metadata))
    """Entries that everybody sees."""
    metafield: str | None = expression(_public_entry)
    """One of the entries that everybody sees."""
    metafields: Metadata | None = expression(_public_entries)
    """Some of the entries that everybody sees, as one object."""


def translated(type_name: str) -> Any:
    """`translation(languageCode:)`: the row of `<Model>Translation` in that language, or null.

    The argument's type is the enum `LanguageCodeEnum`, of which the members' values are lower-case codes.
    """

    def translation(row: Any, target: Any, ctx: Any, language_code: Any) -> ColumnElement[bool]:
        of_row = only_foreign_key(target, row)
        if of_row is None:
            raise DeclarationError(f"{type_name} has no foreign key on what it translates")
        return and_(of_row, target.language_code == language_code.value)

    # Which languages there are is no matter of the kernel.
    translation.__annotations__["language_code"] = "LanguageCodeEnum"
    declared: fields.Declaration = fields.related(translation)
    declared.annotation = f"{type_name} | None"
    declared.description = "Its texts in another language."
    return declared
