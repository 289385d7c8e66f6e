"""Payments by apps: an app's identifier names it as a gateway, and it is asked by synchronous webhooks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.kit import clock
from marketplace.kit.acting import actor
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.payments.answers import Answer, action_answer, session_answer
from marketplace.payments.asked import Source, Wish
from marketplace.payments.errors import NobodyToAskError
from marketplace.payments.gateways import Payable
from marketplace.payments.models import TransactionAction, TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.transactions import FINAL
from marketplace.webhooks import asking
from marketplace.webhooks.asking import Heard, Question, questions, webhooks_asked
from marketplace.webhooks.payloads import Happening

CHARGE, AUTHORIZATION = "CHARGE", "AUTHORIZATION"
_ASKS = {
    Type.CHARGE_REQUEST: (TransactionAction.CHARGE, "TRANSACTION_CHARGE_REQUESTED"),
    Type.REFUND_REQUEST: (TransactionAction.REFUND, "TRANSACTION_REFUND_REQUESTED"),
    Type.CANCEL_REQUEST: (TransactionAction.CANCEL, "TRANSACTION_CANCELATION_REQUESTED"),
}


@dataclass(slots=True)
class AppCall:
    """A question to an app. Nothing is asked where it has no such webhook, or its breaker is open."""

    settings: Settings
    asked: Sequence[Question]
    is_action: bool = False
    heard: list[Heard] = field(default_factory=list)

    async def put(self) -> None:
        self.heard = await asking.put(self.settings, self.asked)

    async def note(self, session: AsyncSession) -> None:
        await asking.note(session, self.heard)

    def answer(self, request: TransactionEvent) -> Answer:
        said = self.heard[0].said if self.heard else None
        if self.is_action:
            return action_answer(said, request.type, request.amount_minor, request.currency)
        return session_answer(said, request.amount_minor, request.currency)


@dataclass(frozen=True, slots=True)
class AppProvider:
    """An app that is a gateway."""

    app: App
    settings: Settings

    @property
    def id(self) -> str:
        return self.app.identifier

    @property
    def name(self) -> str:
        return self.app.name

    @property
    def app_id(self) -> int:
        return self.app.id

    async def check_open(self, session: AsyncSession, payable: Payable) -> None:
        """Apps say themselves what they can't take."""

    def end_of(self, told: Sequence[TransactionEvent]) -> TransactionEvent | None:
        return next((event for event in told if event.type in FINAL and event.counts), None)

    async def session_call(
        self,
        session: AsyncSession,
        transaction: TransactionItem,
        request: TransactionEvent,
        source: Source,
        wish: Wish,
        *,
        goes_on: bool,
    ) -> AppCall:
        details: dict[str, object] = {
            **_of_source(source),
            "data": wish.data,
            "merchant_reference": to_global_id("TransactionItem", transaction.token),
            "customer_ip_address": wish.customer_ip_address,
            "amount_minor": request.amount_minor,
            "currency": transaction.currency,
            "action_type": CHARGE if request.type is Type.CHARGE_REQUEST else AUTHORIZATION,
        }
        if not goes_on:
            details["idempotency_key"] = request.idempotency_key
        event = "TRANSACTION_PROCESS_SESSION" if goes_on else "TRANSACTION_INITIALIZE_SESSION"
        return await self._call(session, event, transaction, details)

    async def check_action(self, session: AsyncSession, kind: Type) -> None:
        _, event = _ASKS[kind]
        if not await webhooks_asked(session, event, self.app.id):
            raise NobodyToAskError("No app is configured to carry out what is asked of this payment.")

    async def action_call(
        self, session: AsyncSession, transaction: TransactionItem, request: TransactionEvent
    ) -> AppCall:
        action, event = _ASKS[request.type]
        details: dict[str, object] = {
            "amount_minor": request.amount_minor,
            "currency": transaction.currency,
            "action_type": action.value,
            "granted_refund_key": request.granted_refund_id,
        }
        call = await self._call(session, event, transaction, details)
        call.is_action = True
        return call

    async def _call(
        self, session: AsyncSession, event: str, transaction: TransactionItem, details: dict[str, object]
    ) -> AppCall:
        happening = _happening(event, "TransactionItem", transaction.id, details)
        return AppCall(self.settings, await questions(session, self.settings, happening, self.app.id))


async def app_named(session: AsyncSession, gateway_id: str) -> App | None:
    """The active app of an identifier."""
    found: App | None = await session.scalar(
        select(App).where(
            App.identifier == gateway_id, App.removed_at.is_(None), App.is_active, App.is_installed
        )
    )
    return found


async def ask_for_gateways(
    session: AsyncSession,
    settings: Settings,
    payable: Payable,
    amount_minor: int,
    wanted: Mapping[str, Any] | None,
) -> list[Question]:
    """What apps are to be asked about being gateways of something: those that are named with what their
    client says to them, or all that answer to it.
    """
    webhooks = await webhooks_asked(session, "PAYMENT_GATEWAY_INITIALIZE_SESSION")
    apps = {webhook.app_id: webhook.app.identifier for webhook in webhooks}
    made: list[Question] = []
    for app_id, identifier in apps.items():
        if wanted is not None and identifier not in wanted:
            continue
        said = None if wanted is None else wanted[identifier]
        source = source_of(payable)
        details = {**_of_source(source), "data": said, "amount_minor": amount_minor}
        details["currency"] = payable.total.currency
        happening = _happening("PAYMENT_GATEWAY_INITIALIZE_SESSION", source.model, str(source.key), details)
        made += await questions(session, settings, happening, app_id)
    return made


def source_of(payable: Payable) -> Source:
    """What is paid for."""
    if payable.checkout is not None:
        return Source("Checkout", payable.checkout.id)
    if payable.order is not None:
        return Source("Order", payable.order.id)
    raise TypeError("a checkout or an order is paid for")


def _of_source(source: Source) -> dict[str, object]:
    return {"source_model": source.model, "source_key": str(source.key)}


def _happening(event: str, model: str, key: int | str, details: dict[str, object]) -> Happening:
    acts = actor()
    return Happening(event, model, (key,), clock.now(), acts.user_id, acts.app_id, details)
