"""Putting a numbered paper among those that are never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payouts.papers.models import IssuedPaper, PaperKind
from marketplace.payouts.papers.numbers import next_number, written_number


@dataclass(frozen=True, slots=True)
class Draft:
    """A paper that has no number yet. Amounts are minor units, and positive on credit notes too."""

    kind: PaperKind
    series: str
    vendor_id: int
    currency: str
    net_minor: int
    vat_minor: int
    content: Mapping[str, Any]
    month: date | None = None
    vendor_order_id: UUID | None = None


async def issue(session: AsyncSession, draft: Draft, at: datetime) -> IssuedPaper:
    """Number it and keep it. Whoever calls has made sure, under a lock, that it was not issued before."""
    year, sequence = await next_number(session, draft.series, at)
    paper = IssuedPaper(
        kind=draft.kind,
        series=draft.series,
        year=year,
        sequence=sequence,
        number=written_number(draft.series, year, sequence),
        vendor_id=draft.vendor_id,
        vendor_order_id=draft.vendor_order_id,
        month=draft.month,
        issued_at=at,
        currency=draft.currency,
        net_minor=draft.net_minor,
        vat_minor=draft.vat_minor,
        gross_minor=draft.net_minor + draft.vat_minor,
        content=dict(draft.content),
    )
    session.add(paper)
    await session.flush()
    return paper
