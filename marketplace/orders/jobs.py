"""What follows an order and need not keep its buyer waiting."""

import asyncio
from uuid import UUID

import structlog
from sqlalchemy import select

from marketplace.kit import clock
from marketplace.kit.jobs import JobStatus, Retry, Work, enqueue, job
from marketplace.orders.drafts import refresh_draft
from marketplace.orders.invoice_models import Invoice
from marketplace.orders.invoice_papers import invoice_pdf, paper_of
from marketplace.orders.invoices import delete_invoices, numbered
from marketplace.orders.models import (
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    VendorOrder,
    VendorOrderStatus,
)
from marketplace.people import history
from marketplace.people.models import CustomerEvent, CustomerEventType, User
from marketplace.people.recipients import addresses_to_write_to
from marketplace.vendors.models import VendorMember

DRAFTS_AT_ONCE = 100
log = structlog.get_logger(__name__)


@job("orders.follow_up")
async def follow_up(work: Work, order_id: UUID) -> None:
    """Write it into the buyer's history; have letters sent to the buyer, to each seller's members, and to
    those of the staff who are written to about each order.
    """
    order = await work.session.get(Order, order_id, with_for_update={"key_share": True})
    if order is None:
        return
    if order.user_id is not None:
        await _note(work, order.user_id, order)
    await enqueue(work.session, "post.order_confirmation", order_id=order.id)
    if order.status is not OrderStatus.UNCONFIRMED:
        await _tell_sellers(work, order)


@job("orders.follow_confirmation")
async def follow_confirmation(work: Work, order_id: UUID) -> None:
    """Staff have confirmed it: have letters sent to the buyer and to each seller's members."""
    order = await work.session.get(Order, order_id)
    if order is None:
        return
    await enqueue(work.session, "post.order_confirmed", order_id=order.id)
    await _tell_sellers(work, order)


@job("orders.refresh_draft")
async def refresh_one_draft(work: Work, order_id: UUID) -> None:
    """Add up a draft that has lost lines."""
    await refresh_draft(work.session, order_id)


@job("orders.refresh_drafts")
async def refresh_drafts(work: Work) -> None:
    """Have lines of drafts whose time is over take the shop's prices: so many drafts at once, the others the
    next time.
    """
    due = await work.session.scalars(
        select(OrderLine.order_id)
        .where(OrderLine.price_frozen_until <= clock.now())
        .order_by(OrderLine.price_frozen_until)
        .limit(DRAFTS_AT_ONCE)
    )
    for order_id in sorted(set(due)):
        await refresh_draft(work.session, order_id)


async def _tell_sellers(work: Work, order: Order) -> None:
    told = await work.session.execute(
        select(VendorOrder.id, VendorMember.user_id)
        .join(VendorMember, VendorMember.vendor_id == VendorOrder.vendor_id)
        .join(User, User.id == VendorMember.user_id)
        .where(
            VendorOrder.order_id == order.id,
            VendorOrder.status != VendorOrderStatus.CANCELED,
            User.is_active,
        )
        .order_by(VendorOrder.position, VendorMember.user_id)
    )
    for vendor_order_id, user_id in told:
        await enqueue(work.session, "post.new_order", vendor_order_id=vendor_order_id, user_id=user_id)
    for recipient_id, _, _ in await addresses_to_write_to(work.session):
        await enqueue(work.session, "post.staff_order", order_id=order.id, recipient_id=recipient_id)


async def _note(work: Work, user_id: int, order: Order) -> None:
    """Once, though the job be told twice."""
    wanted = [CustomerEventType.PLACED_ORDER]
    if order.customer_note:
        wanted.append(CustomerEventType.NOTE_ADDED_TO_ORDER)
    noted = await work.session.scalars(
        select(CustomerEvent.type).where(CustomerEvent.user_id == user_id, CustomerEvent.order_id == order.id)
    )
    already = set(noted)
    for event_type in [event for event in wanted if event not in already]:
        message = order.customer_note if event_type is CustomerEventType.NOTE_ADDED_TO_ORDER else None
        await history.record(work.session, user_id, event_type, order_id=order.id, message=message)


@job("orders.make_invoice", retry=Retry(times=8))
async def make_invoice(work: Work, invoice_id: int, user_id: int | None = None) -> None:
    """Make an invoice that was asked for, and keep its PDF."""
    invoice = await work.session.get(Invoice, invoice_id, with_for_update=True)
    if invoice is None or invoice.status is not JobStatus.PENDING or invoice.storage_key is not None:
        return
    try:
        await _make(work, invoice, user_id)
    except Exception:
        if not work.is_last_attempt:
            raise
        log.exception("an invoice could not be made", invoice_id=invoice_id)
        invoice.status, invoice.message = JobStatus.FAILED, "It could not be made: ask for it again."
        invoice.updated_at = clock.now()


async def _make(work: Work, invoice: Invoice, user_id: int | None) -> None:
    order = await work.session.get_one(Order, invoice.order_id)
    invoice.number = await numbered(work.session, invoice, order)
    paper = await paper_of(work.session, invoice, order)
    key = f"private/invoices/{order.id}/{invoice.id}.pdf"
    await work.storage.put(key, await asyncio.to_thread(invoice_pdf, paper), "application/pdf")
    invoice.storage_key, invoice.status = key, JobStatus.SUCCESS
    invoice.updated_at = clock.now()
    told = {"invoice_number": invoice.number}
    work.session.add(
        OrderEvent(order_id=order.id, type="INVOICE_GENERATED", user_id=user_id, parameters=told)
    )


@job("orders.delete_invoice")
async def delete_invoice(work: Work, invoice_id: int) -> None:
    """Delete an invoice whose deletion was asked for."""
    invoice = await work.session.get(Invoice, invoice_id, with_for_update=True)
    if invoice is not None and invoice.status is JobStatus.PENDING:
        await delete_invoices(work.session, [invoice])


@job("orders.delete_file", retry=Retry(times=8))
async def delete_file(work: Work, key: str) -> None:
    """Delete a private file that nothing names any more."""
    await work.storage.delete(key)
