"""Orders of another system, brought in with all that hangs on them."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.inventory.models import Stock
from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order, OrderEvent, VendorOrder
from marketplace.payouts.models import VendorEarning
from marketplace.payouts.verifying import verify
from marketplace.people.permissions import Permission
from tests.factories.apps import make_app
from tests.factories.checkout import Market, make_market, make_piece
from tests.factories.people import make_staff, make_user
from tests.factories.pricing import make_gift_card, make_voucher
from tests.graphql.conftest import Ask, staff
from tests.statements import counted

IMPORT = """mutation(
  $orders: [OrderBulkCreateInput!]!, $policy: ErrorPolicyEnum, $stock: StockUpdatePolicyEnum) {
  orderBulkCreate(orders: $orders, errorPolicy: $policy, stockUpdatePolicy: $stock) {
    count errors { path code }
    results { errors { path code message }
      order { id status origin created externalReference userEmail user { email } languageCodeEnum
        customerNote displayGrossPrices weight { value } voucherCode giftCards { code }
        total { gross { amount } net { amount } } undiscountedTotal { gross { amount } }
        shippingPrice { gross { amount } } shippingMethodName shippingTaxRate
        billingAddress { city } metafield(key: "a") privateMetafield(key: "b")
        authorizeStatus chargeStatus totalCharged { amount } totalRefunded { amount }
        discounts { type total { amount } } invoices { number externalUrl }
        events { type message user { email } }
        fulfillments { status trackingNumber fulfillmentOrder lines { quantity orderLine { productName } } }
        transactions { pspReference name chargedAmount { amount } authorizedAmount { amount }
          events { type amount { amount } } }
        vendorOrders { number status total { gross { amount } } }
        lines { productName quantity quantityFulfilled taxRate unitPrice { gross { amount } }
          unitDiscount { amount } unitDiscountReason allocations { quantity } } } } } }"""
ADDRESS = {
    "firstName": "Salma",
    "lastName": "Bennani",
    "streetAddress1": "12, rue Ibn Batouta",
    "city": "Rabat",
    "postalCode": "10000",
    "country": "MA",
}
FUTURE = "2990-01-01T00:00:00+00:00"


@dataclass
class Shop:
    market: Market
    cup: Any
    rug: Any
    cup_room: str
    rug_room: str

    def line(self, name: str, gross: float = 120, **given: Any) -> dict[str, Any]:
        variant, room = (self.cup, self.cup_room) if name == "cup" else (self.rug, self.rug_room)
        price = {"gross": gross, "net": round(gross / 1.2, 2)}
        return {
            "variantId": to_global_id("ProductVariant", variant.id),
            "createdAt": "2024-03-01T10:00:00+00:00",
            "isShippingRequired": True,
            "isGiftCard": False,
            "quantity": 1,
            "totalPrice": price,
            "undiscountedTotalPrice": price,
            "warehouse": room,
        } | given

    def order(self, **given: Any) -> dict[str, Any]:
        return {
            "channel": self.market.channel.slug,
            "createdAt": "2024-03-01T10:00:00+00:00",
            "user": {"email": "salma@example.test"},
            "billingAddress": ADDRESS,
            "shippingAddress": ADDRESS,
            "currency": self.market.channel.currency_code,
            "languageCode": "FR",
            "lines": [self.line("cup", quantity=2, gross=240), self.line("rug", 900)],
            "deliveryMethod": {
                "shippingMethodId": to_global_id("ShippingMethod", self.market.method.id),
                "shippingPrice": {"gross": 60, "net": 50},
            },
        } | given


@pytest.fixture
async def shop(session: AsyncSession) -> Shop:
    market = await make_market(session)
    cup, rug = await make_piece(session, market.channel), await make_piece(session, market.channel, 900_00)
    rooms = []
    for variant in (cup, rug):
        room = await session.scalar(select(Stock.warehouse_id).where(Stock.variant_id == variant.id))
        rooms.append(to_global_id("Warehouse", room))
    return Shop(market, cup, rug, *rooms)


IMPORTER = staff(Permission.MANAGE_ORDERS_IMPORT, Permission.MANAGE_ORDERS, Permission.MANAGE_GIFT_CARD)


async def stock_of(session: AsyncSession, variant: Any) -> tuple[int, int]:
    found = await session.execute(
        select(Stock.quantity, Stock.quantity_allocated).where(Stock.variant_id == variant.id)
    )
    quantity, allocated = found.one()
    return quantity, allocated


async def count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Order)) or 0


async def brought_in(read: Ask, *orders: dict[str, Any], **given: Any) -> dict[str, Any]:
    payload: dict[str, Any] = (await read(IMPORT, IMPORTER, orders=list(orders), **given))["orderBulkCreate"]
    return payload


async def test_an_order_comes_in_with_all_that_hangs_on_it(
    session: AsyncSession, read: Ask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []

    async def listen(_session: AsyncSession, told: Announcement) -> None:
        heard.append((told.event, len(told.rows)))

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    writer = await make_staff(session)
    customer = await make_user(session, external_reference="crm-1")
    card = await make_gift_card(session, 50_00)
    code = await make_voucher(session, shop.market.channel)
    cup_line = shop.line(
        "cup",
        quantity=2,
        gross=200,
        undiscountedTotalPrice={"gross": 240, "net": 200},
        unitDiscountReason="a sale",
    )
    given = shop.order(
        externalReference="old-1",
        user={"externalReference": "crm-1"},
        customerNote="Ring",
        weight=2.5,
        displayGrossPrices=False,
        metadata=[{"key": "a", "value": "1"}],
        privateMetadata=[{"key": "b", "value": "2"}],
        voucherCode=code,
        giftCards=[card.code],
        lines=[cup_line, shop.line("rug", 900)],
        notes=[{"message": "paid late", "date": "2024-03-02T00:00:00+00:00", "userEmail": writer.email}],
        discounts=[{"valueType": "FIXED", "value": 40, "reason": "a sale"}],
        invoices=[
            {"number": "F-1", "url": "https://old.test/f1.pdf", "createdAt": "2024-03-02T00:00:00+00:00"}
        ],
        fulfillments=[
            {
                "trackingCode": "AM1",
                "lines": [
                    {
                        "variantId": to_global_id("ProductVariant", shop.cup.id),
                        "quantity": 2,
                        "warehouse": shop.cup_room,
                        "orderLineIndex": 0,
                    }
                ],
            }
        ],
        transactions=[
            {
                "name": "Card",
                "pspReference": "psp-1",
                "amountCharged": {"currency": "MAD", "amount": 1160},
                "amountRefunded": {"currency": "MAD", "amount": 100},
            }
        ],
    )
    payload = await brought_in(read, given)
    (result,) = payload["results"]
    assert (payload["count"], result["errors"]) == (1, [])
    order = result["order"]
    assert (order["status"], order["origin"]) == ("PARTIALLY_FULFILLED", "BULK_CREATE")
    assert (order["externalReference"], order["user"]["email"]) == ("old-1", customer.email)
    assert order["created"].startswith("2024-03-01T10:00")
    assert (order["weight"]["value"], order["displayGrossPrices"]) == (2.5, False)
    assert (order["metafield"], order["privateMetafield"]) == ("1", "2")
    assert (order["voucherCode"], order["giftCards"]) == (code, [{"code": card.code}])
    assert order["total"]["gross"]["amount"] == 200 + 900 + 60
    assert order["undiscountedTotal"]["gross"]["amount"] == 240 + 900 + 60
    assert (order["chargeStatus"], order["totalCharged"]["amount"]) == ("FULL", 1160)
    assert order["totalRefunded"]["amount"] == 100
    assert [discount["total"]["amount"] for discount in order["discounts"]] == [40]
    assert order["invoices"] == [{"number": "F-1", "externalUrl": "https://old.test/f1.pdf"}]
    assert [(event["type"], event["message"]) for event in order["events"]] == [("NOTE_ADDED", "paid late")]
    assert order["events"][0]["user"]["email"] == writer.email
    (parcel,) = order["fulfillments"]
    assert (parcel["trackingNumber"], parcel["lines"][0]["quantity"]) == ("AM1", 2)
    (payment,) = order["transactions"]
    assert (payment["pspReference"], payment["chargedAmount"]["amount"]) == ("psp-1", 1160)
    assert [(part["status"], part["total"]["gross"]["amount"]) for part in order["vendorOrders"]] == [
        ("FULFILLED", 240),
        ("UNFULFILLED", 920),
    ]
    assert [line["unitDiscount"]["amount"] for line in order["lines"]] == [20, 0]
    assert [line["taxRate"] for line in order["lines"]] == [pytest.approx(0.2, abs=0.001)] * 2
    assert await stock_of(session, shop.cup) == (8, 0)
    assert await stock_of(session, shop.rug) == (10, 1)
    assert card.current_balance_minor == 50_00
    assert heard == [("ORDER_BULK_CREATED", 1)]
    earned = await session.scalars(select(VendorEarning.sales_minor).order_by(VendorEarning.sales_minor))
    assert list(earned) == [200_00, 900_00]
    assert not await verify(session)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"channel": "nowhere"}, ("channel", "NOT_FOUND")),
        ({"currency": "EUR"}, ("currency", "INCORRECT_CURRENCY")),
        ({"createdAt": FUTURE}, ("created_at", "FUTURE_DATE")),
        ({"weight": -1}, ("weight", "INVALID")),
        ({"redirectUrl": "https://evil.example"}, ("redirect_url", "INVALID")),
        ({"externalReference": "taken"}, ("external_reference", "UNIQUE")),
        ({"user": {}}, ("user", "REQUIRED")),
        ({"user": {"id": "x", "email": "y"}}, ("user", "TOO_MANY_IDENTIFIERS")),
        ({"user": {"id": "VXNlcjo5OTk5OTk="}}, ("user.id", "NOT_FOUND")),
        ({"user": {"id": "nonsense"}}, ("user.id", "INVALID")),
        ({"billingAddress": {"country": "MA"}}, ("billing_address", "INVALID")),
        ({"shippingAddress": {"country": "MA"}}, ("shipping_address", "INVALID")),
        ({"lines": []}, ("lines", "INVALID")),
        ({"deliveryMethod": None}, ("delivery_method", "REQUIRED")),
        (
            {"deliveryMethod": {"shippingMethodId": "nonsense"}},
            ("delivery_method.shipping_method_id", "INVALID"),
        ),
        ({"status": "FULFILLED"}, ("status", "INVALID")),
        ({"status": "DRAFT"}, ("status", "INVALID")),
        ({"status": "RETURNED"}, ("status", "INVALID")),
        ({"voucherCode": "NOSUCH"}, ("voucher_code", "NOT_FOUND")),
        ({"giftCards": ["NOSUCH"]}, ("gift_cards.0", "NOT_FOUND")),
        ({"metadata": [{"key": "", "value": "x"}]}, ("metadata", "METADATA_KEY_REQUIRED")),
        ({"notes": [{"message": "x" * 256}]}, ("notes.0.message", "NOTE_LENGTH")),
        ({"notes": [{"message": "x", "date": FUTURE}]}, ("notes.0.date", "FUTURE_DATE")),
        ({"notes": [{"message": "x", "userEmail": "no@no.test"}]}, ("notes.0.user_email", "NOT_FOUND")),
        ({"notes": [{"message": "x", "appId": to_global_id("App", 0)}]}, ("notes.0.app_id", "NOT_FOUND")),
        ({"invoices": [{"createdAt": FUTURE}]}, ("invoices.0.created_at", "FUTURE_DATE")),
        ({"discounts": [{"valueType": "PERCENTAGE", "value": 101}]}, ("discounts.0", "INVALID")),
        (
            {"transactions": [{"amountCharged": {"currency": "EUR", "amount": 1}}]},
            ("transactions.0", "INCORRECT_CURRENCY"),
        ),
        ({"transactions": [{"externalUrl": "nonsense"}]}, ("transactions.0", "INVALID")),
        ({"transactions": [{"paymentMethodDetails": {}}]}, ("transactions.0", "INVALID")),
    ],
)
async def test_what_is_wrong_with_an_order_is_told(
    session: AsyncSession, read: Ask, shop: Shop, change: dict[str, Any], error: tuple[str, str]
) -> None:
    await brought_in(read, shop.order(externalReference="taken", lines=[shop.line("cup")]))
    before = await stock_of(session, shop.cup)
    payload = await brought_in(read, shop.order(**change), shop.order())
    errors = [(each["path"], each["code"]) for each in payload["results"][0]["errors"]]
    assert error in errors
    assert [result["order"] for result in payload["results"]] == [None, None]
    assert (payload["count"], await count(session)) == (0, 1)
    assert await stock_of(session, shop.cup) == before


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"quantity": 0}, ".quantity", "INVALID_QUANTITY"),
        ({"totalPrice": {"gross": 1, "net": 2}}, ".total_price", "PRICE_ERROR"),
        ({"undiscountedTotalPrice": {"gross": 1, "net": 1}}, ".undiscounted_total_price", "PRICE_ERROR"),
        ({"variantId": None}, "", "REQUIRED"),
        ({"variantId": "nonsense"}, ".variant_id", "INVALID"),
        ({"variantSku": "both"}, "", "TOO_MANY_IDENTIFIERS"),
        ({"warehouse": "nonsense"}, ".warehouse", "INVALID"),
        ({"createdAt": FUTURE}, ".created_at", "FUTURE_DATE"),
        ({"taxClassId": "VGF4Q2xhc3M6OTk5OTk="}, ".tax_class_id", "NOT_FOUND"),
        ({"quantity": 11}, "", "INSUFFICIENT_STOCK"),
    ],
)
async def test_what_is_wrong_with_a_line_is_told(
    session: AsyncSession, read: Ask, shop: Shop, change: dict[str, Any], path: str, code: str
) -> None:
    payload = await brought_in(read, shop.order(lines=[shop.line("cup", **change)]))
    errors = [(each["path"], each["code"]) for each in payload["results"][0]["errors"]]
    assert (f"lines.0{path}", code) in errors
    assert await count(session) == 0


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"orderLineIndex": -1}, ".order_line_index", "NEGATIVE_INDEX"),
        ({"orderLineIndex": 9}, ".order_line_index", "NO_RELATED_ORDER_LINE"),
        ({"orderLineIndex": 1}, ".warehouse", "ORDER_LINE_FULFILLMENT_LINE_MISMATCH"),
    ],
)
async def test_what_left_has_to_have_been_bought(
    read: Ask, shop: Shop, change: dict[str, Any], path: str, code: str
) -> None:
    piece = {
        "variantId": to_global_id("ProductVariant", shop.cup.id),
        "quantity": 1,
        "warehouse": shop.cup_room,
        "orderLineIndex": 0,
    }
    payload = await brought_in(read, shop.order(fulfillments=[{"lines": [piece | change]}]))
    assert (f"fulfillments.0.lines.0{path}", code) in [
        (each["path"], each["code"]) for each in payload["results"][0]["errors"]
    ]
    more = await brought_in(read, shop.order(fulfillments=[{"lines": [piece | {"quantity": 3}]}]))
    assert more["results"][0]["errors"][0]["code"] == "INVALID_QUANTITY"


async def test_error_policies_say_what_becomes_of_the_others(
    session: AsyncSession, read: Ask, shop: Shop
) -> None:
    good, bad = shop.order(), shop.order(notes=[{"message": "x" * 300}, {"message": "kept"}])
    rejected = await brought_in(read, good, bad)
    assert (rejected["count"], await count(session)) == (0, 0)
    some = await brought_in(read, good, bad, policy="REJECT_FAILED_ROWS")
    assert [result["order"] is not None for result in some["results"]] == [True, False]
    all_of_them = await brought_in(read, good, bad, policy="IGNORE_FAILED")
    assert all_of_them["count"] == 2
    (note,) = all_of_them["results"][1]["order"]["events"]
    assert note["message"] == "kept"
    lost = await brought_in(read, shop.order(currency="EUR"), policy="IGNORE_FAILED")
    assert (lost["count"], lost["results"][0]["order"]) == (0, None)


@pytest.mark.parametrize(
    ("policy", "brought", "cups"), [("UPDATE", 0, (10, 0)), ("FORCE", 1, (10, 10)), ("SKIP", 1, (10, 0))]
)
async def test_stock_policies_say_what_is_taken(
    session: AsyncSession, read: Ask, shop: Shop, policy: str, brought: int, cups: tuple[int, int]
) -> None:
    order = shop.order(lines=[shop.line("cup", quantity=12)])
    payload = await brought_in(read, order, stock=policy)
    assert payload["count"] == brought
    assert await stock_of(session, shop.cup) == cups


async def test_what_is_not_sold_here_any_more_is_its_store_rooms_sellers(
    session: AsyncSession, read: Ask, shop: Shop
) -> None:
    gone = shop.line("cup", variantId=None, productName="Théière", variantName="rouge")
    payload = await brought_in(read, shop.order(lines=[gone]), stock="SKIP")
    (result,) = payload["results"]
    assert result["errors"] == []
    assert result["order"]["lines"][0]["productName"] == "Théière"
    (part,) = await session.scalars(select(VendorOrder))
    earning = await session.get_one(VendorEarning, part.id)
    assert earning.vendor_id == part.vendor_id


async def test_an_order_that_was_called_off_takes_nothing(
    session: AsyncSession, read: Ask, shop: Shop
) -> None:
    payload = await brought_in(read, shop.order(status="CANCELED"))
    order = payload["results"][0]["order"]
    assert {part["status"] for part in order["vendorOrders"]} == {"CANCELED"}
    assert await stock_of(session, shop.cup) == (10, 0)
    assert not await verify(session)


async def test_fifty_orders_cost_as_many_statements_as_one(
    session: AsyncSession, read: Ask, ask: Ask, shop: Shop, connection: AsyncConnection
) -> None:
    document = IMPORT.split("results {", maxsplit=1)[0] + "} }"
    fifty = [
        shop.order(externalReference=f"old-{number}", lines=[shop.line("cup")], notes=[{"message": "x"}])
        for number in range(50)
    ]
    with counted(connection) as statements:
        answer = await read(document, IMPORTER, orders=deepcopy(fifty), stock="FORCE")
    assert answer["orderBulkCreate"]["count"] == 50
    assert len([each for each in statements if "SAVEPOINT" not in each]) <= 30
    too_many = await read(document, IMPORTER, orders=[*fifty, shop.order()])
    assert too_many["orderBulkCreate"]["errors"] == [{"path": "orders", "code": "BULK_LIMIT"}]
    refused = await ask(document, staff(Permission.MANAGE_ORDERS), orders=fifty)
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_a_note_may_be_an_apps(session: AsyncSession, read: Ask, shop: Shop) -> None:
    app = await make_app(session)
    note = {"message": "from the ledger", "appId": to_global_id("App", app.id)}
    await brought_in(read, shop.order(lines=[shop.line("cup")], notes=[note]))
    event = await session.scalar(select(OrderEvent).where(OrderEvent.type == "NOTE_ADDED"))
    assert event is not None
    assert (event.app_id, event.user_id, event.parameters["message"]) == (app.id, None, "from the ledger")


async def test_a_tax_class_is_told_of_as_it_was(session: AsyncSession, read: Ask, shop: Shop) -> None:
    said = [{"key": "code", "value": "7"}]
    line = shop.line("cup", taxClassMetadata=said, taxClassPrivateMetadata=said)
    delivery = shop.order()["deliveryMethod"] | {"shippingTaxClassMetadata": said}
    made = await brought_in(read, shop.order(lines=[line], deliveryMethod=delivery))
    assert made["errors"] == []
    document = """query ($id: ID!) { order(id: $id) {
      shippingTaxClassMetadata { key value } shippingTaxClassPrivateMetadata { key }
      lines { taxClassMetadata { key value } taxClassPrivateMetadata { key value } } } }"""
    order = (await session.scalars(select(Order))).one()
    shown = await read(document, IMPORTER, id=to_global_id("Order", order.id))
    assert shown["order"] == {
        "shippingTaxClassMetadata": said,
        "shippingTaxClassPrivateMetadata": [],
        "lines": [{"taxClassMetadata": said, "taxClassPrivateMetadata": said}],
    }
