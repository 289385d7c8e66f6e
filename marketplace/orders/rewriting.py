"""What staff have changed of an order is worked out and written: lines, discounts, sellers' parts, stock.

A draft has no parts, and its pieces are nobody's: both come with its completion. An order that waits to be
confirmed has been split, and its pieces are sold: what is changed of it moves its parts and its stock along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import app_taxes, carts
from marketplace.checkout.closing import Settled
from marketplace.checkout.discounts import (
    Reduction,
    follow_delivery,
    reduce_delivery,
    reduce_line,
    reduce_lines,
)
from marketplace.checkout.offered_deliveries import (
    OfferedDelivery,
    Parcel,
    offered_deliveries,
    shares_of_parcels,
)
from marketplace.checkout.rewards import take_back
from marketplace.checkout.totals import taxed
from marketplace.inventory.allocations import allocate
from marketplace.kit.batch import Batch
from marketplace.kit.events import publish
from marketplace.kit.money import share
from marketplace.orders.baskets import NO_VARIANT, Basket, scale_catalogue, spread_by_staff
from marketplace.orders.card_payments import give_back
from marketplace.orders.carriage import Carriage, carriage_of
from marketplace.orders.channel_rules import price_freeze
from marketplace.orders.discounting import all_reductions, insert_discounts, line_discount
from marketplace.orders.discounts import OrderDiscount, OrderLineDiscount
from marketplace.orders.errors import DeliveryNotOfferedError
from marketplace.orders.events import OrderRewritten
from marketplace.orders.history import announce_change
from marketplace.orders.models import Order, OrderLine, VendorOrder, VendorOrderStatus
from marketplace.orders.selling_anew import free_pieces
from marketplace.orders.shipping_answers import refusal_of
from marketplace.orders.splitting import Part, split
from marketplace.orders.writing import (
    Appearance,
    amounts_of,
    appearances_of,
    carriage_columns,
    line_columns,
    line_row,
    part_columns,
    part_row,
)
from marketplace.pricing.discounts import DiscountType
from marketplace.pricing.reductions import reduction_minor
from marketplace.pricing.vouchers import VoucherType


@dataclass(frozen=True, slots=True)
class Resettled(Settled):
    """A basket that has been priced. What gift cards paid was paid before."""

    paid_by_cards_minor: int = 0

    @property
    def gift_card_minor(self) -> int:
        return self.paid_by_cards_minor


async def rewrite(
    session: AsyncSession, basket: Basket, *, is_told: bool = True, is_carried: bool = False
) -> None:
    """Price a basket, and write what it comes to. Raises InsufficientStockError, as Errors.

    `is_told`: whether it is announced that the order has changed; else the caller tells of it. `is_carried`
    insists on a delivery that carries the goods there: raises DeliveryNotOfferedError.
    """
    await write(session, basket, await price(session, basket, is_carried=is_carried))
    if is_told:
        await announce_change(session, basket.order)


async def price(
    session: AsyncSession, basket: Basket, *, strictly: bool = False, is_carried: bool = False
) -> Resettled:
    """What a basket's lines, discounts and delivery come to now.

    `strictly` is for the completion of a draft: raises VoucherNotApplicableError, TaxesUnknownError.
    `is_carried` as above.
    """
    scale_catalogue(basket)
    carts.price_all(basket)
    if basket.manual is not None:
        await _make_room_for_staff(session, basket)
    await reduce_lines(session, basket, strictly=strictly)
    delivery = await _delivery(session, basket, is_carried=is_carried)
    if await follow_delivery(session, basket, delivery, strictly=strictly):
        delivery = await _delivery(session, basket, is_carried=is_carried)
    delivery = reduce_delivery(basket, delivery, strictly=strictly)
    if basket.manual is not None:
        delivery = _spread(basket, basket.manual, delivery)
    delivery = app_taxes.of_delivery(basket, delivery)
    if strictly:
        app_taxes.check(basket)
    whole = carts.subtotal(basket).gross_minor + (delivery.price.gross_minor if delivery else 0)
    paid = min(basket.order.gift_card_minor, whole)
    return Resettled(basket, carts.subtotal(basket), delivery, paid_by_cards_minor=paid)


async def _make_room_for_staff(session: AsyncSession, basket: Basket) -> None:
    """What staff take off the whole replaces an order promotion, and a voucher of all goods: as in Saleor."""
    await take_back(session, basket)
    basket.may_be_rewarded = False
    usable = basket.voucher
    if usable is None or (usable.voucher.type is VoucherType.ENTIRE_ORDER and not usable.is_per_line):
        basket.voucher = basket.checkout.voucher_code = None


def _spread(
    basket: Basket, manual: OrderDiscount, delivery: OfferedDelivery | None
) -> OfferedDelivery | None:
    """Take off what staff take off the whole: off goods and delivery, in proportion."""
    lines = [line for line in basket.lines if not line.is_gift]
    parcels = delivery.parcels if delivery else ()
    bases = [basket.entered(line.total_gross_minor, line.total_net_minor) for line in lines]
    bases += [parcel.price_minor - parcel.discount_minor for parcel in parcels]
    amount_minor = reduction_minor(sum(bases), manual.value_type, manual.value, basket.order.currency)
    shares = share(amount_minor, bases)
    by_line: dict[UUID, int] = {}
    for line, base_minor, off_minor in zip(lines, bases, shares, strict=False):
        if off_minor:
            by_line[line.id] = off_minor
            reduce_line(line, base_minor - off_minor, line.discount_minor + off_minor, basket)
    basket.manual_reduction = spread_by_staff(manual, by_line, amount_minor)
    if delivery is None:
        return None
    return replace(
        delivery,
        parcels=tuple(
            _reduced(basket, parcel, off_minor)
            for parcel, off_minor in zip(parcels, shares[len(lines) :], strict=True)
        ),
    )


def _reduced(basket: Basket, parcel: Parcel, off_minor: int) -> Parcel:
    off_minor += parcel.discount_minor
    with_tax = basket.channel.prices_entered_with_tax
    left = taxed(parcel.price_minor - off_minor, parcel.tax_rate_bp, with_tax)
    return replace(parcel, discount_minor=off_minor, price=left)


async def _delivery(session: AsyncSession, basket: Basket, *, is_carried: bool) -> OfferedDelivery | None:
    """What carries the goods; None where nothing is shipped, or nobody knows yet how or where to.

    A method that does not carry such goods there is priced all the same: staff see what they have chosen, and
    can't complete the draft with it. One that has no price any more keeps the one it had.
    """
    order = basket.order
    if not basket.is_shipping_required or order.shipping_address_id is None:
        return None
    if order.shipping_method_id is None:
        return None if basket.is_draft else _as_it_was(basket)
    offered = await offered_deliveries(session, basket, order.shipping_method_id, anyway=not is_carried)
    if offered:
        if is_carried:
            await _check_not_refused(session, order, order.shipping_method_id)
        return offered[0]
    if is_carried:
        raise DeliveryNotOfferedError(
            "The chosen delivery does not carry these goods there.", field="shipping"
        )
    return _as_it_was(basket)


async def _check_not_refused(session: AsyncSession, order: Order, method_id: int) -> None:
    """Raises DeliveryNotOfferedError where an app says that the order can't travel so."""
    refusal = await refusal_of(session, order, method_id)
    if refusal is not None:
        raise DeliveryNotOfferedError(
            refusal or "The chosen delivery can't be had for this order.", field="shipping"
        )


def _as_it_was(basket: Basket) -> OfferedDelivery | None:
    """A delivery at the price that it has had, spread anew over the parcels."""
    order, weights = basket.order, basket.weights()
    entered = basket.entered(order.shipping_gross_minor, order.shipping_net_minor)
    price_minor = entered + order.shipping_discount_minor
    if not weights or not price_minor:
        return None
    shares, rate_bp = shares_of_parcels(basket, price_minor), order.shipping_tax_rate_bp
    with_tax = basket.channel.prices_entered_with_tax
    return OfferedDelivery(
        order.shipping_method_id or 0,
        tuple(
            Parcel(vendor_id, grams, parcel_minor, rate_bp, taxed(parcel_minor, rate_bp, with_tax))
            for (vendor_id, grams), parcel_minor in zip(weights.items(), shares, strict=True)
        ),
    )


async def write(session: AsyncSession, basket: Basket, settled: Resettled) -> None:
    """Bring what a priced basket comes to into the order's rows. Raises InsufficientStockError, as Errors."""
    order = basket.order
    carriage = await _carriage(session, basket, settled)
    excess_minor = order.gift_card_minor - settled.gift_card_minor
    if excess_minor > 0:
        await give_back(session, order, excess_minor)
    reductions = [*basket.line_reductions(), *await all_reductions(session, basket)]
    if basket.manual_reduction is not None:
        reductions.append(basket.manual_reduction)
    for name, value in amounts_of(settled).items():
        setattr(order, name, value)
    if carriage is not None:
        for column, said in carriage_columns(carriage).items():
            setattr(order, column, said)
    order.weight_grams = sum(basket.weights().values()) if basket.is_draft else 0
    order.updated_at = basket.now
    order.tax_answer = basket.checkout.tax_answer
    part_ids = {} if basket.is_draft else await _write_parts(session, basket, settled, carriage)
    wanted = [] if basket.is_draft else await free_pieces(session, basket)
    batch = Batch()
    await _write_lines(session, batch, basket, reductions, part_ids)
    await _write_discounts(session, batch, basket, settled, reductions)
    await session.flush()
    await batch.write(session)
    if wanted:
        await allocate(session, wanted, basket.channel)
    await publish(session, OrderRewritten(order.id, was_sold=bool(basket.parts)))


async def _carriage(session: AsyncSession, basket: Basket, settled: Settled) -> Carriage | None:
    """How the order travels; None: as it did. A draft keeps the method that was chosen for it."""
    if settled.delivery is None:
        return None if basket.order.shipping_method_id is not None and basket.is_draft else Carriage()
    return await carriage_of(session, settled) if basket.order.shipping_method_id is not None else None


async def _write_parts(
    session: AsyncSession, basket: Basket, settled: Settled, carriage: Carriage | None
) -> dict[int, UUID]:
    """Bring sellers' parts in line with the basket: new ones, changed ones, and those of which nothing is
    left, which are called off. Gives the parts' keys by seller.
    """
    existing = {part.vendor_id: part for part in basket.parts}
    following = max((part.position for part in basket.parts), default=0)
    made: dict[int, Part] = {}
    new = []
    for part in split(basket, settled):
        row = existing.pop(part.vendor_id, None)
        if row is None:
            following += 1
            made[part.vendor_id] = replace(part, position=following)
            new.append(part_row(basket.order, basket, made[part.vendor_id], carriage or Carriage()))
            continue
        made[part.vendor_id] = replace(part, id=row.id, position=row.position)
        _rewrite_part(row, part, carriage)
        row.status = VendorOrderStatus.UNFULFILLED
    for row in existing.values():
        _empty(row)
    batch = Batch()
    batch.insert(VendorOrder, new)
    await batch.write(session)
    return {vendor_id: part.id for vendor_id, part in made.items()}


def _rewrite_part(row: VendorOrder, part: Part, carriage: Carriage | None) -> None:
    columns = part_columns(part, carriage or Carriage())
    if carriage is None:
        del columns["minimum_delivery_days"], columns["maximum_delivery_days"]
    for name, value in columns.items():
        setattr(row, name, value)


def _empty(row: VendorOrder) -> None:
    """Nothing of the order is this seller's any more."""
    row.status = VendorOrderStatus.CANCELED
    for name in ("subtotal", "shipping", "total"):
        setattr(row, f"{name}_gross_minor", 0)
        setattr(row, f"{name}_net_minor", 0)
    row.weight_grams = row.gift_card_minor = 0


async def _write_lines(
    session: AsyncSession,
    batch: Batch,
    basket: Basket,
    reductions: Sequence[Reduction],
    part_ids: Mapping[int, UUID],
) -> None:
    staying = {line.id for line in basket.lines}
    gone = [row_id for row_id in basket.rows if row_id not in staying]
    if gone:
        await session.execute(
            delete(OrderLine).where(OrderLine.id.in_(gone)),
            execution_options={"synchronize_session": False},
        )
        for row_id in gone:
            session.expunge(basket.rows[row_id])
    new = [line for line in basket.lines if line.id not in basket.rows]
    appearances = await appearances_of(session, basket) if new else {}
    following = max((row.position for row in basket.rows.values()), default=0)
    freeze = price_freeze(basket.channel) if basket.is_draft else None
    until = basket.now + freeze if freeze else None
    batch.insert(
        OrderLine,
        [
            line_row(
                basket.order,
                basket,
                line,
                line.id,
                part_id=part_ids.get(basket.offer(line).vendor_id),
                position=position,
                appearance=appearances.get(line.variant_id, _PLAIN),
            )
            | line_discount(basket, line, reductions)
            | {"price_frozen_until": until if line.price_override_minor is None else None}
            for position, line in enumerate(new, following + 1)
        ],
    )
    for line in basket.lines:
        row = basket.rows.get(line.id)
        if row is None:
            continue
        for name, value in (line_columns(basket, line) | line_discount(basket, line, reductions)).items():
            setattr(row, name, Decimal(str(value)) if name == "unit_discount_value" else value)
        row.vendor_order_id = part_ids.get(basket.offer(line).vendor_id)
        if not basket.is_draft:
            row.price_frozen_until = None
        elif line.id not in basket.own_offers and line.variant_id != NO_VARIANT:
            row.price_frozen_until = until


_PLAIN = Appearance("", "", None, None)


async def _write_discounts(
    session: AsyncSession,
    batch: Batch,
    basket: Basket,
    settled: Settled,
    reductions: Sequence[Reduction],
) -> None:
    """Those that staff gave stay the same rows; the others are made anew."""
    amounts = {line_id: off for one in basket.line_reductions() for line_id, off in one.by_line.items()}
    for line_id, discount in basket.by_line.items():
        discount.amount_minor = amounts.get(line_id, 0)
    if basket.manual is not None and basket.manual_reduction is not None:
        basket.manual.amount_minor = basket.manual_reduction.amount_minor
    await session.flush()
    await session.execute(
        delete(OrderDiscount).where(
            OrderDiscount.order_id == basket.order.id, OrderDiscount.type != DiscountType.MANUAL
        ),
        execution_options={"synchronize_session": False},
    )
    if basket.rows:
        await session.execute(
            delete(OrderLineDiscount).where(
                OrderLineDiscount.order_line_id.in_(basket.rows),
                OrderLineDiscount.type != DiscountType.MANUAL,
            ),
            execution_options={"synchronize_session": False},
        )
    line_ids = {line.id: line.id for line in basket.lines}
    by_rule = [reduction for reduction in reductions if reduction.type is not DiscountType.MANUAL]
    insert_discounts(batch, basket.order, settled, by_rule, line_ids)
