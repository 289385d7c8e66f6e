"""Checkouts that one app carries and another taxes."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.checkout import RABAT, Market, make_cart, make_piece
from tests.graphql.carrier import carrying
from tests.graphql.conftest import Ask
from tests.graphql.taxes.conftest import TaxApp, gid
from tests.graphql.taxes.documents import ADD, CHOOSE, COMPLETE, IN_RABAT, MOVE, both

METHODS = "query ($id: ID!) { checkout(id: $id) { shippingMethods { id name } } }"


async def test_what_a_carrier_asks_for_is_taxed_by_the_other_app(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    cart = await make_cart(session, market.channel, rug, shipping_address=RABAT, billing_address=RABAT)
    async with carrying(session) as carrier:
        line = {"variantId": gid(rug), "quantity": 1}
        payload = (await read(ADD, id=gid(cart), lines=[line]))["it"]
        assert both(payload["checkout"]["totalPrice"]) == (240.0, 200.0)
        await read(MOVE, id=gid(cart), address=IN_RABAT)
        methods = (await read(METHODS, id=gid(cart)))["checkout"]["shippingMethods"]
        (express,) = [method["id"] for method in methods if method["name"] == "Express"]
        payload = (await read(CHOOSE, id=gid(cart), method=express))["it"]
        assert both(payload["checkout"]["shippingPrice"]) == (120.01, 100.01)
        payload = (await read(COMPLETE, id=gid(cart)))["it"]
        assert payload["errors"] == []
        assert both(payload["order"]["total"]) == (360.01, 300.01)
        assert carrier.receiver.received
