"""Somebody applies, gives papers in, is read and approved: by the API, with what each may see and do."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import int_pk, to_global_id
from marketplace.people.permissions import Permission
from marketplace.vendors.models import MemberRole
from marketplace_graphql.kernel import Requester, UploadedFile
from tests.factories.people import make_staff, make_user
from tests.factories.sellers import PDF, make_application, make_document
from tests.factories.vendors import make_member, make_region, make_vendor
from tests.graphql.conftest import Ask, buyer, seller, staff

REGISTER = """mutation ($input: VendorApplicationInput!, $owner: String) {
  vendorRegister(input: $input, ownerEmail: $owner) {
    vendor {
      id status name missing { field message } legalIds { kind number } team { role name }
      standings { fromStatus toStatus }
    }
    errors { field code }
  }
}"""
INPUT = {
    "name": "Coopérative Tifawin",
    "kind": "COOPERATIVE",
    "region": "MA-09",
    "craft": "Tapis",
    "email": "tifawin@example.test",
    "ice": "001561191000066",
    "legalIds": [{"kind": "LOCAL_REGISTER", "number": "123/2019"}],
    "membersTotal": 12,
    "language": "AR",
}
UPLOAD = """mutation ($vendor: ID!, $file: Upload!, $input: VendorDocumentInput!) {
  vendorDocumentUpload(vendorId: $vendor, file: $file, input: $input) {
    document { id kind status fileName sizeBytes }
    errors { field code }
  }
}"""


def in_schema(name: str, result: str = "vendor { status }") -> str:
    return f"mutation ($id: ID!) {{ {name}(id: $id) {{ {result} errors {{ field code }} }} }}"


async def staff_user(session: AsyncSession) -> Requester:
    return staff("MANAGE_VENDORS", user=await make_staff(session, Permission.MANAGE_VENDORS))


async def test_somebody_applies_gives_a_paper_in_and_is_approved(
    session: AsyncSession, read: Ask, ask: Ask
) -> None:
    await make_region(session)
    user, manager = await make_user(session), await staff_user(session)
    made = (await read(REGISTER, buyer(user), input=INPUT))["vendorRegister"]
    vendor_id = made["vendor"]["id"]
    assert made == {
        "errors": [],
        "vendor": {
            "id": vendor_id,
            "status": "DRAFT",
            "name": "Coopérative Tifawin",
            "missing": [{"field": "documents", "message": "Upload the statutes of the cooperative."}],
            "legalIds": [{"kind": "LOCAL_REGISTER", "number": "123/2019"}],
            "team": [{"role": "OWNER", "name": user.email}],
            "standings": [{"fromStatus": None, "toStatus": "DRAFT"}],
        },
    }
    owner = seller(int_pk(vendor_id, "Vendor"), user)
    paper = UploadedFile("statuts.pdf", "application/pdf", PDF)
    given = {"vendor": vendor_id, "file": paper, "input": {"kind": "STATUTES"}}
    document = (await read(UPLOAD, owner, **given))["vendorDocumentUpload"]["document"]
    assert (document["status"], document["sizeBytes"]) == ("WAITING", len(PDF))
    sent = (await read(in_schema("vendorApplicationSend"), owner, id=vendor_id))["vendorApplicationSend"]
    assert sent == {"vendor": {"status": "APPLIED"}, "errors": []}
    opened = await read(in_schema("vendorDocumentOpen", "url"), manager, id=document["id"])
    assert opened["vendorDocumentOpen"]["url"].startswith("http://testserver/files/")
    await read(in_schema("vendorReviewBegin"), manager, id=vendor_id)
    approved = (await read(in_schema("vendorApprove"), manager, id=vendor_id))["vendorApprove"]
    assert approved == {"vendor": {"status": "APPROVED"}, "errors": []}
    log = "query ($id: ID!) { auditLog(first: 9, filter: {vendors: [$id]}) { edges { node { action } } } }"
    lines = (await read(log, manager, id=vendor_id))["auditLog"]["edges"]
    assert [line["node"]["action"] for line in lines] == [
        "vendor.approved",
        "vendor.in_review",
        "vendor.document_opened",
        "vendor.applied",
        "vendor.document_given_in",
        "vendor.registered",
    ]


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"name": None}, "name", "REQUIRED"),
        ({"kind": None}, "kind", "REQUIRED"),
        ({"ice": "1"}, "ice", "ICE_INVALID"),
        ({"programme": "nonsense"}, "programme", "INVALID"),
        ({"legalIds": [{"kind": "TAX_ID", "number": "x"}]}, "legalIds", "INVALID"),
        ({"region": "MA-99"}, "region", "NOT_FOUND"),
    ],
)
async def test_a_wrong_application_is_told_by_its_field(
    session: AsyncSession, read: Ask, given: dict[str, Any], field: str, code: str
) -> None:
    await make_region(session)
    user = await make_user(session)
    answer = (await read(REGISTER, buyer(user), input=INPUT | given))["vendorRegister"]
    assert (answer["vendor"], answer["errors"]) == (None, [{"field": field, "code": code}])


async def test_staff_register_on_behalf_and_nobody_else_does(
    session: AsyncSession, read: Ask, ask: Ask
) -> None:
    await make_region(session)
    manager, user = await staff_user(session), await make_user(session)
    made = (await read(REGISTER, manager, input=INPUT, owner="aicha@example.test"))["vendorRegister"]
    assert made["vendor"]["status"] == "DRAFT"
    assert made["vendor"]["team"] == []
    for requester in (buyer(user), None):
        answer = await ask(REGISTER, requester, input=INPUT, owner="aicha@example.test")
        assert denied(answer)
    assert denied(await ask(REGISTER, None, input=INPUT))


def denied(answer: dict[str, Any]) -> bool:
    codes = [error["extensions"]["exception"]["code"] for error in answer.get("errors", [])]
    return codes[:1] == ["PermissionDenied"]


async def test_a_strangers_application_does_not_exist(session: AsyncSession, ask: Ask) -> None:
    vendor, _ = await make_application(session)
    document = await make_document(session, vendor.id)
    stranger, other = await make_user(session), await make_vendor(session)
    await make_member(session, other, stranger)
    who = seller(other.id, stranger)
    given = {"id": to_global_id("Vendor", vendor.id)}
    shown = await ask("query ($id: ID!) { vendor(id: $id) { name } }", who, **given)
    assert shown["data"] == {"vendor": None}
    for name in ("vendorApplicationSend", "vendorApplicationWithdraw"):
        answer = await ask(in_schema(name), who, **given)
        assert answer["data"][name]["errors"] == [{"field": "id", "code": "NOT_FOUND"}]
    paper = {"id": to_global_id("VendorDocument", document.id)}
    answer = await ask(in_schema("vendorDocumentOpen", "url"), who, **paper)
    assert answer["data"]["vendorDocumentOpen"]["errors"] == [{"field": "id", "code": "NOT_FOUND"}]
    shown = await ask("query ($id: ID!) { vendorDocument(id: $id) { fileName } }", who, **paper)
    assert shown["data"] == {"vendorDocument": None}


@pytest.mark.parametrize(
    "field", ["documents { id }", "standings { reason }", "missing { field }", "team { role }"]
)
@pytest.mark.parametrize("role", [MemberRole.LISTER, MemberRole.PACKER, MemberRole.TREASURER, None])
async def test_papers_and_members_are_shown_to_owners_and_staff_alone(
    session: AsyncSession, ask: Ask, field: str, role: MemberRole | None
) -> None:
    vendor, user = await make_vendor(session), await make_user(session)
    who = buyer(user)
    if role is not None:
        await make_member(session, vendor, user, role)
        who = seller(vendor.id, user, role)
    question = f"query ($id: ID!) {{ vendor(id: $id) {{ {field} }} }}"
    given = {"id": to_global_id("Vendor", vendor.id)}
    assert denied(await ask(question, who, **given))
    assert "errors" not in await ask(question, staff("MANAGE_VENDORS"), **given)


STAFFS = [
    ("vendorReviewBegin", ""),
    ("vendorChangesAsk", ', message: "x"'),
    ("vendorApprove", ""),
    ("vendorRefuse", ', reason: "x"'),
    ("vendorSuspend", ""),
    ("vendorClose", ', reason: "x"'),
]


@pytest.mark.parametrize(("name", "more"), STAFFS)
async def test_only_staff_say_where_a_seller_stands(
    session: AsyncSession, ask: Ask, name: str, more: str
) -> None:
    vendor, user = await make_application(session)
    document = f"mutation ($id: ID!) {{ {name}(id: $id{more}) {{ vendor {{ id }} errors {{ code }} }} }}"
    for who in (seller(vendor.id, user), staff("MANAGE_PRODUCTS"), None):
        assert denied(await ask(document, who, id=to_global_id("Vendor", vendor.id)))


async def test_a_delegates_work_stands_in_the_log_with_both_names(
    session: AsyncSession, read: Ask, api: Any
) -> None:
    vendor, other = await make_vendor(session, name="Tifawin"), await make_vendor(session)
    owner = await make_user(session)
    await make_member(session, vendor, owner)
    agent = await make_user(session, is_staff=True, first_name="Salma", last_name="Idrissi")
    delegation = """mutation ($vendor: ID!, $email: String!) {
      vendorDelegate(vendorId: $vendor, agentEmail: $email, days: 30) {
        delegation { agentName isInForce days } errors { code } } }"""
    given = {"vendor": to_global_id("Vendor", vendor.id), "email": agent.email}
    made = (await read(delegation, seller(vendor.id, owner), **given))["vendorDelegate"]
    assert made["delegation"] == {"agentName": "Salma Idrissi", "isInForce": True, "days": 30}
    who = Requester(
        user_id=agent.id,
        is_staff=True,
        permissions=frozenset({"MANAGE_VENDORS"}),
        vendor_ids=(vendor.id, other.id),
        delegate_of=(vendor.id, other.id),
    )
    change = """mutation ($id: ID!) { vendorProfileUpdate(id: $id, input: {craft: "Poterie"}) {
      vendor { craft } errors { code } } }"""
    await read(change, who, id=given["vendor"])
    log = """{ auditLog(first: 1, filter: {actions: ["delegate.acted"]}) {
      totalCount edges { node { actorName details vendor { name } } } } }"""
    found = (await read(log, seller(vendor.id, owner)))["auditLog"]
    assert found["totalCount"] == 1
    (line,) = found["edges"]
    assert line["node"]["actorName"] == "Salma Idrissi"
    assert line["node"]["vendor"] == {"name": "Tifawin"}
    for said in ("vendorProfileUpdate", "Salma Idrissi", "Tifawin"):
        assert said in line["node"]["details"]
    stranger = await make_user(session)
    assert (await read(log, buyer(stranger)))["auditLog"]["totalCount"] == 0
    await make_member(session, other, stranger)
    assert (await read(log, seller(other.id, stranger)))["auditLog"]["totalCount"] == 0


async def test_owners_invite_and_nobody_else_does(session: AsyncSession, read: Ask, ask: Ask) -> None:
    vendor, owner, packer = await make_vendor(session), await make_user(session), await make_user(session)
    await make_member(session, vendor, owner)
    await make_member(session, vendor, packer, MemberRole.PACKER)
    invite = """mutation ($vendor: ID!) {
      vendorMemberInvite(vendorId: $vendor, email: "a@example.test", role: LISTER) {
        invitation { email role } errors { field code } } }"""
    given = {"vendor": to_global_id("Vendor", vendor.id)}
    made = (await read(invite, seller(vendor.id, owner), **given))["vendorMemberInvite"]
    assert made == {"invitation": {"email": "a@example.test", "role": "LISTER"}, "errors": []}
    assert denied(await ask(invite, seller(vendor.id, packer, MemberRole.PACKER), **given))
    leave = """mutation ($vendor: ID!, $user: ID!) {
      vendorMemberRemove(vendorId: $vendor, userId: $user) { vendor { name } errors { field code } } }"""
    mine = given | {"user": to_global_id("User", owner.id)}
    last = (await read(leave, seller(vendor.id, owner), **mine))["vendorMemberRemove"]
    assert last["errors"] == [{"field": "role", "code": "LAST_OWNER"}]
    assert denied(await ask(leave, seller(vendor.id, packer, MemberRole.PACKER), **mine))
    own = given | {"user": to_global_id("User", packer.id)}
    left = await read(leave, seller(vendor.id, packer, MemberRole.PACKER), **own)
    assert left["vendorMemberRemove"]["errors"] == []


async def test_who_only_applies_invites_nobody(session: AsyncSession, read: Ask) -> None:
    vendor, user = await make_application(session)
    invite = """mutation ($vendor: ID!) {
      vendorMemberInvite(vendorId: $vendor, email: "a@example.test", role: LISTER) { errors { code } } }"""
    answer = await read(invite, seller(vendor.id, user), vendor=to_global_id("Vendor", vendor.id))
    assert answer["vendorMemberInvite"]["errors"] == [{"code": "WRONG_STATUS"}]


async def test_staff_list_the_papers_that_wait(session: AsyncSession, read: Ask, ask: Ask) -> None:
    vendor, _ = await make_application(session)
    await make_document(session, vendor.id)
    waiting = "{ vendorDocuments(first: 5, filter: {statuses: [WAITING]}) { edges { node { kind } } } }"
    found = (await read(waiting, staff("MANAGE_VENDORS")))["vendorDocuments"]
    assert found["edges"] == [{"node": {"kind": "STATUTES"}}]
    assert denied(await ask(waiting, staff("MANAGE_ORDERS")))
    review = """mutation ($id: ID!) { vendorDocumentReview(id: $id, accepted: false) {
      errors { field code } } }"""
    paper = await read("{ vendorDocuments(first: 5) { edges { node { id } } } }", staff("MANAGE_VENDORS"))
    given = {"id": paper["vendorDocuments"]["edges"][0]["node"]["id"]}
    answer = (await read(review, staff("MANAGE_VENDORS"), **given))["vendorDocumentReview"]
    assert answer["errors"] == [{"field": "reason", "code": "REQUIRED"}]
