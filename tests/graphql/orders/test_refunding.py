"""Money back and goods back, by Saleor's own mutations. Whatever is paid back, the ledger agrees."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.orders import fulfilment
from marketplace.orders.models import Fulfillment, FulfillmentLine, Order, VendorOrder, VendorOrderStatus
from marketplace.orders.refunds import PartRefund
from marketplace.payments.models import CashCollection, CashStatus
from marketplace.payouts.journal import balances
from marketplace.payouts.release import release_due
from tests.factories.orders import make_unpaid_order
from tests.factories.payouts import make_rule
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, seller, staff
from tests.graphql.orders.conftest import Placed, history, place, place_paid, set_rules, shelves
from tests.ledger import faults

ORDER = """order { status chargeStatus paymentStatus isPaid totalCharged { amount }
  totalRefunded { amount } totalBalance { amount } fulfillments { status lines { quantity } }
  vendorOrders { status } }"""
PARCEL = """{ status reason totalRefundedAmount { amount } shippingRefundedAmount { amount }
  lines { quantity reason } }"""
PAID = f"""mutation P($id: ID!, $reference: String) {{
  orderMarkAsPaid(id: $id, transactionReference: $reference) {{ {ORDER}  errors {{ field code }} }} }}"""
REFUND_AMOUNT = f"""mutation R($id: ID!, $amount: PositiveDecimal!) {{
  orderRefund(id: $id, amount: $amount) {{ {ORDER} errors {{ field code }} }} }}"""
REFUND = f"""mutation R($order: ID!, $input: OrderRefundProductsInput!) {{
  orderFulfillmentRefundProducts(order: $order, input: $input) {{
    fulfillment {PARCEL} {ORDER} errors {{ field code orderLines }} }} }}"""
RETURN = f"""mutation R($order: ID!, $input: OrderReturnProductsInput!) {{
  orderFulfillmentReturnProducts(order: $order, input: $input) {{
    returnFulfillment {PARCEL} replaceFulfillment {PARCEL} {ORDER}
    replaceOrder {{ status origin original userEmail total {{ gross {{ amount }} }}
                    lines {{ quantity productName unitPrice {{ gross {{ amount }} }} }} }}
    errors {{ field code orderLines }} }} }}"""


async def parcel_line(session: AsyncSession, index: int = 0) -> str:
    keys = await session.scalars(select(FulfillmentLine.id).order_by(FulfillmentLine.id))
    return to_global_id("FulfillmentLine", keys.all()[index])


async def send(session: AsyncSession, placed: Placed, *, deliver: bool = True) -> None:
    """Every part leaves, and arrives."""
    for part in placed.parts:
        await fulfilment.fulfil(session, part.id)
        if deliver:
            await fulfilment.deliver(session, part.id)


async def do(read: Ask, document: str, placed: Placed, **given: Any) -> dict[str, Any]:
    requester = given.pop("requester", placed.clerk)
    ((made,),) = [(await read(document, requester, order=placed.id, input=given)).values()]
    answer: dict[str, Any] = made
    return answer


def codes(payload: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(error["field"], error["code"]) for error in payload["errors"]]


def money(order: dict[str, Any]) -> tuple[float, float, float]:
    """What is charged, what was paid back, and the balance."""
    return tuple(order[name]["amount"] for name in ("totalCharged", "totalRefunded", "totalBalance"))  # type: ignore[return-value]


# Marked as paid


async def test_staff_say_that_an_order_was_paid(session: AsyncSession, read: Ask, told: list[str]) -> None:
    placed = await place(session, make=make_unpaid_order)
    told.clear()
    done = (await read(PAID, placed.clerk, id=placed.id, reference=" VIR-7 "))["orderMarkAsPaid"]
    assert done["errors"] == []
    assert (done["order"]["chargeStatus"], done["order"]["isPaid"]) == ("FULL", True)
    assert money(done["order"]) == (270, 0, 0)
    assert told == ["ORDER_PAID", "ORDER_FULLY_PAID", "ORDER_UPDATED"]
    assert await history(session, placed.order) == ["ORDER_MARKED_AS_PAID"]
    shown = await read(
        """query O($id: ID!) { order(id: $id) { events { type transactionReference user { email } }
        transactions { name actions pspReference chargedAmount { amount } events { type message } } } }""",
        placed.clerk,
        id=placed.id,
    )
    assert shown["order"]["events"][-1]["transactionReference"] == "VIR-7"
    assert shown["order"]["transactions"] == [
        {
            "name": "Mark-as-paid transaction",
            "actions": ["REFUND"],
            "pspReference": "VIR-7",
            "chargedAmount": {"amount": 270},
            "events": [{"type": "CHARGE_SUCCESS", "message": "Manual payment"}],
        }
    ]
    assert await faults(session) == []


async def test_what_has_payments_no_bill_or_a_known_reference_is_not_marked_as_paid(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place(session)
    again = (await read(PAID, placed.clerk, id=placed.id))["orderMarkAsPaid"]
    assert codes(again) == [("transaction", "TRANSACTION_ERROR")]
    assert await history(session, placed.order) == ["TRANSACTION_MARK_AS_PAID_FAILED"]
    first, second = [await place(session, make=make_unpaid_order) for _ in range(2)]
    await read(PAID, placed.clerk, id=first.id, reference="VIR-1")
    known = (await read(PAID, placed.clerk, id=second.id, reference="VIR-1"))["orderMarkAsPaid"]
    assert codes(known) == [("transactionReference", "UNIQUE")]
    endless = (await read(PAID, placed.clerk, id=second.id, reference="x" * 513))["orderMarkAsPaid"]
    assert codes(endless) == [("transactionReference", "INVALID")]
    second.order.billing_address_id = None
    unbilled = (await read(PAID, placed.clerk, id=second.id))["orderMarkAsPaid"]
    assert codes(unbilled) == [(None, "BILLING_ADDRESS_NOT_SET")]
    nobody = to_global_id("Order", "00000000-0000-0000-0000-000000000001")
    assert codes((await read(PAID, placed.clerk, id=nobody))["orderMarkAsPaid"]) == [("id", "NOT_FOUND")]


# Refunds


async def test_pieces_that_have_not_left_are_paid_back_and_for_sale_again(
    session: AsyncSession, read: Ask, told: list[str]
) -> None:
    placed = await place_paid(session, sellers=2)
    told.clear()
    done = await do(read, REFUND, placed, orderLines=[{"orderLineId": placed.line_id(0), "quantity": 1}])
    assert done["errors"] == []
    assert done["fulfillment"] == {
        "status": "REFUNDED",
        "reason": None,
        "totalRefundedAmount": {"amount": 120},
        "shippingRefundedAmount": None,
        "lines": [{"quantity": 1, "reason": None}],
    }
    assert (done["order"]["status"], done["order"]["chargeStatus"]) == ("PARTIALLY_FULFILLED", "PARTIAL")
    assert money(done["order"]) == (420, 120, -120)
    assert await shelves(session) == [(10, 1), (10, 2)]
    assert told == ["ORDER_REFUNDED", "ORDER_UPDATED"]
    assert (await history(session, placed.order))[-3:] == [
        "FULFILLMENT_REFUNDED",
        "PAYMENT_REFUNDED",
        "EMAIL_SENT",
    ]
    await send(session, placed)
    assert await faults(session) == []


async def test_a_part_of_which_all_is_paid_back_before_it_left_is_called_off(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place_paid(session, sellers=2)
    done = await do(
        read,
        REFUND,
        placed,
        orderLines=[{"orderLineId": placed.line_id(0), "quantity": 2}],
        includeShippingCosts=True,
    )
    assert done["fulfillment"]["shippingRefundedAmount"] == {"amount": 30}
    assert [part["status"] for part in done["order"]["vendorOrders"]] == ["CANCELED", "UNFULFILLED"]
    # Nothing is owed for what was called off, and nothing is left of what was paid for it.
    assert money(done["order"]) == (270, 270, 0)
    assert (done["order"]["chargeStatus"], done["order"]["isPaid"]) == ("FULL", True)
    assert await faults(session) == []


async def test_an_order_of_which_all_is_paid_back_does_not_read_as_paid(
    session: AsyncSession, read: Ask, told: list[str]
) -> None:
    placed = await place_paid(session)
    await send(session, placed)
    told.clear()
    done = await do(
        read,
        REFUND,
        placed,
        fulfillmentLines=[{"fulfillmentLineId": await parcel_line(session), "quantity": 2}],
        includeShippingCosts=True,
    )
    order = done["order"]
    assert (order["chargeStatus"], order["isPaid"], order["paymentStatus"]) == (
        "NONE",
        False,
        "FULLY_REFUNDED",
    )
    assert money(order) == (0, 270, -270)
    assert order["fulfillments"] == [{"status": "REFUNDED", "lines": [{"quantity": 2}]}]
    assert told == ["ORDER_REFUNDED", "ORDER_FULLY_REFUNDED", "ORDER_UPDATED"]
    assert await faults(session) == []
    held = (await balances(session, placed.parts[0].vendor_id))["MAD"].held
    assert held.minor == 0


@pytest.mark.parametrize("released", [False, True])
async def test_a_refund_takes_the_earning_and_the_commission_back_in_proportion(
    session: AsyncSession, read: Ask, clock: ModuleType, released: bool
) -> None:
    await make_rule(session, 833)
    placed = await place_paid(session, quantity=3, price_minor=33_33)
    await send(session, placed)
    if released:
        clock.advance(timedelta(days=8))
        await release_due(session)
    vendor_id = placed.parts[0].vendor_id
    earned = (await balances(session, vendor_id))["MAD"]
    before = (earned.payable if released else earned.held).minor
    line = await parcel_line(session)
    for _ in range(3):
        line = await parcel_line(session)
        await do(read, REFUND, placed, fulfillmentLines=[{"fulfillmentLineId": line, "quantity": 1}])
        assert await faults(session) == []
    after = (await balances(session, vendor_id))["MAD"]
    assert before > 0
    assert (after.held.minor, after.payable.minor) == (0, 0)
    if not released:
        clock.advance(timedelta(days=8))
        await release_due(session)  # There is nothing left to release.
        assert await faults(session) == []


async def test_a_refund_before_the_delivery_is_booked_with_it(session: AsyncSession, read: Ask) -> None:
    await make_rule(session, 1000)
    placed = await place_paid(session)
    await do(read, REFUND, placed, orderLines=[{"orderLineId": placed.line_id(), "quantity": 1}])
    vendor_id = placed.parts[0].vendor_id
    assert await balances(session, vendor_id) == {}
    await send(session, placed)
    # One of two pieces at 120.00, less 10 % commission and 20 % VAT on it.
    assert (await balances(session, vendor_id))["MAD"].held.minor == 105_60
    assert await faults(session) == []


async def test_an_amount_is_shared_by_what_the_pieces_cost_and_never_exceeds_what_was_paid(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place_paid(session, sellers=2)
    lines = [{"orderLineId": placed.line_id(index), "quantity": 1} for index in (0, 1)]
    too_much = await do(read, REFUND, placed, orderLines=lines, amountToRefund=540.01)
    assert codes(too_much) == [("amountToRefund", "CANNOT_REFUND")]
    of_one = await do(read, REFUND, placed, orderLines=lines[:1], amountToRefund=270.01)
    assert codes(of_one) == [("amountToRefund", "CANNOT_REFUND")]
    assert await session.scalar(select(Fulfillment.id)) is None
    done = await do(read, REFUND, placed, orderLines=lines, amountToRefund=300.01)
    assert done["errors"] == []
    shares = await session.scalars(select(PartRefund.goods_minor).order_by(PartRefund.id))
    assert sorted(shares) == [150_00, 150_01]
    assert money(done["order"]) == (239.99, 300.01, -300.01)
    assert await faults(session) == []


async def test_a_part_can_not_be_paid_back_from_what_was_paid_for_another(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place(session, sellers=2)
    await fulfilment.fulfil(session, placed.parts[0].id)
    await fulfilment.deliver(session, placed.parts[0].id)  # Paid at the door; the other is not.
    of_other = {"orderLineId": placed.line_id(1), "quantity": 1}
    refused = await do(read, REFUND, placed, orderLines=[of_other], amountToRefund=10)
    assert codes(refused) == [("amountToRefund", "CANNOT_REFUND")]


async def test_what_will_not_come_is_not_asked_for_at_the_door(session: AsyncSession, read: Ask) -> None:
    placed = await place(session)
    done = await do(read, REFUND, placed, orderLines=[{"orderLineId": placed.line_id(), "quantity": 1}])
    assert done["fulfillment"]["totalRefundedAmount"] == {"amount": 0}
    assert money(done["order"]) == (0, 0, -150)
    await send(session, placed)
    shown = await read(
        "query O($id: ID!) { order(id: $id) { isPaid chargeStatus totalBalance { amount } } }",
        placed.clerk,
        id=placed.id,
    )
    assert shown["order"] == {"isPaid": True, "chargeStatus": "FULL", "totalBalance": {"amount": 0}}
    assert await session.scalar(select(CashCollection.amount_minor)) == 150_00
    assert await faults(session) == []


async def test_of_a_part_that_is_given_up_nothing_is_asked_for_at_the_door(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place(session)
    done = await do(read, REFUND, placed, orderLines=[{"orderLineId": placed.line_id(), "quantity": 2}])
    assert (done["order"]["status"], done["order"]["isPaid"]) == ("CANCELED", False)
    assert await session.scalar(select(CashCollection.status)) is CashStatus.CANCELED
    assert await shelves(session) == [(10, 0)]
    assert (await history(session, placed.order))[-2:] == ["CANCELED", "EMAIL_SENT"]
    assert await faults(session) == []


async def test_wrong_pieces_are_refused_and_nothing_changes(session: AsyncSession, read: Ask) -> None:
    placed, other = await place_paid(session), await place_paid(session)
    await fulfilment.fulfil(session, placed.parts[0].id, {placed.lines[0].id: 1})
    line, parcel = placed.line_id(), await parcel_line(session)
    for given, expected in (
        ({}, ("orderLines", "REQUIRED")),
        ({"orderLines": [{"orderLineId": line, "quantity": 2}]}, ("orderLineId", "INVALID_QUANTITY")),
        ({"orderLines": [{"orderLineId": line, "quantity": 0}]}, ("orderLineId", "INVALID_QUANTITY")),
        (
            {"orderLines": [{"orderLineId": line, "quantity": 1}] * 2},
            ("orderLineId", "DUPLICATED_INPUT_ITEM"),
        ),
        ({"orderLines": [{"orderLineId": other.line_id(), "quantity": 1}]}, ("orderLineId", "NOT_FOUND")),
        ({"orderLines": [{"orderLineId": parcel, "quantity": 1}]}, ("orderLineId", "INVALID")),
        (
            {"fulfillmentLines": [{"fulfillmentLineId": parcel, "quantity": 2}]},
            ("fulfillmentLineId", "INVALID_QUANTITY"),
        ),
        (
            {"fulfillmentLines": [{"fulfillmentLineId": parcel, "quantity": 1}], "amountToRefund": 0.001},
            ("amountToRefund", "INVALID"),
        ),
    ):
        assert codes(await do(read, REFUND, placed, **given)) == [expected]
    await do(read, REFUND, placed, fulfillmentLines=[{"fulfillmentLineId": parcel, "quantity": 1}])
    refunded = await parcel_line(session)
    again = await do(read, REFUND, placed, fulfillmentLines=[{"fulfillmentLineId": refunded, "quantity": 1}])
    assert codes(again) == [("fulfillmentLineId", "INVALID")]
    unpaid = await place(session, make=make_unpaid_order)
    nothing = await do(read, REFUND, unpaid, orderLines=[{"orderLineId": unpaid.line_id(), "quantity": 1}])
    assert codes(nothing) == [("order", "CANNOT_REFUND")]


async def test_an_order_is_paid_back_by_amount(session: AsyncSession, read: Ask) -> None:
    placed = await place_paid(session)
    for amount, expected in ((0, ("amount", "ZERO_QUANTITY")), (270.01, ("amount", "CANNOT_REFUND"))):
        refused = (await read(REFUND_AMOUNT, placed.clerk, id=placed.id, amount=amount))["orderRefund"]
        assert codes(refused) == [expected]
    done = (await read(REFUND_AMOUNT, placed.clerk, id=placed.id, amount=250))["orderRefund"]
    assert (done["errors"], money(done["order"])) == ([], (20, 250, -250))
    assert done["order"]["fulfillments"] == [{"status": "REFUNDED", "lines": []}]
    # What exceeds the goods is of the delivery.
    borne = (await session.execute(select(PartRefund.goods_minor, PartRefund.shipping_minor))).one()
    assert tuple(borne) == (240_00, 10_00)
    await send(session, placed)
    assert await faults(session) == []


# Returns


async def test_pieces_come_back_and_are_paid_back(session: AsyncSession, read: Ask) -> None:
    placed = await place_paid(session)
    await send(session, placed)
    done = await do(
        read,
        RETURN,
        placed,
        fulfillmentLines=[
            {"fulfillmentLineId": await parcel_line(session), "quantity": 1, "reason": "Trop petit"}
        ],
        refund=True,
        reason=" Retour ",
    )
    assert done["errors"] == []
    assert done["returnFulfillment"] == {
        "status": "REFUNDED_AND_RETURNED",
        "reason": "Retour",
        "totalRefundedAmount": {"amount": 120},
        "shippingRefundedAmount": None,
        "lines": [{"quantity": 1, "reason": "Trop petit"}],
    }
    assert (done["order"]["status"], done["replaceOrder"]) == ("PARTIALLY_RETURNED", None)
    assert [parcel["status"] for parcel in done["order"]["fulfillments"]] == [
        "FULFILLED",
        "REFUNDED_AND_RETURNED",
    ]
    assert await shelves(session) == [(8, 0)]  # What came back is looked at before it is sold again.
    assert "FULFILLMENT_RETURNED" in await history(session, placed.order)
    assert await faults(session) == []


async def test_all_of_a_delivered_part_comes_back_and_its_buyer_is_owed_the_money(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place_paid(session)
    await send(session, placed)
    line = {"fulfillmentLineId": await parcel_line(session), "quantity": 2}
    done = await do(read, RETURN, placed, fulfillmentLines=[line])
    assert done["returnFulfillment"]["status"] == "RETURNED"
    assert (done["order"]["status"], done["order"]["chargeStatus"]) == ("RETURNED", "OVERCHARGED")
    assert done["order"]["vendorOrders"] == [{"status": "RETURNED"}]
    assert money(done["order"]) == (270, 0, 270)
    line = {"fulfillmentLineId": await parcel_line(session), "quantity": 2}
    back = await do(read, REFUND, placed, fulfillmentLines=[line], includeShippingCosts=True)
    assert (back["fulfillment"]["status"], back["order"]["status"]) == ("REFUNDED_AND_RETURNED", "RETURNED")
    assert (money(back["order"]), back["order"]["isPaid"]) == ((0, 270, 0), False)
    assert await faults(session) == []


async def test_what_was_paid_back_is_not_paid_back_again_when_it_comes_back(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place_paid(session)
    await send(session, placed)
    line = {"fulfillmentLineId": await parcel_line(session), "quantity": 1}
    await do(read, REFUND, placed, fulfillmentLines=[line])
    refunded = {"fulfillmentLineId": await parcel_line(session, 1), "quantity": 1}
    done = await do(read, RETURN, placed, fulfillmentLines=[refunded], refund=True)
    assert done["returnFulfillment"]["totalRefundedAmount"] == {"amount": 0}
    assert money(done["order"]) == (150, 120, -120)
    assert await faults(session) == []


async def test_what_comes_back_before_the_carrier_confirms_was_refused(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place(session)
    await send(session, placed, deliver=False)
    line = {"fulfillmentLineId": await parcel_line(session), "quantity": 1}
    some = await do(read, RETURN, placed, fulfillmentLines=[line])
    assert (some["order"]["status"], some["order"]["vendorOrders"]) == (
        "PARTIALLY_RETURNED",
        [{"status": "FULFILLED"}],
    )
    assert await session.scalar(select(CashCollection.amount_minor)) == 150_00
    rest = {"fulfillmentLineId": await parcel_line(session), "quantity": 1}
    done = await do(read, RETURN, placed, fulfillmentLines=[rest])
    assert (done["order"]["status"], done["order"]["vendorOrders"]) == ("RETURNED", [{"status": "REFUSED"}])
    assert await session.scalar(select(CashCollection.status)) is CashStatus.REFUSED
    assert await faults(session) == []


async def test_a_parcel_that_waits_is_emptied_and_forgotten(session: AsyncSession, read: Ask) -> None:
    placed = await place_paid(session)
    await set_rules(session, fulfillment_auto_approve=False)
    await fulfilment.fulfil(session, placed.parts[0].id)
    line = {"fulfillmentLineId": await parcel_line(session), "quantity": 2}
    done = await do(read, REFUND, placed, fulfillmentLines=[line])
    assert (done["errors"], done["order"]["fulfillments"]) == (
        [],
        [{"status": "REFUNDED", "lines": [{"quantity": 2}]}],
    )
    assert await shelves(session) == [(10, 0)]
    assert await session.scalar(select(FulfillmentLine.has_left)) is False


async def test_other_pieces_are_sent_by_a_draft_with_the_same_lines(
    session: AsyncSession, read: Ask, told: list[str]
) -> None:
    placed = await place_paid(session)
    await send(session, placed)
    told.clear()
    line = {"fulfillmentLineId": await parcel_line(session), "quantity": 1, "replace": True}
    done = await do(read, RETURN, placed, fulfillmentLines=[line], refund=True)
    assert done["errors"] == []
    assert (done["returnFulfillment"], done["replaceFulfillment"]["status"]) == (None, "REPLACED")
    assert done["replaceOrder"] == {
        "status": "DRAFT",
        "origin": "REISSUE",
        "original": placed.id,
        "userEmail": "salma@example.test",
        "total": {"gross": {"amount": 120}},
        "lines": [
            {
                "quantity": 1,
                "productName": placed.lines[0].product_name,
                "unitPrice": {"gross": {"amount": 120}},
            }
        ],
    }
    assert money(done["order"]) == (270, 0, 0)  # What is replaced is not paid back.
    assert done["order"]["status"] == "FULFILLED"
    assert told == ["ORDER_UPDATED", "DRAFT_ORDER_CREATED"]
    assert (await history(session, placed.order))[-2:] == [
        "FULFILLMENT_REPLACED",
        "ORDER_REPLACEMENT_CREATED",
    ]
    draft = await session.scalar(select(Order).where(Order.original_id == placed.order.id))
    assert draft is not None
    assert draft.shipping_address_id not in {None, placed.order.shipping_address_id}
    shown = await read(
        """query O($id: ID!) { order(id: $id) {
          events { type relatedOrder { id } lines { quantity itemName } } } }""",
        placed.clerk,
        id=to_global_id("Order", draft.id),
    )
    assert shown["order"]["events"] == [
        {
            "type": "DRAFT_CREATED_FROM_REPLACE",
            "relatedOrder": {"id": placed.id},
            "lines": [{"quantity": 1, "itemName": placed.lines[0].product_name}],
        }
    ]
    assert await faults(session) == []


async def test_what_is_not_sold_any_more_has_no_replacement(session: AsyncSession, read: Ask) -> None:
    placed = await place_paid(session)
    placed.lines[0].variant_id = None
    line = {"orderLineId": placed.line_id(), "quantity": 1, "replace": True}
    refused = await do(read, RETURN, placed, orderLines=[line])
    assert codes(refused) == [("orderLineId", "INVALID_QUANTITY")]


async def test_a_reason_page_is_refused_as_long_as_the_shop_has_none(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place_paid(session)
    line = {"orderLineId": placed.line_id(), "quantity": 1}
    page = to_global_id("Page", 1)
    for given in (
        {"orderLines": [line], "reasonReference": page},
        {"orderLines": [line | {"reasonReference": page}]},
    ):
        assert codes(await do(read, RETURN, placed, **given)) == [("reasonReference", "INVALID")]


async def test_a_seller_says_what_of_its_own_came_back_and_leaves_money_to_staff(
    session: AsyncSession, read: Ask, ask: Ask
) -> None:
    placed = await place_paid(session, sellers=2)
    await send(session, placed)
    member = seller(placed.parts[0].vendor_id, await make_user(session))
    own, strange = await parcel_line(session, 0), await parcel_line(session, 1)
    refused = await do(
        read,
        RETURN,
        placed,
        fulfillmentLines=[{"fulfillmentLineId": strange, "quantity": 1}],
        requester=member,
    )
    assert codes(refused) == [("fulfillmentLineId", "NOT_FOUND")]
    for more in ({"refund": True}, {"amountToRefund": 1}):
        given = {"fulfillmentLines": [{"fulfillmentLineId": own, "quantity": 1}], **more}
        answer = await ask(RETURN, member, order=placed.id, input=given)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    line = {"fulfillmentLineId": own, "quantity": 2}
    done = await do(read, RETURN, placed, fulfillmentLines=[line], requester=member)
    assert (done["errors"], done["returnFulfillment"]["status"], done["order"]) == ([], "RETURNED", None)
    status = select(VendorOrder.status).where(VendorOrder.id == placed.parts[0].id)
    assert await session.scalar(status) is VendorOrderStatus.RETURNED


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (PAID, {"id": "T3JkZXI6MQ=="}),
        (REFUND_AMOUNT, {"id": "T3JkZXI6MQ==", "amount": 1}),
        (REFUND, {"order": "T3JkZXI6MQ==", "input": {}}),
        (RETURN, {"order": "T3JkZXI6MQ==", "input": {}}),
    ],
)
async def test_money_is_for_who_may_handle_orders(
    session: AsyncSession, ask: Ask, document: str, variables: dict[str, Any]
) -> None:
    for requester in (None, buyer(await make_user(session)), staff("MANAGE_PRODUCTS")):
        answer = await ask(document, requester, **variables)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
