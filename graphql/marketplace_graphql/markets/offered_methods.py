"""Ways to ship at every place where one has a price: deliveries, checkouts, orders, channels. Only read."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.apps.models import App
from marketplace.catalog.models import Product, ProductType, ProductVariant
from marketplace.checkout.models import Checkout, CheckoutDelivery, CheckoutLine
from marketplace.checkout.shipping_answers import FILTER, FILTER_OF_ORDER, LIST, CheckoutShippingAnswer
from marketplace.kit.models import Base
from marketplace.markets import models, postal_codes
from marketplace.markets.models import Channel, ShippingMethodListing, ShippingZone, zone_channel
from marketplace.markets.queries import carries
from marketplace.orders.models import Order, OrderLine, OrderStatus
from marketplace.orders.shipping_answers import OrderShippingAnswer
from marketplace.people.models import Address
from marketplace.pricing.rounding import net_of_gross_sql
from marketplace.pricing.taxes import of_country, rate_expression
from marketplace.vendors.models import Vendor
from marketplace.webhooks.asking import is_asked
from marketplace.webhooks.models import Webhook
from marketplace_graphql.kernel.reader.aliases import aliased


def _offer(
    price: Any,
    currency: Any,
    *,
    delivery: Any = None,
    checkout: Any = None,
    order: Any = None,
    open_order: Any = None,
    channel: Any = None,
    refusal: Any = None,
) -> Select[*tuple[Any, ...]]:
    """A method's own columns, its price at a place, which place that is, and why apps refuse it there."""
    method = models.ShippingMethod
    return select(
        method.id.label("id"),
        method.name.label("name"),
        method.description.label("description"),
        method.type.label("type"),
        method.minimum_weight_grams.label("minimum_weight_grams"),
        method.maximum_weight_grams.label("maximum_weight_grams"),
        method.minimum_delivery_days.label("minimum_delivery_days"),
        method.maximum_delivery_days.label("maximum_delivery_days"),
        method.public_metadata.label("public_metadata"),
        method.private_metadata.label("private_metadata"),
        cast(price, BigInteger).label("price_minor"),
        currency.label("currency"),
        *_place(delivery, checkout, order, open_order),
        cast(null() if channel is None else channel, BigInteger).label("channel_id"),
        cast(null(), String).label("app_method_id"),
        cast(null() if refusal is None else refusal, Text).label("refusal"),
    )


def _place(delivery: Any, checkout: Any, order: Any, open_order: Any) -> list[ColumnElement[Any]]:
    places = {"delivery": delivery, "checkout": checkout, "order": order, "open_order": open_order}
    return [
        (cast(null(), Uuid) if column is None else column).label(f"{name}_id")
        for name, column in places.items()
    ]


def _by_app(
    app_method_id: Any,
    said: Any,
    price: Any,
    currency: Any,
    *,
    delivery: Any = None,
    checkout: Any = None,
    order: Any = None,
    refusal: Any = None,
) -> Select[*tuple[Any, ...]]:
    """A method as its app has said it, with the columns of `_offer`. It has no key: nothing hangs on it."""
    method, nothing = models.ShippingMethod, cast(literal("{}"), JSONB)
    return select(
        cast(literal(0), BigInteger).label("id"),
        said["name"].astext.label("name"),
        func.nullif(said["description"], cast(literal("null"), JSONB), type_=JSONB).label("description"),
        cast(null(), method.type.type).label("type"),
        cast(null(), method.minimum_weight_grams.type).label("minimum_weight_grams"),
        cast(null(), method.maximum_weight_grams.type).label("maximum_weight_grams"),
        cast(said["minimum_days"].astext, Integer).label("minimum_delivery_days"),
        cast(said["maximum_days"].astext, Integer).label("maximum_delivery_days"),
        func.coalesce(said["metadata"], nothing, type_=JSONB).label("public_metadata"),
        nothing.label("private_metadata"),
        cast(price, BigInteger).label("price_minor"),
        currency.label("currency"),
        *_place(delivery, checkout, order, None),
        cast(null(), BigInteger).label("channel_id"),
        app_method_id.label("app_method_id"),
        cast(null() if refusal is None else refusal, Text).label("refusal"),
    ).where(app_method_id.is_not(None))


def _refusal(table: Any, event: str, owner_id: Any, key: Any) -> ColumnElement[str]:
    """Why apps say that a method can't be taken; null where none says so, empty where none says why."""
    answer = aliased(table)
    name = cast(key, Text)
    reasons = (
        select(func.array_agg(answer.answer[name].astext))
        .join_from(answer, Webhook, Webhook.id == answer.webhook_id)
        .join(App, App.id == Webhook.app_id)
        .where(
            answer.owner_id == owner_id,
            answer.event == event,
            answer.answer.has_key(name),
            is_asked(event),
        )
        .correlate_except(answer, Webhook, App)
        .scalar_subquery()
    )
    return func.array_to_string(func.array_remove(reasons, ""), " ", type_=Text)


def _is_listed(delivery: Any) -> ColumnElement[bool]:
    """Whether the app still offers what was kept."""
    answer = aliased(CheckoutShippingAnswer)
    method = func.jsonb_build_array(func.jsonb_build_object("id", delivery.app_method_id))
    return (
        select(literal(1))
        .join_from(answer, Webhook, Webhook.id == answer.webhook_id)
        .join(App, App.id == Webhook.app_id)
        .where(
            answer.owner_id == delivery.checkout_id,
            answer.event == LIST,
            answer.answer.contains(method),
            is_asked(LIST),
        )
        .correlate_except(answer, Webhook, App)
        .exists()
    )


def _of_deliveries() -> Select[*tuple[Any, ...]]:
    """Deliveries that were worked out for a checkout, the chosen one among them."""
    method, delivery = models.ShippingMethod, CheckoutDelivery
    refusal = _refusal(CheckoutShippingAnswer, FILTER, delivery.checkout_id, method.id)
    return _offer(delivery.price_minor, delivery.currency, delivery=delivery.id, refusal=refusal).join_from(
        method, delivery, delivery.method_id == method.id
    )


def _of_app_deliveries() -> Select[*tuple[Any, ...]]:
    """Deliveries by methods of apps: what an app has said is all that is known of what it could carry."""
    delivery = CheckoutDelivery
    refusal = func.coalesce(
        _refusal(CheckoutShippingAnswer, FILTER, delivery.checkout_id, delivery.app_method_id),
        case((not_(_is_listed(delivery)), literal(""))),
    )
    return _by_app(
        delivery.app_method_id,
        delivery.app_method,
        delivery.price_minor,
        delivery.currency,
        delivery=delivery.id,
        checkout=delivery.checkout_id,
        refusal=refusal,
    )


def _entered(order: Any) -> ColumnElement[int]:
    """What an order's buyer pays for the delivery, as prices are entered in its channel."""
    channel = aliased(Channel)
    with_tax = select(channel.prices_entered_with_tax).where(channel.id == order.channel_id)
    is_gross = with_tax.correlate_except(channel).scalar_subquery()
    return case((is_gross, order.shipping_gross_minor), else_=order.shipping_net_minor)


def _of_orders_by_app() -> Select[*tuple[Any, ...]]:
    """The method of an app that an order travels by."""
    return _by_app(
        Order.shipping_app_method_id,
        Order.shipping_app_method,
        _entered(Order),
        Order.currency,
        order=Order.id,
    )


def _of_orders() -> Select[*tuple[Any, ...]]:
    """The method that an order travels by, at the price its buyer pays."""
    return _offer(_entered(Order), Order.currency, order=Order.id).join_from(
        models.ShippingMethod, Order, Order.shipping_method_id == models.ShippingMethod.id
    )


def _for_checkouts() -> Select[*tuple[Any, ...]]:
    """What could carry a checkout's goods now, whether or not deliveries were worked out: the rules of
    `checkout.deliveries.offered_deliveries`, for clients that read instead of asking for a calculation.
    """
    piece = func.coalesce(ProductVariant.weight_grams, Product.weight_grams, ProductType.weight_grams)
    parcels = (
        select(
            CheckoutLine.checkout_id.label("checkout_id"),
            Product.vendor_id.label("vendor_id"),
            func.sum(piece * CheckoutLine.quantity).label("weight_grams"),
        )
        .join(ProductVariant, ProductVariant.id == CheckoutLine.variant_id)
        .join(Product, Product.id == ProductVariant.product_id)
        .join(ProductType, ProductType.id == Product.product_type_id)
        .where(ProductType.is_shipping_required)
        .group_by(CheckoutLine.checkout_id, Product.vendor_id)
        .subquery("parcels")
    )
    method, listing = models.ShippingMethod, ShippingMethodListing
    entered = cast(_parcel_price(listing, parcels), BigInteger)
    parcel_price = _charged(entered, method, parcels.c.vendor_id)
    refusal = _refusal(CheckoutShippingAnswer, FILTER, Checkout.id, method.id)
    offer = _offer(func.sum(parcel_price), Checkout.currency, checkout=Checkout.id, refusal=refusal)
    sent = offer.join_from(Checkout, parcels, parcels.c.checkout_id == Checkout.id)
    return (
        _served(sent, Checkout.channel_id, Checkout.country_code)
        .where(
            Checkout.shipping_address_id.is_not(None),
            carries(method.id, func.any(_goods_of(Checkout.id))),
            postal_codes.serves(method.id, _postal_code_of(Checkout), Checkout.country_code),
            _fits_goods(listing, Checkout.subtotal_gross_minor),
        )
        .group_by(Checkout.id, method.id)
        .having(_fits_parcels(method, parcels))
    )


def _served(sent: Select[*tuple[Any, ...]], channel_id: Any, country_code: Any) -> Select[*tuple[Any, ...]]:
    """What is sent, with each method that a channel has for a country, and its listing there."""
    method, listing = models.ShippingMethod, ShippingMethodListing
    reaches = country_code == func.any(ShippingZone.country_codes)
    return (
        sent.join(zone_channel, zone_channel.c.channel_id == channel_id)
        .join(ShippingZone, and_(ShippingZone.id == zone_channel.c.zone_id, reaches))
        .join(method, method.zone_id == ShippingZone.id)
        .join(listing, and_(listing.method_id == method.id, listing.channel_id == channel_id))
    )


def _parcel_price(listing: Any, parcels: Any) -> ColumnElement[Any]:
    """What a parcel costs, as its price was entered: by the kilogram begun."""
    kilograms_begun = func.ceil(parcels.c.weight_grams / literal(1000, BigInteger()))
    further = listing.further_kilogram_price_minor * func.greatest(0, kilograms_begun - 1)
    price: ColumnElement[Any] = listing.parcel_price_minor + further
    return price


def _fits_goods(listing: Any, subtotal_minor: Any) -> ColumnElement[bool]:
    """Whether a method is for goods that come to so much."""
    most = listing.maximum_order_price_minor
    return and_(
        func.coalesce(listing.minimum_order_price_minor, 0) <= subtotal_minor,
        or_(most.is_(None), most >= subtotal_minor),
    )


def _fits_parcels(method: Any, parcels: Any) -> ColumnElement[bool]:
    """Whether a method takes each of the parcels."""
    most = method.maximum_weight_grams
    return and_(
        func.min(parcels.c.weight_grams) >= func.coalesce(method.minimum_weight_grams, 0),
        or_(most.is_(None), func.max(parcels.c.weight_grams) <= most),
    )


def _charged(entered: Any, method: Any, vendor_id: Any) -> ColumnElement[int]:
    """What of a parcel's price a checkout is charged: all of it, or what is left without the tax in it.

    That tax is of PostgreSQL's day: this statement is made before anybody asks, and knows no other.
    """
    vendor = aliased(Vendor)
    regime = select(vendor.tax_regime).where(vendor.id == vendor_id).scalar_subquery()
    rate = rate_expression(
        regime, method.tax_class_id, Checkout.country_code, func.date(func.timezone("UTC", func.now()))
    )
    with_tax = (
        select(Channel.prices_entered_with_tax).where(Channel.id == Checkout.channel_id).scalar_subquery()
    )
    all_of_it = or_(
        not_(with_tax),
        and_(
            not_(Checkout.is_tax_exempt),
            of_country("charge_taxes", Checkout.channel_id, Checkout.country_code),
        ),
    )
    return case((all_of_it, entered), else_=net_of_gross_sql(entered, rate))


def _for_orders() -> Select[*tuple[Any, ...]]:
    """What could carry the goods of an order that staff are still working on: what `_for_checkouts` says, of
    drafts and of orders that wait to be confirmed.
    """
    piece = func.coalesce(ProductVariant.weight_grams, Product.weight_grams, ProductType.weight_grams)
    parcels = (
        select(
            OrderLine.order_id.label("order_id"),
            func.sum(piece * OrderLine.quantity).label("weight_grams"),
        )
        .join(ProductVariant, ProductVariant.id == OrderLine.variant_id)
        .join(Product, Product.id == ProductVariant.product_id)
        .join(ProductType, ProductType.id == Product.product_type_id)
        .where(ProductType.is_shipping_required)
        .group_by(OrderLine.order_id, Product.vendor_id)
        .subquery("order_parcels")
    )
    method, listing, address = models.ShippingMethod, ShippingMethodListing, aliased(Address)
    refusal = _refusal(OrderShippingAnswer, FILTER_OF_ORDER, Order.id, method.id)
    price = func.sum(_parcel_price(listing, parcels))
    offer = _offer(price, Order.currency, open_order=Order.id, refusal=refusal)
    sent = offer.join_from(Order, parcels, parcels.c.order_id == Order.id).join(
        address, address.id == Order.shipping_address_id
    )
    return (
        _served(sent, Order.channel_id, address.country_code)
        .where(
            Order.status.in_([OrderStatus.DRAFT, OrderStatus.UNCONFIRMED]),
            carries(method.id, func.any(_bought_in(Order.id))),
            postal_codes.serves(method.id, address.postal_code, address.country_code),
            _fits_goods(listing, Order.subtotal_gross_minor),
        )
        .group_by(Order.id, method.id)
        .having(_fits_parcels(method, parcels))
    )


def _bought_in(order_id: Any) -> Any:
    line = aliased(OrderLine)
    return _products_in(line, line.order_id == order_id)


def _goods_of(checkout_id: Any) -> Any:
    line = aliased(CheckoutLine)
    return _products_in(line, line.checkout_id == checkout_id)


def _products_in(line: Any, where: ColumnElement[bool]) -> Any:
    """The keys of the products of some lines."""
    variant = aliased(ProductVariant)
    products = select(variant.product_id).join_from(line, variant, variant.id == line.variant_id)
    return func.array(products.where(where).correlate_except(line, variant).scalar_subquery())


def _postal_code_of(checkout: Any) -> Any:
    address = aliased(Address)
    found = select(address.postal_code).where(address.id == checkout.shipping_address_id)
    return found.correlate_except(address).scalar_subquery()


def _of_channels() -> Select[*tuple[Any, ...]]:
    """All that a channel has, at the price of one light parcel: nothing is known of the goods yet."""
    method, listing = models.ShippingMethod, ShippingMethodListing
    return _offer(listing.parcel_price_minor, listing.currency, channel=listing.channel_id).join_from(
        method, listing, listing.method_id == method.id
    )


class OfferedMethod(Base):
    """A shipping method at a place where it has a price: a delivery, a checkout, an order. Only read."""

    __table__ = union_all(
        _of_deliveries(),
        _of_app_deliveries(),
        _of_orders(),
        _of_orders_by_app(),
        _for_checkouts(),
        _for_orders(),
        _of_channels(),
    ).subquery("offered_method")
    __mapper_args__ = {"primary_key": [__table__.c.id]}  # noqa: RUF012 - SQLAlchemy's own attribute
