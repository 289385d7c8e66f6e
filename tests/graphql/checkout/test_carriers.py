"""Apps say how a checkout can travel: they are asked and held to it, and nobody waits for silent ones."""

import asyncio
from datetime import timedelta
from types import ModuleType
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App, BreakerState
from marketplace.checkout.models import Checkout, CheckoutDelivery, CheckoutParcel
from marketplace.checkout.shipping_answers import FRESH_FOR, STANDS_IN_FOR
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import Work, registry
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.orders.models import Order, VendorOrder
from marketplace.payments import jobs
from marketplace.webhooks import breaker
from marketplace.webhooks.models import DeliveryStatus, EventDelivery, Webhook
from marketplace_graphql.kernel import Api
from tests.factories.catalog import make_product_type
from tests.factories.checkout import (
    RABAT,
    Market,
    make_cart,
    make_market,
    make_piece,
    make_ready_cart,
    promise_cash,
)
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.carrier import CARRIER, EXPRESS, FILTER, LIST, Carrier
from tests.graphql.conftest import Ask, buyer
from tests.receiver import Received, Reply

JOBS = jobs  # Importing them is what declares them.
WAY = """
fragment Way on ShippingMethod {
  id name description price { amount } minimumDeliveryDays maximumDeliveryDays active message
  metadata { key value } type
}
"""
CALCULATE = (
    """
mutation ($id: ID!) { it: deliveryOptionsCalculate(id: $id) {
  deliveries { id collectsCash shippingMethod { ...Way } parcels { price { amount } vendor { name } } }
  errors { field code } } }
"""
    + WAY
)
CHOOSE = """
mutation ($id: ID!, $way: ID) { it: checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: $way) {
  checkout { shippingPrice { gross { amount } } delivery { shippingMethod { id } } }
  errors { field code message } } }
"""
COMPLETE = """
mutation ($id: ID!) { it: checkoutComplete(id: $id) {
  order { id shippingMethodName shippingPrice { gross { amount } }
    deliveryMethod { ... on ShippingMethod { id name price { amount } metadata { key value } } }
    vendorOrders { vendor { name } shippingPrice { gross { amount } } maximumDeliveryDays } }
  errors { field code message } } }
"""
READ = (
    """
query ($id: ID!) { it: checkout(id: $id) {
  shippingMethods { ...Way } delivery { id } shippingPrice { gross { amount } }
  parcels { maximumDeliveryDays shippingPrice { gross { amount } } }
  problems { __typename } } }
"""
    + WAY
)
ADDRESS = """
mutation ($id: ID!) { it: checkoutShippingAddressUpdate(id: $id, shippingAddress: {
  firstName: "Salma", lastName: "Bennani", streetAddress1: "1, rue", city: "Fes", country: MA,
  postalCode: "30000" }) { checkout { shippingMethods { name } } errors { field code } } }
"""
ADD = """
mutation ($id: ID!, $variant: ID!) {
  it: checkoutLinesAdd(id: $id, lines: [{variantId: $variant, quantity: 1}]) {
    checkout { shippingMethods { name } } errors { field code } } }
"""
EMAIL = """
mutation ($id: ID!) { it: checkoutEmailUpdate(id: $id, email: "other@example.test") { errors { code } } }
"""
EXPRESS_ID = to_global_id("app", f"{CARRIER}:express")
RUBBISH: list[Any] = [
    (500, b"out of order"),
    (200, b"not json"),
    {"methods": []},
    None,
    [{**EXPRESS, "currency": "EUR"}],
    [{**EXPRESS, "amount": -1}],
]


@pytest.fixture
async def market(session: AsyncSession) -> Market:
    return await make_market(session, allow_unpaid_orders=True)


@pytest.fixture
async def cart(session: AsyncSession, market: Market) -> Checkout:
    """Two sellers' goods, 100 and 300 grams."""
    pieces = []
    for name, grams in (("Tifawin", 100), ("Dar Zellij", 300)):
        vendor = await make_vendor(session, name=name)
        kind = await make_product_type(session, weight_grams=grams)
        pieces.append(await make_piece(session, market.channel, vendor_id=vendor.id, product_type_id=kind.id))
    return await make_cart(session, market.channel, *pieces, shipping_address=RABAT, billing_address=RABAT)


@pytest.fixture
def cart_id(cart: Checkout) -> str:
    return to_global_id("Checkout", cart.id)


def shops(market: Market) -> str:
    return to_global_id("ShippingMethod", market.method.id)


async def names(read: Ask, cart_id: str) -> list[str]:
    """What is offered for a cart."""
    found = (await read(CALCULATE, id=cart_id))["it"]
    assert found["errors"] == []
    return [one["shippingMethod"]["name"] for one in found["deliveries"]]


async def test_what_an_app_offers_stands_beside_the_shops_own(
    read: Ask, cart_id: str, market: Market, carrier: Carrier
) -> None:
    shop, express = (await read(CALCULATE, id=cart_id))["it"]["deliveries"]
    assert shop["shippingMethod"]["id"] == shops(market)
    assert express["shippingMethod"] == {
        "id": EXPRESS_ID,
        "name": "Express",
        "description": '"By van"',
        "price": {"amount": 100.01},
        "minimumDeliveryDays": 1,
        "maximumDeliveryDays": 2,
        "active": True,
        "message": "",
        "metadata": [{"key": "service", "value": "24h"}],
        "type": None,
    }
    assert express["collectsCash"] is False
    assert {one["vendor"]["name"]: one["price"]["amount"] for one in express["parcels"]} == {
        "Tifawin": 25.0,
        "Dar Zellij": 75.01,
    }
    (listed,) = carrier.heard(LIST)
    assert listed == {
        "checkout": {
            "id": cart_id,
            "shippingAddress": {"city": "RABAT"},
            "lines": [{"quantity": 1}, {"quantity": 1}],
        },
        "shippingMethods": [{"id": shops(market), "name": market.method.name}],
    }
    (filtered,) = carrier.heard(FILTER)
    assert [one["id"] for one in filtered["shippingMethods"]] == [shops(market), EXPRESS_ID]
    assert (await read(READ, id=cart_id))["it"]["shippingMethods"] == [
        shop["shippingMethod"],
        express["shippingMethod"],
    ]


async def test_an_app_carries_an_order_and_its_price_is_shared_by_weight(
    session: AsyncSession, read: Ask, cart_id: str, carrier: Carrier
) -> None:
    await read(CALCULATE, id=cart_id)
    chosen = (await read(CHOOSE, id=cart_id, way=EXPRESS_ID))["it"]
    assert chosen["checkout"]["shippingPrice"] == {"gross": {"amount": 100.01}}
    seen = (await read(READ, id=cart_id))["it"]
    assert sorted(one["shippingPrice"]["gross"]["amount"] for one in seen["parcels"]) == [25.0, 75.01]
    assert [one["maximumDeliveryDays"] for one in seen["parcels"]] == [2, 2]
    assert seen["problems"] == []
    done = (await read(COMPLETE, id=cart_id))["it"]
    assert done["errors"] == []
    assert done["order"]["shippingMethodName"] == "Express"
    assert done["order"]["deliveryMethod"] == {
        "id": EXPRESS_ID,
        "name": "Express",
        "price": {"amount": 100.01},
        "metadata": [{"key": "service", "value": "24h"}],
    }
    parts = {one["vendor"]["name"]: one for one in done["order"]["vendorOrders"]}
    assert parts["Tifawin"]["shippingPrice"]["gross"]["amount"] == 25.0
    assert parts["Dar Zellij"]["shippingPrice"]["gross"]["amount"] == 75.01
    assert {one["maximumDeliveryDays"] for one in parts.values()} == {2}
    order = (await session.scalars(select(Order).execution_options(populate_existing=True))).one()
    parts_sum = await session.execute(
        select(func.sum(VendorOrder.shipping_gross_minor), func.sum(VendorOrder.total_gross_minor))
    )
    assert parts_sum.one() == (order.shipping_gross_minor, order.total_gross_minor)
    assert len(carrier.heard(LIST)) == 1  # About the same cart it is asked once.


async def test_goods_without_weight_share_by_what_they_come_to(
    session: AsyncSession, read: Ask, market: Market, carrier: Carrier
) -> None:
    kind = await make_product_type(session, weight_grams=0)
    pieces = []
    for price_minor in (100_00, 200_00):
        vendor = await make_vendor(session)
        given = {"vendor_id": vendor.id, "product_type_id": kind.id}
        pieces.append(await make_piece(session, market.channel, price_minor, **given))
    cart = await make_cart(session, market.channel, *pieces, shipping_address=RABAT)
    _, express = (await read(CALCULATE, id=to_global_id("Checkout", cart.id)))["it"]["deliveries"]
    assert [one["price"]["amount"] for one in express["parcels"]] == [33.34, 66.67]


async def test_a_filter_refuses_with_a_reason_and_nothing_refused_is_taken(
    read: Ask, cart_id: str, market: Market, carrier: Carrier
) -> None:
    carrier.refuses = {
        "excluded_methods": [
            {"id": shops(market), "reason": "Not to Rabat."},
            {"id": EXPRESS_ID},
            {"id": "rubbish"},
            "nothing",
        ]
    }
    shop, express = (await read(CALCULATE, id=cart_id))["it"]["deliveries"]
    assert (shop["shippingMethod"]["active"], shop["shippingMethod"]["message"]) == (False, "Not to Rabat.")
    assert (express["shippingMethod"]["active"], express["shippingMethod"]["message"]) == (False, "")
    seen = (await read(READ, id=cart_id))["it"]["shippingMethods"]
    assert [one["active"] for one in seen] == [False, False]
    for way in (shops(market), shop["id"], EXPRESS_ID):
        refused = (await read(CHOOSE, id=cart_id, way=way))["it"]
        assert [error["code"] for error in refused["errors"]] == ["DELIVERY_METHOD_NOT_APPLICABLE"]
    assert (await read(READ, id=cart_id))["it"]["delivery"] is None


@pytest.mark.parametrize("said", RUBBISH)
async def test_rubbish_offers_nothing_and_the_shops_own_stays(
    read: Ask, cart_id: str, market: Market, carrier: Carrier, said: Any
) -> None:
    carrier.offers, carrier.refuses = said, said
    assert await names(read, cart_id) == [market.method.name]
    assert (await read(CHOOSE, id=cart_id, way=shops(market)))["it"]["errors"] == []


async def test_what_is_right_among_rubbish_is_offered_and_amounts_are_rounded(
    read: Ask, cart_id: str, carrier: Carrier
) -> None:
    good = {"id": 7, "name": "Slow", "amount": "500.005", "currency": "MAD", "metadata": {"a": 1}}
    carrier.offers = [{**EXPRESS, "amount": -1}, good]
    _, slow = (await read(CALCULATE, id=cart_id))["it"]["deliveries"]
    assert slow["shippingMethod"]["id"] == to_global_id("app", f"{CARRIER}:7")
    assert slow["shippingMethod"]["price"] == {"amount": 500.01}
    assert slow["shippingMethod"]["metadata"] == []


async def test_a_slow_app_is_waited_for_so_long_and_then_left(
    session: AsyncSession,
    api: Api,
    read: Ask,
    cart_id: str,
    market: Market,
    carrier: Carrier,
    settings: Settings,
) -> None:
    api.context["settings"] = settings.model_copy(update={"app_patience_seconds": 0.2})
    held_up = asyncio.Event()

    async def think(_request: Received) -> Reply:
        await held_up.wait()
        return 200, orjson.dumps([EXPRESS])

    carrier.receiver.behave = think
    assert await names(read, cart_id) == [market.method.name]
    statuses = await session.scalars(select(EventDelivery.status))
    assert statuses.all() == [DeliveryStatus.FAILED] * 2
    assert (await read(CHOOSE, id=cart_id, way=shops(market)))["it"]["errors"] == []
    assert len(carrier.receiver.received) == 2  # It is not waited for a second time about the same.


async def test_an_app_whose_breaker_is_open_is_not_asked(
    session: AsyncSession, read: Ask, cart_id: str, market: Market, carrier: Carrier
) -> None:
    await breaker.set_state(session, carrier.app, BreakerState.OPEN)
    assert await names(read, cart_id) == [market.method.name]
    assert carrier.receiver.received == []


async def test_an_app_is_asked_again_once_its_answer_is_old(
    read: Ask, cart_id: str, carrier: Carrier, clock: ModuleType
) -> None:
    assert len(await names(read, cart_id)) == 2
    await names(read, cart_id)
    assert len(carrier.heard(LIST)) == 1
    clock.advance(FRESH_FOR)
    carrier.offers = [{**EXPRESS, "name": "Express II"}]
    assert "Express II" in await names(read, cart_id)
    assert len(carrier.heard(LIST)) == 2


async def test_while_an_app_is_silent_what_it_has_said_of_the_same_stands(
    read: Ask, cart_id: str, market: Market, carrier: Carrier, clock: ModuleType
) -> None:
    await read(CHOOSE, id=cart_id, way=EXPRESS_ID)
    carrier.receiver.behave = lambda _request: (500, b"")
    clock.advance(FRESH_FOR)
    assert len(await names(read, cart_id)) == 2
    clock.advance(STANDS_IN_FOR - FRESH_FOR)
    assert await names(read, cart_id) == [market.method.name]


async def test_a_method_that_is_gone_by_the_time_of_buying_is_not_bought(
    session: AsyncSession, read: Ask, cart_id: str, carrier: Carrier, clock: ModuleType
) -> None:
    await read(CHOOSE, id=cart_id, way=EXPRESS_ID)
    clock.advance(FRESH_FOR)
    carrier.offers = [{**EXPRESS, "id": "another"}]
    done = (await read(COMPLETE, id=cart_id))["it"]
    assert [(one["field"], one["code"]) for one in done["errors"]] == [
        ("shippingMethod", "INVALID_SHIPPING_METHOD")
    ]
    assert await session.scalar(select(func.count()).select_from(Order)) == 0
    seen = (await read(READ, id=cart_id))["it"]
    assert seen["problems"] == [{"__typename": "CheckoutProblemDeliveryMethodInvalid"}]
    assert seen["shippingPrice"] == {"gross": {"amount": 100.01}}


async def test_a_method_that_is_refused_by_the_time_of_buying_is_not_bought(
    read: Ask, cart_id: str, market: Market, carrier: Carrier, clock: ModuleType
) -> None:
    assert (await read(CHOOSE, id=cart_id, way=shops(market)))["it"]["errors"] == []
    clock.advance(FRESH_FOR)
    carrier.refuses = {"excluded_methods": [{"id": shops(market), "reason": "Roads are closed."}]}
    (error,) = (await read(COMPLETE, id=cart_id))["it"]["errors"]
    assert error["code"] == "INVALID_SHIPPING_METHOD"
    assert "Roads are closed." in error["message"]
    seen = (await read(READ, id=cart_id))["it"]
    assert seen["problems"] == [{"__typename": "CheckoutProblemDeliveryMethodInvalid"}]


async def test_a_price_that_has_changed_by_the_time_of_buying_is_what_the_order_costs(
    read: Ask, cart_id: str, carrier: Carrier, clock: ModuleType
) -> None:
    await read(CHOOSE, id=cart_id, way=EXPRESS_ID)
    clock.advance(FRESH_FOR)
    carrier.offers = [{**EXPRESS, "amount": 10}]
    done = (await read(COMPLETE, id=cart_id))["it"]
    assert done["order"]["shippingPrice"] == {"gross": {"amount": 10.0}}


async def test_apps_are_asked_when_the_cart_or_its_address_changes(
    session: AsyncSession, read: Ask, cart_id: str, market: Market, carrier: Carrier
) -> None:
    changed = (await read(ADDRESS, id=cart_id))["it"]["checkout"]
    assert [one["name"] for one in changed["shippingMethods"]] == [market.method.name, "Express"]
    assert carrier.heard(LIST)[-1]["checkout"]["shippingAddress"] == {"city": "FES"}
    carrier.offers = [{**EXPRESS, "name": "Heavy"}]
    piece = await make_piece(session, market.channel)
    changed = (await read(ADD, id=cart_id, variant=to_global_id("ProductVariant", piece.id)))["it"][
        "checkout"
    ]
    assert {one["name"] for one in changed["shippingMethods"]} == {market.method.name, "Heavy"}
    assert len(carrier.heard(LIST)[-1]["checkout"]["lines"]) == 3


async def test_a_chosen_delivery_follows_a_cart_that_grows(
    session: AsyncSession, read: Ask, cart_id: str, market: Market, carrier: Carrier
) -> None:
    await read(CHOOSE, id=cart_id, way=EXPRESS_ID)
    carrier.offers = [{**EXPRESS, "amount": 120}]
    piece = await make_piece(session, market.channel)
    await read(ADD, id=cart_id, variant=to_global_id("ProductVariant", piece.id))
    assert (await read(READ, id=cart_id))["it"]["shippingPrice"] == {"gross": {"amount": 120.0}}
    parcels = await session.scalars(
        select(CheckoutParcel.price_minor)
        .join(CheckoutDelivery)
        .where(CheckoutDelivery.app_method_id.is_not(None))
    )
    assert sum(parcels) == 120_00


@pytest.mark.parametrize(
    "change",
    [
        update(App).values(is_active=False),
        update(App).values(permissions=["MANAGE_ORDERS"]),
        update(Webhook).values(is_active=False),
    ],
)
async def test_what_an_app_offered_goes_with_it(
    session: AsyncSession, read: Ask, cart_id: str, market: Market, carrier: Carrier, change: Any
) -> None:
    await read(CHOOSE, id=cart_id, way=EXPRESS_ID)
    await session.execute(change, execution_options={"synchronize_session": False})
    assert (await read(COMPLETE, id=cart_id))["it"]["errors"][0]["code"] == "INVALID_SHIPPING_METHOD"
    assert (await read(CHOOSE, id=cart_id, way=EXPRESS_ID))["it"]["errors"] != []
    assert await names(read, cart_id) == [market.method.name]


async def test_the_shown_key_of_a_delivery_holds_though_apps_are_asked_again(
    read: Ask, cart_id: str, carrier: Carrier, clock: ModuleType
) -> None:
    shown = (await read(CALCULATE, id=cart_id))["it"]["deliveries"]
    clock.advance(timedelta(hours=1))
    chosen = (await read(CHOOSE, id=cart_id, way=shown[1]["id"]))["it"]
    assert chosen["checkout"]["delivery"]["shippingMethod"]["id"] == EXPRESS_ID


@pytest.mark.parametrize("way", [to_global_id("app", "nobody:express"), to_global_id("app", CARRIER)])
async def test_an_unknown_method_of_an_app_is_not_taken(
    read: Ask, cart_id: str, carrier: Carrier, way: str
) -> None:
    errors = (await read(CHOOSE, id=cart_id, way=way))["it"]["errors"]
    assert [error["code"] for error in errors] == ["DELIVERY_METHOD_NOT_APPLICABLE"]


async def test_cash_is_not_taken_by_an_apps_carrier(read: Ask, cart_id: str, carrier: Carrier) -> None:
    await read(CHOOSE, id=cart_id, way=EXPRESS_ID)
    document = """
      mutation ($id: ID!) {
        it: transactionInitialize(id: $id, paymentGateway: {id: "marketplace.cash_on_delivery"}) {
          errors { message } } }
    """
    (error,) = (await read(document, id=cart_id))["it"]["errors"]
    assert "takes no cash" in error["message"]


async def test_an_app_of_carriers_alone_sees_what_it_is_asked_to_carry_of_a_customers_cart(
    session: AsyncSession, read: Ask, market: Market, carrier: Carrier
) -> None:
    carrier.app.permissions = ["MANAGE_SHIPPING"]
    customer = await make_user(session)
    piece = await make_piece(session, market.channel)
    cart = await make_cart(session, market.channel, piece, user=customer, shipping_address=RABAT)
    await read(CALCULATE, buyer(customer), id=to_global_id("Checkout", cart.id))
    (told,) = carrier.heard(LIST)
    assert told["checkout"]["shippingAddress"] == {"city": "RABAT"}
    assert told["checkout"]["lines"] == [{"quantity": 1}]
    assert carrier.heard(FILTER) == []


async def test_an_app_without_a_subscription_is_told_in_saleors_older_way(
    session: AsyncSession, read: Ask, cart_id: str, market: Market, carrier: Carrier
) -> None:
    await session.execute(update(Webhook).values(subscription_query=None))
    await read(CALCULATE, id=cart_id)
    ((checkout,),) = carrier.heard(LIST)
    assert (checkout["type"], checkout["id"], checkout["meta"]["issuing_principal"]) == (
        "Checkout",
        cart_id,
        None,
    )
    assert checkout["channel"] == {
        "id": to_global_id("Channel", market.channel.id),
        "slug": market.channel.slug,
        "currency_code": "MAD",
    }
    assert (checkout["shipping_address"]["city"], checkout["shipping_address"]["country"]) == ("RABAT", "MA")
    assert [(line["quantity"], line["base_price"], line["currency"]) for line in checkout["lines"]] == [
        (1, 120.0, "MAD")
    ] * 2
    (filtered,) = carrier.heard(FILTER)
    assert filtered["checkout"]["id"] == cart_id
    assert [(one["id"], one["price"], one["currency"]) for one in filtered["shipping_methods"]] == [
        (shops(market), 60.0, "MAD"),
        (EXPRESS_ID, 100.01, "MAD"),
    ]


async def test_a_cart_may_change_while_an_app_thinks_and_is_not_held_to_what_it_was(
    read: Ask, cart_id: str, market: Market, carrier: Carrier
) -> None:
    async def think(request: Received) -> Reply:
        await read(EMAIL, id=cart_id)  # Nothing is locked meanwhile.
        return carrier.answer(request)

    carrier.receiver.behave = think
    assert await names(read, cart_id) == [market.method.name]
    carrier.receiver.behave = carrier.answer
    assert await names(read, cart_id) == [market.method.name, "Express"]
    assert len(carrier.heard(LIST)) == 2


@pytest.mark.parametrize("is_refused", [True, False])
async def test_a_paid_cart_that_becomes_an_order_by_itself_asks_as_well(
    session: AsyncSession,
    api: Api,
    carrier: Carrier,
    clock: ModuleType,
    settings: Settings,
    *,
    is_refused: bool,
) -> None:
    market = await make_market(
        session,
        automatically_complete_fully_paid_checkouts=True,
        automatic_completion_delay_minutes=30,
    )
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    market.channel.automatic_completion_cut_off_date = cart.created_at
    await promise_cash(session, cart.id)
    await session.commit()
    clock.advance(timedelta(minutes=31))
    if is_refused:
        carrier.refuses = {"excluded_methods": [{"id": shops(market), "reason": "Roads are closed."}]}
    else:
        carrier.receiver.behave = lambda _request: (500, b"")
    work = Work(session, api.database, settings, storage_from(settings))
    await registry["payments.complete_checkout"].run(work, {"checkout_id": str(cart.id)})
    assert len(carrier.heard(FILTER)) == 1
    assert await session.scalar(select(func.count()).select_from(Order)) == (0 if is_refused else 1)
