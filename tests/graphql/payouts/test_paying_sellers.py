"""How sellers are paid, over the API: terms, the counter, the bank's files, and who may."""

from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import Work
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.payouts.cash_models import CashPickup
from marketplace.payouts.runs import create_run
from marketplace.payouts.sending import send
from marketplace.people.models import User
from marketplace.vendors.bank import decrypted
from marketplace.vendors.models import MemberRole, PayoutMethod
from marketplace_graphql.kernel import Api, Requester, UploadedFile
from tests.factories.payouts import approve
from tests.factories.people import make_user
from tests.factories.vendors import make_member
from tests.graphql.conftest import Ask, seller, staff
from tests.payouts.conftest import House, earn, make_house

TERMS = """mutation($input: PayoutTermsInput!) { payoutTermsUpdate(currency: "MAD", input: $input) {
  payoutTerms { currency rhythm day minimum { amount } } errors { field code } } }"""
CHOOSE = """mutation($id: ID!, $input: VendorPayoutInput!) {
  vendorPayoutUpdate(vendorId: $id, input: $input) {
  vendor { payoutMethod payoutMinimum { amount currency } } errors { field code } } }"""
HAND_OVER = """mutation($id: ID!, $code: String!, $by: String!) {
  payoutCashHandOver(id: $id, code: $code, receivedBy: $by) {
    payout { status cashPickup { receivedBy handedOverBy { email } handedOverAt } }
    errors { field code }
  }
}"""
RENEW = "mutation($id: ID!) { payoutCashCodeRenew(id: $id) { payout { status } errors { field code } } }"
FILL = """mutation($amount: Decimal!, $reference: String!, $currency: String!) {
  cashBoxMove(currency: $currency, amount: $amount, reference: $reference) {
    amount { amount } errors { field code } } }"""
ANSWER = """mutation($file: Upload!) { bankAnswerImport(file: $file) {
  bankAnswer { name format importedBy { email } lines(first: 9) { edges { node {
    row said outcome endToEndId amount { amount } payout { status } } } } }
  errors { field code row } } }"""
RETURN = """mutation($id: ID!, $reason: String!) { payoutReturn(id: $id, reason: $reason) {
  payout { status reason } errors { field code } } }"""


@pytest.fixture
async def house(session: AsyncSession, settings: Settings) -> House:
    return await make_house(session, settings, sellers=2)


def finance(user: User) -> Requester:
    return staff("MANAGE_PAYOUTS", user=user)


@pytest.fixture
async def sent(
    session: AsyncSession, api: Api, settings: Settings, house: House, clock: ModuleType
) -> dict[str, Any]:
    """A run of a payout in cash and a transfer, sent; the seller's treasurer."""
    vendor = house.sellers[0]
    vendor.payout_method = PayoutMethod.CASH_PICKUP
    treasurer = await make_user(session, first_name="Itto", last_name="Oubella")
    await make_member(session, vendor, treasurer, MemberRole.TREASURER)
    await earn(session, clock, house, 100_00, 200_00)
    run = await create_run(session, "MAD", house.first.id)
    await approve(session, run.id, house.first, house.second, settings)
    await send(Work(session, api.database, settings, storage_from(settings)), run.id)
    pickup = (await session.scalars(select(CashPickup))).one()
    return {
        "cash": to_global_id("Payout", pickup.payout_id),
        "code": decrypted(pickup.code_encrypted, settings),
        "treasurer": treasurer,
    }


async def test_staff_say_when_sellers_are_paid_and_from_how_much_on(read: Ask, house: House) -> None:
    said = {"minimum": 100, "rhythm": "MONTHLY", "day": 5}
    told = (await read(TERMS, finance(house.first), input=said))["payoutTermsUpdate"]
    terms = {"currency": "MAD", "rhythm": "MONTHLY", "day": 5, "minimum": {"amount": 100.0}}
    assert told == {"payoutTerms": terms, "errors": []}
    listed = await read("{ payoutTerms { currency rhythm day minimum { amount } } }", finance(house.second))
    assert listed["payoutTerms"] == [terms]
    wrong = (await read(TERMS, finance(house.first), input=said | {"day": 31}))["payoutTermsUpdate"]
    assert wrong["errors"] == [{"field": "day", "code": "INVALID"}]


async def test_a_seller_says_how_it_is_paid(read: Ask, ask: Ask, session: AsyncSession, house: House) -> None:
    vendor, stranger = house.sellers
    user = await make_user(session)
    await make_member(session, vendor, user, MemberRole.TREASURER)
    member, id_ = seller(vendor.id, user, MemberRole.TREASURER), to_global_id("Vendor", vendor.id)
    chosen = await read(CHOOSE, member, id=id_, input={"method": "CASH_PICKUP", "minimum": 50})
    assert chosen["vendorPayoutUpdate"]["vendor"] == {
        "payoutMethod": "CASH_PICKUP",
        "payoutMinimum": {"amount": 50.0, "currency": "MAD"},
    }
    back = await read(CHOOSE, member, id=id_, input={"minimum": None})
    assert back["vendorPayoutUpdate"]["vendor"]["payoutMinimum"]["amount"] == 0
    packer = await make_user(session)
    await make_member(session, vendor, packer, MemberRole.PACKER)
    for requester, whose in (
        (seller(vendor.id, packer, MemberRole.PACKER), vendor),
        (member, stranger),
        (staff("MANAGE_ORDERS", user=house.first), vendor),
    ):
        whom = to_global_id("Vendor", whose.id)
        answer = await ask(CHOOSE, requester, id=whom, input={"method": "BANK_TRANSFER"})
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_cash_is_handed_over_at_the_counter(read: Ask, house: House, sent: dict[str, Any]) -> None:
    clerk = finance(house.first)
    asked = {"id": sent["cash"], "code": sent["code"], "by": sent["treasurer"].email}
    short = (await read(HAND_OVER, clerk, **asked))["payoutCashHandOver"]
    assert short["errors"] == [{"field": "id", "code": "CASH_BOX_SHORT"}]
    filled = {"amount": 500, "reference": "RET-1"}
    for currency, errors in (("MAD", []), ("BTC", [{"field": "currency", "code": "INVALID"}])):
        moved = (await read(FILL, clerk, currency=currency, **filled))["cashBoxMove"]
        assert moved["errors"] == errors
    wrong = (await read(HAND_OVER, clerk, **asked | {"code": "1"}))["payoutCashHandOver"]
    assert wrong["errors"] == [{"field": "code", "code": "CODE_WRONG"}]
    ready = "query($id: ID!) { payout(id: $id) { cashPickup { receivers { name email } receipts {"
    ready += " languageCode file { name contentType } } } } }"
    shown = (await read(ready, clerk, id=sent["cash"]))["payout"]["cashPickup"]
    assert {"name": "Itto Oubella", "email": sent["treasurer"].email} in shown["receivers"]
    assert [each["languageCode"] for each in shown["receipts"]] == ["AR", "EN", "FR"]
    done = (await read(HAND_OVER, clerk, **asked))["payoutCashHandOver"]["payout"]
    assert (done["status"], done["cashPickup"]["receivedBy"]) == ("PAID", "Itto Oubella")
    assert done["cashPickup"]["handedOverBy"] == {"email": house.first.email}
    assert (await read("{ cashBoxes { balance { amount } } }", clerk))["cashBoxes"] == [
        {"balance": {"amount": 409.6}}
    ]
    late = (await read(RENEW, clerk, id=sent["cash"]))["payoutCashCodeRenew"]
    assert late["errors"] == [{"field": "id", "code": "WRONG_STATE"}]


async def test_a_bank_file_is_read_and_shown_line_by_line(
    read: Ask, session: AsyncSession, house: House, sent: dict[str, Any]
) -> None:
    [transfer] = [
        edge["node"]
        for edge in (
            await read(
                "{ payouts(first: 9) { edges { node { id endToEndId method } } } }", finance(house.first)
            )
        )["payouts"]["edges"]
        if edge["node"]["method"] == "BANK_TRANSFER"
    ]
    sheet = f"end_to_end_id;status\n{transfer['endToEndId']};PAID\nX;PAID"
    file = UploadedFile("réponse.csv", "text/csv", sheet.encode())
    answer = (await read(ANSWER, finance(house.first), file=file))["bankAnswerImport"]["bankAnswer"]
    lines = [edge["node"] for edge in answer["lines"]["edges"]]
    assert [(line["row"], line["outcome"]) for line in lines] == [(2, "TAKEN"), (3, "UNKNOWN")]
    assert lines[0]["payout"] == {"status": "PAID"}
    unclear = """{ bankAnswerLines(first: 9, filter: {outcomes: [UNKNOWN]}) {
      edges { node { endToEndId answer { name format } } } } }"""
    shown = (await read(unclear, finance(house.first)))["bankAnswerLines"]["edges"]
    assert shown == [{"node": {"endToEndId": "X", "answer": {"name": "réponse.csv", "format": "CSV"}}}]
    no_answer = UploadedFile("x.xml", "text/xml", b"<!DOCTYPE x><x/>")
    refused = (await read(ANSWER, finance(house.first), file=no_answer))["bankAnswerImport"]
    assert refused["errors"][0]["code"] == "ANSWER_INVALID"
    back = await read(RETURN, finance(house.first), id=transfer["id"], reason="Lettre de la banque")
    assert back["payoutReturn"]["payout"] == {"status": "RETURNED", "reason": "Lettre de la banque"}
    bare = (await read(RETURN, finance(house.first), id=transfer["id"], reason=" "))["payoutReturn"]
    assert bare["errors"] == [{"field": "reason", "code": "REQUIRED"}]


async def test_only_staff_of_payouts_work_with_them(
    ask: Ask, session: AsyncSession, house: House, sent: dict[str, Any]
) -> None:
    member = seller(house.sellers[0].id, sent["treasurer"], MemberRole.TREASURER)
    id_ = sent["cash"]
    for requester in (None, member, staff("MANAGE_ORDERS", user=house.second)):
        for document, variables in (
            (TERMS, {"input": {"minimum": 1, "rhythm": "BY_HAND"}}),
            (HAND_OVER, {"id": id_, "code": sent["code"], "by": "x"}),
            (RENEW, {"id": id_}),
            (RETURN, {"id": id_, "reason": "x"}),
            (FILL, {"amount": 1, "reference": "x", "currency": "MAD"}),
            (ANSWER, {"file": UploadedFile("x", "", b"x")}),
            ("{ payoutTerms { currency } }", {}),
            ("{ cashBoxes { balance { amount } } }", {}),
            ("{ bankAnswers(first: 1) { totalCount } }", {}),
            ("{ bankAnswerLines(first: 1) { totalCount } }", {}),
        ):
            answer = await ask(document, requester, **variables)
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied", document


async def test_a_member_sees_until_when_its_cash_waits_and_no_code(
    read: Ask, ask: Ask, house: House, sent: dict[str, Any]
) -> None:
    member = seller(house.sellers[0].id, sent["treasurer"], MemberRole.TREASURER)
    document = "query($id: ID!) { payout(id: $id) { cashPickup { fetchBy receivedBy %s } } }"
    seen = (await read(document % "", member, id=sent["cash"]))["payout"]["cashPickup"]
    assert seen["fetchBy"]
    assert seen["receivedBy"] is None
    answer = await ask(document % "receivers { email }", member, id=sent["cash"])
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
