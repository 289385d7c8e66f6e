"""Payments that somebody else has taken: apps and staff say that there are such, and what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, UniqueError
from marketplace.kit.metadata import merged
from marketplace.orders.models import OrderEvent
from marketplace.payments.answers import shortened
from marketplace.payments.holding import Held, follow, hold
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.reporting import By
from marketplace.payments.transactions import (
    add_up,
    check_number,
    events_of,
    lock_payable,
    transactions_of,
)

BY_HAND = "Manual adjustment of the transaction."
FIELD = "transaction"
_SUCCESSES = {
    "charged_minor": Type.CHARGE_SUCCESS,
    "refunded_minor": Type.REFUND_SUCCESS,
    "canceled_minor": Type.CANCEL_SUCCESS,
}


@dataclass(frozen=True, slots=True)
class Note:
    """An event that is only said."""

    psp_reference: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a payment is that is made: an app's, or a member of staff's."""

    by: By
    app_identifier: str = ""


async def create(
    session: AsyncSession,
    owner: Owner,
    said: Mapping[str, Any],
    amounts: Mapping[str, int],
    note: Note | None,
    *,
    checkout_id: UUID | None = None,
    order_id: UUID | None = None,
) -> TransactionItem:
    """Write down a payment of a checkout or an order. `said` has the names of columns, and `metadata`,
    `private_metadata`; `amounts` those of amounts. Raises CheckoutGoneError, NotFoundError, UniqueError,
    TooManyTransactionsError, and what metadata can't be.
    """
    payable = await lock_payable(session, checkout_id, order_id)
    check_number(await transactions_of(session, payable))
    transaction = TransactionItem(
        checkout_id=checkout_id,
        order_id=order_id,
        app_id=owner.by.app_id,
        user_id=owner.by.user_id,
        gateway=owner.app_identifier,
        currency=payable.total.currency,
        public_metadata={},
        private_metadata={},
    )
    await _say(session, transaction, said)
    session.add(transaction)
    await session.flush()
    held = await hold(session, transaction.token)
    await _put_right(session, held, amounts, owner.by)
    await _note(session, held, note, owner.by)
    return transaction


async def update(
    session: AsyncSession,
    held: Held,
    owner: Owner,
    said: Mapping[str, Any],
    amounts: Mapping[str, int],
    note: Note | None,
) -> TransactionItem:
    """Change what was given of a held payment. One that is nobody's becomes the app's that changes it."""
    transaction = held.transaction
    await _say(session, transaction, said)
    if owner.by.app_id is not None and transaction.app_id is None and transaction.user_id is None:
        transaction.app_id, transaction.gateway = owner.by.app_id, owner.app_identifier
    await session.flush()
    await _put_right(session, held, amounts, owner.by)
    await _note(session, held, note, owner.by)
    return transaction


async def _say(session: AsyncSession, transaction: TransactionItem, said: Mapping[str, Any]) -> None:
    given = dict(said)
    for store, column in (("metadata", "public_metadata"), ("private_metadata", "private_metadata")):
        if entries := given.pop(store, None):
            setattr(transaction, column, _merged(getattr(transaction, column), entries))
    reference = given.get("psp_reference")
    if reference and reference != transaction.psp_reference:
        taken = await session.scalar(
            select(TransactionItem.id).where(TransactionItem.psp_reference == reference).limit(1)
        )
        if taken is not None:
            raise UniqueError("Another payment goes by this `pspReference`.", field=FIELD)
    for name, value in given.items():
        setattr(transaction, name, value)


def _merged(store: Mapping[str, str], entries: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Raises DomainErrors on `transaction`."""
    try:
        return merged(store, entries)
    except DomainError as error:
        code = "METADATA_KEY_REQUIRED" if error.code == "REQUIRED" else "INVALID"
        raise DomainError(error.message, field=FIELD, code=code) from error


async def _put_right(session: AsyncSession, held: Held, amounts: Mapping[str, int], by: By) -> None:
    """Events without a reference that bring each given amount to what it shall be."""
    if not amounts:
        return
    transaction = held.transaction
    if "authorized_minor" in amounts and amounts["authorized_minor"] != transaction.authorized_minor:
        told = await events_of(session, transaction)
        authorized = any(event.type is Type.AUTHORIZATION_SUCCESS and event.counts for event in told)
        kind = Type.AUTHORIZATION_ADJUSTMENT if authorized else Type.AUTHORIZATION_SUCCESS
        session.add(_by_hand(transaction, kind, amounts["authorized_minor"], by))
    for name, kind in _SUCCESSES.items():
        if name in amounts and (more := amounts[name] - getattr(transaction, name)):
            session.add(_by_hand(transaction, kind, more, by))
    await add_up(session, transaction)
    await follow(session, held)


def _by_hand(transaction: TransactionItem, kind: Type, minor: int, by: By) -> TransactionEvent:
    return TransactionEvent(
        transaction_id=transaction.id,
        type=kind,
        amount_minor=minor,
        currency=transaction.currency,
        psp_reference="",
        message=BY_HAND,
        user_id=by.user_id,
        app_id=by.app_id,
    )


async def _note(session: AsyncSession, held: Held, note: Note | None, by: By) -> None:
    if note is None:
        return
    transaction = held.transaction
    event = TransactionEvent(
        transaction_id=transaction.id,
        type=Type.INFO,
        amount_minor=0,
        currency=transaction.currency,
        psp_reference=note.psp_reference,
        message=shortened(note.message),
        counts=False,
        user_id=by.user_id,
        app_id=by.app_id,
    )
    session.add(event)
    if held.order is not None:
        parameters = {"message": event.message, "reference": note.psp_reference}
        session.add(
            OrderEvent(
                order_id=held.order.id, type="TRANSACTION_EVENT", user_id=by.user_id, parameters=parameters
            )
        )
    await session.flush()
