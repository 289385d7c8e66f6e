"""A team that sets up a shop over HTTP. Nothing is in the database but what it makes."""

from dataclasses import dataclass, field
from typing import Any

from tests.graphql.flows.conftest import ADDRESS, Storefront, Team

HOUSE = {
    "companyName": "SIL",
    "streetAddress1": "4, avenue des FAR",
    "city": "Agadir",
    "postalCode": "80000",
    "country": "MA",
    "phone": "+212528234567",
}


@dataclass
class Shop:
    """What a team has made so far, by names; ids of the API."""

    channel: str
    slug: str
    warehouse: str
    zone: str
    ways: dict[str, str]
    taxed: str
    """The tax class of the goods."""
    types: dict[str, str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)


async def open_market(team: Team, slug: str = "maroc") -> Shop:
    """A channel with a warehouse, a zone with two ways to ship, and taxes."""
    channel = await team.make(
        "MakeChannel",
        input={
            "name": "Maroc",
            "slug": slug,
            "currencyCode": "MAD",
            "defaultCountry": "MA",
            "isActive": True,
            "stockSettings": {"allocationStrategy": "PRIORITIZE_HIGH_STOCK"},
            "orderSettings": {"automaticallyConfirmAllNewOrders": True, "expireOrdersAfter": 60},
            "paymentSettings": {"defaultTransactionFlowStrategy": "AUTHORIZATION", "cashOnDelivery": True},
        },
    )
    warehouse = await team.made("MakeWarehouse", input={"name": "Agadir", "slug": "agadir", "address": HOUSE})
    await team.run("PutWarehouse", channel=channel["id"], warehouses=[warehouse])
    zone = await team.made(
        "MakeZone",
        input={
            "name": "Maroc",
            "countries": ["MA"],
            "addChannels": [channel["id"]],
            "addWarehouses": [warehouse],
        },
    )
    taxed = await team.made(
        "MakeTaxClass",
        input={"name": "TVA", "createCountryRates": [{"countryCode": "MA", "rate": 20}]},
    )
    carriage = await team.made("MakeTaxClass", input={"name": "Transport"})
    rates = [{"taxClassId": carriage, "rate": 20}]
    await team.run("SetCountryRates", country="MA", rates=rates)
    every_way = {"shippingZone": zone, "collectsCash": True, "taxClass": carriage}
    ways = {
        name: await team.made("MakeWay", input={"name": name} | every_way | given)
        for name, given in {
            "Coursier": {"type": "PRICE", "minimumDeliveryDays": 1, "maximumDeliveryDays": 3},
            "Camion": {"type": "WEIGHT", "minimumOrderWeight": 5, "maximumOrderWeight": 50},
        }.items()
    }
    for name, price in (("Coursier", "30"), ("Camion", "90")):
        listing = {"addChannels": [{"channelId": channel["id"], "price": price}]}
        await team.run("PriceWay", id=ways[name], input=listing)
    await team.run(
        "SetTaxes",
        id=channel["taxConfiguration"]["id"],
        input={
            "chargeTaxes": True,
            "taxCalculationStrategy": "FLAT_RATES",
            "displayGrossPrices": True,
            "pricesEnteredWithTax": True,
        },
    )
    return Shop(channel["id"], slug, warehouse, zone, ways, taxed)


async def plan_goods(team: Team, shop: Shop) -> None:
    """Attributes, a type of products that asks for them, and a tree of categories."""
    for name, given in {
        "material": {"inputType": "DROPDOWN", "values": [{"name": "Laine"}, {"name": "Soie"}]},
        "care": {"inputType": "PLAIN_TEXT"},
        "knots": {"inputType": "NUMERIC"},
        "handmade": {"inputType": "BOOLEAN"},
        "since": {"inputType": "DATE"},
        "size": {"inputType": "DROPDOWN", "values": [{"name": "S"}, {"name": "L"}]},
        "colour": {"inputType": "SWATCH", "values": [{"name": "Rouge", "value": "#aa0000"}]},
    }.items():
        asked = {"name": name.title(), "slug": name, "type": "PRODUCT_TYPE"} | given
        shop.attributes[name] = await team.made("MakeAttribute", input=asked)
    of_variants = [shop.attributes[name] for name in ("size", "colour")]
    shop.types["rug"] = await team.made(
        "MakeProductType",
        input={
            "name": "Tapis",
            "slug": "rug",
            "kind": "NORMAL",
            "hasVariants": True,
            "isShippingRequired": True,
            "weight": 2,
            "taxClass": shop.taxed,
            "productAttributes": [key for key in shop.attributes.values() if key not in of_variants],
            "variantAttributes": of_variants,
        },
    )
    shop.categories["home"] = await team.made("MakeCategory", input={"name": "Maison"})
    shop.categories["rugs"] = await team.made(
        "MakeCategory", input={"name": "Tapis", "slug": "tapis"}, parent=shop.categories["home"]
    )


def rug(shop: Shop, name: str, *prices: int, pieces: int = 10) -> dict[str, Any]:
    """A product of a bulk: published, with a variant for each price."""
    sizes = ("S", "L")[: len(prices)]
    return {
        "name": name,
        "productType": shop.types["rug"],
        "category": shop.categories["rugs"],
        "attributes": [],
        "channelListings": [
            {
                "channelId": shop.channel,
                "isPublished": True,
                "visibleInListings": True,
                "isAvailableForPurchase": True,
            }
        ],
        "variants": [
            {
                "sku": f"{name}-{size}".upper().replace(" ", "-"),
                "attributes": [{"id": shop.attributes["size"], "dropdown": {"value": size}}],
                "stocks": [{"warehouse": shop.warehouse, "quantity": pieces}],
                "channelListings": [{"channelId": shop.channel, "price": price}],
            }
            for size, price in zip(sizes, prices, strict=True)
        ],
    }


async def stock(team: Team, shop: Shop, *goods: dict[str, Any]) -> dict[str, str]:
    """Make products in bulk: their variants' ids by SKU."""
    made = await team.run("MakeProducts", products=list(goods), policy="REJECT_EVERYTHING")
    assert made["count"] == len(goods), made
    return {
        variant["sku"]: variant["id"]
        for result in made["results"]
        for variant in result["product"]["variants"]
    }


async def buy(
    buyer: Storefront, shop: Shop, pieces: dict[str, int], *, code: str | None = None
) -> dict[str, Any]:
    """An order of so many pieces of each variant, by its id, to be paid at the door."""
    checkout = await buyer.open_checkout(shop.slug, {}, email="salma@example.test")
    lines = [{"variantId": key, "quantity": quantity} for key, quantity in pieces.items()]
    await buyer.run("Put", id=checkout, lines=lines, language="FR")
    await buyer.deliver_to(checkout, ADDRESS)
    if code is not None:
        await buyer.run("AddCode", id=checkout, code=code, language="FR")
    return await buyer.pay_at_the_door(checkout)
