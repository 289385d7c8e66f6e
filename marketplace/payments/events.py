"""What the other rooms are told about payments. Each is published in the transaction in which it happens."""

from dataclasses import dataclass


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
