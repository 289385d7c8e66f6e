"""A till that pays sellers, some of them at Stripe, and what Stripe and the ledger say of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from marketplace.kit.ids import to_global_id
from marketplace.payments.gateways.stripe import books, reconciling, transfers
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from marketplace.payouts.ledger import Account, Posting
from marketplace.payouts.models import Payout
from marketplace.payouts.runs import create_run
from marketplace.payouts.sending import send
from marketplace.vendors.models import PayoutMethod, Vendor
from tests.factories.payouts import approve
from tests.factories.stripe import make_connected_account
from tests.graphql.conftest import staff
from tests.graphql.seller_accounts.conftest import Desk
from tests.ledger import faults
from tests.payouts.conftest import House, balance_of, earn, make_house

EARNED = 904_00
"""Of 1000 MAD: less 8 % and the VAT on it."""
FUNDS = 10_000_00
REVERSE = """
mutation ($id: ID!, $reason: String!, $amount: PositiveDecimal, $key: String) {
  it: payoutReverse(id: $id, reason: $reason, amount: $amount, idempotencyKey: $key) {
    payout { status reason returned { amount } stripeTransferId } errors { field code message } } }
"""


@dataclass
class Till:
    """Two sellers who are owed 904 MAD each: one is paid into its account at Stripe, one by the bank."""

    desk: Desk
    house: House
    account_id: str

    @property
    def session(self) -> AsyncSession:
        return self.desk.session

    @property
    def stand_in(self) -> StripeStandIn:
        return self.desk.stand_in

    @property
    def at_stripe(self) -> Vendor:
        return self.house.sellers[0]

    async def approved(self) -> int:
        run = await create_run(self.session, "MAD", self.house.first.id)
        await approve(self.session, run.id, self.house.first, self.house.second, self.desk.work.settings)
        await self.session.commit()
        return run.id

    async def send(self, run_id: int) -> None:
        """What a worker does with the job."""
        await self.session.commit()
        await send(self.desk.work, run_id)
        await self.session.commit()

    async def payout(self, vendor: Vendor | None = None) -> Payout:
        await self.session.commit()
        query = select(Payout).where(Payout.vendor_id == (vendor or self.at_stripe).id)
        found = await self.session.scalars(
            query.order_by(Payout.number.desc()).limit(1), execution_options={"populate_existing": True}
        )
        return found.one()

    async def paid(self) -> Payout:
        """The payout at Stripe, once it is made."""
        await self.send(await self.approved())
        return await self.payout()

    async def read_books(self) -> None:
        await self.session.commit()
        await books.read_on(self.desk.work.database, self.desk.work.settings)
        await transfers.find_unheard(self.desk.work.database, self.desk.work.settings)

    async def differences(self) -> list[str]:
        await self.read_books()
        since = (await self.payout()).created_at.replace(year=2020)
        return [str(one) for one in await reconciling.differences(self.session, since)]

    async def agrees(self) -> None:
        """Stripe's balance is what the ledger says, and all else is in order."""
        assert await self.differences() == []
        assert await self.balance(Account.GATEWAY_RECEIVABLE) == self.stand_in.books().available["mad"]
        assert await faults(self.session) == []

    async def balance(self, account: Account) -> int:
        sum_ = select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(Posting.account == account)
        return int((await self.session.scalars(sum_)).one())

    async def payable(self) -> int:
        return (await balance_of(self.session, self.at_stripe)).payable.minor

    async def reverse(self, amount: int | None = None, **given: Any) -> dict[str, Any]:
        payout = await self.payout()
        cashier = staff("MANAGE_PAYOUTS", user=self.house.first)
        asked = {"id": to_global_id("Payout", payout.id), "amount": amount, "reason": "Paid by mistake"}
        return await self.desk.do(REVERSE, cashier, **asked | given)


@pytest.fixture
async def till(
    desk: Desk, session: AsyncSession, clock: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Till]:
    # What statements look like is tested elsewhere, and setting them takes most of a second.
    monkeypatch.setattr("marketplace.payouts.sending.statement_pdf", lambda *_: b"%PDF")
    house = await make_house(session, desk.work.settings)
    house.sellers[0].payout_method = PayoutMethod.STRIPE_TRANSFER
    account = await make_connected_account(session, desk.stand_in, house.sellers[0])
    desk.stand_in.fund(FUNDS)
    await session.commit()
    await books.read_on(desk.work.database, desk.work.settings)
    await earn(session, clock, house, 1000_00, 1000_00)
    await session.commit()
    with capture_logs():  # Drawing what failed takes seconds.
        yield Till(desk, house, str(account.account_id))
