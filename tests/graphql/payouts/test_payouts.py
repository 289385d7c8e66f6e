"""Payouts over the API: from what a seller earns to a transfer that comes back."""

from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import int_pk, to_global_id
from marketplace.kit.jobs import Work
from marketplace.kit.settings import Settings
from marketplace.kit.signing import opened
from marketplace.kit.storage import storage_from
from marketplace.payouts.sending import send
from marketplace.people.models import User
from marketplace.vendors.models import Vendor
from marketplace_graphql.kernel import Api, Requester, UploadedFile
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, seller, staff
from tests.payouts.conftest import House, deliver, earn, make_house, remit, sell

RUN = """
  id status currency messageId createdBy { name email } approvedBy { email }
  total { amount currency }
  files { name contentType url }
  payouts {
    id number status endToEndId reason accountEnding amount { amount }
    vendor { id }
    lines { description amount { amount } vendorOrder { number } }
    statements { languageCode file { name contentType url } }
  }
"""
CREATE = f"""mutation($currency: String!, $vendors: [ID!]) {{
  payoutRunCreate(currency: $currency, vendors: $vendors) {{
    payoutRun {{ {RUN} }} errors {{ field code message row }}
  }}
}}"""
APPROVE = "mutation($id: ID!) { payoutRunApprove(id: $id) { payoutRun { status } errors { field code } } }"
REVIEW = """mutation($id: ID!) {
  payoutRunReview(id: $id) { payoutRun { status reviewedBy { email } } errors { field code } }
}"""
CANCEL = "mutation($id: ID!) { payoutRunCancel(id: $id) { payoutRun { status } errors { field code } } }"
ANSWER = f"""mutation($id: ID!, $file: Upload!) {{
  payoutRunAnswerImport(id: $id, file: $file) {{
    payoutRun {{ {RUN} }} errors {{ field code message row }}
  }}
}}"""
READ = f"query($id: ID!) {{ payoutRun(id: $id) {{ {RUN} }} }}"
BALANCES = """query($id: ID!) { vendor(id: $id) {
  payoutMinimum { amount currency }
  balances {
    currency pending { amount } held { amount } payable { amount } inTransit { amount } paid { amount }
  }
} }"""
EARNING = """query($id: ID!, $language: LanguageCodeEnum!) { vendorOrder(id: $id) {
  status
  earning {
    sales { amount } commission { amount } vat { amount } earning { amount }
    explanation(languageCode: $language)
  }
} }"""


@pytest.fixture
async def house(session: AsyncSession, settings: Settings) -> House:
    return await make_house(session, settings, sellers=2)


def finance(user: User) -> Requester:
    return staff("MANAGE_PAYOUTS", user=user)


def id_of(vendor: Vendor) -> str:
    return to_global_id("Vendor", vendor.id)


async def balance(read: Ask, vendor: Vendor, requester: Requester) -> dict[str, float]:
    found = (await read(BALANCES, requester, id=id_of(vendor)))["vendor"]["balances"]
    return {name: part["amount"] for name, part in found[0].items() if name != "currency"}


async def test_the_whole_way_of_a_payout(
    read: Ask, session: AsyncSession, api: Api, settings: Settings, house: House, clock: ModuleType
) -> None:
    first, second = finance(house.first), finance(house.second)
    parts = await earn(session, clock, house, 1200_00, 100_00)
    before = {"pending": 0.0, "held": 0.0, "payable": 1084.8, "inTransit": 0.0, "paid": 0.0}
    assert await balance(read, house.sellers[0], first) == before

    made = (await read(CREATE, first, currency="MAD"))["payoutRunCreate"]["payoutRun"]
    assert (made["status"], made["total"]) == ("DRAFT", {"amount": 1175.2, "currency": "MAD"})
    assert made["createdBy"]["email"] == house.first.email
    assert made["payouts"][0]["vendor"]["id"] == id_of(house.sellers[0])
    [line] = made["payouts"][0]["lines"]
    assert line["amount"]["amount"] == 1084.8
    assert line["description"] == line["vendorOrder"]["number"]
    assert (await balance(read, house.sellers[0], first))["inTransit"] == 1084.8

    again = (await read(CREATE, first, currency="MAD"))["payoutRunCreate"]
    assert again["errors"][0]["code"] == "NOTHING_TO_PAY"
    reviewed = (await read(REVIEW, first, id=made["id"]))["payoutRunReview"]["payoutRun"]
    assert (reviewed["status"], reviewed["reviewedBy"]["email"]) == ("REVIEWED", house.first.email)
    own = (await read(APPROVE, first, id=made["id"]))["payoutRunApprove"]
    assert own == {"payoutRun": None, "errors": [{"field": "id", "code": "FOUR_EYES"}]}
    approved = (await read(APPROVE, second, id=made["id"]))["payoutRunApprove"]
    assert approved == {"payoutRun": {"status": "APPROVED"}, "errors": []}

    storage = storage_from(settings)
    await send(Work(session, api.database, settings, storage), int_pk(made["id"], "PayoutRun"))
    sent = (await read(READ, first, id=made["id"]))["payoutRun"]
    assert sent["status"] == "SENT"
    assert [file["contentType"] for file in sent["files"]] == ["application/xml", "text/csv"]
    xml = await storage.get(opened(settings, urlsplit(sent["files"][0]["url"]).path.split("/")[-1]).key)
    assert sent["messageId"].encode() in xml
    statements = sent["payouts"][0]["statements"]
    assert [each["languageCode"] for each in statements] == ["AR", "FR"]
    assert statements[0]["file"]["name"].endswith("-ar.pdf")

    answer = "\n".join(
        ["end_to_end_id;status;reason"]
        + [
            f"{payout['endToEndId']};{status};{reason}"
            for payout, status, reason in zip(
                sent["payouts"], ["PAID", "RETURNED"], ["", "Compte clos"], strict=True
            )
        ]
    )
    told = await read(ANSWER, first, id=made["id"], file=csv_file(answer))
    run = told["payoutRunAnswerImport"]["payoutRun"]
    assert run["status"] == "CLOSED"
    assert [(each["status"], each["reason"]) for each in run["payouts"]] == [
        ("PAID", ""),
        ("RETURNED", "Compte clos"),
    ]
    after = {"pending": 0.0, "held": 0.0, "payable": 0.0, "inTransit": 0.0, "paid": 1084.8}
    assert await balance(read, house.sellers[0], first) == after
    assert (await balance(read, house.sellers[1], first))["payable"] == 90.4
    assert len(parts) == 2


def csv_file(text: str) -> UploadedFile:
    return UploadedFile("reponse.csv", "text/csv", text.encode())


async def test_an_answer_names_what_it_can_not_take_by_row(
    read: Ask, session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = (await read(CREATE, finance(house.first), currency="MAD"))["payoutRunCreate"]["payoutRun"]
    file = csv_file("end_to_end_id;status\nSIL-R0-P0;PAID")
    early = (await read(ANSWER, finance(house.first), id=run["id"], file=file))["payoutRunAnswerImport"]
    assert early["errors"][0]["code"] == "WRONG_STATE"

    wrong = await read(ANSWER, finance(house.first), id=run["id"], file=csv_file("a;b\n1;2"))
    assert wrong["payoutRunAnswerImport"]["errors"][0]["code"] == "ANSWER_INVALID"
    bad = await read(
        ANSWER, finance(house.first), id=run["id"], file=csv_file("end_to_end_id;status\nX;PAID\nY;SOON")
    )
    assert [error["row"] for error in bad["payoutRunAnswerImport"]["errors"]] == [3]


async def test_a_draft_is_called_off(
    read: Ask, session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = (await read(CREATE, finance(house.first), currency="MAD"))["payoutRunCreate"]["payoutRun"]
    done = (await read(CANCEL, finance(house.first), id=run["id"]))["payoutRunCancel"]
    assert done == {"payoutRun": {"status": "CANCELED"}, "errors": []}

    late = (await read(APPROVE, finance(house.second), id=run["id"]))["payoutRunApprove"]
    assert late["errors"][0]["code"] == "WRONG_STATE"


async def test_a_run_may_name_its_sellers(
    read: Ask, session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00, 100_00)
    wanted = [id_of(house.sellers[1])]
    made = (await read(CREATE, finance(house.first), currency="MAD", vendors=wanted))["payoutRunCreate"]

    assert [payout["vendor"]["id"] for payout in made["payoutRun"]["payouts"]] == wanted
    unknown = await read(
        CREATE, finance(house.first), currency="MAD", vendors=[to_global_id("Vendor", 10**9)]
    )
    assert unknown["payoutRunCreate"]["errors"][0] | {"message": ""} == {
        "field": "vendors",
        "code": "NOT_FOUND",
        "message": "",
        "row": None,
    }


async def test_only_staff_of_payouts_make_read_and_approve_runs(
    ask: Ask, session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    made = await ask(CREATE, finance(house.first), currency="MAD")
    run_id = made["data"]["payoutRunCreate"]["payoutRun"]["id"]
    member = seller(house.sellers[0].id, house.second)
    for requester in (None, member, staff("MANAGE_ORDERS", user=house.second)):
        for document, variables in (
            (CREATE, {"currency": "MAD"}),
            (APPROVE, {"id": run_id}),
            (READ, {"id": run_id}),
            ("query { payoutRuns(first: 5) { totalCount } }", {}),
            ("query { ledgerEntries(first: 5) { totalCount } }", {}),
            ("query { cashOutstanding { carrier } }", {}),
        ):
            answer = await ask(document, requester, **variables)
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied", document


async def test_a_sellers_members_see_their_own_payouts_and_balances_only(
    ask: Ask, read: Ask, session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00, 200_00)
    made = (await read(CREATE, finance(house.first), currency="MAD"))["payoutRunCreate"]["payoutRun"]
    own, strange = house.sellers
    member = seller(own.id, await make_user(session))

    listed = await read(
        "{ payouts(first: 9) { totalCount edges { node { vendor { id } run { id } } } } }", member
    )
    assert listed["payouts"] == {
        "totalCount": 1,
        "edges": [{"node": {"vendor": {"id": id_of(own)}, "run": None}}],
    }
    one = "query($id: ID!) { payout(id: $id) { amount { amount } } }"
    assert (await read(one, member, id=made["payouts"][1]["id"]))["payout"] is None
    assert (await read(one, member, id=made["payouts"][0]["id"]))["payout"] == {"amount": {"amount": 90.4}}
    assert (await balance(read, own, member))["inTransit"] == 90.4
    refused = await ask(BALANCES, member, id=id_of(strange))
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_payouts_are_found_by_seller_state_and_run(
    read: Ask, session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00, 200_00)
    made = (await read(CREATE, finance(house.first), currency="MAD"))["payoutRunCreate"]["payoutRun"]
    document = """query($filter: PayoutFilterInput, $sort: PayoutSortingInput) {
      payouts(first: 9, filter: $filter, sortBy: $sort) { edges { node { id } } } }"""

    async def found(**filters: Any) -> list[str]:
        sort = {"field": "AMOUNT", "direction": "DESC"}
        data = await read(document, finance(house.first), filter=filters, sort=sort)
        return [edge["node"]["id"] for edge in data["payouts"]["edges"]]

    small, large = (payout["id"] for payout in made["payouts"])
    assert await found() == [large, small]
    assert await found(vendors=[id_of(house.sellers[0])]) == [small]
    assert await found(run=made["id"], statuses=["PENDING", "SENT"]) == [large, small]
    assert await found(statuses=["PAID"]) == []


async def test_an_earning_is_shown_and_explained_to_its_seller(
    ask: Ask, read: Ask, session: AsyncSession, house: House
) -> None:
    [part] = await sell(session, house, 1200_00)
    id_ = to_global_id("VendorOrder", part.id)
    member = seller(house.sellers[0].id, await make_user(session))
    earning = (await read(EARNING, member, id=id_, language="FR"))["vendorOrder"]["earning"]

    amounts = [earning[name]["amount"] for name in ("sales", "commission", "vat", "earning")]
    assert amounts == [1200, 96, 19.2, 1084.8]
    assert "commission de 8" in earning["explanation"]
    arabic = (await read(EARNING, member, id=id_, language="AR_MA"))["vendorOrder"]["earning"]
    assert "عمولة" in arabic["explanation"]
    stranger = await ask(EARNING, Requester(user_id=(await make_user(session)).id), id=id_, language="FR")
    assert (stranger["data"]["vendorOrder"] or {}).get("earning") is None


async def test_the_journal_shows_what_happened_to_a_vendor_order(
    read: Ask, session: AsyncSession, house: House
) -> None:
    [part] = await sell(session, house, 1200_00)
    await deliver(session, part)
    document = """query($filter: LedgerEntryFilterInput) { ledgerEntries(first: 9, filter: $filter) { edges {
      node { kind key vendorOrder { id } postings { account amount { amount } vendor { id } } } } } }"""
    id_ = to_global_id("VendorOrder", part.id)
    found = await read(
        document, finance(house.first), filter={"vendorOrder": id_, "accounts": ["VENDOR_HELD"]}
    )

    [entry] = [edge["node"] for edge in found["ledgerEntries"]["edges"]]
    assert (entry["kind"], entry["key"]) == ("delivered", f"delivered:{part.id}")
    assert sum(posting["amount"]["amount"] for posting in entry["postings"]) == pytest.approx(0)
    held = next(posting for posting in entry["postings"] if posting["account"] == "VENDOR_HELD")
    assert held == {
        "account": "VENDOR_HELD",
        "amount": {"amount": -1084.8},
        "vendor": {"id": id_of(house.sellers[0])},
    }
    none = await read(document, finance(house.first), filter={"accounts": ["CASH_DIFFERENCE"]})
    assert none["ledgerEntries"]["edges"] == []


async def test_staff_see_what_carriers_owe(read: Ask, session: AsyncSession, house: House) -> None:
    parts = await sell(session, house, 100_00, 50_00)
    for part in parts:
        await deliver(session, part)
    document = "{ cashOutstanding { carrier currency count amount { amount currency } oldestCollectedAt } }"
    [debt] = (await read(document, finance(house.first)))["cashOutstanding"]
    assert (debt["carrier"], debt["count"], debt["amount"]) == (
        "AMANA",
        2,
        {"amount": 210, "currency": "MAD"},
    )

    await remit(session, parts)
    assert (await read(document, finance(house.first)))["cashOutstanding"] == []
