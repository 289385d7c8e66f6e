"""Sales and what follows from them: rows as the rooms below leave them, and their events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from uuid import UUID

from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.payouts.reactions  # noqa: F401 - what these events cause
from marketplace.catalog.models import Category
from marketplace.kit import clock
from marketplace.kit.events import publish
from marketplace.kit.settings import Settings
from marketplace.markets.models import Channel
from marketplace.orders.events import OrderPlaced, VendorOrderDelivered, VendorOrderRefused
from marketplace.orders.models import Order, OrderLine, VendorOrder, VendorOrderStatus
from marketplace.payments.events import CashRemitted
from marketplace.payments.models import CashCollection, CashRemittance, CashStatus, TransactionItem
from marketplace.payouts.models import CommissionRule, PayoutRun
from marketplace.payouts.runs import approve_run, review_run
from marketplace.people.models import User
from marketplace.vendors.models import BankAccount, BankAccountKind, Vendor

_numbers = count(1)


@dataclass(frozen=True)
class Piece:
    """A line of an order: so many pieces of a seller at a price with tax."""

    vendor: Vendor
    price_minor: int = 100_00
    quantity: int = 1
    category: Category | None = None


async def approve(
    session: AsyncSession, run_id: int, first: User, second: User, settings: Settings
) -> PayoutRun:
    """Have one look through a draft and another let it go."""
    await review_run(session, run_id, first.id)
    return await approve_run(session, run_id, second.id, settings)


async def make_rule(session: AsyncSession, rate_bp: int = 800, **given: object) -> CommissionRule:
    """A commission rule; for all sellers, unless given otherwise, and with 20 % VAT on it."""
    rule = CommissionRule(**{"rate_bp": rate_bp, "vat_rate_bp": 2000, "valid_from": date(2020, 1, 1)} | given)
    session.add(rule)
    await session.flush()
    return rule


def rib(number: int) -> str:
    """A RIB whose key is right: bank 011, and a number that no account has."""
    body = f"011780{number:016d}"
    return f"{body}{97 - int(body) * 100 % 97:02d}"


async def make_bank_account(session: AsyncSession, vendor: Vendor, keys: str, **given: object) -> BankAccount:
    """An account with a valid RIB, encrypted with the first of the installation's keys."""
    number = str(given.pop("number", rib(next(_numbers))))
    account = BankAccount(
        **{
            "vendor_id": vendor.id,
            "kind": BankAccountKind.RIB,
            "holder": vendor.name,
            "bank_name": "Banque de test",
            "number_encrypted": Fernet(keys.split(",", maxsplit=1)[0]).encrypt(number.encode()),
            "number_ending": number[-4:],
        }
        | given
    )
    session.add(account)
    await session.flush()
    return account


async def place_order(
    session: AsyncSession,
    channel: Channel,
    pieces: Sequence[Piece],
    *,
    delivery_minor: int = 30_00,
    **given: object,
) -> list[VendorOrder]:
    """An order to be paid at the door, one part and one parcel per seller; its event is published."""
    goods_minor = sum(piece.price_minor * piece.quantity for piece in pieces)
    vendor_ids = list(dict.fromkeys(piece.vendor.id for piece in pieces))
    total_minor = goods_minor + delivery_minor * len(vendor_ids)
    created_at = given.pop("created_at", None) or clock.now()
    order = Order(
        channel_id=channel.id,
        currency=channel.currency_code,
        created_at=created_at,
        subtotal_gross_minor=goods_minor,
        subtotal_net_minor=goods_minor,
        shipping_gross_minor=delivery_minor * len(vendor_ids),
        shipping_net_minor=delivery_minor * len(vendor_ids),
        undiscounted_total_gross_minor=total_minor,
        undiscounted_total_net_minor=total_minor,
        total_gross_minor=total_minor,
        total_net_minor=total_minor,
        **given,
    )
    session.add(order)
    await session.flush()
    payment = TransactionItem(
        order_id=order.id, gateway="marketplace.cash_on_delivery", currency=order.currency
    )
    session.add(payment)
    await session.flush()
    parts = []
    for position, vendor_id in enumerate(vendor_ids, start=1):
        own = [piece for piece in pieces if piece.vendor.id == vendor_id]
        sales_minor = sum(piece.price_minor * piece.quantity for piece in own)
        part = VendorOrder(
            order_id=order.id,
            vendor_id=vendor_id,
            position=position,
            currency=order.currency,
            created_at=created_at,
            subtotal_gross_minor=sales_minor,
            subtotal_net_minor=sales_minor,
            shipping_gross_minor=delivery_minor,
            shipping_net_minor=delivery_minor,
            total_gross_minor=sales_minor + delivery_minor,
            total_net_minor=sales_minor + delivery_minor,
        )
        session.add(part)
        await session.flush()
        session.add_all(_line(order, part, place, piece) for place, piece in enumerate(own))
        session.add(
            CashCollection(
                vendor_order_id=part.id,
                transaction_id=payment.id,
                carrier="AMANA",
                currency=order.currency,
                amount_minor=part.total_gross_minor,
            )
        )
        parts.append(part)
    await session.flush()
    await publish(session, OrderPlaced(order.id))
    return parts


def _line(order: Order, part: VendorOrder, place: int, piece: Piece) -> OrderLine:
    total_minor = piece.price_minor * piece.quantity
    return OrderLine(
        order_id=order.id,
        vendor_order_id=part.id,
        category_id=piece.category.id if piece.category else None,
        position=place,
        product_name="Tapis",
        quantity=piece.quantity,
        currency=order.currency,
        unit_gross_minor=piece.price_minor,
        unit_net_minor=piece.price_minor,
        undiscounted_unit_gross_minor=piece.price_minor,
        undiscounted_unit_net_minor=piece.price_minor,
        total_gross_minor=total_minor,
        total_net_minor=total_minor,
    )


async def _cash_of(session: AsyncSession, vendor_order_id: UUID) -> CashCollection:
    query = select(CashCollection).where(CashCollection.vendor_order_id == vendor_order_id)
    return (await session.scalars(query)).one()


async def deliver(session: AsyncSession, part: VendorOrder) -> None:
    """The buyer has the parcel and has paid the carrier."""
    part.status = VendorOrderStatus.DELIVERED
    part.delivered_at = clock.now()
    part.withdrawal_ends_at = part.delivered_at + timedelta(days=7)
    cash = await _cash_of(session, part.id)
    cash.status, cash.collected_at = CashStatus.COLLECTED, part.delivered_at
    await session.flush()
    await publish(session, VendorOrderDelivered(part.id))


async def refuse(session: AsyncSession, part: VendorOrder) -> None:
    """The buyer did not take the parcel."""
    part.status = VendorOrderStatus.REFUSED
    (await _cash_of(session, part.id)).status = CashStatus.REFUSED
    await session.flush()
    await publish(session, VendorOrderRefused(part.id))


async def remit(
    session: AsyncSession, parts: Sequence[VendorOrder], *, short_minor: int = 0
) -> CashRemittance:
    """The carrier hands over the cash of some parcels, perhaps too little."""
    remittance = CashRemittance(
        carrier="AMANA",
        reference=f"BR-{next(_numbers)}",
        received_at=clock.now(),
        currency=parts[0].currency,
        amount_minor=sum(part.total_gross_minor for part in parts) - short_minor,
    )
    session.add(remittance)
    await session.flush()
    for part in parts:
        cash = await _cash_of(session, part.id)
        cash.status, cash.remittance_id = CashStatus.REMITTED, remittance.id
    await session.flush()
    await publish(session, CashRemitted(remittance.id))
    return remittance
