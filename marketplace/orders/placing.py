"""A cart becomes an order, and splits: one vendor order for each seller, with its lines and its parcel.

Every amount of the whole is a sum over lines and parcels, each of which belongs to one seller. So the parts
add up to the whole, and nothing has to be rounded a second time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

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
from marketplace.checkout.deliveries import OfferedDelivery, Parcel
from marketplace.checkout.models import CheckoutLine
from marketplace.checkout.offers import Offer
from marketplace.checkout.totals import NOTHING, Taxed, taxed, total_of
from marketplace.inventory.allocations import allocate
from marketplace.inventory.reservations import Wanted
from marketplace.kit.batch import Batch
from marketplace.kit.money import BASIS_POINTS, share
from marketplace.markets.models import TaxClass
from marketplace.orders.carriage import Carriage, carriage_of
from marketplace.orders.discounting import all_reductions, insert_discounts, line_discount
from marketplace.orders.models import (
    AuthorizeStatus,
    ChargeStatus,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    VendorOrder,
)
from marketplace.pricing.gift_card_use import spend


@dataclass(frozen=True, slots=True)
class Appearance:
    """What a variant was called and looked like at the sale."""

    translated_product_name: str
    translated_variant_name: str
    picture_path: str | None
    tax_class_name: str | None


async def order_of_checkout(session: AsyncSession, checkout_id: UUID) -> Order | None:
    """The order that a checkout has become."""
    return await session.scalar(select(Order).where(Order.checkout_id == checkout_id))


@dataclass(frozen=True, slots=True)
class Paid:
    """What is promised or paid of an order when it is placed."""

    authorized_minor: int
    charged_minor: int
    authorize_status: AuthorizeStatus
    charge_status: ChargeStatus


async def place(
    session: AsyncSession, settled: Settled, paid: Paid, metadata: Mapping[str, str] | None = None
) -> Order:
    """Write the order of a settled checkout and sell its pieces.

    The rest is the caller's: to move the payments over, to discard the checkout, and then to tell of
    `OrderPlaced`. Raises InsufficientStockError, which the settled checkout's locks rule out.
    """
    cart = settled.cart
    carriage = await carriage_of(session, settled)
    order = await _write_order(session, settled, paid, carriage, metadata or {})
    parts = _split(cart, settled)
    line_ids = {line.id: uuid4() for line in cart.lines}
    reductions = await all_reductions(session, cart)
    appearances = await _appearances(session, cart)
    batch = Batch()
    batch.insert(VendorOrder, [_vendor_order_row(order, cart, part, carriage) for part in parts])
    batch.insert(
        OrderLine,
        [
            _line_row(order, part, cart, line, line_ids[line.id], position, appearances[line.variant_id])
            | line_discount(cart, line, reductions)
            for part in parts
            for position, line in enumerate(cart.lines, 1)
            if cart.offer(line).vendor_id == part.vendor_id
        ],
    )
    # The shop confirms what it can sell, at once.
    batch.insert(
        OrderEvent,
        [
            {"order_id": order.id, "type": type_, "user_id": cart.checkout.user_id, "at": cart.now}
            for type_ in ("PLACED", "CONFIRMED")
        ],
    )
    insert_discounts(batch, order, settled, reductions, line_ids)
    await batch.write(session)
    if settled.card_uses:
        await spend(session, settled.card_uses, order.id, str(order.number), cart.checkout.user_id)
    await allocate(
        session,
        [
            Wanted(line_ids[line.id], line.variant_id, line.quantity)
            for line in cart.lines
            if cart.offer(line).is_tracked
        ],
        cart.channel,
    )
    return order


@dataclass(frozen=True, slots=True)
class _Part:
    """One seller's share of the cart."""

    id: UUID
    vendor_id: int
    position: int
    subtotal: Taxed
    parcel: Parcel | None
    lead_time_days: int
    """Of what takes longest to make; 0 where all is there."""
    gift_card_minor: int = 0

    @property
    def shipping(self) -> Taxed:
        return self.parcel.price if self.parcel else NOTHING

    @property
    def total(self) -> Taxed:
        return self.subtotal + self.shipping


def _split(cart: Cart, settled: Settled) -> list[_Part]:
    """The cart's parts, in the order in which their sellers appear in it. What gift cards pay is shared by
    what each part comes to.
    """
    delivery = settled.delivery
    by_vendor: dict[int, list[CheckoutLine]] = {}
    for line in cart.lines:
        by_vendor.setdefault(cart.offer(line).vendor_id, []).append(line)
    parcels = {parcel.vendor_id: parcel for parcel in delivery.parcels} if delivery else {}
    parts = [
        _Part(
            uuid4(),
            vendor_id,
            position,
            total_of(Taxed(line.total_gross_minor, line.total_net_minor) for line in lines),
            parcels.get(vendor_id),
            max(cart.offer(line).lead_time_days or 0 for line in lines),
        )
        for position, (vendor_id, lines) in enumerate(by_vendor.items(), 1)
    ]
    if not settled.gift_card_minor:
        return parts
    shares = share(settled.gift_card_minor, [part.total.gross_minor for part in parts])
    return [replace(part, gift_card_minor=paid_minor) for part, paid_minor in zip(parts, shares, strict=True)]


async def _write_order(
    session: AsyncSession, settled: Settled, paid: Paid, carriage: Carriage, metadata: Mapping[str, str]
) -> Order:
    cart, checkout = settled.cart, settled.cart.checkout
    undiscounted = total_of(
        taxed(
            line.undiscounted_unit_price_minor * line.quantity,
            line.tax_rate_bp,
            cart.channel.prices_entered_with_tax,
        )
        for line in cart.lines
    )
    shipping = settled.shipping
    undiscounted_shipping = _undiscounted_shipping(settled)
    order = Order(
        id=uuid4(),
        status=OrderStatus.UNFULFILLED,
        channel_id=cart.channel.id,
        user_id=checkout.user_id,
        user_email=checkout.email or "",
        checkout_id=checkout.id,
        language_code=checkout.language_code,
        customer_note=checkout.note,
        billing_address_id=checkout.billing_address_id,
        shipping_address_id=checkout.shipping_address_id,
        shipping_method_id=carriage.method_id,
        shipping_method_name=carriage.method_name,
        shipping_tax_class_id=carriage.tax_class_id,
        shipping_tax_class_name=carriage.tax_class_name,
        currency=checkout.currency,
        subtotal_gross_minor=settled.subtotal.gross_minor,
        subtotal_net_minor=settled.subtotal.net_minor,
        shipping_gross_minor=shipping.gross_minor,
        shipping_net_minor=shipping.net_minor,
        shipping_tax_rate_bp=_effective_rate_bp(shipping, settled.delivery),
        undiscounted_total_gross_minor=undiscounted.gross_minor + undiscounted_shipping.gross_minor,
        undiscounted_total_net_minor=undiscounted.net_minor + undiscounted_shipping.net_minor,
        total_gross_minor=settled.total.gross_minor,
        total_net_minor=settled.total.net_minor,
        gift_card_minor=settled.gift_card_minor,
        shipping_discount_minor=_shipping_discount(settled),
        voucher_id=cart.reduction.voucher_id if cart.reduction else None,
        voucher_code=cart.reduction.voucher_code if cart.reduction else None,
        total_authorized_minor=paid.authorized_minor,
        total_charged_minor=paid.charged_minor,
        authorize_status=paid.authorize_status,
        charge_status=paid.charge_status,
        is_tax_exempt=checkout.is_tax_exempt,
        public_metadata={**checkout.public_metadata, **metadata},
        private_metadata=dict(checkout.private_metadata),
        created_at=cart.now,
        updated_at=cart.now,
    )
    session.add(order)
    await session.flush()
    return order


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


def _vendor_order_row(order: Order, cart: Cart, part: _Part, carriage: Carriage) -> dict[str, object]:
    total = part.total
    carried = carriage if part.parcel else Carriage()
    return {
        "id": part.id,
        "order_id": order.id,
        "vendor_id": part.vendor_id,
        "position": part.position,
        "currency": order.currency,
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
        "created_at": cart.now,
        "updated_at": cart.now,
    }


def _line_row(
    order: Order,
    part: _Part,
    cart: Cart,
    line: CheckoutLine,
    line_id: UUID,
    position: int,
    appearance: Appearance,
) -> dict[str, object]:
    offer: Offer = cart.offer(line)
    undiscounted = taxed(
        line.undiscounted_unit_price_minor, line.tax_rate_bp, cart.channel.prices_entered_with_tax
    )
    return {
        "id": line_id,
        "order_id": order.id,
        "vendor_order_id": part.id,
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
        "quantity": line.quantity,
        "currency": order.currency,
        "tax_rate_bp": line.tax_rate_bp,
        "tax_class_id": offer.tax_class_id,
        "tax_class_name": appearance.tax_class_name,
        "is_price_overridden": line.price_override_minor is not None,
        "price_override_reason": line.price_override_reason,
        "unit_gross_minor": line.unit_gross_minor,
        "unit_net_minor": line.unit_net_minor,
        "undiscounted_unit_gross_minor": undiscounted.gross_minor,
        "undiscounted_unit_net_minor": undiscounted.net_minor,
        "total_gross_minor": line.total_gross_minor,
        "total_net_minor": line.total_net_minor,
        "metadata": line.public_metadata,
    }


async def _appearances(session: AsyncSession, cart: Cart) -> dict[int, Appearance]:
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
