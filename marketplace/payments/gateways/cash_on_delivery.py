"""Cash on delivery: the buyer promises now, and pays the carrier at the door, parcel by parcel."""

from sqlalchemy import Uuid, bindparam, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import CheckoutDelivery
from marketplace.kit.money import Money
from marketplace.markets.models import ShippingMethod
from marketplace.payments.at_the_door.errors import CashNotOfferedError, NotOffered
from marketplace.payments.at_the_door.rules import decide
from marketplace.payments.errors import GatewayRefusedError
from marketplace.payments.gateways import GatewayAnswer, Payable
from marketplace.payments.models import TransactionAction, TransactionEventType

GATEWAY_ID = "marketplace.cash_on_delivery"


_COLLECTS_CASH = (
    select(func.coalesce(ShippingMethod.collects_cash, false()))
    .select_from(CheckoutDelivery)
    .outerjoin(ShippingMethod, ShippingMethod.id == CheckoutDelivery.method_id)
    .where(CheckoutDelivery.id == bindparam("delivery_id", type_=Uuid))
)


class CashOnDelivery:
    id = GATEWAY_ID
    name = "Cash on delivery"
    is_promise = True

    async def check_open(self, session: AsyncSession, payable: Payable) -> None:
        """Raises GatewayRefusedError where the channel does not have it, no delivery is chosen, the chosen
        one's carrier takes no cash, or the channel's rules forbid it.
        """
        if not payable.channel.cash_on_delivery:
            raise CashNotOfferedError(NotOffered.CHANNEL, "Nothing can be paid at the door in this channel.")
        if payable.checkout is None:
            raise GatewayRefusedError("How an order is paid is settled before it is placed.", field="id")
        collects_cash = await session.scalar(_COLLECTS_CASH, {"delivery_id": payable.checkout.delivery_id})
        if collects_cash is None:
            message = "Choose how it travels first: the carrier takes the cash."
            raise CashNotOfferedError(NotOffered.NO_DELIVERY, message, field="id")
        if not collects_cash:
            raise CashNotOfferedError(NotOffered.CARRIER, "This carrier takes no cash at the door.")
        await decide(session, payable.channel, payable.checkout, payable.total)

    async def initialize(self, payable: Payable, amount: Money) -> GatewayAnswer:
        """Take the promise, for all of it: a parcel can't be half paid. Raises GatewayRefusedError."""
        if amount != payable.total:
            raise GatewayRefusedError("At the door all of it is paid, or nothing.", field="amount")
        return GatewayAnswer(
            TransactionEventType.AUTHORIZATION_SUCCESS,
            amount,
            message="To be paid at the door.",
            actions=[TransactionAction.CANCEL],
        )
