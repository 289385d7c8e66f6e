"""What sellers change of themselves, and staff of sellers."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.vendors.models import MemberRole, VendorStatus
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
    errors { field code }
  }
}
"""
RIB = "011519000001205000534921"


async def test_a_treasurer_sets_where_the_seller_is_paid(session: AsyncSession, read: Ask) -> None:
    vendor, user = await make_vendor(session), await make_user(session)
    await make_member(session, vendor, user, MemberRole.TREASURER)
    requester = seller(vendor.id, user=user)
    given = {"id": to_global_id("Vendor", vendor.id), "number": RIB}
    data = await read(SET_ACCOUNT, requester, **given)
    account = {"kind": "RIB", "holder": "Coopérative Tifawin", "bankName": "Banque", "ending": "4921"}
    assert data["bankAccountUpdate"] == {"bankAccount": account, "errors": []}
    data = await read(SET_ACCOUNT, requester, **given | {"number": RIB[:-1] + "2"})
    wrong = [{"field": "number", "code": "BANK_NUMBER_INVALID"}]
    assert data["bankAccountUpdate"] == {"bankAccount": None, "errors": wrong}
    seen = await read(
        "query ($id: ID) { vendor(id: $id) { bankAccount { ending } } }", requester, id=given["id"]
    )
    assert seen["vendor"]["bankAccount"] == {"ending": "4921"}


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
