"""Addresses of a checkout: ten countries, how strictly they are looked at, and what is kept of them."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.kit.ids import to_global_id
from tests.factories.checkout import RABAT, make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask, staff

SHIP = """mutation Ship($id: ID!, $address: AddressInput!, $rules: CheckoutAddressValidationRules) {
  checkoutShippingAddressUpdate(id: $id, shippingAddress: $address, validationRules: $rules) {
    checkout { shippingAddress { streetAddress1 city postalCode countryArea phone country { code } } }
    errors { field code addressType } } }"""
CREATE = """mutation Create($input: CheckoutCreateInput!) { checkoutCreate(input: $input) {
  checkout { id languageCode privateMetafield(key: "a") } errors { field code } } }"""
NAMED = {"firstName": "Salma", "lastName": "Bennani", "streetAddress1": "1 Main Street"}
COUNTRIES: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"country": "MA", "city": "Rabat", "postalCode": "10000", "phone": "0661234567"}, {"postalCode": "1"}),
    ({"country": "FR", "city": "Lyon", "postalCode": "69001", "phone": "0612345678"}, {"postalCode": "6900"}),
    (
        {"country": "ES", "city": "Sevilla", "postalCode": "41001", "countryArea": "Sevilla"},
        {"countryArea": "Atlantis"},
    ),
    ({"country": "DE", "city": "Köln", "postalCode": "50667"}, {"postalCode": "5066A"}),
    ({"country": "BE", "city": "Liège", "postalCode": "4000"}, {"postalCode": "40000"}),
    ({"country": "GB", "city": "Leeds", "postalCode": "LS1 4AP"}, {"postalCode": "12345"}),
    (
        {"country": "US", "city": "Austin", "postalCode": "78701", "countryArea": "TX"},
        {"countryArea": "ZZ"},
    ),
    (
        {"country": "CA", "city": "Montréal", "postalCode": "H2Y 1C6", "countryArea": "QC"},
        {"postalCode": "H2Y"},
    ),
    ({"country": "SN", "city": "Dakar", "postalCode": "12500", "phone": "+221771234567"}, {"phone": "12"}),
    (
        {"country": "JP", "city": "Chiyoda-ku", "postalCode": "100-0001", "countryArea": "Tokyo"},
        {"postalCode": "1"},
    ),
]


def key(cart: Checkout) -> str:
    return to_global_id("Checkout", cart.id)


@pytest.mark.parametrize(("given", "wrong"), COUNTRIES, ids=[given["country"] for given, _ in COUNTRIES])
async def test_an_address_is_held_to_its_countrys_rules(
    session: AsyncSession, ask: Ask, given: dict[str, str], wrong: dict[str, str]
) -> None:
    cart = await make_cart(session, await make_channel(session))
    kept = (await ask(SHIP, id=key(cart), address=NAMED | given))["data"]["checkoutShippingAddressUpdate"]
    assert kept["errors"] == []
    address = kept["checkout"]["shippingAddress"]
    assert address["country"] == {"code": given["country"]}
    assert address["postalCode"].replace(" ", "") == given["postalCode"].replace(" ", "")
    refused = (await ask(SHIP, id=key(cart), address=NAMED | given | wrong))["data"]
    (field,) = wrong
    assert refused["checkoutShippingAddressUpdate"]["errors"] == [
        {"field": field, "code": "INVALID", "addressType": "SHIPPING"}
    ]


async def test_what_is_overlooked_while_it_is_typed_counts_in_the_end(
    session: AsyncSession, ask: Ask
) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await promise_cash(session, cart.id)
    half = {"country": "MA", "city": "Rabat", "postalCode": "1"}
    for rules, codes in (
        ({}, {"REQUIRED", "INVALID"}),
        ({"checkRequiredFields": False}, {"INVALID"}),
        ({"checkFieldsFormat": False}, {"REQUIRED"}),
        ({"checkRequiredFields": False, "checkFieldsFormat": False}, set()),
    ):
        answer = await ask(SHIP, id=key(cart), address=half, rules=rules)
        errors = answer["data"]["checkoutShippingAddressUpdate"]["errors"]
        assert {error["code"] for error in errors} == codes
    complete = """mutation C($id: ID!) { checkoutComplete(id: $id) {
      order { id } errors { code addressType } } }"""
    refused = (await ask(complete, id=key(cart)))["data"]["checkoutComplete"]
    assert refused["order"] is None
    assert {error["addressType"] for error in refused["errors"]} == {"SHIPPING"}


async def test_an_address_keeps_its_form_where_that_is_asked_for(session: AsyncSession, ask: Ask) -> None:
    cart = await make_cart(session, await make_channel(session))
    address = NAMED | {"country": "MA", "city": "Rabat", "postalCode": "10000"}
    for rules, city in (({}, "RABAT"), ({"enableFieldsNormalization": False}, "Rabat")):
        kept = (await ask(SHIP, id=key(cart), address=address, rules=rules))["data"]
        assert kept["checkoutShippingAddressUpdate"]["checkout"]["shippingAddress"]["city"] == city


async def test_only_staff_who_may_have_an_address_taken_as_it_is(session: AsyncSession, ask: Ask) -> None:
    cart = await make_cart(session, await make_channel(session))
    address = {"country": "MA", "city": "?", "skipValidation": True}
    refused = await ask(SHIP, id=key(cart), address=address)
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    taken = await ask(SHIP, staff("HANDLE_CHECKOUTS"), id=key(cart), address=address)
    assert taken["data"]["checkoutShippingAddressUpdate"]["errors"] == []


@pytest.mark.parametrize("which", ["Shipping", "Billing"])
async def test_an_address_that_is_not_there_can_not_be_saved(
    session: AsyncSession, ask: Ask, which: str
) -> None:
    channel = await make_channel(session)
    given: dict[str, Any] = {"channel": channel.slug, "lines": [], f"save{which}Address": False}
    answer = await ask(CREATE, input=given)
    assert answer["data"]["checkoutCreate"]["errors"] == [
        {"field": f"save{which}Address", "code": "MISSING_ADDRESS_DATA"}
    ]


async def test_private_entries_are_written_by_staff(session: AsyncSession, ask: Ask) -> None:
    channel = await make_channel(session)
    given = {"channel": channel.slug, "lines": [], "privateMetadata": [{"key": "a", "value": "b"}]}
    refused = await ask(CREATE, input=given)
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    written = await ask(CREATE, staff("HANDLE_CHECKOUTS", "MANAGE_SETTINGS"), input=given)
    assert written["data"]["checkoutCreate"]["errors"] == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//x",
        "x",
        "http://[",
        "http://testserver/" + "a" * 3000,
        "https://thieves.example.test/",
    ],
)
async def test_a_buyer_is_sent_to_known_hosts_only(session: AsyncSession, ask: Ask, url: str) -> None:
    cart = await make_cart(session, await make_channel(session), shipping_address=RABAT)
    answer = await ask(
        """mutation C($id: ID!, $url: String!) { checkoutComplete(id: $id, redirectUrl: $url) {
          errors { field code } } }""",
        id=key(cart),
        url=url,
    )
    assert answer["data"]["checkoutComplete"]["errors"] == [{"field": "redirectUrl", "code": "INVALID"}]
