"""What is bought is sent, called off and told of: by staff, by an app, to an app."""

import hashlib
import hmac
from dataclasses import replace

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.service import create_user
from tests.graphql.flows.conftest import ADDRESS, BOSS, PASSWORD, Storefront, Team, Work
from tests.graphql.flows.team import HOUSE, Shop, buy, open_market, plan_goods, rug, stock
from tests.receiver import receiving

SUBSCRIPTION = """subscription { event { ... on OrderCreated {
  order { number total { gross { amount } } lines { productSku quantity } } } } }"""


async def sold(boss: Team, visitor: Storefront, pieces: int = 2) -> tuple[Shop, str]:
    """A shop with an order of so many kilims."""
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    variants = await stock(boss, shop, rug(shop, "Kilim", 1000))
    return shop, (await buy(visitor, shop, {variants["KILIM-S"]: pieces}))["id"]


async def test_staff_send_what_was_bought(boss: Team, visitor: Storefront) -> None:
    shop, order = await sold(boss, visitor)
    (to_do,) = (await boss.run("ToDo", channel=shop.channel))["edges"]
    assert (to_do["node"]["id"], to_do["node"]["status"]) == (order, "UNFULFILLED")
    (line,) = (await boss.run("OrderToSend", id=order))["lines"]
    parcel = {"orderLineId": line["id"], "stocks": [{"warehouse": shop.warehouse, "quantity": 2}]}
    sent = await boss.run("SendOrder", order=order, input={"lines": [parcel], "trackingNumber": "AM1"})
    assert sent["order"]["status"] == "FULFILLED"
    (left,) = (await boss.run("Stocked", sku="KILIM-S"))["stocks"]
    assert (left["quantity"], left["quantityAllocated"]) == (8, 0)
    assert await boss.refused("CallOff", id=order)


async def test_what_is_called_off_is_for_sale_again(boss: Team, visitor: Storefront) -> None:
    _, order = await sold(boss, visitor)
    called_off = await boss.run("CallOff", id=order)
    assert called_off["order"]["status"] == "CANCELED"
    (left,) = (await boss.run("Stocked", sku="KILIM-S"))["stocks"]
    assert (left["quantity"], left["quantityAllocated"]) == (10, 0)


async def test_staff_make_an_order_for_somebody_who_calls(boss: Team) -> None:
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    variants = await stock(boss, shop, rug(shop, "Kilim", 1000), rug(shop, "Coussin", 200))
    draft = await boss.make(
        "Draft",
        input={
            "channelId": shop.channel,
            "userEmail": "salma@example.test",
            "lines": [{"variantId": variants["KILIM-S"], "quantity": 1}],
            "billingAddress": ADDRESS,
            "shippingAddress": ADDRESS,
        },
    )
    key = draft["id"]
    assert draft["status"] == "DRAFT"
    cushions = [{"variantId": variants["COUSSIN-S"], "quantity": 5}]
    draft = await boss.make("AddToDraft", id=key, lines=cushions)
    (fewer,) = [line["id"] for line in draft["lines"] if line["quantity"] == 5]
    await boss.run("RewriteLine", id=fewer, quantity=2)
    off = {"valueType": "FIXED", "value": "100", "reason": "Un défaut"}
    await boss.run("TakeOffDraft", id=key, discount=off)
    draft = await boss.make("ShipDraft", id=key, method=shop.ways["Coursier"])
    assert draft["total"]["gross"]["amount"] == 1000 + 2 * 200 - 100 + 30
    placed = await boss.make("PlaceDraft", id=key)
    assert (placed["status"], placed["total"]) == ("UNFULFILLED", draft["total"])
    (left,) = (await boss.run("Stocked", sku="COUSSIN-S"))["stocks"]
    assert left["quantityAllocated"] == 2
    await boss.run("NoteOnOrder", id=key, message="Elle rappelle demain.")
    events = (await boss.run("OrderToSend", id=key))["events"]
    assert events[-1] | {"app": None} == {
        "type": "NOTE_ADDED",
        "message": "Elle rappelle demain.",
        "user": {"email": BOSS},
        "app": None,
    }


async def test_a_seller_is_taken_in_and_sells_beside_the_house(
    session: AsyncSession, boss: Team, visitor: Storefront
) -> None:
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    await create_user(session, "weaver@example.test", PASSWORD)
    await session.commit()
    seller = await boss.made(
        "TakeSellerIn", input={"name": "Tifawin", "kind": "COOPERATIVE", "country": "MA"}
    )
    await boss.run("WorkFor", seller=seller, email="weaver@example.test", role="OWNER")
    await boss.run("LetSellerSell", id=seller)
    weaver = Team(visitor.client)
    await weaver.sign_in("weaver@example.test", PASSWORD)
    room = await weaver.made("MakeWarehouse", input={"name": "Atelier", "address": HOUSE})
    at_theirs = replace(shop, warehouse=room)
    theirs = await stock(weaver, at_theirs, rug(at_theirs, "Hanbel", 500))
    ours = await stock(boss, shop, rug(shop, "Kilim", 1000))
    await weaver.may_not("MakeCategory", input={"name": "Mine"})

    order = await buy(visitor, shop, {theirs["HANBEL-S"]: 1, ours["KILIM-S"]: 1})
    parts = (await boss.run("WhoseOrder", id=order["id"]))["vendorOrders"]
    assert {part["vendor"]["name"]: part["total"]["gross"]["amount"] for part in parts} == {
        "Tifawin": 530.0,
        "Social Innovation Lab": 1030.0,
    }


async def test_an_app_works_by_its_token_and_within_its_rights(boss: Team, visitor: Storefront) -> None:
    made = await boss.run("MakeApp", input={"name": "Sheets", "permissions": ["MANAGE_PRODUCTS"]})
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    app = Team(visitor.client, made["authToken"])
    me = await app.run("WhoAmI")
    assert (me["name"], me["permissions"]) == ("Sheets", [{"code": "MANAGE_PRODUCTS"}])
    assert len(await stock(app, shop, rug(shop, "Kilim", 800, 1600))) == 2
    await app.may_not("SetShop", input={"name": "Mine"})
    await app.may_not("MakeZone", input={"name": "Mine"})

    second = await boss.run("MakeAppToken", app=made["app"]["id"], name="staging")
    assert second["authToken"].endswith(second["appToken"]["authToken"])
    assert (await Team(visitor.client, second["authToken"]).run("WhoAmI"))["id"] == made["app"]["id"]


async def test_a_webhook_hears_of_each_order(
    boss_on_the_net: Team, net: httpx.AsyncClient, work: Work
) -> None:
    boss, visitor = boss_on_the_net, Storefront(net)
    made = await boss.run("MakeApp", input={"name": "Labels", "permissions": ["MANAGE_ORDERS"]})
    async with receiving() as receiver:
        hook = await boss.make(
            "Listen",
            input={
                "name": "Orders",
                "app": made["app"]["id"],
                "targetUrl": f"{receiver.url}/orders",
                "asyncEvents": ["ORDER_CREATED"],
                "query": SUBSCRIPTION,
                "secretKey": "between us",
            },
        )
        _, order = await sold(boss, visitor)
        await work()
        (heard,) = receiver.received
    number = (await boss.run("OrderToSend", id=order))["number"]
    assert heard.json["order"] == {
        "number": number,
        "total": {"gross": {"amount": 2030.0}},
        "lines": [{"productSku": "KILIM-S", "quantity": 2}],
    }
    assert heard.headers["saleor-event"] == "order_created"
    signature = hmac.new(b"between us", heard.body, hashlib.sha256).hexdigest()
    assert heard.headers["saleor-signature"] == signature
    (delivery,) = (await boss.run("Heard", webhook=hook["id"]))["eventDeliveries"]["edges"]
    assert (delivery["node"]["eventType"], delivery["node"]["status"]) == ("ORDER_CREATED", "SUCCESS")
