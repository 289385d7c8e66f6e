"""`me { orders(where:) }`: every way in which a buyer's client can narrow their orders down."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Product
from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.orders.fulfilment import fulfil
from marketplace.orders.invoices import create_invoice
from marketplace.orders.models import Order
from marketplace.people.models import User
from tests.factories.checkout import PARIS, RABAT, make_market, make_piece
from tests.factories.markets import make_method, make_tax_class, make_tax_rate
from tests.factories.orders import make_order, parts_of
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff

WHERE = """query Mine($where: CustomerOrderWhereInput) { me { orders(first: 10, where: $where) {
  edges { node { number } } } } }"""


@pytest.fixture
async def owner(session: AsyncSession) -> User:
    """A buyer of two orders: a rug, sent, to Rabat; and a rug and honey, with an invoice, billed in Paris."""
    owner = await make_user(session)
    market = await make_market(session)
    rug = await make_piece(session, market.channel, 120_00)
    honey = await make_piece(session, market.channel, 80_00)
    first = await make_order(session, market, rug, user=owner, metadata={"a": "1"})
    second = await make_order(session, market, rug, honey, user=owner, billing_address=PARIS)
    await make_order(session, market, rug)  # Somebody else's.
    (part, *_) = await parts_of(session, first)
    await fulfil(session, part.id)
    await create_invoice(session, second.id, "F1", "https://example.test/F1")
    return owner


async def _found(session: AsyncSession, read: Ask, owner: User, where: dict[str, Any]) -> list[int]:
    """Which of the buyer's two orders, the first one first."""
    orders = (
        await session.scalars(select(Order).where(Order.user_id == owner.id).order_by(Order.number))
    ).all()
    data = await read(WHERE, buyer(owner), where=where)
    numbers = {edge["node"]["number"] for edge in data["me"]["orders"]["edges"]}
    assert numbers <= {str(order.number) for order in orders}
    return [place for place, order in enumerate(orders, 1) if str(order.number) in numbers]


@pytest.mark.parametrize(
    ("where", "places"),
    [
        ({}, [1, 2]),
        ({"metadata": {"key": "a"}}, [1]),
        ({"metadata": {"key": "a", "value": {"eq": "1"}}}, [1]),
        ({"metadata": {"key": "a", "value": {"oneOf": ["2", "3"]}}}, []),
        ({"isClickAndCollect": True}, []),
        ({"isClickAndCollect": False}, [1, 2]),
        ({"hasInvoices": True}, [2]),
        ({"hasInvoices": False}, [1]),
        ({"hasFulfillments": True}, [1]),
        ({"linesCount": {"eq": 2}}, [2]),
        ({"linesCount": {"range": {"lte": 1}}}, [1]),
        ({"totalGross": {"amount": {"eq": 150}}}, [1]),
        ({"totalGross": {"currency": "mad", "amount": {"range": {"gte": 200}}}}, [2]),
        ({"totalGross": {"currency": "EUR", "amount": {"range": {"gte": 1}}}}, []),
        ({"totalNet": {"amount": {"oneOf": [150, 260]}}}, [1, 2]),
        ({"billingAddress": {"country": {"eq": "FR"}}}, [2]),
        ({"billingAddress": {"country": {"notOneOf": ["FR"]}}}, [1]),
        ({"shippingAddress": {"country": {"oneOf": ["MA", "FR"]}}}, [1, 2]),
        ({"shippingAddress": {"phoneNumber": {"eq": "+212661234567"}}}, [1, 2]),
        ({"billingAddress": {"phoneNumber": {"oneOf": ["+33"]}}}, []),
        ({"status": {"eq": "FULFILLED"}}, [1]),
        ({"OR": [{"hasInvoices": True}, {"linesCount": {"eq": 1}}]}, [1, 2]),
        ({"AND": [{"hasInvoices": True}, {"linesCount": {"eq": 1}}]}, []),
    ],
)
async def test_a_condition_finds_the_orders_that_meet_it(
    session: AsyncSession, read: Ask, owner: User, where: dict[str, Any], places: list[int]
) -> None:
    assert await _found(session, read, owner, where) == places


async def test_an_invoices_day_and_a_products_type_find_orders(
    session: AsyncSession, read: Ask, owner: User
) -> None:
    hour_ago = (clock.now() - timedelta(hours=1)).isoformat()
    for bound, places in (("gte", [2]), ("lte", [])):
        assert await _found(session, read, owner, {"invoices": [{"createdAt": {bound: hour_ago}}]}) == places
    types = (await session.scalars(select(Product.product_type_id).order_by(Product.id))).all()
    of_honey = to_global_id("ProductType", types[1])
    assert await _found(session, read, owner, {"productTypeId": {"eq": of_honey}}) == [2]
    everything = [to_global_id("ProductType", each) for each in types]
    assert await _found(session, read, owner, {"productTypeId": {"oneOf": everything}}) == [1, 2]


@pytest.mark.usefixtures("owner")
async def test_staff_filter_orders_by_what_is_written_on_them(read: Ask) -> None:
    question = """query All($filter: OrderFilterInput) { orders(first: 5, filter: $filter) { totalCount } }"""
    for given, count in (
        ({"metadata": [{"key": "a", "value": "1"}]}, 1),
        ({"metadata": [{"key": "a", "value": "2"}]}, 0),
        ({"isClickAndCollect": True}, 0),
    ):
        found = await read(question, staff("MANAGE_ORDERS"), filter=given)
        assert found["orders"]["totalCount"] == count


async def test_an_order_remembers_how_it_was_taxed_and_what_shows_nothing_says_so(
    session: AsyncSession, ask: Ask
) -> None:
    market = await make_market(session)
    goods, carriage = await make_tax_class(session), await make_tax_class(session)
    await make_tax_rate(session, tax_class_id=carriage.id, country_code="FR")
    method = await make_method(session, market.channel, tax_class_id=carriage.id)
    market.method = method
    carriage.public_metadata, carriage.private_metadata = {"a": "b"}, {"c": "d"}
    rug = await make_piece(session, market.channel, tax_class_id=goods.id)
    order = await make_order(session, market, rug, shipping_address=RABAT)
    question = """query O($id: ID!) { order(id: $id) {
      shippingTaxClassName shippingTaxClassMetadata { key value } trackingClientId original canFinalize
      actions errors { code } collectionPointName availableCollectionPoints { id } redirectUrl
      shippingMethods { name } availableShippingMethods { name }
      lines { taxClassName taxClassMetadata { key } isPriceOverridden priceOverrideReason isGift }
      fulfillments { reason lines { reason } } } }"""
    seen = (await ask(question, id=to_global_id("Order", order.id)))["data"]["order"]
    assert seen == {
        "shippingTaxClassName": carriage.name,
        "shippingTaxClassMetadata": [{"key": "a", "value": "b"}],
        "trackingClientId": "",
        "original": None,
        "canFinalize": True,
        "actions": [],
        "errors": [],
        "collectionPointName": None,
        "availableCollectionPoints": [],
        "redirectUrl": None,
        "shippingMethods": [{"name": method.name}],
        "availableShippingMethods": [{"name": method.name}],
        "lines": [
            {
                "taxClassName": goods.name,
                "taxClassMetadata": [],
                "isPriceOverridden": False,
                "priceOverrideReason": None,
                "isGift": False,
            }
        ],
        "fulfillments": [],
    }
    private = """query O($id: ID!) { order(id: $id) { shippingTaxClass { name }
      shippingTaxClassPrivateMetadata { key value }
      lines { taxClass { name } taxClassPrivateMetadata { key } } } }"""
    refused = await ask(private, id=to_global_id("Order", order.id))
    assert refused["data"] == {"order": None}
    shown = await ask(private, staff("MANAGE_ORDERS"), id=to_global_id("Order", order.id))
    assert shown["data"]["order"] == {
        "shippingTaxClass": {"name": carriage.name},
        "shippingTaxClassPrivateMetadata": [{"key": "c", "value": "d"}],
        "lines": [{"taxClass": {"name": goods.name}, "taxClassPrivateMetadata": []}],
    }
