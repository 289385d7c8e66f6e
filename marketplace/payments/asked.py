"""What whoever carries payments out is asked, and by whom: an app, or a gateway of this house.

Each conversation goes in three steps, and no lock is held in the second: what is wanted is written down and
the question made (`Provider.session_call`, `action_call`); it is put (`Call.put`), with no connection in
hand; what came of it is written down (`Call.note`, and `sessions.answered` or `actions.answered`). If nothing
comes back, a failure is written down and the amounts are as before, or, where money may have moved
meanwhile, the request is kept as pending until that is found out (`lost.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payments.answers import Answer
from marketplace.payments.gateways import Payable
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client says about a payment that it begins or goes on with."""

    data: Any = None
    customer_ip_address: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What is paid for: the name of its class, and its key."""

    model: str
    key: UUID


class Call(Protocol):
    """One question, and what came of it."""

    async def put(self) -> None:
        """Ask. Nothing is held meanwhile, and nothing raised: see `answer`."""

    async def note(self, session: AsyncSession) -> None:
        """Note that there was a question, and whether it was answered."""

    def answer(self, request: TransactionEvent, /) -> Answer:
        """What was answered to a request. Raises AnswerError."""


class Provider(Protocol):
    """Whoever carries payments out."""

    @property
    def id(self) -> str:
        """The gateway that clients name."""

    @property
    def name(self) -> str: ...

    @property
    def app_id(self) -> int | None:
        """The app in whose name answers are told; None for a gateway of this house."""

    async def check_open(self, session: AsyncSession, payable: Payable) -> None:
        """Raises GatewayRefusedError where it can't be paid this way."""

    def end_of(self, told: Sequence[TransactionEvent]) -> TransactionEvent | None:
        """What a payment has ended with, so that there is nothing to ask any more."""

    async def session_call(
        self,
        session: AsyncSession,
        transaction: TransactionItem,
        request: TransactionEvent,
        source: Source,
        wish: Wish,
        *,
        goes_on: bool,
    ) -> Call:
        """Asks for a payment that is begun, or that goes on."""

    async def check_action(self, session: AsyncSession, kind: Type) -> None:
        """Raises NobodyToAskError where this can't be asked for."""

    async def action_call(
        self, session: AsyncSession, transaction: TransactionItem, request: TransactionEvent
    ) -> Call:
        """Asks to charge, to pay back or to call off."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is written down, and the call that puts it."""

    token: UUID
    request_id: int
    app_id: int | None
    call: Call
