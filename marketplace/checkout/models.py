"""Tables of checkouts. Amounts are minor units of the checkout's currency."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.models import ProductVariant
from marketplace.kit.models import (
    Base,
    IntegerKey,
    Timestamped,
    UuidKey,
    WithMetadata,
    index_where_known,
    metadata_index,
)
from marketplace.markets.models import Channel, ShippingMethod
from marketplace.people.models import Address, User
from marketplace.vendors.models import Vendor


class Checkout(UuidKey, Timestamped, WithMetadata, Base):
    """A cart. Its id is its key: who knows it may use it, as in Saleor.

    Totals are worked out by `checkout.totals.recalculate` in the transaction of every change.
    """

    __tablename__ = "checkout"
    # A delivery that is deleted looks for the checkouts that have chosen it, in every sale.
    __table_args__ = (
        Index("ix_checkout_delivery_id", "delivery_id", postgresql_where=text("delivery_id IS NOT NULL")),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "channel_id", "created_at"),
        Index("ix_checkout_by_email", text("coalesce(email, '')"), "id"),
        Index("ix_checkout_email", text("lower(email)"), postgresql_using="hash"),
        index_where_known("billing_address_id"),
        index_where_known("shipping_address_id"),
        Index("ix_checkout_free", "id", postgresql_where=text("total_gross_minor <= 0")),
        metadata_index(),
    )

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    email: Mapped[str | None]
    currency: Mapped[str] = mapped_column(CHAR(3))
    country_code: Mapped[str] = mapped_column(CHAR(2))
    """Where it is taxed: the shipping address's, before that the channel's default."""
    language_code: Mapped[str] = mapped_column(String(16), default="fr")
    note: Mapped[str] = mapped_column(default="")
    billing_address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id", ondelete="SET NULL"))
    shipping_address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id", ondelete="SET NULL"))
    save_billing_address: Mapped[bool] = mapped_column(default=True)
    """Whether the buyer's address book gets it once this is an order."""
    save_shipping_address: Mapped[bool] = mapped_column(default=True)
    delivery_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("checkout_delivery.id", ondelete="SET NULL", use_alter=True)
    )
    """The chosen delivery option."""
    subtotal_gross_minor: Mapped[int] = mapped_column(default=0)
    subtotal_net_minor: Mapped[int] = mapped_column(default=0)
    shipping_gross_minor: Mapped[int] = mapped_column(default=0)
    shipping_net_minor: Mapped[int] = mapped_column(default=0)
    total_gross_minor: Mapped[int] = mapped_column(default=0)
    """What is left to pay: goods and delivery after discounts, less what gift cards pay."""
    total_net_minor: Mapped[int] = mapped_column(default=0)
    voucher_code: Mapped[str | None]
    """The promo code in use, as it is written. Kept as text: a code may go while carts have it."""
    discount_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What a voucher or an order promotion takes off, as prices are entered. A gift takes nothing off."""
    discount_name: Mapped[str | None]
    translated_discount_name: Mapped[str | None]
    uses_gift_cards: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether there may be rows of `checkout_gift_card`: carts without are spared looking."""
    gift_card_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What gift cards pay of it, by what was on them at the last change."""
    is_tax_exempt: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Staff have said so: it costs what is left of prices without their tax."""
    tax_answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What an app has said of its taxes, in the form of `checkout.app_taxes`. None: no app works them out."""
    completion_tried_at: Mapped[datetime | None]
    """When it could not become an order by itself: `payments.auto_completion`."""

    channel: Mapped[Channel] = relationship(lazy="raise")
    user: Mapped[User | None] = relationship(lazy="raise")
    billing_address: Mapped[Address | None] = relationship(foreign_keys=[billing_address_id], lazy="raise")
    shipping_address: Mapped[Address | None] = relationship(foreign_keys=[shipping_address_id], lazy="raise")
    lines: Mapped[list["CheckoutLine"]] = relationship(back_populates="checkout", lazy="raise")
    delivery: Mapped["CheckoutDelivery | None"] = relationship(foreign_keys=[delivery_id], lazy="raise")
    deliveries: Mapped[list["CheckoutDelivery"]] = relationship(
        foreign_keys="CheckoutDelivery.checkout_id", back_populates="checkout", lazy="raise"
    )


class CheckoutGiftCard(IntegerKey, Base):
    """A gift card that shall pay, in the order in which they were added."""

    __tablename__ = "checkout_gift_card"
    __table_args__ = (UniqueConstraint("checkout_id", "gift_card_id"),)

    checkout_id: Mapped[UUID] = mapped_column(ForeignKey("checkout.id", ondelete="CASCADE"))
    gift_card_id: Mapped[int] = mapped_column(ForeignKey("gift_card.id", ondelete="CASCADE"), index=True)


class CheckoutLine(UuidKey, Timestamped, WithMetadata, Base):
    __tablename__ = "checkout_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index(None, "created_at", "id"),
        # At most one gift; and every change of a cart asks whether it has one.
        Index("ix_checkout_line_gift", "checkout_id", unique=True, postgresql_where=text("is_gift")),
    )

    checkout_id: Mapped[UUID] = mapped_column(ForeignKey("checkout.id", ondelete="CASCADE"), index=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"), index=True)
    quantity: Mapped[int]
    price_override_minor: Mapped[int | None]
    """What one piece costs instead of its listed price, as entered. Only staff set it."""
    price_override_reason: Mapped[str | None]
    currency: Mapped[str] = mapped_column(CHAR(3))
    tax_rate_bp: Mapped[int] = mapped_column(default=0)
    undiscounted_unit_price_minor: Mapped[int] = mapped_column(default=0)
    unit_gross_minor: Mapped[int] = mapped_column(default=0)
    unit_net_minor: Mapped[int] = mapped_column(default=0)
    total_gross_minor: Mapped[int] = mapped_column(default=0)
    total_net_minor: Mapped[int] = mapped_column(default=0)
    discount_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What of the cart's discount falls on this line, as prices are entered. The prices above are after it;
    a gift's is all that it would cost."""
    is_gift: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether an order promotion has put it there: one piece, which costs nothing. Buyers can't change it."""

    checkout: Mapped[Checkout] = relationship(back_populates="lines", lazy="raise")
    variant: Mapped[ProductVariant] = relationship(lazy="raise")


class CheckoutDelivery(UuidKey, Timestamped, Base):
    """One way this checkout could travel: a method (the shop's or an app's), and its price over all."""

    __tablename__ = "checkout_delivery"
    __table_args__ = (
        UniqueConstraint("checkout_id", "method_id"),
        UniqueConstraint("checkout_id", "app_method_id"),
        CheckConstraint("(method_id IS NULL) <> (app_method_id IS NULL)", name="of_shop_or_app"),
    )

    checkout_id: Mapped[UUID] = mapped_column(ForeignKey("checkout.id", ondelete="CASCADE"))
    method_id: Mapped[int | None] = mapped_column(ForeignKey("shipping_method.id", ondelete="CASCADE"))
    app_method_id: Mapped[str | None]
    """Of an app's method, its id: `app:<identifier>:<the app's own id>`."""
    app_method: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What the app says of it, as `app_methods.AppMethod` writes it."""
    currency: Mapped[str] = mapped_column(CHAR(3))
    price_minor: Mapped[int]
    """As entered: the sum of the parcels' prices."""

    checkout: Mapped[Checkout] = relationship(
        foreign_keys=[checkout_id], back_populates="deliveries", lazy="raise"
    )
    method: Mapped[ShippingMethod | None] = relationship(lazy="raise")
    parcels: Mapped[list["CheckoutParcel"]] = relationship(back_populates="delivery", lazy="raise")


class CheckoutParcel(IntegerKey, Base):
    """One seller's part of a delivery option."""

    __tablename__ = "checkout_parcel"
    __table_args__ = (UniqueConstraint("delivery_id", "vendor_id"),)

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("checkout_delivery.id", ondelete="CASCADE"))
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id"))
    weight_grams: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    price_minor: Mapped[int]
    tax_rate_bp: Mapped[int] = mapped_column(default=0)
    gross_minor: Mapped[int]
    net_minor: Mapped[int]

    delivery: Mapped[CheckoutDelivery] = relationship(back_populates="parcels", lazy="raise")
    vendor: Mapped[Vendor] = relationship(lazy="raise")
