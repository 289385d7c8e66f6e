"""Invoices of orders, made elsewhere and kept here: their numbers, and where they can be fetched."""

from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import Errors, NotFoundError
from marketplace.orders.errors import InvoiceRequiredError, NoInvoiceForOrderError
from marketplace.orders.models import Invoice, Order, OrderEvent, OrderStatus

NOT_INVOICED = frozenset({OrderStatus.DRAFT, OrderStatus.UNCONFIRMED, OrderStatus.EXPIRED})
MAXIMUM_LENGTH = 2000


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
    order = await session.scalar(select(Order).where(Order.id == order_id))
    if order is None:
        raise NotFoundError("There is no such order.", field="orderId")
    if order.status in NOT_INVOICED:
        raise NoInvoiceForOrderError(
            f"An order that is {order.status.lower()} has no invoice.", field="orderId", code="INVALID_STATUS"
        )
    if order.billing_address_id is None:
        raise NoInvoiceForOrderError("Nobody is billed for this order.", field="orderId")
    missing = []
    if not 0 < len(number) <= MAXIMUM_LENGTH:
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
    told = {"invoice_number": number}
    session.add_all(
        [
            invoice,
            OrderEvent(order_id=order.id, type="INVOICE_GENERATED", user_id=user_id, parameters=told),
        ]
    )
    await session.flush()
    return invoice


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and len(url) <= MAXIMUM_LENGTH
