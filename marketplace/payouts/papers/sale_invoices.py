"""A seller's invoice to the buyer of its part of an order, in the seller's name and in a series of its own.

Issued when somebody first asks for it, once the part is delivered; then it stays as it is.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import NotFoundError
from marketplace.orders.invoice_papers import written_address
from marketplace.orders.models import Order, OrderLine, VendorOrder
from marketplace.payouts.errors import RunStateError
from marketplace.payouts.papers.issuing import Draft, issue
from marketplace.payouts.papers.models import IssuedPaper, PaperKind
from marketplace.payouts.papers.numbers import MOROCCO
from marketplace.payouts.papers.parties import seller_of
from marketplace.people.models import Address


async def sale_invoice(session: AsyncSession, vendor_order_id: UUID) -> IssuedPaper:
    """The invoice of a part, issued now if it was not yet: asked for twice, it is one.

    Raises NotFoundError, RunStateError for a part that is not delivered.
    """
    locked = select(VendorOrder).where(VendorOrder.id == vendor_order_id).with_for_update()
    part = await session.scalar(locked, execution_options={"populate_existing": True})
    if part is None:
        raise NotFoundError("There is no such part of an order.", field="id")
    issued = await session.scalar(select(IssuedPaper).where(IssuedPaper.vendor_order_id == part.id))
    if issued is not None:
        return issued
    if part.delivered_at is None:
        raise RunStateError("A sale is invoiced once it is delivered.", field="id")
    return await issue(session, await _draft(session, part, part.delivered_at), clock.now())


async def _draft(session: AsyncSession, part: VendorOrder, delivered_at: datetime) -> Draft:
    order = await session.get_one(Order, part.order_id)
    address_id = order.billing_address_id
    billed = await session.get(Address, address_id) if address_id is not None else None
    found = await session.scalars(
        select(OrderLine).where(OrderLine.vendor_order_id == part.id).order_by(OrderLine.position)
    )
    lines = [
        {
            "what": ", ".join(filter(None, (line.product_name, line.variant_name))),
            "pieces": line.quantity,
            "unit_minor": line.unit_gross_minor,
            "vat_rate_bp": line.tax_rate_bp,
            "gross_minor": line.total_gross_minor,
            "net_minor": line.total_net_minor,
        }
        for line in found
    ]
    gross_minor, net_minor = part.shipping_gross_minor, part.shipping_net_minor
    if gross_minor:
        lines.append(
            {
                "what": "",  # Delivery: it is said in the reader's language.
                "pieces": 1,
                "unit_minor": gross_minor,
                "vat_rate_bp": order.shipping_tax_rate_bp if gross_minor != net_minor else 0,
                "gross_minor": gross_minor,
                "net_minor": net_minor,
            }
        )
    return Draft(
        kind=PaperKind.SALE_INVOICE,
        series=f"V{part.vendor_id}",
        vendor_id=part.vendor_id,
        currency=part.currency,
        net_minor=part.total_net_minor,
        vat_minor=part.total_gross_minor - part.total_net_minor,
        content={
            "seller": await seller_of(session, part.vendor_id),
            "buyer": written_address(billed, order.user_email or "—"),
            "order": f"{order.number}-{part.position}",
            "sold_on": part.created_at.astimezone(MOROCCO).date().isoformat(),
            "delivered_on": delivered_at.astimezone(MOROCCO).date().isoformat(),
            "lines": lines,
        },
        vendor_order_id=part.id,
    )
