"""Payments that apps and staff write down, tell of, and have changed by their apps."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from strawberry import ID

from marketplace.apps.models import App
from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, InvalidError, PermissionDeniedError
from marketplace.kit.ids import uuid_pk
from marketplace.kit.money import Money
from marketplace.kit.outgoing import is_web_address
from marketplace.payments import models, recording
from marketplace.payments.answers import (
    MOST_MINOR,
    NAMES_PAYMENT,
    REFERENCE_CHARACTERS,
    URL_CHARACTERS,
    shortened,
)
from marketplace.payments.holding import Held, follow, hold
from marketplace.payments.method_details import NAME_CHARACTERS, method_details
from marketplace.payments.models import TransactionAction, TransactionEventType
from marketplace.payments.recording import Note, Owner
from marketplace.payments.reporting import By, amount_left_out, report, said_of
from marketplace.payments.transactions import add_up
from marketplace.people.permissions import Permission
from marketplace_graphql.inputs import MetadataInput, entries_of
from marketplace_graphql.kernel import (
    AUTHENTICATED_APP,
    UNSET,
    UUID,
    DateTime,
    Info,
    PositiveDecimal,
    changes,
    error_type,
    mutation,
    object_type,
    subject,
)
from marketplace_graphql.payments.inputs import (
    PaymentMethodDetailsInput,
    TransactionCreateInput,
    TransactionEventInput,
    TransactionUpdateInput,
)
from marketplace_graphql.payments.subject import Bill, the_bill
from marketplace_graphql.rules import codes_of

NEEDS = Permission.HANDLE_PAYMENTS
TransactionCreateError = error_type(
    "TransactionCreateError",
    ("INVALID", "GRAPHQL_ERROR", "NOT_FOUND", "INCORRECT_CURRENCY", "METADATA_KEY_REQUIRED", "UNIQUE"),
)
TransactionUpdateError = error_type(
    "TransactionUpdateError",
    ("INVALID", "GRAPHQL_ERROR", "NOT_FOUND", "INCORRECT_CURRENCY", "METADATA_KEY_REQUIRED", "UNIQUE"),
)
TransactionEventReportError = error_type(
    "TransactionEventReportError",
    ("INVALID", "GRAPHQL_ERROR", "NOT_FOUND", "INCORRECT_DETAILS", "ALREADY_EXISTS", "REQUIRED"),
)
AMOUNTS = {
    "amount_authorized": ("authorized_minor", "amountAuthorized"),
    "amount_charged": ("charged_minor", "amountCharged"),
    "amount_refunded": ("refunded_minor", "amountRefunded"),
    "amount_canceled": ("canceled_minor", "amountCanceled"),
}


@subject()
async def the_payment(info: Info, id: ID | None = None, token: UUID | None = None) -> uuid.UUID:
    """The token of a payment, by id or token. Raises InvalidError, DomainError."""
    return payment_token(id, token)


def payment_token(id: ID | None, token: UUID | None) -> uuid.UUID:
    """Raises InvalidError, DomainError."""
    if (id is None) == (token is None):
        raise DomainError("Exactly one of the arguments 'id', 'token' must be given.", code="GRAPHQL_ERROR")
    return uuid_pk(id, "TransactionItem") if id is not None else uuid.UUID(str(token))


@object_type
class RecordingMutations:
    """A part of the mutations."""

    @mutation(
        returns={"transaction": "TransactionItem | None"},
        errors=TransactionCreateError,
        needs=NEEDS,
        about=the_bill,
    )
    async def transaction_create(
        self,
        info: Info,
        bill: Bill,
        transaction: TransactionCreateInput,
        transaction_event: TransactionEventInput | None = None,
    ) -> dict[str, models.TransactionItem]:
        """Writes down a payment of a checkout or an order that somebody else has taken."""
        said, amounts = _said(transaction, bill.currency)
        with codes_of(TransactionCreateError):
            made = await recording.create(
                info.session,
                await _owner(info),
                said,
                amounts,
                _note(transaction_event),
                checkout_id=bill.checkout_id,
                order_id=bill.order_id,
            )
        return {"transaction": made}

    @mutation(
        returns={"transaction": "TransactionItem | None"},
        errors=TransactionUpdateError,
        needs=NEEDS,
        about=the_payment,
    )
    async def transaction_update(
        self,
        info: Info,
        token: uuid.UUID,
        transaction: TransactionUpdateInput | None = None,
        transaction_event: TransactionEventInput | None = None,
    ) -> dict[str, models.TransactionItem]:
        """Changes a payment: an app's own, staff those of none. Amounts are what they shall come to."""
        held = await _own(info, token)
        said, amounts = _said(transaction, held.transaction.currency) if transaction else ({}, {})
        with codes_of(TransactionUpdateError):
            changed = await recording.update(
                info.session, held, await _owner(info), said, amounts, _note(transaction_event)
            )
        if said.get("metadata"):
            await announce(info.session, "TRANSACTION_ITEM_METADATA_UPDATED", changed)
        return {"transaction": changed}

    @mutation(
        returns={
            "already_processed": bool | None,
            "transaction": "TransactionItem | None",
            "transaction_event": "TransactionEvent | None",
        },
        errors=TransactionEventReportError,
        needs=NEEDS,
        about=the_payment,
    )
    async def transaction_event_report(  # noqa: PLR0917 - the API calls it by name
        self,
        info: Info,
        token: uuid.UUID,
        psp_reference: str,
        type: TransactionEventType,
        amount: PositiveDecimal | None = None,
        available_actions: list[TransactionAction] | None = None,
        external_url: str | None = None,
        message: str | None = None,
        payment_method_details: PaymentMethodDetailsInput | None = None,
        time: DateTime | None = None,
        transaction_metadata: list[MetadataInput] | None = None,
        transaction_private_metadata: list[MetadataInput] | None = None,
    ) -> dict[str, Any]:
        """Tells what has happened to a payment. The same reference and type, told twice, is one event."""
        held = await _own(info, token)
        payment = held.transaction
        said = _described(payment_method_details, available_actions)
        if len(psp_reference) > REFERENCE_CHARACTERS or len(external_url or "") > URL_CHARACTERS:
            raise InvalidError("This is too long.", field="pspReference")
        minor = (
            await amount_left_out(info.session, payment, type, psp_reference)
            if amount is None
            else minor_of(amount, payment.currency, "amount", exactly=False)
        )
        by = By(info.requester.user_id, info.requester.app_id)
        event = said_of(
            type,
            minor,
            psp_reference,
            message=message or "",
            external_url=external_url or "",
            at=_moment(time),
        )
        written, before = await report(info.session, payment, event, by)
        if not before:
            said |= {
                "metadata": [(each.key, each.value) for each in transaction_metadata or ()],
                "private_metadata": [(each.key, each.value) for each in transaction_private_metadata or ()],
            }
            if type in NAMES_PAYMENT and not payment.psp_reference:
                payment.psp_reference = psp_reference
        await recording.update(info.session, held, await _owner(info), said, {}, None)
        if not before:
            await add_up(info.session, payment)
            await follow(info.session, held)
            if transaction_metadata:
                await announce(info.session, "TRANSACTION_ITEM_METADATA_UPDATED", payment)
        return {"already_processed": before, "transaction": payment, "transaction_event": written}


async def _own(info: Info, token: uuid.UUID) -> Held:
    """A payment that the requester may change, in hand: an app's own, or, for staff and for apps, one that
    was written down by staff or by nobody. Raises NotFoundError, PermissionDeniedError.
    """
    held = await hold(info.session, token)
    await info.check_channel(models.TransactionItem, held.transaction.id)
    payment, app_id = held.transaction, info.requester.app_id
    if payment.app_id is None and not payment.gateway:
        is_own = app_id is None or payment.user_id is None
    else:
        is_own = app_id is not None and payment.app_id == app_id
    if not is_own:
        raise PermissionDeniedError(AUTHENTICATED_APP, NEEDS)
    return held


async def _owner(info: Info) -> Owner:
    requester = info.requester
    app = None if requester.app_id is None else await info.session.get(App, requester.app_id)
    return Owner(By(requester.user_id, requester.app_id), "" if app is None else app.identifier)


def _said(given: Any, currency: str) -> tuple[dict[str, Any], dict[str, int]]:
    """What an input says, by the names of columns, and its amounts. Raises Errors, DomainError."""
    said = changes(given)
    amounts = _amounts({name: said.pop(name, None) for name in AMOUNTS}, currency)
    described = _described(
        given.payment_method_details if said.pop("payment_method_details", None) is not None else None,
        said.pop("available_actions", None),
    )
    for name in ("metadata", "private_metadata"):
        if name in said:
            said[name] = entries_of(said[name])
    url = said.get("external_url")
    if url and (not is_web_address(url) or len(url) > URL_CHARACTERS):
        raise InvalidError("Invalid format of `externalUrl`.", field="transaction")
    for name, limit in (("name", NAME_CHARACTERS), ("psp_reference", REFERENCE_CHARACTERS)):
        if len(said.get(name) or "") > limit:
            raise InvalidError(f"At most {limit} characters.", field="transaction")
    if said.get("message"):
        said["message"] = shortened(said["message"])
    # What is null is left as it is, but for the reference.
    kept = {name: value for name, value in said.items() if value is not None or name == "psp_reference"}
    return kept | described, amounts


def _amounts(given: Mapping[str, Any], currency: str) -> dict[str, int]:
    """Raises Errors: in another currency, or in no coins."""
    errors: list[DomainError] = []
    made: dict[str, int] = {}
    for name, money in given.items():
        column, field = AMOUNTS[name]
        if money is None:
            continue
        if money["currency"] != currency:
            message = f"Currency needs to be the same as of what is paid: {currency}."
            errors.append(DomainError(message, field=field, code="INCORRECT_CURRENCY"))
            continue
        made[column] = minor_of(money["amount"], currency, field)
    if errors:
        raise Errors(errors)
    return made


def minor_of(amount: Any, currency: str, field: str, *, exactly: bool = True) -> int:
    """Raises InvalidError for what is no amount of the currency."""
    if amount > MOST_MINOR:
        raise InvalidError("This is no amount of money.", field=field)
    made = Money.from_decimal(amount, currency)
    if exactly and made.amount != amount:
        raise InvalidError(f"{currency} has no such small coins.", field=field)
    return made.minor


def _described(
    details: PaymentMethodDetailsInput | None, actions: list[TransactionAction] | None
) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if actions is not None and actions is not UNSET:
        said["available_actions"] = [each.value for each in TransactionAction if each in actions]
    if details is not None and details is not UNSET:
        said["method_details"] = method_details(changes(details))
    return said


def _note(given: Any) -> Note | None:
    """What is only said of a payment. Raises InvalidError."""
    if given is None or given is UNSET:
        return None
    said = changes(given)
    reference = said.get("psp_reference") or ""
    if len(reference) > REFERENCE_CHARACTERS:
        raise InvalidError(f"At most {REFERENCE_CHARACTERS} characters.", field="transactionEvent")
    return Note(reference, said.get("message") or "")


def _moment(time: dt.datetime | None) -> dt.datetime:
    if time is None:
        return clock.now()
    return time if time.tzinfo is not None else time.replace(tzinfo=dt.UTC)
