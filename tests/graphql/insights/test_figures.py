"""The competitiveness figures over the API: of one seller, and of all, the best first."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.vendors.models import Vendor
from marketplace_graphql.kernel import Requester
from tests.factories.catalog import make_category
from tests.factories.markets import make_channel
from tests.factories.payouts import Piece, place_order
from tests.factories.people import make_user
from tests.factories.vendors import make_region, make_vendor
from tests.graphql.conftest import Ask, seller, staff

STAFF = staff("MANAGE_VENDORS")
PERIOD = {"gte": "2026-11-01", "lte": "2026-11-30"}
FIGURES = """sales { amount currency } orders pieces previousSales { amount } growth
  categorySales { amount } categoryShare rank"""
ONE = f"""query($id: ID!, $period: DateRangeInput!, $channel: String!) {{
  vendor(id: $id) {{ figures(period: $period, channel: $channel) {{ {FIGURES} vendor {{ id }} }} }} }}"""
ALL = f"""query($period: DateRangeInput!, $channel: String!, $filter: VendorFiguresFilterInput,
                $first: Int, $after: String) {{
  vendorFigures(period: $period, channel: $channel, filter: $filter, first: $first, after: $after) {{
    totalCount pageInfo {{ hasNextPage hasPreviousPage endCursor }}
    edges {{ cursor node {{ {FIGURES} vendor {{ id name region {{ code }} }} }} }}
  }} }}"""


@pytest.fixture
async def sellers(session: AsyncSession) -> list[Vendor]:
    """Three sellers of carpets; the second works in another region and has grown."""
    channel = await make_channel(session, slug="maroc")
    await make_region(session, "MA-05", "Béni Mellal-Khénifra")
    await make_region(session, "MA-09")
    carpets = await make_category(session, slug="tapis")
    made = [await make_vendor(session, region_code=code) for code in ("MA-05", "MA-09", "MA-05")]
    sales = [(made[0], 11, 500_00), (made[1], 11, 300_00), (made[1], 10, 200_00), (made[2], 11, 200_00)]
    for vendor, month, price in sales:
        at = datetime(2026, month, 15, tzinfo=UTC)
        await place_order(session, channel, [Piece(vendor, price, category=carpets)], created_at=at)
    return made


async def test_staff_see_how_one_seller_does(read: Ask, sellers: list[Vendor]) -> None:
    id_ = to_global_id("Vendor", sellers[1].id)
    found = await read(ONE, STAFF, id=id_, period=PERIOD, channel="maroc")

    assert found["vendor"]["figures"] == {
        "sales": {"amount": 300, "currency": "MAD"},
        "orders": 1,
        "pieces": 1,
        "previousSales": {"amount": 200},
        "growth": 0.5,
        "categorySales": {"amount": 1000},
        "categoryShare": 0.3,
        "rank": 2,
        "vendor": {"id": id_},
    }


async def test_a_seller_sees_its_own_figures_and_nobody_elses(
    ask: Ask, session: AsyncSession, sellers: list[Vendor]
) -> None:
    member = seller(sellers[0].id, await make_user(session))
    own = await ask(ONE, member, id=to_global_id("Vendor", sellers[0].id), period=PERIOD, channel="maroc")
    assert own["data"]["vendor"]["figures"]["rank"] == 1

    other = to_global_id("Vendor", sellers[1].id)
    for requester in (member, None, Requester(user_id=1)):
        answer = await ask(ONE, requester, id=other, period=PERIOD, channel="maroc")
        assert answer["data"]["vendor"]["figures"] is None
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    answer = await ask(ALL, member, period=PERIOD, channel="maroc")
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_sellers_are_listed_the_best_first_page_by_page(read: Ask, sellers: list[Vendor]) -> None:
    async def page(**given: Any) -> dict[str, Any]:
        found = await read(ALL, STAFF, period=PERIOD, channel="maroc", **given)
        return found["vendorFigures"]  # type: ignore[no-any-return]

    first = await page(first=2)
    assert [edge["node"]["sales"]["amount"] for edge in first["edges"]] == [500, 300]
    assert [edge["node"]["vendor"]["name"] for edge in first["edges"]] == [v.name for v in sellers[:2]]
    assert first["totalCount"] == 3
    assert first["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False, "endCursor": "2"}
    rest = await page(first=2, after=first["pageInfo"]["endCursor"])
    assert [edge["node"]["rank"] for edge in rest["edges"]] == [3]
    assert rest["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True, "endCursor": "3"}
    assert (await page(after="'; DROP TABLE vendor"))["edges"][0]["cursor"] == "1"
    assert (await page(first=-5))["edges"] == []


async def test_the_list_is_narrowed_by_region_kind_and_category(
    read: Ask, session: AsyncSession, sellers: list[Vendor]
) -> None:
    async def count(**filters: Any) -> int:
        found = await read(ALL, STAFF, period=PERIOD, channel="maroc", filter=filters)
        return len(found["vendorFigures"]["edges"])

    other = await make_category(session)
    assert await count(regions=["MA-05"]) == 2
    assert await count(kinds=["HERITAGE_COMPANY"]) == 0
    assert await count(kinds=["COOPERATIVE"], regions=["MA-09"]) == 1
    assert await count(categories=[to_global_id("Category", other.id)]) == 0
    assert await count(programmes=[to_global_id("Programme", 1)]) == 0


async def test_a_period_without_an_end_is_refused_and_an_unknown_channel_is_null(
    ask: Ask, sellers: list[Vendor]
) -> None:
    id_ = to_global_id("Vendor", sellers[0].id)
    open_ended = await ask(ONE, STAFF, id=id_, period={"gte": "2026-11-01"}, channel="maroc")
    assert "first day" in open_ended["errors"][0]["message"]

    unknown = await ask(ONE, STAFF, id=id_, period=PERIOD, channel="mars")
    assert unknown["data"]["vendor"]["figures"] is None
    assert "errors" not in unknown
