"""What sellers change of themselves, and staff of sellers."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.vendors.bank_models import BankChange
from marketplace.vendors.links import LinkPurpose, token_of
from marketplace.vendors.models import MemberRole, VendorMember, VendorStatus
from marketplace_graphql.kernel import Requester
from tests.factories.people import make_user
from tests.factories.vendors import make_member, make_vendor
from tests.graphql.conftest import Ask, seller, staff

SET_ACCOUNT = """
mutation ($id: ID!, $number: String!) {
  bankAccountUpdate(
    vendorId: $id, input: {kind: RIB, holder: "Coopérative Tifawin", bankName: "Banque", number: $number}
  ) {
    bankAccount { kind holder bankName ending }
    change { status ending sentTo }
    errors { field code }
  }
}
"""
RIB = "011519000001205000534921"


async def test_a_treasurer_asks_where_the_seller_is_paid_and_its_contact_confirms(
    session: AsyncSession, read: Ask, settings: Settings
) -> None:
    vendor, user = await make_vendor(session, email="tifawin@example.test"), await make_user(session)
    await make_member(session, vendor, user, MemberRole.TREASURER)
    requester = seller(vendor.id, user=user)
    given = {"id": to_global_id("Vendor", vendor.id), "number": RIB}
    data = await read(SET_ACCOUNT, requester, **given)
    change = {"status": "WAITING", "ending": "4921", "sentTo": "t•••@example.test"}
    assert data["bankAccountUpdate"] == {"bankAccount": None, "change": change, "errors": []}
    change_id = (await session.scalars(select(BankChange.id))).one()
    token = token_of(settings, LinkPurpose.BANK_CONFIRMATION, change_id)
    asked = await read(
        "query ($token: String!) { vendorLink(token: $token) { purpose ending isOpen vendorName } }",
        token=token,
    )
    assert asked["vendorLink"] == {
        "purpose": "BANK_CONFIRMATION",
        "ending": "4921",
        "isOpen": True,
        "vendorName": vendor.name,
    }
    answer = """mutation ($token: String!) { vendorLinkAnswer(token: $token, agree: true) {
      purpose errors { code } } }"""
    told = await read(answer, token=token)
    assert told["vendorLinkAnswer"] == {"purpose": "BANK_CONFIRMATION", "errors": []}
    told = await read(answer, token=token)
    assert told["vendorLinkAnswer"] == {"purpose": None, "errors": [{"code": "INVALID_TOKEN"}]}
    data = await read(SET_ACCOUNT, requester, **given | {"number": RIB[:-1] + "2"})
    wrong = [{"field": "number", "code": "BANK_NUMBER_INVALID"}]
    assert data["bankAccountUpdate"] == {"bankAccount": None, "change": None, "errors": wrong}
    seen = await read(
        "query ($id: ID) { vendor(id: $id) { bankAccount { ending } bankAccountChanges { status } } }",
        requester,
        id=given["id"],
    )
    assert seen["vendor"] == {
        "bankAccount": {"ending": "4921"},
        "bankAccountChanges": [{"status": "CONFIRMED"}],
    }


@pytest.mark.parametrize("who", ["lister", "stranger", "guest", "staff of something else"])
async def test_nobody_else_sets_or_sees_where_a_seller_is_paid(
    session: AsyncSession, ask: Ask, who: str
) -> None:
    vendor, user = await make_vendor(session), await make_user(session)
    requester: Requester | None = None
    match who:
        case "lister":
            await make_member(session, vendor, user, MemberRole.LISTER)
            requester = seller(vendor.id, user=user)
        case "stranger":
            requester = Requester(user_id=user.id)
        case "staff of something else":
            requester = staff("MANAGE_ORDERS")
    answer = await ask(SET_ACCOUNT, requester, id=to_global_id("Vendor", vendor.id), number=RIB)
    assert answer["data"] == {"bankAccountUpdate": None}
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    if who != "lister":
        answer = await ask(
            "query ($id: ID) { vendor(id: $id) { bankAccount { ending } } }",
            requester,
            id=to_global_id("Vendor", vendor.id),
        )
        assert answer["data"]["vendor"]["bankAccount"] is None


async def test_staff_approve_and_suspend(session: AsyncSession, read: Ask, ask: Ask) -> None:
    vendor = await make_vendor(session, status=VendorStatus.APPLIED)
    given = {"id": to_global_id("Vendor", vendor.id)}
    user = await make_user(session, is_staff=True)
    manager = Requester(user_id=user.id, permissions=frozenset({"MANAGE_VENDORS"}), is_staff=True)
    approve = "mutation ($id: ID!) { vendorApprove(id: $id) { vendor { status } errors { code } } }"
    data = await read(approve, manager, **given)
    assert data["vendorApprove"] == {"vendor": {"status": "APPROVED"}, "errors": []}
    data = await read(approve, manager, **given)
    assert data["vendorApprove"] == {"vendor": None, "errors": [{"code": "WRONG_STATUS"}]}
    suspend = approve.replace("Approve", "Suspend")
    assert (await read(suspend, manager, **given))["vendorSuspend"]["vendor"] == {"status": "SUSPENDED"}
    answer = await ask(suspend, staff("MANAGE_PRODUCTS"), **given)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


CREATE = """mutation ($input: VendorCreateInput!) { vendorCreate(input: $input) {
  vendor { id name slug kind status } errors { field code } } }"""
SET_MEMBER = """mutation ($vendor: ID!, $email: String!, $role: VendorMemberRoleEnum) {
  vendorMemberSet(vendorId: $vendor, email: $email, role: $role) { vendor { id } errors { field code } } }"""
SELLER = {"name": "Coopérative Tifawin", "kind": "COOPERATIVE", "country": "MA"}


async def test_staff_take_a_seller_in(read: Ask, ask: Ask) -> None:
    manager = staff("MANAGE_VENDORS")
    given = SELLER | {"email": "tifawin@example.test", "craft": "Tissage"}
    made = (await read(CREATE, manager, input=given))["vendorCreate"]
    assert made["errors"] == []
    vendor = made["vendor"]
    assert (vendor["slug"], vendor["kind"], vendor["status"]) == (
        "cooperative-tifawin",
        "COOPERATIVE",
        "APPLIED",
    )
    answer = await ask(CREATE, staff("MANAGE_PRODUCTS"), input=SELLER)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"name": " "}, "name", "REQUIRED"),
        ({"name": "n" * 251}, "name", "INVALID"),
        ({"story": "n" * 5001}, "story", "INVALID"),
        ({"email": "tifawin"}, "email", "INVALID"),
        ({"ice": "12"}, "ice", "ICE_INVALID"),
    ],
)
async def test_a_seller_that_can_not_be_is_not_taken_in(
    read: Ask, given: dict[str, str], field: str, code: str
) -> None:
    made = (await read(CREATE, staff("MANAGE_VENDORS"), input=SELLER | given))["vendorCreate"]
    assert made == {"vendor": None, "errors": [{"field": field, "code": code}]}


async def test_people_come_to_work_for_a_seller_and_leave(session: AsyncSession, read: Ask) -> None:
    vendor, user = await make_vendor(session), await make_user(session)
    manager = staff("MANAGE_VENDORS", user=await make_user(session))
    given = {"vendor": to_global_id("Vendor", vendor.id), "email": user.email}
    for role, then in (("PACKER", [MemberRole.PACKER]), ("LISTER", [MemberRole.LISTER]), (None, [])):
        said = await read(SET_MEMBER, manager, **given, role=role)
        assert said["vendorMemberSet"]["errors"] == []
        query = select(VendorMember.role).where(VendorMember.user_id == user.id)
        assert list(await session.scalars(query)) == then
    said = await read(SET_MEMBER, manager, **given | {"email": "nobody@example.test"}, role="OWNER")
    assert said["vendorMemberSet"]["errors"] == [{"field": "email", "code": "NOT_FOUND"}]


async def test_nobody_but_staff_says_who_works_for_a_seller(session: AsyncSession, ask: Ask) -> None:
    vendor, owner = await make_vendor(session), await make_user(session)
    await make_member(session, vendor, owner)
    given = {"vendor": to_global_id("Vendor", vendor.id), "email": owner.email, "role": "OWNER"}
    for who in (seller(vendor.id, user=owner), staff("MANAGE_USERS"), None):
        answer = await ask(SET_MEMBER, who, **given)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
