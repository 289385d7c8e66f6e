"""Staff open, change and close channels."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import Product
from marketplace.checkout.models import Checkout
from marketplace.inventory.models import Warehouse
from marketplace.kit import clock, events
from marketplace.kit.announcements import Announcement
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel, ShippingMethodListing
from marketplace.orders.models import Order
from tests.factories.checkout import make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.inventory import make_warehouse
from tests.factories.markets import make_channel, make_method
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, buyer, staff

KEEPER = staff("MANAGE_CHANNELS")
ERRORS = "errors { field code message shippingZones warehouses }"
SETTINGS = """
  stockSettings { allocationStrategy }
  orderSettings { automaticallyConfirmAllNewOrders automaticallyFulfillNonShippableGiftCard expireOrdersAfter
    deleteExpiredOrdersAfter markAsPaidStrategy allowUnpaidOrders includeDraftOrderInVoucherUsage
    draftOrderLinePriceFreezePeriod useLegacyLineDiscountPropagation }
  checkoutSettings { useLegacyErrorFlow automaticallyCompleteFullyPaidCheckouts automaticCompletionDelay
    automaticCompletionCutOffDate allowLegacyGiftCardUse }
  paymentSettings { defaultTransactionFlowStrategy releaseFundsForExpiredCheckouts
    checkoutTtlBeforeReleasingFunds checkoutReleaseFundsCutOffDate }
"""
CREATE = f"""mutation ($input: ChannelCreateInput!) {{ channelCreate(input: $input) {{
  channel {{ id slug name isActive currencyCode defaultCountry {{ code }} warehouses {{ id }}
    countries {{ code }} metadata {{ key value }} {SETTINGS} }}
  channelErrors {{ code }} {ERRORS} }} }}"""
UPDATE = f"""mutation ($id: ID!, $input: ChannelUpdateInput!) {{ channelUpdate(id: $id, input: $input) {{
  channel {{ slug name isActive defaultCountry {{ code }} warehouses {{ id }} countries {{ code }}
    metadata {{ key value }} {SETTINGS} }} {ERRORS} }} }}"""
DELETE = f"""mutation ($id: ID!, $input: ChannelDeleteInput) {{ channelDelete(id: $id, input: $input) {{
  channel {{ id slug }} {ERRORS} }} }}"""
REORDER = f"""mutation ($id: ID!, $moves: [ReorderInput!]!) {{
  channelReorderWarehouses(channelId: $id, moves: $moves) {{
    channel {{ warehouses {{ id }} }} {ERRORS} }} }}"""
NEW = {"name": "Sahara", "slug": "Le Sahara", "currencyCode": "MAD", "defaultCountry": "MA"}


def gid(row: Any) -> str:
    return to_global_id(type(row).__name__, row.id)


async def test_a_channel_is_opened_with_its_zones_and_the_shops_store_rooms(
    session: AsyncSession, read: Ask
) -> None:
    other = await make_channel(session)
    zone_id = to_global_id("ShippingZone", (await make_method(session, other)).zone_id)
    chosen, left = await make_warehouse(session), await make_warehouse(session)
    of_seller = await make_warehouse(session, (await make_vendor(session)).id)
    links = {"addShippingZones": [zone_id], "addWarehouses": [gid(chosen)]}
    metadata = {"metadata": [{"key": "colour", "value": "sand"}]}
    made = (await read(CREATE, KEEPER, input=NEW | links | metadata))["channelCreate"]
    assert made["errors"] == []
    channel = made["channel"]
    assert (channel["slug"], channel["name"], channel["isActive"]) == ("le-sahara", "Sahara", False)
    assert (channel["currencyCode"], channel["defaultCountry"]) == ("MAD", {"code": "MA"})
    assert channel["countries"] == [{"code": "MA"}]
    rooms = {each["id"] for each in channel["warehouses"]}
    assert rooms == {gid(chosen), gid(of_seller)}
    assert gid(left) not in rooms
    assert channel["metadata"] == [{"key": "colour", "value": "sand"}]
    assert channel["stockSettings"] == {"allocationStrategy": "PRIORITIZE_SORTING_ORDER"}
    assert channel["orderSettings"]["deleteExpiredOrdersAfter"] == 60


async def test_every_setting_is_kept(session: AsyncSession, read: Ask) -> None:
    orders = {
        "automaticallyConfirmAllNewOrders": False,
        "automaticallyFulfillNonShippableGiftCard": False,
        "expireOrdersAfter": 90,
        "deleteExpiredOrdersAfter": 7,
        "markAsPaidStrategy": "PAYMENT_FLOW",
        "allowUnpaidOrders": True,
        "includeDraftOrderInVoucherUsage": True,
        "draftOrderLinePriceFreezePeriod": 5,
        "useLegacyLineDiscountPropagation": True,
    }
    cut_off = clock.now().replace(microsecond=0) - timedelta(days=1)
    payments = {
        "defaultTransactionFlowStrategy": "CHARGE",
        "releaseFundsForExpiredCheckouts": True,
        "checkoutTtlBeforeReleasingFunds": 12,
        "checkoutReleaseFundsCutOffDate": cut_off.isoformat(),
    }
    completion = {"enabled": True, "delay": 0, "cutOffDate": cut_off.isoformat()}
    given = {
        "isActive": True,
        "stockSettings": {"allocationStrategy": "PRIORITIZE_HIGH_STOCK"},
        "orderSettings": orders,
        "checkoutSettings": {
            "useLegacyErrorFlow": True,
            "allowLegacyGiftCardUse": False,
            "automaticCompletion": completion,
        },
        "paymentSettings": payments,
    }
    who = staff("MANAGE_CHANNELS")
    channel = (await read(CREATE, who, input=NEW | given))["channelCreate"]["channel"]
    assert channel["stockSettings"] == given["stockSettings"]
    assert channel["orderSettings"] == orders
    assert channel["paymentSettings"] == payments
    assert channel["checkoutSettings"] == {
        "useLegacyErrorFlow": True,
        "automaticallyCompleteFullyPaidCheckouts": True,
        "automaticCompletionDelay": 0,
        "automaticCompletionCutOffDate": cut_off.isoformat(),
        "allowLegacyGiftCardUse": False,
    }
    # Zero and null end what they say; what is left out stays.
    off = {"expireOrdersAfter": 0, "draftOrderLinePriceFreezePeriod": None, "allowUnpaidOrders": None}
    older = {"automaticallyCompleteFullyPaidCheckouts": False}
    changed = {"orderSettings": off, "checkoutSettings": older}
    channel = (await read(UPDATE, who, id=channel["id"], input=changed))["channelUpdate"]["channel"]
    assert channel["orderSettings"] == orders | off | {
        "expireOrdersAfter": None,
        "allowUnpaidOrders": True,
    }
    assert channel["checkoutSettings"]["automaticallyCompleteFullyPaidCheckouts"] is False
    assert channel["checkoutSettings"]["automaticCompletionDelay"] is None


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"name": " "}, "name", "REQUIRED"),
        ({"name": "n" * 251}, "name", "INVALID"),
        ({"slug": "!"}, "slug", "REQUIRED"),
        ({"slug": "taken"}, "slug", "UNIQUE"),
        ({"currencyCode": "XXX"}, "currencyCode", "INVALID"),
        ({"metadata": [{"key": " ", "value": "x"}]}, "metadata", "REQUIRED"),
        ({"orderSettings": {"expireOrdersAfter": -1}}, "expireOrdersAfter", "INVALID"),
        ({"orderSettings": {"deleteExpiredOrdersAfter": 0}}, "deleteExpiredOrdersAfter", "INVALID"),
        ({"orderSettings": {"deleteExpiredOrdersAfter": 121}}, "deleteExpiredOrdersAfter", "INVALID"),
        (
            {"orderSettings": {"draftOrderLinePriceFreezePeriod": -3}},
            "draftOrderLinePriceFreezePeriod",
            "INVALID",
        ),
        (
            {"paymentSettings": {"checkoutTtlBeforeReleasingFunds": 0}},
            "checkoutTtlBeforeReleasingFunds",
            "INVALID",
        ),
        ({"checkoutSettings": {"automaticCompletion": {"enabled": True, "delay": -1}}}, "delay", "INVALID"),
        (
            {"checkoutSettings": {"automaticCompletion": {"enabled": True, "delay": 43_200}}},
            "delay",
            "INVALID",
        ),
        ({"checkoutSettings": {"automaticCompletion": {"enabled": False, "delay": 3}}}, "delay", "INVALID"),
        (
            {
                "checkoutSettings": {
                    "automaticCompletion": {"enabled": True, "cutOffDate": "2020-01-01T00:00:00+00:00"}
                }
            },
            "cutOffDate",
            "INVALID",
        ),
        (
            {
                "checkoutSettings": {
                    "automaticCompletion": {"enabled": True},
                    "automaticallyCompleteFullyPaidCheckouts": True,
                }
            },
            "automaticallyCompleteFullyPaidCheckouts",
            "INVALID",
        ),
        ({"addWarehouses": [to_global_id("Warehouse", UUID(int=7))]}, "addWarehouses", "NOT_FOUND"),
        ({"addShippingZones": [to_global_id("ShippingZone", 999_999)]}, "addShippingZones", "NOT_FOUND"),
    ],
)
async def test_a_channel_that_can_not_be_is_refused(
    session: AsyncSession, read: Ask, given: dict[str, Any], field: str, code: str
) -> None:
    await make_channel(session, slug="taken")
    refused = (await read(CREATE, KEEPER, input=NEW | given))["channelCreate"]
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [(field, code)]
    assert refused["channelErrors"] == [{"code": code}]
    assert (refused["channel"], len((await session.scalars(select(Channel))).all())) == (None, 1)


async def test_a_channel_changes_and_its_lists_follow(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel)
    listing = await session.scalar(select(ProductChannelListing))
    assert listing is not None
    assert listing.is_live
    given = {
        "name": "Le Maroc",
        "slug": "le-maroc",
        "defaultCountry": "FR",
        "isActive": False,
        "metadata": [{"key": "a", "value": "b"}],
    }
    changed = (await read(UPDATE, KEEPER, id=gid(channel), input=given))["channelUpdate"]
    assert changed["errors"] == []
    found = changed["channel"]
    assert (found["slug"], found["name"], found["isActive"]) == ("le-maroc", "Le Maroc", False)
    assert (found["defaultCountry"], found["metadata"]) == ({"code": "FR"}, [{"key": "a", "value": "b"}])
    await session.refresh(listing)
    assert not listing.is_live
    assert await session.scalar(select(Product.listed_in).where(Product.id == rug.product_id)) == []


async def test_zones_and_store_rooms_come_and_go(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    method = await make_method(session, channel)
    zone = to_global_id("ShippingZone", method.zone_id)
    room = await make_warehouse(session)
    given = {"removeWarehouses": [gid(room)], "removeShippingZones": [zone]}
    found = (await read(UPDATE, KEEPER, id=gid(channel), input=given))["channelUpdate"]["channel"]
    assert (found["warehouses"], found["countries"]) == ([], [])
    assert (await session.scalars(select(ShippingMethodListing))).all() == []
    given = {"addWarehouses": [gid(room)], "addShippingZones": [zone]}
    found = (await read(UPDATE, KEEPER, id=gid(channel), input=given))["channelUpdate"]["channel"]
    assert (found["warehouses"], found["countries"]) == ([{"id": gid(room)}], [{"code": "MA"}])
    both = {f"{verb}Warehouses": [gid(room)] for verb in ("add", "remove")}
    both |= {f"{verb}ShippingZones": [zone] for verb in ("add", "remove")}
    refused = (await read(UPDATE, KEEPER, id=gid(channel), input=both))["channelUpdate"]["errors"]
    assert [(e["field"], e["code"], e["shippingZones"], e["warehouses"]) for e in refused] == [
        ("shippingZones", "DUPLICATED_INPUT_ITEM", [zone], None),
        ("warehouses", "DUPLICATED_INPUT_ITEM", None, [gid(room)]),
    ]


async def test_who_manages_orders_changes_only_what_happens_to_orders(
    session: AsyncSession, ask: Ask
) -> None:
    channel = await make_channel(session)
    clerk = staff("MANAGE_ORDERS")
    given = {"orderSettings": {"expireOrdersAfter": 10}}
    question = "mutation ($id: ID!, $input: ChannelUpdateInput!) { channelUpdate(id: $id, input: $input) {"
    question += " channel { orderSettings { expireOrdersAfter } } errors { code } } }"
    found = await ask(question, clerk, id=gid(channel), input=given)
    settings = found["data"]["channelUpdate"]["channel"]["orderSettings"]
    assert settings == {"expireOrdersAfter": 10}
    refused = await ask(question, clerk, id=gid(channel), input=given | {"name": "Mine"})
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


MUTATIONS = (
    (CREATE, {"input": NEW}),
    (UPDATE, {"input": {"name": "x"}}),
    (DELETE, {}),
    (REORDER, {"moves": []}),
    *(
        (f"mutation ($id: ID!) {{ {name}(id: $id) {{ {ERRORS} }} }}", {})
        for name in ("channelActivate", "channelDeactivate")
    ),
)


@pytest.mark.parametrize(("document", "given"), MUTATIONS)
async def test_channels_are_the_business_of_those_who_manage_them(
    session: AsyncSession, ask: Ask, document: str, given: dict[str, Any]
) -> None:
    named = {} if document == CREATE else {"id": gid(await make_channel(session))}
    for who in (None, buyer(await make_user(session)), staff("MANAGE_PRODUCTS")):
        refused = await ask(document, who, **named, **given)
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_a_channel_is_opened_and_closed_once(
    session: AsyncSession, read: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, object]] = []

    async def listen(_session: AsyncSession, told: Announcement) -> None:
        heard.extend((told.event, row) for row in told.rows)

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    channel = await make_channel(session)
    question = "mutation ($id: ID!) {{ {0}(id: $id) {{ channel {{ isActive }} {1} }} }}"
    for name, active in (("channelDeactivate", False), ("channelActivate", True)):
        document = question.format(name, ERRORS)
        done = (await read(document, KEEPER, id=gid(channel)))[name]
        assert done == {"channel": {"isActive": active}, "errors": []}
        again = (await read(document, KEEPER, id=gid(channel)))[name]
        assert [(error["field"], error["code"]) for error in again["errors"]] == [("id", "INVALID")]
    assert [event for event, _ in heard] == ["CHANNEL_STATUS_CHANGED"] * 2


async def test_a_channels_orders_and_paid_carts_go_to_another_of_its_currency(
    session: AsyncSession, read: Ask
) -> None:
    market, heir = await make_market(session), await make_channel(session)
    foreign = await make_channel(session, currency_code="EUR")
    rug = await make_piece(session, market.channel)
    order = await make_order(session, market, rug)
    loose = await make_cart(session, market.channel, rug)
    paid = await make_ready_cart(session, market, rug)
    await promise_cash(session, paid.id)
    for given, field, code in (
        (None, "id", "CHANNEL_WITH_ORDERS"),
        (market.channel, "channelId", "INVALID"),
        (foreign, "channelId", "CHANNELS_CURRENCY_MUST_BE_THE_SAME"),
    ):
        target = None if given is None else {"channelId": gid(given)}
        refused = (await read(DELETE, KEEPER, id=gid(market.channel), input=target))["channelDelete"]
        assert [(e["field"], e["code"]) for e in refused["errors"]] == [(field, code)]
    slug, key, heir_id, ordered = market.channel.slug, market.channel.id, heir.id, order.id
    paid_id, loose_id, product_id = paid.id, loose.id, rug.product_id
    done = await read(DELETE, KEEPER, id=gid(market.channel), input={"channelId": gid(heir)})
    assert done["channelDelete"]["errors"] == []
    assert done["channelDelete"]["channel"] == {"id": to_global_id("Channel", key), "slug": slug}
    session.expire_all()
    assert await session.get(Channel, key) is None
    assert (await session.get_one(Order, ordered)).channel_id == heir_id
    assert (await session.get_one(Checkout, paid_id)).channel_id == heir_id
    assert await session.get(Checkout, loose_id) is None
    assert await session.scalar(select(Product.listed_in).where(Product.id == product_id)) == []


async def test_a_channel_without_orders_just_goes(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel)
    await make_cart(session, channel, rug)
    assert (await read(DELETE, KEEPER, id=gid(channel)))["channelDelete"]["errors"] == []
    missing = (await read(DELETE, KEEPER, id=gid(channel)))["channelDelete"]["errors"]
    assert [(error["field"], error["code"]) for error in missing] == [("id", "NOT_FOUND")]


async def test_store_rooms_of_a_channel_are_put_in_order(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    rooms = [gid(await make_warehouse(session)) for _ in range(3)]

    async def moved(*moves: tuple[str, int]) -> list[str]:
        given = [{"id": key, "sortOrder": by} for key, by in moves]
        done = (await read(REORDER, KEEPER, id=gid(channel), moves=given))["channelReorderWarehouses"]
        assert done["errors"] == []
        return [room["id"] for room in done["channel"]["warehouses"]]

    first, second, third = await moved()
    assert {first, second, third} == set(rooms)
    assert await moved((third, -2)) == [third, first, second]
    assert await moved((third, 1), (second, -9)) == [second, first, third]
    stranger = await make_warehouse(session)
    outside = {"removeWarehouses": [gid(stranger)]}
    await read(UPDATE, KEEPER, id=gid(channel), input=outside)
    refused = await read(REORDER, KEEPER, id=gid(channel), moves=[{"id": gid(stranger), "sortOrder": 1}])
    (error,) = refused["channelReorderWarehouses"]["errors"]
    assert (error["field"], error["code"], error["warehouses"]) == ("moves", "NOT_FOUND", [gid(stranger)])
    assert (await session.get_one(Warehouse, stranger.id)).name == stranger.name
