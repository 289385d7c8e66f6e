"""What the shop has decided about parcels: whether they wait for approval, and whether unpaid ones leave."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.markets.models import ShippingMethod
from marketplace.markets.shop_settings import shop_setting
from marketplace.orders.errors import UnpaidOrderError
from marketplace.orders.models import AuthorizeStatus, ChargeStatus, Order


@dataclass(frozen=True, slots=True)
class FulfilmentRules:
    auto_approve: bool
    allow_unpaid: bool


async def fulfilment_rules(session: AsyncSession) -> FulfilmentRules:
    """What holds now."""
    names = ("fulfillment_auto_approve", "fulfillment_allow_unpaid")
    found = await session.execute(select(*[shop_setting(name) for name in names]))
    return FulfilmentRules(*found.one())


async def check_paid(session: AsyncSession, order: Order) -> None:
    """Raises UnpaidOrderError for an order that is neither paid in full nor to be paid at the door."""
    if order.charge_status in {ChargeStatus.FULL, ChargeStatus.OVERCHARGED}:
        return
    if order.authorize_status is AuthorizeStatus.FULL and await session.scalar(
        select(ShippingMethod.collects_cash).where(ShippingMethod.id == order.shipping_method_id)
    ):
        return
    raise UnpaidOrderError("What is not paid for does not leave.", field="order")
