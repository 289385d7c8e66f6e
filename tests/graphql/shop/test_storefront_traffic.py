"""A shop that is closed to other storefronts hears staff, apps and sellers, and shows its own pages."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.settings import Settings
from marketplace.markets.shop_settings import shop_settings
from marketplace.people.tokens import access_token
from tests.factories.apps import make_app, make_token
from tests.factories.markets import make_channel
from tests.factories.people import make_staff, make_user
from tests.factories.vendors import make_member, make_vendor
from tests.graphql.conftest import Ask, staff

QUESTION = {"query": "{ shop { name } }"}
SIGN_IN = {"query": 'mutation { tokenCreate(email: "a@b.example", password: "x") { token } }'}
REFUSED = "STOREFRONT_TRAFFIC_NOT_ALLOWED"
SWITCH = """mutation ($open: Boolean) { shopSettingsUpdate(input: {allowStorefrontTraffic: $open}) {
  shop { allowStorefrontTraffic } errors { code } } }"""


async def close(session: AsyncSession) -> None:
    (await shop_settings(session)).allow_storefront_traffic = False
    await session.flush()


async def test_staff_close_the_shop_and_open_it(read: Ask) -> None:
    setter = staff("MANAGE_SETTINGS")
    assert await read("{ shop { allowStorefrontTraffic } }") == {"shop": {"allowStorefrontTraffic": True}}
    for given, shown in ((False, False), (None, False), (True, True)):
        changed = (await read(SWITCH, setter, open=given))["shopSettingsUpdate"]
        assert changed == {"shop": {"allowStorefrontTraffic": shown}, "errors": []}


@pytest.mark.parametrize("body", [QUESTION, SIGN_IN, [QUESTION, QUESTION]])
async def test_a_guest_is_refused_whatever_they_ask(
    session: AsyncSession, client: httpx.AsyncClient, body: object
) -> None:
    await close(session)
    answer = await client.post("/graphql/", json=body)
    assert answer.status_code == 401
    (error,) = answer.json()["errors"]
    assert error["extensions"]["exception"]["code"] == REFUSED


@pytest.mark.parametrize(
    ("who", "status"), [("customer", 401), ("staff", 200), ("app", 200), ("seller", 200)]
)
async def test_customers_are_refused_and_others_are_not(
    session: AsyncSession, client: httpx.AsyncClient, settings: Settings, who: str, status: int
) -> None:
    await close(session)
    if who == "app":
        _, token = await make_token(session, await make_app(session))
    else:
        user = await make_staff(session) if who == "staff" else await make_user(session)
        if who == "seller":
            await make_member(session, await make_vendor(session), user)
        token = access_token(user, settings)
    answer = await client.post("/graphql/", json=QUESTION, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status


async def test_an_open_shop_hears_guests_and_the_closed_ones_pages_are_shown(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    await make_channel(session, slug="maroc")
    assert (await client.post("/graphql/", json=QUESTION)).status_code == 200
    await close(session)
    assert (await client.get("/fr/")).status_code == 200
