"""Earned on delivery, held until the buyer can no longer withdraw and the cash is in, then payable."""

import asyncio
from datetime import timedelta
from types import ModuleType

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import Database
from marketplace.kit.events import publish
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.orders.events import VendorOrderDelivered
from marketplace.payments.events import CashRemitted
from marketplace.payouts.ledger import Account, JournalEntry
from marketplace.payouts.release import release_due
from tests.factories.payouts import deliver, refuse, remit
from tests.payouts.conftest import House, balance_of, make_house, sell, total_of


async def test_a_delivery_earns_and_makes_the_carrier_owe(session: AsyncSession, house: House) -> None:
    [part] = await sell(session, house, 1200_00)
    await deliver(session, part)

    assert (await balance_of(session, house.sellers[0])).held == Money(1200_00 - 96_00 - 19_20, "MAD")
    assert await total_of(session, Account.CARRIER_RECEIVABLE) == 1230_00
    assert await total_of(session, Account.COMMISSION_REVENUE) == -96_00
    assert await total_of(session, Account.VAT_PAYABLE) == -19_20
    assert await total_of(session, Account.DELIVERY_PAYABLE) == -30_00


async def test_a_delivery_told_twice_earns_once(session: AsyncSession, house: House) -> None:
    [part] = await sell(session, house, 100_00)
    await deliver(session, part)
    await publish(session, VendorOrderDelivered(part.id))

    assert await session.scalar(select(func.count()).select_from(JournalEntry)) == 1


async def test_a_parcel_refused_at_the_door_earns_nothing(session: AsyncSession, house: House) -> None:
    [part] = await sell(session, house, 100_00)
    await refuse(session, part)

    assert await session.scalar(select(func.count()).select_from(JournalEntry)) == 0


async def test_a_remittance_settles_the_carriers_debt_once(session: AsyncSession, house: House) -> None:
    parts = await sell(session, house, 100_00, 50_00)
    for part in parts:
        await deliver(session, part)
    remittance = await remit(session, parts)
    await publish(session, CashRemitted(remittance.id))

    assert await total_of(session, Account.CARRIER_RECEIVABLE) == 0
    assert await total_of(session, Account.BANK) == 210_00
    assert await total_of(session, Account.CASH_DIFFERENCE) == 0


async def test_what_a_remittance_is_short_of_is_our_loss_and_not_the_sellers(
    session: AsyncSession, house: House
) -> None:
    [part] = await sell(session, house, 100_00)
    await deliver(session, part)
    await remit(session, [part], short_minor=4_50)

    assert await total_of(session, Account.CARRIER_RECEIVABLE) == 0
    assert await total_of(session, Account.CASH_DIFFERENCE) == 4_50
    assert (await balance_of(session, house.sellers[0])).held == Money(90_40, "MAD")


async def test_money_is_held_while_the_buyer_may_withdraw(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    [part] = await sell(session, house, 100_00)
    await deliver(session, part)
    await remit(session, [part])
    clock.advance(timedelta(days=6, hours=23))

    assert await release_due(session) == 0
    clock.advance(timedelta(hours=2))
    assert await release_due(session) == 1
    assert await release_due(session) == 0
    balance = await balance_of(session, house.sellers[0])
    assert (balance.held, balance.payable) == (Money(0, "MAD"), Money(90_40, "MAD"))


async def test_money_is_held_while_the_carrier_has_it(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    [part] = await sell(session, house, 100_00)
    await deliver(session, part)
    clock.advance(timedelta(days=30))
    assert await release_due(session) == 0

    await remit(session, [part])
    assert await release_due(session) == 1


async def test_releases_go_in_batches_the_longest_waiting_first(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    parts = []
    for _ in range(3):
        [part] = await sell(session, house, 100_00)
        await deliver(session, part)
        parts.append(part)
        clock.advance(timedelta(hours=1))
    await remit(session, parts)
    clock.advance(timedelta(days=8))

    assert [await release_due(session, limit=2) for _ in range(3)] == [2, 1, 0]
    keys = await session.scalars(
        select(JournalEntry.key).where(JournalEntry.kind == "released").order_by(JournalEntry.id)
    )
    assert list(keys) == [f"released:{part.id}" for part in parts]


async def test_two_workers_release_the_same_money_once(
    database: Database, settings: Settings, clock: ModuleType
) -> None:
    async with database.transaction() as session:
        house = await make_house(session, settings)
        parts = [part for _ in range(10) for part in await sell(session, house, 100_00, 50_00)]
        for part in parts:
            await deliver(session, part)
        await remit(session, parts)
    clock.advance(timedelta(days=8))

    async def release() -> int:
        async with database.transaction() as session:
            return await release_due(session, limit=7)

    counts = await asyncio.gather(*(release() for _ in range(6)))

    async with database.transaction() as session:
        while await release_due(session):
            pass
        released = select(func.count()).where(JournalEntry.kind == "released")
        assert await session.scalar(released) == len(parts)
        assert (await balance_of(session, house.sellers[0])).payable == Money(904_00, "MAD")
    assert sum(counts) <= len(parts)
