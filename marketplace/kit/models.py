"""The base of every table, and the columns that many of them share."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Enum,
    Float,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    Uuid,
    column,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, QueryableAttribute, mapped_column
from sqlalchemy.types import TypeEngine

from marketplace.kit import clock

Sortable = ColumnElement[Any] | QueryableAttribute[Any] | str

type_map = {
    int: BigInteger(),
    str: String(),
    datetime: DateTime(timezone=True),
    UUID: Uuid(),
    list[str]: ARRAY(String()),
    dict[str, Any]: JSONB(),
    dict[str, str]: JSONB(),
    # Kept as text under the member's name, which is also its name in the API; a check refuses others.
    enum.Enum: Enum(enum.Enum, native_enum=False, length=40, create_constraint=True),
}


class Base(DeclarativeBase):
    """Tables are named in the singular; relationships are never loaded behind anyone's back."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = type_map


class IntegerKey:
    """A whole-number key, as most of Saleor's types have."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-10)


class UuidKey:
    """A key that can't be guessed: checkouts, orders, payouts."""

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4, sort_order=-10)


class Timestamped:
    created_at: Mapped[datetime] = mapped_column(default=clock.now, sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now, sort_order=91)


class WithMetadata:
    """Saleor's two key-value stores: one for everybody, one for staff."""

    public_metadata: Mapped[dict[str, str]] = mapped_column(
        "metadata", JSONB, default=dict, server_default=text("'{}'"), sort_order=95
    )
    private_metadata: Mapped[dict[str, str]] = mapped_column(
        JSONB, default=dict, server_default=text("'{}'"), sort_order=96
    )


def metadata_index() -> Index:
    """What a table needs whose lists can be narrowed by metadata."""
    return Index(None, "metadata", postgresql_using="gin")


def by_app_index() -> Index:
    """What a history needs that says which app did something (`app_id`). Most was done by none."""
    return index_where_known("app_id")


def index_where_known(column: str) -> Index:
    """An index on a column that few rows have a value in."""
    return Index(None, column, postgresql_where=text(f"{column} IS NOT NULL"))


def lowest_if_missing(value: Sortable, type_: TypeEngine[Any] | None = None) -> ColumnElement[Any]:
    """The value, or where there is none something below all values: an index on it sorts the missing last
    in lists that go down. For an index, the column's name and type.
    """
    return _or_else(value, type_, "-")


def highest_if_missing(value: Sortable, type_: TypeEngine[Any] | None = None) -> ColumnElement[Any]:
    """The value, or where there is none something above all values: for lists that go up."""
    return _or_else(value, type_, "")


def _or_else(value: Sortable, type_: TypeEngine[Any] | None, sign: str) -> ColumnElement[Any]:
    expression = column(value, type_) if isinstance(value, str) else value
    infinite = next(name for kind, name in _INFINITE.items() if isinstance(expression.type, kind))
    last: ColumnElement[Any] = literal_column(infinite.format(sign=sign), expression.type)
    return func.coalesce(expression, last, type_=expression.type)


_INFINITE: dict[type[TypeEngine[Any]], str] = {
    Float: "'{sign}infinity'::double precision",
    DateTime: "'{sign}infinity'::timestamp with time zone",
    Integer: "({sign}9223372036854775807)::bigint",
}
