"""Refunds and returns: pieces move, the buyer is paid back, and every seller's part bears its own share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.content.reasons import UNSAID, Why
from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.events import publish
from marketplace.kit.money import Money
from marketplace.orders.cancelling import tell_of_cancelling
from marketplace.orders.events import PartRefunded
from marketplace.orders.fulfilling import Locked, lock_order
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


@dataclass(frozen=True, slots=True)
class Doing:
    """Pieces that have moved, what they were sold for and what of it is paid back, by vendor order."""

    moving: Sequence[Moving]
    worth: Mapping[UUID, int]
    shares: Mapping[UUID, Share]
    parcels: Sequence[Fulfillment]
    """Those that they are in now."""
    wish: Wish | None


async def refund_products(
    session: AsyncSession,
    order_id: UUID,
    of_lines: Sequence[LinePieces],
    of_parcels: Sequence[ParcelPieces],
    wish: Wish,
    user_id: int | None = None,
) -> list[Fulfillment]:
    """Pay pieces of an order back; the buyer keeps what has left. What has not never will.

    Raises what `pieces_named` raises, and CannotRefundError.
    """
    locked = await lock_order(session, order_id)
    purse = await open_purse(session, locked)
    check_paid(purse, wish)
    moving = await _pieces(session, locked, of_lines, of_parcels, REFUNDABLE, wish)
    worth = await worth_of(session, locked, moving)
    shares = shares_of(locked, purse, moving, worth, wish)
    kept = [each for each in moving if each.status is not FulfillmentStatus.RETURNED]
    back = [each for each in moving if each.status is FulfillmentStatus.RETURNED]
    refunds = _by_parcel(locked, shares, moving)
    of_kept = {locked.part_of(each.line.id).id for each in kept} | (refunds.keys() - parts_of(locked, back))
    parcels = await move(session, locked, kept, FulfillmentStatus.REFUNDED, refunds=_only(refunds, of_kept))
    rest = _only(refunds, refunds.keys() - of_kept)
    parcels += await move(session, locked, back, FulfillmentStatus.REFUNDED_AND_RETURNED, refunds=rest)
    await _settle(session, locked, purse, Doing(moving, worth, shares, parcels, wish), user_id)
    return parcels


async def return_products(
    session: AsyncSession,
    order_id: UUID,
    of_lines: Sequence[LinePieces],
    of_parcels: Sequence[ParcelPieces],
    wish: Wish | None,
    *,
    why: Why = UNSAID,
    user_id: int | None = None,
) -> Returned:
    """Take pieces of an order back, pay them back if that is wished, and begin a draft that replaces those
    that are to be. What was paid back before is not paid back again.

    Raises what `pieces_named` raises, and CannotRefundError.
    """
    locked = await lock_order(session, order_id)
    purse = await open_purse(session, locked)
    if wish is not None:
        check_paid(purse, wish)
    moving = await _pieces(session, locked, of_lines, of_parcels, RETURNABLE, wish or Wish())
    replaced = [each for each in moving if each.replace]
    returned = [each for each in moving if not each.replace]
    worth = await worth_of(session, locked, moving)
    shares = {} if wish is None else shares_of(locked, purse, returned, worth, wish)
    made = Returned(locked.order)
    made.replaced.extend(await move(session, locked, replaced, FulfillmentStatus.REPLACED, why=why))
    made.returned.extend(await _return(session, locked, returned, wish, shares, why))
    if returned:
        lines = lines_told(returned)
        session.add(_event(locked.order, "FULFILLMENT_RETURNED", user_id, lines=lines))
    await _settle(session, locked, purse, Doing(moving, worth, shares, made.returned, wish), user_id)
    if not replaced:
        return made
    replacement = await draft_replacement(session, locked.order, replaced, user_id)
    return Returned(made.order, made.returned, made.replaced, replacement)


async def refund_amount(
    session: AsyncSession, order_id: UUID, amount_minor: int, user_id: int | None = None
) -> Order:
    """Pay so much of an order back, for no pieces in particular. Raises NotFoundError, CannotRefundError."""
    locked = await lock_order(session, order_id)
    purse = await open_purse(session, locked)
    wish = Wish(amount_minor)
    check_paid(purse, wish, field_name="amount")
    shares = shares_of(locked, purse, [], {}, wish, field_name="amount")
    parcels = await move(
        session, locked, [], FulfillmentStatus.REFUNDED, refunds=_by_parcel(locked, shares, [])
    )
    await _settle(session, locked, purse, Doing([], {}, shares, parcels, wish), user_id)
    return locked.order


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
    session: AsyncSession, locked: Locked, purse: Purse, doing: Doing, user_id: int | None
) -> None:
    """What follows once the pieces have moved: statuses, money, the sellers' shares, and who is told."""
    order, now = locked.order, clock.now()
    moving, shares, wish = doing.moving, doing.shares, doing.wish
    await forget_empty(session, locked)
    was_canceled = order.status is OrderStatus.CANCELED
    touched = parts_of(locked, moving)
    await refresh_parts(session, order, [locked.parts[part_id] for part_id in touched], now)
    parcel_of = {parcel.vendor_order_id: parcel.id for parcel in reversed(doing.parcels)}
    for part_id, borne in shares.items():
        if borne.minor:
            await bear(session, locked.parts[part_id], borne, parcel_of.get(part_id), user_id)
    await _ask_less(session, locked, doing, parcel_of, user_id)
    paid_back_minor = sum(borne.minor for borne in shares.values())
    if wish is not None:
        told = {
            "lines": lines_told([each for each in moving if not each.replace]),
            "amount": str(Money(paid_back_minor, order.currency).amount),
            "shipping_costs_included": wish.includes_shipping,
        }
        session.add(_event(order, "FULFILLMENT_REFUNDED", user_id, **told))
    if paid_back_minor:
        await pay_back(session, order, purse.transactions, paid_back_minor, user_id)
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
    for part_id, worth_minor in doing.worth.items():
        part, paid = locked.parts[part_id], doing.shares.get(part_id, Share())
        less_minor = await cash.ask_less(session, part, worth_minor - paid.goods_minor)
        if less_minor:
            await bear(session, part, Share(less_minor), parcel_of.get(part_id), user_id, was_paid=False)


async def _pieces(
    session: AsyncSession,
    locked: Locked,
    of_lines: Sequence[LinePieces],
    of_parcels: Sequence[ParcelPieces],
    movable: Collection[FulfillmentStatus],
    wish: Wish,
) -> list[Moving]:
    if not of_lines and not of_parcels and (wish.amount_minor or wish.includes_shipping):
        return []
    return await pieces_named(session, locked, of_lines, of_parcels, movable)


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
