"""Ways to ship, where they are offered: each with the price it has there."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
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
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from marketplace.catalog.models import Product, ProductType, ProductVariant
from marketplace.checkout.models import Checkout, CheckoutDelivery, CheckoutLine
from marketplace.kit.models import Base
from marketplace.markets import models, postal_codes
from marketplace.markets.models import Channel, ShippingMethodListing, ShippingZone, zone_channel
from marketplace.markets.queries import carries
from marketplace.orders.models import Order, OrderLine, OrderStatus
from marketplace.people.models import Address
from marketplace.pricing.rounding import net_of_gross_sql
from marketplace.pricing.taxes import of_country, rate_expression
from marketplace.vendors.models import Vendor
from marketplace_graphql.kernel import (
    JSONString,
    Node,
    ObjectWithMetadata,
    enum,
    expression,
    never_null,
    node,
    null_when,
    related,
    value,
)
from marketplace_graphql.languages import InLanguage, LanguageCodeEnum
from marketplace_graphql.values import Money, Weight, money, weight

if TYPE_CHECKING:
    from marketplace_graphql.markets.zones import ShippingMethodTranslatableContent

enum(models.ShippingMethodType, name="ShippingMethodTypeEnum")

_OFFERED_BY_ITSELF = "Set on the shipping method; what is offered respects it already."


def _offer(
    price: Any,
    currency: Any,
    *,
    delivery: Any = None,
    checkout: Any = None,
    order: Any = None,
    open_order: Any = None,
    channel: Any = None,
) -> Select[*tuple[Any, ...]]:
    """A method's own columns, its price at a place, and which place that is."""

    def key(column: Any) -> Any:
        return cast(null(), Uuid) if column is None else column

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
        key(delivery).label("delivery_id"),
        key(checkout).label("checkout_id"),
        key(order).label("order_id"),
        key(open_order).label("open_order_id"),
        cast(null() if channel is None else channel, BigInteger).label("channel_id"),
    )


def _of_deliveries() -> Select[*tuple[Any, ...]]:
    """Deliveries that were worked out for a checkout, the chosen one among them."""
    method, delivery = models.ShippingMethod, CheckoutDelivery
    return _offer(delivery.price_minor, delivery.currency, delivery=delivery.id).join_from(
        method, delivery, delivery.method_id == method.id
    )


def _of_orders() -> Select[*tuple[Any, ...]]:
    """The method that an order travels by, at the price its buyer pays."""
    with_tax = Channel.prices_entered_with_tax
    entered = case((with_tax, Order.shipping_gross_minor), else_=Order.shipping_net_minor)
    return (
        _offer(entered, Order.currency, order=Order.id)
        .join_from(models.ShippingMethod, Order, Order.shipping_method_id == models.ShippingMethod.id)
        .join(Channel, Channel.id == Order.channel_id)
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
    kilograms_begun = func.ceil(parcels.c.weight_grams / literal(1000, BigInteger()))
    entered = listing.parcel_price_minor + listing.further_kilogram_price_minor * func.greatest(
        0, kilograms_begun - 1
    )
    parcel_price = _charged(cast(entered, BigInteger), method, parcels.c.vendor_id)
    return (
        _offer(func.sum(parcel_price), Checkout.currency, checkout=Checkout.id)
        .join_from(Checkout, parcels, parcels.c.checkout_id == Checkout.id)
        .join(zone_channel, zone_channel.c.channel_id == Checkout.channel_id)
        .join(
            ShippingZone,
            and_(
                ShippingZone.id == zone_channel.c.zone_id,
                Checkout.country_code == func.any(ShippingZone.country_codes),
            ),
        )
        .join(method, method.zone_id == ShippingZone.id)
        .join(listing, and_(listing.method_id == method.id, listing.channel_id == Checkout.channel_id))
        .where(
            Checkout.shipping_address_id.is_not(None),
            carries(method.id, func.any(_goods_of(Checkout.id))),
            postal_codes.serves(method.id, _postal_code_of(Checkout), Checkout.country_code),
            func.coalesce(listing.minimum_order_price_minor, 0) <= Checkout.subtotal_gross_minor,
            or_(
                listing.maximum_order_price_minor.is_(None),
                listing.maximum_order_price_minor >= Checkout.subtotal_gross_minor,
            ),
        )
        .group_by(Checkout.id, method.id)
        .having(
            and_(
                func.min(parcels.c.weight_grams) >= func.coalesce(method.minimum_weight_grams, 0),
                or_(
                    method.maximum_weight_grams.is_(None),
                    func.max(parcels.c.weight_grams) <= method.maximum_weight_grams,
                ),
            )
        )
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
    kilograms_begun = func.ceil(parcels.c.weight_grams / literal(1000, BigInteger()))
    parcel_price = listing.parcel_price_minor + listing.further_kilogram_price_minor * func.greatest(
        0, kilograms_begun - 1
    )
    return (
        _offer(func.sum(parcel_price), Order.currency, open_order=Order.id)
        .join_from(Order, parcels, parcels.c.order_id == Order.id)
        .join(address, address.id == Order.shipping_address_id)
        .join(zone_channel, zone_channel.c.channel_id == Order.channel_id)
        .join(
            ShippingZone,
            and_(
                ShippingZone.id == zone_channel.c.zone_id,
                address.country_code == func.any(ShippingZone.country_codes),
            ),
        )
        .join(method, method.zone_id == ShippingZone.id)
        .join(listing, and_(listing.method_id == method.id, listing.channel_id == Order.channel_id))
        .where(
            Order.status.in_([OrderStatus.DRAFT, OrderStatus.UNCONFIRMED]),
            carries(method.id, func.any(_bought_in(Order.id))),
            postal_codes.serves(method.id, address.postal_code, address.country_code),
            func.coalesce(listing.minimum_order_price_minor, 0) <= Order.subtotal_gross_minor,
            or_(
                listing.maximum_order_price_minor.is_(None),
                listing.maximum_order_price_minor >= Order.subtotal_gross_minor,
            ),
        )
        .group_by(Order.id, method.id)
        .having(
            and_(
                func.min(parcels.c.weight_grams) >= func.coalesce(method.minimum_weight_grams, 0),
                or_(
                    method.maximum_weight_grams.is_(None),
                    func.max(parcels.c.weight_grams) <= method.maximum_weight_grams,
                ),
            )
        )
    )


def _bought_in(order_id: Any) -> Any:
    line, variant = aliased(OrderLine), aliased(ProductVariant)
    products = select(variant.product_id).join_from(line, variant, variant.id == line.variant_id)
    return func.array(
        products.where(line.order_id == order_id).correlate_except(line, variant).scalar_subquery()
    )


def _goods_of(checkout_id: Any) -> Any:
    line, variant = aliased(CheckoutLine), aliased(ProductVariant)
    products = select(variant.product_id).join_from(line, variant, variant.id == line.variant_id)
    return func.array(
        products.where(line.checkout_id == checkout_id).correlate_except(line, variant).scalar_subquery()
    )


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
        _of_deliveries(), _of_orders(), _for_checkouts(), _for_orders(), _of_channels()
    ).subquery("offered_method")
    __mapper_args__ = {"primary_key": [__table__.c.id]}  # noqa: RUF012 - SQLAlchemy's own attribute


@node(models.ShippingMethodTranslation)
class ShippingMethodTranslation(Node, InLanguage):
    """A shipping method in another language."""

    name: str | None
    description: JSONString | None
    translatable_content: "ShippingMethodTranslatableContent | None" = related(
        lambda row, method, ctx: method.id == row.shipping_method_id
    )
    """What it was translated from."""


@node(OfferedMethod, order_by=lambda row, ctx: (row.price_minor, row.id))
class ShippingMethod(Node, ObjectWithMetadata):
    """A way in which goods can travel to their buyer, at its price."""

    name: str
    description: JSONString | None
    type: models.ShippingMethodType | None = expression(
        lambda row, ctx: row.type, deprecated="What a price depends on is the seller's business."
    )
    minimum_delivery_days: int | None
    maximum_delivery_days: int | None
    minimum_order_weight: Weight | None = value(
        lambda row, ctx: null_when(row.minimum_weight_grams.is_(None), weight(row.minimum_weight_grams)),
        deprecated=_OFFERED_BY_ITSELF,
    )
    maximum_order_weight: Weight | None = value(
        lambda row, ctx: null_when(row.maximum_weight_grams.is_(None), weight(row.maximum_weight_grams)),
        deprecated=_OFFERED_BY_ITSELF,
    )
    minimum_order_price: Money | None = value(
        lambda row, ctx: _listed_limit(row, ctx, "minimum_order_price_minor"), deprecated=_OFFERED_BY_ITSELF
    )
    maximum_order_price: Money | None = value(
        lambda row, ctx: _listed_limit(row, ctx, "maximum_order_price_minor"), deprecated=_OFFERED_BY_ITSELF
    )
    price: Money = value(lambda row, ctx: money(row.price_minor, row.currency))
    """For all parcels together, as prices are entered in the channel."""
    active: bool = expression(lambda row, ctx: never_null(true()))
    """Whether it can be chosen. What can't be is not offered at all."""
    message: str | None = expression(lambda row, ctx: literal(""))
    """Why it can't be chosen."""

    @related
    def translation(
        row: Any,
        translation: Any,
        ctx: Any,
        language_code: LanguageCodeEnum,
    ) -> ShippingMethodTranslation | None:
        """Its texts in another language."""
        wanted = getattr(language_code, "value", language_code)
        return and_(translation.shipping_method_id == row.id, translation.language_code == wanted)


def methods_of_channel(method: Any, channel_id: Any, country_code: Any = None) -> ColumnElement[bool]:
    """Offered methods of a channel at their prices there; of those zones of it that go to a country."""
    way, zone = aliased(models.ShippingMethod), aliased(ShippingZone)
    goes = [zone_channel.c.channel_id == channel_id, way.id == method.id]
    if country_code is not None:
        goes.append(country_code == func.any(zone.country_codes))
    reaches = (
        select(way.id)
        .join(zone, zone.id == way.zone_id)
        .join(zone_channel, zone_channel.c.zone_id == zone.id)
        .where(*goes)
        .correlate_except(way, zone, zone_channel)
        .exists()
    )
    return and_(method.channel_id == channel_id, reaches)


def _listed_limit(row: Any, ctx: Any, column: str) -> Any:
    listing = aliased(ShippingMethodListing)
    limit = (
        select(getattr(listing, column))
        .where(listing.method_id == row.id, listing.channel_id == ctx.channel.id)
        .correlate_except(listing)
        .scalar_subquery()
    )
    return null_when(limit.is_(None), money(limit, row.currency))
