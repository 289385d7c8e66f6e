"""What a bank's gateway has to say and do. `gateway.RedirectGateway` does the rest, the same for every bank.

None of the methods reads or writes our database. Those that go out raise `AnswerError` where the bank refused
and did nothing, `UnreachableError` where nothing was sent, `LostAnswerError` where nobody knows: `asking.py`
reads httpx's errors so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from marketplace.kit.money import Money


class Ability(StrEnum):
    PROMISE = "PROMISE"
    """Holds an amount, to be charged later. A bank without it charges at once, whatever the channel says."""
    CHARGE_PART = "CHARGE_PART"
    """Charges less than is held; what is left is let go."""
    REFUND = "REFUND"
    REFUND_PART = "REFUND_PART"
    CANCEL = "CANCEL"
    """Calls off what is held, and what nobody has paid yet, so that it can't be paid any more."""


class State(StrEnum):
    OPEN = "OPEN"
    """The buyer may still pay. Also where the bank knows nothing of it: the buyer never came."""
    UNDER_WAY = "UNDER_WAY"
    """The bank takes its time."""
    PROMISED = "PROMISED"
    PAID = "PAID"
    REFUSED = "REFUSED"
    """For good: the buyer needs another payment."""
    CANCELED = "CANCELED"


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment, as the bank is told of it."""

    token: UUID
    whole: Money
    """What it was begun with."""
    charges: bool = True
    """Whether money is to be taken at once, rather than held."""

    @property
    def reference(self) -> str:
        """Our name for it, the bank's order number: 32 letters and digits, always the same."""
        return self.token.hex


@dataclass(frozen=True, slots=True)
class Redirect:
    """How the buyer's browser gets to the bank's page."""

    url: str
    method: Literal["GET", "POST"]
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PaidBack:
    """A refund. `key` is the request's that made it; empty where staff made it at the bank."""

    reference: str
    amount: Money
    is_done: bool = True
    """False: it is on its way."""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a payment stands at the bank now, all of it."""

    reference: str
    whole: Money
    state: State
    taken_minor: int = 0
    """What was charged, refunds not taken off."""
    was_promised: bool = False
    refunds: Sequence[PaidBack] = ()
    message: str = ""
    """For people; never what the bank suspects."""
    method_details: dict[str, object] | None = None
    """See payments/method_details.py. Of a card never more than its last four digits."""


@dataclass(frozen=True, slots=True)
class BankNotice:
    """What the bank has told us by itself, its signature checked: only which payment to look at is used."""

    id: str
    """The bank's own; of a bank that has none, a digest of the body."""
    reference: str
    amount: Money


class Acquirer(Protocol):
    """A bank, or whoever takes cards for one."""

    id: str
    """The gateway's: `marketplace.bank.` and a name."""
    name: str
    currencies: frozenset[str]
    countries: frozenset[str] | None
    """Channels of which countries may use it; None: all."""
    can: frozenset[Ability]

    async def page(self, payment: Payment, back: str, notify: str, language: str) -> Redirect:
        """Where the buyer is sent. Asked twice for one payment, it must not become two."""

    def read(self, headers: Mapping[str, str], body: bytes) -> BankNotice:
        """A notification, server to server. Raises BadNoticeError for one that the bank did not sign."""

    async def look(self, payment: Payment) -> Standing: ...

    async def capture(self, payment: Payment, amount: Money, key: str) -> Standing:
        """Charge what is held. By the same key, money moves once."""

    async def refund(self, payment: Payment, amount: Money, key: str, reason: str, /) -> PaidBack:
        """By the same key, money moves once."""

    async def cancel(self, payment: Payment, key: str) -> Standing: ...


CANT: Mapping[Ability, str] = {
    Ability.CHARGE_PART: "This bank charges all that is held, or nothing.",
    Ability.REFUND: "This bank pays nothing back through its gateway: do it in the bank's own books.",
    Ability.REFUND_PART: "This bank pays all of it back, or nothing.",
    Ability.CANCEL: "This bank calls nothing off: what is held lapses by itself.",
}
"""What a bank can't do, in words for staff."""
