"""Apps are asked how a cart can travel: first for what they offer, then which of all that can't be taken.

Each of these goes in three steps, and no lock is held in the second: the questions are made; the apps are
asked (`webhooks.asking.put`); what they said is kept, and the deliveries are worked out by it.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Product, ProductType, ProductVariant
from marketplace.checkout.app_methods import methods_in, refusals_in
from marketplace.checkout.deliveries import calculate_deliveries
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.checkout.models import Checkout, CheckoutLine
from marketplace.checkout.shipping_answers import (
    FILTER,
    LIST,
    CheckoutShippingAnswer,
    fresh_webhooks,
    inputs_of_checkout,
    keep_answers,
)
from marketplace.kit import clock
from marketplace.kit.acting import actor
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.webhooks.asking import (
    Heard,
    Question,
    is_anyone_asked,
    note,
    put,
    questions,
    webhooks_asked,
)
from marketplace.webhooks.payloads import Happening

ROUNDS = (LIST, FILTER)


@dataclass(frozen=True, slots=True)
class Round:
    """What apps are to be asked of one event about something."""

    owner_id: UUID
    event: str
    inputs: str
    questions: list[Question]
    """Fewer than there are apps where the breakers of some are open, or they have just been asked this."""


async def has_carriers(session: AsyncSession) -> bool:
    """Whether any app is to be asked about checkouts. One statement: most shops have none."""
    return await is_anyone_asked(session, *ROUNDS)


async def hear_carriers(database: Database, settings: Settings, checkout_id: UUID) -> None:
    """Have a checkout's deliveries be what apps say of it as it is now: for jobs, in transactions of its own.
    What was chosen stays so. Raises InactiveChannelError.
    """
    again = False
    for event in ROUNDS:
        async with database.transaction() as session:
            asked = await ask_about_checkout(session, settings, checkout_id, event, again=again)
        if asked is None:
            continue
        heard = await put(settings, asked.questions)
        again = bool(heard)
        async with database.transaction() as session:
            await note(session, heard)
            await checkout_answered(session, asked, heard, keeps_choice=True)


async def ask_about_checkout(
    session: AsyncSession, settings: Settings, checkout_id: UUID, event: str, *, again: bool = False
) -> Round | None:
    """What apps are to be asked about a checkout; None where there is nothing to ask, or nothing new.

    `again` asks those too who have just been asked about the same.
    """
    checkout = await session.get(Checkout, checkout_id)
    if checkout is None or checkout.shipping_address_id is None:
        return None
    found = await session.execute(_LINES.where(CheckoutLine.checkout_id == checkout_id))
    rows = found.all()
    if not any(is_shipped for _, is_shipped in rows):
        return None
    inputs = await inputs_of_checkout(session, checkout, [line for line, _ in rows])
    return await make_round(
        session, settings, CheckoutShippingAnswer, "Checkout", checkout_id, event, inputs, again=again
    )


async def make_round(
    session: AsyncSession,
    settings: Settings,
    table: type[Any],
    model: str,
    owner_id: UUID,
    event: str,
    inputs: str,
    *,
    again: bool = False,
) -> Round | None:
    """What apps are to be asked of an event about a row; None where all have been asked it just now."""
    listening = {webhook.id for webhook in await webhooks_asked(session, event)}
    fresh = set() if again else await fresh_webhooks(session, table, owner_id, event, inputs)
    if listening <= fresh:
        return None
    by = actor()
    happening = Happening(event, model, (str(owner_id),), clock.now(), by.user_id, by.app_id)
    asked = await questions(session, settings, happening, spared=fresh)
    return Round(owner_id, event, inputs, asked)


async def checkout_answered(
    session: AsyncSession, asked: Round, heard: list[Heard], *, keeps_choice: bool = False
) -> None:
    """Keep what apps have said of a checkout, and work its deliveries out by it; nothing of one that is an
    order by now. `keeps_choice` as in `calculate_deliveries`. Raises InactiveChannelError.
    """
    checkout = await session.get(Checkout, asked.owner_id, with_for_update={"key_share": True})
    if checkout is None:
        return
    answers = [(one, _read(one, checkout.currency)) for one in heard]
    await keep_answers(session, CheckoutShippingAnswer, checkout.id, asked.inputs, answers)
    with suppress(CheckoutGoneError):
        await calculate_deliveries(session, checkout.id, keeps_choice=keeps_choice)


def _read(heard: Heard, currency: str) -> Any:
    """An answer as it is kept; None where there is none."""
    if heard.listed is not None:
        identifier = heard.question.app_identifier
        return [method.written() for method in methods_in(heard.listed, identifier, currency)]
    return None if heard.said is None else refusals_in(heard.said)


_LINES = (
    select(CheckoutLine, ProductType.is_shipping_required)
    .join(ProductVariant, ProductVariant.id == CheckoutLine.variant_id)
    .join(Product, Product.id == ProductVariant.product_id)
    .join(ProductType, ProductType.id == Product.product_type_id)
)
