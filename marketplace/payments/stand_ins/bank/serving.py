"""The bank on a port, and a handle on it for tests."""

from marketplace.payments.stand_ins.bank.books import MERCHANT, SECRET, Books, Json, Notification
from marketplace.payments.stand_ins.bank.server import App
from marketplace.payments.stand_ins.serving import InThread
from marketplace.payments.stand_ins.stripe.faults import Faults


class BankStandIn(InThread):
    """A running stand-in of a bank.

    with BankStandIn() as bank:
        settings = settings.model_copy(update=bank.settings)
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__("stand-in of a bank", host, port)
        self.books = Books()
        self.address = ""

    def application(self, address: str) -> App:
        self.address = address
        return App(self.books)

    async def beside(self) -> None:
        """Nothing: notifications are sent when whoever holds it says so."""

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
