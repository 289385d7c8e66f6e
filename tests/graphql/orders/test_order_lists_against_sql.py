"""Staff's lists of orders hold what plain SQL finds, page after page, whichever way the pages are found."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Product, ProductType, ProductTypeKind
from marketplace.kit.ids import to_global_id
from marketplace.orders.invoice_models import Invoice
from marketplace.orders.models import ChargeStatus, Order, OrderEvent, OrderLine, OrderStatus
from marketplace.people.models import Address, User
from marketplace_graphql.orders import conditions, finding
from tests.factories.checkout import make_market, make_piece
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, staff

STAFF = staff("MANAGE_ORDERS")
LIST = """query L($filter: OrderFilterInput, $where: OrderWhereInput, $search: String,
  $sort: OrderSortingInput, $after: String) {
  page: orders(first: 7, after: $after, filter: $filter, where: $where, search: $search, sortBy: $sort) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { number } } } }"""
DRAFTS = """query D($where: DraftOrderWhereInput, $sort: OrderSortingInput, $after: String) {
  page: draftOrders(first: 7, after: $after, where: $where, sortBy: $sort) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { number } } } }"""
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
COUNT = 60
KEYS = {
    "NUMBER": "o.number",
    "CREATED_AT": "o.created_at",
    "LAST_MODIFIED_AT": "o.updated_at",
    "CUSTOMER": "o.user_email",
    "STATUS": "o.status, o.created_at",
    "PAYMENT": "o.charge_status, o.created_at",
}
LINES = "SELECT count(*) FROM order_line l WHERE l.order_id = o.id"
CARDS = """EXISTS (SELECT FROM order_line l JOIN product_variant v ON v.id = l.variant_id
    JOIN product p ON p.id = v.product_id JOIN product_type t ON t.id = p.product_type_id
    WHERE l.order_id = o.id AND t.kind = 'GIFT_CARD')"""
INVOICES = "EXISTS (SELECT FROM invoice i WHERE i.order_id = o.id)"
AMRANI = """EXISTS (SELECT FROM address a WHERE a.id IN (o.billing_address_id, o.shipping_address_id)
    AND (lower(a.last_name) = 'amrani' OR a.phone = 'amrani'))"""
PLACED = [
    ({"filter": {"status": ["CANCELED"]}}, "o.status = 'CANCELED'"),
    ({"filter": {"status": ["READY_TO_CAPTURE"]}}, "o.total_authorized_minor > 0 AND o.status <> 'CANCELED'"),
    ({"filter": {"paymentStatus": ["NOT_CHARGED"]}}, "o.charge_status = 'NONE'"),
    ({"filter": {"created": {"gte": "2026-05-10", "lte": "2026-05-20"}}},
     "o.created_at >= '2026-05-10Z' AND o.created_at < '2026-05-21Z'"),
    ({"filter": {"customer": "AMRANI"}}, AMRANI),
    ({"filter": {"customer": "owner@example.test"}},
     "o.user_email = 'owner@example.test' OR o.user_id IS NOT NULL"),
    ({"search": " amrani"}, AMRANI),
    ({"search": "RUG"},
     "EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.product_sku = 'RUG')"),
    ({"filter": {"search": "F-7"}},
     "EXISTS (SELECT FROM invoice i WHERE i.order_id = o.id AND number = 'F-7')"),
    ({"filter": {"giftCardBought": True}}, CARDS),
    ({"filter": {"giftCardBought": False}}, f"NOT {CARDS}"),
    ({"where": {"hasInvoices": True}}, INVOICES),
    ({"where": {"hasInvoices": False}}, f"NOT {INVOICES}"),
    ({"where": {"chargeStatus": {"oneOf": ["FULL", "PARTIAL"]}}}, "o.charge_status IN ('FULL', 'PARTIAL')"),
    ({"where": {"linesCount": {"eq": 2}}}, f"({LINES}) = 2"),
    ({"where": {"linesCount": {"range": {"gte": 2}}}}, f"({LINES}) >= 2"),
    ({"where": {"totalGross": {"amount": {"range": {"gte": 500}}}}},
     "CASE o.currency WHEN 'XOF' THEN o.total_gross_minor ELSE o.total_gross_minor / 100.0 END >= 500"),
    ({"where": {"totalNet": {"currency": "mad", "amount": {"range": {"lte": 300}}}}},
     "o.currency = 'MAD' AND o.total_net_minor <= 30000"),
    ({"where": {"events": [{"type": {"eq": "NOTE_ADDED"}}]}},
     "EXISTS (SELECT FROM order_event e WHERE e.order_id = o.id AND e.type = 'NOTE_ADDED')"),
    ({"where": {"billingAddress": {"country": {"notOneOf": ["MA"]}}}},
     "EXISTS (SELECT FROM address a WHERE a.id = o.billing_address_id AND a.country_code <> 'MA')"),
    ({"where": {"hasInvoices": True, "linesCount": {"eq": 1}, "chargeStatus": {"eq": "NONE"}}},
     f"{INVOICES} AND ({LINES}) = 1 AND o.charge_status = 'NONE'"),
    ({"where": {"OR": [{"hasInvoices": True}, {"status": {"eq": "CANCELED"}}]}},
     f"{INVOICES} OR o.status = 'CANCELED'"),
]  # fmt: skip
OF_DRAFTS = [
    ({}, "true"),
    ({"where": {"linesCount": {"eq": 1}}}, f"({LINES}) = 1"),
    ({"where": {"totalGross": {"currency": "MAD", "amount": {"range": {"gte": 500}}}}},
     "o.currency = 'MAD' AND o.total_gross_minor >= 50000"),
]  # fmt: skip


@dataclass(frozen=True)
class Ways:
    """How many are few, and how far a list is looked along: which way pages are found by."""

    few: int
    looks: int


@pytest.fixture(
    params=[Ways(2_500, 4_000), Ways(0, 4_000), Ways(0, 9)], ids=["by keys", "near", "everywhere"]
)
def ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages by the keys of few, of a list's next stretch, of everything after a short stretch."""
    for module, names in ((conditions, ("FEW", "FEW_OF_OWN")), (finding, ("FEW",))):
        for name in names:
            monkeypatch.setattr(module, name, request.param.few)
    monkeypatch.setattr(conditions, "LOOKS", request.param.looks)
    return


@pytest.fixture
async def shop(session: AsyncSession) -> None:
    """Sixty orders of everything, at random but the same each time; one in four is a draft."""
    chosen = random.Random(7)
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel) for _ in range(2)]
    kind = select(ProductType).join(Product).where(Product.id == pieces[1].product_id)
    (await session.scalars(kind)).one().kind = ProductTypeKind.GIFT_CARD
    owner = await make_user(session, email="owner@example.test")
    addresses = [
        Address(last_name=name, country_code=country, phone=phone)
        for name, country, phone in (
            ("Amrani", "MA", ""),
            ("Ziani", "FR", "+33600000000"),
            ("Alaoui", "MA", ""),
        )
    ]
    session.add_all(addresses)
    await session.flush()
    orders = [_order(chosen, market.channel.id, owner, addresses) for _ in range(COUNT)]
    session.add_all(orders)
    await session.flush()
    for order in orders:
        session.add_all(
            _line(order, position, chosen.choice(pieces).id, chosen)
            for position in range(1, chosen.randint(2, 4))
        )
        if chosen.random() < 0.3:
            session.add(Invoice(order_id=order.id, number=f"F-{chosen.randint(1, 9)}"))
        if chosen.random() < 0.4:
            session.add(OrderEvent(order_id=order.id, type="NOTE_ADDED", at=NOON))
    await session.flush()


def _order(chosen: random.Random, channel_id: int, owner: User, addresses: list[Address]) -> Order:
    gross = chosen.randint(100, 1_000)
    currency = chosen.choice(["MAD", "MAD", "XOF"])
    minor = gross if currency == "XOF" else gross * 100
    amounts = dict.fromkeys(
        ("subtotal_gross_minor", "subtotal_net_minor", "undiscounted_total_gross_minor",
         "undiscounted_total_net_minor", "total_gross_minor", "total_net_minor"),
        minor,
    )  # fmt: skip
    status = [OrderStatus.DRAFT, OrderStatus.CANCELED, OrderStatus.UNFULFILLED, OrderStatus.FULFILLED]
    return Order(
        channel_id=channel_id,
        status=chosen.choice(status),
        charge_status=chosen.choice([ChargeStatus.NONE, ChargeStatus.PARTIAL, ChargeStatus.FULL]),
        user_id=owner.id if chosen.random() < 0.2 else None,
        user_email=chosen.choice(["owner@example.test", "a@example.test", "b@example.test"]),
        created_at=NOON + timedelta(days=chosen.randint(0, 25)),
        updated_at=NOON + timedelta(days=chosen.randint(0, 25)),
        billing_address_id=chosen.choice(addresses).id,
        shipping_address_id=chosen.choice(addresses).id if chosen.random() < 0.7 else None,
        total_authorized_minor=chosen.choice([0, 0, 5]),
        currency=currency,
        shipping_gross_minor=0,
        shipping_net_minor=0,
        **amounts,
    )


def _line(order: Order, position: int, variant_id: int, chosen: random.Random) -> OrderLine:
    prices = ("unit_gross_minor", "unit_net_minor", "undiscounted_unit_gross_minor")
    totals = ("undiscounted_unit_net_minor", "total_gross_minor", "total_net_minor")
    return OrderLine(
        order_id=order.id,
        position=position,
        variant_id=variant_id,
        product_name="Rug",
        product_sku=chosen.choice(["RUG", "POT", None]),
        quantity=1,
        currency=order.currency,
        **dict.fromkeys((*prices, *totals), 100),
    )


async def _walked(read: Ask, document: str, sort: dict[str, str], asked: Any) -> list[str]:
    """The numbers of all pages, one after the other."""
    numbers: list[str] = []
    after, goes_on = None, True
    while goes_on:
        page = (await read(document, STAFF, sort=sort, after=after, **asked))["page"]
        numbers += [edge["node"]["number"] for edge in page["edges"]]
        after, goes_on = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert page["totalCount"] == len(numbers)
    return numbers


async def _by_sql(session: AsyncSession, condition: str, sort: dict[str, str]) -> list[str]:
    keys = ", ".join(f"{key} {sort['direction']}" for key in f"{KEYS[sort['field']]}, o.id".split(", "))
    statement = f"SELECT o.number FROM customer_order o WHERE {condition} ORDER BY {keys}"  # noqa: S608
    return [str(number) for number in await session.scalars(text(statement))]


@pytest.mark.usefixtures("ways", "shop")
async def test_orders_are_listed_as_plain_sql_finds_them(read: Ask, session: AsyncSession) -> None:
    for place, (asked, condition) in enumerate(PLACED):
        sort = {"field": list(KEYS)[place % len(KEYS)], "direction": ("ASC", "DESC")[place // len(KEYS) % 2]}
        expected = await _by_sql(session, f"o.status <> 'DRAFT' AND ({condition})", sort)
        assert await _walked(read, LIST, sort, asked) == expected, (asked, sort)


@pytest.mark.usefixtures("ways", "shop")
async def test_drafts_are_listed_as_plain_sql_finds_them(read: Ask, session: AsyncSession) -> None:
    for asked, condition in OF_DRAFTS:
        for field in KEYS:
            sort = {"field": field, "direction": "DESC"}
            expected = await _by_sql(session, f"o.status = 'DRAFT' AND ({condition})", sort)
            assert await _walked(read, DRAFTS, sort, asked) == expected, (asked, sort)


@pytest.mark.usefixtures("shop")
async def test_orders_of_some_channels_are_listed_in_any_order(read: Ask, session: AsyncSession) -> None:
    channel_id = await session.scalar(select(Order.channel_id).limit(1))
    asked = {"filter": {"channels": [to_global_id("Channel", channel_id)]}}
    for field in KEYS:
        sort = {"field": field, "direction": "ASC"}
        assert await _walked(read, LIST, sort, asked) == await _by_sql(session, "o.status <> 'DRAFT'", sort)
