"""What staff change of a shop that runs: buyers see it, carts and orders follow or stay."""

from datetime import timedelta
from types import ModuleType

import httpx

from marketplace.kit.database import Database
from marketplace.time_travel import advance
from tests.graphql.flows.conftest import Storefront, Team, Work
from tests.graphql.flows.team import HOUSE, Shop, buy, open_market, plan_goods, rug, stock


async def in_window(visitor: Storefront, shop: Shop) -> list[str]:
    listed = await visitor.run("Window", channel=shop.slug)
    return [edge["node"]["name"] for edge in listed["edges"]]


async def test_a_closed_channel_shows_and_sells_nothing(boss: Team, visitor: Storefront) -> None:
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    await stock(boss, shop, rug(shop, "Kilim", 1000))
    assert await in_window(visitor, shop) == ["Kilim"]
    await boss.run("CloseChannel", id=shop.channel)
    assert await in_window(visitor, shop) == []
    await boss.run("OpenChannel", id=shop.channel)
    assert await in_window(visitor, shop) == ["Kilim"]


async def test_orders_keep_what_the_shop_gives_up(boss: Team, visitor: Storefront) -> None:
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    variants = await stock(boss, shop, rug(shop, "Kilim", 1000), rug(shop, "Coussin", 200))
    order = await buy(visitor, shop, {variants["KILIM-S"]: 2})
    checkout = await visitor.open_checkout(shop.slug, {}, email="salma@example.test")
    lines = [{"variantId": variant, "quantity": 1} for variant in variants.values()]
    await visitor.run("Put", id=checkout, lines=lines, language="FR")
    product = (await boss.run("ProductOf", variant=variants["KILIM-S"]))["product"]["id"]
    await boss.run("DropProduct", id=product)
    await boss.run("DropWay", id=shop.ways["Coursier"])
    await boss.run("DropCategory", id=shop.categories["home"])

    assert await in_window(visitor, shop) == []  # What has no shelf is on none.
    kept = await boss.run("OrderToSend", id=order["id"])
    assert [(line["productSku"], line["quantity"]) for line in kept["lines"]] == [("KILIM-S", 2)]
    assert kept["total"]["gross"]["amount"] == 2030
    basket = await visitor.run("Look", id=checkout, language="FR")
    assert [line["variant"]["id"] for line in basket["lines"]] == [variants["COUSSIN-S"]]
    await boss.run("DropWarehouse", id=shop.warehouse)
    assert (await boss.run("OrderToSend", id=order["id"]))["status"] == "UNFULFILLED"


async def test_one_shop_sells_in_two_markets_each_with_its_prices_and_taxes(
    boss: Team, visitor: Storefront
) -> None:
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    goods = rug(shop, "Kilim", 1200)
    france = await boss.make(
        "MakeChannel",
        input={
            "name": "France",
            "slug": "france",
            "currencyCode": "EUR",
            "defaultCountry": "FR",
            "isActive": True,
            "addWarehouses": [shop.warehouse],
            "addShippingZones": [shop.zone],
        },
    )
    entered = {"pricesEnteredWithTax": False, "displayGrossPrices": False, "chargeTaxes": True}
    await boss.run("SetTaxes", id=france["taxConfiguration"]["id"], input=entered)
    await boss.run("SetCountryRates", country="FR", rates=[{"taxClassId": shop.taxed, "rate": 10}])
    (listing,) = goods["channelListings"]
    goods["channelListings"].append(listing | {"channelId": france["id"]})
    goods["variants"][0]["channelListings"].append({"channelId": france["id"], "price": 100})
    await stock(boss, shop, goods)
    for channel, net, gross, currency in (("maroc", 1000, 1200, "MAD"), ("france", 100, 110, "EUR")):
        (edge,) = (await visitor.run("Window", channel=channel))["edges"]
        start = edge["node"]["pricing"]["priceRange"]["start"]
        assert start == {"net": {"amount": net}, "gross": {"amount": gross, "currency": currency}}


async def test_a_product_appears_on_its_day(
    database: Database, boss_on_the_net: Team, net: httpx.AsyncClient, work: Work, clock: ModuleType
) -> None:
    boss, visitor = boss_on_the_net, Storefront(net)
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    later = rug(shop, "Kilim", 1000)
    later["channelListings"][0]["publishedAt"] = (clock.now() + timedelta(days=2)).isoformat()
    await stock(boss, shop, later, rug(shop, "Coussin", 200))
    await work()
    assert await in_window(visitor, shop) == ["Coussin"]
    async with database.transaction() as session:
        await advance(session, timedelta(days=2))
    await work()
    assert await in_window(visitor, shop) == ["Coussin", "Kilim"]


async def test_goods_come_from_the_fuller_room(boss: Team, visitor: Storefront) -> None:
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    second = await boss.made("MakeWarehouse", input={"name": "Tiznit", "slug": "tiznit", "address": HOUSE})
    await boss.run("PutWarehouse", channel=shop.channel, warehouses=[second])
    goods = rug(shop, "Kilim", 1000, pieces=3)
    goods["variants"][0]["stocks"].append({"warehouse": second, "quantity": 8})
    variants = await stock(boss, shop, goods)
    await buy(visitor, shop, {variants["KILIM-S"]: 2})
    stocks = (await boss.run("Stocked", sku="KILIM-S"))["stocks"]
    allocated = {each["warehouse"]["id"]: each["quantityAllocated"] for each in stocks}
    assert allocated == {shop.warehouse: 0, second: 2}


async def test_who_is_shut_out_is_out_at_once(boss: Team, visitor: Storefront) -> None:
    made = await boss.run("MakeApp", input={"name": "Sheets", "permissions": ["MANAGE_PRODUCTS"]})
    app = Team(visitor.client, made["authToken"])
    await app.run("MakeCategory", input={"name": "Maison"})
    await boss.run("SetApp", id=made["app"]["id"], active=False)
    await app.may_not("MakeCategory", input={"name": "Jardin"})
    await boss.run("SetApp", id=made["app"]["id"], active=True)
    await app.run("MakeCategory", input={"name": "Jardin"})
