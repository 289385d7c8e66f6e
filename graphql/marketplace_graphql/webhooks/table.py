"""Every event type of Saleor's that is told of afterwards: its names, and what it is made of.

A type is in the schema once all types are that its fields lead to: what a room declares later joins by
itself.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, any_, case, cast, select
from strawberry import ID

from marketplace.catalog.models import Product
from marketplace.inventory.models import Stock
from marketplace.markets.models import Channel, ShippingMethod
from marketplace.orders.invoice_models import Invoice
from marketplace.orders.models import Fulfillment
from marketplace_graphql.kernel import union_of_declared
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.rows import primary_key
from marketplace_graphql.kernel.subscriptions import Happened
from marketplace_graphql.webhooks.parts import (
    KEY,
    MODEL,
    Part,
    also,
    amount,
    any_of,
    detail,
    flag,
    key_in,
    shop,
    subject,
    subjects,
)

TRANSLATIONS = {
    f"{of}Translation": f"{of}Translation"
    for of in (
        "Product",
        "Collection",
        "Category",
        "Attribute",
        "AttributeValue",
        "ProductVariant",
        "Page",
        "ShippingMethod",
        "Voucher",
        "MenuItem",
        "Promotion",
        "PromotionRule",
        "Sale",
    )
}
"""The types of texts in other languages, and their tables' classes."""
union_of_declared("TranslationTypes", TRANSLATIONS, description="Texts of something, in another language.")


@dataclass(frozen=True)
class Kind:
    """Event types that have the same fields."""

    names: tuple[str, ...]
    parts: tuple[Part, ...]
    by_channel: bool = False
    """Whether each has a root field of its own, which may be narrowed to some channels."""
    own_channel: bool = False
    """Whether it happened in the channel that was announced with it, in which the row is then read."""
    may_be_tried: bool = True
    """Whether `webhookTrigger` and `webhookDryRun` know what to tell, given only a row."""


def kind(names: str, *parts: Part, **more: Any) -> Kind:
    return Kind(tuple(names.split()), parts, **more)


def _column_of(model: type[Any], column: str) -> Any:
    """What a column of the event's own row says: the key of another row."""

    def on(happened: Happened, target: Any, _ctx: Any) -> ColumnElement[bool]:
        own = aliased(model)
        found = select(getattr(own, column)).where(primary_key(own) == key_in(happened, own))
        key: ColumnElement[bool] = primary_key(target) == found.correlate_except(own).scalar_subquery()
        return key

    return on


def _variant_of(happened: Happened, variant: Any, _ctx: Any) -> ColumnElement[bool]:
    """Stock events are told of a stock; where only the variant is known, of that."""
    stock = aliased(Stock)
    of_stock = select(stock.variant_id).where(stock.id == cast(happened.text(KEY), BigInteger))
    of_stock = of_stock.correlate_except(stock)
    found: ColumnElement[bool] = variant.id == case(
        (happened.text(MODEL) == "Stock", of_stock.scalar_subquery()),
        else_=cast(happened.text(KEY), BigInteger),
    )
    return found


def _warehouse_of(happened: Happened, warehouse: Any, _ctx: Any) -> ColumnElement[bool]:
    stock = aliased(Stock)
    of_stock = select(stock.warehouse_id).where(stock.id == cast(happened.text(KEY), BigInteger))
    found: ColumnElement[bool] = warehouse.id == case(
        (happened.text(MODEL) == "Stock", of_stock.correlate_except(stock).scalar_subquery())
    )
    return found


def channel_of(happened: Happened) -> ColumnElement[Any]:
    """The key of the channel that was announced along with the row."""
    return happened.typed("channel_id", BigInteger())


def _announced_channel(happened: Happened, channel: Any, _ctx: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = channel.id == channel_of(happened)
    return found


def _channel_by_slug(happened: Happened, channel: Any, _ctx: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = channel.slug == happened.text("channel_slug")
    return found


def happened_in(model: type[Any], keys: Any, slugs: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether one of the rows of some keys is of one of the channels of some slugs (an array)."""
    row, channel = aliased(model), aliased(Channel)
    return (
        select(row.id)
        .join(channel, channel.id == row.channel_id)
        .where(primary_key(row).in_(keys), channel.slug == any_(slugs))
        .correlate_except(row, channel)
        .exists()
    )


_ORDER = subject("Order", "order")
_FULFILLMENT = (
    subject("Fulfillment", "fulfillment"),
    also("Order", "order", _column_of(Fulfillment, "order_id")),
)
_INVOICE = (subject("Invoice", "invoice"), also("Order", "order", _column_of(Invoice, "order_id")))
_PRODUCT = (
    subject("Product", "product", per_channel=True),
    also("Category", "category", _column_of(Product, "category_id")),
)
_STOCK = (
    subject("ProductVariant", "product_variant", per_channel=True, on=_variant_of),
    also("Warehouse", "warehouse", _warehouse_of),
)
_IN_CHANNEL = (
    subject("ProductVariant", "product_variant", needed=True),
    also("Channel", "channel", _announced_channel, needed=True),
)
_SHIPPING_PRICE = (
    subject("ShippingMethodType", "shipping_method", per_channel=True),
    also("ShippingZone", "shipping_zone", _column_of(ShippingMethod, "zone_id"), per_channel=True),
)
_ACCOUNT = (
    detail("redirect_url"),
    subject("User", "user"),
    also("Channel", "channel", _channel_by_slug),
    detail("token"),
    shop(),
)
_EXPORT = (subject("ExportFile", "export"),)

KINDS: tuple[Kind, ...] = (
    kind(
        "DraftOrderCreated DraftOrderUpdated DraftOrderDeleted OrderCreated OrderUpdated OrderConfirmed"
        " OrderPaid OrderFullyPaid OrderRefunded OrderFullyRefunded OrderFulfilled OrderCancelled"
        " OrderExpired OrderMetadataUpdated",
        _ORDER,
        by_channel=True,
    ),
    kind("OrderBulkCreated", subjects("Order", "orders"), by_channel=True),
    kind(
        "CheckoutCreated CheckoutUpdated CheckoutFullyPaid CheckoutFullyAuthorized CheckoutMetadataUpdated",
        subject("Checkout", "checkout"),
        by_channel=True,
    ),
    kind(
        "ProductVariantDiscountedPriceUpdated",
        *_IN_CHANNEL,
        amount("previous_price"),
        amount("new_price"),
        by_channel=True,
        own_channel=True,
        may_be_tried=False,
    ),
    kind(
        "ProductVariantOutOfStockInChannel ProductVariantBackInStockInChannel"
        " ProductVariantOutOfStockForClickAndCollect ProductVariantBackInStockForClickAndCollect",
        *_IN_CHANNEL,
        by_channel=True,
        own_channel=True,
        may_be_tried=False,
    ),
    kind(
        "AccountConfirmationRequested AccountSetPasswordRequested AccountConfirmed AccountDeleteRequested"
        " AccountDeleted StaffSetPasswordRequested",
        *_ACCOUNT,
        may_be_tried=False,
    ),
    kind(
        "AccountChangeEmailRequested AccountEmailChanged", *_ACCOUNT, detail("new_email"), may_be_tried=False
    ),
    kind("AddressCreated AddressUpdated AddressDeleted", subject("Address", "address")),
    kind("AppInstalled AppUpdated AppDeleted AppStatusChanged", subject("App", "app")),
    kind("AttributeCreated AttributeUpdated AttributeDeleted", subject("Attribute", "attribute")),
    kind(
        "AttributeValueCreated AttributeValueUpdated AttributeValueDeleted",
        subject("AttributeValue", "attribute_value"),
    ),
    kind("CategoryCreated CategoryUpdated CategoryDeleted", subject("Category", "category")),
    kind(
        "ChannelCreated ChannelUpdated ChannelDeleted ChannelStatusChanged ChannelMetadataUpdated",
        subject("Channel", "channel"),
    ),
    kind(
        "GiftCardCreated GiftCardUpdated GiftCardDeleted GiftCardStatusChanged GiftCardMetadataUpdated",
        subject("GiftCard", "gift_card"),
    ),
    kind(
        "GiftCardSent",
        subject("GiftCard", "gift_card"),
        detail("channel"),
        detail("sent_to_email"),
        may_be_tried=False,
    ),
    kind("GiftCardExportCompleted ProductExportCompleted VoucherCodeExportCompleted", *_EXPORT),
    kind("MenuCreated MenuUpdated MenuDeleted", subject("Menu", "menu", per_channel=True)),
    kind(
        "MenuItemCreated MenuItemUpdated MenuItemDeleted", subject("MenuItem", "menu_item", per_channel=True)
    ),
    kind("ProductCreated ProductUpdated ProductDeleted ProductMetadataUpdated", *_PRODUCT),
    kind(
        "ProductMediaCreated ProductMediaUpdated ProductMediaDeleted",
        subject("ProductMedia", "product_media"),
    ),
    kind(
        "ProductVariantCreated ProductVariantUpdated ProductVariantDeleted ProductVariantMetadataUpdated",
        subject("ProductVariant", "product_variant", per_channel=True),
    ),
    kind("ProductVariantOutOfStock ProductVariantBackInStock ProductVariantStockUpdated", *_STOCK),
    kind("SaleCreated SaleUpdated SaleDeleted SaleToggle", subject("Sale", "sale", per_channel=True)),
    kind(
        "PromotionCreated PromotionUpdated PromotionDeleted PromotionStarted PromotionEnded",
        subject("Promotion", "promotion"),
    ),
    kind(
        "PromotionRuleCreated PromotionRuleUpdated PromotionRuleDeleted",
        subject("PromotionRule", "promotion_rule"),
    ),
    kind(
        "InvoiceRequested",
        subject("Invoice", "invoice"),
        also("Order", "order", _column_of(Invoice, "order_id"), needed=True),
    ),
    kind("InvoiceDeleted InvoiceSent", *_INVOICE),
    kind("FulfillmentCreated FulfillmentApproved", *_FULFILLMENT, flag("notify_customer")),
    kind("FulfillmentTrackingNumberUpdated FulfillmentCanceled FulfillmentMetadataUpdated", *_FULFILLMENT),
    kind(
        "CustomerCreated CustomerUpdated CustomerDeleted CustomerMetadataUpdated StaffCreated StaffUpdated"
        " StaffDeleted",
        subject("User", "user"),
    ),
    kind(
        "CustomerTypeCreated CustomerTypeUpdated CustomerTypeDeleted",
        subject("CustomerType", "customer_type"),
    ),
    kind(
        "CollectionCreated CollectionUpdated CollectionDeleted CollectionMetadataUpdated",
        subject("Collection", "collection", per_channel=True),
    ),
    kind("PageCreated PageUpdated PageDeleted", subject("Page", "page")),
    kind("PageTypeCreated PageTypeUpdated PageTypeDeleted", subject("PageType", "page_type")),
    kind(
        "PermissionGroupCreated PermissionGroupUpdated PermissionGroupDeleted",
        subject("Group", "permission_group"),
    ),
    kind("ShippingPriceCreated ShippingPriceUpdated ShippingPriceDeleted", *_SHIPPING_PRICE),
    kind(
        "ShippingZoneCreated ShippingZoneUpdated ShippingZoneDeleted ShippingZoneMetadataUpdated",
        subject("ShippingZone", "shipping_zone", per_channel=True),
    ),
    kind("ShopMetadataUpdated", shop(), may_be_tried=False),
    kind("TransactionItemMetadataUpdated", subject("TransactionItem", "transaction")),
    kind(
        "TranslationCreated TranslationUpdated",
        any_of("TranslationTypes", "translation", TRANSLATIONS),
        may_be_tried=False,
    ),
    kind(
        "VoucherCreated VoucherUpdated VoucherDeleted VoucherMetadataUpdated",
        subject("Voucher", "voucher", per_channel=True),
    ),
    kind("VoucherCodesCreated VoucherCodesDeleted", subjects("VoucherCode", "voucher_codes")),
    kind(
        "WarehouseCreated WarehouseUpdated WarehouseDeleted WarehouseMetadataUpdated",
        subject("Warehouse", "warehouse"),
    ),
    kind(
        "ThumbnailCreated",
        detail("id", ID | None),
        detail("url"),
        detail("object_id", ID | None),
        detail("media_url"),
        may_be_tried=False,
    ),
)
"""Asynchronous events. Synchronous ones are in `asked.py`."""
