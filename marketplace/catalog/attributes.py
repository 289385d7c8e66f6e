"""Tables of attributes: what a product type asks of its products, and what each product answers."""

from enum import StrEnum

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.models import TranslatedText
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


class AttributeType(StrEnum):
    PRODUCT_TYPE = "PRODUCT_TYPE"
    PAGE_TYPE = "PAGE_TYPE"


class Attribute(IntegerKey, WithMetadata, Base):
    __tablename__ = "attribute"

    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    type: Mapped[AttributeType] = mapped_column(default=AttributeType.PRODUCT_TYPE)
    input_type: Mapped[AttributeInputType] = mapped_column(default=AttributeInputType.DROPDOWN)
    unit: Mapped[str | None]
    value_required: Mapped[bool] = mapped_column(default=False)
    visible_in_storefront: Mapped[bool] = mapped_column(default=True)
    filterable_in_storefront: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    values: Mapped[list["AttributeValue"]] = relationship(back_populates="attribute", lazy="raise")
    translations: Mapped[list["AttributeTranslation"]] = relationship(lazy="raise")


class AttributeTranslation(IntegerKey, TranslatedText, Base):
    __tablename__ = "attribute_translation"
    __table_args__ = (UniqueConstraint("attribute_id", "language_code"),)

    attribute_id: Mapped[int] = mapped_column(ForeignKey("attribute.id", ondelete="CASCADE"))


class AttributeValue(IntegerKey, Base):
    """A value one may choose, or that one product wrote for itself."""

    __tablename__ = "attribute_value"
    __table_args__ = (UniqueConstraint("attribute_id", "slug"),)

    attribute_id: Mapped[int] = mapped_column(ForeignKey("attribute.id", ondelete="CASCADE"))
    slug: Mapped[str]
    name: Mapped[str]
    value: Mapped[str] = mapped_column(default="")
    """A swatch's colour, `#rrggbb`."""
    position: Mapped[int] = mapped_column(default=0)

    attribute: Mapped[Attribute] = relationship(back_populates="values", lazy="raise")
    translations: Mapped[list["AttributeValueTranslation"]] = relationship(lazy="raise")


class AttributeValueTranslation(IntegerKey, TranslatedText, Base):
    __tablename__ = "attribute_value_translation"
    __table_args__ = (UniqueConstraint("attribute_value_id", "language_code"),)

    attribute_value_id: Mapped[int] = mapped_column(ForeignKey("attribute_value.id", ondelete="CASCADE"))


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
