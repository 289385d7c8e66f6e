"""Papers over the API: who may have them, in which language and format, and that an address opens one."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.kit.signing import opened
from marketplace.kit.storage import storage_from
from marketplace.orders.models import Order
from marketplace.payouts.models import Payout
from marketplace.payouts.papers.commission_invoices import issue_of_month
from marketplace.payouts.runs import create_run
from marketplace.vendors.models import MemberRole, VendorMember
from marketplace_graphql.kernel import Requester
from tests.factories.payouts import approve
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, buyer, seller, staff
from tests.payouts.papers.conftest import Sold
from tests.payouts.papers.conftest import sold as sold  # noqa: PLC0414 - a fixture

LIST = """query($filter: IssuedPaperFilterInput) { vendorPapers(first: 10, filter: $filter) { edges { node {
  id kind number month vendor { id } vendorOrder { id }
  net { amount } vat { amount } gross { amount currency }
} } } }"""
ONE = "query($id: ID!) { vendorPaper(id: $id) { number } }"
MADE = "{ file { name contentType url } errors { field code } }"
ARGUMENTS = "languageCode: $language, format: $format"
STATEMENT = f"""mutation($id: ID!, $first: Date!, $last: Date!, $language: LanguageCodeEnum!,
  $format: PaperFormatEnum!) {{
  made: vendorStatementCreate(vendorId: $id, currency: "MAD", firstDay: $first, lastDay: $last, {ARGUMENTS})
  {MADE} }}"""


def by_id(mutation: str) -> str:
    return f"""mutation($id: ID!, $language: LanguageCodeEnum!, $format: PaperFormatEnum!) {{
      made: {mutation}(id: $id, {ARGUMENTS}) {MADE} }}"""


async def member(session: AsyncSession, vendor_id: int, role: MemberRole) -> Requester:
    user = await make_user(session)
    session.add(VendorMember(vendor_id=vendor_id, user_id=user.id, role=role))
    await session.flush()
    return seller(vendor_id, user, role)


async def asked_for(
    sold: Sold, session: AsyncSession, settings: Settings
) -> list[tuple[str, dict[str, Any]]]:
    """Each mutation, and what it is asked for."""
    papers = await issue_of_month(session, settings, sold.vendor_id, "MAD", sold.month)
    run = await create_run(session, "MAD", sold.house.first.id)
    await approve(session, run.id, sold.house.first, sold.house.second, settings)
    payout = await session.scalar(select(Payout.id))
    days = {"first": sold.month.isoformat(), "last": sold.month.replace(day=28).isoformat()}
    return [
        (STATEMENT, {"id": to_global_id("Vendor", sold.vendor_id), **days}),
        (by_id("payoutAdviceCreate"), {"id": to_global_id("Payout", payout)}),
        (by_id("vendorPaperCreate"), {"id": to_global_id("IssuedPaper", papers[0].id)}),
        (
            by_id("vendorOrderInvoiceCreate"),
            {"id": to_global_id("VendorOrder", sold.parts[0].id)},
        ),
    ]


@pytest.mark.parametrize(
    ("format", "language", "start"),
    [("PDF", "FR", b"%PDF"), ("CSV", "AR", b"\xef\xbb\xbf"), ("XLSX", "EN", b"PK")],
)
async def test_owners_treasurers_and_staff_have_papers_made_and_open_them(
    session: AsyncSession, read: Ask, settings: Settings, sold: Sold, format: str, language: str, start: bytes
) -> None:
    wanted = await asked_for(sold, session, settings)
    who = [
        await member(session, sold.vendor_id, MemberRole.OWNER),
        await member(session, sold.vendor_id, MemberRole.TREASURER),
        staff("MANAGE_PAYOUTS", "MANAGE_ORDERS"),
    ]
    for document, variables in wanted:
        files = []
        for requester in who:
            answer = await read(document, requester, **variables, language=language, format=format)
            assert answer["made"]["errors"] == []
            file = opened(settings, answer["made"]["file"]["url"].rpartition("/")[2])
            assert (file.name, file.content_type) == (
                answer["made"]["file"]["name"],
                answer["made"]["file"]["contentType"],
            )
            files.append(await storage_from(settings).get(file.key))
        assert files[0].startswith(start)
        assert files[0] == files[1] == files[2]


async def test_nobody_else_has_any(session: AsyncSession, ask: Ask, settings: Settings, sold: Sold) -> None:
    wanted = await asked_for(sold, session, settings)
    stranger = await make_vendor(session)
    for requester in (
        None,
        buyer(await make_user(session)),
        await member(session, stranger.id, MemberRole.OWNER),
        await member(session, sold.vendor_id, MemberRole.LISTER),
        staff("MANAGE_PRODUCTS"),
    ):
        for document, variables in wanted:
            answer = await ask(document, requester, **variables, language="FR", format="PDF")
            made = (answer.get("data") or {}).get("made")
            assert made is None or made["file"] is None, (document, requester)


async def test_the_buyer_has_the_sellers_invoice_and_a_packer_too(
    session: AsyncSession, read: Ask, settings: Settings, sold: Sold
) -> None:
    document, variables = (await asked_for(sold, session, settings))[-1]
    user = await make_user(session)
    (await session.get_one(Order, sold.parts[0].order_id)).user_id = user.id
    await session.flush()
    names = []
    for requester in (buyer(user), await member(session, sold.vendor_id, MemberRole.PACKER)):
        answer = await read(document, requester, **variables, language="FR", format="PDF")
        names.append(answer["made"]["file"]["name"])
    assert names[0] == names[1]
    assert names[0].startswith(f"V{sold.vendor_id}-")


async def test_papers_are_listed_to_their_sellers_finance_and_to_staff(
    session: AsyncSession, read: Ask, settings: Settings, sold: Sold
) -> None:
    await issue_of_month(session, settings, sold.vendor_id, "MAD", sold.month)
    owner = await member(session, sold.vendor_id, MemberRole.OWNER)
    for requester in (owner, staff("MANAGE_PAYOUTS")):
        edges = (await read(LIST, requester))["vendorPapers"]["edges"]
        shown = {edge["node"]["kind"]: edge["node"] for edge in edges}
        assert shown["COMMISSION_INVOICE"]["gross"] == {"amount": 144.0, "currency": "MAD"}
        assert shown["COMMISSION_CREDIT_NOTE"]["vat"] == {"amount": 4.0}
        assert shown["COMMISSION_INVOICE"]["month"] == sold.month.isoformat()
        one = await read(ONE, requester, id=shown["COMMISSION_INVOICE"]["id"])
        assert one["vendorPaper"] == {"number": shown["COMMISSION_INVOICE"]["number"]}
    chosen = {"kinds": ["COMMISSION_CREDIT_NOTE"], "vendors": [to_global_id("Vendor", sold.vendor_id)]}
    edges = (await read(LIST, owner, filter=chosen))["vendorPapers"]["edges"]
    assert [edge["node"]["kind"] for edge in edges] == ["COMMISSION_CREDIT_NOTE"]
    for requester in (
        await member(session, sold.vendor_id, MemberRole.PACKER),
        await member(session, (await make_vendor(session)).id, MemberRole.OWNER),
    ):
        assert (await read(LIST, requester))["vendorPapers"]["edges"] == []
        assert (await read(ONE, requester, id=shown["COMMISSION_INVOICE"]["id"]))["vendorPaper"] is None


async def test_what_can_not_be_made_is_said_by_field(session: AsyncSession, read: Ask, sold: Sold) -> None:
    clerk, owner = staff("MANAGE_PAYOUTS"), await member(session, sold.vendor_id, MemberRole.OWNER)
    days = {"first": sold.month.isoformat(), "last": sold.month.isoformat()}
    vendor = to_global_id("Vendor", sold.vendor_id)
    wrong_days = {**days, "last": "2000-01-01"}
    for requester, given, error in (
        (owner, {"id": vendor, **wrong_days, "language": "FR"}, ("lastDay", "INVALID")),
        (owner, {"id": vendor, **days, "language": "DE"}, ("languageCode", "INVALID")),
        (clerk, {"id": to_global_id("Vendor", 999_999), **days, "language": "FR"}, ("vendorId", "NOT_FOUND")),
    ):
        made = (await read(STATEMENT, requester, **given, format="PDF"))["made"]
        assert [(each["field"], each["code"]) for each in made["errors"]] == [error]
