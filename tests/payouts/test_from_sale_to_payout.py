"""The whole way of money through the rooms' own services, the ledger in order at every step."""

import asyncio
from datetime import timedelta
from types import ModuleType
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace.kit.database import Database
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.orders.fulfilment import deliver, fulfil, refuse
from marketplace.payments.cash import remit
from marketplace.payments.completion import complete
from marketplace.payments.models import CashCollection
from marketplace.payouts.answers import import_answer
from marketplace.payouts.ledger import JournalEntry, Posting
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.runs import create_run
from marketplace.people.permissions import Permission
from tests.factories.checkout import make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.orders import make_order, parts_of
from tests.factories.payouts import approve, make_bank_account, make_rule
from tests.factories.people import make_staff
from tests.factories.vendors import make_vendor
from tests.ledger import faults
from tests.payouts.conftest import balance_of
from workers.runner import run_worker
from workers.schedule import run_all_now


async def in_order(session: AsyncSession, entries: int) -> None:
    """The ledger has so many entries, sums to zero, and keeps all its rules."""
    assert await session.scalar(select(func.count()).select_from(JournalEntry)) == entries
    assert not await session.scalar(select(func.sum(Posting.amount_minor)))
    assert await faults(session) == []


async def test_from_sale_to_payout(database: Database, clock: ModuleType) -> None:
    settings = database.settings
    async with database.transaction() as session:
        await make_rule(session, 800)
        market = await make_market(session)
        sellers = [await make_vendor(session) for _ in range(3)]
        for vendor in sellers:
            await make_bank_account(session, vendor, settings.bank_keys.get_secret_value())
        variants = [
            await make_piece(session, market.channel, price, vendor_id=vendor.id)
            for vendor, price in zip(sellers, (1200_00, 75_50, 300_00), strict=True)
        ]
        first, second = [await make_staff(session, Permission.MANAGE_PAYOUTS) for _ in range(2)]
    async with database.transaction() as session:
        order = await make_order(session, market, *variants)
        parts = await parts_of(session, order)
        await in_order(session, entries=0)

    async with database.transaction() as session:
        for part in parts:
            await fulfil(session, part.id)
        for part in parts[:2]:
            await deliver(session, part.id)
        await refuse(session, parts[2].id)
        await in_order(session, entries=2)
        assert (await balance_of(session, sellers[0])).held == Money(1084_80, "MAD")
        assert (await balance_of(session, sellers[2])).held == Money(0, "MAD")

    async with database.transaction() as session:
        cash = Money(sum(part.total_gross_minor for part in parts[:2]), "MAD")
        carrier = await carrier_of(session)
        for _ in range(2):
            await remit(session, carrier, "BR-1", cash, [part.id for part in parts[:2]])
        await in_order(session, entries=3)

    await work(database, settings)
    clock.advance(timedelta(days=8))
    await work(database, settings)
    async with database.transaction() as session:
        await in_order(session, entries=5)
        run = await create_run(session, "MAD", first.id)
        await in_order(session, entries=7)
    async with database.transaction() as session:
        await approve(session, run.id, first, second, settings)
    await work(database, settings)

    async with database.transaction() as session:
        run = await session.get_one(PayoutRun, run.id)
        assert run.status is PayoutRunStatus.SENT
        assert run.pain001_path is not None
        message = await storage_from(settings).get(run.pain001_path)
        assert b"<CtrlSum>1153.05</CtrlSum>" in message
        paid, returned = await session.scalars(select(Payout).order_by(Payout.number))
        answer = f"end_to_end_id;status\n{paid.end_to_end_id};PAID\n{returned.end_to_end_id};RETURNED"
        for _ in range(2):
            await import_answer(session, run.id, answer.encode(), first.id)
        await in_order(session, entries=9)
        assert (paid.status, returned.status) == (PayoutStatus.PAID, PayoutStatus.RETURNED)
        assert run.status is PayoutRunStatus.CLOSED
        assert (await balance_of(session, sellers[0])).payable == Money(0, "MAD")
        assert (await balance_of(session, sellers[1])).payable == Money(68_25, "MAD")


async def test_orders_placed_at_once_all_get_their_commission(database: Database) -> None:
    async with database.transaction() as session:
        await make_rule(session, 800)
        market = await make_market(session)
        variant = await make_piece(session, market.channel, 100_00, stock=20)
    carts = []
    for _ in range(6):
        async with database.transaction() as session:
            cart = await make_ready_cart(session, market, variant)
            await promise_cash(session, cart.id)
            carts.append(cart.id)

    async def buy(cart_id: UUID) -> None:
        async with database.transaction() as session:
            await complete(session, cart_id)

    await asyncio.gather(*(buy(cart_id) for cart_id in carts))

    async with database.transaction() as session:
        assert await faults(session) == []


async def carrier_of(session: AsyncSession) -> str:
    return (await session.scalars(select(CashCollection.carrier).limit(1))).one()


async def work(database: Database, settings: Settings) -> None:
    """What a worker does until nothing is due, the schedule's jobs included."""
    async with database.transaction() as session:
        await run_all_now(session)
    await run_worker(settings, until_idle=True, handle_signals=False)
