"""What a seller is owed over the API, and statements of any time: its own, page by page."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import publish
from marketplace.kit.settings import Settings
from marketplace.orders.events import PartRefunded
from marketplace.orders.refunds import PartRefund
from marketplace.vendors.models import MemberRole, VendorMember
from marketplace_graphql.kernel import Requester
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, seller, staff
from tests.graphql.payouts.test_payouts import id_of
from tests.payouts.conftest import House, deliver, earn, make_house, sell

BALANCE = """query($id: ID!, $currency: String!) { vendorBalance(vendorId: $id, currency: $currency) {
  currency pending { amount } held { amount } payable { amount } inTransit { amount } paid { amount }
} }"""
STATEMENT = """query(
  $id: ID!, $currency: String!, $start: DateTime!, $end: DateTime!, $first: Int, $after: String
) {
  vendorStatement(
    vendorId: $id, currency: $currency, start: $start, end: $end, first: $first, after: $after
  ) {
    opening { total { amount } } closing { held { amount } payable { amount } total { amount } }
    lines { kind vendorOrderNumber vendorOrderId amount { amount } balance { amount } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}"""
EVER = {"currency": "MAD", "start": "2000-01-01T00:00:00Z", "end": "3000-01-01T00:00:00Z", "first": 100}
PAYOUTS = staff("MANAGE_PAYOUTS")


@pytest.fixture
async def house(session: AsyncSession, settings: Settings, clock: ModuleType) -> House:
    """Two sellers: each has sold a thing that is payable, one that is held, and one that is pending."""
    house = await make_house(session, settings)
    await earn(session, clock, house, 100_00, 50_00)
    for part in await sell(session, house, 30_00, 10_00):
        await deliver(session, part)
    clock.advance(timedelta(days=1))
    await sell(session, house, 20_00, 10_00)
    return house


async def member(session: AsyncSession, house: House, role: MemberRole) -> Requester:
    user, vendor = await make_user(session), house.sellers[0]
    session.add(VendorMember(vendor_id=vendor.id, user_id=user.id, role=role))
    await session.flush()
    return seller(vendor.id, user, role)


@pytest.mark.parametrize("role", list(MemberRole))
async def test_members_of_a_seller_know_what_it_has_sold_and_is_owed(
    read: Ask, session: AsyncSession, house: House, role: MemberRole
) -> None:
    asked = await member(session, house, role)
    found = (await read(BALANCE, asked, id=id_of(house.sellers[0]), currency="MAD"))["vendorBalance"]
    assert found.pop("currency") == "MAD"
    assert {name: part["amount"] for name, part in found.items()} == {
        "pending": 18.08,
        "held": 27.12,
        "payable": 90.4,
        "inTransit": 0.0,
        "paid": 0.0,
    }


async def test_a_balance_in_a_currency_that_nothing_was_sold_in_is_nothing(read: Ask, house: House) -> None:
    found = (await read(BALANCE, PAYOUTS, id=id_of(house.sellers[0]), currency="EUR"))["vendorBalance"]
    assert {part["amount"] for name, part in found.items() if name != "currency"} == {0.0}


async def test_a_refund_before_the_delivery_lowers_what_is_pending(
    read: Ask, session: AsyncSession, house: House
) -> None:

    part, _ = await sell(session, house, 40_00, 10_00)
    back = PartRefund(vendor_order_id=part.id, currency="MAD", goods_minor=40_00, shipping_minor=30_00)
    session.add(back)
    await session.flush()
    await publish(session, PartRefunded(back.id))
    found = (await read(BALANCE, PAYOUTS, id=id_of(house.sellers[0]), currency="MAD"))["vendorBalance"]
    assert found["pending"]["amount"] == 18.08


@pytest.mark.parametrize("role", [MemberRole.OWNER, MemberRole.TREASURER, None])
async def test_a_statement_adds_up_page_by_page(
    read: Ask, session: AsyncSession, house: House, role: MemberRole | None
) -> None:
    asked = PAYOUTS if role is None else await member(session, house, role)
    given: dict[str, Any] = EVER | {"id": id_of(house.sellers[0]), "first": 1}
    first = (await read(STATEMENT, asked, **given))["vendorStatement"]
    assert first["opening"]["total"]["amount"] == 0.0
    assert first["closing"] == {
        "held": {"amount": 27.12},
        "payable": {"amount": 90.4},
        "total": {"amount": 117.52},
    }
    [line] = first["lines"]
    assert (line["kind"], line["amount"]["amount"], line["balance"]["amount"]) == ("delivered", 90.4, 90.4)
    assert line["vendorOrderNumber"].endswith("-1")
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    second = (await read(STATEMENT, asked, **given, after=first["pageInfo"]["endCursor"]))["vendorStatement"]
    assert [each["balance"]["amount"] for each in second["lines"]] == [117.52]
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (False, True)


async def test_nobody_else_reads_a_sellers_account(ask: Ask, session: AsyncSession, house: House) -> None:
    stranger = seller(house.sellers[1].id, await make_user(session))
    packer = await member(session, house, MemberRole.PACKER)
    given = {"id": id_of(house.sellers[0])}
    refused = [(BALANCE, given | {"currency": "MAD"}), (STATEMENT, EVER | given)]
    for who in (stranger, buyer(await make_user(session)), staff("MANAGE_ORDERS"), None):
        for document, variables in refused:
            answer = await ask(document, who, **variables)
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
            assert set(answer["data"].values()) == {None}
    answer = await ask(STATEMENT, packer, **EVER, **given)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"currency": "XXX"}, "does not trade in XXX"),
        ({"end": "1999-01-01T00:00:00Z"}, "ends before it starts"),
        ({"first": 0}, "Between 1 and 100"),
        ({"first": 101}, "Between 1 and 100"),
        ({"after": "nonsense!"}, "no cursor"),
        ({"after": "MjAyNi0wMS0wMSAx"}, "time zone"),
    ],
)
async def test_what_can_not_be_asked_is_told(
    ask: Ask, house: House, wrong: dict[str, Any], words: str
) -> None:
    answer = await ask(STATEMENT, PAYOUTS, **EVER | {"id": id_of(house.sellers[0])} | wrong)
    assert words in answer["errors"][0]["message"]
