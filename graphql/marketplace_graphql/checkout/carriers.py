"""Asking apps how a checkout can travel, in the middle of what is done to it."""

import uuid

from marketplace.checkout import carriers_asked
from marketplace.checkout.models import Checkout
from marketplace_graphql.kernel import Info
from marketplace_graphql.payments.asking import heard_from
from marketplace_graphql.people.requests import settings_of


async def hear_carriers(info: Info, checkout_id: uuid.UUID, *, keeps_choice: bool = False) -> None:
    """Have the checkout's deliveries be what apps say of it as it is now. Where none is to be asked, nothing
    happens; else what was done before is committed, and `info.session` is a new transaction.

    `keeps_choice`: what was chosen stays so, though it is not offered any more. Raises InactiveChannelError.
    """
    if not await carriers_asked.has_carriers(info.session):
        return
    was_asked = again = False
    for event in carriers_asked.ROUNDS:
        asked = await carriers_asked.ask_about_checkout(
            info.session, settings_of(info), checkout_id, event, again=again
        )
        if asked is None:
            continue
        heard = await heard_from(info, asked.questions)
        was_asked, again = True, bool(heard)
        await carriers_asked.checkout_answered(info.session, asked, heard, keeps_choice=keeps_choice)
    if was_asked:
        await info.keep()


async def heard_of(info: Info, checkout: Checkout) -> Checkout:
    """A checkout that has just changed, once apps have been asked about it: a client that only reads what
    could carry it reads what is known.
    """
    await hear_carriers(info, checkout.id)
    return checkout
