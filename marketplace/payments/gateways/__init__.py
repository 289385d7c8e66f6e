"""Ways to pay, one module each. `known.py` lists them.

There are two kinds. A promise is made in the buyer's request, and nobody outside is asked (`Gateway`). All
others are carried out by somebody outside, who is asked while nothing is held (`outside.OutsideGateway`).
"""

from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.kit.money import Money
from marketplace.markets.models import Channel
from marketplace.orders.models import Order
from marketplace.payments.models import TransactionEventType


@dataclass(frozen=True, slots=True)
class Payable:
    """What is to be paid: a checkout or an order, locked."""

    channel: Channel
    total: Money
    checkout: Checkout | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class GatewayAnswer:
    """What a gateway says to a request for money."""

    event_type: TransactionEventType
    amount: Money
    message: str = ""
    actions: list[str] = field(default_factory=list)
    data: dict[str, object] | None = None


class Gateway(Protocol):
    """A way to pay."""

    id: str
    name: str
    is_promise: bool
    """A promise is made once for the whole, and made anew when the whole changes; it has one transaction."""

    async def check_open(self, session: AsyncSession, payable: Payable) -> None:
        """Raises GatewayRefusedError where this way is not open."""

    async def initialize(self, payable: Payable, amount: Money) -> GatewayAnswer:
        """Ask for money. Raises GatewayRefusedError."""
