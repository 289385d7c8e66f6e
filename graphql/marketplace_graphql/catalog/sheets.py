"""Listing sheets: what came of one, row by row."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Text, any_, column, func

from marketplace.catalog import models
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    DateTime,
    Node,
    each,
    enum,
    node,
    object_type,
    related,
    value,
)
from marketplace_graphql.kernel import column as column_of

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import Product

SheetImportStatusEnum = enum(models.SheetImportStatus, name="SheetImportStatusEnum")


def own_or_staff(row: Any, ctx: Any) -> Any:
    """Sheets are the seller's own business, and that of staff who look after listings."""
    if ctx.requester.has(Permission.MANAGE_PRODUCTS):
        return None
    return row.vendor_id == any_(ctx.requester.vendor_ids)


@object_type
class SheetRowError:
    """One cell of a sheet that is wrong."""

    row: int
    """The number beside the row in the spreadsheet."""
    column: str
    """The title above the cell, as the sheet has it."""
    code: str
    """What kind of mistake it is."""
    message: str
    """What is wrong, in the seller's language."""


@node(models.SheetImport, visible=own_or_staff, order_by=lambda row, ctx: row.id.desc())
class SheetImport(Node):
    """One reading of a seller's listing sheet: a dry run, or the real thing."""

    status: SheetImportStatusEnum  # type: ignore[valid-type]
    file_name: str
    dry_run: bool
    """Whether it only looked, and would have created nothing in any case."""
    rows_total: int
    """Rows that hold a product, right or wrong."""
    products_created: int
    created: DateTime = column_of("created_at")
    products: "list[Product]" = related(
        lambda row, product, ctx: product.id == any_(row.product_ids),
        order_by=lambda product, ctx: product.id,
        limit=2000,
        expected=100,
    )
    """What it put on the shelves, in the sheet's order."""

    @value
    def row_errors(row: Any, ctx: Any) -> list[SheetRowError]:
        """What is wrong, in the order of the rows. With any of these nothing is created."""
        told = func.jsonb_to_recordset(row.errors).table_valued(
            column("row", BigInteger), column("column", Text), column("code", Text), column("message", Text)
        )
        told = told.render_derived("told", with_types=True)
        parts = {name: told.c[name] for name in ("row", "column", "code", "message")}
        return each(told, parts, order_by=told.c.row)
