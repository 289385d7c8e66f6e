"""Asking apps for taxes: what is to be asked of carts that lack them, and what came of it.

As with all that apps are asked (`webhooks.asking`), nothing is held while they think: a cart may be another
one by the time they answer. Then their answer is of no use, and whoever changed the cart asks anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import CHAR, BigInteger, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from marketplace.apps.models import App
from marketplace.checkout import app_taxes, carts, deliveries
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.checkout.lines import add_up_anew
from marketplace.checkout.tax_answers import TaxAnswer, TaxAnswerError, tax_answer
from marketplace.checkout.tax_base import TaxBase
from marketplace.kit import clock
from marketplace.kit.acting import actor
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.markets.errors import InactiveChannelError
from marketplace.markets.tax_settings import works_out_taxes
from marketplace.pricing.taxes import of_country
from marketplace.webhooks.asking import Heard, Question, note, put, questions
from marketplace.webhooks.payloads import Happening

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanting:
    """A checkout, or an order that staff change, that lacks the taxes of what it comes to."""

    kind: str
    """`Checkout` or `Order`."""
    key: UUID
    base: TaxBase


@dataclass(frozen=True, slots=True)
class Asked:
    """What apps are to be asked of one. The first good answer counts, in the order of the questions."""

    wanting: Wanting
    questions: tuple[Question, ...]


async def take_wanting(session: AsyncSession) -> list[Wanting]:
    """What was priced in a session, and lacks its taxes. Each is given once. Of others it is kept what of the
    delivery is each seller's.
    """
    wanting = []
    for cart in app_taxes.take_priced(session):
        if cart.taxes is None or cart.taxes.base is None:
            continue
        if cart.taxes.lacking:
            wanting.append(Wanting(cart.kind, cart.checkout.id, cart.taxes.base))
        elif cart.is_kept:
            await app_taxes.share_delivery(session, cart)
    return wanting


async def ask_for(session: AsyncSession, settings: Settings, wanting: Wanting) -> Asked:
    """What is to be asked: of the app that the channel names for the country, or of all that know taxes."""
    base, acts = wanting.base, actor()
    identifier = await session.scalar(
        _NAMED, {"channel_id": base.channel_id, "country_code": base.country_code}
    )
    app_id = None
    if identifier is not None:
        app_id = await session.scalar(
            select(App.id).where(App.identifier == identifier, works_out_taxes(App))
        )
        if app_id is None:
            log.warning("the app that works out taxes is gone", app=identifier, channel_id=base.channel_id)
            return Asked(wanting, ())
    happening = Happening(
        f"{wanting.kind.upper()}_CALCULATE_TAXES",
        wanting.kind,
        (str(wanting.key),),
        clock.now(),
        acts.user_id,
        acts.app_id,
        base.details(),
    )
    return Asked(wanting, tuple(await questions(session, settings, happening, app_id)))


_NAMED = select(
    of_country(
        "tax_app_id", bindparam("channel_id", type_=BigInteger), bindparam("country_code", type_=CHAR(2))
    )
)


def answer_among(asked: Asked, heard: Sequence[Heard]) -> TaxAnswer | None:
    """The first good answer; None, with a word in the log, where there is none."""
    outcomes = {id(one.question): one for one in heard}
    for question in asked.questions:
        one = outcomes.get(id(question))
        try:
            return tax_answer(one.said if one else None, asked.wanting.base)
        except TaxAnswerError as error:
            log.warning("taxes not known", app=question.app_name, of=asked.wanting.kind, why=str(error))
    return None


async def checkout_told(session: AsyncSession, wanting: Wanting, answer: TaxAnswer) -> None:
    """Tax a checkout as an app has said, if it still is what the app was told. One that is gone stays so."""
    try:
        cart = await carts.lock(session, wanting.key)
    except (CheckoutGoneError, InactiveChannelError):
        return
    flag_modified(cart.checkout, "updated_at")  # Stays: its buyer has changed nothing.
    await carts.load_priced_lines(session, cart)
    app_taxes.offer_answer(cart, wanting.base, answer)
    await deliveries.refresh(session, cart)
    await session.flush()


async def tax_checkout(database: Database, settings: Settings, checkout_id: UUID) -> None:
    """Have an app say the taxes of a checkout, where it lacks them: for jobs. In several transactions."""
    async with database.transaction() as session:
        try:
            await add_up_anew(session, checkout_id)
        except (CheckoutGoneError, InactiveChannelError):
            return
        asked = [await ask_for(session, settings, each) for each in await take_wanting(session)]
    heard = await put(settings, [question for each in asked for question in each.questions])
    async with database.transaction() as session:
        await note(session, heard)
    async with database.transaction() as session:
        for each in asked:
            answer = answer_among(each, heard)
            if answer is not None:
                await checkout_told(session, each.wanting, answer)
