"""Paid checkouts that become orders by themselves, once an app has said their taxes."""

from datetime import timedelta
from types import ModuleType
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.kit.jobs import Work
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.orders.models import Order
from marketplace.payments import auto_completion, jobs
from marketplace_graphql.kernel import Api
from tests.factories.checkout import Market, make_piece, make_ready_cart, promise_cash
from tests.graphql.conftest import Ask
from tests.graphql.taxes.conftest import TaxApp, gid
from tests.graphql.taxes.documents import OPTIONS


@pytest.fixture
async def checkout(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, clock: ModuleType
) -> UUID:
    """Of one that is promised in full, and its taxes said long enough ago to be asked for anew."""
    market.channel.automatically_complete_fully_paid_checkouts = True
    market.channel.automatic_completion_cut_off_date = clock.now() - timedelta(days=1)
    rug = await make_piece(session, market.channel, 100_00)
    cart = await make_ready_cart(session, market, rug)
    await read(OPTIONS, id=gid(cart))
    await session.refresh(cart)
    await promise_cash(session, cart.id)
    clock.advance(timedelta(minutes=90))
    return cart.id


@pytest.fixture
def work(session: AsyncSession, api: Api, settings: Settings) -> Work:
    return Work(session, api.database, settings, storage_from(settings))  # type: ignore[arg-type]


async def ask_for_taxes(work: Work, checkout: UUID) -> None:
    await work.session.commit()
    await jobs.ask_for_taxes(work, checkout)


async def orders(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Order)) or 0


async def test_the_app_is_asked_before_a_paid_checkout_completes_itself(
    session: AsyncSession, work: Work, tax_app: TaxApp, checkout: UUID
) -> None:
    await jobs.complete_checkout(work, checkout)
    assert await orders(session) == 0
    await ask_for_taxes(work, checkout)
    assert len(tax_app.heard) == 2
    await jobs.complete_checkout(work, checkout, was_asked=True)
    total = (await session.execute(select(Order.total_gross_minor, Order.total_net_minor))).one()
    assert tuple(total) == (156_00, 130_00)


async def test_it_waits_until_it_is_changed_where_the_app_is_silent(
    session: AsyncSession, work: Work, tax_app: TaxApp, checkout: UUID
) -> None:
    tax_app.says = (500, b"")
    await ask_for_taxes(work, checkout)
    await jobs.complete_checkout(work, checkout, was_asked=True)
    assert await orders(session) == 0
    assert await auto_completion.queue_due(session) == 0


async def test_nobody_is_asked_about_a_checkout_that_is_gone(
    session: AsyncSession, work: Work, tax_app: TaxApp, checkout: UUID
) -> None:
    await session.execute(delete(Checkout))
    await ask_for_taxes(work, checkout)
    assert len(tax_app.heard) == 1
