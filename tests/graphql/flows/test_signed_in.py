"""A signed-in buyer's way: addresses that are remembered, orders that are found, and the same again."""

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.service import create_user
from tests.factories.checkout import make_market, make_piece
from tests.graphql.flows.conftest import ADDRESS, Storefront

PASSWORD = "Argan-2026-Souss"


async def test_a_buyer_signs_in_buys_and_buys_the_same_again(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, 120_00, stock=3)
    honey = await make_piece(session, market.channel, 80_00, stock=1)
    await create_user(session, "salma@example.test", PASSWORD)
    await session.commit()
    shop = Storefront(client)
    await shop.sign_in("salma@example.test", PASSWORD)

    checkout = await shop.open_checkout(market.channel.slug, {rug.id: 1, honey.id: 1})
    mine = await shop.ask("query C($id: ID!) { checkout(id: $id) { email user { email } } }", id=checkout)
    assert mine["checkout"] == {"email": "salma@example.test", "user": {"email": "salma@example.test"}}
    await shop.deliver_to(checkout, ADDRESS, save_billing=False)
    first = await shop.pay_at_the_door(checkout)

    me = await shop.ask(
        """{ me { addresses { city isDefaultShippingAddress isDefaultBillingAddress }
                  orders(first: 5) { totalCount edges { node { id number status } } } } }"""
    )
    assert me["me"]["addresses"] == [
        {"city": "RABAT", "isDefaultShippingAddress": True, "isDefaultBillingAddress": False}
    ]
    assert me["me"]["orders"]["edges"] == [
        {"node": {"id": first["id"], "number": first["number"], "status": "UNFULFILLED"}}
    ]

    again = await shop.ask(
        """mutation Again($id: ID!) { checkoutCreateFromOrder(id: $id) {
          checkout { id email lines { quantity } }
          unavailableVariants { code message variantId } errors { code } } }""",
        id=first["id"],
    )
    made = shop.changed(again, "checkoutCreateFromOrder")
    assert [refused["code"] for refused in made["unavailableVariants"]] == ["INSUFFICIENT_STOCK"]
    assert made["checkout"]["lines"] == [{"quantity": 1}]
    assert made["checkout"]["email"] == "salma@example.test"

    await shop.deliver_to(made["checkout"]["id"], ADDRESS)
    second = await shop.pay_at_the_door(made["checkout"]["id"])
    me = await shop.ask("{ me { addresses { city } orders(first: 5) { edges { node { number } } } } }")
    assert me["me"]["addresses"] == [{"city": "RABAT"}]  # Known already.
    assert [edge["node"]["number"] for edge in me["me"]["orders"]["edges"]] == [
        second["number"],
        first["number"],
    ]


async def test_a_guests_cart_is_taken_along_into_an_account(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel)
    await create_user(session, "salma@example.test", PASSWORD)
    await session.commit()
    shop = Storefront(client)
    checkout = await shop.open_checkout(market.channel.slug, {rug.id: 1}, email="other@example.test")
    token = await shop.sign_in("salma@example.test", PASSWORD)
    taken = await shop.ask(
        """mutation Attach($id: ID!) { checkoutCustomerAttach(id: $id) {
          checkout { email user { email } lines { quantity } } errors { code } } }""",
        id=checkout,
    )
    assert shop.changed(taken, "checkoutCustomerAttach")["checkout"] == {
        "email": "salma@example.test",
        "user": {"email": "salma@example.test"},
        "lines": [{"quantity": 1}],
    }
    shop.token = ""
    hidden = await shop.ask("query C($id: ID!) { checkout(id: $id) { id } }", id=checkout)
    assert hidden == {"checkout": None}
    shop.token = token
    left = await shop.ask(
        """mutation Detach($id: ID!) { checkoutCustomerDetach(id: $id) {
          checkout { user { email } } errors { code } } }""",
        id=checkout,
    )
    assert shop.changed(left, "checkoutCustomerDetach")["checkout"] == {"user": None}
