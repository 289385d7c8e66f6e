"""Rows of several tables in one statement."""

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.kit.batch import Batch
from marketplace.markets.models import Channel, ShippingMethod, ShippingMethodType, ShippingZone
from marketplace.people.models import Address
from tests.factories.markets import make_channel


async def test_rows_of_several_tables_are_one_statement(
    session: AsyncSession, connection: AsyncConnection
) -> None:
    statements: list[str] = []
    event.listen(
        connection.sync_connection,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )
    batch = Batch()
    batch.insert(Address, [{"country_code": "MA", "city": "Fès"}, {"country_code": "FR", "city": "Aix"}])
    batch.insert(ShippingZone, [{"name": "Maroc", "country_codes": ["MA", "EH"]}])
    await batch.write(session)
    assert len([statement for statement in statements if "INSERT" in statement]) == 1
    assert set(await session.scalars(select(Address.city))) == {"Fès", "Aix"}
    assert await session.scalar(select(ShippingZone.country_codes)) == ["MA", "EH"]


async def test_rows_may_refer_to_each_other_and_get_the_defaults_of_their_tables(
    session: AsyncSession,
) -> None:
    batch = Batch()
    batch.insert(ShippingMethod, [{"id": 900, "zone_id": 800, "name": "Amana", "metadata": {"a": "é'\""}}])
    batch.insert(ShippingZone, [{"id": 800, "name": "Maroc"}])
    await batch.write(session)
    method = await session.get_one(ShippingMethod, 900)
    assert (method.type, method.collects_cash) == (ShippingMethodType.PRICE, False)
    assert method.public_metadata == {"a": "é'\""}
    assert method.created_at is not None


async def test_a_row_that_refers_to_nothing_is_refused_with_all_others(session: AsyncSession) -> None:
    batch = Batch()
    batch.insert(Address, [{"country_code": "MA"}])
    batch.insert(ShippingMethod, [{"zone_id": 999_999, "name": "Nowhere"}])
    with pytest.raises(IntegrityError):
        async with session.begin_nested():
            await batch.write(session)
    assert await session.scalar(select(Address.id)) is None


async def test_what_the_session_has_pending_is_written_before(session: AsyncSession) -> None:
    channel = await make_channel(session)
    channel.name = "Autre"
    batch = Batch()
    batch.insert(Address, [{"country_code": "MA"}])
    await batch.write(session)
    assert await session.scalar(select(Channel.name)) == "Autre"


async def test_nothing_to_write_is_no_statement(session: AsyncSession) -> None:
    batch = Batch()
    batch.insert(Address, [])
    await batch.write(session)
    assert await session.scalar(select(Address.id)) is None
