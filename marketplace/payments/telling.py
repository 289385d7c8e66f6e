"""What whoever carries a payment out has answered, written down: each thing once."""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payments.answers import ACTION_REQUIRED, Answer, Said, failure_of, shortened
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.reporting import By, failed, report
from marketplace.payments.transactions import events_of

REQUESTS = frozenset({Type.CHARGE_REQUEST, Type.AUTHORIZATION_REQUEST})
"""What a payment can begin with."""

log = structlog.get_logger(__name__)


def request_of(
    transaction: TransactionItem, kind: Type, amount_minor: int, app_id: int | None
) -> TransactionEvent:
    """What is asked for. No amount is made of it before whoever is asked has taken it on."""
    return TransactionEvent(
        transaction=transaction,
        type=kind,
        amount_minor=amount_minor,
        currency=transaction.currency,
        psp_reference="",
        counts=False,
        app_id=app_id,
    )


async def tell_all(
    session: AsyncSession, transaction: TransactionItem, request: TransactionEvent, answer: Answer, by: By
) -> TransactionEvent:
    """Write an answer down; gives the event that whoever asked is shown. `request` is what the payment was
    begun with. The caller holds the transaction, and adds up. Raises what `report` raises.
    """
    event = request
    for said in answer.told:
        if said.type in REQUESTS:
            event = await _turned(session, transaction, request, said)
        else:
            event = await _tell(session, transaction, answer, said, by)
    for fault in answer.faults:
        event = await _fault(session, transaction, request, fault)
    if not request.counts:
        request.psp_reference = answer.psp_reference
    return event


def describe(transaction: TransactionItem, answer: Answer) -> None:
    """Take over what an answer says of the payment as a whole."""
    if answer.actions is not None:
        transaction.available_actions = answer.actions
    if answer.method_details is not None:
        transaction.method_details = answer.method_details


async def _tell(
    session: AsyncSession, transaction: TransactionItem, answer: Answer, said: Said, by: By
) -> TransactionEvent:
    if by.app_id is None:
        told = await events_of(session, transaction)
        last = told[-1] if told else None
        if said.type in ACTION_REQUIRED and last is not None and _is_same(last, said):
            return last  # Whoever asks again and again is told, but nothing is written down.
        if said.counts is False and _is_under_way(told, said, answer.psp_reference):
            said = replace(said, psp_reference=answer.psp_reference, counts=None)
    event, _ = await report(session, transaction, said, by)
    return event


def _is_same(event: TransactionEvent, said: Said) -> bool:
    return event.type is said.type and event.psp_reference == said.psp_reference


def _is_under_way(told: Sequence[TransactionEvent], said: Said, reference: str) -> bool:
    """Whether the attempt that has failed was counted as pending: then its failure counts, too."""
    return any(
        event.counts and event.type in REQUESTS and event.psp_reference == reference
        for event in told
        if failure_of(event.type) is said.type
    )


async def _turned(
    session: AsyncSession, transaction: TransactionItem, request: TransactionEvent, said: Said
) -> TransactionEvent:
    """It will be told later: the request itself counts from now on, by the name that it is given."""
    if request.counts:
        return request
    for other in await events_of(session, transaction):
        if other.type is said.type and other.psp_reference == said.psp_reference and other.counts:
            return other
    request.type, request.amount_minor = said.type, said.amount_minor
    request.psp_reference, request.counts = said.psp_reference, True
    request.message = said.message or request.message
    await session.flush()
    return request


async def _fault(
    session: AsyncSession, transaction: TransactionItem, request: TransactionEvent, fault: str
) -> TransactionEvent:
    """Report what does not fit: in the payment's history, once, and to whoever reads the logs."""
    message = shortened(fault)
    for event in await events_of(session, transaction):
        if event.message == message and not event.counts:
            return event
    log.error("payment does not fit", transaction=transaction.id, gateway=transaction.gateway, fault=message)
    return await failed(session, transaction, request.type, request.amount_minor, fault)
