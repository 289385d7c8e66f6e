"""Stocks as staff and sellers find them."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.search import reindex
from tests.factories.catalog import make_product, make_variant
from tests.factories.inventory import make_stock, make_warehouse
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, seller, staff

LIST = """query($filter: StockFilterInput) { stocks(first: 10, filter: $filter) {
  totalCount edges { node { quantity } } } }"""


async def test_stocks_are_found_by_number_by_room_and_by_what_they_are(
    read: Ask, session: AsyncSession
) -> None:
    rug, pot = await make_product(session, name="Tapis noué"), await make_product(session, name="Tajine")
    room = await make_warehouse(session, rug.vendor_id)
    room.name = "Dépôt de Fès"
    small = await make_variant(session, rug, name="Petit", sku="ABC-9")
    for variant, quantity in ((rug.variants[0], 3), (small, 4)):
        await make_stock(session, variant, quantity, room)
    await make_stock(session, pot.variants[0], 3)
    await reindex(session, [rug.id, pot.id])
    for given, found in (
        ({}, [3, 4, 3]),
        ({"quantity": 3}, [3, 3]),
        ({"quantity": 3.5}, []),
        ({"search": "de fès"}, [3, 4]),
        ({"search": "abc"}, [4]),
        ({"search": "rien"}, []),
    ):
        told = await read(LIST, staff("MANAGE_PRODUCTS"), filter=given)
        assert [edge["node"]["quantity"] for edge in told["stocks"]["edges"]] == found
    own = seller(rug.vendor_id, await make_user(session))
    assert (await read(LIST, own, filter={"quantity": 3}))["stocks"]["totalCount"] == 1
