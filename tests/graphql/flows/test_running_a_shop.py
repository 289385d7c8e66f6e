"""What is bought is sent, called off and told of: by staff, by an app, to an app."""

import hashlib
import hmac

import httpx

from tests.graphql.flows.conftest import Storefront, Team, Work
from tests.graphql.flows.team import Shop, buy, open_market, plan_goods, rug, stock
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
