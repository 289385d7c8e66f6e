"""Cash in carriers' hands: expected with the order, collected at the door, handed over, reconciled."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Uuid, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.batch import Batch
from marketplace.kit.errors import NotFoundError, RequiredError
from marketplace.kit.events import publish
from marketplace.kit.ids import to_global_id
from marketplace.kit.money import Money, share
from marketplace.markets.models import ShippingMethod
from marketplace.orders.cancelling import owed_minor
from marketplace.orders.models import Order, VendorOrder
from marketplace.payments.errors import (
    CashCarrierError,
    RemittanceAmountError,
    RemittanceError,
    RemittanceReferenceError,
)
from marketplace.payments.events import CashRemitted
from marketplace.payments.gateways.cash_on_delivery import GATEWAY_ID as CASH_ON_DELIVERY
from marketplace.payments.models import (
    CashCollection,
    CashRemittance,
    CashStatus,
    TransactionEventType,
    TransactionItem,
)
from marketplace.payments.transactions import covered_minor, refresh_order, tell

MAXIMUM_PARCELS = 1000


async def expect(session: AsyncSession, order: Order, promise: TransactionItem) -> None:
    """Write down what the carrier will collect for each parcel of a new order: in all, what was promised.

    What gift cards have paid of a parcel is not asked for at the door.
    """
    found = await session.execute(_PARCELS, {"order_id": order.id, "method_id": order.shipping_method_id})
    parts = found.all()
    amounts = share(promise.authorized_minor, [left_minor for _, left_minor, _ in parts])
    batch = Batch()
    batch.insert(
        CashCollection,
        [
            {
                "vendor_order_id": part_id,
                "transaction_id": promise.id,
                "carrier": carrier,
                "currency": order.currency,
                "amount_minor": amount_minor,
            }
            for (part_id, _, carrier), amount_minor in zip(parts, amounts, strict=True)
            if amount_minor
        ],
    )
    await batch.write(session)


_PARCELS = (
    select(
        VendorOrder.id,
        VendorOrder.total_gross_minor - VendorOrder.gift_card_minor,
        func.coalesce(func.nullif(ShippingMethod.carrier, ""), ShippingMethod.name, ""),
    )
    .outerjoin(ShippingMethod, ShippingMethod.id == bindparam("method_id", type_=BigInteger))
    .where(VendorOrder.order_id == bindparam("order_id", type_=Uuid))
    .order_by(VendorOrder.position)
)


async def promise_anew(session: AsyncSession, order: Order) -> None:
    """Staff have changed a locked order of which nothing has left: what was promised to be paid at the door
    is what it costs now, parcel by parcel. Raises CashCarrierError where its carrier takes no cash.
    """
    found = await session.scalars(
        select(TransactionItem)
        .where(TransactionItem.order_id == order.id)
        .order_by(TransactionItem.id)
        .with_for_update()
    )
    transactions = found.all()
    promise = next((one for one in transactions if one.gateway == CASH_ON_DELIVERY), None)
    if promise is None or not promise.authorized_minor:
        return
    takes_cash = select(ShippingMethod.collects_cash).where(ShippingMethod.id == order.shipping_method_id)
    is_by_app = order.shipping_app_method_id is not None
    if is_by_app or (order.shipping_method_id is not None and not await session.scalar(takes_cash)):
        raise CashCarrierError("It is to be paid at the door: this carrier takes no cash.")
    others = sum(covered_minor(one) for one in transactions if one is not promise)
    exact = max(await owed_minor(session, order) - others, 0)
    if exact != promise.authorized_minor:
        await tell(
            session,
            promise,
            TransactionEventType.AUTHORIZATION_ADJUSTMENT,
            Money(exact + promise.charged_minor + promise.canceled_minor, promise.currency),
            f"rewritten:{uuid4()}",
            message="What was ordered has changed.",
        )
    await session.execute(
        delete(CashCollection).where(
            CashCollection.transaction_id == promise.id, CashCollection.status == CashStatus.EXPECTED
        ),
        execution_options={"synchronize_session": False},
    )
    await expect(session, order, promise)


async def collect(session: AsyncSession, part: VendorOrder) -> bool:
    """The carrier gave the parcel and took the money: it is paid, and the carrier's debt. Gives whether cash
    was expected for it. The caller has locked the vendor order and its order.
    """
    found = await _expected(session, part)
    if found is None:
        return False
    cash, promise, order = found
    cash.status = CashStatus.COLLECTED
    cash.collected_at = part.delivered_at or clock.now()
    await tell(
        session,
        promise,
        TransactionEventType.CHARGE_SUCCESS,
        Money(cash.amount_minor, cash.currency),
        f"cash:{part.id}",
        message="Paid at the door.",
    )
    await refresh_order(session, order)
    return True


async def ask_less(session: AsyncSession, part: VendorOrder, amount_minor: int) -> int:
    """Have the carrier ask so much less at the door, if it is still to; gives how much less it is. Something
    is left to ask for: a part of which nothing is left is given up. The caller has locked it.
    """
    if amount_minor <= 0:
        return 0
    found = await _expected(session, part)
    if found is None:
        return 0
    expected, promise, order = found
    less_minor = min(amount_minor, expected.amount_minor - 1)
    if less_minor <= 0:
        return 0
    expected.amount_minor -= less_minor
    await tell(
        session,
        promise,
        TransactionEventType.CANCEL_SUCCESS,
        Money(less_minor, expected.currency),
        f"less:{part.id}:{expected.amount_minor}",
        message="Less is to be paid at the door.",
    )
    await refresh_order(session, order)
    return less_minor


async def give_up(session: AsyncSession, part: VendorOrder, status: CashStatus) -> bool:
    """The parcel was refused or called off: nothing will be paid for it. Gives whether cash was expected for
    it. The caller has locked it.
    """
    found = await _expected(session, part)
    if found is None:
        return False
    cash, promise, order = found
    cash.status = status
    await tell(
        session,
        promise,
        TransactionEventType.CANCEL_SUCCESS,
        Money(cash.amount_minor, cash.currency),
        f"cash:{part.id}",
        message="Refused at the door." if status is CashStatus.REFUSED else "Called off.",
    )
    await refresh_order(session, order)
    return True


async def remit(
    session: AsyncSession,
    carrier: str,
    reference: str,
    amount: Money,
    vendor_order_ids: Collection[UUID],
    *,
    accept_difference: bool = False,
    received_at: datetime | None = None,
) -> CashRemittance:
    """A carrier hands over the cash of parcels. The same remittance told twice is booked once.

    `accept_difference` books a remittance that is short, or over; the difference is the marketplace's.
    Raises RequiredError, NotFoundError, RemittanceError, RemittanceAmountError, RemittanceReferenceError.
    """
    wanted = set(vendor_order_ids)
    carrier, reference = carrier.strip(), reference.strip()
    if not carrier or not reference or not wanted:
        missing = "carrier" if not carrier else "reference" if not reference else "vendorOrders"
        raise RequiredError("Carrier, reference and parcels are needed.", field=missing)
    if len(wanted) > MAXIMUM_PARCELS:
        raise RemittanceError(f"At most {MAXIMUM_PARCELS} parcels at once.", field="vendorOrders")
    new_id = await session.scalar(
        upsert(CashRemittance)
        .values(
            carrier=carrier,
            reference=reference,
            received_at=received_at or clock.now(),
            currency=amount.currency,
            amount_minor=amount.minor,
        )
        .on_conflict_do_nothing(index_elements=[CashRemittance.carrier, CashRemittance.reference])
        .returning(CashRemittance.id)
    )
    if new_id is None:
        return await _booked_before(session, carrier, reference, amount, wanted)
    await _settle(session, carrier, amount, wanted, new_id, accept_difference=accept_difference)
    await publish(session, CashRemitted(new_id))
    return await session.get_one(CashRemittance, new_id)


@dataclass(frozen=True, slots=True)
class CarrierDebt:
    """What a carrier owes in a currency."""

    carrier: str
    amount: Money
    parcels: int
    oldest_collected_at: datetime


async def outstanding(session: AsyncSession) -> list[CarrierDebt]:
    """Cash collected and not handed over, by carrier and currency, the oldest debt first."""
    oldest = func.min(CashCollection.collected_at)
    rows = await session.execute(
        select(
            CashCollection.carrier,
            CashCollection.currency,
            func.sum(CashCollection.amount_minor),
            func.count(),
            oldest,
        )
        .where(CashCollection.status == CashStatus.COLLECTED)
        .group_by(CashCollection.carrier, CashCollection.currency)
        .order_by(oldest)
    )
    return [
        CarrierDebt(carrier, Money(int(amount_minor), currency), parcels, since or clock.now())
        for carrier, currency, amount_minor, parcels, since in rows
    ]


async def _expected(
    session: AsyncSession, part: VendorOrder
) -> tuple[CashCollection, TransactionItem, Order] | None:
    """The cash still expected for a parcel, locked, with its transaction and order."""
    found = await session.execute(
        select(CashCollection, TransactionItem, Order)
        .join(TransactionItem, TransactionItem.id == CashCollection.transaction_id)
        .join(VendorOrder, VendorOrder.id == CashCollection.vendor_order_id)
        .join(Order, Order.id == VendorOrder.order_id)
        .where(CashCollection.vendor_order_id == part.id, CashCollection.status == CashStatus.EXPECTED)
        .with_for_update(of=CashCollection)
    )
    row = found.one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def _booked_before(
    session: AsyncSession, carrier: str, reference: str, amount: Money, vendor_order_ids: set[UUID]
) -> CashRemittance:
    remittance = await session.scalar(
        select(CashRemittance).where(CashRemittance.carrier == carrier, CashRemittance.reference == reference)
    )
    if remittance is None:
        raise NotFoundError("There is no such remittance.", field="reference")
    paid = await session.scalars(
        select(CashCollection.vendor_order_id).where(CashCollection.remittance_id == remittance.id)
    )
    if set(paid) != vendor_order_ids or Money(remittance.amount_minor, remittance.currency) != amount:
        raise RemittanceReferenceError(
            f"{carrier}'s remittance {reference} was booked before, with another content.", field="reference"
        )
    return remittance


async def _settle(
    session: AsyncSession,
    carrier: str,
    amount: Money,
    vendor_order_ids: set[UUID],
    remittance_id: int,
    *,
    accept_difference: bool,
) -> None:
    found = await session.scalars(
        select(CashCollection)
        .where(CashCollection.vendor_order_id.in_(vendor_order_ids))
        .order_by(CashCollection.id)
        .with_for_update(),
        execution_options={"populate_existing": True},
    )
    collections = found.all()
    _check(collections, carrier, amount, vendor_order_ids, accept_difference=accept_difference)
    await session.execute(
        update(CashCollection)
        .where(CashCollection.id.in_([cash.id for cash in collections]))
        .values(status=CashStatus.REMITTED, remittance_id=remittance_id, updated_at=clock.now()),
    )


def _check(
    collections: Sequence[CashCollection],
    carrier: str,
    amount: Money,
    vendor_order_ids: set[UUID],
    *,
    accept_difference: bool,
) -> None:
    unknown = vendor_order_ids - {cash.vendor_order_id for cash in collections}
    if unknown:
        raise NotFoundError(
            "No cash was expected for some of these parcels.",
            field="vendorOrders",
            vendor_orders=[to_global_id("VendorOrder", part_id) for part_id in unknown],
        )
    unfit = [
        cash
        for cash in collections
        if cash.status is not CashStatus.COLLECTED
        or cash.carrier != carrier
        or cash.currency != amount.currency
    ]
    if unfit:
        raise RemittanceError(
            f"Some of these parcels have no cash that {carrier} owes in {amount.currency}.",
            field="vendorOrders",
            vendor_orders=[to_global_id("VendorOrder", cash.vendor_order_id) for cash in unfit],
        )
    owed = Money(sum(cash.amount_minor for cash in collections), amount.currency)
    if owed != amount and not accept_difference:
        raise RemittanceAmountError(
            f"These parcels come to {owed}, and {amount} were handed over.", field="amount"
        )
