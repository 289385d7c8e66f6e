"""What has happened to a transaction, told by whom it belongs to: each thing once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import RequiredError
from marketplace.payments.answers import ACTION_REQUIRED, Said, failure_of, shortened
from marketplace.payments.errors import AuthorizedBeforeError, ToldOtherwiseError
from marketplace.payments.granted import follow_grant, grant_of
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.transactions import events_of

ONLY_SAID = ACTION_REQUIRED | {Type.INFO}
"""Of these an amount is never made, and they may be told as often as one likes."""
_AMOUNT_OF = {
    Type.AUTHORIZATION_FAILURE: (Type.AUTHORIZATION_REQUEST, Type.AUTHORIZATION_ACTION_REQUIRED),
    Type.CHARGE_FAILURE: (Type.CHARGE_REQUEST, Type.CHARGE_ACTION_REQUIRED),
    Type.REFUND_FAILURE: (Type.REFUND_REQUEST,),
    Type.CANCEL_FAILURE: (Type.CANCEL_REQUEST,),
    Type.CHARGE_BACK: (Type.CHARGE_SUCCESS,),
    Type.REFUND_REVERSE: (Type.REFUND_SUCCESS,),
}
"""Where an event's amount may be left out: the earlier events with its reference that it is taken from."""


@dataclass(frozen=True, slots=True)
class By:
    """Who tells of something."""

    user_id: int | None = None
    app_id: int | None = None


async def report(
    session: AsyncSession, transaction: TransactionItem, said: Said, by: By
) -> tuple[TransactionEvent, bool]:
    """Write an event down, and whether it had been before. The caller holds the transaction, and adds up.

    Raises ToldOtherwiseError, AuthorizedBeforeError: what can't be is written down as a failure.
    """
    told = await events_of(session, transaction)
    if said.type not in ONLY_SAID:
        before = _told_before(told, said)
        if before is not None and before.amount_minor != said.amount_minor:
            await _refuse(session, transaction, said, ToldOtherwiseError.text, told)
            raise ToldOtherwiseError(ToldOtherwiseError.text, field="pspReference")
        if before is not None:
            return before, True
    if said.type is Type.AUTHORIZATION_SUCCESS and any(
        event.type is Type.AUTHORIZATION_SUCCESS and event.counts for event in told
    ):
        await _refuse(session, transaction, said, AuthorizedBeforeError.text, told)
        raise AuthorizedBeforeError(AuthorizedBeforeError.text, field="type")
    event = TransactionEvent(
        transaction_id=transaction.id,
        created_at=said.at,
        type=said.type,
        amount_minor=said.amount_minor,
        currency=transaction.currency,
        psp_reference=said.psp_reference,
        message=said.message,
        external_url=said.external_url,
        counts=said.type not in ONLY_SAID if said.counts is None else said.counts,
        user_id=by.user_id,
        app_id=by.app_id,
        granted_refund_id=grant_of(told, said.type, said.psp_reference),
    )
    session.add(event)
    await session.flush()
    await follow_grant(session, event.granted_refund_id)
    return event, False


async def failed(
    session: AsyncSession,
    transaction: TransactionItem,
    kind: Type,
    amount_minor: int,
    why: str,
    *,
    reference: str = "",
    app_id: int | None = None,
    granted_refund_id: int | None = None,
) -> TransactionEvent:
    """Write down that something could not be, without making an amount of it."""
    event = TransactionEvent(
        transaction_id=transaction.id,
        type=failure_of(kind),
        amount_minor=amount_minor,
        currency=transaction.currency,
        psp_reference=reference,
        message=shortened(why),
        counts=False,
        app_id=app_id,
        granted_refund_id=granted_refund_id,
    )
    session.add(event)
    await session.flush()
    await follow_grant(session, granted_refund_id)
    return event


async def amount_left_out(
    session: AsyncSession, transaction: TransactionItem, kind: Type, psp_reference: str
) -> int:
    """The amount of an event that comes without one. Raises RequiredError."""
    if kind is Type.INFO:
        return 0
    if kind not in _AMOUNT_OF:
        raise RequiredError(f"The `amount` field is required for {kind} event.", field="amount")
    for event in reversed(await events_of(session, transaction)):
        if event.type in _AMOUNT_OF[kind] and event.psp_reference == psp_reference:
            return event.amount_minor
    raise RequiredError(
        f"Unable to deduce the amount for {kind} event: nothing was told by this `pspReference`.",
        field="amount",
    )


def said_of(
    kind: Type,
    amount_minor: int,
    psp_reference: str,
    *,
    message: str,
    external_url: str,
    at: datetime,
) -> Said:
    """What whoever reports says has happened."""
    return Said(kind, amount_minor, psp_reference, shortened(message), external_url, at)


def _told_before(told: Sequence[TransactionEvent], said: Said) -> TransactionEvent | None:
    return next(
        (
            event
            for event in told
            if event.type is said.type
            and event.psp_reference == said.psp_reference
            and (event.counts or said.counts is False)
        ),
        None,
    )


async def _refuse(
    session: AsyncSession,
    transaction: TransactionItem,
    said: Said,
    why: str,
    told: Sequence[TransactionEvent],
) -> None:
    await failed(
        session,
        transaction,
        said.type,
        said.amount_minor,
        why,
        reference=said.psp_reference,
        granted_refund_id=grant_of(told, said.type, said.psp_reference),
    )
