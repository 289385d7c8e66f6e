"""Refunds and returns: pieces move, the buyer is paid back, and every seller's part bears its own share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.content.reasons import UNSAID, Why
from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.events import publish
from marketplace.kit.money import Money
from marketplace.orders.cancelling import tell_of_cancelling
from marketplace.orders.events import PartRefunded
from marketplace.orders.fulfilling import Locked
from marketplace.orders.models import (
    Fulfillment,
    FulfillmentStatus,
    Order,
    OrderEvent,
    OrderStatus,
    VendorOrder,
)
from marketplace.orders.moving import (
    LinePieces,
    Moving,
    ParcelPieces,
    forget_empty,
    lines_told,
    move,
    pieces_named,
)
from marketplace.orders.parts import refresh_parts
from marketplace.orders.refunds import PartRefund
from marketplace.orders.replacing import draft_replacement
from marketplace.payments import cash
from marketplace.payments.by_hand import pay_back
from marketplace.payments.refund_shares import (
    Purse,
    Share,
    Take,
    Wish,
    check_paid,
    open_purse,
    parts_of,
    shares_of,
    worth_of,
)
from marketplace.payments.transactions import refresh_order

REFUNDABLE = (
    FulfillmentStatus.FULFILLED,
    FulfillmentStatus.RETURNED,
    FulfillmentStatus.WAITING_FOR_APPROVAL,
)
RETURNABLE = (
    FulfillmentStatus.FULFILLED,
    FulfillmentStatus.REFUNDED,
    FulfillmentStatus.WAITING_FOR_APPROVAL,
)


@dataclass(frozen=True, slots=True)
class Returned:
    """What a return has made."""

    order: Order
    returned: list[Fulfillment] = field(default_factory=list)
    replaced: list[Fulfillment] = field(default_factory=list)
    replacement: Order | None = None


class Kind(StrEnum):
    """What becomes of the pieces of which the money goes back."""

    KEPT = "KEPT"
    """The buyer keeps what has left; what has not never will. There may be no pieces in particular."""
    RETURN = "RETURN"


@dataclass(frozen=True, slots=True)
class Refunding:
    """What is wanted of a refund or a return."""

    kind: Kind
    wish: Wish | None
    """None: nothing is paid back."""
    of_lines: Sequence[LinePieces] = ()
    of_parcels: Sequence[ParcelPieces] = ()
    why: Why = UNSAID
    amount_field: str = "amountToRefund"
    """How its client calls the amount."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Pieces that move, what they were sold for and what of it is paid back, by vendor order."""

    moving: Sequence[Moving]
    worth: Mapping[UUID, int]
    shares: Mapping[UUID, Share]

    @property
    def refunded_minor(self) -> int:
        return sum(borne.minor for borne in self.shares.values())


@dataclass(frozen=True, slots=True)
class Doing:
    """A plan whose pieces have moved, and the parcels that they are in now."""

    plan: Plan
    parcels: Sequence[Fulfillment]
    wish: Wish | None


async def plan(session: AsyncSession, locked: Locked, refunding: Refunding) -> tuple[Purse, Plan]:
    """What pieces move, and what each seller's part bears, if all of it is paid back.

    Raises what `pieces_named` raises, and CannotRefundError.
    """
    wish, field_name = refunding.wish, refunding.amount_field
    purse = await open_purse(session, locked)
    if wish is not None:
        check_paid(purse, wish, field_name)
    moving = await pieces_of(session, locked, refunding)
    worth = await worth_of(session, locked, moving)
    coming = [each for each in moving if not each.replace]
    shares = {} if wish is None else shares_of(locked, purse, coming, worth, wish, field_name)
    return purse, Plan(moving, worth, shares)


async def pieces_of(session: AsyncSession, locked: Locked, refunding: Refunding) -> list[Moving]:
    """The pieces that are to move. Raises what `pieces_named` raises."""
    movable = RETURNABLE if refunding.kind is Kind.RETURN else REFUNDABLE
    named, wish = [*refunding.of_lines, *refunding.of_parcels], refunding.wish or Wish()
    if not named and (wish.amount_minor or wish.includes_shipping):
        return []
    return await pieces_named(session, locked, refunding.of_lines, refunding.of_parcels, movable)


async def carry_out(
    session: AsyncSession,
    locked: Locked,
    refunding: Refunding,
    planned: Plan,
    by_hand: Sequence[Take],
    user_id: int | None = None,
) -> Returned:
    """Pieces move, sellers' parts bear their shares, and what no gateway pays back is paid back by hand."""
    if refunding.kind is Kind.RETURN:
        return await _take_back(session, locked, refunding, planned, by_hand, user_id)
    moving = planned.moving
    kept = [each for each in moving if each.status is not FulfillmentStatus.RETURNED]
    back = [each for each in moving if each.status is FulfillmentStatus.RETURNED]
    refunds = _by_parcel(locked, planned.shares, moving)
    of_kept = {locked.part_of(each.line.id).id for each in kept} | (refunds.keys() - parts_of(locked, back))
    parcels = await move(session, locked, kept, FulfillmentStatus.REFUNDED, refunds=_only(refunds, of_kept))
    rest = _only(refunds, refunds.keys() - of_kept)
    parcels += await move(session, locked, back, FulfillmentStatus.REFUNDED_AND_RETURNED, refunds=rest)
    doing = Doing(planned, parcels, refunding.wish)
    await _settle(session, locked, doing, by_hand, user_id)
    return Returned(locked.order, parcels)


async def _take_back(
    session: AsyncSession,
    locked: Locked,
    refunding: Refunding,
    planned: Plan,
    by_hand: Sequence[Take],
    user_id: int | None,
) -> Returned:
    """Take pieces back, and begin a draft that replaces those that are to be. What was paid back before is
    not paid back again.
    """
    wish, why = refunding.wish, refunding.why
    replaced = [each for each in planned.moving if each.replace]
    returned = [each for each in planned.moving if not each.replace]
    made = Returned(locked.order)
    made.replaced.extend(await move(session, locked, replaced, FulfillmentStatus.REPLACED, why=why))
    made.returned.extend(await _return(session, locked, returned, wish, planned.shares, why))
    if returned:
        lines = lines_told(returned)
        session.add(_event(locked.order, "FULFILLMENT_RETURNED", user_id, lines=lines))
    await _settle(session, locked, Doing(planned, made.returned, wish), by_hand, user_id)
    if not replaced:
        return made
    replacement = await draft_replacement(session, locked.order, replaced, user_id)
    return Returned(made.order, made.returned, made.replaced, replacement)


async def _return(
    session: AsyncSession,
    locked: Locked,
    returned: Sequence[Moving],
    wish: Wish | None,
    shares: Mapping[UUID, Share],
    why: Why,
) -> list[Fulfillment]:
    """Into parcels of what came back: with what is paid back by them, or was before."""
    refunds = _by_parcel(locked, shares, returned) if wish is not None else {}
    status = FulfillmentStatus.RETURNED if wish is None else FulfillmentStatus.REFUNDED_AND_RETURNED
    if wish is not None:
        return await move(session, locked, returned, status, why=why, refunds=refunds)
    fresh = [each for each in returned if not each.was_refunded]
    before = [each for each in returned if each.was_refunded]
    parcels = await move(session, locked, fresh, status, why=why)
    return parcels + await move(session, locked, before, FulfillmentStatus.REFUNDED_AND_RETURNED, why=why)


async def _settle(
    session: AsyncSession, locked: Locked, doing: Doing, by_hand: Sequence[Take], user_id: int | None
) -> None:
    """What follows once the pieces have moved: statuses, money, the sellers' shares, and who is told."""
    order, now = locked.order, clock.now()
    moving, shares, wish = doing.plan.moving, doing.plan.shares, doing.wish
    await forget_empty(session, locked)
    was_canceled = order.status is OrderStatus.CANCELED
    touched = parts_of(locked, moving)
    await refresh_parts(session, order, [locked.parts[part_id] for part_id in touched], now)
    parcel_of = {parcel.vendor_order_id: parcel.id for parcel in reversed(doing.parcels)}
    for part_id, borne in shares.items():
        if borne.minor:
            await bear(session, locked.parts[part_id], borne, parcel_of.get(part_id), user_id)
    await _ask_less(session, locked, doing, parcel_of, user_id)
    paid_back_minor = doing.plan.refunded_minor
    if wish is not None:
        told = {
            "lines": lines_told([each for each in moving if not each.replace]),
            "amount": str(Money(paid_back_minor, order.currency).amount),
            "shipping_costs_included": wish.includes_shipping,
        }
        session.add(_event(order, "FULFILLMENT_REFUNDED", user_id, **told))
    if paid_back_minor:
        await pay_back(session, order, by_hand, paid_back_minor, user_id)
    else:
        await refresh_order(session, order)
    if order.status is OrderStatus.CANCELED and not was_canceled:
        await tell_of_cancelling(session, order, user_id)
    else:
        await announce(session, "ORDER_UPDATED", order)


async def bear(
    session: AsyncSession,
    part: VendorOrder,
    borne: Share,
    parcel_id: int | None,
    user_id: int | None,
    *,
    was_paid: bool = True,
    is_ours: bool = False,
) -> None:
    """Write down that a part brings less than it was sold for, and by whom that is borne. The caller has
    locked it, and moves the money.
    """
    refund = PartRefund(
        vendor_order_id=part.id,
        fulfillment_id=parcel_id,
        currency=part.currency,
        goods_minor=borne.goods_minor,
        shipping_minor=borne.shipping_minor,
        was_paid=was_paid,
        is_ours=is_ours,
        user_id=user_id,
    )
    session.add(refund)
    await session.flush()
    await publish(session, PartRefunded(refund.id))


async def _ask_less(
    session: AsyncSession,
    locked: Locked,
    doing: Doing,
    parcel_of: Mapping[UUID, int],
    user_id: int | None,
) -> None:
    """What the buyer will not get is not asked for at the door, where nothing was paid of it yet."""
    for part_id, worth_minor in doing.plan.worth.items():
        part, paid = locked.parts[part_id], doing.plan.shares.get(part_id, Share())
        less_minor = await cash.ask_less(session, part, worth_minor - paid.goods_minor)
        if less_minor:
            await bear(session, part, Share(less_minor), parcel_of.get(part_id), user_id, was_paid=False)


def _by_parcel(
    locked: Locked, shares: Mapping[UUID, Share], moving: Sequence[Moving]
) -> dict[UUID, tuple[int | None, int | None]]:
    """What parcels say of the refund: the whole, and what of it is for the delivery."""
    touched = parts_of(locked, moving)
    return {
        part_id: (borne.minor, borne.shipping_minor or None)
        for part_id, borne in shares.items()
        if borne.minor or part_id in touched
    }


def _only(
    refunds: Mapping[UUID, tuple[int | None, int | None]], keys: Collection[UUID]
) -> dict[UUID, tuple[int | None, int | None]]:
    return {key: refund for key, refund in refunds.items() if key in keys}


def _event(order: Order, event_type: str, user_id: int | None, **parameters: object) -> OrderEvent:
    return OrderEvent(order_id=order.id, type=event_type, user_id=user_id, parameters=parameters)
