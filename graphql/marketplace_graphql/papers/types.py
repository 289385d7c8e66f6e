"""Numbered papers as the API shows them."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, false, select, true

from marketplace.payouts.papers.document import Format
from marketplace.payouts.papers.models import IssuedPaper as IssuedPaperRow
from marketplace.payouts.papers.models import PaperKind
from marketplace.vendors.models import VendorMember
from marketplace_graphql.kernel import Date, DateTime, Node, enum, node, related, value
from marketplace_graphql.payouts.fields import STAFF
from marketplace_graphql.seller_statements.queries import FINANCE
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.orders.vendor_orders import VendorOrder
    from marketplace_graphql.vendors.types import Vendor

PaperKindEnum = enum(PaperKind, name="PaperKindEnum")
PaperFormatEnum = enum(Format, name="PaperFormatEnum")


def of_own_finance(row: Any, ctx: Any) -> ColumnElement[bool]:
    """A seller's papers are for its owner and its treasurer, and for staff who work with payouts."""
    if ctx.requester.has(STAFF):
        return true()
    if not ctx.requester.is_vendor:
        return false()
    own = select(VendorMember.vendor_id).where(
        VendorMember.user_id == ctx.requester.user_id, VendorMember.role.in_(FINANCE)
    )
    return row.vendor_id.in_(own)


@node(IssuedPaperRow, visible=of_own_finance, order_by=lambda row, ctx: (row.issued_at.desc(), row.id.desc()))
class IssuedPaper(Node):
    """An invoice or a credit note with a number of a series without gaps. It is never changed."""

    kind: PaperKindEnum  # type: ignore[valid-type]
    number: str
    vendor: "Vendor" = related()
    vendor_order: "VendorOrder | None" = related(lambda row, part, ctx: part.id == row.vendor_order_id)
    """The sale that it is for, if it is for one."""
    month: Date | None
    """The first day of the month that it is for, if it is for one."""
    issued_at: DateTime
    net: Money = value(lambda row, ctx: money(row.net_minor, row.currency))
    vat: Money = value(lambda row, ctx: money(row.vat_minor, row.currency))
    gross: Money = value(lambda row, ctx: money(row.gross_minor, row.currency))
    """With VAT. Of a credit note: what is given back."""
