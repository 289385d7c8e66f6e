"""What sellers owe over the API: listed for staff, and decided by them."""

from types import ModuleType

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.settings import Settings
from marketplace.payouts.answers import import_answer
from marketplace.payouts.runs import create_run
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, seller, staff
from tests.graphql.payouts.test_payouts import finance, id_of
from tests.payouts.conftest import House, earn, make_house
from tests.payouts.test_answers import mark_sent, payouts_of, sheet
from tests.payouts.test_debts import pay_back

DEBTS = """query($needs: Boolean) { vendorDebts(currency: "MAD", needsDecision: $needs) {
  vendorId total { amount } open { amount } spread { amount } since needsDecision reviewOn } }"""
DECIDE = """mutation($id: ID!, $input: VendorDebtDecideInput!) {
  vendorDebtDecide(vendorId: $id, currency: "MAD", input: $input) {
    vendorDebtDecision {
      vendor { id } decision amount { amount } shareOfPayouts reviewOn reason reference
    }
    errors { field code }
  } }"""
DECISIONS = "query { vendorDebtDecisions(first: 5) { edges { node { decision reason } } } }"


async def owing(session: AsyncSession, settings: Settings, clock: ModuleType) -> House:
    house = await make_house(session, settings, sellers=1)
    [part] = await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)
    await mark_sent(session, run)
    [payout] = await payouts_of(session, run)
    await import_answer(session, run.id, sheet(f"{payout.end_to_end_id};PAID;"))
    await pay_back(session, part)
    return house


async def test_staff_see_what_a_seller_owes_and_spread_it(
    read: Ask, session: AsyncSession, settings: Settings, clock: ModuleType
) -> None:
    house = await owing(session, settings, clock)
    who, vendor_id = finance(house.first), id_of(house.sellers[0])
    [debt] = (await read(DEBTS, who))["vendorDebts"]
    assert debt.pop("since") is not None
    assert debt == {
        "vendorId": vendor_id,
        "total": {"amount": 90.4},
        "open": {"amount": 90.4},
        "spread": {"amount": 0.0},
        "needsDecision": False,
        "reviewOn": None,
    }
    assert (await read(DEBTS, who, needs=True))["vendorDebts"] == []

    said = {"decision": "SPREAD", "reason": "It was a large order.", "shareOfPayouts": 12.5}
    decided = (await read(DECIDE, who, id=vendor_id, input=said))["vendorDebtDecide"]
    assert decided == {
        "vendorDebtDecision": {
            "vendor": {"id": vendor_id},
            "decision": "SPREAD",
            "amount": {"amount": 90.4},
            "shareOfPayouts": 12.5,
            "reviewOn": None,
            "reason": "It was a large order.",
            "reference": None,
        },
        "errors": [],
    }
    [debt] = (await read(DEBTS, who))["vendorDebts"]
    assert (debt["open"]["amount"], debt["spread"]["amount"]) == (0.0, 90.4)
    again = (await read(DECIDE, who, id=vendor_id, input=said))["vendorDebtDecide"]
    assert again["errors"] == [{"field": "vendorId", "code": "NO_DEBT"}]
    listed = (await read(DECISIONS, who))["vendorDebtDecisions"]["edges"]
    assert [edge["node"]["decision"] for edge in listed] == ["SPREAD"]


async def test_nobody_else_sees_or_decides_of_debts(
    ask: Ask, session: AsyncSession, settings: Settings, clock: ModuleType
) -> None:
    house = await owing(session, settings, clock)
    vendor_id = house.sellers[0].id
    said = {"decision": "WRITE_OFF", "reason": "Please."}
    for who in (seller(vendor_id, await make_user(session)), buyer(house.second), staff("MANAGE_ORDERS")):
        for document, given in (
            (DEBTS, {}),
            (DECISIONS, {}),
            (DECIDE, {"id": id_of(house.sellers[0]), "input": said}),
        ):
            answer = await ask(document, who, **given)
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
