"""What the other rooms are told about payments. Each is published in the transaction in which it happens."""

from dataclasses import dataclass
from uuid import UUID

from marketplace.kit.money import Money


@dataclass(frozen=True, slots=True)
class CashRemitted:
    """A carrier has handed over the cash of parcels; their collections name the remittance."""

    remittance_id: int


@dataclass(frozen=True, slots=True)
class PaidByHand:
    """A buyer has paid outside of any gateway: a transaction's event says how much."""

    transaction_event_id: int


@dataclass(frozen=True, slots=True)
class PaidBackByHand:
    """A buyer was paid back outside of any gateway: a transaction's event says how much."""

    transaction_event_id: int


@dataclass(frozen=True, slots=True)
class GatewayMoneyMoved:
    """A gateway has come to hold more of a payment's money, or, where `moved` is negative, less: the
    transaction's event is the last that said so.
    """

    transaction_event_id: int
    moved: Money
    now: Money
    """What it holds of that payment after it."""
    is_disputed: bool = False
    """Whether it was the buyer's bank that took it back, or gave it back again."""


@dataclass(frozen=True, slots=True)
class OrderPaymentsFollowed:
    """Something was told of a payment of an order, which its holder has locked."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class StripeMoved:
    """Stripe's own books have these movements: fees, changes of currency, payouts to our bank."""

    movement_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DisputeDecided:
    """A bank has decided for the buyer whose money it had taken back; or for us, after all."""

    dispute_id: int
    is_lost: bool


@dataclass(frozen=True, slots=True)
class StripeTransferMade:
    """Stripe has transferred money to a seller's account. Whoever asked for it says so on its row."""

    transfer_id: str


@dataclass(frozen=True, slots=True)
class StripeTransferReversed:
    """More of a transfer that is ours has come back to our balance than was known."""

    transfer_id: str
    back: Money
    reversed_before: Money


@dataclass(frozen=True, slots=True)
class StripePaidOut:
    """A payout of Stripe's has reached our bank; or, where it has not `arrived`, was sent back after all."""

    payout_id: str
    has_arrived: bool
