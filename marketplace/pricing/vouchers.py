"""Tables of vouchers: what a promo code takes off a cart, where, for whom, and how often.

A voucher has any number of codes, and a value of its own in each channel that it is listed in. Minimum
amounts are minor units of the channel's currency; a discount's value is an amount of it, or per cent.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Numeric,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey, Timestamped, UuidKey, WithMetadata
from marketplace.markets.models import Channel
from marketplace.pricing.discounts import DiscountValueType

DISCOUNT_VALUE = Numeric(20, 3)
"""As Saleor's clients send it: an amount in whole units of a currency, or per cent."""


class VoucherType(StrEnum):
    SHIPPING = "SHIPPING"
    """Off the delivery."""
    ENTIRE_ORDER = "ENTIRE_ORDER"
    """Off all goods together."""
    SPECIFIC_PRODUCT = "SPECIFIC_PRODUCT"
    """Off each piece of some goods."""


def _catalogue(name: str) -> Table:
    """Which rows of the catalogue a voucher is for."""
    return Table(
        f"voucher_{name}",
        Base.metadata,
        Column("voucher_id", BigInteger, ForeignKey("voucher.id", ondelete="CASCADE"), primary_key=True),
        Column(
            f"{name}_id",
            BigInteger,
            ForeignKey(f"{'product_variant' if name == 'variant' else name}.id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
    )


voucher_category = _catalogue("category")
voucher_collection = _catalogue("collection")
voucher_product = _catalogue("product")
voucher_variant = _catalogue("variant")


class Voucher(IntegerKey, Timestamped, WithMetadata, Base):
    """A reduction that buyers get by a code."""

    __tablename__ = "voucher"
    __table_args__ = (
        CheckConstraint("used >= 0", name="used_not_negative"),
        CheckConstraint("usage_limit IS NULL OR usage_limit > 0", name="usage_limit_positive"),
        CheckConstraint("minimum_pieces IS NULL OR minimum_pieces > 0", name="minimum_pieces_positive"),
        Index(None, "name", "id"),
        Index(None, "starts_at", "id"),
        Index(None, "ends_at", "id"),
        Index(None, "type", "id"),
        Index(None, "usage_limit", "id"),
        Index(None, "metadata", postgresql_using="gin"),
    )

    type: Mapped[VoucherType] = mapped_column(default=VoucherType.ENTIRE_ORDER)
    name: Mapped[str | None] = mapped_column(String(255))
    discount_value_type: Mapped[DiscountValueType] = mapped_column(default=DiscountValueType.FIXED)
    starts_at: Mapped[datetime] = mapped_column(default=clock.now)
    ends_at: Mapped[datetime | None]
    usage_limit: Mapped[int | None]
    """How often all its codes together may be used."""
    used: Mapped[int] = mapped_column(default=0)
    """How often they were: counted only where there is a limit, as in Saleor."""
    apply_once_per_order: Mapped[bool] = mapped_column(default=False)
    """Only one piece is reduced: the cheapest."""
    apply_once_per_customer: Mapped[bool] = mapped_column(default=False)
    single_use: Mapped[bool] = mapped_column(default=False)
    """Each code is good for one order."""
    only_for_staff: Mapped[bool] = mapped_column(default=False)
    minimum_pieces: Mapped[int | None]
    country_codes: Mapped[list[str]] = mapped_column(default=list)
    """Where delivery is reduced; empty: everywhere."""

    codes: Mapped[list["VoucherCode"]] = relationship(back_populates="voucher", lazy="raise")
    listings: Mapped[list["VoucherChannelListing"]] = relationship(back_populates="voucher", lazy="raise")
    translations: Mapped[list["VoucherTranslation"]] = relationship(lazy="raise")


class VoucherCode(UuidKey, Base):
    __tablename__ = "voucher_code"
    __table_args__ = (
        Index(None, "voucher_id", "created_at", "id"),
        CheckConstraint("used >= 0", name="used_not_negative"),
    )

    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(255), unique=True)
    used: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    """A code of a single-use voucher is not, once it has been used."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    voucher: Mapped[Voucher] = relationship(back_populates="codes", lazy="raise")


class VoucherChannelListing(IntegerKey, Base):
    """What a voucher is worth in a channel."""

    __tablename__ = "voucher_channel_listing"
    __table_args__ = (
        UniqueConstraint("voucher_id", "channel_id"),
        Index(None, "channel_id", "discount_value", "voucher_id"),
        Index(None, "channel_id", "minimum_spent_minor", "voucher_id"),
        CheckConstraint("discount_value >= 0", name="discount_value_not_negative"),
    )

    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    discount_value: Mapped[Decimal] = mapped_column(DISCOUNT_VALUE)
    minimum_spent_minor: Mapped[int | None]
    """What the goods must come to, as prices are entered in the channel."""

    voucher: Mapped[Voucher] = relationship(back_populates="listings", lazy="raise")
    channel: Mapped[Channel] = relationship(lazy="raise")


class VoucherCustomer(IntegerKey, Base):
    """Who has used a voucher that everybody may use once. Addresses are kept in lower case."""

    __tablename__ = "voucher_customer"
    __table_args__ = (UniqueConstraint("voucher_id", "customer_email"),)

    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id", ondelete="CASCADE"))
    voucher_code_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("voucher_code.id", ondelete="SET NULL"), index=True
    )
    customer_email: Mapped[str]


class VoucherTranslation(IntegerKey, Base):
    __tablename__ = "voucher_translation"
    __table_args__ = (UniqueConstraint("voucher_id", "language_code"),)

    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id", ondelete="CASCADE"))
    language_code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str | None]
