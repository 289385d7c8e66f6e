"""What is told of an event, and whether a subscription can be read: that is known by whoever reads the API's
documents, which stands above this room and is called by its name.
"""

import importlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.settings import Settings
from marketplace.webhooks.models import Webhook

READER = "marketplace_graphql.webhooks.payloads"


@dataclass(frozen=True, slots=True)
class Happening:
    """One event that happened to some rows of one table."""

    event: str
    model: str
    """The name of the rows' class."""
    keys: tuple[int | str, ...]
    """Their primary keys, as JSON holds them."""
    issued_at: datetime
    user_id: int | None = None
    """Who did it, if a person or an app did."""
    app_id: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)


MakePayloads = Callable[[AsyncSession, Settings, Happening, Webhook], Awaitable[Sequence[str | None]]]
"""(session, settings, happening, webhook with its app) -> a body for each key, or one for all where the event
tells of them together. None: the webhook is not told of it, or the row is gone."""


def events_in(settings: Settings, query: str) -> tuple[str, ...]:
    """The events that a subscription tells of. Raises DomainErrors with Saleor's codes."""
    read: Callable[[Settings, str], tuple[str, ...]] = importlib.import_module(READER).events_in
    return read(settings, query)


async def make_payloads(
    session: AsyncSession, settings: Settings, happening: Happening, webhook: Webhook
) -> Sequence[str | None]:
    """What a webhook is to be told, read in the session's transaction with its app's permissions."""
    make: MakePayloads = importlib.import_module(READER).make_payloads
    return await make(session, settings, happening, webhook)
