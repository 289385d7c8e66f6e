"""Whatever happens at doors and in carriers' offices: what was collected is remitted, owed or lost."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace.kit.errors import DomainError
from marketplace.kit.money import Money
from marketplace.orders.cancelling import cancel_part
from marketplace.orders.fulfilment import deliver, fulfil, refuse
from marketplace.payments.at_the_door.booking import Differences, book, upload
from marketplace.payments.at_the_door.partly import collect_partly
from marketplace.payments.cash import outstanding, remit
from marketplace.payments.models import CashCollection, CashRemittance, ShortfallBearer, TransactionItem
from marketplace.payouts.ledger import Account
from marketplace.payouts.verifying import verify
from tests.factories.cash import csv_of
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order, parts_of
from tests.factories.payouts import make_rule
from tests.payouts.conftest import total_of

PARTS = st.integers(0, 3)
AMOUNTS = st.integers(-2, 160_00)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["send", "deliver", "refuse", "call off"]), PARTS, st.none()),
    st.tuples(st.just("pay less"), PARTS, st.tuples(AMOUNTS, st.sampled_from(ShortfallBearer))),
    st.tuples(st.just("remit"), PARTS, st.tuples(AMOUNTS, st.booleans())),
    st.tuples(
        st.just("sheet"),
        st.lists(st.tuples(PARTS, AMOUNTS), min_size=1, max_size=4),
        st.sampled_from(Differences),
    ),
)


@dataclass
class World:
    """Two orders of two parcels each, and how many papers carriers have sent."""

    session: AsyncSession
    parts: list[UUID]
    numbers: list[str]
    papers: int = 0
    happened: list[str] = field(default_factory=list)

    async def step(self, what: str, which: object, how: object) -> None:
        """Do something, or be refused; either way nothing is half done."""
        try:
            async with self.session.begin_nested():
                await self._do(what, which, how)
            self.happened.append(what)
        except DomainError:
            return

    async def _do(self, what: str, which: object, how: object) -> None:
        session = self.session
        if what == "sheet":
            return await self._sheet(which, how)  # type: ignore[arg-type]
        part = self.parts[which]  # type: ignore[call-overload]
        if what == "send":
            await fulfil(session, part)
        elif what == "deliver":
            await deliver(session, part)
        elif what == "refuse":
            await refuse(session, part)
        elif what == "call off":
            await cancel_part(session, part)
        elif what == "pay less":
            minor, bearer = how  # type: ignore[misc]
            await collect_partly(session, part, Money(minor, "MAD"), bearer, "Ainsi")
        else:
            minor, accept = how  # type: ignore[misc]
            self.papers += 1
            amount = Money(max(minor, 1), "MAD")
            await remit(session, "Amana", f"H{self.papers}", amount, [part], accept_difference=accept)
        return None

    async def _sheet(self, lines: list[tuple[int, int]], differences: Differences) -> None:
        self.papers += 1
        rows = [[self.numbers[part], f"{minor / 100:.2f}"] for part, minor in lines]
        content = csv_of(["Commande", "Montant", "Paquet"], *[[*row, self.papers] for row in rows])
        sheet = await upload(self.session, content, "Amana", f"S{self.papers}", "MAD")
        await book(self.session, sheet.id, differences)
        await book(self.session, sheet.id, differences)

    async def check(self) -> None:
        """Collected = remitted + owed + difference, in the ledger as in the rows; the ledger is in order."""
        session = self.session
        collected = await session.scalar(
            select(func.coalesce(func.sum(CashCollection.amount_minor), 0)).where(
                CashCollection.collected_at.is_not(None)
            )
        )
        charged = await session.scalar(select(func.sum(TransactionItem.charged_minor)))
        remitted = await session.scalar(select(func.coalesce(func.sum(CashRemittance.amount_minor), 0)))
        owed = sum(debt.amount.minor for debt in await outstanding(session))
        ours = await session.scalar(
            select(func.coalesce(func.sum(CashCollection.shortfall_minor), 0)).where(
                CashCollection.shortfall_bearer == ShortfallBearer.MARKETPLACE
            )
        )
        difference = await total_of(session, Account.CASH_DIFFERENCE) - (ours or 0)
        assert collected == charged == (remitted or 0) + owed + difference, self.happened
        assert await total_of(session, Account.BANK) == remitted
        assert await total_of(session, Account.CARRIER_RECEIVABLE) == owed
        assert await total_of(session, Account.GATEWAY_RECEIVABLE) == 0
        assert await verify(session) == []


@pytest.fixture
async def begun(session: AsyncSession) -> tuple[list[UUID], list[str]]:
    """Two orders of two parcels each, three of which are on their way: keys, and what they are called."""
    await make_rule(session, 800)
    market = await make_market(session)
    keys: list[UUID] = []
    numbers: list[str] = []
    for _ in range(2):
        pieces = [await make_piece(session, market.channel, price) for price in (120_00, 80_00)]
        order = await make_order(session, market, *pieces)
        for part in await parts_of(session, order):
            keys.append(part.id)
            numbers.append(f"{order.number}-{part.position}")
    for key in keys[:3]:
        await fulfil(session, key)
    return keys, numbers


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
async def test_cash_is_never_lost_nor_doubled(
    session: AsyncSession, begun: tuple[list[UUID], list[str]], steps: list[tuple[str, object, object]]
) -> None:
    session.expunge_all()
    trial = await session.begin_nested()
    world = World(session, *begun)
    for what, which, how in steps:
        await world.step(what, which, how)
    await world.check()
    await trial.rollback()
