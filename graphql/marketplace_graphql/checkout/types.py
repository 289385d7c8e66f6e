"""Checkouts, their lines, and the deliveries they are offered."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, false, func, literal, or_, select, true
from strawberry import ID

from marketplace.catalog.listings import VariantChannelListing
from marketplace.catalog.models import Product, ProductType
from marketplace.catalog.models import ProductVariant as VariantRow
from marketplace.checkout import models
from marketplace.inventory.models import Reservation
from marketplace.markets.models import ShippingMethod as MethodRow
from marketplace.people.permissions import Permission
from marketplace.pricing.taxes import of_country
from marketplace_graphql.checkout.parcels import (
    DaysOfDeliveryParcel,
    ParcelsOfCheckout,
    SellerOfCheckoutLine,
)
from marketplace_graphql.checkout.problems import (
    CheckoutLineProblem,
    CheckoutProblem,
    problems_of_checkout,
    problems_of_line,
)
from marketplace_graphql.checkout.statuses import (
    CheckoutAuthorizeStatusEnum,
    CheckoutChargeStatusEnum,
    authorize_status_of,
    charge_status_of,
    charged_minor,
)
from marketplace_graphql.kernel import (
    UUID,
    DateTime,
    Node,
    ObjectWithMetadata,
    column,
    expression,
    never_null,
    node,
    null_when,
    one_of,
    record,
    related,
    union,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.languages import LanguageCodeEnum, language_code
from marketplace_graphql.payments.stored_methods import StoredMethodsOfCheckout
from marketplace_graphql.payments.types import PaymentGateway, gateways_of
from marketplace_graphql.values import Money, TaxedMoney, Weight, money, taxed_money, weight
from marketplace_graphql.vouchers.fields import DiscountsOfCheckout

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import ProductVariant
    from marketplace_graphql.inventory.types import Warehouse
    from marketplace_graphql.markets.shipping import ShippingMethod
    from marketplace_graphql.markets.types import Channel
    from marketplace_graphql.payments.types import TransactionItem
    from marketplace_graphql.people.types import Address, User
    from marketplace_graphql.vendors.types import Vendor

SEES_ALL_CHECKOUTS = (
    Permission.MANAGE_CHECKOUTS,
    Permission.HANDLE_CHECKOUTS,
    Permission.HANDLE_PAYMENTS,
    Permission.IMPERSONATE_USER,
)
DeliveryMethod = union(
    "DeliveryMethod", "Warehouse", "ShippingMethod", description="How goods reach their buyer."
)


def checkout_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Saleor's rule: a checkout without a customer is whoever's that knows its id, another its customer's."""
    if ctx.requester.has(*SEES_ALL_CHECKOUTS):
        return true()
    return or_(row.user_id.is_(None), row.user_id == ctx.requester.user_id)


def line_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """With its checkout."""
    if ctx.requester.has(*SEES_ALL_CHECKOUTS):
        return true()
    checkout = aliased(models.Checkout)
    return (
        select(literal(1))
        .where(checkout.id == row.checkout_id, checkout_visible(checkout, ctx))
        .correlate_except(checkout)
        .exists()
    )


@record(models.CheckoutParcel, order_by=lambda row, ctx: row.id)
class DeliveryParcel(DaysOfDeliveryParcel):
    """One seller's part of a delivery."""

    vendor: "Vendor" = related(shown=True)
    """Who sends it."""
    weight: Weight = value(lambda row, ctx: weight(row.weight_grams))
    price: Money = value(lambda row, ctx: money(row.price_minor, row.currency))
    """As prices are entered in the channel."""


@record(
    models.CheckoutDelivery,
    name="Delivery",
    order_by=lambda row, ctx: (row.price_minor, row.method_id, row.app_method_id),
)
class Delivery:
    """One way in which a checkout's goods could travel: a parcel from each seller, all by the same method."""

    id: ID
    """Choose it by this id."""
    shipping_method: "ShippingMethod | None" = related(lambda row, method, ctx: method.delivery_id == row.id)
    price: Money = value(lambda row, ctx: money(row.price_minor, row.currency))
    """Of all parcels together, as prices are entered in the channel."""
    parcels: list[DeliveryParcel] = related()
    """One from each seller."""

    @expression
    def collects_cash(row: Any, ctx: Any) -> bool:
        """Whether its carrier takes the money at the door."""
        method = aliased(MethodRow)
        collects = select(method.collects_cash).where(method.id == row.method_id)
        return never_null(func.coalesce(collects.scalar_subquery(), false()))


@node(models.CheckoutLine, visible=line_visible, order_by=lambda row, ctx: (row.created_at, row.id))
class CheckoutLine(Node, ObjectWithMetadata, SellerOfCheckoutLine):
    """Pieces of one variant in a checkout."""

    variant: "ProductVariant" = related(shown=True)
    quantity: int
    unit_price: TaxedMoney = value(
        lambda row, ctx: taxed_money(row.unit_gross_minor, row.unit_net_minor, row.currency)
    )
    """Of one piece."""
    total_price: TaxedMoney = value(
        lambda row, ctx: taxed_money(row.total_gross_minor, row.total_net_minor, row.currency)
    )
    """Of all pieces."""
    undiscounted_unit_price: Money = value(
        lambda row, ctx: money(row.undiscounted_unit_price_minor, row.currency)
    )
    """Of one piece before discounts, as entered in the channel."""
    undiscounted_total_price: Money = value(
        lambda row, ctx: money(row.undiscounted_unit_price_minor * row.quantity, row.currency)
    )
    """Of all pieces before discounts, as entered in the channel."""
    prior_unit_price: Money | None = value(lambda row, ctx: _prior(row, ctx, literal(1)))
    """What one piece cost before."""
    prior_total_price: Money | None = value(lambda row, ctx: _prior(row, ctx, row.quantity))
    """What all pieces cost before."""
    is_gift: bool | None
    """Whether a promotion gives it: it costs nothing, and can't be changed."""
    price_override_reason: str | None
    """Why its price is not the listed one."""
    problems: list[CheckoutLineProblem] | None = value(problems_of_line)  # type: ignore[valid-type]
    """Why it can't be bought as it is; empty where it can."""

    @expression
    def requires_shipping(row: Any, ctx: Any) -> bool:
        """Whether it has to be carried to the buyer."""
        variant, product, kind = aliased(VariantRow), aliased(Product), aliased(ProductType)
        return never_null(
            select(kind.is_shipping_required)
            .select_from(variant)
            .join(product, product.id == variant.product_id)
            .join(kind, kind.id == product.product_type_id)
            .where(variant.id == row.variant_id)
            .correlate_except(variant, product, kind)
            .scalar_subquery()
        )


def _prior(line: Any, ctx: Any, pieces: Any) -> Any:
    listing = aliased(VariantChannelListing)
    prior = (
        select(listing.prior_price_minor)
        .where(listing.variant_id == line.variant_id, listing.channel_id == ctx.channel.id)
        .correlate_except(listing)
        .scalar_subquery()
    )
    return null_when(prior.is_(None), money(prior * pieces, line.currency))


@node(
    models.Checkout,
    visible=checkout_visible,
    channel=lambda row: row.channel_id,
    order_by=lambda row, ctx: row.created_at,
)
class Checkout(Node, ObjectWithMetadata, DiscountsOfCheckout, ParcelsOfCheckout, StoredMethodsOfCheckout):
    """What a buyer means to buy, until it becomes an order."""

    created: DateTime = column("created_at")
    updated_at: DateTime
    last_change: DateTime = column("updated_at", deprecated="Use `updatedAt`.")
    user: "User | None" = related(
        needs=(Permission.MANAGE_USERS, Permission.HANDLE_PAYMENTS),
        allowed=lambda row, ctx: or_(row.user_id.is_(None), row.user_id == ctx.requester.user_id),
    )
    """The customer, if signed in."""
    channel: "Channel" = related()
    email: str | None
    billing_address: "Address | None" = related()
    shipping_address: "Address | None" = related()
    customer_note: str = column("note")
    note: str = column(deprecated="Use `customerNote`.")
    shipping_methods: "list[ShippingMethod]" = related(lambda row, method, ctx: method.checkout_id == row.id)
    """What could carry the goods to the shipping address; nothing before there is one."""
    available_shipping_methods: "list[ShippingMethod]" = related(
        lambda row, method, ctx: method.checkout_id == row.id, deprecated="Use `shippingMethods`."
    )
    available_payment_gateways: list[PaymentGateway] = value(
        lambda row, ctx: gateways_of(row.channel_id, ctx), deprecated="Use `paymentGatewayInitialize`."
    )
    available_collection_points: "list[Warehouse]" = related(lambda row, warehouse, ctx: false())
    """Where the buyer could fetch the goods: nowhere, sellers send everything."""
    lines: list[CheckoutLine] = related(lambda row, line, ctx: line.checkout_id == row.id, shown=True)
    """In the order in which they were added. Whoever is shown a checkout sees what is in it."""
    problems: list[CheckoutProblem] | None = value(problems_of_checkout)  # type: ignore[valid-type]
    """What of its lines and its delivery stands in the way of completing it."""
    delivery: Delivery | None = related()
    """The chosen delivery."""
    shipping_method: "ShippingMethod | None" = related(
        lambda row, method, ctx: method.delivery_id == row.delivery_id, deprecated="Use `delivery`."
    )
    delivery_method: DeliveryMethod | None = one_of(  # type: ignore[valid-type]
        {"ShippingMethod": lambda row, method, ctx: method.delivery_id == row.delivery_id},
        deprecated="Use `delivery`.",
    )
    subtotal_price: TaxedMoney = value(
        lambda row, ctx: taxed_money(row.subtotal_gross_minor, row.subtotal_net_minor, row.currency)
    )
    """Of all goods."""
    shipping_price: TaxedMoney = value(
        lambda row, ctx: taxed_money(row.shipping_gross_minor, row.shipping_net_minor, row.currency)
    )
    """Of the chosen delivery."""
    total_price: TaxedMoney = value(
        lambda row, ctx: taxed_money(row.total_gross_minor, row.total_net_minor, row.currency)
    )
    """What is left to pay for goods and delivery after gift cards."""
    total_balance: Money = value(
        lambda row, ctx: money(charged_minor(row) - row.total_gross_minor, row.currency)
    )
    """What is paid less what is to be paid: below zero as long as something is owed."""
    tax_exemption: bool = column("is_tax_exempt")
    """Whether no tax is charged whoever sells: never so here."""
    token: UUID = column("id")
    language_code: LanguageCodeEnum = expression(lambda row, ctx: language_code(row.language_code))
    transactions: "list[TransactionItem] | None" = related(
        lambda row, transaction, ctx: transaction.checkout_id == row.id,
        needs=(Permission.MANAGE_CHECKOUTS, Permission.HANDLE_PAYMENTS),
    )
    """Its payments so far."""

    @expression
    def is_shipping_required(row: Any, ctx: Any) -> bool:
        """Whether any of it has to be carried to the buyer."""
        line, variant = aliased(models.CheckoutLine), aliased(VariantRow)
        product, kind = aliased(Product), aliased(ProductType)
        return (
            select(literal(1))
            .select_from(line)
            .join(variant, variant.id == line.variant_id)
            .join(product, product.id == variant.product_id)
            .join(kind, kind.id == product.product_type_id)
            .where(line.checkout_id == row.id, kind.is_shipping_required)
            .correlate_except(line, variant, product, kind)
            .exists()
        )

    @expression
    def quantity(row: Any, ctx: Any) -> int:
        """How many pieces are in it."""
        line = aliased(models.CheckoutLine)
        pieces = select(func.coalesce(func.sum(line.quantity), 0)).where(line.checkout_id == row.id)
        return never_null(pieces.correlate_except(line).scalar_subquery())

    @expression
    def stock_reservation_expires(row: Any, ctx: Any) -> DateTime | None:
        """Until when its pieces are kept for it: when the first of them isn't any more."""
        line, reservation = aliased(models.CheckoutLine), aliased(Reservation)
        return (
            select(func.min(reservation.reserved_until))
            .select_from(reservation)
            .join(line, line.id == reservation.checkout_line_id)
            .where(line.checkout_id == row.id, reservation.reserved_until > ctx.now)
            .correlate_except(line, reservation)
            .scalar_subquery()
        )

    @expression
    def display_gross_prices(row: Any, ctx: Any) -> bool:
        """Whether prices are to be shown with tax."""
        return never_null(of_country("display_gross_prices", row.channel_id, row.country_code))

    @expression
    def authorize_status(row: Any, ctx: Any) -> CheckoutAuthorizeStatusEnum:
        """How much of the total is promised or paid."""
        return never_null(authorize_status_of(row))

    @expression
    def charge_status(row: Any, ctx: Any) -> CheckoutChargeStatusEnum:
        """How much of the total is paid."""
        return never_null(charge_status_of(row))
