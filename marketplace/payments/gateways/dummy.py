"""Saleor's dummy gateway, for trying a shop out: nobody pays, and the token says what comes of it.

It remembers nothing. All that it answers is made of the request, so the same request has the same answer.
"""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.settings import Settings
from marketplace.payments.answers import Answer, AnswerError, Said
from marketplace.payments.gateways import Payable
from marketplace.payments.gateways.outside import Request
from marketplace.payments.models import TransactionAction
from marketplace.payments.models import TransactionEventType as Type

GATEWAY_ID = "mirumee.payments.dummy"

PROMISES = "not-charged"
PAYS_BACK = "fully-refunded"
ASKS_FIRST = "to-confirm"
"""Not one of Saleor's: it wants to be confirmed, as a card whose bank asks its owner."""
REFUSED = {
    "refused": "The payment was refused.",
    "cancelled": "The payment was cancelled.",
    "0002": "Card declined",
    "1111": "Card declined",
    "0069": "Card expired",
    "0127": "Incorrect CVV",
    "9995": "Insufficient funds",
}
"""Two charge statuses, and what Saleor's dummy credit cards are refused for. Every other token pays."""
CARD = {
    "type": "CARD",
    "name": "Dummy",
    "brand": "dummy_visa",
    "first_digits": "4111",
    "last_digits": "1234",
    "exp_month": 12,
    "exp_year": 2222,
}
TOKEN_CHARACTERS = 512


class Dummy:
    """Nobody's money."""

    id = GATEWAY_ID
    name = "Dummy"

    async def check_open(self, session: AsyncSession, payable: Payable) -> None:
        """It is open for everything."""

    def config(self) -> Mapping[str, object]:
        return {"store_customer_card": False}

    def failure(self, message: str) -> object:
        return {"error": message}

    async def initialize(self, request: Request) -> Answer:
        token = _token_in(request.data)
        if token == ASKS_FIRST:
            kind = Type.CHARGE_ACTION_REQUIRED if request.charges else Type.AUTHORIZATION_ACTION_REQUIRED
            said = _said(request, kind, "Say that it is you.")
            return Answer((said,), _name(request), data={"payment": _name(request)})
        return self._paid(request, token)

    async def process(self, request: Request) -> Answer:
        """Who was asked to confirm has done so by going on."""
        return self._paid(request, _token_in(request.data, otherwise=ASKS_FIRST))

    async def charge(self, request: Request) -> Answer:
        return _done(request, Type.CHARGE_SUCCESS)

    async def refund(self, request: Request) -> Answer:
        return _done(request, Type.REFUND_SUCCESS)

    async def cancel(self, request: Request) -> Answer:
        return _done(request, Type.CANCEL_SUCCESS)

    async def call_off(self, request: Request) -> Answer:  # noqa: ARG002 - it remembers nothing
        """Nobody can pay it in a forgotten window."""
        return Answer()

    async def look(self, request: Request) -> Answer:  # noqa: ARG002 - it remembers nothing
        """All that there is was said at once."""
        return Answer()

    def _paid(self, request: Request, token: str) -> Answer:
        charges = request.charges and token != PROMISES
        if token in REFUSED:
            kind = Type.CHARGE_FAILURE if charges else Type.AUTHORIZATION_FAILURE
            return Answer((_said(request, kind, REFUSED[token], counts=False),), _name(request))
        told = [_said(request, Type.CHARGE_SUCCESS if charges else Type.AUTHORIZATION_SUCCESS)]
        if token == PAYS_BACK and charges:
            told.append(_said(request, Type.REFUND_SUCCESS))
        actions = (
            [TransactionAction.REFUND] if charges else [TransactionAction.CHARGE, TransactionAction.CANCEL]
        )
        return Answer(told, _name(request), [str(action) for action in actions], method_details=CARD)


def dummy_gateway(settings: Settings) -> Dummy | None:
    """The gateway, where it is wanted. Settings see to it that this is not in production."""
    return Dummy() if settings.dummy_payments else None


def _done(request: Request, kind: Type) -> Answer:
    left = {Type.CHARGE_SUCCESS: [str(TransactionAction.REFUND)]}
    return Answer((_said(request, kind, reference=request.key),), request.key, left.get(kind))


def _said(
    request: Request, kind: Type, message: str = "", *, reference: str = "", counts: bool | None = None
) -> Said:
    return Said(kind, request.amount.minor, reference or _name(request), message, "", clock.now(), counts)


def _name(request: Request) -> str:
    return f"dummy:{request.token}"


def _token_in(data: object, *, otherwise: str = "") -> str:
    """A client's token, with hyphens as Saleor has them. Raises AnswerError."""
    said = data.get("token", otherwise) if isinstance(data, dict) else otherwise if data is None else data
    if not isinstance(said, str) or not said or len(said) > TOKEN_CHARACTERS:
        raise AnswerError("`data` must be {token}.")
    return said.replace("_", "-")
