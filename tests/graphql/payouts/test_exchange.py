"""Staff say what currencies are worth, and have a seller's balance changed."""

from types import ModuleType

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock as the_clock
from marketplace.kit.settings import Settings
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, seller, staff
from tests.graphql.payouts.test_payouts import finance, id_of
from tests.payouts.conftest import earn, make_house

SET = """mutation($day: Date!, $rate: PositiveDecimal!) {
  exchangeRateSet(source: "MAD", target: "EUR", day: $day, rate: $rate) {
    exchangeRate { source target day rate } errors { field code } } }"""
CONVERT = """mutation($id: ID!) { vendorBalanceConvert(vendorId: $id, source: "MAD", target: "EUR") {
  conversion { vendor { id } changed { amount currency } into { amount currency } }
  errors { field code } } }"""
LISTS = """query { exchangeRates(first: 5, filter: {source: "MAD"}) { edges { node { rate } } }
  vendorBalanceConversions(first: 5) { edges { node { into { amount } } } } }"""


async def test_what_is_payable_is_changed_at_the_rate_of_the_order(
    read: Ask, ask: Ask, session: AsyncSession, settings: Settings, clock: ModuleType
) -> None:
    house = await make_house(session, settings, sellers=1)
    who, vendor_id, day = finance(house.first), id_of(house.sellers[0]), str(the_clock.now().date())
    await earn(session, clock, house, 100_00)
    missing = (await read(CONVERT, who, id=vendor_id))["vendorBalanceConvert"]
    assert missing == {"conversion": None, "errors": [{"field": "source", "code": "RATE_MISSING"}]}
    said = (await read(SET, who, day=day, rate=0.0925))["exchangeRateSet"]
    assert said["exchangeRate"] == {"source": "MAD", "target": "EUR", "day": day, "rate": 0.0925}
    refused = (await read(SET, who, day=day, rate=0.1))["exchangeRateSet"]
    assert refused["errors"] == [{"field": "rate", "code": "INVALID"}]
    made = (await read(CONVERT, who, id=vendor_id))["vendorBalanceConvert"]["conversion"]
    assert made["vendor"] == {"id": vendor_id}
    assert (made["changed"]["amount"], made["into"]) == (90.4, {"amount": 8.36, "currency": "EUR"})
    listed = await read(LISTS, who)
    assert [edge["node"]["rate"] for edge in listed["exchangeRates"]["edges"]] == [0.0925]
    assert len(listed["vendorBalanceConversions"]["edges"]) == 1

    for other in (seller(house.sellers[0].id, await make_user(session)), staff("MANAGE_ORDERS")):
        for document, given in ((CONVERT, {"id": vendor_id}), (SET, {"day": day, "rate": 1}), (LISTS, {})):
            answer = await ask(document, other, **given)
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
