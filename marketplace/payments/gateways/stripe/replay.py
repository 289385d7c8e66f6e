"""Working on Stripe's events once more: those that are kept, and those that never reached us."""

from datetime import datetime

import orjson
from sqlalchemy import select

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.payments.gateways.stripe.api import StripeApi
from marketplace.payments.gateways.stripe.gateway import stripe_gateway
from marketplace.payments.gateways.stripe.handlers import registry
from marketplace.payments.gateways.stripe.inbox import event_in, keep, work_again
from marketplace.payments.gateways.stripe.models import StripeEvent


class NoSuchStripeError(Exception):
    """Stripe is not set up here."""


async def replay_one(database: Database, settings: Settings, event_id: str) -> bool:
    """Have one event worked on again; whether it had to be fetched from Stripe. Raises AnswerError,
    NoSuchStripeError.
    """
    async with database.transaction() as session:
        kept = await session.get(StripeEvent, event_id)
        if kept is not None:
            await work_again(session, kept)
            return False
    fetched = await _api(settings).event(event_id)
    async with database.transaction() as session:
        return await keep(session, event_in(orjson.dumps(fetched.to_dict())))


async def replay_since(database: Database, settings: Settings, since: datetime) -> tuple[int, int]:
    """Have all events since a moment worked on again: how many were kept, and how many only Stripe knew of.

    Stripe remembers events for 30 days. Raises AnswerError, NoSuchStripeError.
    """
    async with database.transaction() as session:
        kept = await session.scalars(
            select(StripeEvent).where(StripeEvent.created_at >= since).order_by(StripeEvent.created_at)
        )
        again = kept.all()
        for event in again:
            await work_again(session, event)
    missed = 0
    async for fetched in _api(settings).events_since(since, tuple(registry)):
        async with database.transaction() as session:
            missed += await keep(session, event_in(orjson.dumps(fetched.to_dict())))
    return len(again), missed


def _api(settings: Settings) -> StripeApi:
    gateway = stripe_gateway(settings)
    if gateway is None:
        raise NoSuchStripeError("Stripe is not set up here: there are no keys.")
    return gateway.api
