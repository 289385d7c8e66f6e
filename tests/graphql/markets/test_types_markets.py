"""Markets, tax classes and stock over GraphQL, and who sees them."""

import json
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.descriptions import description_of_text
from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import ShippingMethodTranslation
from marketplace.vendors.models import TaxRegime
from tests.factories.checkout import RABAT, make_cart, make_market, make_piece
from tests.factories.inventory import make_stock, make_warehouse
from tests.factories.markets import make_channel, make_method, make_tax_class, make_tax_rate
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, buyer, seller, staff


async def test_a_channel_says_its_currency_and_where_it_delivers_to(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    await make_method(session, channel, countries=("MA", "FR"))
    await make_method(session, channel, countries=("MA", "ES"))
    await make_method(session, await make_channel(session), countries=("SN",))
    question = """query C($slug: String!) { channel(slug: $slug) {
      id slug name isActive currencyCode defaultCountry { code country } countries { code country } } }"""
    found = (await read(question, slug=channel.slug))["channel"]
    assert (found["id"], found["currencyCode"]) == (to_global_id("Channel", channel.id), "MAD")
    assert found["defaultCountry"] == {"code": "MA", "country": "Morocco"}
    assert [country["code"] for country in found["countries"]] == ["ES", "FR", "MA"]
    assert (await read(question, slug="nowhere"))["channel"] is None


async def test_the_list_of_channels_is_for_staff(session: AsyncSession, ask: Ask) -> None:
    market = await make_market(session)
    await make_order(session, market, await make_piece(session, market.channel))
    empty = await make_channel(session)
    for requester in (None, buyer(await make_user(session))):
        refused = await ask("{ channels { slug } }", requester)
        assert refused["data"] == {"channels": None}
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    seen = await ask("{ channels { slug hasOrders } }", staff("MANAGE_CHANNELS"))
    assert seen["data"]["channels"] == [
        {"slug": market.channel.slug, "hasOrders": True},
        {"slug": empty.slug, "hasOrders": False},
    ]


async def test_a_tax_class_says_the_rates_that_are_in_force(session: AsyncSession, read: Ask) -> None:
    tax_class = await make_tax_class(session, 2000)
    yesterday, past = clock.now().date() - timedelta(days=1), date(2019, 1, 1)
    await make_tax_rate(session, tax_class_id=tax_class.id, country_code="FR", rate_bp=550)
    await make_tax_rate(
        session,
        tax_class_id=tax_class.id,
        country_code="ES",
        rate_bp=1600,
        valid_from=past,
        valid_until=yesterday,
    )
    await make_tax_rate(session, tax_class_id=tax_class.id, regime=TaxRegime.EXEMPT, rate_bp=0)
    question = """query T($id: ID!) { taxClass(id: $id) { name
      countries { rate country { code } taxClass { name } } } taxClasses(first: 5) { totalCount } }"""
    found = await read(question, staff(), id=to_global_id("TaxClass", tax_class.id))
    assert found["taxClass"]["countries"] == [
        {"rate": 5.5, "country": {"code": "FR"}, "taxClass": {"name": tax_class.name}},
        {"rate": 20, "country": {"code": "MA"}, "taxClass": {"name": tax_class.name}},
    ]
    assert found["taxClasses"] == {"totalCount": 1}


async def test_store_rooms_are_seen_by_staff_and_by_their_own_seller(session: AsyncSession, ask: Ask) -> None:
    mine, strangers = await make_vendor(session), await make_vendor(session)
    own = await make_warehouse(session, mine.id)
    await make_warehouse(session, strangers.id)
    channel = await make_channel(session)
    rug = await make_piece(session, channel, vendor_id=mine.id, stock=0)
    await make_stock(session, rug, 7, own)
    question = """query W($id: ID!) {
      warehouses(first: 10) { totalCount }
      warehouse(id: $id) { name slug address { city } vendor { name } isPrivate clickAndCollectOption
        stocks(first: 5) { edges { node { quantity quantityAllocated quantityReserved
                                          productVariant { id } } } } } }"""
    own_id = to_global_id("Warehouse", own.id)
    for requester, rooms in (
        (staff("MANAGE_PRODUCTS"), 3),
        (seller(mine.id, await make_user(session)), 2),
    ):
        seen = await ask(question, requester, id=own_id)
        assert seen["data"]["warehouses"] == {"totalCount": rooms}
        (edge,) = seen["data"]["warehouse"]["stocks"]["edges"]
        assert edge["node"]["productVariant"] == {"id": to_global_id("ProductVariant", rug.id)}
        assert edge["node"]["quantity"] == 7
    nobody = await ask(question, buyer(await make_user(session)), id=own_id)
    assert nobody["data"] == {"warehouses": {"totalCount": 0}, "warehouse": None}
    guest = await ask(question, id=own_id)
    assert guest["data"] == {"warehouses": None, "warehouse": None}


async def test_warehouses_are_found_by_name_slug_and_seller(session: AsyncSession, read: Ask) -> None:
    vendor = await make_vendor(session)
    argan, saffron = await make_warehouse(session, vendor.id), await make_warehouse(session)
    argan.name = "Dépôt argan"
    question = """query W($filter: WarehouseFilterInput, $direction: OrderDirection!) {
      warehouses(first: 10, filter: $filter, sortBy: {field: NAME, direction: $direction}) {
        edges { node { slug } } } }"""
    for given, direction, expected in (
        ({}, "ASC", [argan.slug, saffron.slug]),
        ({}, "DESC", [saffron.slug, argan.slug]),
        ({"search": "ARGAN"}, "ASC", [argan.slug]),
        ({"slugs": [saffron.slug]}, "ASC", [saffron.slug]),
        ({"ids": [to_global_id("Warehouse", argan.id)]}, "ASC", [argan.slug]),
        ({"vendors": [to_global_id("Vendor", vendor.id)]}, "ASC", [argan.slug]),
    ):
        found = await read(question, staff("MANAGE_SHIPPING"), filter=given, direction=direction)
        assert [edge["node"]["slug"] for edge in found["warehouses"]["edges"]] == expected


async def test_what_carts_hold_counts_as_reserved_once(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, stock=5)
    await make_stock(session, rug, 3)
    await make_cart(session, channel, rug, quantity=2)
    question = "{ stocks(first: 5) { edges { node { id quantityReserved } } } }"
    found = (await read(question, staff("MANAGE_PRODUCTS")))["stocks"]["edges"]
    assert [edge["node"]["quantityReserved"] for edge in found] == [2, 0]
    one = found[0]["node"]["id"]
    single = "query S($id: ID!) { stock(id: $id) { quantity warehouse { slug } } }"
    assert (await read(single, staff("MANAGE_PRODUCTS"), id=one))["stock"]["quantity"] == 5


async def test_a_way_to_ship_speaks_the_buyers_language_and_saleors_rich_text(
    session: AsyncSession, read: Ask
) -> None:
    market = await make_market(session)
    market.method.description = description_of_text("Chez vous < 3 jours & suivi")
    session.add(
        ShippingMethodTranslation(shipping_method_id=market.method.id, language_code="ar", name="توصيل")
    )
    rug = await make_piece(session, market.channel)
    cart = await make_cart(session, market.channel, rug, shipping_address=RABAT)
    question = """query M($id: ID!) { checkout(id: $id) { shippingMethods { name description type
      arabic: translation(languageCode: AR) { name description language { code language } }
      english: translation(languageCode: EN) { name } } } }"""
    (method,) = (await read(question, id=to_global_id("Checkout", cart.id)))["checkout"]["shippingMethods"]
    assert json.loads(method["description"])["blocks"][0]["data"] == {
        "text": "Chez vous &lt; 3 jours &amp; suivi"
    }
    assert method["type"] == "PRICE"
    assert method["arabic"] == {
        "name": "توصيل",
        "description": None,
        "language": {"code": "AR", "language": "Arabic"},
    }
    assert method["english"] is None
