"""From an empty database to the first order, over HTTP: each step by the one who would take it."""

import httpx

from tests.catalog.test_media import rug as picture
from tests.graphql.flows.conftest import ADDRESS, Storefront, Team, Work
from tests.graphql.flows.team import buy, open_market, plan_goods, rug, stock


async def test_a_product_is_made_step_by_step_and_bought(boss: Team, visitor: Storefront) -> None:
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    product = await boss.make(
        "MakeProduct",
        input={
            "name": "Tapis d'Azilal",
            "slug": "azilal",
            "productType": shop.types["rug"],
            "category": shop.categories["rugs"],
            "description": '{"blocks": [{"type": "paragraph", "data": {"text": "Noué à la main."}}]}',
            "attributes": [
                {"id": shop.attributes["material"], "dropdown": {"value": "Laine"}},
                {"id": shop.attributes["care"], "plainText": "À sec."},
                {"id": shop.attributes["knots"], "numeric": "120"},
                {"id": shop.attributes["handmade"], "boolean": True},
                {"id": shop.attributes["since"], "date": "2024-05-01"},
            ],
        },
    )
    answers = {each["attribute"]["slug"]: len(each["values"]) for each in product["attributes"]}
    assert answers == {"material": 1, "care": 1, "knots": 1, "handmade": 1, "since": 1}
    forms = [
        await boss.made(
            "MakeForm",
            input={
                "product": product["id"],
                "sku": f"AZILAL-{size}",
                "attributes": [
                    {"id": shop.attributes["size"], "dropdown": {"value": size}},
                    {"id": shop.attributes["colour"], "swatch": {"value": "Rouge"}},
                ],
                "stocks": [{"warehouse": shop.warehouse, "quantity": 5}],
            },
        )
        for size in ("S", "L")
    ]
    await boss.run(
        "PublishProduct",
        id=product["id"],
        input={
            "updateChannels": [
                {
                    "channelId": shop.channel,
                    "isPublished": True,
                    "visibleInListings": True,
                    "isAvailableForPurchase": True,
                }
            ]
        },
    )
    for form, price in zip(forms, ("1200", "2400"), strict=True):
        await boss.run("PriceForm", id=form, input=[{"channelId": shop.channel, "price": price}])
    added = await boss.upload(
        "AddPicture", "input.image", picture(), input={"product": product["id"], "alt": "Un tapis"}
    )
    assert (added["media"]["alt"], added["media"]["type"]) == ("Un tapis", "IMAGE")
    await boss.run(
        "TranslateProduct", id=product["id"], into="EN", input={"name": "Rug of Azilal", "slug": "azilal-rug"}
    )

    page = await visitor.run("ProductPage", slug="azilal", channel=shop.slug, language="EN")
    assert page["translation"]["name"] == "Rug of Azilal"
    assert page["media"][0]["alt"] == "Un tapis"
    assert page["pricing"]["priceRange"]["start"]["gross"]["amount"] == 1200
    order = await buy(visitor, shop, {forms[0]: 2})
    assert order["total"]["gross"]["amount"] == 2 * 1200 + 30

    to_send = await boss.run("OrderToSend", id=order["id"])
    assert [line["taxRate"] for line in to_send["lines"]] == [0.2]
    assert to_send["total"]["tax"]["amount"] == 405.0
    (stock_now,) = (await boss.run("Stocked", sku="AZILAL-S"))["stocks"]
    assert (stock_now["quantity"], stock_now["quantityAllocated"]) == (5, 2)


async def test_many_products_come_at_once_and_only_the_bad_ones_are_left_out(boss: Team) -> None:
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    nameless = rug(shop, "Sans nom", 100) | {"name": ""}
    goods = [rug(shop, "Kilim", 800, 1600), nameless, rug(shop, "Boucherouite", 600)]
    nothing = await boss.answer("MakeProducts", products=goods, policy="REJECT_EVERYTHING")
    assert (nothing["count"], nothing["results"][1]["errors"][0]["code"]) == (0, "BLANK")
    made = await boss.answer("MakeProducts", products=goods, policy="REJECT_FAILED_ROWS")
    assert made["count"] == 2
    assert [bool(result["product"]) for result in made["results"]] == [True, False, True]
    kilim = made["results"][0]["product"]
    assert [variant["sku"] for variant in kilim["variants"]] == ["KILIM-S", "KILIM-L"]

    counts = [
        {"variantId": kilim["variants"][0]["id"], "warehouseId": shop.warehouse, "quantity": 33},
        {"variantId": kilim["variants"][1]["id"], "warehouseId": shop.warehouse, "quantity": -1},
    ]
    counted = await boss.answer("CountStock", stocks=counts, policy="REJECT_FAILED_ROWS")
    assert (counted["count"], counted["results"][0]["stock"]) == (1, {"quantity": 33})
    assert counted["results"][1]["stock"] is None


async def test_a_heavy_parcel_goes_by_the_carrier_for_heavy_ones(boss: Team, visitor: Storefront) -> None:
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    variants = await stock(boss, shop, rug(shop, "Kilim", 100))
    offered = []
    for pieces in (1, 4):
        checkout = await visitor.open_checkout(shop.slug, {}, email="salma@example.test")
        lines = [{"variantId": variants["KILIM-S"], "quantity": pieces}]
        await visitor.run("Put", id=checkout, lines=lines, language="FR")
        await visitor.deliver_to(checkout, ADDRESS)
        ways = (await visitor.run("Ways", id=checkout))["deliveries"]
        offered.append(sorted(way["shippingMethod"]["name"] for way in ways))
    assert offered == [["Coursier"], ["Camion", "Coursier"]]


async def test_prices_fall_by_a_promotion_and_totals_by_a_voucher(
    boss_on_the_net: Team, net: httpx.AsyncClient, work: Work
) -> None:
    boss, visitor = boss_on_the_net, Storefront(net)
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    variants = await stock(boss, shop, rug(shop, "Kilim", 1000))
    everything_of_home = {"categoryPredicate": {"ids": [shop.categories["rugs"]]}}
    await boss.run(
        "MakePromotion",
        input={
            "name": "Aïd",
            "type": "CATALOGUE",
            "rules": [
                {
                    "name": "Tapis",
                    "channels": [shop.channel],
                    "cataloguePredicate": everything_of_home,
                    "rewardValueType": "PERCENTAGE",
                    "rewardValue": "10",
                }
            ],
        },
    )
    voucher = await boss.make(
        "MakeVoucher",
        input={
            "name": "Bienvenue",
            "addCodes": ["BIENVENUE"],
            "type": "ENTIRE_ORDER",
            "discountValueType": "FIXED",
        },
    )
    listing = {"addChannels": [{"channelId": shop.channel, "discountValue": "100"}]}
    await boss.run("PriceVoucher", id=voucher["id"], input=listing)
    await work()

    form = await visitor.run("OneForm", sku="KILIM-S", channel=shop.slug, language="FR")
    assert form["pricing"]["price"]["gross"]["amount"] == 900
    assert form["pricing"]["priceUndiscounted"]["gross"]["amount"] == 1000
    order = await buy(visitor, shop, {variants["KILIM-S"]: 1}, code="BIENVENUE")
    assert order["total"]["gross"]["amount"] == 900 - 100 + 30


async def test_pages_and_menus_are_read_in_the_storefront(boss: Team, visitor: Storefront) -> None:
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    topic = await boss.made(
        "MakeAttribute",
        input={
            "name": "Thème",
            "slug": "topic",
            "type": "PAGE_TYPE",
            "inputType": "DROPDOWN",
            "values": [{"name": "Laine"}],
        },
    )
    page_type = await boss.make("MakePageType", input={"name": "Récit", "addAttributes": [topic]})
    page = await boss.make(
        "MakePage",
        input={
            "title": "Notre laine",
            "slug": "notre-laine",
            "pageType": page_type["id"],
            "isPublished": True,
            "content": '{"blocks": [{"type": "paragraph", "data": {"text": "De l\'Atlas."}}]}',
            "attributes": [{"id": topic, "dropdown": {"value": "Laine"}}],
        },
    )
    assert page["attributes"] == [{"attribute": {"slug": "topic"}, "values": [{"name": "Laine"}]}]
    collection = await boss.made("MakeCollection", input={"name": "Été", "slug": "ete"})
    await boss.run(
        "PublishCollection",
        id=collection,
        input={"addChannels": [{"channelId": shop.channel, "isPublished": True}]},
    )
    variants = await stock(boss, shop, rug(shop, "Kilim", 1000))
    product = await boss.run("ProductOf", variant=variants["KILIM-S"])
    await boss.run("Gather", id=collection, products=[product["product"]["id"]])
    menu = await boss.made("MakeMenu", input={"name": "En haut", "slug": "top"})
    shelf = await boss.made(
        "MakeMenuItem", input={"name": "Tapis", "menu": menu, "category": shop.categories["rugs"]}
    )
    await boss.run(
        "MakeMenuItem", input={"name": "Été", "menu": menu, "parent": shelf, "collection": collection}
    )
    await boss.run("MakeMenuItem", input={"name": "Récit", "menu": menu, "page": page["id"]})
    await boss.run("PutMenu", menu=menu)

    read = await visitor.run("PageToRead", slug="notre-laine", language="FR")
    assert read["title"] == "Notre laine"
    seen = await visitor.run("Menu", slug="top", channel=shop.slug, language="FR")
    assert [(item["name"], [child["name"] for child in item["children"]]) for item in seen["items"]] == [
        ("Tapis", ["Été"]),
        ("Récit", []),
    ]
    gathered = await visitor.run("Gathered", slug="ete", channel=shop.slug, language="FR", first=5)
    assert [edge["node"]["name"] for edge in gathered["products"]["edges"]] == ["Kilim"]
