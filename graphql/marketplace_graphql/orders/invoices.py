"""Invoices: a buyer fetches them, staff say where they are."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, literal, select, true
from sqlalchemy.orm import aliased
from strawberry import ID

from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.jobs import JobStatus
from marketplace.orders import models
from marketplace.orders.invoices import create_invoice
from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.inputs import metadata_entries
from marketplace_graphql.inputs import DateTimeRangeInput, MetadataInput
from marketplace_graphql.kernel import (
    DateTime,
    Info,
    Node,
    ObjectWithMetadata,
    between,
    column,
    enum,
    error_type,
    input_type,
    interface,
    mutation,
    node,
    object_type,
    related,
)
from marketplace_graphql.orders.visibility import STAFF, knows_buyer

if TYPE_CHECKING:
    from marketplace_graphql.orders.types import Order

enum(JobStatus, name="JobStatusEnum")


@interface
class Job:
    """Something that takes a while to make."""

    status: JobStatus
    created_at: DateTime
    updated_at: DateTime
    message: str | None
    """What went wrong, if something did."""


def invoice_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """An invoice says who is billed: it is for whoever may know that."""
    if ctx.requester.has(STAFF):
        return true()
    order = aliased(models.Order)
    return (
        select(literal(1))
        .where(order.id == row.order_id, knows_buyer(order, ctx))
        .correlate_except(order)
        .exists()
    )


@node(models.Invoice, visible=invoice_visible, order_by=lambda row, ctx: (row.created_at, row.id))
class Invoice(Node, ObjectWithMetadata, Job):
    """An invoice of an order."""

    private_metadata_needs = Permission.MANAGE_ORDERS

    number: str | None
    url: str | None
    """Where it can be fetched."""
    external_url: str | None = column("url", deprecated="Use `url`.")
    order: "Order | None" = related()


@input_type
class InvoiceFilterInput:
    """A condition on an invoice."""

    created_at: DateTimeRangeInput | None


def has_invoices(row: Any, wanted: bool, ctx: Any) -> ColumnElement[bool]:
    """Meaning of `hasInvoices`."""
    found = _invoice(row)
    return found if wanted else ~found


def invoices_are(row: Any, wanted: Any, ctx: Any) -> ColumnElement[bool]:
    """Meaning of `invoices`: for each condition there is an invoice that meets it."""
    created = between(lambda row, ctx: row.created_at)
    moments = [each.created_at for each in wanted if each.created_at is not None]
    return and_(true(), *[_invoice(row, created, moment, ctx) for moment in moments])


def _invoice(row: Any, *condition: Any) -> ColumnElement[bool]:
    """Whether the order has an invoice (that meets a condition, its value and context)."""
    invoice = aliased(models.Invoice)
    parts = [invoice.order_id == row.id]
    if condition:
        meaning, value, ctx = condition
        said = meaning(invoice, value, ctx)
        parts += [] if said is None else [said]
    return select(literal(1)).where(*parts).correlate_except(invoice).exists()


@enum
class InvoiceErrorCode(Enum):
    """What can be wrong with an invoice or with what was asked of it."""

    REQUIRED = "REQUIRED"
    NOT_READY = "NOT_READY"
    URL_NOT_SET = "URL_NOT_SET"
    EMAIL_NOT_SET = "EMAIL_NOT_SET"
    NUMBER_NOT_SET = "NUMBER_NOT_SET"
    NOT_FOUND = "NOT_FOUND"
    INVALID_STATUS = "INVALID_STATUS"
    NO_INVOICE_PLUGIN = "NO_INVOICE_PLUGIN"


InvoiceError = error_type("InvoiceError", InvoiceErrorCode, twin="invoiceErrors")


@input_type
class InvoiceCreateInput:
    """An invoice that was made elsewhere."""

    number: str
    url: str
    """Where it can be fetched."""
    metadata: list[MetadataInput] | None
    """Entries that everybody sees."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see."""


@object_type
class InvoiceMutations:
    """A part of the mutations of orders."""

    @mutation(returns="Invoice", errors=InvoiceError, needs=STAFF)
    async def invoice_create(self, info: Info, order_id: ID, input: InvoiceCreateInput) -> models.Invoice:
        """Keeps an invoice that was made elsewhere, for its buyer to fetch."""
        try:
            key = info.key(order_id, "Order")
            await info.check_channel(models.Order, key)
            entries, private = metadata_entries(input.metadata), metadata_entries(input.private_metadata)
        except InvalidError as error:
            # Saleor's codes for invoices have no word for what is merely wrong.
            code = "NOT_FOUND" if error.field == "id" else "REQUIRED"
            raise NotFoundError(error.message, field=error.field, code=code) from error
        return await create_invoice(
            info.session,
            key,
            input.number,
            input.url,
            metadata=entries,
            private_metadata=private,
            user_id=info.requester.user_id,
        )
