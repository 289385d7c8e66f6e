"""How much of an order can be paid back, and which seller's part bears what of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.money import share
from marketplace.orders.errors import CannotRefundError
from marketplace.orders.fulfilling import Locked
from marketplace.orders.models import Fulfillment, FulfillmentLine, FulfillmentStatus, VendorOrder
from marketplace.orders.moving import Moving
from marketplace.orders.refunds import PartRefund
from marketplace.payments.models import CashCollection, CashStatus, TransactionItem

_REFUNDED = (FulfillmentStatus.REFUNDED, FulfillmentStatus.REFUNDED_AND_RETURNED)


@dataclass(frozen=True, slots=True)
class Share:
    """What of a refund a seller's part bears."""

    goods_minor: int = 0
    shipping_minor: int = 0

    @property
    def minor(self) -> int:
        return self.goods_minor + self.shipping_minor


@dataclass(frozen=True, slots=True)
class Wish:
    """How much is to be paid back: so much, or what the pieces cost."""

    amount_minor: int | None = None
    includes_shipping: bool = False
    """Whether their delivery is paid back, too; not asked where an amount is given."""


Take = tuple[TransactionItem, int]
"""A payment, and how much of it is paid back, in minor units."""


@dataclass(frozen=True, slots=True)
class Purse:
    """What was paid of an order, and can be paid back, as a whole and for each seller's part."""

    transactions: Sequence[TransactionItem]
    refunded: Mapping[UUID, Share]
    """What was refunded of each part before, or is not asked for at the door."""
    available: Mapping[UUID, int]

    @property
    def charged_minor(self) -> int:
        return sum(transaction.charged_minor for transaction in self.transactions)


async def open_purse(session: AsyncSession, locked: Locked) -> Purse:
    found = await session.scalars(
        select(TransactionItem)
        .where(TransactionItem.order_id == locked.order.id)
        .order_by(TransactionItem.id)
        .with_for_update(),
        execution_options={"populate_existing": True},
    )
    refunds = await session.execute(
        select(
            PartRefund.vendor_order_id,
            func.sum(PartRefund.goods_minor),
            func.sum(PartRefund.shipping_minor),
        )
        .where(PartRefund.vendor_order_id.in_(locked.parts))
        .group_by(PartRefund.vendor_order_id)
    )
    refunded = {part_id: Share(int(goods), int(shipping)) for part_id, goods, shipping in refunds}
    unpaid = await session.execute(
        select(CashCollection.vendor_order_id, CashCollection.amount_minor).where(
            CashCollection.vendor_order_id.in_(locked.parts),
            CashCollection.status.not_in([CashStatus.COLLECTED, CashStatus.REMITTED]),
        )
    )
    not_paid: dict[UUID, int] = dict(unpaid.all())
    available = {
        part.id: max(
            part.total_gross_minor
            - part.gift_card_minor
            - refunded.get(part.id, Share()).minor
            - not_paid.get(part.id, 0),
            0,
        )
        for part in locked.parts.values()
    }
    return Purse(found.all(), refunded, available)


def check_paid(purse: Purse, wish: Wish, field_name: str = "amountToRefund") -> None:
    if not purse.transactions:
        raise CannotRefundError("Nothing was paid for this order.", field="order")
    if wish.amount_minor is not None and wish.amount_minor > purse.charged_minor:
        raise CannotRefundError("More than was paid can't be paid back.", field=field_name)


async def worth_of(session: AsyncSession, locked: Locked, moving: Sequence[Moving]) -> dict[UUID, int]:
    """What pieces were sold for that are neither replaced nor paid back already, by vendor order; to be asked
    before they move. All pieces of a line, one refund after the other, come to what the line was sold for.
    """
    moving = [each for each in moving if not each.replace and not each.was_refunded]
    already = await _refunded_pieces(session, locked, moving)
    worth: dict[UUID, int] = {}
    for each in moving:
        line, before = each.line, already.get(each.line.id, 0)
        after = before + each.quantity
        already[line.id] = after
        minor = (
            line.total_gross_minor * after // line.quantity - line.total_gross_minor * before // line.quantity
        )
        part_id = locked.part_of(line.id).id
        worth[part_id] = worth.get(part_id, 0) + minor
    return worth


async def _refunded_pieces(
    session: AsyncSession, locked: Locked, moving: Sequence[Moving]
) -> dict[UUID, int]:
    rows = await session.execute(
        select(FulfillmentLine.order_line_id, func.sum(FulfillmentLine.quantity))
        .join(Fulfillment, Fulfillment.id == FulfillmentLine.fulfillment_id)
        .where(
            Fulfillment.order_id == locked.order.id,
            Fulfillment.status.in_(_REFUNDED),
            FulfillmentLine.order_line_id.in_([each.line.id for each in moving]),
        )
        .group_by(FulfillmentLine.order_line_id)
    )
    return {line_id: int(pieces) for line_id, pieces in rows}


def shares_of(
    locked: Locked,
    purse: Purse,
    moving: Sequence[Moving],
    worth: Mapping[UUID, int],
    wish: Wish,
    field_name: str = "amountToRefund",
) -> dict[UUID, Share]:
    """What each part bears of a refund of pieces, or of all of it where none are named.

    Raises CannotRefundError for an amount that exceeds what the parts concerned were paid for.
    """
    concerned = parts_of(locked, moving) or set(locked.parts)
    wanted = {
        part_id: Share(
            min(worth.get(part_id, 0), _goods_left(locked.parts[part_id], purse)),
            _shipping_left(locked.parts[part_id], purse) if wish.includes_shipping else 0,
        )
        for part_id in concerned
    }
    if wish.amount_minor is None:
        return _within(purse, wanted)
    return _of_amount(locked, purse, wanted, wish.amount_minor, field_name)


def _within(purse: Purse, wanted: Mapping[UUID, Share]) -> dict[UUID, Share]:
    """What is wanted, cut to what was paid: by each part, and by all of them together."""
    cut = {
        part_id: _first_goods(share_, min(share_.minor, purse.available[part_id]))
        for part_id, share_ in wanted.items()
    }
    total = sum(share_.minor for share_ in cut.values())
    if total <= purse.charged_minor:
        return cut
    keys = list(cut)
    amounts = share(purse.charged_minor, [cut[key].minor for key in keys])
    return {key: _first_goods(cut[key], minor) for key, minor in zip(keys, amounts, strict=True)}


def _first_goods(wanted: Share, minor: int) -> Share:
    goods_minor = min(wanted.goods_minor, minor)
    return Share(goods_minor, minor - goods_minor)


def _of_amount(
    locked: Locked, purse: Purse, wanted: Mapping[UUID, Share], amount_minor: int, field_name: str
) -> dict[UUID, Share]:
    """An amount that was said, shared by what the pieces cost, and beyond that by what was paid."""
    keys = sorted(wanted, key=lambda key: locked.parts[key].position)
    room = [purse.available[key] for key in keys]
    if amount_minor > sum(room):
        raise CannotRefundError("More than was paid for this can't be paid back.", field=field_name)
    weights = [min(wanted[key].minor, minor) for key, minor in zip(keys, room, strict=True)]
    if amount_minor <= sum(weights):
        amounts = share(amount_minor, weights)
    else:
        spare = [minor - weight for minor, weight in zip(room, weights, strict=True)]
        more = share(amount_minor - sum(weights), spare)
        amounts = [weight + extra for weight, extra in zip(weights, more, strict=True)]
    return {
        key: _first_goods(Share(_goods_left(locked.parts[key], purse), 0), minor)
        for key, minor in zip(keys, amounts, strict=True)
        if minor
    }


def _goods_left(part: VendorOrder, purse: Purse) -> int:
    return part.subtotal_gross_minor - purse.refunded.get(part.id, Share()).goods_minor


def _shipping_left(part: VendorOrder, purse: Purse) -> int:
    return part.shipping_gross_minor - purse.refunded.get(part.id, Share()).shipping_minor


def scaled(shares: Mapping[UUID, Share], minor: int) -> dict[UUID, Share]:
    """Shares of a refund of which only so much is paid back."""
    amounts = [each for borne in shares.values() for each in (borne.goods_minor, borne.shipping_minor)]
    parts = iter(share(minor, amounts))
    return {part_id: Share(next(parts), next(parts)) for part_id in shares}


def parts_of(locked: Locked, moving: Sequence[Moving]) -> set[UUID]:
    return {locked.part_of(each.line.id).id for each in moving}
