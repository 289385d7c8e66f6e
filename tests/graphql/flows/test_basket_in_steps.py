"""A basket as a storefront of today fills it: a step at a time, each answering with the whole basket."""

from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.kit.ids import to_global_id
from tests.factories.checkout import make_market, make_piece
from tests.factories.pricing import make_gift_card, make_voucher
from tests.graphql.flows.conftest import ADDRESS, Storefront

HERE = {"language": "FR"}
CASH = "marketplace.cash_on_delivery"


@pytest.fixture
async def pieces(session: AsyncSession) -> list[ProductVariant]:
    """A rug and a honey of two sellers, and a gift card and a code that pay for some of them."""
    market = await make_market(session, slug="maroc")
    rug = await make_piece(session, market.channel, 120_00, stock=3, name="Tapis")
    honey = await make_piece(session, market.channel, 80_00, stock=5, name="Miel")
    await make_voucher(session, market.channel, 10, code="BIENVENUE10")
    await make_gift_card(session, 50_00, code="CADEAU-0050")
    await session.commit()
    return [rug, honey]


def line(piece: ProductVariant, quantity: int = 1) -> dict[str, Any]:
    return {"variantId": to_global_id("ProductVariant", piece.id), "quantity": quantity}


async def filled(shop: Storefront, *lines: dict[str, Any]) -> Any:
    """A basket with lines; as it answers."""
    opened = (await shop.run("Open", channel="maroc", **HERE))["checkout"]
    return (await shop.run("Put", id=opened["id"], lines=list(lines), **HERE))["checkout"]


async def addressed(shop: Storefront, basket: Any) -> None:
    await shop.run("Email", id=basket["id"], email="salma@example.test", **HERE)
    await shop.run("SendTo", id=basket["id"], address=ADDRESS, save=False, **HERE)
    await shop.run("BillTo", id=basket["id"], address=ADDRESS, save=False, **HERE)


async def delivered(shop: Storefront, basket: Any) -> Any:
    """The basket with its only way of delivery chosen."""
    (way,) = (await shop.run("Ways", id=basket["id"]))["deliveries"]
    return (await shop.run("Choose", id=basket["id"], way=way["id"], **HERE))["checkout"]


async def test_lines_are_put_counted_and_taken_out(
    client: httpx.AsyncClient, pieces: list[ProductVariant]
) -> None:
    shop = Storefront(client)
    rug, honey = pieces
    empty = (await shop.run("Open", channel="maroc", **HERE))["checkout"]
    assert (empty["lines"], empty["totalPrice"]["gross"]["amount"], empty["problems"]) == ([], 0, [])
    here = {"id": empty["id"], **HERE}
    await shop.run("Put", **here, lines=[line(rug)])
    basket = (await shop.run("Put", **here, lines=[line(rug), line(honey, 2)]))["checkout"]
    assert [(each["variant"]["product"]["name"], each["quantity"]) for each in basket["lines"]] == [
        ("Tapis", 2),
        ("Miel", 2),
    ]
    assert basket["totalPrice"]["gross"] == {"amount": 400, "currency": "MAD"}
    first, second = (each["id"] for each in basket["lines"])
    counted = (await shop.run("Count", **here, lines=[{"lineId": first, "quantity": 1}]))["checkout"]
    assert counted["subtotalPrice"]["gross"]["amount"] == 280
    too_many = [{"lineId": first, "quantity": 4}]
    assert await shop.refused("Count", **here, lines=too_many) == [("quantity", "INSUFFICIENT_STOCK")]
    left = (await shop.run("TakeOut", **here, line=second))["checkout"]
    assert [each["id"] for each in left["lines"]] == [first]
    assert await shop.run("Route", id=empty["id"]) == {
        "id": empty["id"],
        "channel": {"slug": "maroc"},
        "lines": [{"id": first}],
    }


async def test_addresses_are_kept_to_the_rules_of_their_country(
    client: httpx.AsyncClient, pieces: list[ProductVariant]
) -> None:
    shop = Storefront(client)
    here = {"id": (await filled(shop, line(pieces[0])))["id"], **HERE}
    rules = await shop.run("AddressRules", country="MA")
    assert set(rules["requiredFields"]) >= {"city", "streetAddress"}
    assert await shop.refused("Email", **here, email="nobody") == [("email", "INVALID")]
    for changed, wrong in (
        ({"city": ""}, ("city", "REQUIRED")),
        ({"phone": "12"}, ("phone", "INVALID")),
        ({"postalCode": "ABC"}, ("postalCode", "INVALID")),
    ):
        assert await shop.refused("SendTo", **here, address={**ADDRESS, **changed}) == [wrong]
    # While the form is being filled, its country alone is told, for the prices of delivery.
    unchecked = {"checkRequiredFields": False}
    half = (await shop.run("SendTo", **here, address={"country": "MA"}, rules=unchecked))["checkout"]
    assert half["shippingAddress"]["country"]["code"] == "MA"
    whole = (await shop.run("SendTo", **here, address=ADDRESS, save=False))["checkout"]
    assert whole["shippingAddress"]["streetAddress1"] == ADDRESS["streetAddress1"]
    billed = (await shop.run("BillTo", **here, address=ADDRESS, save=False))["checkout"]
    assert billed["billingAddress"]["phone"] == ADDRESS["phone"]


async def test_delivery_is_chosen_by_older_storefronts_too(
    client: httpx.AsyncClient, pieces: list[ProductVariant]
) -> None:
    shop = Storefront(client)
    basket = await filled(shop, line(pieces[0]))
    await addressed(shop, basket)
    older = await shop.run("OlderWays", id=basket["id"])
    (method,) = older["shippingMethods"]
    assert (method["price"]["amount"], older["deliveryMethod"]) == (30, None)
    chosen = (await shop.run("Choose", id=basket["id"], way=method["id"], **HERE))["checkout"]
    assert chosen["delivery"]["shippingMethod"]["id"] == method["id"]
    assert chosen["shippingPrice"]["gross"]["amount"] == 30
    again = await shop.run("OlderWays", id=basket["id"])
    assert again["deliveryMethod"] == {"__typename": "ShippingMethod", "id": method["id"]}
    assert (await delivered(shop, basket))["delivery"]["shippingMethod"]["id"] == method["id"]


async def test_codes_take_off_and_are_taken_out_again(
    client: httpx.AsyncClient, pieces: list[ProductVariant]
) -> None:
    shop = Storefront(client)
    basket = await filled(shop, line(pieces[0]))
    await addressed(shop, basket)
    await delivered(shop, basket)
    here = {"id": basket["id"], **HERE}
    assert await shop.refused("AddCode", **here, code="NOTHING") == [("promoCode", "INVALID")]
    reduced = (await shop.run("AddCode", **here, code="BIENVENUE10"))["checkout"]
    assert (reduced["voucherCode"], reduced["discount"]["amount"]) == ("BIENVENUE10", 12)
    given = (await shop.run("AddCode", **here, code="CADEAU-0050"))["checkout"]
    (card,) = given["giftCards"]
    assert (card["displayCode"][-4:], card["currentBalance"]["amount"]) == ("0050", 50)
    assert given["totalPrice"]["gross"]["amount"] == 120 - 12 + 30 - 50
    without = (await shop.run("DropCode", **here, card=card["id"]))["checkout"]
    assert (without["giftCards"], without["totalPrice"]["gross"]["amount"]) == ([], 138)
    plain = (await shop.run("DropCode", **here, code="BIENVENUE10"))["checkout"]
    assert (plain["voucherCode"], plain["totalPrice"]["gross"]["amount"]) == (None, 150)


async def test_a_basket_is_paid_noted_and_becomes_an_order_once(
    client: httpx.AsyncClient, pieces: list[ProductVariant]
) -> None:
    shop = Storefront(client)
    rug, honey = pieces
    basket = await filled(shop, line(rug), line(honey, 2))
    await addressed(shop, basket)
    await delivered(shop, basket)
    here = {"id": basket["id"]}
    await shop.run("AddCode", **here, **HERE, code="BIENVENUE10")
    await shop.run("Note", **here, input=[{"key": "wrapped", "value": "yes"}])
    assert await shop.refused("Complete", **here) == [(None, "CHECKOUT_NOT_FULLY_PAID")]
    (gateway,) = (await shop.run("Gateways", **here))["gatewayConfigs"]
    assert (gateway["id"], gateway["errors"]) == (CASH, [])
    (card_gateway,) = (await shop.run("Gateways", **here, named=[{"id": "app.cards"}]))["gatewayConfigs"]
    assert card_gateway["id"] == "app.cards"
    assert [error["code"] for error in card_gateway["errors"]] == ["NOT_FOUND"]
    assert await shop.refused("Pay", **here, gateway={"id": "app.cards"}) == [("paymentGateway", "NOT_FOUND")]
    paid = await shop.run("Pay", **here, gateway={"id": CASH, "data": {"page": "checkout"}})
    assert paid["transactionEvent"]["type"] == "AUTHORIZATION_SUCCESS"
    proceeded = await shop.run("Proceed", id=paid["transaction"]["id"])
    assert proceeded["transaction"]["id"] == paid["transaction"]["id"]
    looked = await shop.run("Look", **here, **HERE)
    assert (looked["authorizeStatus"], looked["chargeStatus"]) == ("FULL", "NONE")
    made = (await shop.run("Complete", **here))["order"]
    assert (await shop.run("Complete", **here))["order"] == made  # Pressed twice.
    assert await shop.run("Route", **here) is None
    order = await shop.run("Thanks", id=made["id"], **HERE)
    goods, delivery = 120 + 2 * 80, 2 * 30
    assert order["total"]["gross"]["amount"] == goods - goods // 10 + delivery
    assert order["totalBalance"]["amount"] == -order["total"]["gross"]["amount"]
    (discount,) = order["discounts"]
    assert (discount["type"], discount["amount"]["amount"]) == ("VOUCHER", goods // 10)
    assert (order["status"], order["userEmail"]) == ("UNFULFILLED", "salma@example.test")
    assert order["metadata"] == [{"key": "wrapped", "value": "yes"}]
    assert [(each["productName"], each["quantity"]) for each in order["lines"]] == [("Tapis", 1), ("Miel", 2)]
