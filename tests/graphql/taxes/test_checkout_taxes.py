"""Checkouts whose taxes an app works out."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.markets.models import CountryTaxes, TaxCalculationStrategy
from marketplace.orders.models import OrderLine, VendorOrder
from marketplace.people.permissions import Permission
from marketplace.pricing.discounts import DiscountValueType
from marketplace.pricing.vouchers import VoucherType
from marketplace.vendors.models import TaxRegime
from marketplace.webhooks.models import Webhook
from tests.factories.apps import make_app
from tests.factories.checkout import RABAT, Market, make_cart, make_piece, make_ready_cart
from tests.factories.markets import make_method
from tests.factories.people import make_user
from tests.factories.pricing import make_voucher
from tests.factories.vendors import make_vendor
from tests.factories.webhooks import make_webhook
from tests.graphql.conftest import Ask, buyer, staff
from tests.graphql.taxes.conftest import QUERY, Say, TaxApp, gid, made_wrong, ready, taxed_by
from tests.graphql.taxes.documents import (
    ADD,
    BILL,
    CHOOSE,
    COMPLETE,
    CREATE,
    EXEMPT,
    IN_PARIS,
    IN_RABAT,
    MOVE,
    NOTE,
    OPTIONS,
    PROMOTE,
    READ,
    both,
)


async def test_a_new_checkout_is_taxed_as_the_app_says(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    line = {"variantId": gid(rug), "quantity": 3}
    payload = (await read(CREATE, input={"channel": market.channel.slug, "lines": [line]}))["it"]
    assert payload["errors"] == []
    checkout = payload["checkout"]
    assert both(checkout["subtotalPrice"]) == (360.0, 300.0)
    assert both(checkout["lines"][0]["totalPrice"]) == (360.0, 300.0)
    assert checkout["lines"][0]["unitPrice"]["gross"]["amount"] == 120.0
    ((event, told),) = tax_app.heard
    assert event == "checkout_calculate_taxes"
    (of_line,) = told.pop("lines")
    assert told == {
        "pricesEnteredWithTax": False,
        "currency": "MAD",
        "channel": {"slug": market.channel.slug},
        "sourceObject": {"__typename": "Checkout", "id": checkout["id"]},
        "shippingPrice": {"amount": 0.0},
        "address": None,
        "discounts": [],
    }
    assert of_line.pop("productName")
    assert of_line == {
        "quantity": 3,
        "chargeTaxes": True,
        "variantName": rug.name,
        "productSku": rug.sku,
        "unitPrice": {"amount": 100.0},
        "totalPrice": {"amount": 300.0},
        "sourceLine": {
            "__typename": "CheckoutLine",
            "id": checkout["lines"][0]["id"],
            "variant": {"sku": rug.sku},
        },
    }
    assert tax_app.receiver.received[0].json["recipient"] == {"name": "Shop Taxes"}


async def test_prices_that_were_entered_with_tax_stay_what_they_are(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    market.channel.prices_entered_with_tax = True
    cart_id = await ready(session, market, 120_00)
    await read(OPTIONS, id=cart_id)
    checkout = (await read(READ, id=cart_id))["checkout"]
    assert both(checkout["subtotalPrice"]) == (120.0, 100.0)
    assert both(checkout["shippingPrice"]) == (30.0, 25.0)


async def test_whatever_changes_a_price_has_the_app_asked_and_nothing_else_does(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    cart = await make_cart(session, market.channel, rug, shipping_address=RABAT)
    line = {"variantId": gid(rug), "quantity": 1}
    payload = (await read(ADD, id=gid(cart), lines=[line]))["it"]
    assert both(payload["checkout"]["totalPrice"]) == (240.0, 200.0)
    assert len(tax_app.heard) == 1
    for document in (OPTIONS, NOTE, OPTIONS):  # It is the same cart: the answer holds.
        await read(document, id=gid(cart))
    assert len(tax_app.heard) == 1
    payload = (await read(CHOOSE, id=gid(cart), method=gid(market.method)))["it"]
    assert both(payload["checkout"]["shippingPrice"]) == (36.0, 30.0)
    assert both(payload["checkout"]["totalPrice"]) == (276.0, 230.0)
    assert tax_app.heard[1][1]["shippingPrice"] == {"amount": 30.0}
    await read(MOVE, id=gid(cart), address=IN_RABAT)  # Another street may be another tax.
    assert len(tax_app.heard) == 3
    assert tax_app.heard[2][1]["address"] == {"city": "RABAT", "country": {"code": "MA"}}
    await read(BILL, id=gid(cart), address=IN_PARIS)  # It is taxed where it goes.
    assert len(tax_app.heard) == 3


async def test_what_goes_nowhere_yet_is_taxed_where_it_is_billed(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    cart = await make_cart(session, market.channel, rug)
    await read(OPTIONS, id=gid(cart))
    payload = (await read(BILL, id=gid(cart), address=IN_PARIS))["it"]
    assert both(payload["checkout"]["totalPrice"]) == (120.0, 100.0)
    assert [told["address"] and told["address"]["city"] for _, told in tax_app.heard] == [None, "PARIS"]


async def test_two_sellers_get_exactly_what_their_lines_and_parcels_are_taxed(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    """Lines are taxed at rates of their own, and the delivery's tax does not divide by two."""
    exempt = await make_vendor(session, tax_regime=TaxRegime.EXEMPT)
    rug = await make_piece(session, market.channel, 100_00)
    jar = await make_piece(session, market.channel, 33_33, vendor=exempt)
    cart = await make_ready_cart(session, market, rug, jar)

    def say(base: Say) -> Say:
        return {
            "shipping_tax_rate": "8.875",
            "shipping_price_gross_amount": 65.33,
            "shipping_price_net_amount": 60,
            "lines": [
                {"tax_rate": 10, "total_gross_amount": 110.01, "total_net_amount": "100.00"}
                if line["chargeTaxes"]
                else {"tax_rate": 0, "total_gross_amount": 33.33, "total_net_amount": 33.33}
                for line in base["lines"]
            ],
        }

    tax_app.says = say
    payload = (await read(COMPLETE, id=gid(cart)))["it"]
    assert payload["errors"] == []
    order = payload["order"]
    assert both(order["total"]) == (208.67, 193.33)
    assert order["total"]["tax"]["amount"] == 15.34
    assert both(order["shippingPrice"]) == (65.33, 60.0)
    assert order["shippingTaxRate"] == 0.0888
    assert {line["taxRate"]: both(line["totalPrice"]) for line in order["lines"]} == {
        0.1: (110.01, 100.0),
        0.0: (33.33, 33.33),
    }
    assert len(tax_app.heard) == 1
    columns = (
        VendorOrder.subtotal_gross_minor,
        VendorOrder.subtotal_net_minor,
        VendorOrder.shipping_gross_minor,
        VendorOrder.shipping_net_minor,
    )
    parts = (await session.execute(select(*columns).order_by(VendorOrder.position))).all()
    assert [tuple(part) for part in parts] == [(110_01, 100_00, 32_66, 30_00), (33_33, 33_33, 32_67, 30_00)]


async def test_an_answer_holds_for_an_hour(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, clock: ModuleType
) -> None:
    cart_id = await ready(session, market)
    await read(OPTIONS, id=cart_id)
    clock.advance(timedelta(minutes=61))
    tax_app.says = taxed_by(10)
    payload = (await read(COMPLETE, id=cart_id))["it"]
    assert both(payload["order"]["total"]) == (143.0, 130.0)
    assert len(tax_app.heard) == 2


async def test_an_order_is_made_of_what_was_said_without_asking_again(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    cart_id = await ready(session, market)
    await read(OPTIONS, id=cart_id)
    payload = (await read(COMPLETE, id=cart_id))["it"]
    assert both(payload["order"]["total"]) == (156.0, 130.0)
    assert len(tax_app.heard) == 1


async def test_an_exempt_cart_asks_nobody(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    cart_id = await ready(session, market)
    payload = (await read(EXEMPT, staff(Permission.MANAGE_TAXES), id=cart_id))["it"]
    assert both(payload["taxableObject"]["totalPrice"]) == (130.0, 130.0)
    payload = (await read(COMPLETE, id=cart_id))["it"]
    assert both(payload["order"]["total"]) == (130.0, 130.0)
    assert tax_app.heard == []


@pytest.mark.parametrize(
    ("given", "discounts", "unit_and_shipping", "total"),
    [
        ({}, [("Bienvenue", "SUBTOTAL", 10.0)], (100.0, 30.0), (144.0, 120.0)),
        ({"apply_once_per_order": True}, [], (90.0, 30.0), (144.0, 120.0)),
        ({"type": VoucherType.SHIPPING}, [], (100.0, 27.0), (152.4, 127.0)),
    ],
)
async def test_the_app_is_told_what_is_taken_off(
    session: AsyncSession,
    read: Ask,
    market: Market,
    tax_app: TaxApp,
    given: dict[str, Any],
    discounts: list[tuple[str, str, float]],
    unit_and_shipping: tuple[float, float],
    total: tuple[float, float],
) -> None:
    """What is off lines or off the delivery is off their prices, what is off the whole stands beside them."""
    cart_id = await ready(session, market)
    code = await make_voucher(session, market.channel, 10, DiscountValueType.PERCENTAGE, **given)
    payload = (await read(PROMOTE, id=cart_id, code=code))["it"]
    assert both(payload["checkout"]["totalPrice"]) == total
    told = tax_app.heard[-1][1]
    assert [(each["name"], each["type"], each["amount"]["amount"]) for each in told["discounts"]] == discounts
    unit, shipping = told["lines"][0]["unitPrice"], told["shippingPrice"]
    assert (unit["amount"], shipping["amount"]) == unit_and_shipping


async def test_a_country_may_be_left_to_an_app_and_the_others_not(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    market.channel.tax_calculation_strategy = TaxCalculationStrategy.FLAT_RATES
    market.channel.tax_app_id = None
    session.add(
        CountryTaxes(
            channel_id=market.channel.id,
            country_code="FR",
            charge_taxes=True,
            display_gross_prices=True,
            tax_calculation_strategy=TaxCalculationStrategy.TAX_APP,
            tax_app_id=tax_app.app.identifier,
        )
    )
    await make_method(session, market.channel, countries=("FR",))
    rug = await make_piece(session, market.channel, 100_00)
    cart = await make_cart(session, market.channel, rug, shipping_address=RABAT)
    await read(OPTIONS, id=gid(cart))
    assert tax_app.heard == []
    payload = (await read(MOVE, id=gid(cart), address=IN_PARIS))["it"]
    assert both(payload["checkout"]["totalPrice"]) == (120.0, 100.0)
    payload = (await read(MOVE, id=gid(cart), address=IN_RABAT))["it"]
    assert both(payload["checkout"]["totalPrice"]) == (100.0, 100.0)
    assert len(tax_app.heard) == 1
    assert await session.scalar(select(Checkout.tax_answer)) is None


async def test_where_no_app_is_named_the_first_good_answer_counts(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    market.channel.tax_app_id = None
    second = await make_app(session, Permission.HANDLE_TAXES, identifier="second")
    await make_webhook(
        session,
        "CHECKOUT_CALCULATE_TAXES",
        app=second,
        target_url=f"{tax_app.receiver.url}/second",
        subscription_query=QUERY,
    )
    answers = iter([{"lines": []}, None])
    tax_app.says = lambda base: next(answers) or taxed_by(10)(base)
    cart_id = await ready(session, market)
    payload = (await read(COMPLETE, id=cart_id))["it"]
    assert both(payload["order"]["total"]) == (143.0, 130.0)
    assert {one.path for one in tax_app.receiver.received} == {"/taxes", "/second"}


async def test_each_sellers_part_of_the_delivery_is_shown_with_its_tax(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    pieces = [await make_piece(session, market.channel, 10_00) for _ in range(2)]
    cart_id = gid(await make_ready_cart(session, market, *pieces))
    question = """query ($id: ID!) {
      checkout(id: $id) { parcels { shippingPrice { gross { amount } net { amount } } } } }"""

    async def shown() -> list[tuple[float, float]]:
        parcels = (await read(question, id=cart_id))["checkout"]["parcels"]
        return [both(parcel["shippingPrice"]) for parcel in parcels]

    assert await shown() == [(30.0, 30.0), (30.0, 30.0)]
    tax_app.says = made_wrong(shipping_price_gross_amount=71.99)
    for _ in range(2):  # The second time the deliveries are written anew, and nobody is asked.
        await read(OPTIONS, id=cart_id)
        assert await shown() == [(36.0, 30.0), (35.99, 30.0)]
    assert len(tax_app.heard) == 1


async def test_shares_of_a_delivery_add_up_however_many_sellers_there_are(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    pieces = [await make_piece(session, market.channel, 10_00) for _ in range(3)]
    cart = await make_ready_cart(session, market, *pieces)
    tax_app.says = made_wrong(shipping_price_gross_amount=100.01, shipping_price_net_amount=100)
    payload = (await read(COMPLETE, id=gid(cart)))["it"]
    assert both(payload["order"]["shippingPrice"]) == (100.01, 100.0)
    parts = (
        await session.execute(select(VendorOrder.shipping_gross_minor, VendorOrder.shipping_net_minor))
    ).all()
    assert (sum(gross for gross, _ in parts), sum(net for _, net in parts)) == (100_01, 100_00)
    assert all(gross >= net for gross, net in parts)
    lines_of = await session.execute(
        select(func.sum(OrderLine.total_gross_minor), func.sum(OrderLine.total_net_minor))
    )
    assert tuple(lines_of.one()) == (36_00, 30_00)


async def test_an_app_without_a_subscription_is_told_what_saleor_told_before(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    await session.execute(update(Webhook).values(subscription_query=None))
    user = await make_user(session)
    user.public_metadata = {"exempt": "no"}
    rug = await make_piece(session, market.channel, 100_00)
    cart = await make_ready_cart(session, market, rug, quantity=2, user=user)
    code = await make_voucher(session, market.channel, 10)
    tax_app.says = (500, b"")
    await read(PROMOTE, buyer(user), id=gid(cart), code=code)
    ((told,),) = [one.json for one in tax_app.receiver.received]
    (line,) = told.pop("lines")
    assert (told["type"], told["id"], told["currency"]) == ("Checkout", gid(cart), "MAD")
    assert told["channel"] == {
        "type": "Channel",
        "id": gid(market.channel),
        "slug": market.channel.slug,
        "currency_code": "MAD",
    }
    assert (told["address"]["city"], told["address"]["country"]) == ("RABAT", "MA")
    assert (told["user_id"], told["user_public_metadata"]) == (gid(user), {"exempt": "no"})
    assert told["included_taxes_in_prices"] is False
    assert (told["shipping_amount"], told["total_amount"]) == ("30.0", "230.0")
    assert told["shipping_name"] == market.method.name
    assert told["discounts"] == [{"name": "Bienvenue", "amount": "20.0"}]
    assert (line["variant_id"], line["sku"], line["quantity"]) == (gid(rug), rug.sku, 2)
    assert (line["unit_amount"], line["total_amount"]) == ("100.0", "200.0")
    assert (line["charge_taxes"], line["product_type_metadata"]) == (True, {})
