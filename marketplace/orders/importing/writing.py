"""Imported orders are written: a handful of statements for all of them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.models import Allocation
from marketplace.kit import clock
from marketplace.kit.batch import Batch
from marketplace.kit.money import share
from marketplace.orders.discounts import OrderDiscount, OrderGiftCard, OrderLineDiscount
from marketplace.orders.importing.plans import LinePlan, ParcelPlan, Plan
from marketplace.orders.importing.stocks import NOTHING_SOLD, Shares
from marketplace.orders.invoice_models import Invoice
from marketplace.orders.models import (
    Fulfillment,
    FulfillmentLine,
    Order,
    OrderEvent,
    OrderLine,
    VendorOrder,
    VendorOrderStatus,
)
from marketplace.people.models import Address
from marketplace.pricing.discounts import DiscountType


async def write_orders(session: AsyncSession, plans: Sequence[Plan], shares: Shares) -> list[Order]:
    """Write orders that are coming in, with all that hangs on them but payments."""
    coming = [plan for plan in plans if plan.is_coming]
    if not coming:
        return []
    await _write_addresses(session, coming)
    batch = Batch()
    batch.insert(Order, [plan.order for plan in coming])
    part_ids: dict[tuple[UUID, int], UUID] = {}
    batch.insert(VendorOrder, [row for plan in coming for row in _parts(plan, part_ids)])
    batch.insert(
        OrderLine,
        [
            line.row
            | {
                "vendor_order_id": part_ids[plan.id, line.vendor_id],
                "quantity_fulfilled": line.fulfilled,
                "price_frozen_until": None,
            }
            for plan in coming
            for line in plan.lines
        ],
    )
    batch.insert(OrderDiscount, [row for plan in coming for row in plan.discounts])
    batch.insert(OrderLineDiscount, [row for plan in coming for row in _line_discounts(plan)])
    batch.insert(OrderEvent, [row for plan in coming for row in plan.notes])
    batch.insert(Invoice, [row for plan in coming for row in plan.invoices])
    batch.insert(
        OrderGiftCard,
        [
            {"order_id": plan.id, "gift_card_id": key, "currency": plan.currency, "amount_minor": 0}
            for plan in coming
            for key in plan.gift_card_ids
        ],
    )
    batch.insert(
        Allocation,
        [
            {"order_line_id": line_id, "stock_id": stock_id, "quantity": pieces}
            for line_id, stock_id, pieces in shares.sold
        ],
    )
    await batch.write(session)
    await _write_parcels(session, coming, part_ids, shares)
    found = await session.scalars(select(Order).where(Order.id.in_([plan.id for plan in coming])))
    by_id = {order.id: order for order in found}
    for plan in coming:
        plan.written = by_id[plan.id]
    return [by_id[plan.id] for plan in coming]


async def _write_addresses(session: AsyncSession, plans: Sequence[Plan]) -> None:
    rows: dict[tuple[UUID, str], Address] = {}
    for plan in plans:
        for kind in ("billing", "shipping"):
            address = getattr(plan, f"{kind}_address")
            if address is not None:
                rows[plan.id, kind] = Address(public_metadata={}, **asdict(address))
    session.add_all(rows.values())
    await session.flush()
    for plan in plans:
        for kind in ("billing", "shipping"):
            row = rows.get((plan.id, kind))
            plan.order[f"{kind}_address_id"] = row.id if row else None


def _parts(plan: Plan, part_ids: dict[tuple[UUID, int], UUID]) -> list[dict[str, Any]]:
    """The order's sellers' parts. Delivery and weight are shared by what has to be shipped of each."""
    by_vendor: dict[int, list[LinePlan]] = {}
    for line in plan.lines:
        by_vendor.setdefault(line.vendor_id, []).append(line)
    weights = [
        sum(line.quantity for line in lines if line.row["is_shipping_required"])
        for lines in by_vendor.values()
    ]
    gross = share(plan.shipping_gross_minor, weights)
    tax = share(plan.shipping_gross_minor - plan.shipping_net_minor, weights)
    grams = share(plan.weight_grams, weights)
    rows = []
    for index, (vendor_id, lines) in enumerate(by_vendor.items()):
        part_ids[plan.id, vendor_id] = part_id = uuid4()
        goods_gross = sum(line.row["total_gross_minor"] for line in lines)
        goods_net = sum(line.row["total_net_minor"] for line in lines)
        pieces, left = sum(line.quantity for line in lines), sum(line.fulfilled for line in lines)
        status = VendorOrderStatus.CANCELED if plan.status in NOTHING_SOLD else _status(pieces, left)
        rows.append(
            {
                "id": part_id,
                "order_id": plan.id,
                "vendor_id": vendor_id,
                "position": index + 1,
                "status": status,
                "currency": plan.currency,
                "weight_grams": grams[index],
                "subtotal_gross_minor": goods_gross,
                "subtotal_net_minor": goods_net,
                "shipping_gross_minor": gross[index],
                "shipping_net_minor": gross[index] - tax[index],
                "total_gross_minor": goods_gross + gross[index],
                "total_net_minor": goods_net + gross[index] - tax[index],
                "shipped_at": plan.given["created_at"] if left else None,
                "created_at": plan.given["created_at"],
                "updated_at": clock.now(),
            }
        )
    return rows


def _status(pieces: int, left: int) -> VendorOrderStatus:
    if not left:
        return VendorOrderStatus.UNFULFILLED
    return VendorOrderStatus.FULFILLED if left == pieces else VendorOrderStatus.PARTIALLY_FULFILLED


def _line_discounts(plan: Plan) -> list[dict[str, Any]]:
    """What lines were reduced by, where no discount of the whole says it."""
    if plan.discounts:
        return []
    return [
        {
            "order_line_id": line.id,
            "created_at": plan.given["created_at"],
            "type": DiscountType.MANUAL,
            "name": None,
            "translated_name": None,
            "value_type": line.row["unit_discount_type"],
            "value": line.row["unit_discount_value"],
            "reason": line.row["unit_discount_reason"],
            "currency": plan.currency,
            "amount_minor": line.undiscounted_gross_minor - line.row["total_gross_minor"],
            "voucher_id": None,
            "voucher_code": plan.order["voucher_code"],
        }
        for line in plan.lines
        if line.row["unit_discount_minor"] and line.row["unit_discount_type"]
    ]


async def _write_parcels(
    session: AsyncSession, plans: Sequence[Plan], part_ids: dict[tuple[UUID, int], UUID], shares: Shares
) -> None:
    """What had left: a parcel is one seller's, so what left of several together makes several."""
    made: list[tuple[Fulfillment, list[tuple[LinePlan, int]]]] = []
    for plan in plans:
        number = 0
        for parcel in plan.parcels:
            for vendor_id, pieces in _by_vendor(parcel).items():
                number += 1
                row = Fulfillment(
                    order_id=plan.id,
                    vendor_order_id=part_ids[plan.id, vendor_id],
                    fulfillment_order=number,
                    tracking_number=parcel.tracking_number,
                    created_at=plan.given["created_at"],
                    updated_at=clock.now(),
                )
                made.append((row, pieces))
    if not made:
        return
    session.add_all([row for row, _ in made])
    await session.flush()
    batch = Batch()
    batch.insert(
        FulfillmentLine,
        [
            {
                "fulfillment_id": row.id,
                "order_line_id": line.id,
                "stock_id": stock_id,
                "quantity": quantity,
            }
            for row, pieces in made
            for line, wanted in pieces
            for stock_id, quantity in _from_shelves(shares.left[line.id], wanted)
        ],
    )
    await batch.write(session)


def _by_vendor(parcel: ParcelPlan) -> dict[int, list[tuple[LinePlan, int]]]:
    by_vendor: dict[int, list[tuple[LinePlan, int]]] = {}
    for line, quantity in parcel.pieces:
        by_vendor.setdefault(line.vendor_id, []).append((line, quantity))
    return by_vendor


def _from_shelves(shelves: list[tuple[int, int]], wanted: int) -> list[tuple[int | None, int]]:
    """From which shelves so many pieces of a line had come; what no shelf gave was not counted."""
    taken: list[tuple[int | None, int]] = []
    while wanted and shelves:
        stock_id, pieces = shelves.pop(0)
        used = min(pieces, wanted)
        taken.append((stock_id, used))
        wanted -= used
        if pieces > used:
            shelves.insert(0, (stock_id, pieces - used))
    return [*taken, (None, wanted)] if wanted else taken
