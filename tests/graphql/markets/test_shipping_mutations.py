"""Staff say where the shop delivers to, by which means, and at which price; carts keep to it."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.deliveries import calculate_deliveries
from marketplace.checkout.jobs import add_up
from marketplace.checkout.models import Checkout
from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import is_pending
from marketplace.markets.models import ShippingMethod, ShippingMethodListing, ShippingZone
from tests.factories.checkout import RABAT, make_cart, make_market, make_piece, make_ready_cart
from tests.factories.inventory import make_warehouse
from tests.factories.markets import make_channel, make_method, make_tax_class
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, buyer, staff

SHIPPER = staff("MANAGE_SHIPPING")
ERRORS = "errors { field code message warehouses channels }"
ZONE = "shippingZone { id name description default countries { code } channels { id } warehouses { id } }"
METHOD = """shippingMethod { id name description type minimumOrderWeight { value unit }
  maximumOrderWeight { value } minimumDeliveryDays maximumDeliveryDays taxClass { id }
  postalCodeRules { id start end inclusionType } excludedProducts(first: 5) { edges { node { id } } }
  channelListings { channel { id } price { amount } minimumOrderPrice { amount }
    maximumOrderPrice { amount } } }"""


def zone_mutation(verb: str) -> str:
    name, arguments = f"shippingZone{verb}", "$input: ShippingZone" + verb + "Input!"
    if verb == "Update":
        return f"mutation ($id: ID!, {arguments}) {{ {name}(id: $id, input: $input) {{ {ZONE} {ERRORS} }} }}"
    return (
        f"mutation ({arguments}) {{ {name}(input: $input) {{ {ZONE} shippingErrors {{ code }} {ERRORS} }} }}"
    )


CREATE_ZONE, UPDATE_ZONE = zone_mutation("Create"), zone_mutation("Update")
DELETE_ZONE = f"mutation ($id: ID!) {{ shippingZoneDelete(id: $id) {{ {ZONE} {ERRORS} }} }}"
DELETE_ZONES = f"mutation ($ids: [ID!]!) {{ shippingZoneBulkDelete(ids: $ids) {{ count {ERRORS} }} }}"
CREATE = f"""mutation ($input: ShippingPriceInput!) {{ shippingPriceCreate(input: $input) {{
  {METHOD} {ZONE} shippingErrors {{ code }} {ERRORS} }} }}"""
UPDATE = f"""mutation ($id: ID!, $input: ShippingPriceInput!) {{
  shippingPriceUpdate(id: $id, input: $input) {{ {METHOD} {ZONE} {ERRORS} }} }}"""
DELETE = f"mutation ($id: ID!) {{ shippingPriceDelete(id: $id) {{ {METHOD} {ZONE} {ERRORS} }} }}"
DELETE_ALL = f"mutation ($ids: [ID!]!) {{ shippingPriceBulkDelete(ids: $ids) {{ count {ERRORS} }} }}"
LIST = f"""mutation ($id: ID!, $input: ShippingMethodChannelListingInput!) {{
  shippingMethodChannelListingUpdate(id: $id, input: $input) {{ {METHOD} {ERRORS} }} }}"""
EXCLUDE = f"""mutation ($id: ID!, $input: ShippingPriceExcludeProductsInput!) {{
  shippingPriceExcludeProducts(id: $id, input: $input) {{ {METHOD} {ERRORS} }} }}"""
INCLUDE = f"""mutation ($id: ID!, $products: [ID!]!) {{
  shippingPriceRemoveProductFromExclude(id: $id, products: $products) {{ {METHOD} {ERRORS} }} }}"""
TRANSLATE = """mutation ($id: ID!, $input: ShippingPriceTranslationInput!) {
  shippingPriceTranslate(id: $id, input: $input, languageCode: AR) {
    shippingMethod { translation(languageCode: AR) { name description } } errors { field code } } }"""
TEXT = json.dumps({"blocks": [{"type": "paragraph", "data": {"text": "Chez vous<script>x</script>"}}]})


def gid(row: Any) -> str:
    return to_global_id(
        "ShippingMethodType" if isinstance(row, ShippingMethod) else type(row).__name__, row.id
    )


async def _zone(session: AsyncSession, **given: object) -> ShippingZone:
    zone = ShippingZone(**{"name": "Maroc", "country_codes": ["MA"]} | given)
    session.add(zone)
    await session.flush()
    return zone


async def test_a_zone_is_drawn_with_its_channels_and_store_rooms(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    chosen, left = await make_warehouse(session), await make_warehouse(session)
    of_seller = await make_warehouse(session, (await make_vendor(session)).id)
    given = {
        "name": " Maroc ",
        "description": "Tout le pays",
        "countries": ["ma", "EH"],
        "addChannels": [gid(channel)],
        "addWarehouses": [gid(chosen)],
    }
    made = (await read(CREATE_ZONE, SHIPPER, input=given))["shippingZoneCreate"]
    assert made["errors"] == []
    zone = made["shippingZone"]
    assert (zone["name"], zone["description"], zone["default"]) == ("Maroc", "Tout le pays", False)
    assert [country["code"] for country in zone["countries"]] == ["EH", "MA"]
    assert zone["channels"] == [{"id": gid(channel)}]
    assert {room["id"] for room in zone["warehouses"]} == {gid(chosen), gid(of_seller)}
    assert gid(left) not in {room["id"] for room in zone["warehouses"]}


async def test_the_default_zone_gets_what_no_other_has(session: AsyncSession, read: Ask) -> None:
    await _zone(session)
    given = {"name": "Ailleurs", "default": True}
    zone = (await read(CREATE_ZONE, SHIPPER, input=given))["shippingZoneCreate"]["shippingZone"]
    codes = {country["code"] for country in zone["countries"]}
    assert zone["default"]
    assert "FR" in codes
    assert "MA" not in codes
    second = (await read(CREATE_ZONE, SHIPPER, input=given))["shippingZoneCreate"]["errors"]
    assert [(error["field"], error["code"]) for error in second] == [("default", "ALREADY_EXISTS")]
    again = {"default": True, "countries": ["DZ"]}
    changed = (await read(UPDATE_ZONE, SHIPPER, id=zone["id"], input=again))["shippingZoneUpdate"]
    assert changed["errors"] == []
    assert {country["code"] for country in changed["shippingZone"]["countries"]} == codes
    given = {"default": False, "countries": ["DZ"]}
    changed = (await read(UPDATE_ZONE, SHIPPER, id=zone["id"], input=given))["shippingZoneUpdate"]
    assert changed["shippingZone"]["countries"] == [{"code": "DZ"}]
    assert not changed["shippingZone"]["default"]


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"countries": ["MA"]}, "name", "REQUIRED"),
        ({"name": " "}, "name", "REQUIRED"),
        ({"name": "n" * 101}, "name", "INVALID"),
        ({"name": "x", "countries": ["XX"]}, "countries", "INVALID"),
        ({"name": "x", "addChannels": [to_global_id("Channel", 999)]}, "addChannels", "NOT_FOUND"),
    ],
)
async def test_a_zone_that_can_not_be_is_refused(
    session: AsyncSession, read: Ask, given: dict[str, Any], field: str, code: str
) -> None:
    refused = (await read(CREATE_ZONE, SHIPPER, input=given))["shippingZoneCreate"]
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [(field, code)]
    assert refused["shippingErrors"] == [{"code": code}]
    assert await session.scalar(select(func.count()).select_from(ShippingZone)) == 0


async def test_a_store_room_sends_to_a_zone_through_a_shared_channel(
    session: AsyncSession, read: Ask
) -> None:
    channel = await make_channel(session)
    room, zone = await make_warehouse(session), await _zone(session)
    put_in = {"addWarehouses": [gid(room)]}
    refused = (await read(UPDATE_ZONE, SHIPPER, id=gid(zone), input=put_in))["shippingZoneUpdate"]["errors"]
    assert [(e["field"], e["code"], e["warehouses"]) for e in refused] == [
        ("addWarehouses", "INVALID", [gid(room)])
    ]
    given = put_in | {"addChannels": [gid(channel)]}
    found = (await read(UPDATE_ZONE, SHIPPER, id=gid(zone), input=given))["shippingZoneUpdate"]
    assert found["shippingZone"]["warehouses"] == [{"id": gid(room)}]
    given = {"removeWarehouses": [gid(room)]}
    found = (await read(UPDATE_ZONE, SHIPPER, id=gid(zone), input=given))["shippingZoneUpdate"]
    assert found["shippingZone"]["warehouses"] == []
    both = {f"{verb}{what}": [gid(row)] for verb in ("add", "remove") for what, row in
            (("Warehouses", room), ("Channels", channel))}  # fmt: skip
    refused = (await read(UPDATE_ZONE, SHIPPER, id=gid(zone), input=both))["shippingZoneUpdate"]["errors"]
    assert [(e["field"], e["code"]) for e in refused] == [
        ("warehouses", "DUPLICATED_INPUT_ITEM"),
        ("channels", "DUPLICATED_INPUT_ITEM"),
    ]


async def test_prices_go_with_the_channel_that_a_zone_loses(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    method = await make_method(session, channel)
    given = {"removeChannels": [gid(channel)]}
    zone_id = to_global_id("ShippingZone", method.zone_id)
    found = (await read(UPDATE_ZONE, SHIPPER, id=zone_id, input=given))["shippingZoneUpdate"]
    assert found["shippingZone"]["channels"] == []
    assert (await session.scalars(select(ShippingMethodListing))).all() == []


async def test_zones_are_deleted_with_their_methods(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    zones = [to_global_id("ShippingZone", (await make_method(session, channel)).zone_id) for _ in range(3)]
    done = (await read(DELETE_ZONE, SHIPPER, id=zones[0]))["shippingZoneDelete"]
    assert (done["errors"], done["shippingZone"]["id"]) == ([], zones[0])
    done = (await read(DELETE_ZONES, SHIPPER, ids=zones[1:]))["shippingZoneBulkDelete"]
    assert (done["errors"], done["count"]) == ([], 2)
    assert await session.scalar(select(func.count()).select_from(ShippingMethod)) == 0
    missing = (await read(DELETE_ZONE, SHIPPER, id=zones[0]))["shippingZoneDelete"]["errors"]
    assert [error["code"] for error in missing] == ["NOT_FOUND"]


async def test_a_way_to_ship_is_set_up(session: AsyncSession, read: Ask) -> None:
    zone, tax_class = await _zone(session), await make_tax_class(session)
    given = {
        "name": "Colis lourd",
        "description": TEXT,
        "type": "WEIGHT",
        "shippingZone": gid(zone),
        "minimumOrderWeight": 0.5,
        "maximumOrderWeight": {"unit": "KG", "value": 30},
        "minimumDeliveryDays": 2,
        "maximumDeliveryDays": 5,
        "taxClass": gid(tax_class),
        "addPostalCodeRules": [{"start": "10000", "end": "19999"}, {"start": "80000"}],
        "inclusionType": "INCLUDE",
    }
    made = (await read(CREATE, SHIPPER, input=given))["shippingPriceCreate"]
    assert made["errors"] == []
    assert made["shippingZone"]["id"] == gid(zone)
    method = made["shippingMethod"]
    assert (method["name"], method["type"]) == ("Colis lourd", "WEIGHT")
    assert json.loads(method["description"])["blocks"][0]["data"]["text"] == "Chez vous"
    assert method["minimumOrderWeight"] == {"value": 0.5, "unit": "KG"}
    assert method["maximumOrderWeight"] == {"value": 30}
    assert (method["minimumDeliveryDays"], method["maximumDeliveryDays"]) == (2, 5)
    assert method["taxClass"] == {"id": gid(tax_class)}
    first, second = method["postalCodeRules"]
    assert (first["start"], first["end"], first["inclusionType"]) == ("10000", "19999", "INCLUDE")
    assert (second["start"], second["end"]) == ("80000", None)
    given = {
        "name": "Colis",
        "description": None,
        "type": "PRICE",
        "minimumOrderWeight": None,
        "maximumDeliveryDays": 9,
        "taxClass": None,
        "deletePostalCodeRules": [first["id"]],
    }
    changed = (await read(UPDATE, SHIPPER, id=method["id"], input=given))["shippingPriceUpdate"]
    assert changed["errors"] == []
    method = changed["shippingMethod"]
    assert (method["name"], method["type"], method["description"]) == ("Colis", "PRICE", None)
    assert (method["minimumOrderWeight"], method["maximumDeliveryDays"]) == (None, 9)
    assert (method["taxClass"], method["postalCodeRules"]) == (None, [second])


BAD = [
    ({"name": ""}, "name", "REQUIRED"),
    ({"name": "n" * 101}, "name", "INVALID"),
    ({"minimumOrderWeight": -1}, "minimumOrderWeight", "INVALID"),
    ({"maximumOrderWeight": 1e9}, "maximumOrderWeight", "INVALID"),
    ({"minimumOrderWeight": 5, "maximumOrderWeight": 5}, "maximumOrderWeight", "MAX_LESS_THAN_MIN"),
    ({"minimumDeliveryDays": -1}, "minimumDeliveryDays", "INVALID"),
    ({"maximumDeliveryDays": 10_001}, "maximumDeliveryDays", "INVALID"),
    ({"minimumDeliveryDays": 5, "maximumDeliveryDays": 2}, "minimumDeliveryDays", "INVALID"),
    ({"addPostalCodeRules": [{"start": "1"}]}, "inclusionType", "REQUIRED"),
    (
        {"addPostalCodeRules": [{"start": "1"}, {"start": "1"}], "inclusionType": "EXCLUDE"},
        "addPostalCodeRules",
        "ALREADY_EXISTS",
    ),
    (
        {"addPostalCodeRules": [{"start": "1" * 33}], "inclusionType": "EXCLUDE"},
        "addPostalCodeRules",
        "INVALID",
    ),
    ({"description": "[]", "taxClass": to_global_id("TaxClass", 999)}, "taxClass", "NOT_FOUND"),
    ({"description": '"text"'}, "description", "INVALID"),
    ({"shippingZone": to_global_id("ShippingZone", 999)}, "shippingZone", "NOT_FOUND"),
]


@pytest.mark.parametrize(("given", "field", "code"), BAD)
async def test_a_way_to_ship_that_can_not_be_is_refused(
    session: AsyncSession, read: Ask, given: dict[str, Any], field: str, code: str
) -> None:
    new = {"name": "Colis", "type": "PRICE", "shippingZone": gid(await _zone(session))}
    refused = (await read(CREATE, SHIPPER, input=new | given))["shippingPriceCreate"]
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [(field, code)]
    assert refused["shippingErrors"] == [{"code": code}]
    assert await session.scalar(select(func.count()).select_from(ShippingMethod)) == 0


@pytest.mark.parametrize("field", ["name", "type", "shippingZone"])
async def test_a_new_way_to_ship_needs_a_name_a_kind_and_a_zone(
    session: AsyncSession, read: Ask, field: str
) -> None:
    new = {"name": "Colis", "type": "PRICE", "shippingZone": gid(await _zone(session))}
    refused = (await read(CREATE, SHIPPER, input={**new, field: None}))["shippingPriceCreate"]["errors"]
    assert [(error["field"], error["code"]) for error in refused] == [(field, "REQUIRED")]


async def test_a_limit_is_held_to_the_one_that_is_there(session: AsyncSession, read: Ask) -> None:
    method = await make_method(
        session, await make_channel(session), maximum_weight_grams=2_000, minimum_delivery_days=4
    )
    for given, field, code in (
        ({"minimumOrderWeight": 3}, "maximumOrderWeight", "MAX_LESS_THAN_MIN"),
        ({"maximumDeliveryDays": 3}, "maximumDeliveryDays", "INVALID"),
    ):
        refused = (await read(UPDATE, SHIPPER, id=gid(method), input=given))["shippingPriceUpdate"]["errors"]
        assert [(error["field"], error["code"]) for error in refused] == [(field, code)]


async def test_it_is_priced_in_the_channels_of_its_zone(session: AsyncSession, read: Ask) -> None:
    channel, other = await make_channel(session), await make_channel(session)
    method = await make_method(session, channel, 35_00)

    async def listed(*added: dict[str, Any], removed: tuple[str, ...] = ()) -> dict[str, Any]:
        given = {"addChannels": list(added), "removeChannels": list(removed)}
        answer = await read(LIST, SHIPPER, id=gid(method), input=given)
        return dict(answer["shippingMethodChannelListingUpdate"])

    here = {"channelId": gid(channel)}
    done = await listed(here | {"price": 25.5, "minimumOrderPrice": 10, "maximumOrderPrice": 900})
    assert done["errors"] == []
    (listing,) = done["shippingMethod"]["channelListings"]
    assert listing == {
        "channel": {"id": gid(channel)},
        "price": {"amount": 25.5},
        "minimumOrderPrice": {"amount": 10},
        "maximumOrderPrice": {"amount": 900},
    }
    done = await listed(here | {"maximumOrderPrice": None})
    (listing,) = done["shippingMethod"]["channelListings"]
    assert (listing["price"], listing["maximumOrderPrice"]) == ({"amount": 25.5}, None)
    for given, field, code, named in (
        (here | {"price": 1.005}, "price", "INVALID", channel),
        (here | {"price": 1e15}, "price", "INVALID", channel),
        (here | {"minimumOrderPrice": 1.005}, "minimumOrderPrice", "INVALID", channel),
        (here | {"maximumOrderPrice": 10}, "maximumOrderPrice", "MAX_LESS_THAN_MIN", channel),
        ({"channelId": gid(other), "price": 1}, "addChannels", "INVALID", other),
    ):
        refused = (await listed(given))["errors"]
        found = [(e["field"], e["code"], e["channels"]) for e in refused]
        assert found == [(field, code, [gid(named)])], given
    for twice, field in (
        (await listed(here, removed=(gid(channel),)), "input"),
        (await listed(here, here), "addChannels"),
        (await listed(removed=(gid(channel), gid(channel))), "removeChannels"),
    ):
        found = [(e["field"], e["code"]) for e in twice["errors"]]
        assert found == [(field, "DUPLICATED_INPUT_ITEM")]
    assert (await listed(removed=(gid(channel),)))["shippingMethod"]["channelListings"] == []
    refused = (await listed(here))["errors"]
    assert [(e["field"], e["code"], e["channels"]) for e in refused] == [
        ("price", "REQUIRED", [gid(channel)])
    ]


async def test_what_it_does_not_carry_it_is_not_offered_for(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    rug, bowl = await make_piece(session, market.channel), await make_piece(session, market.channel)
    products = [to_global_id("Product", piece.product_id) for piece in (rug, bowl)]
    cart = await make_cart(session, market.channel, rug, shipping_address=RABAT)
    assert len(await calculate_deliveries(session, cart.id)) == 1
    unknown = to_global_id("Product", 999_999)
    given = {"products": [*products, unknown]}
    done = (await read(EXCLUDE, SHIPPER, id=gid(market.method), input=given))["shippingPriceExcludeProducts"]
    assert done["errors"] == []
    who = staff("MANAGE_SHIPPING", "MANAGE_PRODUCTS")
    again = await read(EXCLUDE, who, id=gid(market.method), input={"products": products[:1]})
    edges = again["shippingPriceExcludeProducts"]["shippingMethod"]["excludedProducts"]["edges"]
    assert {edge["node"]["id"] for edge in edges} == set(products)
    assert await calculate_deliveries(session, cart.id) == []
    done = await read(INCLUDE, SHIPPER, id=gid(market.method), products=products[:1])
    assert done["shippingPriceRemoveProductFromExclude"]["errors"] == []
    assert len(await calculate_deliveries(session, cart.id)) == 1


async def test_carts_keep_to_weights_amounts_and_postal_codes(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, 120_00)
    cart = await make_cart(session, market.channel, rug, shipping_address=RABAT)
    channel = {"channelId": gid(market.channel)}
    for document, refusing, allowing in (
        (UPDATE, {"minimumOrderWeight": 500}, {"minimumOrderWeight": None}),
        (
            LIST,
            {"addChannels": [channel | {"minimumOrderPrice": 120.01}]},
            {"addChannels": [channel | {"minimumOrderPrice": 120}]},
        ),
        (
            LIST,
            {"addChannels": [channel | {"minimumOrderPrice": None, "maximumOrderPrice": 119}]},
            {"addChannels": [channel | {"maximumOrderPrice": 120}]},
        ),
        (
            UPDATE,
            {"addPostalCodeRules": [{"start": "10000", "end": "10000"}], "inclusionType": "EXCLUDE"},
            {"name": "Partout ailleurs"},
        ),
    ):
        (done,) = (await read(document, SHIPPER, id=gid(market.method), input=refusing)).values()
        assert done["errors"] == []
        assert await calculate_deliveries(session, cart.id) == [], refusing
        if rules := done["shippingMethod"]["postalCodeRules"]:
            allowing["deletePostalCodeRules"] = [rule["id"] for rule in rules]
        (done,) = (await read(document, SHIPPER, id=gid(market.method), input=allowing)).values()
        assert done["errors"] == []
        assert len(await calculate_deliveries(session, cart.id)) == 1, allowing


async def test_a_cart_is_added_up_without_the_way_that_goes(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, 120_00))
    key = cart.id
    assert cart.total_gross_minor == 150_00
    done = (await read(DELETE, SHIPPER, id=gid(market.method)))["shippingPriceDelete"]
    assert (done["errors"], done["shippingMethod"]["name"]) == ([], market.method.name)
    assert done["shippingZone"]["id"] == to_global_id("ShippingZone", market.method.zone_id)
    assert await is_pending(session, "checkout.add_up", checkout_ids=[str(key)])

    class _Work:
        def __init__(self) -> None:
            self.session = session

    await add_up(_Work(), [key])  # type: ignore[arg-type]
    session.expire_all()
    cart = await session.get_one(Checkout, key)
    assert (cart.shipping_gross_minor, cart.total_gross_minor, cart.delivery_id) == (0, 120_00, None)


async def test_ways_to_ship_are_deleted_together(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    methods = [gid(await make_method(session, channel)) for _ in range(2)]
    done = (await read(DELETE_ALL, SHIPPER, ids=methods))["shippingPriceBulkDelete"]
    assert (done["errors"], done["count"]) == ([], 2)
    done = (await read(DELETE_ALL, SHIPPER, ids=methods))["shippingPriceBulkDelete"]
    assert ([error["code"] for error in done["errors"]], done["count"]) == (["NOT_FOUND"], 0)


async def test_a_way_to_ship_is_said_in_another_language(session: AsyncSession, read: Ask) -> None:
    method = await make_method(session, await make_channel(session))
    who = staff("MANAGE_TRANSLATIONS")

    async def said(**given: Any) -> dict[str, Any]:
        return dict((await read(TRANSLATE, who, id=gid(method), input=given))["shippingPriceTranslate"])

    done = await said(name="توصيل", description=TEXT)
    assert done["errors"] == []
    assert done["shippingMethod"]["translation"]["name"] == "توصيل"
    done = await said(description=None)
    assert done["shippingMethod"]["translation"] == {"name": "توصيل", "description": None}
    assert (await said())["errors"] == []
    refused = await said(name="n" * 101)
    assert refused["errors"] == [{"field": "name", "code": "INVALID"}]


async def test_shipping_is_the_business_of_those_who_manage_it(session: AsyncSession, ask: Ask) -> None:
    method = await make_method(session, await make_channel(session))
    zone, way = to_global_id("ShippingZone", method.zone_id), gid(method)
    user = await make_user(session)
    for document, given in (
        (CREATE_ZONE, {"input": {"name": "x"}}),
        (UPDATE_ZONE, {"id": zone, "input": {}}),
        (DELETE_ZONE, {"id": zone}),
        (DELETE_ZONES, {"ids": [zone]}),
        (CREATE, {"input": {"name": "x"}}),
        (UPDATE, {"id": way, "input": {}}),
        (DELETE, {"id": way}),
        (DELETE_ALL, {"ids": [way]}),
        (LIST, {"id": way, "input": {}}),
        (EXCLUDE, {"id": way, "input": {"products": []}}),
        (INCLUDE, {"id": way, "products": []}),
        (TRANSLATE, {"id": way, "input": {}}),
    ):
        for who in (None, buyer(user), staff("MANAGE_PRODUCTS")):
            refused = await ask(document, who, **given)
            assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_others_hear_of_shipping(
    session: AsyncSession, read: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    async def listen(_session: AsyncSession, told: Announcement) -> None:
        heard.append(told.event)

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    new = {"name": "Zone"}
    zone = (await read(CREATE_ZONE, SHIPPER, input=new))["shippingZoneCreate"]["shippingZone"]["id"]
    await read(UPDATE_ZONE, SHIPPER, id=zone, input=new)
    new = {"name": "Colis", "type": "PRICE", "shippingZone": zone}
    way = (await read(CREATE, SHIPPER, input=new))["shippingPriceCreate"]["shippingMethod"]["id"]
    await read(UPDATE, SHIPPER, id=way, input={})
    await read(LIST, SHIPPER, id=way, input={})
    await read(EXCLUDE, SHIPPER, id=way, input={"products": []})
    await read(INCLUDE, SHIPPER, id=way, products=[])
    await read(DELETE, SHIPPER, id=way)
    await read(DELETE_ZONE, SHIPPER, id=zone)
    assert heard == [
        "SHIPPING_ZONE_CREATED",
        "SHIPPING_ZONE_UPDATED",
        "SHIPPING_PRICE_CREATED",
        *["SHIPPING_PRICE_UPDATED"] * 4,
        "SHIPPING_PRICE_DELETED",
        "SHIPPING_ZONE_DELETED",
    ]
