"""The bank on a port, and a handle on it for tests."""

import asyncio
import json
import signal
import threading

import httpx
import structlog

from marketplace.kit.settings import Settings
from marketplace.payments.stand_ins.bank.books import MERCHANT, SECRET, Books, Json, Notification
from marketplace.payments.stand_ins.bank.server import App
from marketplace.payments.stand_ins.serving import InThread
from marketplace.payments.stand_ins.stripe.faults import Faults

PATIENCE_SECONDS = 10
NOTIFIES_EVERY_SECONDS = 0.2
log = structlog.get_logger(__name__)


class BankStandIn(InThread):
    """A running stand-in of a bank.

    with BankStandIn() as bank:
        settings = settings.model_copy(update=bank.settings)
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, notifies: bool = False) -> None:
        super().__init__("stand-in of a bank", host, port)
        self.notifies = notifies
        """Whether it sends notifications by itself; else whoever holds it does."""
        self.books = Books()
        self.address = ""

    def application(self, address: str) -> App:
        self.address = address
        return App(self.books)

    async def beside(self) -> None:
        """Send notifications, unless whoever holds it does: once each, since the shop looks by itself."""
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
            while self.notifies:
                for notification in self.notifications():
                    await self._send(client, notification)
                await asyncio.sleep(NOTIFIES_EVERY_SECONDS)

    async def _send(self, client: httpx.AsyncClient, notification: Notification) -> None:
        body, headers = notification.signed()
        url = str(self.order(json.loads(body)["order"])["notify"])
        try:
            answer = await client.post(url, content=body, headers=headers)
        except httpx.TransportError as trouble:
            log.warning("a notification of the bank's stand-in did not arrive", why=repr(trouble))
            return
        if not answer.is_success:
            log.warning("a notification of the bank's stand-in was not taken", status=answer.status_code)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of an installation that speaks to this stand-in; the secret is to be a SecretStr."""
        return {
            "bank_gateway_url": self.address,
            "bank_gateway_merchant": MERCHANT,
            "bank_gateway_secret": SECRET,
        }

    @property
    def faults(self) -> Faults:
        """`bank.faults.add("timeout_after", on="POST /api/refund")`; or `notification`."""
        return self.books.faults

    def reset(self) -> None:
        with self.books.lock:
            self.books.reset()

    def order(self, number: str) -> Json:
        with self.books.lock:
            return dict(self.books.found(number))

    def notifications(self, *, late: bool = False) -> list[Notification]:
        """Take out what is to be told to the merchant now; with `late`, also what a fault kept back."""
        with self.books.lock:
            kept = [self.books.told, *([self.books.late] if late else [])]
            taken = [one for told in kept for one in told]
            for told in kept:
                told.clear()
            return taken


def serve(settings: Settings, port: int) -> None:
    """Run a stand-in until the process is told to stop, and say how a shop is told of it."""
    with BankStandIn(settings.host, port, notifies=True) as bank:
        for name, value in bank.settings.items():
            print(f'MARKETPLACE_{name.upper()}="{value}"', flush=True)  # A test's secret, and nobody's.
        log.info("a stand-in of a bank, in test mode: no money moves", address=bank.address)
        _until_told_to_stop()


def _until_told_to_stop() -> None:
    told_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.set())
    told_to_stop.wait()
