"""Orders for tests, placed by the services that buyers use."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.checkout.closing import discard, settle
from marketplace.kit.events import publish
from marketplace.orders.events import OrderPlaced
from marketplace.orders.models import AuthorizeStatus, ChargeStatus, Order, VendorOrder
from marketplace.orders.placing import Paid, place
from marketplace.payments import repaying
from marketplace.payments.completion import complete
from marketplace.payments.refund_shares import Wish
from marketplace.payments.refunding import Kind, Refunding
from tests.factories.checkout import Market, make_ready_cart, promise_cash


async def make_order(
    session: AsyncSession, market: Market, *variants: ProductVariant, quantity: int = 1, **given: object
) -> Order:
    """An order to be paid at the door."""
    cart = await make_ready_cart(session, market, *variants, quantity=quantity, **given)
    await promise_cash(session, cart.id)
    return await complete(session, cart.id)


async def make_unpaid_order(
    session: AsyncSession, market: Market, *variants: ProductVariant, quantity: int = 1, **given: object
) -> Order:
    """An order of which nothing is paid or promised: as staff make them, for whoever pays by transfer."""
    cart = await make_ready_cart(session, market, *variants, quantity=quantity, **given)
    settled = await settle(session, cart.id)
    order = await place(session, settled, Paid(0, 0, AuthorizeStatus.NONE, ChargeStatus.NONE))
    await discard(session, settled.cart)
    await publish(session, OrderPlaced(order.id))
    return order


async def parts_of(session: AsyncSession, order: Order) -> list[VendorOrder]:
    """An order's vendor orders, first seller first."""
    found = await session.scalars(
        select(VendorOrder).where(VendorOrder.order_id == order.id).order_by(VendorOrder.position)
    )
    return list(found)


async def refund_amount(session: AsyncSession, order_id: UUID, amount_minor: int) -> None:
    """Pay so much of an order back, of which no gateway has to be asked."""
    wanted = Refunding(Kind.KEPT, Wish(amount_minor), amount_field="amount")
    await repaying.begin(session, session.info["settings"], order_id, wanted)
