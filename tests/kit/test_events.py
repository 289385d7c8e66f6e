"""Events are told at once, in order, in the publisher's transaction."""

from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import Database
from marketplace.kit.events import publish, subscribe


async def test_subscribers_are_told_in_the_order_in_which_they_subscribed(session: AsyncSession) -> None:
    @dataclass(frozen=True)
    class RugWoven:
        name: str

    told: list[str] = []

    @subscribe(RugWoven)
    async def first(_: AsyncSession, event: RugWoven) -> None:
        told.append(f"first {event.name}")

    @subscribe(RugWoven)
    async def second(_: AsyncSession, event: RugWoven) -> None:
        told.append(f"second {event.name}")

    subscribe(RugWoven)(first)  # Subscribing again changes nothing: a module may be imported twice.
    await publish(session, RugWoven("Azilal"))
    assert told == ["first Azilal", "second Azilal"]


async def test_an_event_without_subscribers_is_told_to_nobody(session: AsyncSession) -> None:
    await publish(session, object())


async def test_a_subscriber_that_fails_takes_the_publishers_rows_with_it(database: Database) -> None:
    @dataclass(frozen=True)
    class RugSold:
        pass

    @subscribe(RugSold)
    async def refuse(_: AsyncSession, __: RugSold) -> None:
        raise LookupError("no such rug")

    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE rug (name text)"))
    with pytest.raises(LookupError):
        async with database.transaction() as session:
            await session.execute(text("INSERT INTO rug VALUES ('Azilal')"))
            await publish(session, RugSold())
    assert await database.reads.fetch_json("SELECT to_json(count(*)) FROM rug", {}) == b"0"
