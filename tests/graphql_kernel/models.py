"""A library that lends nothing but examples: tables of its own, for the kernel's tests alone."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Toys(DeclarativeBase):
    type_annotation_map: ClassVar = {
        int: BigInteger(),
        str: Text(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(),
        list[str]: ARRAY(String()),
    }


class Keyed:
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)


class Market(Keyed, Toys):
    __tablename__ = "toy_market"

    slug: Mapped[str] = mapped_column(unique=True)
    currency_code: Mapped[str]


class Author(Keyed, Toys):
    __tablename__ = "toy_author"

    name: Mapped[str]
    user_id: Mapped[int | None]
    secret: Mapped[str] = mapped_column(default="")

    books: Mapped[list["Book"]] = relationship(
        back_populates="author", lazy="raise", foreign_keys="Book.author_id"
    )


tagged = Table(
    "toy_book_tag",
    Toys.metadata,
    Column("book_id", BigInteger, ForeignKey("toy_book.id"), primary_key=True),
    Column("tag_id", BigInteger, ForeignKey("toy_tag.id"), primary_key=True),
)


class Tag(Keyed, Toys):
    __tablename__ = "toy_tag"

    name: Mapped[str]


class Binding(enum.Enum):
    HARD = "hard cover"
    SOFT = "soft cover"


class Book(Keyed, Toys):
    __tablename__ = "toy_book"
    __table_args__ = (Index("ix_toy_book_title", "title", "id"),)

    title: Mapped[str]
    subtitle: Mapped[str | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("toy_author.id"))
    translator_id: Mapped[int | None] = mapped_column(ForeignKey("toy_author.id"))
    is_published: Mapped[bool] = mapped_column(default=True)
    rating: Mapped[float | None]
    weight: Mapped[Decimal | None] = mapped_column(Numeric(10, 3))
    printed_on: Mapped[date | None]
    created_at: Mapped[datetime]
    isbn: Mapped[UUID | None] = mapped_column(Uuid)
    binding: Mapped[str | None]
    labels: Mapped[list[str]] = mapped_column(default=list)
    body: Mapped[dict[str, Any] | None]
    public_metadata: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    private_metadata: Mapped[dict[str, Any]] = mapped_column(default=dict)

    author: Mapped[Author | None] = relationship(
        back_populates="books", lazy="raise", foreign_keys=[author_id]
    )
    tags: Mapped[list[Tag]] = relationship(secondary=tagged, lazy="raise")


class Listing(Keyed, Toys):
    __tablename__ = "toy_listing"
    __table_args__ = (
        Index("ix_toy_listing_book", "book_id", "market_id", unique=True),
        Index("ix_toy_listing_price", "market_id", "price_minor", "book_id"),
    )

    book_id: Mapped[int] = mapped_column(ForeignKey("toy_book.id"))
    market_id: Mapped[int] = mapped_column(ForeignKey("toy_market.id"))
    price_minor: Mapped[int | None]
    is_live: Mapped[bool] = mapped_column(default=True)


class Chapter(Keyed, Toys):
    __tablename__ = "toy_chapter"
    __table_args__ = (Index("ix_toy_chapter_book", "book_id", "position"),)

    book_id: Mapped[int] = mapped_column(ForeignKey("toy_book.id"))
    position: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="prose")
    lines: Mapped[int] = mapped_column(default=0)


class BookTranslation(Keyed, Toys):
    __tablename__ = "toy_book_translation"

    book_id: Mapped[int] = mapped_column(ForeignKey("toy_book.id"))
    language_code: Mapped[str]
    title: Mapped[str | None]


class Loan(Toys):
    __tablename__ = "toy_loan"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    book_id: Mapped[int | None] = mapped_column(ForeignKey("toy_book.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("toy_author.id"))
    market_id: Mapped[int] = mapped_column(ForeignKey("toy_market.id"))
    user_id: Mapped[int | None]
    note: Mapped[str | None]
