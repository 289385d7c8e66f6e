"""Payments by gateways of this house whose payments somebody outside carries out."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.money import Money
from marketplace.payments import circuits
from marketplace.payments.answers import Answer, AnswerError, LostAnswerError, UnreachableError
from marketplace.payments.asked import Source, Wish
from marketplace.payments.gateways import Payable
from marketplace.payments.gateways.outside import OutsideGateway, Request
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.transactions import begun_with

_SUCCESSES = frozenset({Type.AUTHORIZATION_SUCCESS, Type.CHARGE_SUCCESS})
NOT_THERE = "{} can't be reached at the moment: nothing was charged. Please try again in a minute."
SILENT = "{} did not answer in time. What came of it is being found out."


@dataclass(slots=True)
class HouseCall:
    """A question to a gateway of this house. While its circuit is open, nobody is asked."""

    gateway: OutsideGateway
    work: Callable[[], Awaitable[Answer]]
    patience_seconds: float
    may_be_put: bool = True
    moves_money: bool = True
    """Whether it may have, where the answer is lost."""
    outcome: Answer | AnswerError | None = None

    async def put(self) -> None:
        if not self.may_be_put:
            self.outcome = self._not_there()
            return
        try:
            async with asyncio.timeout(self.patience_seconds):
                self.outcome = await self.work()
        except TimeoutError:
            self.outcome = self._silent()
        except AnswerError as error:
            self.outcome = error
        if isinstance(self.outcome, LostAnswerError) and not self.moves_money:
            self.outcome = self._not_there()

    async def note(self, session: AsyncSession) -> None:
        if self.may_be_put:
            failed = isinstance(self.outcome, UnreachableError | LostAnswerError)
            await circuits.note(session, self.gateway.id, failed=failed)

    def answer(self, _request: TransactionEvent, /) -> Answer:
        if isinstance(self.outcome, Answer):
            return self.outcome
        raise self.outcome or self._silent()

    def _not_there(self) -> UnreachableError:
        message = NOT_THERE.format(self.gateway.name)
        return UnreachableError(message, self.gateway.failure(message))

    def _silent(self) -> LostAnswerError:
        message = SILENT.format(self.gateway.name)
        return LostAnswerError(message, self.gateway.failure(message))


@dataclass(frozen=True, slots=True)
class HouseProvider:
    """A gateway of this house, as whoever carries payments out."""

    gateway: OutsideGateway
    patience_seconds: float

    @property
    def id(self) -> str:
        return self.gateway.id

    @property
    def name(self) -> str:
        return self.gateway.name

    @property
    def app_id(self) -> None:
        return None

    async def check_open(self, session: AsyncSession, payable: Payable) -> None:
        await self.gateway.check_open(session, payable)

    def end_of(self, told: Sequence[TransactionEvent]) -> TransactionEvent | None:
        """Only success is an end: after an attempt that failed the buyer may try another card."""
        return next((event for event in told if event.type in _SUCCESSES and event.counts), None)

    async def session_call(
        self,
        session: AsyncSession,
        transaction: TransactionItem,
        request: TransactionEvent,
        source: Source,
        wish: Wish,
        *,
        goes_on: bool,
    ) -> HouseCall:
        asked = Request(
            token=transaction.token,
            key=key_of(transaction, request),
            amount=Money(request.amount_minor, request.currency),
            source_type=source.model,
            source_id=source.key,
            charges=request.type is Type.CHARGE_REQUEST,
            reference=transaction.psp_reference,
            data=wish.data,
            address=wish.customer_ip_address,
        )
        work = self.gateway.process if goes_on else self.gateway.initialize
        call = await self._call(session, lambda: work(asked))
        call.moves_money = goes_on
        return call

    async def check_action(self, session: AsyncSession, kind: Type) -> None:
        """What can't be done, the gateway says when it is asked."""

    async def action_call(
        self,
        session: AsyncSession,
        transaction: TransactionItem,
        request: TransactionEvent,
        *,
        again: bool = False,
    ) -> HouseCall:
        work = {
            Type.CHARGE_REQUEST: self.gateway.charge,
            Type.REFUND_REQUEST: self.gateway.refund,
            Type.CANCEL_REQUEST: self.gateway.cancel,
        }[request.type]
        asked = Request(
            token=transaction.token,
            key=key_of(transaction, request),
            amount=Money(request.amount_minor, request.currency),
            source_type="Order" if transaction.order_id is not None else "Checkout",
            source_id=transaction.order_id or transaction.checkout_id,
            reference=transaction.psp_reference,
            asked=Money((await begun_with(session, transaction)).amount_minor, transaction.currency),
            reason=request.message,
            again=again,
        )
        return await self._call(session, lambda: work(asked))

    async def look_call(
        self,
        session: AsyncSession,
        transaction: TransactionItem,
        *,
        reference: str | None = None,
        calls_off: bool = False,
    ) -> HouseCall:
        """Asks how a payment stands; `reference` is its name at the gateway where we don't know it yet. With
        `calls_off`, one that has not been paid yet is called off.
        """
        begun = await begun_with(session, transaction)
        asked = Request(
            token=transaction.token,
            key=f"{transaction.token}:off",
            amount=Money(begun.amount_minor, transaction.currency),
            source_type="Order" if transaction.order_id is not None else "Checkout",
            source_id=transaction.order_id or transaction.checkout_id,
            charges=begun.type is Type.CHARGE_REQUEST,
            reference=transaction.psp_reference or reference,
        )
        work = self.gateway.call_off if calls_off else self.gateway.look
        return HouseCall(self.gateway, lambda: work(asked), self.patience_seconds)

    async def _call(self, session: AsyncSession, work: Callable[[], Awaitable[Answer]]) -> HouseCall:
        may_be_put = await circuits.may_be_asked(session, self.gateway.id)
        return HouseCall(self.gateway, work, self.patience_seconds, may_be_put)


def key_of(transaction: TransactionItem, request: TransactionEvent) -> str:
    """What a gateway is to know a request by: of its row, and of no other of any shop."""
    return request_key(transaction.token, request.id)


def request_key(token: UUID, request_id: int) -> str:
    return f"{token}:{request_id}"
