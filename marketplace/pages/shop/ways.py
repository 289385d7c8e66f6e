"""The ways in which a checkout can be paid, as its pages offer them."""

from dataclasses import dataclass
from hashlib import sha256

from marketplace.pages.api import Data

AT_THE_DOOR = "marketplace.cash_on_delivery"
CARD = "saleor.app.payment.stripe"
BANK = "marketplace.bank."
"""With what the ids of gateways begin whose buyers are sent to a bank's own page."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What a channel offers, before and after it is settled how the parcels travel."""

    gateways: tuple[str, ...]

    @classmethod
    def of(cls, checkout: Data) -> "Ways":
        """Ways that the shop's pages can carry out, in the order in which they are shown."""
        open_here = sorted(gateway["id"] for gateway in checkout["availablePaymentGateways"])
        banks = [way for way in open_here if way.startswith(BANK)]
        return cls(tuple(way for way in (CARD, *banks, AT_THE_DOOR) if way in open_here))

    def can_pay(self, delivery: Data) -> bool:
        """Whether what travels this way can be paid at all: some carriers take no cash."""
        return bool(self.by(delivery))

    def by(self, delivery: Data) -> tuple[str, ...]:
        """The ways that are left with a delivery."""
        return tuple(way for way in self.gateways if way != AT_THE_DOOR or delivery["collectsCash"])


def payment_key(*said: str) -> str:
    """The same for two clicks on one page; another once what is to be paid has changed."""
    return sha256(":".join(said).encode()).hexdigest()[:32]
