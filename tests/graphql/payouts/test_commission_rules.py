"""Staff make rules of commission, change those to come, and end those that hold."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.people.models import AuditEntry, User
from marketplace.vendors.models import Vendor
from marketplace_graphql.kernel import Requester
from tests.factories.markets import make_channel
from tests.factories.payouts import Piece, make_rule, place_order
from tests.factories.people import make_staff, make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, buyer, seller, staff

RULE = "id rate vatRate validFrom validUntil vendor { id } programme { id } category { id }"
CREATE = f"""mutation($input: CommissionRuleCreateInput!) {{
  commissionRuleCreate(input: $input) {{ commissionRule {{ {RULE} }} errors {{ field code message }} }} }}"""
UPDATE = f"""mutation($id: ID!, $input: CommissionRuleInput!) {{
  commissionRuleUpdate(id: $id, input: $input) {{
    commissionRule {{ {RULE} }} errors {{ field code message }}
  }} }}"""
END = f"""mutation($id: ID!, $on: Date) {{
  commissionRuleEnd(id: $id, on: $on) {{ commissionRule {{ {RULE} }} errors {{ field code message }} }} }}"""
LIST = f"""query($filter: CommissionRuleFilterInput) {{
  commissionRules(first: 10, filter: $filter) {{ totalCount edges {{ node {{ {RULE} }} }} }} }}"""
EARNING = """query($id: ID!) { vendorOrder(id: $id) { earning {
  commission { amount } vat { amount } explanation(languageCode: EN) } } }"""


def day(number: int) -> date:
    return clock.now().date() + timedelta(days=number)


@pytest.fixture
async def finance(session: AsyncSession) -> Requester:
    user: User = await make_staff(session, "MANAGE_PAYOUTS")  # type: ignore[arg-type]
    return staff("MANAGE_PAYOUTS", "MANAGE_ORDERS", user=user)


@pytest.fixture
async def vendor(session: AsyncSession) -> Vendor:
    return await make_vendor(session)


async def made(read: Ask, finance: Requester, **given: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await read(CREATE, finance, input=given))["commissionRuleCreate"]
    return answer


async def test_a_sellers_own_rule_goes_before_the_general_one_and_is_explained(
    read: Ask, session: AsyncSession, finance: Requester, vendor: Vendor
) -> None:
    await make_rule(session, 800)
    mine = to_global_id("Vendor", vendor.id)
    rule = (await made(read, finance, vendor=mine, rate=2.5))["commissionRule"]
    assert (rule["rate"], rule["vatRate"], rule["validFrom"]) == (2.5, 20.0, str(day(0)))
    assert (rule["vendor"], rule["programme"], rule["category"]) == ({"id": mine}, None, None)

    channel, other = await make_channel(session), await make_vendor(session)
    parts = await place_order(session, channel, [Piece(vendor, 1000_00), Piece(other, 1000_00)])
    earned = [
        (await read(EARNING, finance, id=to_global_id("VendorOrder", part.id)))["vendorOrder"]["earning"]
        for part in parts
    ]
    assert [(each["commission"]["amount"], each["vat"]["amount"]) for each in earned] == [(25, 5), (80, 16)]
    assert "2.5%" in earned[0]["explanation"]


async def test_of_rules_for_the_same_the_one_that_began_last_holds(
    read: Ask, session: AsyncSession, finance: Requester, vendor: Vendor
) -> None:
    await make_rule(session, 800)
    assert (await made(read, finance, rate=5))["errors"] == []
    [part] = await place_order(session, await make_channel(session), [Piece(vendor, 1000_00)])
    earned = (await read(EARNING, finance, id=to_global_id("VendorOrder", part.id)))["vendorOrder"]
    assert earned["earning"]["commission"]["amount"] == 50


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"rate": 100.01}, "rate", "INVALID"),
        ({"rate": 1.234}, "rate", "INVALID"),
        ({"rate": 8, "vatRate": 101}, "vatRate", "INVALID"),
        ({"rate": 8, "validFrom": -1}, "validFrom", "INVALID"),
        ({"rate": 8, "validFrom": 3, "validUntil": 3}, "validUntil", "INVALID"),
        ({"rate": 8, "vendor": "VmVuZG9yOjk5OTk5OTk="}, "vendor", "NOT_FOUND"),
        ({"rate": 8, "validFrom": 7}, "validFrom", "UNIQUE"),
    ],
)
async def test_a_rule_that_can_not_be_is_refused(
    read: Ask, session: AsyncSession, finance: Requester, given: dict[str, Any], field: str, code: str
) -> None:
    await make_rule(session, 800, valid_from=day(7))
    days = {name: str(day(given[name])) for name in ("validFrom", "validUntil") if name in given}
    answer = await made(read, finance, **given | days)
    assert answer["commissionRule"] is None
    assert [(error["field"], error["code"]) for error in answer["errors"]] == [(field, code)]


async def test_a_rule_to_come_may_be_changed_and_one_that_has_held_may_not(
    read: Ask, session: AsyncSession, finance: Requester
) -> None:
    coming = await make_rule(session, 800, valid_from=day(7))
    held = await make_rule(session, 800)
    changed = await read(
        UPDATE,
        finance,
        id=to_global_id("CommissionRule", coming.id),
        input={"rate": 9, "validFrom": str(day(9))},
    )
    rule = changed["commissionRuleUpdate"]["commissionRule"]
    assert (rule["rate"], rule["validFrom"]) == (9, str(day(9)))
    refused = await read(UPDATE, finance, id=to_global_id("CommissionRule", held.id), input={"rate": 9})
    assert refused["commissionRuleUpdate"]["errors"][0]["code"] == "WRONG_STATE"
    await session.refresh(held)
    assert held.rate_bp == 800


async def test_a_rule_ends_tomorrow_or_on_a_day_to_come_and_never_before(
    read: Ask, session: AsyncSession, finance: Requester
) -> None:
    ids = [to_global_id("CommissionRule", (await make_rule(session, 800)).id) for _ in range(2)]
    ended = (await read(END, finance, id=ids[0]))["commissionRuleEnd"]
    assert ended["commissionRule"]["validUntil"] == str(day(1))
    for on in (day(-1), day(2)):  # Before today; after it has ended.
        refused = (await read(END, finance, id=ids[0], on=str(on)))["commissionRuleEnd"]
        assert refused["errors"][0]["field"] == "on"
    later = (await read(END, finance, id=ids[1], on=str(day(5))))["commissionRuleEnd"]
    assert later["commissionRule"]["validUntil"] == str(day(5))
    logged = await session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_type == "CommissionRule")
    )
    assert list(logged) == ["commission_rule.ended", "commission_rule.ended"]


async def test_rules_are_listed_by_whom_they_are_for_and_when_they_hold(
    read: Ask, session: AsyncSession, finance: Requester, vendor: Vendor
) -> None:
    await make_rule(session, 800)
    await make_rule(session, 500, vendor_id=vendor.id, valid_from=day(7))
    found = await read(LIST, finance, filter={"vendors": [to_global_id("Vendor", vendor.id)]})
    assert [edge["node"]["rate"] for edge in found["commissionRules"]["edges"]] == [5]
    found = await read(LIST, finance, filter={"on": str(day(0))})
    assert [edge["node"]["rate"] for edge in found["commissionRules"]["edges"]] == [8]


async def test_only_staff_who_work_with_payouts_know_of_rules(
    ask: Ask, session: AsyncSession, vendor: Vendor
) -> None:
    others = (
        seller(vendor.id, await make_user(session)),
        buyer(await make_user(session)),
        staff("MANAGE_ORDERS"),
    )
    for who in others:
        for document, given in ((LIST, {}), (CREATE, {"input": {"rate": 8}})):
            answer = await ask(document, who, **given)
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
