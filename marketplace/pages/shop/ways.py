"""The ways in which a checkout can be paid, as its pages offer them."""

from dataclasses import dataclass
from hashlib import sha256

from marketplace.pages.api import Data

AT_THE_DOOR = "marketplace.cash_on_delivery"
CARD = "saleor.app.payment.stripe"
OFFERED = (CARD, AT_THE_DOOR)
"""Ways that the shop's pages can carry out, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What a channel offers, before and after it is settled how the parcels travel."""

    gateways: tuple[str, ...]

    @classmethod
    def of(cls, checkout: Data) -> "Ways":
        open_here = {gateway["id"] for gateway in checkout["availablePaymentGateways"]}
        return cls(tuple(way for way in OFFERED if way in open_here))

    def can_pay(self, delivery: Data) -> bool:
        """Whether what travels this way can be paid at all: some carriers take no cash."""
        return bool(self.by(delivery))

    def by(self, delivery: Data) -> tuple[str, ...]:
        """The ways that are left with a delivery."""
        return tuple(way for way in self.gateways if way != AT_THE_DOOR or delivery["collectsCash"])


def payment_key(*said: str) -> str:
    """The same for two clicks on one page; another once what is to be paid has changed."""
    return sha256(":".join(said).encode()).hexdigest()[:32]
