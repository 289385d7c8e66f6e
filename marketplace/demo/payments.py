"""How orders were paid: promised with the order, collected at the door, handed over week by week."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from marketplace.demo.orders import Part, Placed
from marketplace.demo.world import World, uuid_from
from marketplace.orders.cancelling import OVER
from marketplace.orders.models import AuthorizeStatus, ChargeStatus, VendorOrderStatus
from marketplace.payments.amounts import amounts_of, authorize_status, charge_status
from marketplace.payments.gateways.cash_on_delivery import GATEWAY_ID, CashOnDelivery
from marketplace.payments.models import (
    CashCollection,
    CashRemittance,
    CashStatus,
    TransactionAction,
    TransactionEvent,
    TransactionEventType,
    TransactionItem,
)

SLOW_CARRIER, SLOW_CARRIER_WEEKS = "Relais Médina", 3
"""One carrier is behind with its remittances, so that somebody has to be reminded."""
REMITTANCE_WEEKDAY, REMITTANCE_HOUR = 1, 10
PARCELS_PER_REMITTANCE = 900
SHORT_ONE_IN, SHORT_MINOR = 37, 5000
"""Now and then a carrier hands over fifty dirhams too little."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a transaction, as much of it as its amounts are made of."""

    type: TransactionEventType
    amount_minor: int
    psp_reference: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Paid:
    """What an order's transactions come to."""

    checkout_id: UUID
    authorized_minor: int
    charged_minor: int
    authorize_status: AuthorizeStatus
    charge_status: ChargeStatus


@dataclass(slots=True)
class Cash:
    """Cash that a carrier collected for a part."""

    order: Placed
    part: Part
    carrier: str
    amount_minor: int
    collected_at: datetime
    remitted_at: datetime | None = None
    remittance_id: int | None = None


@dataclass(frozen=True, slots=True)
class Remittance:
    id: int
    carrier: str
    reference: str
    received_at: datetime
    currency: str
    owed_minor: int
    received_minor: int


class Payments:
    """Writes transactions, cash and remittances."""

    def __init__(self, world: World) -> None:
        self._world, self._chance = world, world.chance("payments")
        self._transactions = world.tables.of(
            TransactionItem,
            """
            id token order_id gateway name message psp_reference idempotency_key currency
            available_actions authorized_minor charged_minor canceled_minor created_at updated_at
            """,
        )
        self._events = world.tables.of(
            TransactionEvent, "transaction_id created_at type amount_minor currency psp_reference message"
        )
        self._remittances = world.tables.of(
            CashRemittance, "id carrier reference received_at currency amount_minor"
        )
        self._collections = world.tables.of(
            CashCollection,
            """
            vendor_order_id transaction_id carrier currency amount_minor status collected_at
            remittance_id created_at updated_at
            """,
        )
        self._transaction_ids: dict[UUID, int] = {}

    def promise(self, order: Placed) -> Paid:
        """The order's transaction with all that was told of it since."""
        key = self._transaction_ids[order.id] = self._world.numbers.next("transaction")
        token, checkout_id = uuid_from(self._chance), uuid_from(self._chance)
        reference = f"{GATEWAY_ID}:{token}"
        told = [
            (
                order.placed_at,
                Told(TransactionEventType.AUTHORIZATION_SUCCESS, order.total.gross_minor, reference),
            )
        ]
        for part in order.parts:
            at = part.arrived_at or part.canceled_at
            if at:
                delivered = part.status is VendorOrderStatus.DELIVERED
                kind = (
                    TransactionEventType.CHARGE_SUCCESS if delivered else TransactionEventType.CANCEL_SUCCESS
                )
                told.append((at, Told(kind, part.total.gross_minor, f"cash:{part.id}")))
        told.sort(key=lambda each: each[0])
        amounts = amounts_of(event for _, event in told)
        self._transactions.add(
            key, token, order.id, GATEWAY_ID, CashOnDelivery.name, "To be paid at the door.", reference,
            str(checkout_id), order.market.currency, [TransactionAction.CANCEL], amounts.authorized_minor,
            amounts.charged_minor, amounts.canceled_minor, order.placed_at, told[-1][0],
        )  # fmt: skip
        for at, event in told:
            self._events.add(
                key, at, event.type, event.amount_minor, order.market.currency, event.psp_reference,
                _MESSAGES[event.type],
            )  # fmt: skip
        owed = order.total.gross_minor - sum(
            part.total.gross_minor for part in order.parts if part.status in OVER
        )
        covered = amounts.authorized_minor + amounts.charged_minor
        return Paid(
            checkout_id,
            amounts.authorized_minor,
            amounts.charged_minor,
            authorize_status(owed, covered),
            charge_status(order.total.gross_minor, owed, amounts.charged_minor),
        )

    def collect(self, orders: list[Placed]) -> tuple[list[Cash], list[Remittance]]:
        """What carriers collected, and what they have handed over since."""
        collected = [
            Cash(order, part, order.method.carrier, part.total.gross_minor, part.delivered_at)
            for order in orders
            for part in order.parts
            if part.delivered_at
        ]
        remittances = self._remit(collected)
        done = {cash.part.id: cash for cash in collected}
        for order in orders:
            for part in order.parts:
                self._write(order, part, done.get(part.id))
        return collected, remittances

    def _remit(self, collected: list[Cash]) -> list[Remittance]:
        due: dict[tuple[datetime, str, str], list[Cash]] = defaultdict(list)
        for cash in collected:
            at = self._handed_over_at(cash)
            if at <= self._world.now:
                due[at, cash.carrier, cash.order.market.currency].append(cash)
        remittances = []
        for (at, carrier, currency), cashes in sorted(due.items(), key=lambda each: each[0]):
            cashes.sort(key=lambda cash: cash.collected_at)
            for start in range(0, len(cashes), PARCELS_PER_REMITTANCE):
                batch = cashes[start : start + PARCELS_PER_REMITTANCE]
                remittances.append(self._hand_over(at, carrier, currency, batch, start))
        return remittances

    def _handed_over_at(self, cash: Cash) -> datetime:
        """The first Tuesday that is three days away, or three weeks later for who is slow just now."""
        earliest = cash.collected_at + timedelta(days=3)
        if cash.carrier == SLOW_CARRIER and cash.collected_at > self._world.days_ago(7 * SLOW_CARRIER_WEEKS):
            earliest += timedelta(weeks=SLOW_CARRIER_WEEKS)
        at = earliest.replace(hour=REMITTANCE_HOUR, minute=0, second=0, microsecond=0)
        return at + timedelta(days=(REMITTANCE_WEEKDAY - at.weekday()) % 7 or 7)

    def _hand_over(
        self, at: datetime, carrier: str, currency: str, batch: list[Cash], start: int
    ) -> Remittance:
        key = self._world.numbers.next("remittance")
        owed_minor = sum(cash.amount_minor for cash in batch)
        short = key % SHORT_ONE_IN == 0 and owed_minor > 20 * SHORT_MINOR
        reference = f"BR-{at:%Y%m%d}-{start // PARCELS_PER_REMITTANCE + 1}"
        remittance = Remittance(
            key, carrier, reference, at, currency, owed_minor, owed_minor - SHORT_MINOR * short
        )
        self._remittances.add(key, carrier, reference, at, currency, remittance.received_minor)
        for cash in batch:
            cash.remitted_at, cash.remittance_id = at, key
        return remittance

    def _write(self, order: Placed, part: Part, cash: Cash | None) -> None:
        self._collections.add(
            part.id, self._transaction_ids[order.id], order.method.carrier, order.market.currency,
            part.total.gross_minor, _status(part, cash), cash and cash.collected_at,
            cash and cash.remittance_id,
            order.placed_at, (cash and cash.remitted_at) or part.changed_at or order.placed_at,
        )  # fmt: skip


_MESSAGES = {
    TransactionEventType.AUTHORIZATION_SUCCESS: "To be paid at the door.",
    TransactionEventType.CHARGE_SUCCESS: "Paid at the door.",
    TransactionEventType.CANCEL_SUCCESS: "Nothing was paid at the door.",
}


def _status(part: Part, cash: Cash | None) -> CashStatus:
    if cash:
        return CashStatus.REMITTED if cash.remittance_id else CashStatus.COLLECTED
    ended = {
        VendorOrderStatus.REFUSED: CashStatus.REFUSED,
        VendorOrderStatus.CANCELED: CashStatus.CANCELED,
    }
    return ended.get(part.status, CashStatus.EXPECTED)
