"""An app made with the npm package `@saleor/app-sdk`, unmodified: it is installed by its manifest, hears of
an order and of a product, and finds by the kit's own means that it was this shop that told it.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import select

from marketplace.apps.models import App
from marketplace.catalog.models import Product
from marketplace.kit.announcements import announce
from marketplace.kit.database import Database
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.people.permissions import Permission
from marketplace.people.tokens import access_token
from marketplace.webhooks.models import DeliveryStatus, EventDelivery, Webhook
from marketplace.webhooks.requests import headers_of
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order
from tests.factories.people import make_staff
from workers.runner import run_worker

HERE = Path(__file__).parent
PERMISSIONS = (Permission.MANAGE_APPS, Permission.MANAGE_ORDERS, Permission.MANAGE_PRODUCTS)
INSTALL = """mutation ($url: String!) { appInstall(input: {appName: "Ledger", manifestUrl: $url,
    permissions: [MANAGE_ORDERS, MANAGE_PRODUCTS]}) { errors { field code message } } }"""


class RunningApp:
    """The app's process, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.url = ""

    async def says(self) -> Any:
        assert self.process.stdout is not None
        return orjson.loads(await asyncio.wait_for(self.process.stdout.readline(), 30))


@pytest.fixture
def node() -> str:
    """Node with the package installed: without it the test fails in CI, and says what to do elsewhere."""
    node = shutil.which("node")
    if node is not None and (HERE / "node_modules" / "@saleor" / "app-sdk").is_dir():
        return node
    reason = "install node and npm" if node is None else "run `npm ci` in tests/app_sdk"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
async def app(node: str, tmp_path: Path) -> AsyncIterator[RunningApp]:
    process = await asyncio.create_subprocess_exec(
        node, "app.mjs", str(tmp_path / "apl.json"), cwd=HERE, stdout=asyncio.subprocess.PIPE
    )
    app = RunningApp(process)
    app.url = (await app.says())["listening"]
    yield app
    process.terminate()
    await process.wait()


async def test_an_app_made_with_saleors_kit_is_installed_and_hears_of_orders_and_products(
    database: Database, live: str, app: RunningApp
) -> None:
    settings = database.settings.model_copy(update={"public_url": live})
    app_id = await installed(database, settings, app)
    assert await app.says() == {"registered": app_id, "jwks": 1}

    async with database.transaction() as session:
        market = await make_market(session)
        piece = await make_piece(session, market.channel, name="Tapis d’Azilal")
        order = await make_order(session, market, piece, quantity=2)
        await announce(session, "PRODUCT_UPDATED", await session.get_one(Product, piece.product_id))
    await work(settings)
    heard = {said["event"]: said for said in (await app.says(), await app.says())}
    lines = [{"productName": "Tapis d’Azilal", "quantity": 2}]
    placed = {"number": str(order.number), "userEmail": "salma@example.test", "lines": lines}
    product = {"id": to_global_id("Product", piece.product_id), "name": "Tapis d’Azilal"}
    assert heard == {
        "order_created": {
            "event": "order_created",
            "appId": app_id,
            "payload": {"version": "3.23", "order": placed},
            "schemaVersion": [3, 23],
        },
        "product_updated": {
            "event": "product_updated",
            "appId": app_id,
            "payload": {"recipient": {"id": app_id}, "product": product},
            "schemaVersion": None,  # Which the kit reads of a payload that asks for `version`.
        },
    }
    async with database.transaction() as session:
        assert set(await session.scalars(select(EventDelivery.status))) == {DeliveryStatus.SUCCESS}
        webhook = (await session.scalars(select(Webhook).where(Webhook.name == "ORDER_CREATED"))).one()

    headers = headers_of(settings, webhook, "ORDER_CREATED", b'{"order": null}')
    async with httpx.AsyncClient() as stranger:
        answer = await stranger.post(webhook.target_url, content=b'{"order": {}}', headers=headers)
    assert answer.status_code == 401
    assert (await app.says())["refused"] == "ORDER_CREATED"


async def installed(database: Database, settings: Settings, app: RunningApp) -> str:
    """Have staff install the app; gives its global id."""
    async with database.transaction() as session:
        user = await make_staff(session, *PERMISSIONS)
    token = access_token(user, settings)
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {token}"}) as dashboard:
        variables = {"url": f"{app.url}/manifest"}
        answer = await dashboard.post(settings.api_url, json={"query": INSTALL, "variables": variables})
    assert answer.json()["data"]["appInstall"]["errors"] == []
    await work(settings)
    async with database.transaction() as session:
        found = (await session.scalars(select(App).where(App.identifier == "test.ledger"))).one()
        assert (found.is_installed, found.is_active) == (True, True)
        webhooks = await session.scalars(select(Webhook.events).where(Webhook.app_id == found.id))
        assert sorted(webhooks) == [["ORDER_CREATED"], ["PRODUCT_UPDATED"]]
    return to_global_id("App", found.id)


async def work(settings: Settings) -> None:
    """Once for what waits, and once for what that has asked for."""
    for _ in range(2):
        await run_worker(settings, until_idle=True, handle_signals=False)
