"""The ways to travel that were worked out for a cart, as they are kept: one of them may be chosen."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.app_methods import AppMethod, MethodKey
from marketplace.checkout.carts import Cart
from marketplace.checkout.models import CheckoutDelivery, CheckoutParcel
from marketplace.checkout.offered_deliveries import OfferedDelivery, Parcel
from marketplace.checkout.totals import Taxed
from marketplace.kit.batch import Batch


async def replace_kept(
    session: AsyncSession, cart: Cart, offered: list[OfferedDelivery], ids: Mapping[MethodKey, UUID]
) -> None:
    """Keep these deliveries and no others; those that keep their id stay the same rows."""
    checkout_id, currency = cart.checkout.id, cart.channel.currency_code
    staying = cart.checkout.delivery_id if cart.checkout.delivery_id in ids.values() else None
    if cart.has_deliveries:
        outdated = delete(CheckoutDelivery).where(CheckoutDelivery.checkout_id == checkout_id)
        if staying is not None:
            outdated = outdated.where(CheckoutDelivery.id != staying)
            await session.execute(delete(CheckoutParcel).where(CheckoutParcel.delivery_id == staying))
        await session.execute(outdated, execution_options={"synchronize_session": False})
    for delivery in offered:
        if ids[delivery.key] == staying:
            await session.execute(
                update(CheckoutDelivery)
                .where(CheckoutDelivery.id == staying)
                .values(
                    price_minor=delivery.price_minor,
                    app_method=delivery.by_app.written() if delivery.by_app else None,
                    updated_at=cart.now,
                ),
                execution_options={"synchronize_session": False},
            )
    batch = Batch()
    batch.insert(
        CheckoutDelivery,
        [
            {
                "id": ids[delivery.key],
                "checkout_id": checkout_id,
                "method_id": delivery.method_id,
                "app_method": delivery.by_app.written() if delivery.by_app else None,
                "app_method_id": delivery.by_app.id if delivery.by_app else None,
                "currency": currency,
                "price_minor": delivery.price_minor,
                "created_at": cart.now,
                "updated_at": cart.now,
            }
            for delivery in offered
            if ids[delivery.key] != staying
        ],
    )
    batch.insert(
        CheckoutParcel,
        [
            {
                "delivery_id": ids[delivery.key],
                "vendor_id": parcel.vendor_id,
                "weight_grams": parcel.weight_grams,
                "currency": currency,
                "price_minor": parcel.price_minor,
                "tax_rate_bp": parcel.tax_rate_bp,
                "gross_minor": parcel.price.gross_minor,
                "net_minor": parcel.price.net_minor,
            }
            for delivery in offered
            for parcel in delivery.parcels
        ],
    )
    await batch.write(session)
    cart.has_deliveries = bool(offered)


async def kept_delivery(session: AsyncSession, cart: Cart, delivery_id: UUID) -> OfferedDelivery | None:
    """A kept delivery of this checkout; None where it is none of its own."""
    found = await session.execute(_KEPT, {"delivery_id": delivery_id, "checkout_id": cart.checkout.id})
    rows = found.all()
    if not rows:
        return None
    parcels = tuple(
        Parcel(vendor_id, grams, price_minor, rate_bp, Taxed(gross_minor, net_minor))
        for *_, vendor_id, grams, price_minor, rate_bp, gross_minor, net_minor in rows
    )
    method_id, by_app = rows[0][:2]
    if by_app is None:
        return OfferedDelivery(method_id, parcels)
    method = AppMethod(**by_app)
    return OfferedDelivery(method.id, parcels, method)


async def keys_of_kept(session: AsyncSession, cart: Cart) -> dict[MethodKey, UUID]:
    """The keys of a cart's deliveries by their methods'."""
    kept = select(CheckoutDelivery).where(CheckoutDelivery.checkout_id == cart.checkout.id)
    keys: dict[MethodKey, UUID] = {}
    for row in await session.scalars(kept):
        key = row.method_id if row.app_method_id is None else row.app_method_id
        if key is not None:
            keys[key] = row.id
    return keys


_KEPT = (
    select(
        CheckoutDelivery.method_id,
        CheckoutDelivery.app_method,
        CheckoutParcel.vendor_id,
        CheckoutParcel.weight_grams,
        CheckoutParcel.price_minor,
        CheckoutParcel.tax_rate_bp,
        CheckoutParcel.gross_minor,
        CheckoutParcel.net_minor,
    )
    .join(CheckoutDelivery, CheckoutDelivery.id == CheckoutParcel.delivery_id)
    .where(
        CheckoutDelivery.id == bindparam("delivery_id", type_=Uuid),
        CheckoutDelivery.checkout_id == bindparam("checkout_id", type_=Uuid),
    )
    .order_by(CheckoutParcel.vendor_id)
)
