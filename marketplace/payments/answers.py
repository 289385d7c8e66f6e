"""What a payment app answers: Saleor's contract of responses, of which nothing is believed unchecked."""

from collections.abc import Mapping
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
    """An answer that means nothing. Its message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an app says has happened."""

    type: Type
    amount_minor: int
    psp_reference: str
    message: str
    external_url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ActionAnswer:
    """What an app says of an action: by which name it goes, and what came of it, if that is known already."""

    psp_reference: str
    actions: list[str] | None
    event: Said | None


def session_answer(said: Mapping[str, Any] | None, asked_minor: int, currency: str) -> Said:
    """What has come of a payment that was begun or gone on with. Raises AnswerError."""
    given = _given(said)
    reference = _reference(given)
    event = _event(given, SESSION, reference, asked_minor, currency)
    if not reference and event.type not in ACTION_REQUIRED:
        raise AnswerError(f"Providing `pspReference` is required for {event.type}.")
    return event


def action_answer(
    said: Mapping[str, Any] | None, request: Type, asked_minor: int, currency: str
) -> ActionAnswer:
    """What has come of an action that was asked for. Raises AnswerError."""
    given = _given(said)
    reference = _reference(given)
    if not reference:
        raise AnswerError("Missing `pspReference` field in the response.")
    known = given.get("result") or given.get("amount") is not None
    event = _event(given, OF_REQUEST[request], reference, asked_minor, currency) if known else None
    return ActionAnswer(reference, actions_of(given), event)


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
