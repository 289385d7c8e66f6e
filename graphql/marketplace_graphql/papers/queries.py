"""The root fields of papers."""

from typing import Any

from sqlalchemy import any_
from strawberry import ID

from marketplace_graphql.inputs import DateTimeRangeInput
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    AUTHENTICATED_APP,
    CountableConnection,
    Filter,
    between,
    connection,
    input_type,
    object_type,
    related,
)
from marketplace_graphql.papers.types import IssuedPaper, PaperKindEnum


@input_type
class IssuedPaperFilterInput:
    """Which papers are listed."""

    vendors: list[ID] | None
    kinds: "list[PaperKindEnum] | None"
    issued_at: DateTimeRangeInput | None


paper_filter = Filter(
    IssuedPaperFilterInput,
    {
        "vendors": lambda row, ids, ctx: row.vendor_id == any_(ctx.key(ids, "Vendor")),
        "kinds": lambda row, kinds, ctx: row.kind.in_([kind.value for kind in kinds]),
        "issued_at": between(lambda row, ctx: row.issued_at),
    },
)


@object_type
class PaperQueries:
    """Numbered papers."""

    vendor_papers: CountableConnection[IssuedPaper] | None = connection(
        filter=paper_filter, needs=(AUTHENTICATED, AUTHENTICATED_APP)
    )
    """Invoices and credit notes, the latest first: all of them to staff of payouts, a seller's own to its
    owner and its treasurer.
    """

    @related
    def vendor_paper(root: Any, paper: Any, ctx: Any, id: ID) -> IssuedPaper | None:
        """One invoice or credit note: for staff of payouts, and for the seller's owner and treasurer."""
        return paper.id == ctx.key(id, "IssuedPaper")
