"""Paying on a bank's own page, whichever bank: what it is asked for, and what its answers come to.

The buyer's browser carries nothing that is believed. Whatever it brings back, and whatever the bank tells by
itself, leads to one question to the bank: how does this payment stand now?
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import to_global_id
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.payments.answers import Answer, AnswerError, Said
from marketplace.payments.errors import GatewayRefusedError
from marketplace.payments.gateways import Payable
from marketplace.payments.gateways.outside import Request
from marketplace.payments.gateways.redirect.acquirer import (
    CANT,
    Ability,
    Acquirer,
    PaidBack,
    Payment,
    Standing,
    State,
)
from marketplace.payments.models import TransactionAction
from marketplace.payments.models import TransactionEventType as Type
from marketplace.people.redirects import checked_redirect, link

PREFIX = "marketplace.bank."
"""By this, storefronts know a gateway whose buyers are sent to a bank's page."""
NOTIFY = "/webhooks/bank/"
MALFORMED = "`data` must be {returnUrl}, the address of the page that the buyer comes back to."
LANGUAGES = ("ar", "en", "fr")
"""In which a client may ask for the bank's page."""


class RedirectGateway:
    """A way to pay on the page of a bank."""

    def __init__(self, acquirer: Acquirer, settings: Settings) -> None:
        if not acquirer.id.startswith(PREFIX):
            raise ValueError(f"{acquirer.id} does not begin with {PREFIX}")
        self.id, self.name = acquirer.id, acquirer.name
        self.acquirer, self.settings = acquirer, settings

    async def check_open(self, session: AsyncSession, payable: Payable) -> None:  # noqa: ARG002
        """Raises GatewayRefusedError in a currency, or a channel's country, that the bank does not take."""
        bank, channel = self.acquirer, payable.channel
        if payable.total.currency not in bank.currencies:
            raise GatewayRefusedError(f"{bank.name} takes no {payable.total.currency}.", field="id")
        if bank.countries is not None and channel.default_country_code not in bank.countries:
            raise GatewayRefusedError(f"{bank.name} is not for {channel.default_country_code}.", field="id")

    def config(self) -> Mapping[str, object]:
        return {"redirects": True}

    def failure(self, message: str) -> dict[str, object]:
        return {"errors": [{"code": "BankError", "message": message}]}

    async def initialize(self, request: Request) -> Answer:
        """Say where the buyer is to be sent. A payment that was begun before is looked at first: one that is
        paid by now is not paid again.
        """
        back = self._back(request)
        if back is None:
            raise AnswerError(MALFORMED, {"errors": [{"code": "ParseError", "message": MALFORMED}]})
        if request.reference is not None:
            return await self.process(request)
        answer = self._answer(_untouched(self._payment(request)), request)
        return await self._with_page(answer, request, back)

    async def process(self, request: Request) -> Answer:
        """How does it stand now? Where it can still be paid, `returnUrl` has the buyer sent there again."""
        back = self._back(request)
        standing = await self.acquirer.look(self._payment(request))
        answer = self._answer(standing, request)
        if back is None or answer.faults or standing.state is not State.OPEN:
            return answer
        return await self._with_page(answer, request, back)

    async def look(self, request: Request) -> Answer:
        return self._answer(await self.acquirer.look(self._payment(request)), request)

    async def charge(self, request: Request) -> Answer:
        """Charge what is held. What is charged already is taken as it is: the answer was lost, or somebody
        did it at the bank.
        """
        payment = self._payment(request)
        if request.amount.minor < payment.whole.minor:
            self._must(Ability.CHARGE_PART)
        standing = await self.acquirer.look(payment) if request.again else None
        if standing is None or standing.state is not State.PAID:
            standing = await self.acquirer.capture(payment, request.amount, request.key)
        return self._answer(standing, request)

    async def refund(self, request: Request) -> Answer:
        payment = self._payment(request)
        self._must(Ability.REFUND)
        if request.amount.minor < payment.whole.minor:
            self._must(Ability.REFUND_PART)
        before = (await self.acquirer.look(payment)).refunds if request.again else ()
        made = next((one for one in before if one.key == request.key), None)
        if made is None:
            made = await self.acquirer.refund(payment, request.amount, request.key, request.reason)
        return Answer((_paid_back(made),) if made.is_done else (), made.reference)

    async def cancel(self, request: Request) -> Answer:
        self._must(Ability.CANCEL)
        payment = self._payment(request)
        standing = await self.acquirer.look(payment) if request.again else None
        if standing is None or standing.state is not State.CANCELED:
            standing = await self.acquirer.cancel(payment, request.key)
        return self._answer(standing, request)

    async def call_off(self, request: Request) -> Answer:
        payment = self._payment(request)
        standing = await self.acquirer.look(payment)
        if standing.state is State.OPEN and Ability.CANCEL in self.acquirer.can:
            standing = await self.acquirer.cancel(payment, request.key)
        return self._answer(standing, request)

    async def _with_page(self, answer: Answer, request: Request, back: str) -> Answer:
        said = request.data.get("language")
        language = said if said in LANGUAGES else ""
        notify = f"{self.settings.public_url}{NOTIFY}{self.id}"
        page = await self.acquirer.page(self._payment(request), back, notify, language)
        redirect = {"url": page.url, "method": page.method, "fields": dict(page.fields)}
        return Answer(answer.told, answer.psp_reference, answer.actions, {"redirect": redirect})

    def _back(self, request: Request) -> str | None:
        """Where the buyer comes back to, with the payment's name in it; None where nothing is said of that.
        Raises AnswerError for an address that is not one of ours.
        """
        given = request.data.get("returnUrl") if isinstance(request.data, dict) else None
        if not isinstance(given, str):
            return None
        try:
            allowed = checked_redirect(self.settings, given, "returnUrl")
        except InvalidError as error:
            data = {"errors": [{"code": "ParseError", "message": error.message}]}
            raise AnswerError(error.message, data) from error
        return link(allowed, transaction=to_global_id("TransactionItem", request.token))

    def _payment(self, request: Request) -> Payment:
        charges = request.charges or Ability.PROMISE not in self.acquirer.can
        return Payment(request.token, request.asked or request.amount, charges)

    def _must(self, ability: Ability) -> None:
        if ability not in self.acquirer.can:
            raise AnswerError(CANT[ability], self.failure(CANT[ability]))

    def _answer(self, standing: Standing, request: Request) -> Answer:
        """All that has happened to a payment. What is not the payment that was asked for says nothing."""
        payment = self._payment(request)
        faults = _faults(standing, payment)
        if faults:
            return Answer(faults=faults)
        told = [*_told(standing, payment), *map(_paid_back, standing.refunds)]
        return Answer(
            told=tuple(told),
            psp_reference=standing.reference,
            actions=self._actions(standing),
            method_details=_details(standing),
        )

    def _actions(self, standing: Standing) -> list[str]:
        """What staff can ask for now."""
        can = self.acquirer.can
        if standing.state is State.PROMISED:
            cancel = [TransactionAction.CANCEL] if Ability.CANCEL in can else []
            return [TransactionAction.CHARGE, *cancel]
        back = sum(one.amount.minor for one in standing.refunds)
        is_left = standing.state is State.PAID and back < standing.taken_minor
        return [TransactionAction.REFUND] if is_left and Ability.REFUND in can else []


def _untouched(payment: Payment) -> Standing:
    """Nobody has been at the bank yet."""
    return Standing(payment.reference, payment.whole, State.OPEN)


def _faults(standing: Standing, payment: Payment) -> list[str]:
    name, whole = standing.reference, payment.whole
    faults = []
    if name != payment.reference:
        faults.append(f"The bank tells of {name}, not of {payment.reference}.")
    if standing.whole != whole:
        faults.append(f"{name} at the bank is of {standing.whole}, not of {whole}.")
    if not 0 <= standing.taken_minor <= whole.minor:
        taken = Money(standing.taken_minor, standing.whole.currency)
        faults.append(f"{name} at the bank has taken {taken} of {whole}.")
    if any(one.amount.currency != whole.currency for one in standing.refunds):
        faults.append(f"{name} at the bank was paid back in another currency than {whole.currency}.")
    return faults


def _told(standing: Standing, payment: Payment) -> list[Said]:  # noqa: PLR0911 - one for each state
    whole, taken = payment.whole.minor, standing.taken_minor
    step = "CHARGE" if payment.charges else "AUTHORIZATION"

    def said(kind: Type, words: str, minor: int = whole) -> Said:
        return Said(kind, minor, standing.reference, standing.message or words, "", clock.now())

    promised = [said(Type.AUTHORIZATION_SUCCESS, "Promised: it has to be charged in time.")]
    held = promised if standing.was_promised else []
    match standing.state:
        case State.PAID:
            rest = [said(Type.CANCEL_SUCCESS, "What was not charged is let go.", whole - taken)]
            return [*held, *(rest if taken < whole else []), said(Type.CHARGE_SUCCESS, "Paid.", taken)]
        case State.PROMISED:
            return promised
        case State.UNDER_WAY:
            return [said(Type[f"{step}_REQUEST"], "The bank takes its time.")]
        case State.REFUSED:
            return [said(Type[f"{step}_FAILURE"], "The bank has refused this payment.")]
        case State.CANCELED if standing.was_promised:
            return [*promised, said(Type.CANCEL_SUCCESS, "Called off.")]
        case State.CANCELED:
            return [said(Type[f"{step}_FAILURE"], "Called off before it was paid.")]
        case State.OPEN:
            return [said(Type[f"{step}_ACTION_REQUIRED"], "The buyer has to pay on the bank's page.")]


def _paid_back(made: PaidBack) -> Said:
    kind = Type.REFUND_SUCCESS if made.is_done else Type.REFUND_REQUEST
    words = "Paid back." if made.is_done else "The refund is on its way."
    return Said(kind, made.amount.minor, made.reference, words, "", clock.now())


def _details(standing: Standing) -> dict[str, Any] | None:
    return None if standing.method_details is None else dict(standing.method_details)
