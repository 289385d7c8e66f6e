"""A guest's way, as Saleor documents it: from the list of products to the order, and back to it later."""

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.checkout import make_market, make_piece
from tests.graphql.flows.conftest import ADDRESS, Storefront


async def test_a_guest_buys_from_the_list_and_finds_the_order_again(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    market = await make_market(session)
    await make_piece(session, market.channel, 120_00, name="Tapis d'Azilal")
    await make_piece(session, market.channel, 80_00, name="Miel de thym")
    await session.commit()
    shop = Storefront(client)

    listed = await shop.ask(
        """query List($channel: String!) {
          products(first: 10, channel: $channel, sortBy: {field: NAME, direction: ASC}) {
          edges { node { id name slug isAvailable
                         pricing { priceRange { start { gross { amount currency } } } }
                         defaultVariant { id quantityAvailable } } } } }""",
        channel=market.channel.slug,
    )
    honey, rug = [edge["node"] for edge in listed["products"]["edges"]]
    assert (honey["name"], rug["name"]) == ("Miel de thym", "Tapis d'Azilal")
    assert honey["pricing"]["priceRange"]["start"]["gross"] == {"amount": 80, "currency": "MAD"}
    assert rug["isAvailable"]

    created = await shop.ask(
        """mutation Create($input: CheckoutCreateInput!) { checkoutCreate(input: $input) {
          checkout { id token lines { id quantity } totalPrice { gross { amount } } problems { __typename } }
          errors { field code message } } }""",
        input={
            "channel": market.channel.slug,
            "email": "salma@example.test",
            "lines": [
                {"variantId": honey["defaultVariant"]["id"], "quantity": 2},
                {"variantId": rug["defaultVariant"]["id"], "quantity": 1},
            ],
        },
    )
    checkout = shop.changed(created, "checkoutCreate")["checkout"]
    assert checkout["totalPrice"]["gross"]["amount"] == 280
    assert checkout["problems"] == []

    rules = await shop.ask(
        "{ addressValidationRules(countryCode: MA) { requiredFields allowedFields postalCodeMatchers } }"
    )
    assert "city" in rules["addressValidationRules"]["requiredFields"]

    for kind in ("shipping", "billing"):
        addressed = await shop.ask(
            f"""mutation Address($id: ID!, $address: AddressInput!) {{
              checkout{kind.title()}AddressUpdate(id: $id, {kind}Address: $address) {{
                checkout {{ {kind}Address {{ city country {{ code }} }} }} errors {{ field code }} }} }}""",
            id=checkout["id"],
            address=ADDRESS,
        )
        changed = shop.changed(addressed, f"checkout{kind.title()}AddressUpdate")["checkout"]
        assert changed[f"{kind}Address"] == {"city": "RABAT", "country": {"code": "MA"}}

    order = await shop.pay_at_the_door(checkout["id"])
    assert order["total"]["gross"]["amount"] == 280 + 2 * 30

    found = await shop.ask(
        """query Order($id: ID!, $token: UUID!) {
          order(id: $id) { number status userEmail isPaid paymentStatusDisplay redirectUrl
            shippingAddress { city } billingAddress { city } shippingMethodName
            lines { productName quantity totalPrice { gross { amount } } variant { id }
                    thumbnail(size: 256) { url } }
            subtotal { gross { amount } } shippingPrice { gross { amount } } total { gross { amount } }
            fulfillments { trackingNumber } deliveryMethod { __typename }
            vendorOrders { number vendor { name } status } }
          orderByToken(token: $token) { id } }""",
        id=order["id"],
        token=order["token"],
    )
    assert found["orderByToken"] == {"id": order["id"]}
    again = found["order"]
    assert (again["status"], again["userEmail"]) == ("UNFULFILLED", "salma@example.test")
    assert again["redirectUrl"] == "http://testserver/thanks"
    assert [line["productName"] for line in again["lines"]] == ["Miel de thym", "Tapis d'Azilal"]
    assert len(again["vendorOrders"]) == 2
    # The checkout is gone.
    gone = await shop.ask("query C($id: ID!) { checkout(id: $id) { id } }", id=checkout["id"])
    assert gone == {"checkout": None}
