"""Invoices: a buyer fetches them, staff say where they are."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, literal, select, true
from strawberry import ID

from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.jobs import JobStatus
from marketplace.kit.settings import Settings
from marketplace.orders import invoice_models, models
from marketplace.orders import invoices as service
from marketplace.orders.invoice_files import address_of
from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.inputs import metadata_entries
from marketplace_graphql.inputs import DateTimeRangeInput, MetadataInput
from marketplace_graphql.kernel import (
    DateTime,
    Info,
    Node,
    ObjectWithMetadata,
    between,
    computed,
    deletion,
    enum,
    error_type,
    input_type,
    interface,
    mutation,
    node,
    object_type,
    related,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.conditions import each_of, hangs_on
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


@node(invoice_models.Invoice, visible=invoice_visible, order_by=lambda row, ctx: (row.created_at, row.id))
class Invoice(Node, ObjectWithMetadata, Job):
    """An invoice of an order."""

    private_metadata_needs = Permission.MANAGE_ORDERS

    number: str | None
    order: "Order | None" = related()

    @computed(  # type: ignore[untyped-decorator]
        lambda row, ctx: {"url": row.url, "key": row.storage_key, "number": row.number}
    )
    def url(selected: Any, info: Info) -> str | None:
        """Where it can be fetched. Of one that was made here the address is valid for ten minutes."""
        return _address(selected, info)

    @computed(  # type: ignore[untyped-decorator]
        lambda row, ctx: {"url": row.url, "key": row.storage_key, "number": row.number},
        deprecated="Use `url`.",
    )
    def external_url(selected: Any, info: Info) -> str | None:
        """Where it can be fetched."""
        return _address(selected, info)


def _address(selected: Any, info: Info) -> str | None:
    settings: Settings = info.context["settings"]
    return address_of(selected["url"], selected["key"], selected["number"], settings)


@input_type
class InvoiceFilterInput:
    """A condition on an invoice."""

    created_at: DateTimeRangeInput | None


def has_invoices(row: Any, wanted: bool, ctx: Any) -> ColumnElement[bool]:
    """Meaning of `hasInvoices`."""
    return hangs_on(invoice_models.Invoice, row, lambda invoice: true(), ctx, wanted=wanted)


def invoices_are(row: Any, wanted: Any, ctx: Any) -> ColumnElement[bool]:
    """Meaning of `invoices`: for each condition there is an invoice that meets it."""
    created: Any = between(lambda row, ctx: row.created_at)

    def met(moment: Any) -> ColumnElement[bool]:
        return hangs_on(invoice_models.Invoice, row, lambda invoice: created(invoice, moment, ctx), ctx)

    return each_of([each.created_at for each in wanted if each.created_at is not None], met)


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


@input_type
class UpdateInvoiceInput:
    """What changes about an invoice."""

    number: str | None
    url: str | None
    """Where it can be fetched."""
    metadata: list[MetadataInput] | None
    """Entries that everybody sees."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see."""


@object_type
class InvoiceMutations:
    """A part of the mutations of orders."""

    invoice_delete = deletion(
        invoice_models.Invoice,
        service.delete_invoices,
        doc="Deletes an invoice.",
        errors=InvoiceError,
        needs=STAFF,
    )

    @mutation(
        returns={"invoice": "Invoice | None", "order": "Order | None"},
        errors=InvoiceError,
        needs=STAFF,
        tells="INVOICE_REQUESTED",
    )
    async def invoice_request(self, info: Info, order_id: ID, number: str | None = None) -> Any:
        """Has a worker make an order's invoice."""
        key = await _order_key(info, order_id)
        invoice = await service.request_invoice(info.session, key, number, user_id=info.requester.user_id)
        return {"invoice": invoice, "order": await info.session.get(models.Order, key)}

    @mutation(returns="Invoice", errors=InvoiceError, needs=STAFF, tells="INVOICE_DELETED")
    async def invoice_request_delete(self, info: Info, id: ID) -> invoice_models.Invoice:
        """Has a worker delete an invoice."""
        return await service.request_deletion(info.session, await _invoice_of(info, id))

    @mutation(returns="Invoice", errors=InvoiceError, needs=STAFF)
    async def invoice_update(self, info: Info, id: ID, input: UpdateInvoiceInput) -> invoice_models.Invoice:
        """Says an invoice's number, or where it can be fetched."""
        invoice = await _invoice_of(info, id)
        entries, private = _entries(input)
        return await service.update_invoice(
            info.session,
            invoice,
            input.number or None,
            input.url or None,
            metadata=entries,
            private_metadata=private,
            user_id=info.requester.user_id,
        )

    @mutation(returns="Invoice", errors=InvoiceError, needs=STAFF, tells="INVOICE_SENT")
    async def invoice_send_notification(self, info: Info, id: ID) -> invoice_models.Invoice:
        """Sends the buyer a letter with an invoice."""
        invoice = await _invoice_of(info, id)
        return await service.send_invoice(info.session, invoice, user_id=info.requester.user_id)

    @mutation(returns="Invoice", errors=InvoiceError, needs=STAFF)
    async def invoice_create(
        self, info: Info, order_id: ID, input: InvoiceCreateInput
    ) -> invoice_models.Invoice:
        """Keeps an invoice that was made elsewhere, for its buyer to fetch."""
        key = await _order_key(info, order_id)
        entries, private = _entries(input)
        return await service.create_invoice(
            info.session,
            key,
            input.number,
            input.url,
            metadata=entries,
            private_metadata=private,
            user_id=info.requester.user_id,
        )


async def _order_key(info: Info, order_id: ID) -> Any:
    """Raises NotFoundError, PermissionDeniedError for an order of a channel that is not the requester's."""
    try:
        return await info.key_in_reach(models.Order, order_id)
    except InvalidError as error:
        raise NotFoundError(error.message, field="orderId") from error


async def _invoice_of(info: Info, id: ID) -> invoice_models.Invoice:
    try:
        return await info.find(invoice_models.Invoice, id)
    except InvalidError as error:
        # Saleor's codes for invoices have no word for what is merely wrong.
        raise NotFoundError(error.message, field="id") from error


def _entries(input: InvoiceCreateInput | UpdateInvoiceInput) -> tuple[dict[str, str], dict[str, str]]:
    try:
        return metadata_entries(input.metadata), metadata_entries(input.private_metadata)
    except InvalidError as error:
        raise NotFoundError(error.message, field=error.field, code="REQUIRED") from error
