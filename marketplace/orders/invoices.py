"""Invoices of orders: made here by a worker, or made elsewhere and kept here."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import DomainError, Errors, NotFoundError
from marketplace.kit.jobs import JobStatus, enqueue
from marketplace.orders.errors import InvoiceRequiredError, NoInvoiceForOrderError
from marketplace.orders.invoice_models import Invoice
from marketplace.orders.letters import OrderLetter, write_to_buyer
from marketplace.orders.models import Order, OrderEvent, OrderStatus

NOT_INVOICED = frozenset({OrderStatus.DRAFT, OrderStatus.UNCONFIRMED, OrderStatus.EXPIRED})
MAXIMUM_LENGTH = 2000
NUMBER_LENGTH = 255
"""As in Saleor."""


async def create_invoice(
    session: AsyncSession,
    order_id: UUID,
    number: str,
    url: str,
    *,
    metadata: Mapping[str, str] | None = None,
    private_metadata: Mapping[str, str] | None = None,
    user_id: int | None = None,
) -> Invoice:
    """Keep an invoice that can be fetched at an address of the web.

    Raises NotFoundError, NoInvoiceForOrderError, and Errors of InvoiceRequiredErrors.
    """
    number, url = number.strip(), url.strip()
    order = await _billed_order(session, order_id)
    missing = []
    if not 0 < len(number) <= NUMBER_LENGTH:
        missing.append(InvoiceRequiredError("Say its number.", field="number"))
    if not _is_address(url):
        missing.append(InvoiceRequiredError("Say where on the web it can be fetched.", field="url"))
    if missing:
        raise Errors([*missing])
    invoice = Invoice(
        order_id=order.id,
        number=number,
        url=url,
        public_metadata=dict(metadata or {}),
        private_metadata=dict(private_metadata or {}),
    )
    session.add_all([invoice, _event(order.id, "INVOICE_GENERATED", user_id, invoice_number=number)])
    await session.flush()
    return invoice


async def request_invoice(
    session: AsyncSession, order_id: UUID, number: str | None = None, *, user_id: int | None = None
) -> Invoice:
    """Have a worker make an order's invoice. Raises NotFoundError, NoInvoiceForOrderError."""
    order = await _billed_order(session, order_id)
    number = (number or "").strip()[:NUMBER_LENGTH] or None
    invoice = Invoice(order_id=order.id, status=JobStatus.PENDING, number=number)
    session.add_all([invoice, _event(order.id, "INVOICE_REQUESTED", user_id)])
    await session.flush()
    await enqueue(session, "orders.make_invoice", invoice_id=invoice.id, user_id=user_id)
    return invoice


async def numbered(session: AsyncSession, invoice: Invoice, order: Order) -> str:
    """The number of an invoice: the one that was asked for, or else the order's, counted on."""
    if invoice.number:
        return invoice.number
    before = await session.scalar(
        select(func.count(Invoice.id)).where(Invoice.order_id == order.id, Invoice.id < invoice.id)
    )
    return f"F-{order.number}" if not before else f"F-{order.number}-{before + 1}"


async def request_deletion(session: AsyncSession, invoice: Invoice) -> Invoice:
    """Have a worker delete an invoice."""
    invoice.status, invoice.updated_at = JobStatus.PENDING, clock.now()
    await session.flush()
    await enqueue(session, "orders.delete_invoice", invoice_id=invoice.id)
    return invoice


async def delete_invoices(session: AsyncSession, invoices: Sequence[Invoice]) -> None:
    """Delete invoices; a worker deletes their files."""
    for invoice in invoices:
        if invoice.storage_key is not None:
            await enqueue(session, "orders.delete_file", key=invoice.storage_key)
    keys = [invoice.id for invoice in invoices]
    await session.execute(delete(Invoice).where(Invoice.id.in_(keys)))


async def update_invoice(
    session: AsyncSession,
    invoice: Invoice,
    number: str | None = None,
    url: str | None = None,
    *,
    metadata: Mapping[str, str] | None = None,
    private_metadata: Mapping[str, str] | None = None,
    user_id: int | None = None,
) -> Invoice:
    """Say an invoice's number, or where it can be fetched: both must be known then. Raises Errors."""
    number, url = (number or "").strip(), (url or "").strip()
    wrong: list[DomainError] = []
    if not (number or invoice.number) or len(number) > NUMBER_LENGTH:
        wrong.append(InvoiceRequiredError("Say its number.", field="number", code="NUMBER_NOT_SET"))
    if (url or not (invoice.url or invoice.storage_key)) and not _is_address(url):
        message = "Say where on the web it can be fetched."
        wrong.append(InvoiceRequiredError(message, field="url", code="URL_NOT_SET"))
    if wrong:
        raise Errors(wrong)
    invoice.number, invoice.url = number or invoice.number, url or invoice.url
    invoice.public_metadata = {**invoice.public_metadata, **(metadata or {})}
    invoice.private_metadata = {**invoice.private_metadata, **(private_metadata or {})}
    invoice.status, invoice.updated_at = JobStatus.SUCCESS, clock.now()
    told = {"invoice_number": invoice.number or "", "url": invoice.url or "", "status": invoice.status}
    session.add(_event(invoice.order_id, "INVOICE_UPDATED", user_id, **told))
    await session.flush()
    return invoice


async def send_invoice(session: AsyncSession, invoice: Invoice, *, user_id: int | None = None) -> Invoice:
    """Have the buyer written to. Raises Errors for an invoice, or an order, that is not ready for it."""
    order = await session.get_one(Order, invoice.order_id)
    wrong: list[DomainError] = []
    for is_missing, field, code, message in (
        (invoice.status is not JobStatus.SUCCESS, "invoice", "NOT_READY", "It is not ready yet."),
        (not (invoice.url or invoice.storage_key), "url", "URL_NOT_SET", "It can't be fetched anywhere."),
        (not invoice.number, "number", "NUMBER_NOT_SET", "It has no number."),
        (not order.user_email, "order", "EMAIL_NOT_SET", "The order has no e-mail address."),
    ):
        if is_missing:
            wrong.append(NoInvoiceForOrderError(message, field=field, code=code))
    if wrong:
        raise Errors(wrong)
    session.add(_event(order.id, "INVOICE_SENT", user_id, email=order.user_email))
    await write_to_buyer(session, order, OrderLetter.INVOICE, user_id, about=invoice.id)
    return invoice


async def _billed_order(session: AsyncSession, order_id: UUID) -> Order:
    """An order that may be invoiced. Raises NotFoundError, NoInvoiceForOrderError."""
    order = await session.scalar(select(Order).where(Order.id == order_id))
    if order is None:
        raise NotFoundError("There is no such order.", field="orderId")
    if order.status in NOT_INVOICED:
        raise NoInvoiceForOrderError(
            f"An order that is {order.status.lower()} has no invoice.", field="orderId", code="INVALID_STATUS"
        )
    if order.billing_address_id is None:
        raise NoInvoiceForOrderError("Nobody is billed for this order.", field="orderId")
    return order


def _event(order_id: UUID, event_type: str, user_id: int | None, **parameters: str) -> OrderEvent:
    return OrderEvent(order_id=order_id, type=event_type, user_id=user_id, parameters=parameters)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and len(url) <= MAXIMUM_LENGTH
