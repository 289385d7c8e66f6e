"""Tables of orders.

The buyer has one `Order`; completing a checkout splits it, in the same transaction, into one `VendorOrder`
per seller, each with its lines and its share of delivery. Every share adds up to the whole exactly.
Amounts are minor units of the order's currency.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    Sequence,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.models import ProductVariant
from marketplace.content.reasons import WithReason, by_reason_index
from marketplace.inventory.models import Stock, Warehouse
from marketplace.kit import acting, clock
from marketplace.kit.models import (
    Base,
    IntegerKey,
    Timestamped,
    UuidKey,
    WithMetadata,
    by_app_index,
    index_where_known,
)
from marketplace.markets.models import Channel, ShippingMethod, TaxClass
from marketplace.people.models import Address, User
from marketplace.pricing.discounts import DiscountValueType
from marketplace.vendors.models import Vendor

SAID = JSONB(none_as_null=True)
"""A tax class's metadata, public and private, as an order brought it along; None: the class's own."""
order_number = Sequence("order_number", metadata=Base.metadata, start=1)


class OrderStatus(StrEnum):
    DRAFT = "DRAFT"
    UNCONFIRMED = "UNCONFIRMED"
    UNFULFILLED = "UNFULFILLED"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    PARTIALLY_RETURNED = "PARTIALLY_RETURNED"
    RETURNED = "RETURNED"
    FULFILLED = "FULFILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class OrderOrigin(StrEnum):
    CHECKOUT = "CHECKOUT"
    DRAFT = "DRAFT"
    REISSUE = "REISSUE"
    BULK_CREATE = "BULK_CREATE"


class AuthorizeStatus(StrEnum):
    NONE = "NONE"
    PARTIAL = "PARTIAL"
    FULL = "FULL"


class ChargeStatus(StrEnum):
    NONE = "NONE"
    PARTIAL = "PARTIAL"
    FULL = "FULL"
    OVERCHARGED = "OVERCHARGED"


def _of_drafts(*columns: str) -> Index:
    """Drafts are few among the orders: their list has indexes that orders which were placed are not in."""
    drafts = text("status = 'DRAFT'")
    return Index(f"ix_customer_order_draft_{columns[0]}", *columns, postgresql_where=drafts)


class Order(UuidKey, Timestamped, WithMetadata, Base):
    """What a buyer bought in one go, from however many sellers."""

    __tablename__ = "customer_order"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "channel_id", "created_at"),
        Index(None, "user_id", "created_at"),
        Index(None, "status", "created_at", "id"),
        Index(None, "charge_status", "created_at", "id"),
        Index(None, "authorize_status", "created_at"),
        Index(None, "user_email", "id"),
        Index(None, "updated_at", "id"),
        Index(
            "ix_customer_order_refunded",
            "created_at",
            postgresql_where=text("total_refunded_minor > 0"),
        ),
        Index(
            "ix_customer_order_authorized",
            "created_at",
            postgresql_where=text("total_authorized_minor > 0"),
        ),
        Index(None, "currency", "total_gross_minor"),
        Index(None, "currency", "total_net_minor"),
        *[_of_drafts(*columns) for columns in (("number",), ("updated_at", "id"), ("user_email", "id"))],
        _of_drafts("charge_status", "created_at", "id"),
        Index(None, "billing_address_id"),
        Index(None, "shipping_address_id"),
        index_where_known("original_id"),
        index_where_known("voucher_id"),
        index_where_known("voucher_code"),
        Index(None, "metadata", postgresql_using="gin"),
    )

    number: Mapped[int] = mapped_column(order_number, unique=True, server_default=order_number.next_value())
    status: Mapped[OrderStatus] = mapped_column(default=OrderStatus.UNFULFILLED)
    origin: Mapped[OrderOrigin] = mapped_column(default=OrderOrigin.CHECKOUT)
    original_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer_order.id", ondelete="SET NULL"))
    """Of one that replaces pieces of another: that other."""
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    user_email: Mapped[str] = mapped_column(default="")
    checkout_id: Mapped[UUID | None] = mapped_column(Uuid, unique=True)
    """The checkout it was, which is gone: one checkout makes one order."""
    language_code: Mapped[str] = mapped_column(String(16), default="fr")
    customer_note: Mapped[str] = mapped_column(default="")
    external_reference: Mapped[str | None] = mapped_column(unique=True)
    billing_address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id", ondelete="SET NULL"))
    shipping_address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id", ondelete="SET NULL"))
    shipping_method_id: Mapped[int | None] = mapped_column(
        ForeignKey("shipping_method.id", ondelete="SET NULL")
    )
    shipping_app_method_id: Mapped[str | None]
    """Of one that an app offered, its id: `app:<identifier>:<the app's own id>`."""
    shipping_app_method: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What the app had said of it."""
    shipping_method_name: Mapped[str | None]
    shipping_tax_class_id: Mapped[int | None] = mapped_column(ForeignKey("tax_class.id", ondelete="SET NULL"))
    shipping_tax_class_name: Mapped[str | None]
    """What the class was called at the sale."""
    shipping_tax_class_said: Mapped[dict[str, dict[str, str]] | None] = mapped_column(SAID)
    redirect_url: Mapped[str | None]
    """Where the client that completed the checkout shows the order to its buyer."""
    currency: Mapped[str] = mapped_column(CHAR(3))
    subtotal_gross_minor: Mapped[int]
    subtotal_net_minor: Mapped[int]
    shipping_gross_minor: Mapped[int]
    shipping_net_minor: Mapped[int]
    shipping_tax_rate_bp: Mapped[int] = mapped_column(default=0)
    undiscounted_total_gross_minor: Mapped[int]
    undiscounted_total_net_minor: Mapped[int]
    total_gross_minor: Mapped[int]
    """What was left to pay after gift cards: with `gift_card_minor`, all that its parts come to."""
    total_net_minor: Mapped[int]
    gift_card_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What gift cards paid when it was placed."""
    shipping_discount_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What a voucher took off the delivery, as prices were entered."""
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("voucher.id", ondelete="SET NULL"))
    voucher_code: Mapped[str | None]
    """As it was written then."""
    total_authorized_minor: Mapped[int] = mapped_column(default=0)
    total_charged_minor: Mapped[int] = mapped_column(default=0)
    total_refunded_minor: Mapped[int] = mapped_column(default=0)
    authorize_status: Mapped[AuthorizeStatus] = mapped_column(default=AuthorizeStatus.NONE)
    charge_status: Mapped[ChargeStatus] = mapped_column(default=ChargeStatus.NONE)
    is_demo: Mapped[bool] = mapped_column(default=False)
    is_tax_exempt: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    tax_answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """As of a checkout: what an app has said of its taxes, last time that staff changed it."""
    expired_at: Mapped[datetime | None]
    saves_billing_address: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Of a draft: whether its customer's address book gets the address once it is completed."""
    saves_shipping_address: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    weight_grams: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Of a draft, which has no parcels yet."""
    shows_gross_prices: Mapped[bool | None]
    """Whether its prices are to be shown with tax; None: as its channel says."""

    channel: Mapped[Channel] = relationship(lazy="raise")
    user: Mapped[User | None] = relationship(lazy="raise")
    billing_address: Mapped[Address | None] = relationship(foreign_keys=[billing_address_id], lazy="raise")
    shipping_address: Mapped[Address | None] = relationship(foreign_keys=[shipping_address_id], lazy="raise")
    shipping_method: Mapped[ShippingMethod | None] = relationship(lazy="raise")
    shipping_tax_class: Mapped[TaxClass | None] = relationship(lazy="raise")
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", order_by="OrderLine.position", lazy="raise"
    )
    vendor_orders: Mapped[list["VendorOrder"]] = relationship(
        back_populates="order", order_by="VendorOrder.position", lazy="raise"
    )
    fulfillments: Mapped[list["Fulfillment"]] = relationship(
        back_populates="order", order_by="Fulfillment.fulfillment_order", lazy="raise"
    )
    events: Mapped[list["OrderEvent"]] = relationship(order_by="OrderEvent.id", lazy="raise")


class VendorOrderStatus(StrEnum):
    """Where one seller's parcel stands."""

    UNFULFILLED = "UNFULFILLED"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    FULFILLED = "FULFILLED"
    """Handed to the carrier."""
    DELIVERED = "DELIVERED"
    REFUSED = "REFUSED"
    RETURNED = "RETURNED"
    CANCELED = "CANCELED"


class VendorOrder(UuidKey, Timestamped, Base):
    """One seller's part of an order: its own lines, parcel, status and earnings."""

    __tablename__ = "vendor_order"
    __table_args__ = (
        UniqueConstraint("order_id", "vendor_id"),
        Index(None, "created_at", "id"),
        Index(None, "vendor_id", "created_at"),
        Index(None, "status", "created_at"),
        Index(
            "ix_vendor_order_under_way",
            "vendor_id",
            postgresql_where=text("status IN ('UNFULFILLED', 'PARTIALLY_FULFILLED', 'FULFILLED')"),
        ),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"))
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id"))
    position: Mapped[int]
    """1 for the order's first seller: with the order's number it is what people call it, `1042-1`."""
    status: Mapped[VendorOrderStatus] = mapped_column(default=VendorOrderStatus.UNFULFILLED)
    currency: Mapped[str] = mapped_column(CHAR(3))
    weight_grams: Mapped[int] = mapped_column(default=0)
    minimum_delivery_days: Mapped[int | None]
    """As the buyer was told at the sale: days from the order to the door, time to make it included."""
    maximum_delivery_days: Mapped[int | None]
    subtotal_gross_minor: Mapped[int]
    subtotal_net_minor: Mapped[int]
    shipping_gross_minor: Mapped[int]
    shipping_net_minor: Mapped[int]
    total_gross_minor: Mapped[int]
    total_net_minor: Mapped[int]
    gift_card_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """The part's share of what gift cards paid: contained in the total, not taken off it."""
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    withdrawal_ends_at: Mapped[datetime | None]
    """Seven days after the buyer received it (law 31-08); until then the money is held."""

    order: Mapped[Order] = relationship(back_populates="vendor_orders", lazy="raise")
    vendor: Mapped[Vendor] = relationship(lazy="raise")
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="vendor_order", order_by="OrderLine.position", lazy="raise"
    )
    fulfillments: Mapped[list["Fulfillment"]] = relationship(
        back_populates="vendor_order", order_by="Fulfillment.fulfillment_order", lazy="raise"
    )


class OrderLine(UuidKey, WithMetadata, Base):
    """What was bought, as it was called and priced then: later changes of the product don't touch it."""

    __tablename__ = "order_line"
    __table_args__ = (
        Index(None, "order_id", "position"),
        Index(None, "vendor_order_id", "position"),
        Index(None, "position", "order_id"),
        Index(None, "metadata", postgresql_using="gin"),
        Index("ix_order_line_product_sku", "product_sku", postgresql_using="hash"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("quantity_fulfilled BETWEEN 0 AND quantity", name="fulfilled_in_range"),
        index_where_known("price_frozen_until"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"))
    vendor_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("vendor_order.id", ondelete="CASCADE"))
    """None as long as the order is a draft: it is split among its sellers when it is completed."""
    variant_id: Mapped[int | None] = mapped_column(
        ForeignKey("product_variant.id", ondelete="SET NULL"), index=True
    )
    category_id: Mapped[int | None] = mapped_column(BigInteger)
    """The product's category at the sale, for the figures."""
    position: Mapped[int]
    product_name: Mapped[str]
    variant_name: Mapped[str] = mapped_column(default="")
    translated_product_name: Mapped[str] = mapped_column(default="")
    translated_variant_name: Mapped[str] = mapped_column(default="")
    product_sku: Mapped[str | None]
    picture_path: Mapped[str | None]
    is_shipping_required: Mapped[bool] = mapped_column(default=True)
    lead_time_days: Mapped[int | None]
    """Made to order: until it was to be handed to the carrier, as it was said at the sale."""
    quantity: Mapped[int]
    quantity_fulfilled: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(CHAR(3))
    tax_rate_bp: Mapped[int] = mapped_column(default=0)
    tax_class_id: Mapped[int | None] = mapped_column(ForeignKey("tax_class.id", ondelete="SET NULL"))
    tax_class_name: Mapped[str | None]
    """What the class was called at the sale."""
    tax_class_said: Mapped[dict[str, dict[str, str]] | None] = mapped_column(SAID)
    is_price_overridden: Mapped[bool] = mapped_column(default=False)
    """Staff had set the price, instead of the listed one."""
    price_override_reason: Mapped[str | None]
    unit_gross_minor: Mapped[int]
    unit_net_minor: Mapped[int]
    undiscounted_unit_gross_minor: Mapped[int]
    undiscounted_unit_net_minor: Mapped[int]
    total_gross_minor: Mapped[int]
    total_net_minor: Mapped[int]
    unit_discount_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What one piece was reduced by, as prices were entered: by promotions and by its share of a voucher."""
    unit_discount_value: Mapped[Decimal] = mapped_column(Numeric(20, 3), server_default=text("0"))
    unit_discount_type: Mapped[DiscountValueType | None]
    unit_discount_reason: Mapped[str | None]
    voucher_code: Mapped[str | None]
    """Of the voucher that reduced this very line."""
    is_gift: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether an order promotion gave it: it cost nothing."""
    promotion_id: Mapped[UUID | None]
    """Of the promotion of the catalogue that reduced it then: a promotion may be deleted, this stays."""
    price_frozen_until: Mapped[datetime | None]
    """From when on a draft's line takes the shop's price anew; None: it keeps the one it was added at."""

    order: Mapped[Order] = relationship(back_populates="lines", lazy="raise")
    vendor_order: Mapped[VendorOrder | None] = relationship(back_populates="lines", lazy="raise")
    variant: Mapped[ProductVariant | None] = relationship(lazy="raise")
    tax_class: Mapped[TaxClass | None] = relationship(lazy="raise")


class FulfillmentStatus(StrEnum):
    FULFILLED = "FULFILLED"
    REFUNDED = "REFUNDED"
    RETURNED = "RETURNED"
    REPLACED = "REPLACED"
    REFUNDED_AND_RETURNED = "REFUNDED_AND_RETURNED"
    CANCELED = "CANCELED"
    WAITING_FOR_APPROVAL = "WAITING_FOR_APPROVAL"


class Fulfillment(IntegerKey, Timestamped, WithMetadata, WithReason, Base):
    """Pieces of one seller handed to the carrier together: a parcel."""

    __tablename__ = "fulfillment"
    __table_args__ = (
        UniqueConstraint("order_id", "fulfillment_order"),
        Index(None, "status", "order_id"),
        Index(
            "ix_fulfillment_tracking_number",
            "tracking_number",
            postgresql_using="hash",
            postgresql_where=text("tracking_number <> ''"),
        ),
        by_reason_index(),
        Index(None, "metadata", postgresql_using="gin"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"))
    vendor_order_id: Mapped[UUID] = mapped_column(
        ForeignKey("vendor_order.id", ondelete="CASCADE"), index=True
    )
    fulfillment_order: Mapped[int]
    status: Mapped[FulfillmentStatus] = mapped_column(default=FulfillmentStatus.FULFILLED)
    warehouse_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("warehouse.id", ondelete="SET NULL"), index=True
    )
    """Where it leaves from, or the first of its pieces do; null where none of them is counted anywhere."""
    tracking_number: Mapped[str] = mapped_column(default="")
    delivered_at: Mapped[datetime | None]
    total_refund_minor: Mapped[int | None]
    """What was paid back when its pieces were refunded; null where nothing was to be."""
    shipping_refund_minor: Mapped[int | None]
    """What of it was for the delivery."""

    order: Mapped[Order] = relationship(back_populates="fulfillments", lazy="raise")
    vendor_order: Mapped[VendorOrder] = relationship(back_populates="fulfillments", lazy="raise")
    warehouse: Mapped[Warehouse | None] = relationship(lazy="raise")
    lines: Mapped[list["FulfillmentLine"]] = relationship(back_populates="fulfillment", lazy="raise")


class FulfillmentLine(IntegerKey, WithReason, Base):
    __tablename__ = "fulfillment_line"
    __table_args__ = (by_reason_index(),)

    fulfillment_id: Mapped[int] = mapped_column(ForeignKey("fulfillment.id", ondelete="CASCADE"), index=True)
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_line.id", ondelete="CASCADE"), index=True)
    stock_id: Mapped[int | None] = mapped_column(ForeignKey("stock.id", ondelete="SET NULL"), index=True)
    quantity: Mapped[int]
    has_left: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """False for pieces that were refunded or taken back before they had left."""

    fulfillment: Mapped[Fulfillment] = relationship(back_populates="lines", lazy="raise")
    order_line: Mapped[OrderLine] = relationship(lazy="raise")
    stock: Mapped[Stock | None] = relationship(lazy="raise")


class OrderEvent(IntegerKey, Base):
    """What happened to an order. Types are those of Saleor's OrderEventsEnum."""

    __tablename__ = "order_event"
    __table_args__ = (
        Index(None, "order_id", "id"),
        Index(None, "type", "at", "order_id"),
        Index(None, "at"),
        by_app_index(),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"))
    vendor_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("vendor_order.id", ondelete="CASCADE"))
    type: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    app_id: Mapped[int | None] = mapped_column(
        ForeignKey("app.id", ondelete="SET NULL"), default=acting.app_id
    )
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
