"""Orders as staff list them: by everything that Saleor's dashboard narrows them down and sorts them by."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock as the_clock
from marketplace.kit.ids import to_global_id
from marketplace.orders import fulfilment
from marketplace.orders.cancelling import cancel_order
from marketplace.orders.invoices import create_invoice
from marketplace.orders.models import OrderStatus
from marketplace.people.models import Address
from tests.factories.orders import make_unpaid_order, refund_amount
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, seller, staff
from tests.graphql.orders.conftest import Placed, place, place_paid

STAFF = staff("MANAGE_ORDERS")
LIST = """query L($filter: OrderFilterInput, $where: OrderWhereInput, $sortBy: OrderSortingInput,
  $search: String, $channel: String) {
  orders(first: 10, filter: $filter, where: $where, sortBy: $sortBy, search: $search, channel: $channel) {
    totalCount edges { node { number } } } }"""


class Orders:
    """Three orders: one sent and paid by transfer, one called off, one that waits, dearest last."""

    sent: Placed
    canceled: Placed
    waiting: Placed

    def named(self, numbers: list[str]) -> list[str]:
        names = {
            str(placed.order.number): name
            for name, placed in (("sent", self.sent), ("canceled", self.canceled), ("waiting", self.waiting))
        }
        return [names[number] for number in numbers]


@pytest.fixture
async def orders(session: AsyncSession, clock: ModuleType) -> Orders:
    made = Orders()
    made.sent = await place_paid(session, price_minor=100_00)
    made.sent.order.public_metadata = {"erp": "7"}
    made.sent.lines[0].public_metadata = {"gift": "yes"}
    made.sent.lines[0].product_sku = "RUG-1"
    made.sent.order.external_reference = "EXT-1"
    parcel = await fulfilment.fulfil(session, made.sent.parts[0].id, tracking_number="AM 1")
    parcel.public_metadata = {"shelf": "3"}
    await create_invoice(session, made.sent.order.id, "F-1", "https://x.test/1")
    the_clock.advance(timedelta(days=1))
    made.canceled = await place(session, price_minor=200_00)
    await cancel_order(session, made.canceled.order.id)
    the_clock.advance(timedelta(days=1))
    made.waiting = await place(session, price_minor=300_00, sellers=2)
    made.waiting.order.user_email = "aicha@example.test"
    made.waiting.order.voucher_code = "EID"
    address = await session.get_one(Address, made.waiting.order.billing_address_id)
    address.first_name, address.last_name = "Aïcha", "Amrani"
    address.phone, address.country_code = "+33600000000", "FR"
    await session.flush()
    return made


async def listed(read: Ask, orders: Orders, **given: Any) -> list[str]:
    found = (await read(LIST, STAFF, **given))["orders"]
    numbers = [edge["node"]["number"] for edge in found["edges"]]
    assert found["totalCount"] == len(numbers)
    return sorted(orders.named(numbers))


FILTERS: list[tuple[Any, list[str]]] = [
    ({"status": ["CANCELED"]}, ["canceled"]),
    ({"status": ["READY_TO_FULFILL"]}, ["waiting"]),
    ({"status": ["READY_TO_CAPTURE", "FULFILLED"]}, ["sent", "waiting"]),
    ({"chargeStatus": ["FULL"]}, ["sent"]),
    ({"paymentStatus": ["FULLY_CHARGED"]}, ["sent"]),
    ({"paymentStatus": ["NOT_CHARGED"]}, ["canceled", "waiting"]),
    ({"paymentStatus": ["PARTIALLY_REFUNDED", "REFUSED"]}, []),
    ({"customer": "AICHA@example.test"}, ["waiting"]),
    ({"customer": "amrani"}, ["waiting"]),
    ({"customer": "aïcha amrani"}, ["waiting"]),
    ({"customer": "+33600000000"}, ["waiting"]),
    ({"customer": "nobody"}, []),
    ({"metadata": [{"key": "erp", "value": "7"}]}, ["sent"]),
    ({"isPreorder": True}, []),
    ({"isPreorder": False}, ["canceled", "sent", "waiting"]),
    ({"giftCardUsed": True}, []),
    ({"giftCardBought": False}, ["canceled", "sent", "waiting"]),
    ({"search": "RUG-1"}, ["sent"]),
]


async def test_orders_are_filtered(read: Ask, orders: Orders) -> None:
    for given, expected in FILTERS:
        assert await listed(read, orders, filter=given) == expected, given


CONDITIONS: list[tuple[Any, list[str]]] = [
    ({"hasInvoices": True}, ["sent"]),
    ({"hasInvoices": False}, ["canceled", "waiting"]),
    ({"invoices": [{"createdAt": {"gte": "2020-01-01T00:00:00Z"}}]}, ["sent"]),
    ({"invoices": [{"createdAt": {"lte": "2020-01-01T00:00:00Z"}}]}, []),
    ({"hasFulfillments": True}, ["sent"]),
    ({"fulfillments": [{"status": {"eq": "FULFILLED"}, "metadata": {"key": "shelf"}}]}, ["sent"]),
    ({"fulfillments": [{"status": {"oneOf": ["RETURNED"]}}]}, []),
    ({"fulfillments": [{"warehouse": {"slug": {"eq": "nowhere"}}}]}, []),
    ({"lines": [{"metadata": {"key": "gift", "value": {"eq": "yes"}}}]}, ["sent"]),
    ({"linesCount": {"eq": 2}}, ["waiting"]),
    ({"linesCount": {"range": {"gte": 1, "lte": 1}}}, ["canceled", "sent"]),
    (
        {"transactions": [{"paymentMethodDetails": {"type": {"eq": "OTHER"}}}]},
        ["canceled", "sent", "waiting"],
    ),
    ({"transactions": [{"paymentMethodDetails": {"type": {"oneOf": ["CARD"]}}}]}, []),
    ({"transactions": [{"paymentMethodDetails": {"card": {"brand": {"eq": "visa"}}}}]}, []),
    ({"transactions": [{"pspReference": {"eq": "unknown"}}]}, []),
    ({"totalGross": {"currency": "mad", "amount": {"eq": 230}}}, ["sent"]),
    ({"totalGross": {"amount": {"range": {"gte": 430}}}}, ["canceled", "waiting"]),
    ({"totalNet": {"currency": "EUR", "amount": {"range": {"gte": 0}}}}, []),
    ({"voucherCode": {"eq": "EID"}}, ["waiting"]),
    ({"isGiftCardUsed": False}, ["canceled", "sent", "waiting"]),
    ({"isGiftCardBought": True}, []),
    ({"events": [{"type": {"eq": "CANCELED"}}]}, ["canceled"]),
    ({"events": [{"type": {"oneOf": ["CANCELED", "TRACKING_UPDATED"]}}]}, ["canceled", "sent"]),
    ({"events": [{"type": {"eq": "CANCELED"}, "date": {"lte": "2020-01-01T00:00:00Z"}}]}, []),
    ({"billingAddress": {"country": {"eq": "FR"}}}, ["waiting"]),
    ({"billingAddress": {"phoneNumber": {"eq": "+33600000000"}}}, ["waiting"]),
    ({"shippingAddress": {"country": {"eq": "FR"}}}, []),
    ({"metadata": {"key": "erp"}}, ["sent"]),
    ({"OR": [{"status": {"eq": "CANCELED"}}, {"linesCount": {"eq": 2}}]}, ["canceled", "waiting"]),
]


async def test_orders_are_narrowed_down(read: Ask, orders: Orders) -> None:
    for given, expected in CONDITIONS:
        assert await listed(read, orders, where=given) == expected, given


async def test_orders_are_narrowed_down_by_what_has_an_id(read: Ask, orders: Orders) -> None:
    sent = orders.sent
    for given in (
        {"fulfillments": [{"warehouse": {"id": {"eq": sent.room_id()}}}]},
        {"ids": [sent.id]},
        {"channelId": {"eq": to_global_id("Channel", sent.order.channel_id)}},
    ):
        assert await listed(read, orders, where=given) == ["sent"]
    vendor = {"vendors": [to_global_id("Vendor", orders.waiting.parts[1].vendor_id)]}
    assert await listed(read, orders, filter=vendor) == ["waiting"]
    channels = {"channels": [to_global_id("Channel", sent.order.channel_id)]}
    assert await listed(read, orders, filter=channels) == ["sent"]
    assert await listed(read, orders, channel=sent.market.channel.slug) == ["sent"]


WORDS: list[tuple[Any, list[str]]] = [
    ("EXT-1", ["sent"]),
    ("RUG-1", ["sent"]),
    ("AM 1", ["sent"]),
    ("F-1", ["sent"]),
    ("aicha@example.test", ["waiting"]),
    (" Amrani ", ["waiting"]),
    ("+33600000000", ["waiting"]),
    ("unknown", []),
]


async def test_a_search_finds_whatever_an_order_is_known_by(read: Ask, orders: Orders) -> None:
    for term, expected in [*WORDS, (f"#{orders.canceled.order.number}", ["canceled"])]:
        assert await listed(read, orders, search=term) == expected, term


ORDERS: list[tuple[Any, list[str]]] = [
    ("NUMBER", ["sent", "canceled", "waiting"]),
    ("CREATED_AT", ["sent", "canceled", "waiting"]),
    ("RANK", ["sent", "canceled", "waiting"]),
    ("CUSTOMER", ["waiting", "sent", "canceled"]),
    ("STATUS", ["canceled", "sent", "waiting"]),
    ("FULFILLMENT_STATUS", ["canceled", "sent", "waiting"]),
    ("PAYMENT", ["sent", "canceled", "waiting"]),
]


async def test_orders_are_sorted(read: Ask, orders: Orders) -> None:
    for field, expected in ORDERS:
        for direction in ("ASC", "DESC"):
            found = (await read(LIST, STAFF, sortBy={"field": field, "direction": direction}))["orders"]
            names = orders.named([edge["node"]["number"] for edge in found["edges"]])
            if field == "CUSTOMER":  # Two of them have the same.
                assert names.index("waiting") == (0 if direction == "ASC" else 2)
            else:
                assert names == (expected if direction == "ASC" else expected[::-1]), field


async def test_no_more_conditions_are_taken_than_a_statement_is_made_of(ask: Ask) -> None:
    where = {"events": [{"type": {"eq": "PLACED"}}] * 21}
    assert "20 conditions" in (await ask(LIST, STAFF, where=where))["errors"][0]["message"]


async def test_drafts_are_no_orders_yet(session: AsyncSession, read: Ask, orders: Orders) -> None:
    orders.waiting.order.status = OrderStatus.DRAFT
    assert await listed(read, orders) == ["canceled", "sent"]


async def test_a_refunded_order_is_found_as_refunded(
    session: AsyncSession, read: Ask, orders: Orders
) -> None:
    placed = orders.sent
    await refund_amount(session, placed.order.id, placed.order.total_gross_minor)
    assert await listed(read, orders, filter={"paymentStatus": ["FULLY_REFUNDED"]}) == ["sent"]


async def test_orders_are_added_up_and_their_news_listed(read: Ask, orders: Orders) -> None:
    total = """query T($channel: String, $period: ReportingPeriod) {
      ordersTotal(channel: $channel, period: $period) { gross { amount currency } net { amount } } }"""
    sent, waiting = orders.sent.market.channel.slug, orders.waiting.market.channel.slug
    assert (await read(total, STAFF, channel=sent))["ordersTotal"]["gross"] == {
        "amount": 230,
        "currency": "MAD",
    }
    assert (await read(total, STAFF, channel=sent, period="TODAY"))["ordersTotal"]["gross"]["amount"] == 0
    today = (await read(total, STAFF, channel=waiting, period="TODAY"))["ordersTotal"]
    assert today["gross"]["amount"] == 1260
    assert (await read(total, STAFF, channel="nowhere"))["ordersTotal"] is None
    news = await read("{ homepageEvents(first: 10) { edges { node { type orderNumber } } } }", STAFF)
    kinds = [edge["node"]["type"] for edge in news["homepageEvents"]["edges"]]
    assert kinds == ["PLACED"] * 3


async def test_lists_of_all_orders_are_for_who_handles_them(session: AsyncSession, ask: Ask) -> None:
    placed = await place(session, make=make_unpaid_order)
    member = seller(placed.parts[0].vendor_id, await make_user(session))
    for requester in (None, buyer(await make_user(session)), member, staff("MANAGE_PRODUCTS")):
        for document in (
            LIST,
            "{ homepageEvents(first: 1) { edges { node { id } } } }",
            "{ ordersTotal { gross { amount } } }",
        ):
            answer = await ask(document, requester)
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
