"""Statements, remittance advices and sellers' invoices say what the ledger says."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock as the_clock
from marketplace.kit.errors import InvalidError
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.orders.models import Order
from marketplace.payouts.errors import RunStateError
from marketplace.payouts.models import Payout
from marketplace.payouts.papers import account_statements
from marketplace.payouts.papers.account_statements import account_statement
from marketplace.payouts.papers.document import Document
from marketplace.payouts.papers.issued_documents import issued_document
from marketplace.payouts.papers.remittance_advices import remittance_advice
from marketplace.payouts.papers.sale_invoices import sale_invoice
from marketplace.payouts.runs import create_run
from marketplace.vendors.models import TaxRegime
from tests.factories.payouts import approve
from tests.payouts.conftest import sell
from tests.payouts.papers.conftest import Sold, words_of


async def statement_of(session: AsyncSession, sold: Sold, language: str = "fr") -> Document:
    last = sold.month.replace(day=28)
    return await account_statement(session, sold.vendor_id, "MAD", sold.month, last, language)


async def test_a_statement_adds_up_line_by_line(session: AsyncSession, sold: Sold) -> None:
    document = await statement_of(session, sold)
    opening, *lines = document.rows
    assert [row[2] for row in lines[:2]] == [f"{(await numbers(session, sold))[place]}-1" for place in (0, 1)]
    balance = opening[-1]
    for row in lines:
        *shares, amount, after = row[3:]
        assert isinstance(amount, Money)
        assert isinstance(balance, Money)
        assert sum(share.minor for share in shares if isinstance(share, Money)) == amount.minor
        balance += amount
        assert balance == after
    amounts = [total.amount.minor for total in document.totals]
    assert amounts[:3] == [0, 904_00 + 226_00, 904_00 + 226_00]
    assert sum(amounts[3:]) == amounts[2]


async def numbers(session: AsyncSession, sold: Sold) -> list[int]:

    keys = [part.order_id for part in sold.parts]
    return list(await session.scalars(select(Order.number).where(Order.id.in_(keys)).order_by(Order.number)))


async def test_a_statement_is_of_days_that_are_over_and_not_too_long(
    session: AsyncSession, sold: Sold, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = the_clock.now().astimezone(UTC).date()
    for first, last, currency, field in (
        (sold.month, today + timedelta(days=1), "MAD", "lastDay"),
        (today, sold.month, "MAD", "lastDay"),
        (sold.month, sold.month, "XXX", "currency"),
    ):
        with pytest.raises(InvalidError) as caught:
            await account_statement(session, sold.vendor_id, currency, first, last, "fr")
        assert caught.value.field == field
    monkeypatch.setattr(account_statements, "MAXIMUM_LINES", 1)
    with pytest.raises(InvalidError, match="ask for a shorter period"):
        await statement_of(session, sold)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", ("Relevé de compte", "Vente livrée", "Remboursement", "1 130,00")),
        ("en", ("Statement of account", "Delivered sale", "Refund", "1,130.00")),
        ("ar", ("1.130,00", "الحساب", "الختامي")),
    ],
)
async def test_a_statement_is_written_in_three_languages(
    session: AsyncSession, sold: Sold, language: str, said: tuple[str, ...]
) -> None:
    text = words_of(await statement_of(session, sold, language))
    assert [word for word in said if word not in text] == []


async def test_a_remittance_advice_says_the_way_the_masked_account_and_the_lines(
    session: AsyncSession, settings: Settings, sold: Sold
) -> None:
    run = await create_run(session, "MAD", sold.house.first.id)
    payout = (await session.scalars(select(Payout).where(Payout.run_id == run.id))).one()
    with pytest.raises(RunStateError, match="before it is approved"):
        await remittance_advice(session, payout, "fr")
    await approve(session, run.id, sold.house.first, sold.house.second, settings)
    document = await remittance_advice(session, payout, "fr")
    amounts = [row[-1].minor for row in document.rows if isinstance(row[-1], Money)]
    assert sum(amounts) == payout.amount_minor == 1_130_00
    text = words_of(document)
    for word in ("Virement bancaire", f"•••• {payout.account_number_ending}", payout.end_to_end_id):
        assert word in text


async def test_a_delivered_sale_is_invoiced_once_in_the_sellers_name_and_says_its_exemption(
    session: AsyncSession, sold: Sold
) -> None:
    vendor = sold.house.sellers[0]
    vendor.tax_regime, vendor.ice = TaxRegime.EXEMPT, "001525713000041"
    await session.flush()
    first, second = [await sale_invoice(session, part.id) for part in sold.parts]
    assert (await sale_invoice(session, sold.parts[0].id)).id == first.id
    assert [paper.sequence for paper in (first, second)] == [1, 2]
    assert first.gross_minor == sold.parts[0].total_gross_minor == 1_030_00
    text = words_of(issued_document(first, "fr"))
    for word in (vendor.name, "001525713000041", "Exonéré de TVA", "Livraison", "1 030,00", first.number):
        assert word in text


async def test_a_sale_that_is_not_delivered_is_not_invoiced(session: AsyncSession, sold: Sold) -> None:
    [part] = await sell(session, sold.house, 10_00)
    with pytest.raises(RunStateError, match="once it is delivered"):
        await sale_invoice(session, part.id)
