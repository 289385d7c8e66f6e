"""The method that carries an order's goods, as it is called, taxed and timed at the sale."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, String, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.app_methods import AppMethod
from marketplace.checkout.closing import Settled
from marketplace.markets.models import ShippingMethod, ShippingMethodTranslation, TaxClass


@dataclass(frozen=True, slots=True)
class Carriage:
    """Nothing of it is known where nothing is shipped."""

    method_id: int | None = None
    method_name: str | None = None
    tax_class_id: int | None = None
    tax_class_name: str | None = None
    minimum_days: int | None = None
    maximum_days: int | None = None
    by_app: AppMethod | None = None
    """Where an app offered it: all that is known is what the app said then."""

    def days(self, on_the_way: int | None, lead_time_days: int) -> int | None:
        """From the order to the door: what is made to order is made first."""
        return None if on_the_way is None else lead_time_days + on_the_way


async def carriage_of(session: AsyncSession, settled: Settled) -> Carriage:
    if settled.delivery is None:
        return Carriage()
    if (by_app := settled.delivery.by_app) is not None:
        return Carriage(
            method_name=by_app.name,
            minimum_days=by_app.minimum_days,
            maximum_days=by_app.maximum_days,
            by_app=by_app,
        )
    language_code = settled.cart.checkout.language_code
    found = await session.execute(
        _CARRIAGE, {"method_id": settled.delivery.method_id, "language_code": language_code}
    )
    return Carriage(*found.one())


_CARRIAGE = (
    select(
        ShippingMethod.id,
        func.coalesce(ShippingMethodTranslation.name, ShippingMethod.name),
        ShippingMethod.tax_class_id,
        TaxClass.name,
        ShippingMethod.minimum_delivery_days,
        ShippingMethod.maximum_delivery_days,
    )
    .select_from(ShippingMethod)
    .outerjoin(TaxClass, TaxClass.id == ShippingMethod.tax_class_id)
    .outerjoin(
        ShippingMethodTranslation,
        and_(
            ShippingMethodTranslation.shipping_method_id == ShippingMethod.id,
            ShippingMethodTranslation.language_code == bindparam("language_code", type_=String),
        ),
    )
    .where(ShippingMethod.id == bindparam("method_id", type_=BigInteger))
)
