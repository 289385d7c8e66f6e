"""What a gateway that joins several services asks for."""

from typing import Any

import pytest
from graphql import parse
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from tests.factories.catalog import make_category
from tests.factories.checkout import RABAT, make_cart, make_market, make_piece
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff

QUESTION = """query E($these: [_Any!]!) { _entities(representations: $these) { __typename
  ... on Category { slug } ... on ProductVariant { id } ... on User { email } ... on Order { number }
  ... on Address { city } } }"""


async def test_entities_of_several_types_come_in_the_order_asked(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    first, second = await make_category(session), await make_category(session)
    rug = await make_piece(session, market.channel)
    order = await make_order(session, market, rug)
    these = [
        {"__typename": "Category", "id": to_global_id("Category", second.id)},
        {"__typename": "ProductVariant", "id": to_global_id("ProductVariant", rug.id)},
        {"__typename": "Category", "id": to_global_id("Category", 999_999)},
        {"__typename": "Order", "id": to_global_id("Order", order.id), "extra": "is not looked at"},
        {"__typename": "Category", "id": to_global_id("Category", first.id)},
    ]
    found = (await read(QUESTION, staff("MANAGE_PRODUCTS"), these=these))["_entities"]
    assert found == [
        {"__typename": "Category", "slug": second.slug},
        {"__typename": "ProductVariant", "id": to_global_id("ProductVariant", rug.id)},
        None,
        {"__typename": "Order", "number": str(order.number)},
        {"__typename": "Category", "slug": first.slug},
    ]


async def test_a_person_is_found_by_id_or_address_by_those_who_may_see_them(
    session: AsyncSession, read: Ask
) -> None:
    salma, other = await make_user(session, email="Salma@example.test"), await make_user(session)
    these = [
        {"__typename": "User", "id": to_global_id("User", salma.id)},
        {"__typename": "User", "email": "salma@EXAMPLE.test"},
    ]
    seen = [{"__typename": "User", "email": "Salma@example.test"}] * 2
    for requester, expected in (
        (staff("MANAGE_USERS"), seen),
        (buyer(salma), seen),
        (buyer(other), [None, None]),
        (None, [None, None]),
    ):
        assert (await read(QUESTION, requester, these=these))["_entities"] == expected


async def test_an_address_is_no_entity_for_strangers(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_cart(
        session, market.channel, await make_piece(session, market.channel), shipping_address=RABAT
    )
    these = [{"__typename": "Address", "id": to_global_id("Address", cart.shipping_address_id or 0)}]
    for requester in (None, buyer(await make_user(session))):
        assert (await read(QUESTION, requester, these=these))["_entities"] == [None]
    assert (await read(QUESTION, staff("MANAGE_USERS"), these=these))["_entities"][0]["city"] == "RABAT"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1], "object"),
        ([{"id": "x"}], "__typename"),
        ([{"__typename": 5}], "__typename"),
        ([{"__typename": "Nonsense", "id": "x"}], "Nonsense"),
        ([{"__typename": "Checkout", "id": "x"}], "Checkout"),
        ([{"__typename": "Category"}], "`id`"),
        ([{"__typename": "Category", "id": "x"}], "Invalid ID"),
        ([{"__typename": "Category", "id": to_global_id("Product", 1)}], "Invalid ID"),
        ([{"__typename": "Category", "id": "x"}] * 101, "100"),
    ],
)
async def test_what_refers_to_nothing_is_refused(ask: Ask, given: list[Any], message: str) -> None:
    refused = await ask(QUESTION, these=given)
    assert refused["data"] == {"_entities": None}
    assert message in refused["errors"][0]["message"]


async def test_the_service_tells_its_schema_with_the_keys_of_its_entities(read: Ask) -> None:
    sdl = (await read("{ _service { sdl } }"))["_service"]["sdl"]
    document: Any = parse(sdl)
    keys = {
        definition.name.value: [
            directive.arguments[0].value.value
            for directive in definition.directives or ()
            if directive.name.value == "key"
        ]
        for definition in document.definitions
        if definition.kind == "object_type_definition"
    }
    assert keys["User"] == ["id", "email"]
    assert keys["Product"] == ["id"]
    assert keys["Checkout"] == []
