"""What the lines of a carrier's sheet are: the cash that it owes, or something else."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.orders.models import Fulfillment, Order, VendorOrder
from marketplace.payments.at_the_door.sheets import Said
from marketplace.payments.models import CashCollection, CashStatus

_NUMBERED = re.compile(r"#?\s*(\d{1,18})(?:\s*-\s*(\d{1,6}))?")


class Outcome(StrEnum):
    """What a line was found to be."""

    MATCHED = "MATCHED"
    """The cash of a parcel, to the centime."""
    SHORT = "SHORT"
    OVER = "OVER"
    UNKNOWN = "UNKNOWN"
    """No such parcel, or none that is paid at the door."""
    AMBIGUOUS = "AMBIGUOUS"
    """Several parcels could be meant."""
    TWICE = "TWICE"
    """A line further up is about the same parcel."""
    ALREADY_REMITTED = "ALREADY_REMITTED"
    NOT_COLLECTED = "NOT_COLLECTED"
    """The parcel was not delivered as far as we know, or was refused or called off."""
    OTHER_CARRIER = "OTHER_CARRIER"
    WRONG_CURRENCY = "WRONG_CURRENCY"
    UNREADABLE = "UNREADABLE"
    NOTHING = "NOTHING"
    """It says that nothing was taken: no money, and no difference."""


BOOKED = frozenset({Outcome.MATCHED})
DIFFERENT = frozenset({Outcome.SHORT, Outcome.OVER})
HARMLESS = frozenset({Outcome.MATCHED, Outcome.NOTHING})


@dataclass(frozen=True, slots=True)
class Line:
    """A line, what it says, and what it was found to be. As JSON it is kept with its sheet."""

    row: int
    tracking: str
    number: str
    amount_minor: int | None
    paid_on: str | None
    outcome: str
    vendor_order_id: str | None = None
    part_number: str | None = None
    """`1042-1`."""
    due_minor: int | None = None
    is_booked: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Owed:
    """The cash of a parcel, and what the parcel is called."""

    part_id: UUID
    part_number: str
    carrier: str
    currency: str
    amount_minor: int
    status: CashStatus


async def match(session: AsyncSession, said: Sequence[Said], carrier: str) -> list[Line]:
    """Find the parcel of each line, by tracking number or by number. Three statements, however many lines."""
    tracked = await _by_tracking(session, {line.tracking for line in said if line.tracking})
    numbered = await _by_number(session, {line.number or line.tracking for line in said})
    lines: list[Line] = []
    taken: set[UUID] = set()
    for line in said:
        found = _candidates(line, tracked, numbered, carrier)
        outcome = _outcome(line, found, carrier, taken)
        owed = found[0] if len(found) == 1 else None
        if owed is not None and outcome in (BOOKED | DIFFERENT):
            taken.add(owed.part_id)
        lines.append(
            Line(
                row=line.row,
                tracking=line.tracking,
                number=line.number,
                amount_minor=line.amount_minor,
                paid_on=line.paid_on,
                outcome=outcome.value,
                vendor_order_id=str(owed.part_id) if owed else None,
                part_number=owed.part_number if owed else None,
                due_minor=owed.amount_minor if owed else None,
            )
        )
    return lines


def _candidates(
    line: Said, tracked: Mapping[str, list[Owed]], numbered: Mapping[str, list[Owed]], carrier: str
) -> list[Owed]:
    """The parcels that may be meant: by both numbers, where both are known and agree."""
    by_tracking = tracked.get(line.tracking, []) if line.tracking else []
    by_number = numbered.get(line.number, []) if line.number else []
    if not by_tracking and not by_number and line.tracking:
        by_number = numbered.get(line.tracking, [])  # Some carriers follow parcels by our own numbers.
    if by_tracking and by_number:
        keys = {owed.part_id for owed in by_number}
        both = [owed for owed in by_tracking if owed.part_id in keys]
        found = both or by_tracking + by_number
    else:
        found = by_tracking or by_number
    if len(found) > 1:  # A number that was used again: what this carrier still owes is meant.
        open_ = [each for each in found if each.carrier == carrier and each.status is CashStatus.COLLECTED]
        found = open_ if len(open_) == 1 else found
    return found


def _outcome(line: Said, found: Sequence[Owed], carrier: str, taken: set[UUID]) -> Outcome:
    if line.problem or line.amount_minor is None:
        return Outcome.WRONG_CURRENCY if line.problem == "currency" else Outcome.UNREADABLE
    if line.amount_minor == 0:
        return Outcome.NOTHING
    if len(found) != 1:
        return Outcome.AMBIGUOUS if found else Outcome.UNKNOWN
    return _obstacle(found[0], line, carrier, taken) or _compared(line.amount_minor, found[0].amount_minor)


def _obstacle(owed: Owed, line: Said, carrier: str, taken: set[UUID]) -> Outcome | None:
    """Why a parcel's cash can't be what a line is about."""
    obstacles = {
        Outcome.TWICE: owed.part_id in taken,
        Outcome.OTHER_CARRIER: owed.carrier != carrier,
        Outcome.WRONG_CURRENCY: owed.currency != line.currency,
        Outcome.ALREADY_REMITTED: owed.status is CashStatus.REMITTED,
        Outcome.NOT_COLLECTED: owed.status is not CashStatus.COLLECTED,
    }
    return next((outcome for outcome, is_so in obstacles.items() if is_so), None)


def _compared(said_minor: int, due_minor: int) -> Outcome:
    if said_minor == due_minor:
        return Outcome.MATCHED
    return Outcome.SHORT if said_minor < due_minor else Outcome.OVER


_OWED = (
    select(
        VendorOrder.id,
        Order.number,
        VendorOrder.position,
        CashCollection.carrier,
        CashCollection.currency,
        CashCollection.amount_minor,
        CashCollection.status,
    )
    .join(Order, Order.id == VendorOrder.order_id)
    .join(CashCollection, CashCollection.vendor_order_id == VendorOrder.id)
)


async def _by_tracking(session: AsyncSession, trackings: Iterable[str]) -> dict[str, list[Owed]]:
    query = (
        _OWED.add_columns(Fulfillment.tracking_number)
        .join(Fulfillment, Fulfillment.vendor_order_id == VendorOrder.id)
        .where(Fulfillment.tracking_number.in_(set(trackings)), Fulfillment.tracking_number != "")
        .distinct()
    )
    found: dict[str, list[Owed]] = defaultdict(list)
    for *owed, tracking in await session.execute(query):
        found[tracking].append(_owed(owed))
    return found


async def _by_number(session: AsyncSession, numbers: Iterable[str]) -> dict[str, list[Owed]]:
    """`1042-1` is a part; `1042`, all parts of an order."""
    wanted: dict[str, tuple[int, int | None]] = {}
    for text in numbers:
        numbered = _NUMBERED.fullmatch(text)
        if numbered:
            wanted[text] = (int(numbered[1]), int(numbered[2]) if numbered[2] else None)
    parts = {(order, part) for order, part in wanted.values() if part is not None}
    wholes = {order for order, part in wanted.values() if part is None}
    named = tuple_(Order.number, VendorOrder.position).in_(parts) | Order.number.in_(wholes)
    by_number: dict[int, list[tuple[int, Owed]]] = defaultdict(list)
    if wanted:
        for row in await session.execute(_OWED.where(named)):
            by_number[row[1]].append((row[2], _owed(list(row))))
    return {
        text: [owed for position, owed in by_number.get(order, []) if part in (None, position)]
        for text, (order, part) in wanted.items()
    }


def _owed(row: Sequence[Any]) -> Owed:
    part_id, number, position, carrier, currency, amount_minor, status = row
    return Owed(part_id, f"{number}-{position}", carrier, currency, amount_minor, status)
