"""A checkout over GraphQL, as Saleor's clients fill it: what it says at each step, and to whom."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.checkout.deliveries import calculate_deliveries
from marketplace.checkout.models import Checkout, CheckoutDelivery
from marketplace.inventory.models import Stock
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace.orders.models import Order
from tests.factories.checkout import RABAT, make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.markets import make_channel, make_method, make_tax_class, make_tax_rate
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff

ADDRESS = {
    "firstName": "Salma",
    "lastName": "Bennani",
    "streetAddress1": "12, rue Ibn Batouta",
    "city": "Rabat",
    "postalCode": "10000",
    "country": "MA",
    "phone": "+212661234567",
}

CART = """
fragment Cart on Checkout {
  id email quantity isShippingRequired languageCode authorizeStatus chargeStatus displayGrossPrices token
  customerNote note created updatedAt lastChange taxExemption stockReservationExpires
  channel { slug currencyCode }
  user { email }
  lines {
    id quantity requiresShipping isGift
    unitPrice { gross { amount } } totalPrice { currency gross { amount } net { amount } tax { amount } }
    undiscountedUnitPrice { amount } undiscountedTotalPrice { amount } priorUnitPrice { amount }
    variant { id product { name vendor { name } } }
  }
  subtotalPrice { gross { amount } } shippingPrice { gross { amount } }
  totalPrice { gross { amount currency } net { amount } tax { amount } } totalBalance { amount }
  shippingAddress { city } billingAddress { city }
  shippingMethods { id name price { amount currency } active message }
  delivery { id price { amount } collectsCash shippingMethod { name }
             parcels { vendor { name } price { amount } weight { value unit } } }
  shippingMethod { name price { amount } } deliveryMethod { __typename ... on ShippingMethod { name } }
  availablePaymentGateways { id name currencies config { field } }
}
"""
READ = CART + "query Read($id: ID!) { checkout(id: $id) { ...Cart } }"


def checkout_id(checkout: Checkout) -> str:
    return to_global_id("Checkout", checkout.id)


def variant_id(variant: ProductVariant) -> str:
    return to_global_id("ProductVariant", variant.id)


async def test_a_guest_buys_from_two_sellers_by_saleors_own_operations(
    session: AsyncSession, read: Ask
) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, 120_00)
    honey = await make_piece(session, market.channel, 80_00)

    made = await read(
        CART
        + """mutation Create($channel: String!) {
          checkoutCreate(input: {channel: $channel, email: "salma@example.test", lines: [],
                                 languageCode: AR_MA}) {
            checkout { ...Cart } created errors { field code } checkoutErrors { code } } }""",
        channel=market.channel.slug,
    )
    assert made["checkoutCreate"]["errors"] == made["checkoutCreate"]["checkoutErrors"] == []
    cart = made["checkoutCreate"]["checkout"]
    assert (cart["languageCode"], cart["quantity"], cart["lines"]) == ("AR_MA", 0, [])
    assert (cart["authorizeStatus"], cart["delivery"], cart["shippingMethods"]) == ("NONE", None, [])
    key = cart["id"]

    added = await read(
        CART
        + """mutation Add($id: ID!, $lines: [CheckoutLineInput!]!) {
          checkoutLinesAdd(id: $id, lines: $lines) { checkout { ...Cart } errors { code } } }""",
        id=key,
        lines=[
            {"variantId": variant_id(rug), "quantity": 2},
            {"variantId": variant_id(honey), "quantity": 1},
        ],
    )
    cart = added["checkoutLinesAdd"]["checkout"]
    assert [line["totalPrice"]["gross"]["amount"] for line in cart["lines"]] == [240, 80]
    assert (cart["quantity"], cart["subtotalPrice"]["gross"]["amount"]) == (3, 320)
    assert cart["isShippingRequired"]
    assert datetime.fromisoformat(cart["stockReservationExpires"]).tzinfo is not None
    assert cart["totalBalance"]["amount"] == -320

    addressed = await read(
        CART
        + """mutation Address($id: ID!, $address: AddressInput!) {
          checkoutShippingAddressUpdate(id: $id, shippingAddress: $address) { errors { field code } }
          checkoutBillingAddressUpdate(id: $id, billingAddress: $address) {
            checkout { ...Cart } errors { field code } } }""",
        id=key,
        address=ADDRESS,
    )
    assert addressed["checkoutShippingAddressUpdate"]["errors"] == []
    cart = addressed["checkoutBillingAddressUpdate"]["checkout"]
    assert cart["shippingAddress"]["city"] == cart["billingAddress"]["city"] == "RABAT"
    assert [method["price"]["amount"] for method in cart["shippingMethods"]] == [60]

    offered = await read(
        """mutation Deliveries($id: ID!) { deliveryOptionsCalculate(id: $id) {
          deliveries { id price { amount currency } shippingMethod { id price { amount } }
                       parcels { vendor { name } price { amount } weight { value } } }
          errors { code } } }""",
        id=key,
    )
    (delivery,) = offered["deliveryOptionsCalculate"]["deliveries"]
    assert delivery["price"] == {"amount": 60, "currency": "MAD"}
    assert delivery["shippingMethod"]["price"]["amount"] == 60
    assert [parcel["price"]["amount"] for parcel in delivery["parcels"]] == [30, 30]

    chosen = await read(
        CART
        + """mutation Choose($id: ID!, $delivery: ID!) {
          checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: $delivery) {
            checkout { ...Cart } errors { code } } }""",
        id=key,
        delivery=delivery["id"],
    )
    cart = chosen["checkoutDeliveryMethodUpdate"]["checkout"]
    assert cart["totalPrice"]["gross"] == {"amount": 380, "currency": "MAD"}
    assert cart["delivery"]["collectsCash"]
    assert len(cart["delivery"]["parcels"]) == 2
    assert cart["deliveryMethod"] == {"__typename": "ShippingMethod", "name": market.method.name}
    assert cart["shippingMethod"]["price"]["amount"] == 60

    paid = await read(
        """mutation Pay($id: ID!) {
          paymentGatewayInitialize(id: $id) { gatewayConfigs { id errors { code } } errors { code } }
          transactionInitialize(id: $id, idempotencyKey: "first try",
                                paymentGateway: {id: "marketplace.cash_on_delivery"}) {
            transaction { id name authorizedAmount { amount } chargedAmount { amount } actions pspReference
                          events { type amount { amount } } checkout { authorizeStatus } order { id } }
            transactionEvent { type amount { amount currency } } data errors { code } } }""",
        id=key,
    )
    assert paid["paymentGatewayInitialize"]["gatewayConfigs"] == [
        {"id": "marketplace.cash_on_delivery", "errors": []}
    ]
    transaction = paid["transactionInitialize"]["transaction"]
    assert transaction["authorizedAmount"]["amount"] == 380
    assert transaction["actions"] == ["CANCEL"]
    assert transaction["checkout"]["authorizeStatus"] == "FULL"
    assert paid["transactionInitialize"]["transactionEvent"]["type"] == "AUTHORIZATION_SUCCESS"

    complete = """mutation Complete($id: ID!) { checkoutComplete(id: $id) {
      order { id number status userEmail total { gross { amount } }
              vendorOrders { number total { gross { amount } } } }
      confirmationNeeded errors { field code message } } }"""
    done = await read(complete, id=key)
    order = done["checkoutComplete"]["order"]
    assert done["checkoutComplete"]["confirmationNeeded"] is False
    assert [part["number"] for part in order["vendorOrders"]] == [
        f"{order['number']}-1",
        f"{order['number']}-2",
    ]
    assert [part["total"]["gross"]["amount"] for part in order["vendorOrders"]] == [270, 110]
    again = await read(complete, id=key)
    assert again["checkoutComplete"]["order"] == order
    assert (await read(READ, id=key))["checkout"] is None
    assert len((await session.scalars(select(Order))).all()) == 1


async def _refusal(ask: Ask, mutation: str, **variables: Any) -> list[dict[str, Any]]:
    """The errors of the only mutation of a document; its checkout is null then."""
    answer = await ask(mutation, **variables)
    assert "errors" not in answer, answer["errors"]
    (payload,) = answer["data"].values()
    assert payload.get("checkout") is None
    errors: list[dict[str, Any]] = payload["errors"]
    return errors


ADD = """mutation Add($id: ID!, $lines: [CheckoutLineInput!]!) { checkoutLinesAdd(id: $id, lines: $lines) {
  checkout { id } errors { field code variants lines } } }"""


@pytest.mark.parametrize(
    ("quantity", "code"),
    [(0, "ZERO_QUANTITY"), (51, "QUANTITY_GREATER_THAN_LIMIT"), (11, "INSUFFICIENT_STOCK")],
)
async def test_a_quantity_that_cant_be_had_is_refused_with_saleors_code(
    session: AsyncSession, ask: Ask, quantity: int, code: str
) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, stock=10)
    cart = await make_cart(session, channel)
    line = {"variantId": variant_id(rug), "quantity": quantity}
    (error,) = await _refusal(ask, ADD, id=checkout_id(cart), lines=[line])
    assert error["code"] == code
    assert error["variants"] == (None if code == "ZERO_QUANTITY" else [variant_id(rug)])


async def test_a_variant_that_is_unknown_or_not_sold_here_is_refused_with_saleors_code(
    session: AsyncSession, ask: Ask
) -> None:
    channel, euros = await make_channel(session), await make_channel(session, currency_code="EUR")
    elsewhere = await make_piece(session, euros)
    cart = await make_cart(session, channel)
    for wrong_id, code in (
        (variant_id(elsewhere), "UNAVAILABLE_VARIANT_IN_CHANNEL"),
        (to_global_id("ProductVariant", 987654321), "GRAPHQL_ERROR"),
        ("nonsense", "GRAPHQL_ERROR"),
    ):
        line = {"variantId": wrong_id, "quantity": 1}
        (error,) = await _refusal(ask, ADD, id=checkout_id(cart), lines=[line])
        assert error["code"] == code


async def test_each_wrong_field_of_an_address_is_named_with_its_kind(session: AsyncSession, ask: Ask) -> None:
    cart = await make_cart(session, await make_channel(session))
    errors = await _refusal(
        ask,
        """mutation Ship($id: ID!, $address: AddressInput!) {
          checkoutShippingAddressUpdate(id: $id, shippingAddress: $address) {
            checkout { id } errors { field code addressType } } }""",
        id=checkout_id(cart),
        address=ADDRESS | {"country": "FR", "postalCode": "ABC", "city": "", "phone": ""},
    )
    assert {(error["field"], error["code"], error["addressType"]) for error in errors} == {
        ("city", "REQUIRED", "SHIPPING"),
        ("postalCode", "INVALID", "SHIPPING"),
    }


async def test_a_checkout_must_be_named_in_one_way(session: AsyncSession, ask: Ask) -> None:
    cart = await make_cart(session, await make_channel(session))
    mutation = """mutation Email($id: ID, $token: UUID) {
      checkoutEmailUpdate(id: $id, token: $token, email: "new@example.test") {
        checkout { email } errors { field code } } }"""
    (error,) = await _refusal(ask, mutation)
    assert error == {"field": "id", "code": "GRAPHQL_ERROR"}
    (error,) = await _refusal(ask, mutation, id=to_global_id("Product", 1))
    assert error["code"] == "GRAPHQL_ERROR"
    answer = await ask(mutation, token=str(cart.id))
    assert answer["data"]["checkoutEmailUpdate"]["checkout"] == {"email": "new@example.test"}


async def test_what_can_carry_the_goods_reads_as_the_service_works_it_out(
    session: AsyncSession, read: Ask
) -> None:
    channel = await make_channel(session)
    await make_method(session, channel, 25_00, listing={"further_kilogram_price_minor": 7_00})
    await make_method(session, channel, 10_00, maximum_weight_grams=2_000)
    await make_method(session, channel, 5_00, countries=("FR",))
    await make_method(session, channel, 15_00, listing={"minimum_order_price_minor": 1_000_00})
    await make_method(session, channel, 45_00, minimum_weight_grams=200)
    heavy = await make_piece(session, channel, weight_grams=2_400)
    light = await make_piece(session, channel, weight_grams=250)
    cart = await make_cart(session, channel, heavy, light, quantity=2, shipping_address=RABAT)
    data = await read(READ, id=checkout_id(cart))
    found = [(method["id"], method["price"]["amount"]) for method in data["checkout"]["shippingMethods"]]
    await calculate_deliveries(session, cart.id)
    deliveries = await session.scalars(select(CheckoutDelivery).order_by(CheckoutDelivery.price_minor))
    assert found == [
        (to_global_id("ShippingMethod", delivery.method_id), delivery.price_minor / 100)
        for delivery in deliveries
    ]
    assert [price for _, price in found] == [78, 90]


async def test_the_statuses_of_payment_follow_what_is_promised(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    before = (await read(READ, id=checkout_id(cart)))["checkout"]
    await promise_cash(session, cart.id)
    after = (await read(READ, id=checkout_id(cart)))["checkout"]
    assert (before["authorizeStatus"], before["chargeStatus"]) == ("NONE", "NONE")
    assert (after["authorizeStatus"], after["chargeStatus"]) == ("FULL", "NONE")
    assert after["totalBalance"]["amount"] == -150


async def test_taxes_and_amounts_are_exact_in_every_currency(session: AsyncSession, read: Ask) -> None:
    tax_class = await make_tax_class(session)
    await make_tax_rate(session, tax_class_id=tax_class.id, country_code="SN", rate_bp=1800)
    dakar = await make_channel(session, currency_code="XOF", default_country_code="SN")
    fabric = await make_piece(session, dakar, 7_500, tax_class_id=tax_class.id)
    rabat = await make_channel(session)
    bowl = await make_piece(session, rabat, 99_99, tax_class_id=tax_class.id)
    question = """query Total($id: ID!) { checkout(id: $id) { totalPrice {
      gross { amount currency fractionalAmount fractionDigits } net { amount } tax { amount } } } }"""
    francs = (await read(question, id=checkout_id(await make_cart(session, dakar, fabric))))["checkout"]
    assert francs["totalPrice"] == {
        "gross": {"amount": 7500, "currency": "XOF", "fractionalAmount": 7500, "fractionDigits": 0},
        "net": {"amount": 6356},
        "tax": {"amount": 1144},
    }
    dirhams = (await read(question, id=checkout_id(await make_cart(session, rabat, bowl))))["checkout"]
    assert dirhams["totalPrice"] == {
        "gross": {"amount": 99.99, "currency": "MAD", "fractionalAmount": 9999, "fractionDigits": 2},
        "net": {"amount": 83.33},
        "tax": {"amount": 16.66},
    }


async def test_a_customers_checkout_is_theirs_and_staffs(session: AsyncSession, read: Ask) -> None:
    customer, other = await make_user(session), await make_user(session)
    cart = await make_cart(session, await make_channel(session), user=customer)
    question = "query Mine($id: ID!) { checkout(id: $id) { id } }"
    for requester, sees in (
        (buyer(customer), True),
        (staff("MANAGE_CHECKOUTS"), True),
        (buyer(other), False),
        (None, False),
    ):
        found = (await read(question, requester, id=checkout_id(cart)))["checkout"]
        assert (found is not None) is sees


async def test_only_a_signed_in_buyer_can_take_a_checkout(session: AsyncSession, ask: Ask) -> None:
    customer = await make_user(session)
    cart = await make_cart(session, await make_channel(session))
    attach = """mutation Attach($id: ID!) { checkoutCustomerAttach(id: $id) {
      checkout { user { email } } errors { code } } }"""
    refused = await ask(attach, id=checkout_id(cart))
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    taken = await ask(attach, buyer(customer), id=checkout_id(cart))
    assert taken["data"]["checkoutCustomerAttach"]["checkout"] == {"user": {"email": customer.email}}


async def test_payments_of_a_checkout_are_for_staff(session: AsyncSession, ask: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await promise_cash(session, cart.id)
    question = (
        """query Paid($id: ID!) { checkout(id: $id) { transactions { authorizedAmount { amount } } } }"""
    )
    refused = await ask(question, id=checkout_id(cart))
    assert refused["data"]["checkout"] == {"transactions": None}
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    seen = await ask(question, staff("HANDLE_PAYMENTS"), id=checkout_id(cart))
    assert seen["data"]["checkout"]["transactions"] == [{"authorizedAmount": {"amount": 150}}]


async def test_a_line_is_changed_and_taken_out(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    rug, bowl = await make_piece(session, channel), await make_piece(session, channel)
    cart = await make_cart(session, channel, rug, bowl)
    lines = (await read(READ, id=checkout_id(cart)))["checkout"]["lines"]
    changed = await read(
        """mutation Change($id: ID!, $line: ID!, $other: ID!) {
          checkoutLinesUpdate(id: $id, lines: [{lineId: $line, quantity: 3}]) {
            checkout { quantity } errors { code } }
          checkoutLinesDelete(id: $id, linesIds: [$other]) {
            checkout { lines { quantity } } errors { code } } }""",
        id=checkout_id(cart),
        line=lines[0]["id"],
        other=lines[1]["id"],
    )
    assert changed["checkoutLinesUpdate"]["checkout"]["quantity"] == 4
    assert changed["checkoutLinesDelete"]["checkout"]["lines"] == [{"quantity": 3}]


async def test_neither_argument_and_a_wrong_id_are_errors_at_the_field(
    session: AsyncSession, ask: Ask
) -> None:
    neither = await ask("{ checkout { id } }")
    assert neither["data"] == {"checkout": None}
    assert neither["errors"][0]["path"] == ["checkout"]
    wrong = await ask('{ checkout(id: "bm9uc2Vuc2U=") { id } }')
    assert wrong["errors"][0]["path"] == ["checkout"]


async def test_the_last_piece_is_not_offered_to_two(session: AsyncSession, ask: Ask) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, stock=1)
    first, second = await make_cart(session, channel), await make_cart(session, channel)
    line = {"variantId": variant_id(rug), "quantity": 1}
    assert await _refusal_or_none(ask, first, line) is None
    assert await _refusal_or_none(ask, second, line) == "INSUFFICIENT_STOCK"
    assert (await session.scalars(select(Stock.quantity_allocated))).all() == [0]


async def _refusal_or_none(ask: Ask, cart: Checkout, line: dict[str, Any]) -> str | None:
    answer = await ask(ADD, id=checkout_id(cart), lines=[line])
    errors = answer["data"]["checkoutLinesAdd"]["errors"]
    return errors[0]["code"] if errors else None


async def test_a_variant_of_a_checkout_is_seen_in_the_checkouts_channel(
    session: AsyncSession, read: Ask
) -> None:
    open_here = await make_channel(session)
    rug = await make_piece(session, open_here)
    cart = await make_cart(session, open_here, rug)
    other: Channel = await make_channel(session)
    await make_cart(session, other)
    question = """query Price($id: ID!) { checkout(id: $id) { lines { variant {
      channel pricing { price { gross { amount } } } } } } }"""
    found = (await read(question, id=checkout_id(cart)))["checkout"]["lines"]
    assert found == [
        {"variant": {"channel": open_here.slug, "pricing": {"price": {"gross": {"amount": 120}}}}}
    ]


async def test_staff_list_the_checkouts_of_a_channel(session: AsyncSession, ask: Ask) -> None:
    here, elsewhere = await make_channel(session), await make_channel(session)
    cart = await make_cart(session, here)
    await make_cart(session, elsewhere)
    question = """query C($channel: String) {
      checkouts(first: 5, channel: $channel) { totalCount edges { node { id } } } }"""
    seen = (await ask(question, staff("MANAGE_CHECKOUTS"), channel=here.slug))["data"]["checkouts"]
    assert seen == {"totalCount": 1, "edges": [{"node": {"id": checkout_id(cart)}}]}
    everywhere = (await ask(question, staff("HANDLE_PAYMENTS")))["data"]["checkouts"]
    assert everywhere["totalCount"] == 2
    refused = await ask(question, buyer(await make_user(session)))
    assert refused["data"] == {"checkouts": None}
