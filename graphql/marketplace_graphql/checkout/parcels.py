"""What each seller will send of a checkout: its lines, their weight, its share of the delivery, and when."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ColumnElement, Integer, String, and_, cast, func, select

from marketplace.catalog.models import Product, ProductType, ProductVariant
from marketplace.checkout import models
from marketplace.checkout.app_taxes import IS_LAID, PARCELS
from marketplace.kit.models import Base
from marketplace.markets.models import ShippingMethod as MethodRow
from marketplace_graphql.catalog.making import too_late
from marketplace_graphql.kernel import expression, never_null, null_when, object_type, record, related, value
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.values import TaxedMoney, Weight, taxed_money, weight

if TYPE_CHECKING:
    from marketplace_graphql.checkout.types import CheckoutLine
    from marketplace_graphql.vendors.types import Vendor


class ParcelOfCheckout(Base):
    """One seller's lines of a checkout that have to be carried, taken together. Only read."""

    __table__ = (
        select(
            models.Checkout.id.label("checkout_id"),
            Product.vendor_id.label("vendor_id"),
            models.Checkout.delivery_id.label("delivery_id"),
            models.Checkout.currency.label("currency"),
            func.sum(
                func.coalesce(ProductVariant.weight_grams, Product.weight_grams, ProductType.weight_grams)
                * models.CheckoutLine.quantity,
                type_=BigInteger,
            ).label("weight_grams"),
            func.coalesce(func.max(ProductVariant.lead_time_days), 0).label("lead_time_days"),
            func.min(models.CheckoutLine.created_at).label("begun_at"),
        )
        .select_from(models.Checkout)
        .join(models.CheckoutLine, models.CheckoutLine.checkout_id == models.Checkout.id)
        .join(ProductVariant, ProductVariant.id == models.CheckoutLine.variant_id)
        .join(Product, Product.id == ProductVariant.product_id)
        .join(ProductType, ProductType.id == Product.product_type_id)
        .where(ProductType.is_shipping_required)
        .group_by(models.Checkout.id, Product.vendor_id)
        .subquery("parcel_of_checkout")
    )
    __mapper_args__ = {"primary_key": [__table__.c.checkout_id, __table__.c.vendor_id]}  # noqa: RUF012 - SQLAlchemy's own attribute


def _priced(row: Any, ctx: Any) -> Any:
    """The parcel in the chosen delivery, joined: nothing before one is chosen."""
    return ctx.joined(
        row,
        models.CheckoutParcel,
        lambda priced: and_(priced.delivery_id == row.delivery_id, priced.vendor_id == row.vendor_id),
        key="in the chosen delivery",
    )


def _days(row: Any, attribute: Any, lead_time_days: Any) -> ColumnElement[int | None]:
    """Days from the order to the door with the row's delivery: what is made to order is made first."""
    delivery, method = aliased(models.CheckoutDelivery), aliased(MethodRow)
    of_app = delivery.app_method[attribute.key.replace("_delivery", "")].astext
    on_the_way = (
        select(func.coalesce(getattr(method, attribute.key), cast(of_app, Integer)))
        .join_from(delivery, method, delivery.method_id == method.id, isouter=True)
        .where(delivery.id == row.delivery_id)
        .correlate_except(delivery, method)
        .scalar_subquery()
    )
    days: ColumnElement[int | None] = lead_time_days + on_the_way
    return days


@record(ParcelOfCheckout, order_by=lambda row, ctx: (row.begun_at, row.vendor_id))
class CheckoutParcel:
    """What one seller will send of a checkout."""

    vendor: "Vendor" = related(lambda row, vendor, ctx: vendor.id == row.vendor_id, shown=True)
    """Who sends it."""
    lines: "list[CheckoutLine]" = related(
        lambda row, line, ctx: and_(
            line.checkout_id == row.checkout_id, _seller_of(line) == row.vendor_id, _is_carried(line)
        )
    )
    weight: Weight = value(lambda row, ctx: weight(row.weight_grams))
    currency: str
    """ISO 4217 code."""
    minimum_delivery_days: int | None = expression(
        lambda row, ctx: _days(row, MethodRow.minimum_delivery_days, row.lead_time_days)
    )
    """Days from the order to the door, time to make it included. Not known before a delivery is chosen."""
    maximum_delivery_days: int | None = expression(
        lambda row, ctx: _days(row, MethodRow.maximum_delivery_days, row.lead_time_days)
    )
    exceeds_legal_delivery_time: bool = expression(
        lambda row, ctx: never_null(
            too_late(
                func.coalesce(
                    _days(row, MethodRow.maximum_delivery_days, row.lead_time_days), row.lead_time_days
                )
            )
        )
    )
    """Whether it may take longer than the thirty days of law 31-08: whoever orders agrees to it."""

    @value
    def shipping_price(row: Any, ctx: Any) -> TaxedMoney | None:
        """Its share of the delivery; null before a delivery is chosen."""
        priced = _priced(row, ctx)
        gross, net = (_as_app_says(row, place, own) for place, own in enumerate(_both(priced)))
        return null_when(  # type: ignore[return-value]
            priced.id.is_(None), taxed_money(gross, net, priced.currency)
        )


def _both(priced: Any) -> tuple[Any, Any]:
    return priced.gross_minor, priced.net_minor


def _as_app_says(row: Any, place: int, own: Any) -> ColumnElement[int]:
    """What of an app's answer is the parcel's; its own price where no app has said it."""
    checkout = aliased(models.Checkout)
    said = (
        select(cast(checkout.tax_answer[PARCELS][cast(row.vendor_id, String)][place].astext, BigInteger))
        .where(checkout.id == row.checkout_id, checkout.tax_answer[IS_LAID].astext == "true")
        .correlate_except(checkout)
        .scalar_subquery()
    )
    return func.coalesce(said, own)


@object_type
class DaysOfDeliveryParcel:
    """A part of `DeliveryParcel`."""

    minimum_delivery_days: int | None = expression(
        lambda row, ctx: _days(row, MethodRow.minimum_delivery_days, _lead_time(row))
    )
    """Days from the order to the door, time to make it included."""
    maximum_delivery_days: int | None = expression(
        lambda row, ctx: _days(row, MethodRow.maximum_delivery_days, _lead_time(row))
    )
    exceeds_legal_delivery_time: bool = expression(
        lambda row, ctx: never_null(too_late(_days(row, MethodRow.maximum_delivery_days, _lead_time(row))))
    )
    """Whether it may take longer than the thirty days of law 31-08: whoever orders agrees to it."""


@object_type
class ParcelsOfCheckout:
    """A part of `Checkout`."""

    parcels: list[CheckoutParcel] = related(lambda row, parcel, ctx: parcel.checkout_id == row.id)
    """What each seller will send, in the order in which they came into the checkout."""


@object_type
class SellerOfCheckoutLine:
    """A part of `CheckoutLine`."""

    vendor: "Vendor" = related(lambda row, vendor, ctx: vendor.id == _seller_of(row), shown=True)
    """Who sells it."""


def _seller_of(line: Any) -> ColumnElement[int]:
    variant, product = aliased(ProductVariant), aliased(Product)
    return (
        select(product.vendor_id)
        .join(variant, variant.product_id == product.id)
        .where(variant.id == line.variant_id)
        .correlate_except(variant, product)
        .scalar_subquery()
    )


def _is_carried(line: Any) -> ColumnElement[bool]:
    variant, product, kind = aliased(ProductVariant), aliased(Product), aliased(ProductType)
    return (
        select(kind.is_shipping_required)
        .select_from(variant)
        .join(product, product.id == variant.product_id)
        .join(kind, kind.id == product.product_type_id)
        .where(variant.id == line.variant_id)
        .correlate_except(variant, product, kind)
        .scalar_subquery()
    )


def _lead_time(parcel: Any) -> ColumnElement[int]:
    """Of what takes longest to make of the seller's lines; 0 where all is there."""
    delivery, line = aliased(models.CheckoutDelivery), aliased(models.CheckoutLine)
    variant, product = aliased(ProductVariant), aliased(Product)
    return (
        select(func.coalesce(func.max(variant.lead_time_days), 0))
        .select_from(delivery)
        .join(line, line.checkout_id == delivery.checkout_id)
        .join(variant, variant.id == line.variant_id)
        .join(product, product.id == variant.product_id)
        .where(delivery.id == parcel.delivery_id, product.vendor_id == parcel.vendor_id)
        .correlate_except(delivery, line, variant, product)
        .scalar_subquery()
    )
