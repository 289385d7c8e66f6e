"""Inputs that several domains share: ranges, operators, periods, metadata; and what the latter mean."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, any_, func
from strawberry import ID

from marketplace_graphql.kernel.scalars import Date, DateTime, Decimal
from marketplace_graphql.kernel.types import input_type


@input_type
class StringFilterInput:
    """A condition on a text."""

    eq: str | None
    """Exactly this."""
    one_of: list[str] | None
    """One of these."""


@input_type
class GlobalIDFilterInput:
    """A condition on a reference."""

    eq: ID | None
    """This one."""
    one_of: list[ID] | None
    """One of these."""


@input_type
class IntRangeInput:
    """A range of whole numbers, its ends included."""

    gte: int | None
    lte: int | None


@input_type
class PriceRangeInput:
    """A range of prices in the channel's currency, its ends included."""

    gte: float | None
    lte: float | None


@input_type
class DecimalRangeInput:
    """A range of exact numbers, its ends included."""

    gte: Decimal | None
    lte: Decimal | None


@input_type
class DecimalFilterInput:
    """A condition on an exact number."""

    eq: Decimal | None
    one_of: list[Decimal] | None
    range: DecimalRangeInput | None


@input_type
class DateRangeInput:
    """A range of days, its ends included."""

    gte: Date | None
    lte: Date | None


@input_type
class DateTimeRangeInput:
    """A range of moments, its ends included."""

    gte: DateTime | None
    lte: DateTime | None


@input_type
class DateTimeFilterInput:
    """A condition on a moment."""

    eq: DateTime | None
    one_of: list[DateTime] | None
    range: DateTimeRangeInput | None


@input_type
class MetadataInput:
    """One entry of a store of metadata."""

    key: str
    value: str


@input_type
class MetadataFilter:
    """A condition on what everybody may read of the metadata."""

    key: str
    """There is an entry of this name."""
    value: str | None
    """The entry says this. Left out: whatever it says."""


@input_type
class MetadataValueFilterInput:
    """A condition on what an entry of the metadata says."""

    eq: str | None
    """Exactly this."""
    one_of: list[str] | None
    """One of these."""


@input_type
class MetadataFilterInput:
    """A condition on what everybody may read of the metadata."""

    key: str
    """There is an entry of this name."""
    value: MetadataValueFilterInput | None
    """What the entry says. Left out: whatever it says."""


@input_type
class ReorderInput:
    """A move within a list."""

    id: ID
    """What is moved."""
    sort_order: int | None
    """By how many places: down, or up where it is below zero."""


def has_metadata(row: Any, filters: Any, ctx: Any) -> ColumnElement[bool] | None:
    """Meaning of `[MetadataFilter!]`: all of these entries. Needs a GIN index on `metadata`."""
    parts = [
        row.public_metadata.has_key(each.key)
        if each.value is None
        else row.public_metadata.contains(func.jsonb_build_object(each.key, each.value))
        for each in filters
    ]
    return and_(*parts) if parts else None


def metadata_says(row: Any, given: Any, ctx: Any) -> ColumnElement[bool] | None:
    """Meaning of `MetadataFilterInput`: an entry, and what it says. The same index serves it."""
    store, said = row.public_metadata, given.value
    parts = [store.has_key(given.key)]
    if said is not None and said.eq is not None:
        parts.append(store.contains(func.jsonb_build_object(given.key, said.eq)))
    if said is not None and said.one_of is not None:
        parts.append(func.jsonb_extract_path_text(store, given.key, type_=Text) == any_(said.one_of))
    return and_(*parts)


@input_type
class SeoInput:
    """What search engines show of a page."""

    title: str | None
    description: str | None


def entries_of(given: list[dict[str, str]] | None) -> list[tuple[str, str]]:
    """`[MetadataInput!]`, as `changes` gives it, for services."""
    return [(entry["key"], entry["value"]) for entry in given or ()]
