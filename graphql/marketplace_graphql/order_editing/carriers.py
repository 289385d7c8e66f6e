"""Asking apps how an order can travel that staff are working on."""

import uuid

from marketplace.checkout.shipping_answers import FILTER_OF_ORDER
from marketplace.orders.shipping_answers import ask_about_order, order_answered
from marketplace.webhooks.asking import is_anyone_asked
from marketplace_graphql.kernel import Info
from marketplace_graphql.payments.asking import heard_from
from marketplace_graphql.people.requests import settings_of


async def hear_carriers(info: Info, order_id: uuid.UUID) -> None:
    """Have what apps say of the order as it is now kept. Where none is to be asked, nothing happens; else
    what was done before is committed, and `info.session` is a new transaction.
    """
    if not await is_anyone_asked(info.session, FILTER_OF_ORDER):
        return
    asked = await ask_about_order(info.session, settings_of(info), order_id)
    if asked is not None:
        heard = await heard_from(info, asked.questions)
        await order_answered(info.session, asked, heard)
        await info.keep()
