"""What `checkoutComplete` does with a recorded payment: it has it made, with nothing held meanwhile."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from marketplace.kit.errors import DomainError, Errors
from marketplace.payments import actions, older, sessions
from marketplace.payments.actions import Action
from marketplace.payments.asked import Asked
from marketplace.payments.models import TransactionAction
from marketplace.payments.transactions import Begun
from marketplace_graphql.checkout.errors import CheckoutError
from marketplace_graphql.checkout.taxes import once_taxed
from marketplace_graphql.kernel import Info
from marketplace_graphql.payments.asking import put
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.rules import codes_of


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What came of a recorded payment; nothing, where there is none or nobody had to be asked."""

    token: uuid.UUID | None = None
    """Of one that was made just now."""
    confirmation_needed: bool = False
    data: object = None


async def carried_out(info: Info, checkout_id: uuid.UUID, payment_data: object) -> CarriedOut:
    """Have a checkout's recorded payment made. What came of it is committed, whatever comes of the rest.

    Raises what `older.carry_out` raises, and OlderPaymentError where it was refused.
    """
    try:
        with codes_of(CheckoutError):
            asked = await once_taxed(
                info, lambda: older.carry_out(info.session, settings_of(info), checkout_id, payment_data)
            )
    except (DomainError, Errors):
        await _give_back_confirmed(info, checkout_id)
        raise
    if asked is None:
        return CarriedOut()
    if isinstance(asked, Begun):
        older.check_done(asked)
        return CarriedOut()
    await put(info, asked.call)
    begun = await sessions.answered(info.session, asked)
    await older.note_end(info.session, begun)
    done = CarriedOut(asked.token, older.is_to_be_confirmed(begun), begun.data)
    try:
        older.check_done(begun)
    finally:
        await info.keep()
    return done


@asynccontextmanager
async def given_back_if_refused(info: Info, paid: CarriedOut) -> AsyncIterator[None]:
    """What was paid just now for an order that can't be after all, is given back."""
    try:
        yield
    except (DomainError, Errors):
        if paid.token is not None:
            await info.undo()
            await _give_all_back(info, paid.token)
        raise


async def _give_back_confirmed(info: Info, checkout_id: uuid.UUID) -> None:
    """What the buyer has confirmed by now, and paid, for an order that can't be, is given back, too."""
    await info.undo()
    try:
        looked = await older.look_again(info.session, settings_of(info), checkout_id)
    except DomainError:  # Its gateway is gone: there is nobody to ask.
        await info.undo()
        return
    if looked is None:
        return
    token, asked = looked
    if isinstance(asked, Asked):
        await put(info, asked.call)
        await sessions.answered(info.session, asked)
        await info.keep()
    await _give_all_back(info, token)


async def _give_all_back(info: Info, token: uuid.UUID) -> None:
    for kind in (TransactionAction.CANCEL, TransactionAction.REFUND):
        await _give_back(info, token, kind)


async def _give_back(info: Info, token: uuid.UUID, kind: TransactionAction) -> None:
    try:
        asked = await actions.ask_for_action(info.session, settings_of(info), token, Action(kind))
    except DomainError:  # There is nothing of the kind to give back.
        await info.undo()
        return
    await put(info, asked.call)
    await actions.answered(info.session, asked)
    await info.keep()
