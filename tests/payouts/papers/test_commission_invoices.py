"""The marketplace invoices its commission once, by month, and credits in a note what it gives back."""

from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock as the_clock
from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings
from marketplace.payouts.ledger import Account, Posting
from marketplace.payouts.papers.commission_invoices import due, issue_of_month, last_finished_month
from marketplace.payouts.papers.document import LANGUAGES
from marketplace.payouts.papers.issued_documents import issued_document
from marketplace.payouts.papers.models import IssuedPaper, PaperKind
from marketplace.payouts.papers.parties import IssuerMissingError
from marketplace.vendors.models import Vendor
from tests.factories.payouts import deliver
from tests.payouts.conftest import sell
from tests.payouts.papers.conftest import Sold, give_back, words_of

INVOICE, CREDIT_NOTE = PaperKind.COMMISSION_INVOICE, PaperKind.COMMISSION_CREDIT_NOTE


async def issued(session: AsyncSession, settings: Settings, sold: Sold) -> dict[PaperKind, IssuedPaper]:
    papers = await issue_of_month(session, settings, sold.vendor_id, "MAD", sold.month)
    return {paper.kind: paper for paper in papers}


async def test_an_invoice_and_a_credit_note_say_the_months_commission_to_the_centime(
    session: AsyncSession, settings: Settings, sold: Sold
) -> None:
    assert await due(session, sold.month) == [(sold.vendor_id, "MAD")]
    papers = await issued(session, settings, sold)
    amounts = {kind: (each.net_minor, each.vat_minor, each.gross_minor) for kind, each in papers.items()}
    assert amounts == {INVOICE: (120_00, 24_00, 144_00), CREDIT_NOTE: (20_00, 4_00, 24_00)}
    assert [line["commission_minor"] for line in papers[INVOICE].content["lines"]] == [80_00, 40_00]
    query = select(func.sum(-Posting.amount_minor))
    booked = [
        await session.scalar(query.where(Posting.account == account))
        for account in (Account.COMMISSION_REVENUE, Account.VAT_PAYABLE)
    ]
    assert booked == [100_00, 20_00]


async def test_told_twice_it_is_issued_once(session: AsyncSession, settings: Settings, sold: Sold) -> None:
    await issued(session, settings, sold)
    assert await issued(session, settings, sold) == {}
    assert await due(session, sold.month) == []


async def test_what_is_booked_late_is_on_the_next_months_paper(
    session: AsyncSession, settings: Settings, sold: Sold, clock: ModuleType
) -> None:
    await issued(session, settings, sold)
    [part] = await sell(session, sold.house, 100_00)
    await deliver(session, part)
    await give_back(session, sold.parts[0], 1_000_00)
    assert await issued(session, settings, sold) == {}
    clock.advance(timedelta(days=31))
    sold.month = last_finished_month(the_clock.now())
    papers = await issued(session, settings, sold)
    assert {kind: paper.net_minor for kind, paper in papers.items()} == {INVOICE: 8_00, CREDIT_NOTE: 80_00}
    assert [paper.sequence for paper in papers.values()] == [2, 2]


async def test_a_month_that_is_not_over_has_no_papers(
    session: AsyncSession, settings: Settings, sold: Sold
) -> None:
    sold.month = the_clock.now().date()
    with pytest.raises(InvalidError, match="is not over"):
        await issued(session, settings, sold)


async def test_production_issues_nothing_before_it_says_who_it_is(
    session: AsyncSession, settings: Settings, sold: Sold
) -> None:
    production = settings.model_copy(update={"environment": "production", "issuer_name": "SIL SARL"})
    with pytest.raises(IssuerMissingError, match="MARKETPLACE_ISSUER_ADDRESS, MARKETPLACE_ISSUER_ICE"):
        await issue_of_month(session, production, sold.vendor_id, "MAD", sold.month)
    assert await session.scalar(select(IssuedPaper.id)) is None


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", ("Facture de commission n°", "TVA à 20 %", "120,00", "144,00", "Émis par", "IF : 4242")),
        ("en", ("Commission invoice", "VAT at 20 %", "120.00", "144.00", "Issued by")),
        ("ar", ("120,00", "144,00", "4242", "عمولة", "المجموع")),
    ],
)
async def test_it_is_written_in_three_languages_with_what_the_law_asks_for(
    session: AsyncSession, settings: Settings, sold: Sold, language: str, said: tuple[str, ...]
) -> None:
    ours = settings.model_copy(update={"issuer_name": "SIL SARL", "issuer_tax_id": "4242"})
    papers = await issue_of_month(session, ours, sold.vendor_id, "MAD", sold.month)
    text = words_of(issued_document(papers[0], language))
    assert [word for word in (*said, "SIL SARL", papers[0].number) if word not in text] == []


async def test_an_issued_paper_says_what_it_said_though_its_seller_is_called_otherwise_now(
    session: AsyncSession, settings: Settings, sold: Sold
) -> None:
    paper = (await issued(session, settings, sold))[INVOICE]
    paper_id = paper.id
    before = [issued_document(paper, language) for language in LANGUAGES]
    (await session.get_one(Vendor, sold.vendor_id)).name = "Another name"
    await session.flush()
    session.expire_all()
    again = await session.get_one(IssuedPaper, paper_id)
    assert [issued_document(again, language) for language in LANGUAGES] == before
