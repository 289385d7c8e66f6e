"""Tables of markets: channels with their currency, tax classes with dated rates, zones and methods."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship, synonym

from marketplace.kit.models import Base, IntegerKey, Timestamped, WithMetadata
from marketplace.vendors.models import TaxRegime


class AllocationStrategy(StrEnum):
    """From which shelf pieces are taken first."""

    PRIORITIZE_SORTING_ORDER = "PRIORITIZE_SORTING_ORDER"
    """By the store rooms' places in the channel."""
    PRIORITIZE_HIGH_STOCK = "PRIORITIZE_HIGH_STOCK"
    """Where most of it lies."""


class MarkAsPaidStrategy(StrEnum):
    """What is written down when staff mark an order as paid."""

    TRANSACTION_FLOW = "TRANSACTION_FLOW"
    PAYMENT_FLOW = "PAYMENT_FLOW"


class TransactionFlowStrategy(StrEnum):
    """What a gateway is asked for first."""

    AUTHORIZATION = "AUTHORIZATION"
    CHARGE = "CHARGE"


class TaxCalculationStrategy(StrEnum):
    """Who works out what is taxed."""

    FLAT_RATES = "FLAT_RATES"
    """We do, by the shop's own rates."""
    TAX_APP = "TAX_APP"
    """An app, which is asked."""


class Channel(IntegerKey, WithMetadata, Base):
    """A market: one currency, a default country. Prices in it include tax unless it says otherwise."""

    __tablename__ = "channel"
    __table_args__ = (
        CheckConstraint("expire_orders_after_minutes > 0", name="orders_expire_later"),
        CheckConstraint("delete_expired_orders_after_days BETWEEN 1 AND 120", name="deletes_in_range"),
    )

    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    currency_code: Mapped[str] = mapped_column(CHAR(3))
    default_country_code: Mapped[str] = mapped_column(CHAR(2))
    is_active: Mapped[bool] = mapped_column(default=True)
    prices_entered_with_tax: Mapped[bool] = mapped_column(default=True)
    display_gross_prices: Mapped[bool] = mapped_column(default=True)
    charge_taxes: Mapped[bool] = mapped_column(default=True)
    """Otherwise buyers pay what is left of prices without their tax."""
    use_weighted_tax_for_shipping: Mapped[bool] = mapped_column(default=False)
    """Whether a parcel is taxed as the goods in it are on average, instead of by its method's class."""
    tax_calculation_strategy: Mapped[TaxCalculationStrategy] = mapped_column(
        default=TaxCalculationStrategy.FLAT_RATES, server_default=text("'FLAT_RATES'")
    )
    tax_app_id: Mapped[str | None]
    """The identifier of the app that is asked for taxes. None: all that answer to it are."""
    cash_on_delivery: Mapped[bool] = mapped_column(default=False)
    reserve_stock_minutes: Mapped[int] = mapped_column(default=60)
    """How long a checkout's pieces are kept for it, counted from its last change."""
    allocation_strategy: Mapped[AllocationStrategy] = mapped_column(
        default=AllocationStrategy.PRIORITIZE_SORTING_ORDER
    )
    automatically_confirm_all_new_orders: Mapped[bool] = mapped_column(default=True)
    automatically_fulfill_non_shippable_gift_card: Mapped[bool] = mapped_column(default=True)
    expire_orders_after_minutes: Mapped[int | None]
    """When an order that is neither confirmed nor paid is called off. None: never."""
    delete_expired_orders_after_days: Mapped[int] = mapped_column(default=60)
    mark_as_paid_strategy: Mapped[MarkAsPaidStrategy] = mapped_column(
        default=MarkAsPaidStrategy.TRANSACTION_FLOW
    )
    allow_unpaid_orders: Mapped[bool] = mapped_column(default=False)
    """Whether a checkout may become an order before anyone has paid or promised to."""
    include_draft_order_in_voucher_usage: Mapped[bool] = mapped_column(default=False)
    draft_order_line_price_freeze_hours: Mapped[int | None] = mapped_column(default=24)
    """How long a draft keeps its prices. None: for good."""
    use_legacy_line_discount_propagation: Mapped[bool] = mapped_column(default=False)
    use_legacy_error_flow: Mapped[bool] = mapped_column(default=False)
    automatically_complete_fully_paid_checkouts: Mapped[bool] = mapped_column(default=False)
    automatic_completion_delay_minutes: Mapped[int | None]
    automatic_completion_cut_off_date: Mapped[datetime | None]
    """Checkouts that were opened before it are left alone."""
    allow_legacy_gift_card_use: Mapped[bool] = mapped_column(default=True)
    """Whether gift cards are put into carts by their codes, like vouchers."""
    default_transaction_flow_strategy: Mapped[TransactionFlowStrategy] = mapped_column(
        default=TransactionFlowStrategy.AUTHORIZATION
    )
    release_funds_for_expired_checkouts: Mapped[bool] = mapped_column(default=False)
    release_funds_after_hours: Mapped[int] = mapped_column(default=6)
    release_funds_cut_off_date: Mapped[datetime | None]
    tax_metadata: Mapped[dict[str, str]] = mapped_column(
        JSONB, default=dict, server_default=text("'{}'"), sort_order=97
    )
    tax_private_metadata: Mapped[dict[str, str]] = mapped_column(
        JSONB, default=dict, server_default=text("'{}'"), sort_order=98
    )


class TaxConfiguration(Base):
    """What a channel does about taxes: the same row, which Saleor's clients see as a thing of its own."""

    __table__ = Channel.__table__
    __mapper_args__ = {  # noqa: RUF012 - SQLAlchemy's own attribute
        "include_properties": [
            "id",
            "prices_entered_with_tax",
            "display_gross_prices",
            "charge_taxes",
            "use_weighted_tax_for_shipping",
            "tax_calculation_strategy",
            "tax_app_id",
            "tax_metadata",
            "tax_private_metadata",
        ]
    }

    public_metadata: Mapped[dict[str, str]] = synonym("tax_metadata")
    private_metadata: Mapped[dict[str, str]] = synonym("tax_private_metadata")


class CountryTaxes(IntegerKey, Base):
    """A country whose taxes a channel deals with otherwise."""

    __tablename__ = "channel_country_taxes"
    __table_args__ = (UniqueConstraint("channel_id", "country_code"),)

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    country_code: Mapped[str] = mapped_column(CHAR(2))
    charge_taxes: Mapped[bool]
    display_gross_prices: Mapped[bool]
    use_weighted_tax_for_shipping: Mapped[bool | None]
    """None: as in the channel's other countries."""
    tax_calculation_strategy: Mapped[TaxCalculationStrategy | None]
    """None: as in the channel's other countries."""
    tax_app_id: Mapped[str | None]
    """None: as in the channel's other countries."""


class TaxClass(IntegerKey, WithMetadata, Base):
    __tablename__ = "tax_class"

    name: Mapped[str] = mapped_column(unique=True)


class TaxRate(IntegerKey, Base):
    """A rate of a class in a country for sellers of a regime, from one day to another (exclusive)."""

    __tablename__ = "tax_rate"
    __table_args__ = (
        Index(None, "country_code", "tax_class_id", "regime", "valid_from"),
        CheckConstraint("rate_bp BETWEEN 0 AND 10000", name="rate_in_range"),
        CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="ends_after_start"),
    )

    tax_class_id: Mapped[int | None] = mapped_column(ForeignKey("tax_class.id", ondelete="CASCADE"))
    """None: the country's rate for classes without one of their own."""
    country_code: Mapped[str] = mapped_column(CHAR(2))
    regime: Mapped[TaxRegime] = mapped_column(default=TaxRegime.STANDARD)
    rate_bp: Mapped[int]
    """Basis points: 2000 is 20 %."""
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


zone_channel = Table(
    "shipping_zone_channel",
    Base.metadata,
    Column("zone_id", BigInteger, ForeignKey("shipping_zone.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "channel_id", BigInteger, ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class ShippingZone(IntegerKey, WithMetadata, Base):
    __tablename__ = "shipping_zone"
    __table_args__ = (
        Index("ix_shipping_zone_default", "is_default", unique=True, postgresql_where=text("is_default")),
    )

    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    country_codes: Mapped[list[str]] = mapped_column(default=list)
    is_default: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """It was given all countries that no other zone had."""

    channels: Mapped[list[Channel]] = relationship(secondary=zone_channel, lazy="raise")
    methods: Mapped[list["ShippingMethod"]] = relationship(back_populates="zone", lazy="raise")


class ShippingMethodType(StrEnum):
    PRICE = "PRICE"
    WEIGHT = "WEIGHT"


class ShippingMethod(IntegerKey, Timestamped, WithMetadata, Base):
    """A way a parcel travels. Weights are of one parcel, in grams."""

    __tablename__ = "shipping_method"

    zone_id: Mapped[int] = mapped_column(ForeignKey("shipping_zone.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    description: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """EditorJS blocks."""
    type: Mapped[ShippingMethodType] = mapped_column(default=ShippingMethodType.PRICE)
    carrier: Mapped[str] = mapped_column(default="")
    tracking_url: Mapped[str] = mapped_column(default="")
    """Where the carrier shows a parcel; `{number}` stands for its number. Empty: nowhere."""
    collects_cash: Mapped[bool] = mapped_column(default=False)
    minimum_weight_grams: Mapped[int | None]
    maximum_weight_grams: Mapped[int | None]
    minimum_delivery_days: Mapped[int | None]
    maximum_delivery_days: Mapped[int | None]
    tax_class_id: Mapped[int | None] = mapped_column(ForeignKey("tax_class.id", ondelete="SET NULL"))

    zone: Mapped[ShippingZone] = relationship(back_populates="methods", lazy="raise")
    listings: Mapped[list["ShippingMethodListing"]] = relationship(lazy="raise")
    translations: Mapped[list["ShippingMethodTranslation"]] = relationship(lazy="raise")
    postal_code_rules: Mapped[list["PostalCodeRule"]] = relationship(lazy="raise")


class ShippingMethodTranslation(IntegerKey, Base):
    __tablename__ = "shipping_method_translation"
    __table_args__ = (UniqueConstraint("shipping_method_id", "language_code"),)

    shipping_method_id: Mapped[int] = mapped_column(ForeignKey("shipping_method.id", ondelete="CASCADE"))
    language_code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str | None]
    description: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class ShippingMethodListing(IntegerKey, Base):
    """What a method costs in a channel: so much a parcel, and more for each further kilogram begun."""

    __tablename__ = "shipping_method_listing"
    __table_args__ = (UniqueConstraint("method_id", "channel_id"),)

    method_id: Mapped[int] = mapped_column(ForeignKey("shipping_method.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), index=True)
    currency: Mapped[str] = mapped_column(CHAR(3))
    parcel_price_minor: Mapped[int]
    further_kilogram_price_minor: Mapped[int] = mapped_column(default=0)
    minimum_order_price_minor: Mapped[int | None]
    maximum_order_price_minor: Mapped[int | None]


class PostalCodeInclusion(StrEnum):
    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


class PostalCodeRule(IntegerKey, Base):
    """Postal codes that a method serves, or does not. `postal_codes` says how they compare.

    A method whose rules are of both kinds serves nobody, as in Saleor.
    """

    __tablename__ = "shipping_method_postal_code_rule"
    __table_args__ = (UniqueConstraint("method_id", "start", "end", postgresql_nulls_not_distinct=True),)

    method_id: Mapped[int] = mapped_column(ForeignKey("shipping_method.id", ondelete="CASCADE"))
    start: Mapped[str] = mapped_column(String(32))
    end: Mapped[str | None] = mapped_column(String(32))
    """The last one, itself included. None: all that come after."""
    inclusion: Mapped[PostalCodeInclusion] = mapped_column(default=PostalCodeInclusion.EXCLUDE)


excluded_product = Table(
    "shipping_method_excluded_product",
    Base.metadata,
    Column("method_id", BigInteger, ForeignKey("shipping_method.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "product_id",
        BigInteger,
        ForeignKey("product.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)
"""Goods that a method does not carry: it is not offered for a cart that has one of them."""
