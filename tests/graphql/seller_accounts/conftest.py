"""A shop that pays sellers at Stripe, over Stripe's stand-in; its sellers' browsers; and its worker."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import Work
from marketplace.payments.stand_ins.stripe.outbox import Delivery
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from marketplace.payouts.connect.models import ConnectedAccount
from marketplace.people.models import User
from marketplace.vendors.models import MemberRole, Vendor
from marketplace_graphql.kernel import Requester
from tests.factories.people import make_user
from tests.factories.vendors import make_member, make_vendor
from tests.graphql.conftest import Ask, seller
from tests.graphql.payments.by_stripe.conftest import api, app, do_jobs, stripe_settings, work

__all__ = ["api", "app", "do_jobs", "stripe_settings", "work"]

ACCOUNT = """
  accountId country isReady payableFrom detailsSubmitted payoutsEnabled transfers requirements disabledReason
"""
ONBOARD = f"""
mutation ($id: ID!, $back: String!, $again: String!) {{
  it: vendorStripeOnboardingCreate(vendorId: $id, returnUrl: $back, refreshUrl: $again) {{
    onboardingUrl expiresAt vendor {{ stripeAccount {{ {ACCOUNT} }} }} errors {{ field code message }} }} }}
"""
REFRESH = f"""
mutation ($id: ID!) {{ it: vendorStripeAccountRefresh(vendorId: $id) {{
  vendor {{ stripeAccount {{ {ACCOUNT} }} }} errors {{ field code }} }} }}
"""
DISCONNECT = """
mutation ($id: ID!) { it: vendorStripeAccountDisconnect(vendorId: $id) {
  vendor { stripeAccount { accountId } } errors { field code } } }
"""
READ = f"query ($id: ID!) {{ vendor(id: $id) {{ canHaveStripeAccount stripeAccount {{ {ACCOUNT} }} }} }}"
BACK, AGAIN = "http://localhost:3000/back", "http://localhost:3000/again"


@dataclass
class Desk:
    """A seller in France, and its treasurer at a browser."""

    ask: Ask
    session: AsyncSession
    stand_in: StripeStandIn
    client: httpx.AsyncClient
    work: Work
    do_jobs: Callable[[], Awaitable[int]]
    vendor: Vendor
    treasurer: User

    @property
    def id(self) -> str:
        return to_global_id("Vendor", self.vendor.id)

    @property
    def requester(self) -> Requester:
        return seller(self.vendor.id, self.treasurer, MemberRole.TREASURER)

    async def do(self, document: str, requester: Requester | None = None, **given: Any) -> dict[str, Any]:
        answer = await self.ask(document, requester or self.requester, **{"id": self.id} | given)
        assert "errors" not in answer, answer["errors"]
        it: dict[str, Any] = answer["data"]["it"]
        return it

    async def onboard(self, requester: Requester | None = None, **given: Any) -> dict[str, Any]:
        return await self.do(ONBOARD, requester, **{"back": BACK, "again": AGAIN} | given)

    async def answer(self, url: str, what: str = "complete") -> str:
        """What the seller does on Stripe's page; gives where Stripe leads then."""
        assert urlsplit(url).netloc == urlsplit(self.stand_in.address).netloc
        async with httpx.AsyncClient() as browser:
            assert "TEST MODE" in (await browser.get(url)).text
            return str((await browser.post(url, data={"answer": what})).headers["location"])

    async def answer_again(self, url: str) -> str:
        async with httpx.AsyncClient() as browser:
            return str((await browser.get(url)).headers["location"])

    async def connected(self, what: str = "complete") -> str:
        """The whole way to an account; gives what Stripe calls it."""
        begun = await self.onboard()
        assert await self.answer(begun["onboardingUrl"], what) == BACK
        await self.hear()
        return str(begun["vendor"]["stripeAccount"]["accountId"])

    async def hear(self, *deliveries: Delivery) -> list[int]:
        """Take webhooks in, by default all that wait, and work on them; gives the statuses."""
        statuses = []
        for delivery in deliveries or self.stand_in.webhooks():
            body, headers = delivery.signed()
            path = "/webhooks/stripe/connect" if delivery.is_of_a_seller else "/webhooks/stripe"
            statuses.append((await self.client.post(path, content=body, headers=headers)).status_code)
        await self.do_jobs()
        return statuses

    async def account(self) -> dict[str, Any] | None:
        """As its members see it."""
        answer = await self.ask(READ, self.requester, id=self.id)
        found: dict[str, Any] | None = answer["data"]["vendor"]["stripeAccount"]
        return found

    async def row(self) -> ConnectedAccount:
        await self.session.commit()
        query = select(ConnectedAccount).where(ConnectedAccount.vendor_id == self.vendor.id)
        return (await self.session.scalars(query, execution_options={"populate_existing": True})).one()


@pytest.fixture
async def desk(
    session: AsyncSession,
    ask: Ask,
    client: httpx.AsyncClient,
    stripe_stand_in: StripeStandIn,
    work: Work,
    do_jobs: Callable[[], Awaitable[int]],
) -> Desk:
    vendor = await make_vendor(session, country_code="FR")
    treasurer = await make_user(session)
    await make_member(session, vendor, treasurer, MemberRole.TREASURER)
    await session.commit()
    return Desk(ask, session, stripe_stand_in, client, work, do_jobs, vendor, treasurer)
