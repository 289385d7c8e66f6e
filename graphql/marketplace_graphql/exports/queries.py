"""Root fields of exports."""

from typing import Any

from sqlalchemy import ColumnElement, false, true
from strawberry import ID

from marketplace_graphql.exports.types import NEEDED, ExportFile, export_filter, export_order
from marketplace_graphql.kernel import CountableConnection, connection, object_type, related

NEEDS = tuple(NEEDED.values())


def _works_for_seller(root: Any, ctx: Any) -> ColumnElement[bool]:
    """Those who do find the files that they have asked for."""
    return true() if ctx.requester.is_vendor else false()


@object_type
class ExportsQueries:
    """Files that were asked for."""

    export_files: "CountableConnection[ExportFile] | None" = connection(
        filter=export_filter,
        sort_by=export_order,
        order_by=lambda row, ctx: row.created_at.desc(),
        needs=NEEDS,
        allowed=_works_for_seller,
    )
    """Files of what the requester may see, the latest first."""

    @related(needs=NEEDS, allowed=_works_for_seller)
    def export_file(root: Any, export: Any, ctx: Any, id: ID) -> ExportFile | None:
        """One file."""
        return export.id == ctx.key(id, "ExportFile")
