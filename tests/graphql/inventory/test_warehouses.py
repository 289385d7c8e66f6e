"""Staff open, change and close store rooms; sellers' members do the same with their own."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.models import CollectionOption, Stock, Warehouse
from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.kit.ids import to_global_id
from marketplace.orders.fulfilment import fulfil
from marketplace.people.models import Address
from marketplace.vendors.models import MemberRole
from tests.factories.checkout import make_market, make_piece
from tests.factories.inventory import make_stock, make_warehouse
from tests.factories.markets import make_channel, make_method
from tests.factories.orders import make_order, parts_of
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, seller, staff

KEEPER = staff("MANAGE_PRODUCTS")
ERRORS = "errors { field code message shippingZones }"
ROOM = """warehouse { id slug name email isPrivate clickAndCollectOption externalReference companyName
  address { city streetAddress1 postalCode country { code } } vendor { id }
  shippingZones(first: 5) { edges { node { id } } } }"""
CREATE = f"""mutation ($input: WarehouseCreateInput!) {{ createWarehouse(input: $input) {{
  {ROOM} warehouseErrors {{ code }} {ERRORS} }} }}"""
UPDATE = f"""mutation ($id: ID, $externalReference: String, $input: WarehouseUpdateInput!) {{
  updateWarehouse(id: $id, externalReference: $externalReference, input: $input) {{ {ROOM} {ERRORS} }} }}"""
DELETE = f"mutation ($id: ID!) {{ deleteWarehouse(id: $id) {{ {ROOM} {ERRORS} }} }}"
ASSIGN = f"""mutation ($id: ID!, $zones: [ID!]!) {{
  assignWarehouseShippingZone(id: $id, shippingZoneIds: $zones) {{ {ROOM} {ERRORS} }} }}"""
UNASSIGN = ASSIGN.replace("assignWarehouse", "unassignWarehouse")
AGADIR = {"streetAddress1": "Douar Ait Baha", "city": "Agadir", "country": "MA", "companyName": "Argan SA"}
AGADIR |= {"postalCode": "80000"}
NEW = {"name": "Le Dépôt", "email": "depot@example.test", "address": AGADIR, "externalReference": "WMS-1"}


def gid(row: Any) -> str:
    return to_global_id(type(row).__name__, row.id)


async def test_the_shops_own_store_room_is_opened_outside_of_everything(
    session: AsyncSession, read: Ask
) -> None:
    channel = await make_channel(session)
    await make_method(session, channel)
    made = (await read(CREATE, KEEPER, input=NEW))["createWarehouse"]
    assert made["errors"] == []
    room = made["warehouse"]
    assert (room["slug"], room["name"], room["email"]) == ("le-depot", "Le Dépôt", "depot@example.test")
    assert (room["isPrivate"], room["clickAndCollectOption"]) == (True, "DISABLED")
    assert (room["externalReference"], room["companyName"], room["vendor"]) == ("WMS-1", "Argan SA", None)
    assert room["address"]["country"] == {"code": "MA"}
    assert room["shippingZones"]["edges"] == []
    second = {**NEW, "externalReference": None}
    assert (await read(CREATE, KEEPER, input=second))["createWarehouse"]["warehouse"]["slug"] == "le-depot-2"


async def test_a_sellers_store_room_serves_every_zone_at_once(session: AsyncSession, read: Ask) -> None:
    method = await make_method(session, await make_channel(session))
    vendor = await make_vendor(session)
    who = seller(vendor.id, await make_user(session))
    room = (await read(CREATE, who, input=NEW))["createWarehouse"]["warehouse"]
    assert room["vendor"] == {"id": gid(vendor)}
    zone = to_global_id("ShippingZone", method.zone_id)
    assert room["shippingZones"]["edges"] == [{"node": {"id": zone}}]
    named = NEW | {"vendor": gid(vendor), "externalReference": None}
    assert (await read(CREATE, KEEPER, input=named))["createWarehouse"]["warehouse"]["vendor"] == {
        "id": gid(vendor)
    }


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"name": " "}, "name", "REQUIRED"),
        ({"name": "n" * 251}, "name", "INVALID"),
        ({"slug": "!!"}, "slug", "REQUIRED"),
        ({"slug": "taken"}, "slug", "UNIQUE"),
        ({"externalReference": "TAKEN"}, "externalReference", "UNIQUE"),
        ({"externalReference": "x" * 251}, "externalReference", "INVALID"),
        ({"email": "nobody"}, "email", "INVALID"),
        ({"address": {**AGADIR, "city": ""}}, "city", "REQUIRED"),
        ({"address": {**AGADIR, "postalCode": "x"}}, "postalCode", "INVALID"),
        ({"vendor": to_global_id("Vendor", 999_999)}, "vendor", "NOT_FOUND"),
        ({"shippingZones": [to_global_id("ShippingZone", 1)]}, "shippingZones", "INVALID"),
    ],
)
async def test_a_store_room_that_can_not_be_is_refused(
    session: AsyncSession, read: Ask, given: dict[str, Any], field: str, code: str
) -> None:
    taken = await make_warehouse(session)
    taken.slug, taken.external_reference = "taken", "TAKEN"
    refused = (await read(CREATE, KEEPER, input=NEW | given))["createWarehouse"]
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [(field, code)]
    assert refused["warehouseErrors"] == [{"code": code}]
    assert await session.scalar(select(func.count()).select_from(Warehouse)) == 1


async def test_a_store_room_changes(session: AsyncSession, read: Ask) -> None:
    room = await make_warehouse(session)
    room.external_reference = "WMS-9"
    given = {
        "name": "Dépôt nord",
        "slug": "Dépôt nord",
        "email": "",
        "isPrivate": False,
        "clickAndCollectOption": "LOCAL",
        "address": {"city": "Tanger", "postalCode": "90000"},
    }
    found = (await read(UPDATE, KEEPER, externalReference="WMS-9", input=given))["updateWarehouse"]
    assert found["errors"] == []
    changed = found["warehouse"]
    assert (changed["name"], changed["slug"], changed["email"]) == ("Dépôt nord", "depot-nord", "")
    assert (changed["isPrivate"], changed["clickAndCollectOption"]) == (False, "LOCAL")
    assert changed["address"]["city"] == "TANGER"
    assert changed["address"]["streetAddress1"] == "Douar Ait Baha"
    assert await session.scalar(select(func.count()).select_from(Address)) == 1
    cleared = await read(UPDATE, KEEPER, id=gid(room), input={"externalReference": None})
    assert cleared["updateWarehouse"]["warehouse"]["externalReference"] is None


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"name": ""}, "name", "REQUIRED"),
        ({"slug": ""}, "slug", "REQUIRED"),
        ({"clickAndCollectOption": "LOCAL"}, "clickAndCollectOption", "INVALID"),
    ],
)
async def test_a_change_that_can_not_be_is_refused(
    session: AsyncSession, read: Ask, given: dict[str, Any], field: str, code: str
) -> None:
    room = await make_warehouse(session)
    refused = (await read(UPDATE, KEEPER, id=gid(room), input=given))["updateWarehouse"]
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [(field, code)]
    await session.refresh(room)
    assert room.click_and_collect_option is CollectionOption.DISABLED


async def test_a_store_room_is_named_once(session: AsyncSession, read: Ask) -> None:
    room = await make_warehouse(session)
    for named in ({}, {"id": gid(room), "externalReference": "x"}):
        refused = (await read(UPDATE, KEEPER, **named, input={}))["updateWarehouse"]["errors"]
        assert [error["code"] for error in refused] == ["GRAPHQL_ERROR"]
    missing = (await read(UPDATE, KEEPER, externalReference="x", input={}))["updateWarehouse"]["errors"]
    assert [(error["field"], error["code"]) for error in missing] == [("externalReference", "NOT_FOUND")]


async def test_a_store_room_is_closed_once_what_is_sold_has_left(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=3)
    order = await make_order(session, market, rug)
    room = (await session.scalars(select(Warehouse))).one()
    refused = (await read(DELETE, KEEPER, id=gid(room)))["deleteWarehouse"]
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [("id", "INVALID")]
    (part,) = await parts_of(session, order)
    await fulfil(session, part.id)
    slug, name = room.slug, gid(room)
    done = (await read(DELETE, KEEPER, id=name))["deleteWarehouse"]
    assert (done["errors"], done["warehouse"]["id"], done["warehouse"]["slug"]) == ([], name, slug)
    assert (await session.scalars(select(Warehouse.id))).all() == []
    assert (await session.scalars(select(Stock.id))).all() == []


async def test_zones_are_assigned_where_a_channel_is_shared(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    method = await make_method(session, channel)
    zone = to_global_id("ShippingZone", method.zone_id)
    room = (await read(CREATE, KEEPER, input=NEW))["createWarehouse"]["warehouse"]["id"]
    refused = (await read(ASSIGN, KEEPER, id=room, zones=[zone]))["assignWarehouseShippingZone"]["errors"]
    assert [(e["field"], e["code"], e["shippingZones"]) for e in refused] == [
        ("shippingZones", "INVALID", [zone])
    ]
    put_in = """mutation ($id: ID!, $input: ChannelUpdateInput!) { channelUpdate(id: $id, input: $input) {
      errors { code } } }"""
    await read(put_in, staff("MANAGE_CHANNELS"), id=gid(channel), input={"addWarehouses": [room]})
    done = (await read(ASSIGN, KEEPER, id=room, zones=[zone]))["assignWarehouseShippingZone"]
    assert done["warehouse"]["shippingZones"]["edges"] == [{"node": {"id": zone}}]
    done = (await read(UNASSIGN, KEEPER, id=room, zones=[zone]))["unassignWarehouseShippingZone"]
    assert (done["errors"], done["warehouse"]["shippingZones"]["edges"]) == ([], [])


@pytest.mark.parametrize("document", [UPDATE, DELETE, ASSIGN, UNASSIGN])
async def test_a_stranger_learns_nothing_of_a_sellers_store_room(
    session: AsyncSession, read: Ask, document: str
) -> None:
    own, other = await make_vendor(session), await make_vendor(session)
    room = await make_warehouse(session, own.id)
    given = {UPDATE: {"input": {"name": "x"}}, ASSIGN: {"zones": []}, UNASSIGN: {"zones": []}}
    asked = given.get(document, {})
    stranger = seller(other.id, await make_user(session))
    (found,) = (await read(document, stranger, id=gid(room), **asked)).values()
    assert [(error["code"], found["warehouse"]) for error in found["errors"]] == [("NOT_FOUND", None)]
    member = seller(own.id, await make_user(session), MemberRole.LISTER)
    (found,) = (await read(document, member, id=gid(room), **asked)).values()
    assert found["errors"] == []


async def test_a_member_opens_no_store_room_for_another_seller(session: AsyncSession, read: Ask) -> None:
    own, other = await make_vendor(session), await make_vendor(session)
    who = seller(own.id, await make_user(session))
    refused = (await read(CREATE, who, input=NEW | {"vendor": gid(other)}))["createWarehouse"]["errors"]
    assert [(error["field"], error["code"]) for error in refused] == [("vendor", "NOT_FOUND")]


async def test_store_rooms_are_kept_by_those_who_manage_products(session: AsyncSession, ask: Ask) -> None:
    vendor = await make_vendor(session)
    room = gid(await make_warehouse(session, vendor.id))
    packer = seller(vendor.id, await make_user(session), MemberRole.PACKER)
    for document, given in (
        (CREATE, {"input": NEW}),
        (UPDATE, {"id": room, "input": {}}),
        (DELETE, {"id": room}),
        (ASSIGN, {"id": room, "zones": []}),
        (UNASSIGN, {"id": room, "zones": []}),
    ):
        for who in (None, staff("MANAGE_SHIPPING"), packer):
            refused = await ask(document, who, **given)
            assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_others_hear_of_store_rooms(
    session: AsyncSession, read: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    async def listen(_session: AsyncSession, told: Announcement) -> None:
        assert all(isinstance(row, Warehouse) for row in told.rows)
        heard.append(told.event)

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    room = (await read(CREATE, KEEPER, input=NEW))["createWarehouse"]["warehouse"]["id"]
    await read(UPDATE, KEEPER, id=room, input={"name": "x"})
    await read(DELETE, KEEPER, id=room)
    assert heard == ["WAREHOUSE_CREATED", "WAREHOUSE_UPDATED", "WAREHOUSE_DELETED"]


async def test_store_rooms_are_found_by_what_is_said_of_them(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    room, other = await make_warehouse(session), await make_warehouse(session)
    room.is_private, room.click_and_collect_option = False, CollectionOption.ALL
    room.public_metadata = {"floor": "2"}
    (await session.get_one(Address, room.address_id)).company_name = "Argan du Souss"
    put_out = """mutation ($id: ID!, $input: ChannelUpdateInput!) { channelUpdate(id: $id, input: $input) {
      errors { code } } }"""
    await read(put_out, staff("MANAGE_CHANNELS"), id=gid(channel), input={"removeWarehouses": [gid(other)]})
    question = """query ($filter: WarehouseFilterInput) { warehouses(first: 5, filter: $filter) {
      edges { node { id } } } }"""
    for given in (
        {"isPrivate": False},
        {"clickAndCollectOption": "ALL"},
        {"metadata": [{"key": "floor", "value": "2"}]},
        {"channels": [gid(channel)]},
        {"search": "du souss"},
    ):
        found = (await read(question, KEEPER, filter=given))["warehouses"]["edges"]
        assert [edge["node"]["id"] for edge in found] == [gid(room)], given


async def test_stocks_are_found_by_pieces_and_by_words(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, stock=4)
    await make_piece(session, channel, stock=5)
    room = await make_warehouse(session)
    room.name = "Grenier de Tata"
    loft = await make_stock(session, rug, 6, room)
    question = """query ($filter: StockFilterInput) { stocks(first: 5, filter: $filter) {
      edges { node { id quantity } } } }"""

    async def found(**given: Any) -> list[int]:
        edges = (await read(question, KEEPER, filter=given))["stocks"]["edges"]
        return [edge["node"]["quantity"] for edge in edges]

    assert await found(quantity=4) == [4]
    assert await found(quantity=4.5) == []
    assert await found(search="grenier") == [loft.quantity]
