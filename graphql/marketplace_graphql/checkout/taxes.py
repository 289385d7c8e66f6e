"""Taxes that apps work out: they are asked once a mutation has changed a checkout or an order, before its
payload is read; and before an order is made of what nobody has taxed yet.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from marketplace.checkout.asking_for_taxes import Wanting, answer_among, ask_for, take_wanting
from marketplace.checkout.errors import CheckoutGoneError, TaxesUnknownError
from marketplace.checkout.lines import add_up_anew
from marketplace.markets.errors import InactiveChannelError
from marketplace.orders.asking_for_taxes import told
from marketplace_graphql.kernel import Info
from marketplace_graphql.payments.asking import heard_from
from marketplace_graphql.people.requests import settings_of

T = TypeVar("T")


async def ask_for_taxes(info: Info) -> None:
    """Have apps work out what a mutation's checkouts and orders lack. For the others this costs nothing."""
    if info.open_session is not None:
        await _ask(info, await take_wanting(info.session))


async def once_taxed(info: Info, work: Callable[[], Awaitable[T]]) -> T:
    """Do what needs to know the taxes of something; where they are not known it is undone, the app is asked,
    and it is done once more. Raises TaxesUnknownError, where the app has not said them either.
    """
    try:
        return await work()
    except TaxesUnknownError:
        wanting = await take_wanting(info.session)
        await info.undo()
        await _ask(info, wanting)
        return await work()


async def tax_now(info: Info, checkout_id: UUID) -> None:
    """Have an app say the taxes of a checkout, where it has not. If it still does not, the checkout stays as
    it is; so does one that can't be priced, which is refused by whoever goes on with it.
    """
    with suppress(CheckoutGoneError, InactiveChannelError):
        await add_up_anew(info.session, checkout_id)
    await _ask(info, await take_wanting(info.session))


async def _ask(info: Info, wanting: Sequence[Wanting]) -> None:
    if not wanting:
        return
    asked = [await ask_for(info.session, settings_of(info), each) for each in wanting]
    heard = await heard_from(info, [question for each in asked for question in each.questions])
    for each in asked:
        answer = answer_among(each, heard)
        if answer is not None:
            await told(info.session, each.wanting, answer)
    await take_wanting(info.session)  # Who has not answered is not asked again at once.
