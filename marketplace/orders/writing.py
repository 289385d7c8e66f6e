"""What the rows of an order say, made of a settled cart: when it is placed, and when staff change it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, String, and_, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import (
    Product,
    ProductMedia,
    ProductTranslation,
    ProductType,
    ProductVariant,
    ProductVariantTranslation,
    variant_media,
)
from marketplace.checkout.carts import Cart
from marketplace.checkout.closing import Settled
from marketplace.checkout.models import CheckoutLine
from marketplace.checkout.offered_deliveries import OfferedDelivery
from marketplace.checkout.offers import Offer
from marketplace.checkout.totals import Taxed, taxed, total_of
from marketplace.kit.money import BASIS_POINTS
from marketplace.markets.models import TaxClass
from marketplace.orders.carriage import Carriage
from marketplace.orders.models import Order
from marketplace.orders.splitting import Part


@dataclass(frozen=True, slots=True)
class Appearance:
    """What a variant was called and looked like at the sale."""

    translated_product_name: str
    translated_variant_name: str
    picture_path: str | None
    tax_class_name: str | None


def amounts_of(settled: Settled) -> dict[str, int]:
    """The columns of an order that say what it costs."""
    with_tax = settled.cart.channel.prices_entered_with_tax
    undiscounted = total_of(
        taxed(line.undiscounted_unit_price_minor * line.quantity, line.tax_rate_bp, with_tax)
        for line in settled.cart.lines
    )
    shipping = settled.shipping
    undiscounted_shipping = _undiscounted_shipping(settled)
    return {
        "subtotal_gross_minor": settled.subtotal.gross_minor,
        "subtotal_net_minor": settled.subtotal.net_minor,
        "shipping_gross_minor": shipping.gross_minor,
        "shipping_net_minor": shipping.net_minor,
        "shipping_tax_rate_bp": _effective_rate_bp(shipping, settled.delivery),
        "undiscounted_total_gross_minor": undiscounted.gross_minor + undiscounted_shipping.gross_minor,
        "undiscounted_total_net_minor": undiscounted.net_minor + undiscounted_shipping.net_minor,
        "total_gross_minor": settled.total.gross_minor,
        "total_net_minor": settled.total.net_minor,
        "gift_card_minor": settled.gift_card_minor,
        "shipping_discount_minor": _shipping_discount(settled),
    }


def carriage_columns(carriage: Carriage) -> dict[str, object]:
    """The columns of an order that say how it travels."""
    return {
        "shipping_method_id": carriage.method_id,
        "shipping_app_method_id": carriage.by_app.id if carriage.by_app else None,
        "shipping_app_method": carriage.by_app.written() if carriage.by_app else None,
        "shipping_method_name": carriage.method_name,
        "shipping_tax_class_id": carriage.tax_class_id,
        "shipping_tax_class_name": carriage.tax_class_name,
    }


def _shipping_discount(settled: Settled) -> int:
    return sum(parcel.discount_minor for parcel in settled.delivery.parcels) if settled.delivery else 0


def _undiscounted_shipping(settled: Settled) -> Taxed:
    """What the delivery would have cost without a voucher on it."""
    if settled.delivery is None or not _shipping_discount(settled):
        return settled.shipping
    with_tax = settled.cart.channel.prices_entered_with_tax
    return total_of(
        taxed(parcel.price_minor, parcel.tax_rate_bp, with_tax) for parcel in settled.delivery.parcels
    )


def _effective_rate_bp(shipping: Taxed, delivery: OfferedDelivery | None) -> int:
    """The parcels' rate, or, where sellers' regimes make it differ, what their tax comes to on the whole."""
    rates = {parcel.tax_rate_bp for parcel in delivery.parcels} if delivery else {0}
    if len(rates) == 1:
        return rates.pop()
    if not shipping.net_minor:
        return 0
    tax_minor = shipping.gross_minor - shipping.net_minor
    return (2 * tax_minor * BASIS_POINTS + shipping.net_minor) // (2 * shipping.net_minor)


def part_row(order: Order, cart: Cart, part: Part, carriage: Carriage) -> dict[str, object]:
    """A new vendor order."""
    return {
        "id": part.id,
        "order_id": order.id,
        "vendor_id": part.vendor_id,
        "position": part.position,
        "currency": order.currency,
        **part_columns(part, carriage),
        "created_at": cart.now,
        "updated_at": cart.now,
    }


def part_columns(part: Part, carriage: Carriage) -> dict[str, int | None]:
    """The columns of a vendor order that follow from what is in it."""
    total = part.total
    carried = carriage if part.parcel else Carriage()
    return {
        "weight_grams": part.parcel.weight_grams if part.parcel else 0,
        "minimum_delivery_days": carried.days(carried.minimum_days, part.lead_time_days),
        "maximum_delivery_days": carried.days(carried.maximum_days, part.lead_time_days),
        "subtotal_gross_minor": part.subtotal.gross_minor,
        "subtotal_net_minor": part.subtotal.net_minor,
        "shipping_gross_minor": part.shipping.gross_minor,
        "shipping_net_minor": part.shipping.net_minor,
        "total_gross_minor": total.gross_minor,
        "total_net_minor": total.net_minor,
        "gift_card_minor": part.gift_card_minor,
    }


def line_row(
    order: Order,
    cart: Cart,
    line: CheckoutLine,
    line_id: UUID,
    *,
    part_id: UUID | None,
    position: int,
    appearance: Appearance,
) -> dict[str, object]:
    """A new order line; of a draft it belongs to no part yet."""
    offer: Offer = cart.offer(line)
    return {
        "id": line_id,
        "order_id": order.id,
        "vendor_order_id": part_id,
        "variant_id": line.variant_id,
        "category_id": offer.category_id,
        "position": position,
        "product_name": offer.product_name,
        "variant_name": offer.variant_name,
        "translated_product_name": appearance.translated_product_name,
        "translated_variant_name": appearance.translated_variant_name,
        "product_sku": offer.sku,
        "picture_path": appearance.picture_path,
        "is_shipping_required": offer.is_shipping_required,
        "lead_time_days": offer.lead_time_days,
        "currency": order.currency,
        "tax_class_id": offer.tax_class_id,
        "tax_class_name": appearance.tax_class_name,
        "is_price_overridden": line.price_override_minor is not None,
        "price_override_reason": line.price_override_reason,
        "metadata": line.public_metadata or {},
        **line_columns(cart, line),
    }


def line_columns(cart: Cart, line: CheckoutLine) -> dict[str, int]:
    """The columns of an order line that say how many pieces it has, and what they cost."""
    undiscounted = taxed(
        line.undiscounted_unit_price_minor, line.tax_rate_bp, cart.channel.prices_entered_with_tax
    )
    return {
        "quantity": line.quantity,
        "tax_rate_bp": line.tax_rate_bp,
        "unit_gross_minor": line.unit_gross_minor,
        "unit_net_minor": line.unit_net_minor,
        "undiscounted_unit_gross_minor": undiscounted.gross_minor,
        "undiscounted_unit_net_minor": undiscounted.net_minor,
        "total_gross_minor": line.total_gross_minor,
        "total_net_minor": line.total_net_minor,
    }


async def appearances_of(session: AsyncSession, cart: Cart) -> dict[int, Appearance]:
    rows = await session.execute(
        _APPEARANCES,
        {
            "variant_ids": [line.variant_id for line in cart.lines],
            "language_code": cart.checkout.language_code,
        },
    )
    return {
        variant_id: Appearance(product_name or "", variant_name or "", path, tax_class_name)
        for variant_id, product_name, variant_name, path, tax_class_name in rows
    }


_shows_variant = exists().where(
    variant_media.c.media_id == ProductMedia.id, variant_media.c.variant_id == ProductVariant.id
)
_first_picture = (
    select(ProductMedia.path)
    .where(ProductMedia.product_id == Product.id, ProductMedia.path.is_not(None))
    .order_by(_shows_variant.desc(), ProductMedia.position, ProductMedia.id)
    .limit(1)
    .scalar_subquery()
)
"""Of the variant itself, if there is one, else of the product."""
_language_code = bindparam("language_code", type_=String)
_APPEARANCES = (
    select(
        ProductVariant.id,
        ProductTranslation.name,
        ProductVariantTranslation.name,
        _first_picture,
        TaxClass.name,
    )
    .join(Product, Product.id == ProductVariant.product_id)
    .join(ProductType, ProductType.id == Product.product_type_id)
    .outerjoin(TaxClass, TaxClass.id == func.coalesce(Product.tax_class_id, ProductType.tax_class_id))
    .outerjoin(
        ProductTranslation,
        and_(
            ProductTranslation.product_id == Product.id,
            ProductTranslation.language_code == _language_code,
        ),
    )
    .outerjoin(
        ProductVariantTranslation,
        and_(
            ProductVariantTranslation.product_variant_id == ProductVariant.id,
            ProductVariantTranslation.language_code == _language_code,
        ),
    )
    .where(ProductVariant.id == func.any(bindparam("variant_ids", type_=ARRAY(BigInteger))))
)
