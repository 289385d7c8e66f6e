"""Tables of attributes: what types of products and of customers ask, and what products and people answer.

What page types ask, and what pages answer, stands in `content/pages.py`.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.models import Product, TranslatedText
from marketplace.kit.models import Base, IntegerKey, WithMetadata


class AttributeInputType(StrEnum):
    DROPDOWN = "DROPDOWN"
    MULTISELECT = "MULTISELECT"
    FILE = "FILE"
    REFERENCE = "REFERENCE"
    SINGLE_REFERENCE = "SINGLE_REFERENCE"
    NUMERIC = "NUMERIC"
    RICH_TEXT = "RICH_TEXT"
    PLAIN_TEXT = "PLAIN_TEXT"
    SWATCH = "SWATCH"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DATE_TIME = "DATE_TIME"


WITH_CHOICES = (AttributeInputType.DROPDOWN, AttributeInputType.MULTISELECT, AttributeInputType.SWATCH)
"""Input types of which the values are a list to choose from; each other answer is its owner's alone."""


class AttributeType(StrEnum):
    PRODUCT_TYPE = "PRODUCT_TYPE"
    PAGE_TYPE = "PAGE_TYPE"
    CUSTOMER_TYPE = "CUSTOMER_TYPE"


class AttributeEntityType(StrEnum):
    """What a reference points at. The names are those of the API's types, in capitals."""

    PAGE = "PAGE"
    PRODUCT = "PRODUCT"
    PRODUCT_VARIANT = "PRODUCT_VARIANT"
    CATEGORY = "CATEGORY"
    COLLECTION = "COLLECTION"


class MeasurementUnit(StrEnum):
    """What a number counts."""

    MM = "MM"
    CM = "CM"
    DM = "DM"
    M = "M"
    KM = "KM"
    FT = "FT"
    YD = "YD"
    INCH = "INCH"
    SQ_MM = "SQ_MM"
    SQ_CM = "SQ_CM"
    SQ_DM = "SQ_DM"
    SQ_M = "SQ_M"
    SQ_KM = "SQ_KM"
    SQ_FT = "SQ_FT"
    SQ_YD = "SQ_YD"
    SQ_INCH = "SQ_INCH"
    CUBIC_MILLIMETER = "CUBIC_MILLIMETER"
    CUBIC_CENTIMETER = "CUBIC_CENTIMETER"
    CUBIC_DECIMETER = "CUBIC_DECIMETER"
    CUBIC_METER = "CUBIC_METER"
    LITER = "LITER"
    CUBIC_FOOT = "CUBIC_FOOT"
    CUBIC_INCH = "CUBIC_INCH"
    CUBIC_YARD = "CUBIC_YARD"
    QT = "QT"
    PINT = "PINT"
    FL_OZ = "FL_OZ"
    ACRE_IN = "ACRE_IN"
    ACRE_FT = "ACRE_FT"
    G = "G"
    LB = "LB"
    OZ = "OZ"
    KG = "KG"
    TONNE = "TONNE"


class Attribute(IntegerKey, WithMetadata, Base):
    __tablename__ = "attribute"
    __table_args__ = (
        Index(None, "name", "slug"),
        Index(None, "metadata", postgresql_using="gin"),
        CheckConstraint(
            "(input_type IN ('REFERENCE', 'SINGLE_REFERENCE')) = (entity_type IS NOT NULL)",
            name="references_say_what",
        ),
    )

    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    type: Mapped[AttributeType] = mapped_column(default=AttributeType.PRODUCT_TYPE)
    input_type: Mapped[AttributeInputType] = mapped_column(default=AttributeInputType.DROPDOWN)
    entity_type: Mapped[AttributeEntityType | None]
    """What references point at; None for every other input type."""
    unit: Mapped[str | None] = mapped_column(String(20))
    """Of numbers: a `MeasurementUnit`."""
    value_required: Mapped[bool] = mapped_column(default=False)
    is_variant_only: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    visible_in_storefront: Mapped[bool] = mapped_column(default=True)
    """Buyers see it, and what is answered to it."""
    filterable_in_storefront: Mapped[bool] = mapped_column(default=True)
    filterable_in_dashboard: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    available_in_grid: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    storefront_search_position: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    external_reference: Mapped[str | None] = mapped_column(unique=True)
    position: Mapped[int] = mapped_column(default=0)
    is_going: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Nobody sees it any more: a job takes what was answered to it, and then the attribute (`forgetting`)."""

    values: Mapped[list["AttributeValue"]] = relationship(back_populates="attribute", lazy="raise")
    translations: Mapped[list["AttributeTranslation"]] = relationship(lazy="raise")


class AttributeTranslation(IntegerKey, TranslatedText, Base):
    __tablename__ = "attribute_translation"
    __table_args__ = (UniqueConstraint("attribute_id", "language_code"),)

    attribute_id: Mapped[int] = mapped_column(ForeignKey("attribute.id", ondelete="CASCADE"))


class AttributeReferenceProductType(Base):
    """A product type of which a reference may point at products, or their variants. None: at any."""

    __tablename__ = "attribute_reference_product_type"

    attribute_id: Mapped[int] = mapped_column(
        ForeignKey("attribute.id", ondelete="CASCADE"), primary_key=True
    )
    product_type_id: Mapped[int] = mapped_column(
        ForeignKey("product_type.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class AttributeReferencePageType(Base):
    """A page type of which a reference may point at pages. None: at any."""

    __tablename__ = "attribute_reference_page_type"

    attribute_id: Mapped[int] = mapped_column(
        ForeignKey("attribute.id", ondelete="CASCADE"), primary_key=True
    )
    page_type_id: Mapped[int] = mapped_column(
        ForeignKey("page_type.id", ondelete="CASCADE"), primary_key=True, index=True
    )


def _where_given(*names: str) -> Index:
    """An index of what few values have: of the first column, which is null in all the others."""
    return Index(None, *names, postgresql_where=text(f"{names[-1]} IS NOT NULL"))


class AttributeValue(IntegerKey, Base):
    """A value one may choose, or that one product wrote for itself: each input type fills its own columns."""

    __tablename__ = "attribute_value"
    __table_args__ = (
        UniqueConstraint("attribute_id", "slug"),
        Index(None, "attribute_id", "name"),
        Index(None, "attribute_id", "position", "id"),
        _where_given("attribute_id", "numeric"),
        _where_given("attribute_id", "date"),
        _where_given("attribute_id", "date_time"),
        _where_given("reference_product_id"),
        _where_given("reference_variant_id"),
        _where_given("reference_page_id"),
        _where_given("reference_category_id"),
        _where_given("reference_collection_id"),
    )

    attribute_id: Mapped[int] = mapped_column(ForeignKey("attribute.id", ondelete="CASCADE"))
    slug: Mapped[str]
    name: Mapped[str]
    value: Mapped[str] = mapped_column(default="")
    """A swatch's colour, `#rrggbb`."""
    position: Mapped[int] = mapped_column(default=0)
    external_reference: Mapped[str | None] = mapped_column(unique=True)
    numeric: Mapped[Decimal | None] = mapped_column(Numeric)
    """In the attribute's unit, exactly."""
    boolean: Mapped[bool | None]
    day: Mapped[date | None] = mapped_column("date", Date)
    date_time: Mapped[datetime | None]
    plain_text: Mapped[str | None]
    rich_text: Mapped[dict[str, Any] | None]
    """EditorJS blocks."""
    file_path: Mapped[str | None]
    """Key in the media storage: of a file, or of a swatch's picture."""
    content_type: Mapped[str | None]
    """The file's media type."""
    reference_product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))
    reference_variant_id: Mapped[int | None] = mapped_column(
        ForeignKey("product_variant.id", ondelete="CASCADE")
    )
    reference_page_id: Mapped[int | None] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))
    reference_category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id", ondelete="CASCADE"))
    reference_collection_id: Mapped[int | None] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE")
    )

    attribute: Mapped[Attribute] = relationship(back_populates="values", lazy="raise")
    translations: Mapped[list["AttributeValueTranslation"]] = relationship(lazy="raise")


class AttributeValueTranslation(IntegerKey, TranslatedText, Base):
    __tablename__ = "attribute_value_translation"
    __table_args__ = (UniqueConstraint("attribute_value_id", "language_code"),)

    attribute_value_id: Mapped[int] = mapped_column(ForeignKey("attribute_value.id", ondelete="CASCADE"))
    plain_text: Mapped[str | None]
    rich_text: Mapped[dict[str, Any] | None]


class AttributeScope(StrEnum):
    PRODUCT = "PRODUCT"
    VARIANT = "VARIANT"


class ProductTypeAttribute(Base):
    """An attribute that a product type asks for, of the product or of each variant."""

    __tablename__ = "product_type_attribute"

    product_type_id: Mapped[int] = mapped_column(
        ForeignKey("product_type.id", ondelete="CASCADE"), primary_key=True
    )
    attribute_id: Mapped[int] = mapped_column(
        ForeignKey("attribute.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    scope: Mapped[AttributeScope] = mapped_column(
        String(10), primary_key=True, default=AttributeScope.PRODUCT
    )
    position: Mapped[int] = mapped_column(default=0)
    variant_selection: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Buyers choose a variant by it; only of what variants are asked."""

    attribute: Mapped[Attribute] = relationship(lazy="raise")


product_attribute_value = Table(
    "product_attribute_value",
    Base.metadata,
    Column("product_id", BigInteger, ForeignKey("product.id", ondelete="CASCADE"), primary_key=True),
    Column("value_id", BigInteger, ForeignKey("attribute_value.id", ondelete="CASCADE"), primary_key=True),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
)

variant_attribute_value = Table(
    "variant_attribute_value",
    Base.metadata,
    Column("variant_id", BigInteger, ForeignKey("product_variant.id", ondelete="CASCADE"), primary_key=True),
    Column("value_id", BigInteger, ForeignKey("attribute_value.id", ondelete="CASCADE"), primary_key=True),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
)

Index(
    "ix_product_attribute_value_value_id",
    product_attribute_value.c.value_id,
    product_attribute_value.c.product_id,
)
Index(
    "ix_variant_attribute_value_value_id",
    variant_attribute_value.c.value_id,
    variant_attribute_value.c.variant_id,
)


class ProductAnswerOrder(Base):
    """What a product answers to an attribute, as products are sorted by it. Triggers keep it (`ddl.py`)."""

    __tablename__ = "product_answer_order"
    __table_args__ = (Index(None, "attribute_id", "words", "product_id"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    attribute_id: Mapped[int] = mapped_column(
        ForeignKey("attribute.id", ondelete="CASCADE"), primary_key=True
    )
    words: Mapped[str]
    """Of each value its name, number, day, moment or truth, such that they sort; one after the other."""


class CustomerTypeAttribute(Base):
    """An attribute that a kind of customer is asked for: here, since people know nothing of attributes."""

    __tablename__ = "customer_type_attribute"

    customer_type_id: Mapped[int] = mapped_column(
        ForeignKey("customer_type.id", ondelete="CASCADE"), primary_key=True
    )
    attribute_id: Mapped[int] = mapped_column(
        ForeignKey("attribute.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)


user_attribute_value = Table(
    "user_attribute_value",
    Base.metadata,
    Column("user_id", BigInteger, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    Column("value_id", BigInteger, ForeignKey("attribute_value.id", ondelete="CASCADE"), primary_key=True),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
)

Index("ix_user_attribute_value_value_id", user_attribute_value.c.value_id, user_attribute_value.c.user_id)

# For the attributes of a shelf: one look for each type and shelf, whatever the number of products.
Index("ix_product_product_type_id_category_id", Product.product_type_id, Product.category_id)
