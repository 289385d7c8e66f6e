"""Orders that were placed elsewhere are brought in, with what was paid of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.batch import Batch
from marketplace.kit.errors import InvalidError
from marketplace.kit.events import publish
from marketplace.kit.money import to_minor
from marketplace.orders.events import OrdersImported
from marketplace.orders.importing.checking import check, is_web_address
from marketplace.orders.importing.line_plans import MAXIMUM_AMOUNT
from marketplace.orders.importing.lookup import look_up
from marketplace.orders.importing.plans import Given, Plan, entries
from marketplace.orders.importing.stocks import NOTHING_SOLD, StockUpdatePolicy, move_stock
from marketplace.orders.importing.writing import write_orders
from marketplace.payments.amounts import amounts_of, authorize_status, charge_status
from marketplace.payments.gateways.by_hand import IMPORTED
from marketplace.payments.method_details import method_details
from marketplace.payments.models import TransactionEvent, TransactionEventType, TransactionItem

MAXIMUM_PAYMENTS = 100
"""Of one order."""
_AMOUNTS = ("amount_authorized", "amount_charged", "amount_refunded", "amount_canceled")


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment that is going to be written."""

    item: TransactionItem
    events: list[TransactionEvent] = field(default_factory=list)


async def import_orders(
    session: AsyncSession,
    given: Sequence[Given],
    *,
    keeps_failed: bool,
    rejects_everything: bool,
    policy: StockUpdatePolicy,
) -> list[Plan]:
    """Bring orders in, and say of each what became of it and what was wrong.

    `keeps_failed`: an order is kept without the parts that were wrong; `rejects_everything`: one fault
    refuses all. Nothing is posted to the ledger, and nobody is written to.
    """
    plans = [Plan(one) for one in given]
    known = await look_up(session, plans)
    references: set[str] = set()
    for plan in plans:
        check(plan, known, references)
    payments = await _payments(session, plans)
    if any(plan.errors for plan in plans) and not keeps_failed:
        for plan in plans:
            plan.is_wanted = not rejects_everything and not plan.errors
    async with session.begin_nested() as all_of_them:
        shares = await move_stock(session, plans, policy)
        if rejects_everything and any(plan.errors for plan in plans):
            await all_of_them.rollback()
            for plan in plans:
                plan.is_wanted = False
            return plans
    orders = await write_orders(session, plans, shares)
    await _write_payments(session, plans, payments)
    if orders:
        await publish(session, OrdersImported(tuple(order.id for order in orders)))
        await announce(session, "ORDER_BULK_CREATED", *orders)
    return plans


async def _payments(session: AsyncSession, plans: Sequence[Plan]) -> dict[int, list[Payment]]:
    """What was paid, by the plan's place; what can't be is told."""
    sent = [payment for plan in plans for payment in plan.given.get("transactions") or ()]
    references = {payment["psp_reference"] for payment in sent if payment.get("psp_reference")}
    taken: set[str] = set()
    if references:
        found = await session.scalars(
            select(TransactionItem.psp_reference).where(TransactionItem.psp_reference.in_(references))
        )
        taken = {reference for reference in found if reference is not None}
    made: dict[int, list[Payment]] = {}
    for place, plan in enumerate(plans):
        if plan.is_lost:
            continue
        given = plan.given.get("transactions") or ()
        if len(given) > MAXIMUM_PAYMENTS:
            plan.fault(f"At most {MAXIMUM_PAYMENTS} payments.", "INVALID", "transactions", is_fatal=True)
            continue
        found_payments = [_payment(plan, one, index, taken) for index, one in enumerate(given)]
        made[place] = [payment for payment in found_payments if payment is not None]
    return made


def _payment(plan: Plan, given: Given, index: int, taken: set[str]) -> Payment | None:
    path, faults = f"transactions.{index}", len(plan.errors)
    reference = given.get("psp_reference") or None
    if reference in taken:
        plan.fault("Another payment has this reference.", "UNIQUE", path)
    amounts: dict[str, int] = {}
    for name in _AMOUNTS:
        amount = given.get(name)
        if amount is not None and amount["currency"].upper() != plan.currency:
            plan.fault("The order has another currency.", "INCORRECT_CURRENCY", path)
        elif amount is not None and amount["amount"] > MAXIMUM_AMOUNT:
            plan.fault("Nobody pays that.", "INVALID", path)
        elif amount is not None:
            amounts[name] = to_minor(amount["amount"], plan.currency)
    url = given.get("external_url")
    if url and not is_web_address(url):
        plan.fault("This is no web address.", "INVALID", path)
    details = _details(plan, given.get("payment_method_details"), path)
    stores = {
        "public_metadata": entries(plan, given.get("metadata"), path),
        "private_metadata": entries(plan, given.get("private_metadata"), path),
    }
    if len(plan.errors) > faults:
        return None
    if reference:
        taken.add(reference)
    item = TransactionItem(
        token=uuid4(),
        order_id=plan.id,
        gateway=IMPORTED,
        name=given.get("name") or "",
        message=given.get("message") or "",
        psp_reference=reference,
        currency=plan.currency,
        available_actions=[action.value for action in given.get("available_actions") or ()],
        created_at=plan.given["created_at"],
        method_details=details,
        **stores,
    )
    return Payment(item, _events(item, amounts, url or ""))


def _details(plan: Plan, given: Given | None, path: str) -> dict[str, Any] | None:
    """What a payment was made with, if that is said."""
    try:
        return None if given is None else method_details(given)
    except InvalidError as error:
        plan.fault(error.message, "INVALID", path)
        return None


def _events(item: TransactionItem, amounts: dict[str, int], url: str) -> list[TransactionEvent]:
    """What must have happened for a payment to stand where it is said to. What was paid back had been paid,
    and what is called off had been promised.
    """
    charged = amounts.get("amount_charged", 0) + amounts.get("amount_refunded", 0)
    canceled = amounts.get("amount_canceled", 0)
    authorized = amounts.get("amount_authorized", 0)
    promised = authorized + charged + canceled if authorized or canceled else 0
    told = {
        TransactionEventType.AUTHORIZATION_SUCCESS: promised,
        TransactionEventType.CHARGE_SUCCESS: charged,
        TransactionEventType.REFUND_SUCCESS: amounts.get("amount_refunded", 0),
        TransactionEventType.CANCEL_SUCCESS: canceled,
    }
    events = [
        TransactionEvent(
            type=kind,
            amount_minor=amount_minor,
            currency=item.currency,
            psp_reference=item.psp_reference or f"imported:{item.token}",
            counts=True,
            message="Brought in with the order.",
            external_url=url,
        )
        for kind, amount_minor in told.items()
        if amount_minor
    ]
    for name, minor in asdict(amounts_of(events)).items():
        setattr(item, name, minor)
    return events


async def _write_payments(
    session: AsyncSession, plans: Sequence[Plan], payments: dict[int, list[Payment]]
) -> None:
    """Write the payments of orders that came in, and what these are covered by."""
    coming = {place: plan for place, plan in enumerate(plans) if plan.written is not None}
    items = [payment.item for place in coming for payment in payments.get(place, [])]
    session.add_all(items)
    await session.flush()
    batch = Batch()
    batch.insert(
        TransactionEvent,
        [
            _row(payment.item, event)
            for place in coming
            for payment in payments.get(place, [])
            for event in payment.events
        ],
    )
    for place, plan in coming.items():
        order, own = plan.written, [payment.item for payment in payments.get(place, [])]
        if order is None:
            continue
        order.total_authorized_minor = sum(item.authorized_minor for item in own)
        order.total_charged_minor = sum(item.charged_minor for item in own)
        order.total_refunded_minor = sum(item.refunded_minor for item in own)
        total, covered = order.total_gross_minor, order.total_authorized_minor + order.total_charged_minor
        owed = 0 if order.status in NOTHING_SOLD else total
        order.authorize_status = authorize_status(owed, covered)
        order.charge_status = charge_status(total, owed, order.total_charged_minor)
    await session.flush()
    await batch.write(session)


def _row(item: TransactionItem, event: TransactionEvent) -> dict[str, Any]:
    return {
        "transaction_id": item.id,
        "created_at": clock.now(),
        "type": event.type,
        "amount_minor": event.amount_minor,
        "currency": event.currency,
        "psp_reference": event.psp_reference,
        "message": event.message,
        "external_url": event.external_url,
        "counts": True,
    }
