"""Orders as their buyers and staff see them."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    and_,
    case,
    false,
    func,
    literal,
    null,
    select,
)
from strawberry import ID

from marketplace.markets.models import Channel as ChannelRow
from marketplace.orders import models
from marketplace.orders.models import AuthorizeStatus, ChargeStatus, OrderOrigin, OrderStatus
from marketplace.orders.owing import owed_of
from marketplace.payments.models import TransactionItem as TransactionRow
from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.types import DeliveryMethod
from marketplace_graphql.kernel import (
    DateTime,
    MetadataItem,
    Node,
    ObjectWithMetadata,
    column,
    expression,
    never_null,
    node,
    one_of,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import LanguageCodeEnum, language_code
from marketplace_graphql.markets.types import TaxClass
from marketplace_graphql.orders.enums import (
    PAID,
    OrderAction,
    PaymentChargeStatusEnum,
    in_english,
    payment_status,
)
from marketplace_graphql.orders.errors import OrderError
from marketplace_graphql.orders.events import OrderEvent
from marketplace_graphql.orders.finalizing import can_carry, can_finalize, finalizing_errors
from marketplace_graphql.orders.granting import GrantsOfOrder
from marketplace_graphql.orders.invoices import Invoice
from marketplace_graphql.orders.lines import SEES_TAX_CLASSES, Fulfillment, OrderLine, tax_class_entries
from marketplace_graphql.orders.older_actions import order_actions
from marketplace_graphql.orders.vendor_orders import VendorOrder
from marketplace_graphql.orders.visibility import knows_buyer, order_visible
from marketplace_graphql.payments.types import TransactionItem
from marketplace_graphql.values import Money, TaxedMoney, Weight, money, rate, taxed_money, weight
from marketplace_graphql.vouchers.fields import DiscountsOfOrder

if TYPE_CHECKING:
    from marketplace_graphql.cash.types import CashOnDelivery
    from marketplace_graphql.inventory.types import Warehouse
    from marketplace_graphql.markets.shipping import ShippingMethod
    from marketplace_graphql.markets.types import Channel
    from marketplace_graphql.older_payments.types import Payment
    from marketplace_graphql.people.types import Address, User

STAFF = Permission.MANAGE_ORDERS


def _taxed(name: str) -> Any:
    """A declaration of a `TaxedMoney` kept in two columns of the order."""
    return value(
        lambda row, ctx: taxed_money(
            getattr(row, f"{name}_gross_minor"), getattr(row, f"{name}_net_minor"), row.currency
        )
    )


def _payments(name: str) -> Any:
    """A declaration of an amount added up over the order's payments; only staff see it."""

    def amount(row: Any, ctx: Any) -> Any:
        payment = aliased(TransactionRow)
        total = select(func.coalesce(func.sum(getattr(payment, name)), 0)).where(payment.order_id == row.id)
        return money(total.correlate_except(payment).scalar_subquery(), row.currency)

    return value(amount, needs=STAFF)


@node(
    models.Order,
    visible=order_visible,
    channel=lambda row: row.channel_id,
    order_by=lambda row, ctx: row.created_at.desc(),
)
class Order(Node, ObjectWithMetadata, DiscountsOfOrder, GrantsOfOrder):
    """What a buyer bought in one go, from however many sellers."""

    created: DateTime = column("created_at")
    updated_at: DateTime
    number: str
    """What people call it."""
    status: OrderStatus
    origin: OrderOrigin
    user: "User | None" = related()
    """Who placed it, if they were signed in."""
    user_email: str | None = expression(lambda row, ctx: case((knows_buyer(row, ctx), row.user_email)))
    """Of a customer's order only they and staff see it, and the addresses."""
    billing_address: "Address | None" = related(
        lambda row, address, ctx: and_(address.id == row.billing_address_id, knows_buyer(row, ctx))
    )
    shipping_address: "Address | None" = related(
        lambda row, address, ctx: and_(address.id == row.shipping_address_id, knows_buyer(row, ctx))
    )
    shipping_method_name: str | None
    """As it was called at the sale."""
    collection_point_name: str | None = expression(lambda row, ctx: null())
    """Where the buyer fetched it: sellers send everything."""
    channel: "Channel" = related()
    lines: list[OrderLine] = related()
    """What was bought, from all sellers."""
    fulfillments: list[Fulfillment] = related()
    """Parcels that have left."""
    vendor_orders: list[VendorOrder] = related()
    """Each seller's part."""
    cash_on_delivery: "CashOnDelivery | None" = related(
        lambda row, cash_order, ctx: and_(cash_order.order_id == row.id, knows_buyer(row, ctx))
    )
    """Whether it waits for its buyer's word: for buyer and staff; null where it is not paid at the door."""
    invoices: list[Invoice] = related(lambda row, invoice, ctx: invoice.order_id == row.id)
    """Of a customer's order only they and staff see them."""
    authorize_status: AuthorizeStatus
    charge_status: ChargeStatus
    is_paid: bool = expression(lambda row, ctx: never_null(row.charge_status.in_(PAID)))
    """Whether nothing is owed any more."""
    payment_status: PaymentChargeStatusEnum = expression(lambda row, ctx: never_null(payment_status(row)))
    payment_status_display: str = expression(lambda row, ctx: never_null(in_english(payment_status(row))))
    """The payment's state in English."""
    tax_exemption: bool = column("is_tax_exempt")
    """Whether no tax was charged whoever sold: never so here."""
    transactions: list[TransactionItem] = related(needs=(STAFF, Permission.HANDLE_PAYMENTS))
    """Its payments."""
    payments: "list[Payment]" = related(
        lambda row, payment, ctx: and_(
            payment.order_id == row.id, payment.recorded.is_not(None), knows_buyer(row, ctx)
        ),
        deprecated="Use `transactions`.",
    )
    """Those of its payments that were made with `checkoutPaymentCreate`. Of a customer's order only they and
    staff see them.
    """
    total: TaxedMoney = _taxed("total")
    """What was left to pay for goods and delivery after gift cards."""
    undiscounted_total: TaxedMoney = _taxed("undiscounted_total")
    """Goods and delivery before discounts."""
    subtotal: TaxedMoney = _taxed("subtotal")
    """All goods."""
    shipping_price: TaxedMoney = _taxed("shipping")
    """All parcels."""
    shipping_tax_rate: float = expression(lambda row, ctx: never_null(rate(row.shipping_tax_rate_bp)))
    """The tax on delivery as a fraction: 0.2 is 20 %."""
    shipping_tax_class: TaxClass | None = related(needs=SEES_TAX_CLASSES)
    """How the delivery is taxed."""
    shipping_tax_class_name: str | None
    """As it was called at the sale."""
    shipping_tax_class_metadata: list[MetadataItem] = value(
        lambda row, ctx: tax_class_entries(row, "shipping_tax_class", "public_metadata")
    )
    """What everybody may read of the delivery's tax class."""
    shipping_tax_class_private_metadata: list[MetadataItem] = value(
        lambda row, ctx: tax_class_entries(row, "shipping_tax_class", "private_metadata"),
        needs=SEES_TAX_CLASSES,
    )
    """What only staff may read of the delivery's tax class."""
    shipping_methods: "list[ShippingMethod]" = related(lambda row, method, ctx: can_carry(row, method))
    """How it can travel: what could carry it as long as it is not confirmed; then as it was placed."""
    available_shipping_methods: "list[ShippingMethod] | None" = related(
        lambda row, method, ctx: can_carry(row, method), deprecated="Use `shippingMethods`."
    )
    available_collection_points: "list[Warehouse]" = related(lambda row, warehouse, ctx: false())
    """Where the buyer could fetch it: nowhere, sellers send everything."""
    shipping_method: "ShippingMethod | None" = related(
        lambda row, method, ctx: method.order_id == row.id, deprecated="Use `deliveryMethod`."
    )
    delivery_method: DeliveryMethod | None = one_of(  # type: ignore[valid-type]
        {"ShippingMethod": lambda row, method, ctx: method.order_id == row.id}
    )
    """How it travels."""
    token: str = column("id", deprecated="Use `id`.")
    customer_note: str = expression(
        lambda row, ctx: never_null(case((knows_buyer(row, ctx), row.customer_note), else_=""))
    )
    """What the buyer wanted the sellers to know."""
    total_authorized: Money = value(lambda row, ctx: money(row.total_authorized_minor, row.currency))
    """Promised and not paid yet."""
    total_charged: Money = value(lambda row, ctx: money(row.total_charged_minor, row.currency))
    """Paid."""
    total_captured: Money = value(
        lambda row, ctx: money(row.total_charged_minor, row.currency), deprecated="Use `totalCharged`."
    )
    total_refunded: Money = value(lambda row, ctx: money(row.total_refunded_minor, row.currency))
    """Paid back."""
    total_balance: Money = value(lambda row, ctx: money(row.total_charged_minor - owed_of(row), row.currency))
    """What is paid less what is to be paid: below zero as long as something is owed. What was called off,
    refused, returned, or granted as a refund is not owed.
    """
    total_canceled: Money = _payments("canceled_minor")
    """Promised once, and called off."""
    total_authorize_pending: Money = _payments("authorize_pending_minor")
    total_charge_pending: Money = _payments("charge_pending_minor")
    total_refund_pending: Money = _payments("refund_pending_minor")
    total_cancel_pending: Money = _payments("cancel_pending_minor")
    events: list[OrderEvent] = related(needs=STAFF)
    """All that happened to it, in order."""
    language_code: str = column(deprecated="Use `languageCodeEnum`.")
    language_code_enum: LanguageCodeEnum = expression(lambda row, ctx: language_code(row.language_code))
    external_reference: str | None
    """What another system calls it."""
    redirect_url: str | None
    """Where the client that completed the checkout shows the order to its buyer."""
    tracking_client_id: str = expression(lambda row, ctx: never_null(literal("")))
    """By which a visitor was followed: nobody is."""
    original: ID | None = expression(lambda row, ctx: global_id("Order", row.original_id))
    """The order of which this one replaces pieces."""
    can_finalize: bool = expression(lambda row, ctx: never_null(can_finalize(row, ctx)))
    """Whether a draft has all that an order needs; true of what is placed already. Whether there is stock is
    seen when it is completed.
    """
    errors: list[OrderError.declared] = value(  # type: ignore[name-defined]
        finalizing_errors
    )
    """What a draft lacks."""
    actions: list[OrderAction] = expression(lambda row, ctx: never_null(order_actions(row)))
    """What staff can do with its payments by mutations of the time before transactions."""
    checkout_id: ID | None = expression(lambda row, ctx: global_id("Checkout", row.checkout_id))
    """The checkout that it was."""
    is_demo: bool
    """Made up for a demonstration."""

    @value
    def undiscounted_shipping_price(row: Any, ctx: Any) -> Money:
        """All parcels before discounts, as prices are entered in the channel."""
        entered = case(
            (_channel_of(row, ctx).prices_entered_with_tax, row.shipping_gross_minor),
            else_=row.shipping_net_minor,
        )
        return money(entered + row.shipping_discount_minor, row.currency)

    @value
    def weight(row: Any, ctx: Any) -> Weight:
        """Of all parcels; of a draft, of those that it would be."""
        part = aliased(models.VendorOrder)
        grams = select(func.coalesce(func.sum(part.weight_grams), 0)).where(part.order_id == row.id)
        return weight(grams.correlate_except(part).scalar_subquery() + row.weight_grams)

    @expression
    def status_display(row: Any, ctx: Any) -> str:
        """The status in English."""
        return never_null(in_english(row.status))

    @expression
    def is_shipping_required(row: Any, ctx: Any) -> bool:
        """Whether any of it has to be carried to the buyer."""
        line = aliased(models.OrderLine)
        return (
            select(literal(1))
            .where(line.order_id == row.id, line.is_shipping_required)
            .correlate_except(line)
            .exists()
        )

    @expression
    def display_gross_prices(row: Any, ctx: Any) -> bool:
        """Whether prices are to be shown with tax."""
        of_channel = _channel_of(row, ctx).display_gross_prices
        return never_null(func.coalesce(row.shows_gross_prices, of_channel))


def _channel_of(order: Any, ctx: Any) -> Any:
    return ctx.joined(
        order, ChannelRow, lambda channel: channel.id == order.channel_id, key="the order's channel"
    )
