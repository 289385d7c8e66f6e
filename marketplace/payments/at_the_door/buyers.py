"""Who pays at the door, and how it went before: counted by account, e-mail address and telephone number."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select, true, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.orders.models import VendorOrder
from marketplace.payments.at_the_door.models import CashOrder
from marketplace.payments.models import CashCollection, CashStatus

_HASH_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Buyer:
    """What a buyer is known by; two orders are one buyer's if any of it is the same."""

    user_id: int | None
    email_hash: str | None
    phone_hash: str | None

    def known_as(self) -> list[ColumnElement[bool]]:
        """A condition on an order for each thing that is known."""
        return [
            column == value
            for column, value in (
                (CashOrder.user_id, self.user_id),
                (CashOrder.email_hash, self.email_hash),
                (CashOrder.phone_hash, self.phone_hash),
            )
            if value is not None
        ]


@dataclass(frozen=True, slots=True)
class History:
    """How a buyer's earlier orders went; counts stop where a rule has heard enough."""

    refused: int
    open: int
    has_paid: bool


def buyer_of(user_id: int | None, email: str, phone: str) -> Buyer:
    """`phone` as E.164, as addresses keep it."""
    return Buyer(user_id, _hash(email.strip().casefold()), _hash(phone.strip()))


async def history_of(session: AsyncSession, buyer: Buyer, *, since: datetime, enough: int) -> History:
    """What rules ask of a buyer: orders refused since a day, or still to be paid, and whether any was paid.

    One statement; no count goes beyond `enough`: a number that a call centre orders with costs no more.
    """
    if not buyer.known_as():
        return History(0, 0, has_paid=False)
    found = (await session.execute(history_query(buyer, since=since, enough=enough))).one()
    return History(int(found[0]), int(found[1]), bool(found[2]))


def history_query(buyer: Buyer, *, since: datetime, enough: int) -> Select[int, int, bool]:
    """What `history_of` asks, of a buyer of whom something is known."""
    refused = _count(buyer, CashOrder.refused_at >= since, enough)
    # Not `IS true`, in which PostgreSQL does not see what the index is for.
    still_open = _count(buyer, CashOrder.is_open == true(), enough)
    paid = or_(*[exists().where(known, CashOrder.paid_at.is_not(None)) for known in buyer.known_as()])
    return select(refused, still_open, paid)


async def lock(session: AsyncSession, buyer: Buyer) -> None:
    """Nobody else completes an order of this buyer until the transaction ends: two at once count."""
    keys = sorted(
        f"cash_order:{name}:{value}"
        for name, value in (("user", buyer.user_id), ("email", buyer.email_hash), ("phone", buyer.phone_hash))
        if value is not None
    )
    for key in keys:
        await session.execute(_LOCK, {"key": key})


_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("key"), 0)))


async def follow(session: AsyncSession, order_id: UUID, status: CashStatus) -> None:
    """A parcel of an order was paid, refused or called off: what is known of its buyer follows. The order is
    locked; one that is paid otherwise has nothing to follow.
    """
    expected = (
        exists()
        .where(CashCollection.vendor_order_id == VendorOrder.id)
        .where(VendorOrder.order_id == order_id, CashCollection.status == CashStatus.EXPECTED)
    )
    now = clock.now()
    values: dict[str, object] = {"is_open": expected}
    if status is CashStatus.REFUSED:
        values["refused_at"] = now
    elif status is CashStatus.COLLECTED:
        values["paid_at"] = func.coalesce(CashOrder.paid_at, now)
    await session.execute(
        update(CashOrder).where(CashOrder.order_id == order_id).values(values),
        execution_options={"synchronize_session": False},
    )


def _count(buyer: Buyer, condition: ColumnElement[bool], enough: int) -> ColumnElement[int]:
    """Each way of knowing the buyer is a short walk along an index of its own."""
    ways = [
        select(select(CashOrder.order_id).where(known, condition).limit(enough).subquery().c.order_id)
        for known in buyer.known_as()
    ]
    found = union(*ways).subquery()
    return select(func.count()).select_from(found).scalar_subquery()


def _hash(value: str) -> str | None:
    return sha256(value.encode()).hexdigest()[:_HASH_LENGTH] if value else None
