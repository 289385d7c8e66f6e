"""The marketplace's invoices of commission, by seller, month and currency, and credit notes for what it gives
back of it.

They are made of the ledger's entries of deliveries and refunds. An entry is on one paper only: what is booked
late into a month whose paper is issued already is on the next month's.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings
from marketplace.orders.models import Order, OrderLine, VendorOrder
from marketplace.payouts.journal import lock_balances
from marketplace.payouts.ledger import JournalEntry
from marketplace.payouts.models import EarningReversal, LineCommission, VendorEarning
from marketplace.payouts.papers.issuing import Draft, issue
from marketplace.payouts.papers.models import IssuedPaper, PaperEntry, PaperKind
from marketplace.payouts.papers.numbers import MOROCCO
from marketplace.payouts.papers.parties import issuer_of, seller_of

SERIES = {PaperKind.COMMISSION_INVOICE: "FC", PaperKind.COMMISSION_CREDIT_NOTE: "AC"}
"""Facture de commission, avoir sur commission: each is numbered by itself."""

_NAME = func.concat(Order.number, literal_column("'-'"), VendorOrder.position)
"""What a part of an order is called."""


@dataclass(frozen=True, slots=True)
class CommissionLine:
    """Commission on what one part of an order brought, or gave back, at one rate. Minor units."""

    entry_id: int
    day: str
    order: str
    sales_minor: int
    rate_bp: int | None
    """None on a credit note for goods of several rates."""
    commission_minor: int
    vat_rate_bp: int | None
    vat_minor: int


def first_of(month: date) -> date:
    return month.replace(day=1)


def end_of(month: date) -> datetime:
    """The first moment after a month, in Morocco."""
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return datetime.combine(after, time.min, MOROCCO)


def last_finished_month(now: datetime) -> date:
    today = now.astimezone(MOROCCO).date()
    return date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1)


async def due(session: AsyncSession, month: date) -> list[tuple[int, str]]:
    """The sellers, and the currencies, of whom something is on no paper yet. Raises InvalidError for a month
    that is not over.
    """
    _demand_finished(month)
    query = (
        select(VendorEarning.vendor_id, VendorEarning.currency)
        .join(JournalEntry, JournalEntry.vendor_order_id == VendorEarning.vendor_order_id)
        .where(_unissued(month), VendorEarning.commission_minor > 0)
        .distinct()
        .order_by(VendorEarning.vendor_id, VendorEarning.currency)
    )
    return [(vendor_id, currency) for vendor_id, currency in await session.execute(query)]


async def issue_of_month(
    session: AsyncSession, settings: Settings, vendor_id: int, currency: str, month: date
) -> list[IssuedPaper]:
    """Issue a seller's invoice and credit note of a month, as far as there is something to say and they are
    not issued: told twice, it is done once. Raises InvalidError, IssuerMissingError, NotFoundError.
    """
    month = first_of(month)
    _demand_finished(month)
    issuer = issuer_of(settings)
    await lock_balances(session, [vendor_id])
    found = await session.scalars(
        select(IssuedPaper.kind).where(
            IssuedPaper.vendor_id == vendor_id, IssuedPaper.currency == currency, IssuedPaper.month == month
        )
    )
    issued = set(found)
    lines_of = {
        PaperKind.COMMISSION_INVOICE: await _sold(session, vendor_id, currency, month),
        PaperKind.COMMISSION_CREDIT_NOTE: await _given_back(session, vendor_id, currency, month),
    }
    papers, now = [], clock.now()
    for kind, lines in lines_of.items():
        if kind in issued or not lines:
            continue
        seller = await seller_of(session, vendor_id)
        draft = Draft(
            kind=kind,
            series=SERIES[kind],
            vendor_id=vendor_id,
            currency=currency,
            net_minor=sum(line.commission_minor for line in lines),
            vat_minor=sum(line.vat_minor for line in lines),
            content={"issuer": issuer, "seller": seller, "lines": [asdict(line) for line in lines]},
            month=month,
        )
        paper = await issue(session, draft, now)
        entries = dict.fromkeys(line.entry_id for line in lines)
        session.add_all(PaperEntry(entry_id=entry_id, paper_id=paper.id) for entry_id in entries)
        papers.append(paper)
    await session.flush()
    return papers


def _demand_finished(month: date) -> None:
    if clock.now() < end_of(month):
        raise InvalidError(f"{month:%Y-%m} is not over.", field="month")


def _unissued(month: date) -> ColumnElement[bool]:
    on_paper = select(PaperEntry.entry_id).where(PaperEntry.entry_id == JournalEntry.id).exists()
    return JournalEntry.kind.in_(("delivered", "refunded")) & (JournalEntry.at < end_of(month)) & ~on_paper


async def _sold(
    session: AsyncSession, vendor_id: int, currency: str, month: date
) -> Sequence[CommissionLine]:
    """By part and by the rates that were frozen on its lines."""
    rates = (LineCommission.rate_bp, LineCommission.vat_rate_bp)
    rows = await session.execute(
        select(
            JournalEntry.id,
            JournalEntry.at,
            _NAME,
            func.sum(OrderLine.total_gross_minor),
            LineCommission.rate_bp,
            func.sum(LineCommission.commission_minor),
            LineCommission.vat_rate_bp,
            func.sum(LineCommission.vat_minor),
        )
        .join(VendorEarning, VendorEarning.vendor_order_id == JournalEntry.vendor_order_id)
        .join(VendorOrder, VendorOrder.id == VendorEarning.vendor_order_id)
        .join(Order, Order.id == VendorOrder.order_id)
        .join(LineCommission, LineCommission.vendor_order_id == VendorOrder.id)
        .join(OrderLine, OrderLine.id == LineCommission.order_line_id)
        .where(
            _unissued(month),
            JournalEntry.kind == "delivered",
            VendorEarning.vendor_id == vendor_id,
            VendorEarning.currency == currency,
            LineCommission.commission_minor > 0,
        )
        .group_by(JournalEntry.id, _NAME, *rates)
        .order_by(JournalEntry.at, JournalEntry.id, *rates)
    )
    return [_line(*row) for row in rows]


async def _given_back(
    session: AsyncSession, vendor_id: int, currency: str, month: date
) -> Sequence[CommissionLine]:
    """By refund. At which rate is said where all of the part's goods were sold at one."""
    rates = (
        select(
            LineCommission.vendor_order_id,
            func.array_agg(LineCommission.rate_bp.distinct()).label("rates"),
            func.array_agg(LineCommission.vat_rate_bp.distinct()).label("vat_rates"),
        )
        .where(LineCommission.vendor_order_id == VendorEarning.vendor_order_id)
        .group_by(LineCommission.vendor_order_id)
        .lateral("rates")
    )
    rows = await session.execute(
        select(
            JournalEntry.id,
            JournalEntry.at,
            _NAME,
            EarningReversal.goods_minor,
            rates.c.rates,
            EarningReversal.commission_minor,
            rates.c.vat_rates,
            EarningReversal.vat_minor,
        )
        .join(VendorEarning, VendorEarning.vendor_order_id == JournalEntry.vendor_order_id)
        .join(
            EarningReversal,
            (EarningReversal.vendor_order_id == VendorEarning.vendor_order_id)
            & (JournalEntry.key == func.concat("refunded:", EarningReversal.part_refund_id)),
        )
        .join(VendorOrder, VendorOrder.id == VendorEarning.vendor_order_id)
        .join(Order, Order.id == VendorOrder.order_id)
        .join(rates, rates.c.vendor_order_id == VendorEarning.vendor_order_id)
        .where(
            _unissued(month),
            JournalEntry.kind == "refunded",
            VendorEarning.vendor_id == vendor_id,
            VendorEarning.currency == currency,
            EarningReversal.commission_minor > 0,
        )
        .order_by(JournalEntry.at, JournalEntry.id)
    )
    return [
        _line(
            row[0],
            row[1],
            row[2],
            row[3],
            _only(row.rates),
            row.commission_minor,
            _only(row.vat_rates),
            row.vat_minor,
        )
        for row in rows
    ]


def _only(rates: Sequence[int]) -> int | None:
    return rates[0] if len(rates) == 1 else None


def _line(
    entry_id: int,
    at: datetime,
    order: str,
    sales_minor: int,
    rate_bp: int | None,
    commission_minor: int,
    vat_rate_bp: int | None,
    vat_minor: int,
) -> CommissionLine:
    day = at.astimezone(MOROCCO).date().isoformat()
    return CommissionLine(
        entry_id, day, order, int(sales_minor), rate_bp, int(commission_minor), vat_rate_bp, int(vat_minor)
    )


def vat_by_rate(lines: Sequence[CommissionLine]) -> list[tuple[int | None, int]]:
    """What the VAT of a paper comes to at each rate, in minor units."""
    sums: dict[int | None, int] = defaultdict(int)
    for line in lines:
        sums[line.vat_rate_bp] += line.vat_minor
    return sorted(sums.items(), key=lambda rate_and_vat: rate_and_vat[0] or 0)
