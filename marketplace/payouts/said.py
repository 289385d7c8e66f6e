"""What a bank says of a transfer, whichever kind of file it says it in."""

from dataclasses import dataclass

from marketplace.kit.money import Money
from marketplace.payouts.models import PayoutStatus

ANSWER_BYTES = 10 * 1024 * 1024
ERRORS_SHOWN = 50
REASON_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Said:
    """One line of an answer."""

    row: int
    """As a sheet counts: the heading is row 1. In a message, its entries counted from 1."""
    end_to_end_id: str
    """Empty, where the bank did not pass it on."""
    status: PayoutStatus
    reason: str = ""
    amount: Money | None = None
    account: str = ""
    """Of the seller, or as much of it as is shown."""
    text: str = ""
    """What was written to the seller."""
    batch_id: str = ""
    """Of a line that is of a whole file: the file's message id."""
