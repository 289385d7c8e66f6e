"""An app's own server, and what other rooms hear of apps."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
import pyvips
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.events import AppMade, ManifestRead
from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from tests.receiver import Received, Receiver, receiving

LOGO: bytes = pyvips.Image.sines(300, 200, uchar=True).write_to_buffer(".png")


class AppServer:
    """An app's server: it serves its manifest, and takes its token as @saleor/app-sdk does."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.manifest: Any = {
            "id": "app.labels",
            "name": "Labels",
            "version": "1.2.0",
            "about": "Prints labels.",
            "permissions": ["MANAGE_ORDERS"],
            "appUrl": f"{receiver.url}/app",
            "tokenTargetUrl": f"{receiver.url}/register",
            "audience": "https://labels.test",
            "author": " Labels Ltd ",
            "requiredSaleorVersion": "^3.20",
            "extensions": [
                {
                    "label": "Print",
                    "url": "/print",
                    "mount": "order_details_widgets",
                    "target": "widget",
                    "permissions": ["MANAGE_ORDERS"],
                    "options": {"widgetTarget": {"method": "POST"}},
                    "identifier": "print",
                }
            ],
            "webhooks": [
                {
                    "name": "Paid",
                    "targetUrl": f"{receiver.url}/hook",
                    "asyncEvents": ["ORDER_PAID"],
                    "query": "subscription { event { ... on OrderPaid { order { id } } } }",
                }
            ],
        }
        self.refusal: tuple[int, bytes] | None = None
        self.saleor: httpx.AsyncClient | None = None
        """How it reaches us back."""
        self.found_itself: str | None = None

    @property
    def url(self) -> str:
        return f"{self.receiver.url}/manifest"

    @property
    def registrations(self) -> list[Received]:
        return [request for request in self.receiver.received if request.path == "/register"]

    async def behave(self, request: Received) -> tuple[int, bytes]:
        if request.path == "/manifest":
            return 200, orjson.dumps(self.manifest)
        if request.path == "/logo.png":
            return 200, LOGO
        if request.path != "/register" or self.refusal is not None:
            return self.refusal or (404, b"")
        if self.saleor is not None:
            answer = await self.saleor.post(
                "/graphql/",
                json={"query": "{ app { id } }"},
                headers={"authorization": f"Bearer {request.json['auth_token']}"},
            )
            self.found_itself = answer.json()["data"]["app"]["id"]
        return 200, b'{"success":true}'


@pytest.fixture
async def server() -> AsyncIterator[AppServer]:
    async with receiving() as receiver:
        server = AppServer(receiver)
        receiver.behave = server.behave
        yield server


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the other rooms were told."""
    told: list[Any] = []

    async def hear(_session: AsyncSession, event: Any) -> None:
        told.append(event)

    for kind in (AppMade, ManifestRead, Announcement):
        monkeypatch.setitem(events._subscribers, kind, [hear])
    return told
