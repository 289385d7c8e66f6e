"""One cart, three sellers: one payment, three parcels, each with its own way."""

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.service import create_user
from tests.factories.checkout import make_market, make_piece
from tests.factories.vendors import make_member, make_vendor
from tests.graphql.flows.conftest import ADDRESS, Storefront

PASSWORD = "Argan-2026-Souss"


async def test_each_seller_sends_its_own_parcel_of_one_order(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    market = await make_market(session)
    vendors = [await make_vendor(session) for _ in range(3)]
    pieces = [
        await make_piece(session, market.channel, price, vendor_id=vendor.id, weight_grams=800)
        for vendor, price in zip(vendors, (100_00, 60_00, 40_00), strict=True)
    ]
    weaver = await create_user(session, "weaver@example.test", PASSWORD)
    await make_member(session, vendors[0], weaver)
    await create_user(session, "boss@example.test", PASSWORD, is_staff=True, is_superuser=True)
    await session.commit()
    buyer, seller, boss = Storefront(client), Storefront(client), Storefront(client)
    await seller.sign_in("weaver@example.test", PASSWORD)
    await boss.sign_in("boss@example.test", PASSWORD)

    checkout = await buyer.open_checkout(
        market.channel.slug, {piece.id: 2 for piece in pieces}, email="salma@example.test"
    )
    await buyer.deliver_to(checkout, ADDRESS)
    order = await buyer.pay_at_the_door(checkout)
    assert order["total"]["gross"]["amount"] == 400 + 3 * 30

    question = """query O($id: ID!) { order(id: $id) { status total { gross { amount } }
      vendorOrders { id number status vendor { name } total { gross { amount } } lines { quantity }
                     fulfillments { trackingNumber } } } }"""
    placed = (await buyer.ask(question, id=order["id"]))["order"]
    parts = placed["vendorOrders"]
    assert sum(part["total"]["gross"]["amount"] for part in parts) == placed["total"]["gross"]["amount"]
    assert [part["number"] for part in parts] == [f"{order['number']}-{n}" for n in (1, 2, 3)]

    # The weaver sees its own part and sends it; the others' do not exist to it.
    sent = await seller.ask(
        """mutation Send($id: ID!) { vendorOrderFulfill(id: $id, trackingNumber: "AM1") {
          vendorOrder { status } errors { code } } }""",
        id=parts[0]["id"],
    )
    assert seller.changed(sent, "vendorOrderFulfill")["vendorOrder"] == {"status": "FULFILLED"}
    strange = "query V($id: ID!) { vendorOrder(id: $id) { id } }"
    assert await seller.ask(strange, id=parts[1]["id"]) == {"vendorOrder": None}

    called_off = await boss.ask(
        "mutation Off($id: ID!) { vendorOrderCancel(id: $id) { vendorOrder { status } errors { code } } }",
        id=parts[2]["id"],
    )
    assert boss.changed(called_off, "vendorOrderCancel")["vendorOrder"] == {"status": "CANCELED"}

    now = (await buyer.ask(question, id=order["id"]))["order"]
    assert now["status"] == "PARTIALLY_FULFILLED"
    assert [part["status"] for part in now["vendorOrders"]] == ["FULFILLED", "UNFULFILLED", "CANCELED"]
    assert now["vendorOrders"][0]["fulfillments"] == [{"trackingNumber": "AM1"}]

    told = await boss.ask(
        """query H($id: ID!) { order(id: $id) { events {
          type message composedId quantity fulfilledItems { quantity } user { email }
          vendorOrder { number } email emailType amount paymentId paymentGateway invoiceNumber oversoldItems
          lines { quantity itemName orderLine { id } discount { value } } warehouse { id }
          transactionReference shippingCostsIncluded relatedOrder { id } related { id }
          discount { value } reference } } }""",
        id=order["id"],
    )
    events = told["order"]["events"]
    assert [event["type"] for event in events] == [
        "PLACED",
        "CONFIRMED",
        "FULFILLMENT_FULFILLED_ITEMS",
        "TRACKING_UPDATED",
        "EMAIL_SENT",
        "FULFILLMENT_RESTOCKED_ITEMS",
    ]
    left, tracked = events[2], events[3]
    assert (left["quantity"], left["fulfilledItems"]) == (2, [{"quantity": 2}])
    assert left["user"] == {"email": "weaver@example.test"}
    assert (tracked["message"], tracked["composedId"]) == ("AM1", f"{order['number']}-1")
    assert left["vendorOrder"] == {"number": parts[0]["number"]}
