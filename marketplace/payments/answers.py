"""What a payment app answers: Saleor's contract of responses, of which nothing is believed unchecked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.kit import clock
from marketplace.kit.money import to_minor
from marketplace.payments.models import TransactionAction
from marketplace.payments.models import TransactionEventType as Type

MESSAGE_CHARACTERS = 512
REFERENCE_CHARACTERS = 512
URL_CHARACTERS = 2048
MOST_MINOR = 10**15
"""More than this is no amount of money."""

SESSION = frozenset(
    {
        Type.AUTHORIZATION_SUCCESS,
        Type.AUTHORIZATION_FAILURE,
        Type.AUTHORIZATION_REQUEST,
        Type.AUTHORIZATION_ACTION_REQUIRED,
        Type.CHARGE_SUCCESS,
        Type.CHARGE_FAILURE,
        Type.CHARGE_REQUEST,
        Type.CHARGE_ACTION_REQUIRED,
    }
)
"""What may come of a payment that is begun or gone on with."""
NAMES_PAYMENT = frozenset(
    {Type.AUTHORIZATION_REQUEST, Type.AUTHORIZATION_SUCCESS, Type.CHARGE_REQUEST, Type.CHARGE_SUCCESS}
)
"""The first of these says what the gateway calls the payment."""
ACTION_REQUIRED = frozenset({Type.AUTHORIZATION_ACTION_REQUIRED, Type.CHARGE_ACTION_REQUIRED})
OF_REQUEST = {
    Type.CHARGE_REQUEST: frozenset({Type.CHARGE_SUCCESS, Type.CHARGE_FAILURE}),
    Type.REFUND_REQUEST: frozenset({Type.REFUND_SUCCESS, Type.REFUND_FAILURE}),
    Type.CANCEL_REQUEST: frozenset({Type.CANCEL_SUCCESS, Type.CANCEL_FAILURE}),
}
"""What may come of an action that was asked for."""
_FAILURES = {
    "AUTHORIZATION": Type.AUTHORIZATION_FAILURE,
    "CHARGE": Type.CHARGE_FAILURE,
    "REFUND": Type.REFUND_FAILURE,
    "CANCEL": Type.CANCEL_FAILURE,
}


class AnswerError(Exception):
    """What was asked for has not been done: it was refused, or the answer means nothing. Its message says
    why, for a person; `data` is for the client.
    """

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.data = data


class UnreachableError(AnswerError):
    """Nobody was there to be asked: nothing has been done."""


class LostAnswerError(AnswerError):
    """There is no answer, and nobody knows whether what was asked for has been done."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an app says has happened."""

    type: Type
    amount_minor: int
    psp_reference: str
    message: str
    external_url: str
    at: datetime

    counts: bool | None = None
    """Whether amounts are made of it; None: as its type has it. An attempt that failed may be followed by
    another, and nothing is made of it.
    """


@dataclass(frozen=True, slots=True)
class Answer:
    """What an app, or a gateway of this house, says when it is asked."""

    told: Sequence[Said] = ()
    """What has happened, in order. The last is what whoever asked is shown. None: it will be told later."""
    psp_reference: str = ""
    """What an action goes by; of a payment that is begun or gone on with, its events say it."""
    actions: list[str] | None = None
    """What can be asked for from now on; None: nothing is said of that."""
    data: Any = None
    """For the client."""
    method_details: dict[str, Any] | None = None
    """What the payment is made with: see `method_details.py`."""
    faults: Sequence[str] = ()
    """What does not fit, and is to be looked into by people: nothing is made of it but a report."""


def session_answer(said: Mapping[str, Any] | None, asked_minor: int, currency: str) -> Answer:
    """What an app says of a payment that was begun or gone on with. Raises AnswerError."""
    given = _given(said)
    reference = _reference(given)
    event = _event(given, SESSION, reference, asked_minor, currency)
    if not reference and event.type not in ACTION_REQUIRED:
        raise AnswerError(f"Providing `pspReference` is required for {event.type}.", given.get("data"))
    # As in Saleor, what can be done next is believed only of what names the payment.
    actions = actions_of(given) if event.type in NAMES_PAYMENT else None
    return Answer((event,), reference, actions, given.get("data"))


def action_answer(said: Mapping[str, Any] | None, request: Type, asked_minor: int, currency: str) -> Answer:
    """What an app says of an action that it was asked for: by which name it goes, and what came of it, if
    that is known already. Raises AnswerError.
    """
    given = _given(said)
    reference = _reference(given)
    if not reference:
        raise AnswerError("Missing `pspReference` field in the response.")
    known = given.get("result") or given.get("amount") is not None
    event = _event(given, OF_REQUEST[request], reference, asked_minor, currency) if known else None
    return Answer(() if event is None else (event,), reference, actions_of(given))


def actions_of(said: Mapping[str, Any]) -> list[str] | None:
    """What can be asked of the app from now on; None, where it says nothing of that."""
    given = said.get("actions")
    if not isinstance(given, list):
        return None
    return [action.value for action in TransactionAction if action.value in given]


def failure_of(kind: Type) -> Type:
    """The failure that answers to a request, or stands for a success that can't be."""
    step = kind.partition("_")[0]
    return _FAILURES.get(step, kind)


def shortened(message: str) -> str:
    """A message as it is kept: so long and no longer, as in Saleor."""
    if len(message) <= MESSAGE_CHARACTERS:
        return message
    return f"{message[: MESSAGE_CHARACTERS - 3]}..."


def _given(said: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if said is None:
        raise AnswerError("The app gave no answer that could be used.")
    return said


def _reference(said: Mapping[str, Any]) -> str:
    given = said.get("pspReference")
    if given is None or given == "":
        return ""
    if not isinstance(given, str) or len(given) > REFERENCE_CHARACTERS:
        raise AnswerError("Incorrect value for field: pspReference.")
    return given


def _event(
    said: Mapping[str, Any], allowed: frozenset[Type], reference: str, asked_minor: int, currency: str
) -> Said:
    result = said.get("result")
    if not result:
        raise AnswerError("Missing value for field: result.")
    if result not in tuple(allowed):
        raise AnswerError(f"Incorrect value for field: result. Possible: {', '.join(sorted(allowed))}.")
    if said.get("currency") not in (None, currency):
        raise AnswerError(f"This is paid in {currency}.")
    return Said(
        Type(result),
        asked_minor if said.get("amount") is None else _minor(said["amount"], currency),
        reference,
        shortened(_text(said, "message")),
        _text(said, "externalUrl")[:URL_CHARACTERS],
        _moment(said.get("time")),
    )


def _minor(given: object, currency: str) -> int:
    """An amount, rounded to the currency's coins as in Saleor."""
    wrong = AnswerError(f"Incorrect value for field: amount, value: {str(given)[:50]}.")
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise wrong
    try:
        amount = Decimal(str(given))
        minor = to_minor(amount, currency) if amount.is_finite() and abs(amount) < MOST_MINOR else -1
    except InvalidOperation:
        raise wrong from None
    if not 0 <= minor <= MOST_MINOR:
        raise wrong
    return minor


def _text(said: Mapping[str, Any], name: str) -> str:
    given = said.get(name)
    return given if isinstance(given, str) else ""


def _moment(given: object) -> datetime:
    if given is None or given == "":
        return clock.now()
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise AnswerError("Incorrect value for field: time.")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
