"""Tables of pages: what the shop tells about itself, its makers and its terms.

A page type asks its pages to answer attributes, as a product type does with its products.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.answering import Keeping, keeps_answers
from marketplace.catalog.attributes import Attribute
from marketplace.catalog.models import Seo
from marketplace.kit.models import Base, IntegerKey, Timestamped, WithMetadata


class PageType(IntegerKey, WithMetadata, Base):
    __tablename__ = "page_type"
    __table_args__ = (Index(None, "name", "slug"),)

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)

    pages: Mapped[list["Page"]] = relationship(back_populates="page_type", lazy="raise")


class Page(IntegerKey, Timestamped, Seo, WithMetadata, Base):
    """A text with an address of its own. Buyers see it once it is published and its day has come."""

    __tablename__ = "page"
    __table_args__ = (
        Index(None, "title", "slug"),
        Index(None, "page_type_id", "title"),
        Index(None, "is_published", "title", "slug"),
        Index(None, "created_at", "title", "slug"),
        Index(None, "published_at", "title", "slug"),
        Index(None, "metadata", postgresql_using="gin"),
        Index(None, "search_vector", postgresql_using="gin"),
    )

    page_type_id: Mapped[int] = mapped_column(ForeignKey("page_type.id", ondelete="CASCADE"))
    title: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    content: Mapped[dict[str, Any] | None]
    """EditorJS blocks."""
    is_published: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime | None]
    """None: no day was set, so it has come."""
    search_title: Mapped[str] = mapped_column(default="", server_default="")
    """The words of its titles in every language, folded (`catalog.words`)."""
    search_text: Mapped[str] = mapped_column(default="", server_default="")
    """The words of its texts in every language, folded."""
    search_vector: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('simple'::regconfig, search_title), 'A')"
            " || setweight(to_tsvector('simple'::regconfig, search_text), 'D')",
            persisted=True,
        ),
    )

    page_type: Mapped[PageType] = relationship(back_populates="pages", lazy="raise")
    translations: Mapped[list["PageTranslation"]] = relationship(lazy="raise")


class PageTranslation(IntegerKey, Seo, Base):
    """A row per language with the texts a reader of it sees; none of them is required."""

    __tablename__ = "page_translation"
    __table_args__ = (
        UniqueConstraint("page_id", "language_code"),
        Index(None, "language_code", "slug", unique=True, postgresql_where=text("slug IS NOT NULL")),
    )

    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))
    language_code: Mapped[str] = mapped_column(String(16))
    title: Mapped[str | None]
    slug: Mapped[str | None]
    content: Mapped[dict[str, Any] | None]


class PageTypeAttribute(Base):
    """An attribute that a page type asks its pages for."""

    __tablename__ = "page_type_attribute"

    page_type_id: Mapped[int] = mapped_column(
        ForeignKey("page_type.id", ondelete="CASCADE"), primary_key=True
    )
    attribute_id: Mapped[int] = mapped_column(
        ForeignKey("attribute.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)

    attribute: Mapped[Attribute] = relationship(lazy="raise")


page_attribute_value = Table(
    "page_attribute_value",
    Base.metadata,
    Column("page_id", BigInteger, ForeignKey("page.id", ondelete="CASCADE"), primary_key=True),
    Column("value_id", BigInteger, ForeignKey("attribute_value.id", ondelete="CASCADE"), primary_key=True),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
)

Index(
    "ix_page_attribute_value_value_id",
    page_attribute_value.c.value_id,
    page_attribute_value.c.page_id,
)

keeps_answers(
    Page,
    Keeping(
        page_attribute_value,
        "page_id",
        PageTypeAttribute,
        lambda type_id: PageTypeAttribute.page_type_id == type_id,
        lambda page: page.page_type_id,
        lambda type_id: select(Page.id).where(Page.page_type_id == type_id),
    ),
)
