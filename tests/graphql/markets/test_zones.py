"""Zones and methods as staff set them up, and what channels say of themselves."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.markets.models import PostalCodeInclusion, PostalCodeRule, excluded_product
from tests.factories.checkout import RABAT, make_cart, make_market, make_piece
from tests.factories.inventory import make_warehouse
from tests.factories.markets import make_channel, make_method
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff

SHIPPER = staff("MANAGE_SHIPPING")


async def test_staff_see_a_zone_with_its_methods_and_their_rules(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    method = await make_method(
        session,
        channel,
        35_00,
        countries=("FR", "MA"),
        listing={"minimum_order_price_minor": 100_00},
        maximum_weight_grams=20_000,
        maximum_delivery_days=4,
    )
    rug = await make_piece(session, channel)
    await session.execute(excluded_product.insert().values(method_id=method.id, product_id=rug.product_id))
    session.add(
        PostalCodeRule(method_id=method.id, start="10000", end="19999", inclusion=PostalCodeInclusion.EXCLUDE)
    )
    room = await make_warehouse(session)
    question = """query Z($id: ID!, $channel: String) { shippingZone(id: $id, channel: $channel) {
      name default description countries { code } channels { slug } warehouses { slug }
      priceRange { start { amount currency } stop { amount } }
      shippingMethods { id name type minimumOrderPrice { amount } maximumOrderPrice { amount }
        minimumOrderWeight { value } maximumOrderWeight { value unit } maximumDeliveryDays taxClass { name }
        channelListings { channel { slug } price { amount } minimumOrderPrice { amount } }
        postalCodeRules { start end inclusionType }
        excludedProducts(first: 5) { totalCount edges { node { id } } } } } }"""
    zone_id = to_global_id("ShippingZone", method.zone_id)
    zone = (await read(question, SHIPPER, id=zone_id, channel=channel.slug))["shippingZone"]
    assert [country["code"] for country in zone["countries"]] == ["FR", "MA"]
    assert (zone["default"], zone["channels"]) == (False, [{"slug": channel.slug}])
    assert {"slug": room.slug} in zone["warehouses"]
    assert zone["priceRange"] == {"start": {"amount": 35, "currency": "MAD"}, "stop": {"amount": 35}}
    (found,) = zone["shippingMethods"]
    assert found["id"] == to_global_id("ShippingMethodType", method.id)
    assert (found["minimumOrderPrice"], found["maximumOrderPrice"]) == ({"amount": 100}, None)
    assert (found["minimumOrderWeight"], found["maximumOrderWeight"]) == (None, {"value": 20, "unit": "KG"})
    assert found["channelListings"] == [
        {"channel": {"slug": channel.slug}, "price": {"amount": 35}, "minimumOrderPrice": {"amount": 100}}
    ]
    assert found["postalCodeRules"] == [{"start": "10000", "end": "19999", "inclusionType": "EXCLUDE"}]
    product_id = to_global_id("Product", rug.product_id)
    assert found["excludedProducts"] == {"totalCount": 1, "edges": [{"node": {"id": product_id}}]}


async def test_zones_are_listed_for_staff_by_name_and_channel(session: AsyncSession, ask: Ask) -> None:
    here, there = await make_channel(session), await make_channel(session)
    await make_method(session, here)
    method = await make_method(session, there)
    question = """query Z($filter: ShippingZoneFilterInput) {
      shippingZones(first: 5, filter: $filter) { edges { node { id } } } }"""
    assert (await ask(question))["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    zone_id = to_global_id("ShippingZone", method.zone_id)
    for given in ({"channels": [to_global_id("Channel", there.id)]},):
        found = await ask(question, SHIPPER, filter=given)
        assert found["data"]["shippingZones"]["edges"] == [{"node": {"id": zone_id}}]
    assert (await ask(question, SHIPPER, filter={"search": "nowhere"}))["data"]["shippingZones"][
        "edges"
    ] == []
    assert len((await ask(question, SHIPPER))["data"]["shippingZones"]["edges"]) == 2


async def test_offered_methods_keep_to_postal_codes_and_goods(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    fussy = await make_method(session, market.channel)
    far = await make_method(session, market.channel)
    rug = await make_piece(session, market.channel)
    await session.execute(excluded_product.insert().values(method_id=fussy.id, product_id=rug.product_id))
    session.add(
        PostalCodeRule(method_id=far.id, start="80000", end=None, inclusion=PostalCodeInclusion.INCLUDE)
    )
    cart = await make_cart(session, market.channel, rug, shipping_address=RABAT)
    question = "query C($id: ID!) { checkout(id: $id) { shippingMethods { id } } }"
    found = (await read(question, id=to_global_id("Checkout", cart.id)))["checkout"]
    assert found["shippingMethods"] == [{"id": to_global_id("ShippingMethod", market.method.id)}]


async def test_a_channel_tells_staff_how_it_works_and_buyers_what_concerns_them(
    session: AsyncSession, ask: Ask
) -> None:
    channel = await make_channel(session, display_gross_prices=False)
    method = await make_method(session, channel, 35_00, countries=("FR", "MA"))
    await make_method(session, channel, 20_00, countries=("MA",))
    room = await make_warehouse(session)
    open_ = """query C($slug: String!) { channel(slug: $slug) {
      all: availableShippingMethodsPerCountry { countryCode shippingMethods { price { amount currency } } }
      france: availableShippingMethodsPerCountry(countries: [FR, DE]) {
        countryCode shippingMethods { id } } } }"""
    found = (await ask(open_, slug=channel.slug))["data"]["channel"]
    assert [(each["countryCode"], len(each["shippingMethods"])) for each in found["all"]] == [
        ("FR", 1),
        ("MA", 2),
    ]
    prices = [each["price"] for each in found["all"][1]["shippingMethods"]]
    assert prices == [{"amount": 20, "currency": "MAD"}, {"amount": 35, "currency": "MAD"}]
    assert found["france"] == [
        {"countryCode": "FR", "shippingMethods": [{"id": to_global_id("ShippingMethod", method.id)}]}
    ]
    closed = """query C($slug: String!) { channel(slug: $slug) {
      warehouses { slug } stockSettings { allocationStrategy }
      orderSettings { automaticallyConfirmAllNewOrders markAsPaidStrategy allowUnpaidOrders
        expireOrdersAfter }
      checkoutSettings { useLegacyErrorFlow automaticallyCompleteFullyPaidCheckouts }
      paymentSettings { defaultTransactionFlowStrategy }
      taxConfiguration { id chargeTaxes taxCalculationStrategy displayGrossPrices pricesEnteredWithTax
        countries { chargeTaxes } channel { slug } } } }"""
    who = staff("MANAGE_CHANNELS", "MANAGE_PRODUCTS")
    found = (await ask(closed, who, slug=channel.slug))["data"]["channel"]
    assert {"slug": room.slug} in found["warehouses"]
    assert found["stockSettings"] == {"allocationStrategy": "PRIORITIZE_SORTING_ORDER"}
    assert found["orderSettings"] == {
        "automaticallyConfirmAllNewOrders": True,
        "markAsPaidStrategy": "TRANSACTION_FLOW",
        "allowUnpaidOrders": False,
        "expireOrdersAfter": None,
    }
    assert found["paymentSettings"] == {"defaultTransactionFlowStrategy": "AUTHORIZATION"}
    assert found["taxConfiguration"] == {
        "id": to_global_id("TaxConfiguration", channel.id),
        "chargeTaxes": True,
        "taxCalculationStrategy": "FLAT_RATES",
        "displayGrossPrices": False,
        "pricesEnteredWithTax": True,
        "countries": [],
        "channel": {"slug": channel.slug},
    }
    for name in ("warehouses { id }", "orderSettings { expireOrdersAfter }", "taxConfiguration { id }"):
        single = f"query C($slug: String!) {{ channel(slug: $slug) {{ {name} }} }}"
        refused = await ask(single, buyer(await make_user(session)), slug=channel.slug)
        assert refused["data"] == {"channel": None}
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_tax_configurations_are_one_for_each_channel(session: AsyncSession, ask: Ask) -> None:
    channel, other = await make_channel(session), await make_channel(session)
    ids = [to_global_id("TaxConfiguration", each.id) for each in (channel, other)]
    question = """query T($filter: TaxConfigurationFilterInput, $id: ID!) {
      taxConfiguration(id: $id) { channel { slug } }
      taxConfigurations(first: 5, filter: $filter) { edges { node { id } } } }"""
    found = (await ask(question, staff(), id=ids[0]))["data"]
    assert found["taxConfiguration"] == {"channel": {"slug": channel.slug}}
    assert [edge["node"]["id"] for edge in found["taxConfigurations"]["edges"]] == ids
    found = (await ask(question, staff(), id=ids[0], filter={"ids": [ids[1]]}))["data"]
    assert [edge["node"]["id"] for edge in found["taxConfigurations"]["edges"]] == [ids[1]]
    assert (await ask(question, id=ids[0]))["data"] == {"taxConfiguration": None, "taxConfigurations": None}


async def test_a_store_room_serves_every_zone(session: AsyncSession, read: Ask) -> None:
    method = await make_method(session, await make_channel(session))
    room = await make_warehouse(session)
    room.external_reference = "WMS-7"
    question = """query W($reference: String) { warehouse(externalReference: $reference) {
      slug externalReference companyName shippingZones(first: 5) { edges { node { id } } } } }"""
    found = (await read(question, SHIPPER, reference="WMS-7"))["warehouse"]
    assert (found["slug"], found["externalReference"], found["companyName"]) == (room.slug, "WMS-7", "")
    zone_id = to_global_id("ShippingZone", method.zone_id)
    assert found["shippingZones"]["edges"] == [{"node": {"id": zone_id}}]
