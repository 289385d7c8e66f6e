"""What a gateway of this house has to do whose payments somebody outside carries out: see docs/payments.md.

Every method but the first two goes out, and is called with no transaction open and no lock held: all that it
may know is in the request. Whoever asks has written the request down, and committed it, before; what is
answered is written down in a transaction of its own, each thing once. So a method neither reads nor writes
the database, and may be called again with the same request: the same `key` must not move money twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.money import Money
from marketplace.payments.answers import Answer
from marketplace.payments.gateways import Payable


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a gateway about one payment."""

    token: UUID
    """The payment's: what `transaction_item.token` is, and the gateway is to give back by webhook."""
    key: str
    """Names this request. It is made of the row that the request is written down in: always the same."""
    amount: Money
    source_type: str
    """Checkout or Order: what is paid for."""
    source_id: UUID | None
    charges: bool = False
    """Whether money is to be taken at once, rather than promised: of payments that are begun or go on."""
    reference: str | None = None
    """The gateway's own name for the payment, once it has one."""
    asked: Money | None = None
    """The whole amount that the payment was begun with, where this request is about a part of it."""
    data: Any = None
    """What the client says to the gateway."""
    address: str | None = None
    """Where the buyer is on the net, as far as it is known."""
    reason: str = ""
    """Why it is paid back, in the words of staff."""
    again: bool = False
    """Whether it was asked for before and the answer was lost: see first whether it has been done."""


class OutsideGateway(Protocol):
    """A way to pay that somebody outside carries out."""

    id: str
    name: str

    async def check_open(self, session: AsyncSession, payable: Payable) -> None:
        """Raises GatewayRefusedError where this way is not open. Asks nobody."""

    def config(self) -> Mapping[str, object]:
        """What clients must know before they begin a payment: `paymentGatewayInitialize` gives it."""

    def failure(self, message: str) -> object:
        """What clients are given as data where it could not be asked."""

    async def initialize(self, request: Request) -> Answer:
        """Begin a payment; no money may move by this alone. Asked with the same key, it is the same one."""

    async def process(self, request: Request) -> Answer:
        """Go on with a payment for which a client had to do something: how does it stand now?"""

    async def charge(self, request: Request) -> Answer:
        """Take so much of what is promised."""

    async def refund(self, request: Request) -> Answer:
        """Pay so much of what was taken back."""

    async def cancel(self, request: Request) -> Answer:
        """Call off what is promised."""

    async def call_off(self, request: Request) -> Answer:
        """Call off a payment that a buyer began a day ago and never finished, unless it can still be paid."""

    async def look(self, request: Request) -> Answer:
        """All that has happened to a payment so far: whatever of it is new is written down."""
