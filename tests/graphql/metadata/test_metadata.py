"""Metadata changed over GraphQL: who may, of what, and what they are told."""

from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.markets.models import ShippingMethod
from marketplace.markets.shop_settings import ShopSettings
from marketplace.payments.models import TransactionItem
from marketplace_graphql.kernel import Requester
from marketplace_graphql.metadata.access import ACCESS
from marketplace_graphql.schema import api_schema
from tests.factories.catalog import make_category
from tests.factories.checkout import RABAT, make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.content import make_item, make_menu
from tests.factories.markets import make_channel
from tests.factories.orders import make_order
from tests.factories.people import make_staff, make_user
from tests.graphql.conftest import Ask, buyer, staff

PUBLIC = """mutation M($id: ID!, $input: [MetadataInput!]!) { it: updateMetadata(id: $id, input: $input) {
  errors { field code message } metadataErrors { code }
  item { __typename metadata { key value } ... on Node { id } } } }"""
PRIVATE = """mutation M($id: ID!, $input: [MetadataInput!]!) {
  it: updatePrivateMetadata(id: $id, input: $input) { errors { field code } item { __typename
    privateMetadata { key value } } } }"""
GIFT = [{"key": "gift", "value": "yes"}]


async def _code(ask: Ask, document: str, requester: Requester | None, **variables: object) -> str | None:
    """The error of a mutation: of its payload, or the permission that is missing."""
    answer = await ask(document, requester, **variables)
    if "errors" in answer:
        code: str = answer["errors"][0]["extensions"]["exception"]["code"]
        return code
    errors = answer["data"]["it"]["errors"]
    return errors[0]["code"] if errors else None


async def test_whoever_holds_a_checkouts_id_may_write_on_it(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel))
    cart_id = to_global_id("Checkout", cart.id)
    for given, entries in (
        ([{"key": "gift", "value": "no"}, {"key": "wrap", "value": "red"}], {"gift": "no", "wrap": "red"}),
        (GIFT, {"gift": "yes", "wrap": "red"}),
    ):
        found = (await read(PUBLIC, id=cart_id, input=given))["it"]
        assert found["errors"] == []
        assert found["item"]["__typename"] == "Checkout"
        assert {each["key"]: each["value"] for each in found["item"]["metadata"]} == entries
    removal = """mutation M($id: ID!) { it: deleteMetadata(id: $id, keys: ["wrap", "unknown"]) {
      errors { code } item { metadata { key } ... on Checkout { id } } } }"""
    found = (await read(removal, id=cart_id))["it"]
    assert found == {"errors": [], "item": {"metadata": [{"key": "gift"}], "id": cart_id}}


async def test_lines_and_orders_are_written_on_by_whoever_knows_them_also_by_their_plain_token(
    session: AsyncSession, read: Ask
) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel)
    cart, order = await make_cart(session, market.channel, rug), await make_order(session, market, rug)
    for given, type_name in (
        (to_global_id("Order", order.id), "Order"),
        (str(order.id), "Order"),
        (str(cart.id), "Checkout"),
    ):
        found = (await read(PUBLIC, id=given, input=GIFT))["it"]
        assert (found["errors"], found["item"]["__typename"]) == ([], type_name)
    question = "query C($id: ID!) { checkout(id: $id) { lines { id } } }"
    (line,) = (await read(question, id=to_global_id("Checkout", cart.id)))["checkout"]["lines"]
    assert (await read(PUBLIC, id=line["id"], input=GIFT))["it"]["item"]["id"] == line["id"]


async def test_private_entries_of_a_checkout_are_for_staff(session: AsyncSession, ask: Ask) -> None:
    market = await make_market(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel))
    cart_id = to_global_id("Checkout", cart.id)
    for requester in (None, buyer(await make_user(session)), staff("MANAGE_ORDERS")):
        assert await _code(ask, PRIVATE, requester, id=cart_id, input=GIFT) == "PermissionDenied"
    done = await ask(PRIVATE, staff("MANAGE_CHECKOUTS"), id=cart_id, input=GIFT)
    assert done["data"]["it"]["item"]["privateMetadata"] == GIFT
    removal = """mutation M($id: ID!) { it: deletePrivateMetadata(id: $id, keys: ["gift"]) {
      errors { code } item { privateMetadata { key } } } }"""
    assert await _code(ask, removal, None, id=cart_id) == "PermissionDenied"
    done = await ask(removal, staff("MANAGE_CHECKOUTS"), id=cart_id)
    assert done["data"]["it"] == {"errors": [], "item": {"privateMetadata": []}}


async def test_people_write_on_themselves_and_staff_on_those_they_work_with(
    session: AsyncSession, ask: Ask
) -> None:
    salma, other = await make_user(session), await make_user(session)
    colleague = await make_staff(session)
    for whose, requester, code in (
        (salma, buyer(salma), None),
        (salma, buyer(other), "PermissionDenied"),
        (salma, None, "PermissionDenied"),
        (salma, staff("MANAGE_USERS"), None),
        (salma, staff("MANAGE_STAFF"), "PermissionDenied"),
        (colleague, staff("MANAGE_USERS"), "PermissionDenied"),
        (colleague, staff("MANAGE_STAFF"), None),
    ):
        user_id = to_global_id("User", whose.id)
        assert await _code(ask, PUBLIC, requester, id=user_id, input=GIFT) == code
    own = to_global_id("User", salma.id)
    assert await _code(ask, PRIVATE, buyer(salma), id=own, input=GIFT) == "PermissionDenied"
    assert await _code(ask, PRIVATE, staff("MANAGE_USERS"), id=own, input=GIFT) is None
    nobody = to_global_id("User", 999_999)
    assert await _code(ask, PUBLIC, buyer(salma), id=nobody, input=GIFT) == "PermissionDenied"
    assert await _code(ask, PUBLIC, staff("MANAGE_USERS"), id=nobody, input=GIFT) == "NOT_FOUND"


async def test_what_staff_look_after_takes_the_permission_of_its_type(
    session: AsyncSession, ask: Ask
) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel)
    item = await make_item(session, await make_menu(session))
    cart = await make_ready_cart(session, market, rug)
    payment = (await promise_cash(session, cart.id)).transaction
    for type_name, key, permission in (
        ("Category", (await make_category(session)).id, "MANAGE_PRODUCTS"),
        ("ProductVariant", rug.id, "MANAGE_PRODUCTS"),
        ("MenuItem", item.id, "MANAGE_MENUS"),
        ("Channel", market.channel.id, "MANAGE_CHANNELS"),
        ("TaxConfiguration", market.channel.id, "MANAGE_TAXES"),
        ("ShippingMethodType", market.method.id, "MANAGE_SHIPPING"),
        ("ShippingZone", market.method.zone_id, "MANAGE_SHIPPING"),
        ("TransactionItem", payment.token, "HANDLE_PAYMENTS"),
        ("Shop", 1, "MANAGE_SETTINGS"),
    ):
        global_id = to_global_id(type_name, key)
        for document in (PUBLIC, PRIVATE):
            assert await _code(ask, document, None, id=global_id, input=GIFT) == "PermissionDenied"
            wrong = staff("MANAGE_GIFT_CARD")
            assert await _code(ask, document, wrong, id=global_id, input=GIFT) == "PermissionDenied"
            done = await ask(document, staff(permission), id=global_id, input=GIFT)
            assert done["data"]["it"]["errors"] == [], type_name
            assert done["data"]["it"]["item"]["__typename"] == type_name
    assert (await session.scalars(select(ShopSettings))).one().public_metadata == {"gift": "yes"}


async def test_an_offered_method_is_the_method_that_staff_have_set_up(
    session: AsyncSession, ask: Ask
) -> None:
    market = await make_market(session)
    offered = to_global_id("ShippingMethod", market.method.id)
    done = await ask(PUBLIC, staff("MANAGE_SHIPPING"), id=offered, input=GIFT)
    assert done["data"]["it"]["item"]["__typename"] == "ShippingMethodType"
    await session.refresh(market.method)
    assert (await session.get_one(ShippingMethod, market.method.id)).public_metadata == {"gift": "yes"}


async def test_a_channels_taxes_keep_metadata_of_their_own(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session, public_metadata={"own": "1"})
    await read(PUBLIC, staff("MANAGE_TAXES"), id=to_global_id("TaxConfiguration", channel.id), input=GIFT)
    question = """query C($slug: String!) { channel(slug: $slug) { metadata { key }
      taxConfiguration { metadata { key } } } }"""
    found = (await read(question, staff(), slug=channel.slug))["channel"]
    assert found == {"metadata": [{"key": "own"}], "taxConfiguration": {"metadata": [{"key": "gift"}]}}


async def test_mistakes_are_told_by_their_codes(session: AsyncSession, ask: Ask) -> None:
    market = await make_market(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel))
    cart_id = to_global_id("Checkout", cart.id)
    empty, long = [{"key": " ", "value": "x"}], [{"key": "k" * 300, "value": "x"}]
    for global_id, entries, code, field in (
        (cart_id, empty, "REQUIRED", "input"),
        (cart_id, long, "INVALID", "input"),
        (to_global_id("Checkout", uuid4()), GIFT, "NOT_FOUND", "id"),
        (to_global_id("Allocation", 1), GIFT, "NOT_FOUND", "id"),
        (to_global_id("Nonsense", 1), GIFT, "NOT_FOUND", "id"),
        ("§", GIFT, "GRAPHQL_ERROR", "id"),
    ):
        answer = (await ask(PUBLIC, id=global_id, input=entries))["data"]["it"]
        (error,) = answer["errors"]
        assert (error["code"], error["field"], answer["item"]) == (code, field, None)
        assert answer["metadataErrors"] == [{"code": code}]


async def test_a_payment_is_found_by_its_token_only(session: AsyncSession, ask: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await promise_cash(session, cart.id)
    key = (await session.scalars(select(TransactionItem.id))).one()
    who = staff("HANDLE_PAYMENTS")
    assert await _code(ask, PUBLIC, who, id=to_global_id("TransactionItem", key), input=GIFT) == "INVALID"
    assert (
        await _code(ask, PUBLIC, who, id=to_global_id("TransactionItem", uuid4()), input=GIFT) == "NOT_FOUND"
    )


async def test_an_address_is_written_on_by_its_person_and_by_staff(session: AsyncSession, ask: Ask) -> None:
    market = await make_market(session)
    cart = await make_cart(
        session, market.channel, await make_piece(session, market.channel), shipping_address=RABAT
    )
    address_id = to_global_id("Address", cart.shipping_address_id or 0)
    somebody = buyer(await make_user(session))
    assert await _code(ask, PUBLIC, somebody, id=address_id, input=GIFT) == "PermissionDenied"
    assert await _code(ask, PUBLIC, None, id=address_id, input=GIFT) == "PermissionDenied"
    assert await _code(ask, PUBLIC, staff("MANAGE_USERS"), id=address_id, input=GIFT) is None


def test_every_type_with_metadata_says_who_may_change_them() -> None:
    schema = api_schema().graphql
    interface = schema.type_map["ObjectWithMetadata"]
    declared = {type_.name for type_ in schema.get_possible_types(interface)}  # type: ignore[arg-type]
    assert declared - ACCESS.keys() == set()


@pytest.mark.parametrize(("permission", "allowed"), [("MANAGE_PRODUCTS", True), ("MANAGE_SETTINGS", False)])
async def test_private_entries_are_read_with_the_permission_of_their_type(
    session: AsyncSession, ask: Ask, permission: str, allowed: bool
) -> None:
    shelf = await make_category(session, private_metadata={"cost": "3"})
    question = 'query C($id: ID!) { category(id: $id) { privateMetafield(key: "cost") } }'
    answer = await ask(question, staff(permission), id=to_global_id("Category", shelf.id))
    assert answer["data"] == {"category": {"privateMetafield": "3" if allowed else None}}
