"""Asking apps and gateways in the middle of a mutation: with no connection and no lock in hand."""

from collections.abc import Sequence

from marketplace.payments.asked import Call
from marketplace.webhooks import asking
from marketplace.webhooks.asking import Heard, Question
from marketplace_graphql.kernel import Info
from marketplace_graphql.people.requests import settings_of


async def heard_from(info: Info, questions: Sequence[Question]) -> list[Heard]:
    """What apps say to questions. What was done before is committed; what they said is noted, whatever comes
    of the rest; `info.session` is a new transaction afterwards.
    """
    if not questions:
        return []
    settings = settings_of(info)
    heard = await info.outside(lambda: asking.put(settings, questions))
    await asking.note(info.session, heard)
    await info.keep()
    return heard


async def put(info: Info, call: Call) -> None:
    """Ask about a payment that is written down. `info.session` is a new transaction afterwards."""
    await info.outside(call.put)
    await call.note(info.session)
    await info.keep()
