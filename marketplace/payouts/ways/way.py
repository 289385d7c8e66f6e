"""What a way to pay sellers has to say of itself; `__init__` lists those there are.

A run holds payouts of several ways. What is common to all (setting aside, approval by two, statements, the
ledger) is written once, in `runs.py`, `sending.py` and `endings.py`; a way says only what is its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.settings import Settings
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import Payout, PayoutRun, PayoutStatus
from marketplace.vendors.models import PayoutMethod

if TYPE_CHECKING:
    from marketplace.kit.jobs import Work


class Teller(StrEnum):
    """Who says what became of a payout."""

    BANK = "BANK"
    """A file that the bank gave."""
    GATEWAY = "GATEWAY"
    """The payment service that carries it."""
    COUNTER = "COUNTER"
    """Who gave the cash out, and was shown the code."""
    DEADLINE = "DEADLINE"
    """Nobody: the time to fetch it is over."""
    STAFF = "STAFF"
    """Staff, by hand and with a reason."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What a predicate on sellers may ask about besides the seller: SQL, beside `Vendor`."""

    minor: ColumnElement[int]
    currency: str
    now: datetime


Endings = Mapping[Teller, frozenset[PayoutStatus]]


class Way(Protocol):
    """One way to pay sellers. An object without state: whatever it notes is in the database."""

    method: ClassVar[PayoutMethod]
    paid_from: ClassVar[Account]
    """What the ledger credits once the seller has the money."""
    endings: ClassVar[Endings]
    """Who may say that a payout of this way has ended, and how."""

    def may_be_paid(self, owed: Owed) -> ColumnElement[bool]:
        """Which sellers can be paid so now, as a predicate on `Vendor`. Whom it leaves out, no run holds.

        It stands in two statements, before the sellers are locked and after: keep it an indexed EXISTS.
        """
        ...

    async def check_choice(self, session: AsyncSession, vendor_id: int) -> None:
        """Refuse a seller's choice of this way where it could never be paid so. Raises InvalidError."""
        ...

    async def freeze(self, session: AsyncSession, payouts: Sequence[Payout]) -> None:
        """Note on payouts of a new draft, not flushed yet, what must not change under way: where they go.

        In the transaction that makes the run, with the sellers' rows locked.
        """
        ...

    def check(self, settings: Settings, run: PayoutRun) -> None:
        """Refuse the approval of a run that could not be sent so. Raises a PayoutRuleError."""
        ...

    async def send(self, work: "Work", run: PayoutRun) -> None:
        """Send the PENDING payouts of this way of an approved run, and mark each as SENT (`mark_sent`).

        Called with nothing locked. `work.session` is the caller's: open transactions of `work.database`.
        Called again after whatever death, and perhaps twice at once, so all that reaches the outside is the
        same each time, or carries the payout's id as its idempotency key. `run` is detached. What can't be
        carried out at all is ended as FAILED (`endings.end_payouts`); what may go better later raises.
        """
        ...


async def mark_sent(session: AsyncSession, *which: ColumnElement[bool], **noted: Any) -> None:
    """Mark those payouts as sent that wait to be: `which` names them, `noted` is written beside. Told twice,
    they were sent when it was told first.
    """
    await session.execute(
        update(Payout)
        .where(Payout.status == PayoutStatus.PENDING, *which)
        .values(status=PayoutStatus.SENT, sent_at=clock.now(), **noted)
        .execution_options(synchronize_session=False)
    )
