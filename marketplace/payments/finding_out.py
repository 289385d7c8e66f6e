"""Finding out how a payment of a gateway of this house stands: with several transactions, and nothing held
while the gateway is asked. For jobs; a mutation has `info.outside` for the same.
"""

from dataclasses import dataclass
from enum import Enum
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError
from marketplace.kit.settings import Settings
from marketplace.payments import actions, lost
from marketplace.payments.answers import AnswerError, LostAnswerError, UnreachableError
from marketplace.payments.asked import Asked, Call
from marketplace.payments.holding import follow, hold
from marketplace.payments.models import GatewayCall, TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.providers import house_provider
from marketplace.payments.reporting import By
from marketplace.payments.telling import REQUESTS, describe, tell_all
from marketplace.payments.transactions import add_up, begun_with, events_of

_ENDS = frozenset({Type.CHARGE_SUCCESS, Type.CANCEL_SUCCESS, Type.CHARGE_FAILURE, Type.AUTHORIZATION_FAILURE})


class Standing(Enum):
    """How a payment stands, as far as the gateway is to be asked about it again."""

    OPEN = "OPEN"
    PROMISED = "PROMISED"
    """It may be charged or called off at the gateway, or expire there."""
    ENDED = "ENDED"


log = structlog.get_logger(__name__)


async def put(database: Database, asked: Asked) -> TransactionItem:
    """Put an action's question, and write down what came of it."""
    await asked.call.put()
    async with database.transaction() as session:
        await asked.call.note(session)
    async with database.transaction() as session:
        return await actions.answered(session, asked)


async def look(
    database: Database,
    settings: Settings,
    token: UUID,
    *,
    reference: str | None = None,
    calls_off: bool = False,
) -> Standing:
    """Ask a gateway how a payment stands and write down what is new. `reference` is its name at the gateway,
    where we may not know it yet; with `calls_off`, one that is not paid is called off.

    Raises UnreachableError, LostAnswerError: it is to be tried again. Gives OPEN where nobody can be asked.
    """
    async with database.transaction() as session:
        transaction = await _transaction(session, token)
        house = None if transaction is None else house_provider(settings, transaction.gateway)
        if transaction is None or house is None or not (transaction.psp_reference or reference):
            return Standing.OPEN
        call = await house.look_call(session, transaction, reference=reference, calls_off=calls_off)
    await call.put()
    async with database.transaction() as session:
        await call.note(session)
    async with database.transaction() as session:
        return await _write_down(session, token, call)


async def _write_down(session: AsyncSession, token: UUID, call: Call) -> Standing:
    held = await hold(session, token)
    transaction = held.transaction
    begun = await begun_with(session, transaction)
    try:
        answer = call.answer(begun)
    except (UnreachableError, LostAnswerError):
        raise
    except AnswerError as error:
        log.warning("a payment could not be looked at", transaction=transaction.id, why=str(error))
        return Standing.OPEN
    try:
        event = await tell_all(session, transaction, begun, answer, By())
    except DomainError as error:  # That it was told otherwise before is written down by now.
        log.error("a payment was told otherwise before", transaction=transaction.id, why=str(error))  # noqa: TRY400
        event = begun
    if answer.psp_reference:
        transaction.psp_reference = answer.psp_reference
    describe(transaction, answer)
    if event is not begun:
        transaction.message = event.message
    await add_up(session, transaction)
    await follow(session, held)
    await lost.bring_forward(session, transaction)
    if transaction.authorized_minor > 0:
        return Standing.PROMISED
    told = await events_of(session, transaction)
    has_ended = any(one.counts and one.type in _ENDS for one in told)
    return Standing.ENDED if has_ended else Standing.OPEN


@dataclass(frozen=True, slots=True)
class _Due:
    """What is to be found out: of an action, or of a payment that was begun."""

    token: UUID
    action: Asked | None = None
    is_old: bool = False
    calls_off: bool = False
    is_forgotten: bool = False


async def find_out(database: Database, settings: Settings, call_id: int) -> None:
    """Find out what came of a request, unless that is known by now."""
    async with database.transaction() as session:
        due = await _due(session, settings, call_id)
    if due is None:
        return
    try:
        is_known = await (_act_again if due.action is not None else _see)(database, settings, due)
    except (UnreachableError, LostAnswerError) as error:
        log.warning("a payment could not be looked at yet", call_id=call_id, why=str(error))
        is_known = False
    async with database.transaction() as session:
        call = await _locked(session, call_id)
        if call is not None and is_known:
            call.answered_at = clock.now()
        elif call is not None:
            lost.put_off(call)


async def _see(database: Database, settings: Settings, due: _Due) -> bool:
    """How a payment stands that was begun; whether that is known for good."""
    standing = await look(database, settings, due.token)
    if standing is Standing.OPEN and (due.is_old or due.calls_off):
        await look(database, settings, due.token, calls_off=True)
        return True
    return standing is Standing.ENDED or due.is_forgotten


async def _act_again(database: Database, settings: Settings, due: _Due) -> bool:
    """Ask for an action once more, by the same key. Once that is too old, the gateway's own books say whether
    it was done: what they don't have was not.
    """
    if due.action is None:
        raise TypeError("there is no action to ask for")
    if not due.is_old:
        await put(database, due.action)
        return False  # If it is known, it is marked so by now.
    await look(database, settings, due.token)
    async with database.transaction() as session:
        await actions.give_up(session, due.token, due.action.request_id)
    return True


async def _due(session: AsyncSession, settings: Settings, call_id: int) -> _Due | None:
    call = await _locked(session, call_id)
    if call is None:
        return None
    transaction = await session.get_one(TransactionItem, call.transaction_id)
    request = await session.get_one(TransactionEvent, call.request_id)
    is_old = lost.is_given_up(call, clock.now())
    if request.type in REQUESTS and (await begun_with(session, transaction)).id == request.id:
        is_forgotten = call.asked_at + lost.LONGEST_PROMISE <= clock.now()
        return _Due(transaction.token, None, is_old, call.calls_off, is_forgotten)
    house = house_provider(settings, transaction.gateway)
    if house is None:
        lost.put_off(call)
        return None
    question = await house.action_call(session, transaction, request, again=True)
    return _Due(transaction.token, Asked(transaction.token, request.id, None, question), is_old)


async def _locked(session: AsyncSession, call_id: int) -> GatewayCall | None:
    found: GatewayCall | None = await session.scalar(
        select(GatewayCall)
        .where(GatewayCall.id == call_id, GatewayCall.answered_at.is_(None))
        .with_for_update()
    )
    return found


async def _transaction(session: AsyncSession, token: UUID) -> TransactionItem | None:
    found: TransactionItem | None = await session.scalar(
        select(TransactionItem).where(TransactionItem.token == token)
    )
    return found
