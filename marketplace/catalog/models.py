"""Tables of products and of how they are sorted onto shelves.

Attributes stand in `attributes.py`, prices and publication in `listings.py`.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Float,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit.models import (
    Base,
    IntegerKey,
    Timestamped,
    WithMetadata,
    highest_if_missing,
    lowest_if_missing,
    metadata_index,
)
from marketplace.markets.models import TaxClass
from marketplace.vendors.models import Vendor


class Seo:
    seo_title: Mapped[str | None] = mapped_column(sort_order=60)
    seo_description: Mapped[str | None] = mapped_column(sort_order=61)


class TranslatedText:
    """A row per language with the texts a reader of it sees; none of them is required."""

    language_code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str | None]


class ProductTypeKind(StrEnum):
    NORMAL = "NORMAL"
    GIFT_CARD = "GIFT_CARD"


class ProductType(IntegerKey, WithMetadata, Base):
    __tablename__ = "product_type"
    __table_args__ = (metadata_index(),)

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[ProductTypeKind] = mapped_column(
        default=ProductTypeKind.NORMAL, server_default=ProductTypeKind.NORMAL
    )
    has_variants: Mapped[bool] = mapped_column(default=False)
    is_shipping_required: Mapped[bool] = mapped_column(default=True)
    weight_grams: Mapped[int] = mapped_column(default=0)
    tax_class_id: Mapped[int | None] = mapped_column(
        ForeignKey("tax_class.id", ondelete="SET NULL"), index=True
    )
    is_going: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """No list has it any more: a job deletes its products, and then the type (`product_types`)."""


class Category(IntegerKey, Timestamped, Seo, WithMetadata, Base):
    """A shelf in a tree. `path` names its ancestors and itself, as ids, root first."""

    __tablename__ = "category"
    __table_args__ = (
        Index(None, "path", postgresql_using="gin"),
        metadata_index(),
        Index("ix_category_going", "id", postgresql_where=text("is_going")),
    )

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    is_going: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Nobody sees it any more: jobs take its products off it, and then it is gone."""
    description: Mapped[dict[str, Any] | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id", ondelete="CASCADE"), index=True)
    level: Mapped[int] = mapped_column(default=0)
    path: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)
    position: Mapped[int] = mapped_column(default=0)
    picture_path: Mapped[str | None]
    picture_alt: Mapped[str] = mapped_column(default="", server_default="")

    parent: Mapped["Category | None"] = relationship(remote_side="Category.id", lazy="raise")
    translations: Mapped[list["CategoryTranslation"]] = relationship(lazy="raise")


class CategoryTranslation(IntegerKey, TranslatedText, Seo, Base):
    __tablename__ = "category_translation"
    __table_args__ = (
        UniqueConstraint("category_id", "language_code"),
        UniqueConstraint("language_code", "slug"),
    )

    category_id: Mapped[int] = mapped_column(ForeignKey("category.id", ondelete="CASCADE"))
    slug: Mapped[str | None]
    description: Mapped[dict[str, Any] | None]


class Collection(IntegerKey, Timestamped, Seo, WithMetadata, Base):
    """Products gathered by hand. Where it shows is said by channel: `catalog.listings`."""

    __tablename__ = "collection"
    __table_args__ = (metadata_index(),)

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    description: Mapped[dict[str, Any] | None]
    picture_path: Mapped[str | None]
    picture_alt: Mapped[str] = mapped_column(default="", server_default="")

    products: Mapped[list["Product"]] = relationship(
        secondary="collection_product", back_populates="collections", lazy="raise"
    )


class CollectionTranslation(IntegerKey, TranslatedText, Seo, Base):
    __tablename__ = "collection_translation"
    __table_args__ = (
        UniqueConstraint("collection_id", "language_code"),
        UniqueConstraint("language_code", "slug"),
    )

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"))
    slug: Mapped[str | None]
    description: Mapped[dict[str, Any] | None]


class CollectionProduct(Base):
    """A product's place in a collection."""

    __tablename__ = "collection_product"
    __table_args__ = (Index(None, "collection_id", "position", "product_id"),)

    collection_id: Mapped[int] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[int] = mapped_column(
        ForeignKey("product.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class Product(IntegerKey, Timestamped, Seo, WithMetadata, Base):
    """A listing of one seller. What it costs, and whether it shows, is said by channel."""

    __tablename__ = "product"
    __table_args__ = (
        # Of all products, and of those of a shelf: each list is one walk along its order.
        Index(None, "category_id", "name", "id"),
        Index(None, "category_id", "created_at", "id"),
        Index(None, "product_type_id", "name", "id"),
        Index("ix_product_shelf_best_rated", "category_id", lowest_if_missing("rating", Float()), "id"),
        Index(None, "name", "id"),
        Index(None, "type_name", "id"),
        # Products that nobody has rated come last, whichever way a list goes: one index for each.
        Index("ix_product_best_rated", lowest_if_missing("rating", Float()), "id"),
        Index("ix_product_worst_rated", highest_if_missing("rating", Float()), "id"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        # A short list (KB) of what is still to be indexed: each search reads through it.
        Index(
            None,
            "search_vector",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 512},
        ),
        Index(None, "vendor_id", "name", "id"),
        metadata_index(),
    )

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id"))
    product_type_id: Mapped[int] = mapped_column(ForeignKey("product_type.id"))
    type_name: Mapped[str] = mapped_column(default="", server_default="")
    """The type's own, repeated here so that a list sorted by it is one index. Written by a trigger."""
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id", ondelete="SET NULL"))
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    description: Mapped[dict[str, Any] | None]
    """EditorJS blocks."""
    description_text: Mapped[str] = mapped_column(default="")
    weight_grams: Mapped[int | None]
    rating: Mapped[float | None] = mapped_column(Float)
    tax_class_id: Mapped[int | None] = mapped_column(
        ForeignKey("tax_class.id", ondelete="SET NULL"), index=True
    )
    external_reference: Mapped[str | None] = mapped_column(unique=True)
    search_name: Mapped[str] = mapped_column(default="", server_default="")
    """The words of its names in every language, folded (`catalog.words`): a find among them counts most."""
    search_text: Mapped[str] = mapped_column(default="")
    """All other words of the listing in every language, folded: its shelf, seller, region, description."""
    search_vector: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed("to_tsvector('simple'::regconfig, search_name || ' ' || search_text)", persisted=True),
    )
    name_vector: Mapped[str] = mapped_column(
        TSVECTOR, Computed("to_tsvector('simple'::regconfig, search_name)", persisted=True)
    )
    """Small enough to stay in the row: ranking reads it for everything that a search finds."""
    listed_in: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list, server_default=text("'{}'"))
    """Channels in whose lists it shows: live and visible there. Derived by `reprice`; searches read it."""
    is_demo: Mapped[bool] = mapped_column(default=False)

    vendor: Mapped[Vendor] = relationship(lazy="raise")
    product_type: Mapped[ProductType] = relationship(lazy="raise")
    category: Mapped[Category | None] = relationship(lazy="raise")
    tax_class: Mapped[TaxClass | None] = relationship(lazy="raise")
    variants: Mapped[list["ProductVariant"]] = relationship(
        back_populates="product", order_by="ProductVariant.position, ProductVariant.id", lazy="raise"
    )
    media: Mapped[list["ProductMedia"]] = relationship(
        back_populates="product", order_by="ProductMedia.position, ProductMedia.id", lazy="raise"
    )
    collections: Mapped[list[Collection]] = relationship(
        secondary="collection_product", back_populates="products", lazy="raise"
    )
    translations: Mapped[list["ProductTranslation"]] = relationship(lazy="raise")


class ProductTranslation(IntegerKey, TranslatedText, Seo, Base):
    __tablename__ = "product_translation"
    __table_args__ = (
        UniqueConstraint("product_id", "language_code"),
        UniqueConstraint("language_code", "slug"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))
    slug: Mapped[str | None]
    description: Mapped[dict[str, Any] | None]


class ProductVariant(IntegerKey, Timestamped, WithMetadata, Base):
    """What is really bought: a size, a colour, or the product's only form."""

    __tablename__ = "product_variant"
    __table_args__ = (
        Index(None, "product_id", "position", "id"),
        Index(None, "position", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "sku_folded"),
        metadata_index(),
        Index("ix_product_variant_default", "product_id", unique=True, postgresql_where=text("is_default")),
        CheckConstraint(
            "lead_time_days IS NULL OR (lead_time_days BETWEEN 1 AND 365 AND NOT track_inventory)",
            name="made_to_order_is_not_counted",
        ),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(default="")
    sku: Mapped[str | None] = mapped_column(unique=True)
    sku_folded: Mapped[str | None] = mapped_column(
        String(collation="C"), Computed("lower(sku)", persisted=True)
    )
    """Without capitals, compared letter by letter: what begins with a term is a stretch of its index."""
    position: Mapped[int] = mapped_column(default=0)
    is_default: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Chosen to stand for its product; where none is, the first one does."""
    track_inventory: Mapped[bool] = mapped_column(default=True)
    weight_grams: Mapped[int | None]
    """None: the product's, and failing that its type's."""
    lead_time_days: Mapped[int | None]
    """Made to order: days from the order until it is handed to the carrier. Nothing lies on a shelf then, so
    nothing is counted. None: it is there.
    """
    quantity_limit_per_customer: Mapped[int | None]
    external_reference: Mapped[str | None] = mapped_column(unique=True)

    product: Mapped[Product] = relationship(back_populates="variants", lazy="raise")
    translations: Mapped[list["ProductVariantTranslation"]] = relationship(lazy="raise")


class ProductVariantTranslation(IntegerKey, TranslatedText, Base):
    __tablename__ = "product_variant_translation"
    __table_args__ = (UniqueConstraint("product_variant_id", "language_code"),)

    product_variant_id: Mapped[int] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"))


class SearchWord(Base):
    """A folded word that some listing has, and how many have it: what a mistyped word may have meant."""

    __tablename__ = "search_word"

    word: Mapped[str] = mapped_column(String(collation="C"), primary_key=True)
    listings: Mapped[int] = mapped_column(default=1)


class SearchSpelling(Base):
    """A way from a word with one wrong letter to the word: see `catalog.words.one_letter_off`."""

    __tablename__ = "search_spelling"

    spelling: Mapped[str] = mapped_column(String(collation="C"), primary_key=True)
    word: Mapped[str] = mapped_column(
        String(collation="C"),
        ForeignKey("search_word.word", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    )


class MediaType(StrEnum):
    IMAGE = "IMAGE"
    VIDEO = "VIDEO"


class ProductMedia(IntegerKey, WithMetadata, Base):
    """A picture of a product, or a video elsewhere. Sizes are made by a job: `<path>/<size>.webp`
    (`catalog.media`).
    """

    __tablename__ = "product_media"
    __table_args__ = (
        Index(None, "product_id", "position", "id"),
        CheckConstraint("num_nonnulls(path, external_url) >= 1", name="lies_somewhere"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))
    type: Mapped[MediaType] = mapped_column(default=MediaType.IMAGE)
    position: Mapped[int] = mapped_column(default=0)
    alt: Mapped[str] = mapped_column(default="")
    path: Mapped[str | None]
    """Key in the media storage: the original. None for a video, and until a picture has been fetched."""
    external_url: Mapped[str | None]
    """Where it lies elsewhere: a video, or where a picture was fetched from."""
    oembed_data: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What a video's host says of it (https://oembed.com)."""
    width_pixels: Mapped[int | None]
    height_pixels: Mapped[int | None]
    thumbnail_sizes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)
    """Sizes made so far; others are made when first asked for."""

    product: Mapped[Product] = relationship(back_populates="media", lazy="raise")


variant_media = Table(
    "variant_media",
    Base.metadata,
    Column("variant_id", BigInteger, ForeignKey("product_variant.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "media_id",
        BigInteger,
        ForeignKey("product_media.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)
"""Which of its product's pictures show a variant."""


class SheetImportStatus(StrEnum):
    CHECKED = "CHECKED"
    REFUSED = "REFUSED"
    DONE = "DONE"


class SheetImport(IntegerKey, Timestamped, Base):
    """One reading of a seller's listing sheet: a dry run, or the real thing."""

    __tablename__ = "sheet_import"

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    file_name: Mapped[str]
    dry_run: Mapped[bool]
    status: Mapped[SheetImportStatus]
    rows_total: Mapped[int] = mapped_column(default=0)
    products_created: Mapped[int] = mapped_column(default=0)
    product_ids: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), default=list, server_default=text("'{}'")
    )
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    """At most 500 of {row, column, message, code}; rows are numbered as the sheet shows them."""
