"""Payments that apps and staff write down, and what they tell of them."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace_graphql.kernel import Requester
from tests.factories.apps import make_app
from tests.factories.checkout import make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, app_itself, staff

CREATE = """
mutation ($id: ID!, $transaction: TransactionCreateInput!, $event: TransactionEventInput) {
  it: transactionCreate(id: $id, transaction: $transaction, transactionEvent: $event) {
    transaction { ...Payment } errors { field code } } }
"""
UPDATE = """
mutation ($id: ID, $transaction: TransactionUpdateInput, $event: TransactionEventInput) {
  it: transactionUpdate(id: $id, transaction: $transaction, transactionEvent: $event) {
    transaction { ...Payment } errors { field code } } }
"""
PAYMENT = """
fragment Payment on TransactionItem {
  id name pspReference actions externalUrl createdBy { ... on App { name } ... on User { email } }
  chargedAmount { amount } authorizedAmount { amount } refundedAmount { amount } canceledAmount { amount }
  paymentMethodDetails { __typename name ... on CardPaymentMethodDetails { brand lastDigits expYear } }
  metadata { key value } events { type message pspReference } }
"""
REPORT = """
mutation ($id: ID, $type: TransactionEventTypeEnum!, $ref: String!, $amount: PositiveDecimal,
          $actions: [TransactionActionEnum!]) {
  it: transactionEventReport(id: $id, type: $type, pspReference: $ref, amount: $amount,
                             availableActions: $actions) {
    alreadyProcessed transaction { ...Payment } transactionEvent { type amount { amount } }
    errors { field code } } }
"""
LIST = """
query ($where: TransactionWhereInput, $sort: TransactionSortingInput) {
  transactions(first: 10, where: $where, sortBy: $sort) { totalCount edges { node { pspReference } } } }
"""


def mad(amount: float, currency: str = "MAD") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


@pytest.fixture
async def app(session: AsyncSession) -> App:
    return await make_app(session, "HANDLE_PAYMENTS", name="Till")  # type: ignore[arg-type]


@pytest.fixture
async def cashier(session: AsyncSession) -> Requester:
    return staff("HANDLE_PAYMENTS", "MANAGE_ORDERS", user=await make_user(session, is_staff=True))


async def _made(read: Ask, requester: Requester, cart_id: str, **said: Any) -> dict[str, Any]:
    payload = (await read(CREATE + PAYMENT, requester, id=cart_id, transaction=said))["it"]
    assert payload["errors"] == []
    transaction: dict[str, Any] = payload["transaction"]
    return transaction


async def test_an_app_writes_a_payment_down_and_the_order_is_paid(
    session: AsyncSession, read: Ask, cart_id: str, app: App
) -> None:
    card = {"name": "Visa", "brand": "visa", "lastDigits": "4242", "expYear": 2030}
    made = await _made(
        read,
        app_itself(app),
        cart_id,
        name="Card",
        pspReference="psp-1",
        availableActions=["REFUND"],
        amountCharged=mad(150),
        externalUrl="https://psp.test/1",
        metadata=[{"key": "a", "value": "b"}],
        paymentMethodDetails={"card": card},
    )
    amounts = {name: {"amount": 0.0} for name in ("authorizedAmount", "refundedAmount", "canceledAmount")}
    assert made == {
        "id": made["id"],
        "name": "Card",
        "pspReference": "psp-1",
        "actions": ["REFUND"],
        "externalUrl": "https://psp.test/1",
        "createdBy": {"name": "Till"},
        "chargedAmount": {"amount": 150.0},
        **amounts,
        "paymentMethodDetails": {
            "__typename": "CardPaymentMethodDetails",
            "name": "Visa",
            "brand": "visa",
            "lastDigits": "4242",
            "expYear": 2030,
        },
        "metadata": [{"key": "a", "value": "b"}],
        "events": [
            {
                "type": "CHARGE_SUCCESS",
                "message": "Manual adjustment of the transaction.",
                "pspReference": "",
            }
        ],
    }
    complete = "mutation ($id: ID!) { it: checkoutComplete(id: $id) { errors { code } } }"
    assert (await read(complete, id=cart_id))["it"]["errors"] == []
    order = (await session.scalars(select(Order).execution_options(populate_existing=True))).one()
    assert (order.charge_status, order.total_charged_minor) == ("FULL", 150_00)


async def test_each_amount_is_what_was_said(read: Ask, cart_id: str, cashier: Requester) -> None:
    said = {"amountAuthorized": 10, "amountCharged": 11, "amountRefunded": 12, "amountCanceled": 13}
    made = await _made(read, cashier, cart_id, **{name: mad(amount) for name, amount in said.items()})
    read_back = [
        made[name]["amount"]
        for name in ("authorizedAmount", "chargedAmount", "refundedAmount", "canceledAmount")
    ]
    assert read_back == [10.0, 11.0, 12.0, 13.0]
    changed = {"amountAuthorized": mad(5), "amountCharged": mad(6)}
    payload = (await read(UPDATE + PAYMENT, cashier, id=made["id"], transaction=changed))["it"]
    transaction = payload["transaction"]
    assert (transaction["authorizedAmount"], transaction["chargedAmount"]) == (
        {"amount": 5.0},
        {"amount": 6.0},
    )


async def test_an_event_may_only_be_said(read: Ask, cart_id: str, cashier: Requester) -> None:
    event = {"message": "Called the bank", "pspReference": "note"}
    payload = (await read(CREATE + PAYMENT, cashier, id=cart_id, transaction={}, event=event))["it"]
    assert payload["transaction"]["events"] == [
        {"type": "INFO", "message": "Called the bank", "pspReference": "note"}
    ]
    assert payload["transaction"]["createdBy"] is not None


DETAILS = "paymentMethodDetails"
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"amountCharged": mad(1, "EUR")}, "amountCharged", "INCORRECT_CURRENCY"),
    ({"amountCharged": mad(0.001)}, "amountCharged", "INVALID"),
    ({"amountCharged": mad(1e29)}, "amountCharged", "INVALID"),
    ({"externalUrl": "nowhere"}, "transaction", "INVALID"),
    ({"metadata": [{"key": "", "value": "a"}]}, "transaction", "METADATA_KEY_REQUIRED"),
    ({"privateMetadata": [{"key": " ", "value": "a"}]}, "transaction", "METADATA_KEY_REQUIRED"),
    ({"pspReference": "taken"}, "transaction", "UNIQUE"),
    ({"paymentMethodDetails": {}}, "paymentMethodDetails", "INVALID"),
    (
        {"paymentMethodDetails": {"card": {"name": "a"}, "other": {"name": "b"}}},
        "paymentMethodDetails",
        "INVALID",
    ),
    ({"paymentMethodDetails": {"card": {"name": "a", "expMonth": 13}}}, "paymentMethodDetails", "INVALID"),
    (
        {"paymentMethodDetails": {"card": {"name": "a", "lastDigits": "12345"}}},
        "paymentMethodDetails",
        "INVALID",
    ),
]


@pytest.mark.parametrize(("said", "field", "code"), WRONG)
async def test_what_can_not_be_a_payment_is_refused(
    session: AsyncSession, read: Ask, cart_id: str, cashier: Requester, said: Any, field: str, code: str
) -> None:
    first = await _made(read, cashier, cart_id, pspReference="taken")
    other = await _made(read, cashier, cart_id, pspReference="other")
    payload = (await read(CREATE + PAYMENT, cashier, id=cart_id, transaction=said))["it"]
    assert payload == {"transaction": None, "errors": [{"field": field, "code": code}]}
    payload = (await read(UPDATE + PAYMENT, cashier, id=other["id"], transaction=said))["it"]
    assert payload == {"transaction": None, "errors": [{"field": field, "code": code}]}
    assert await session.scalar(select(func.count(TransactionItem.id))) == len((first, other))
    assert await session.scalar(select(func.count(TransactionEvent.id))) == 0


async def test_what_is_told_twice_happened_once(
    session: AsyncSession, read: Ask, cart_id: str, app: App
) -> None:
    made, till = await _made(read, app_itself(app), cart_id), app_itself(app)
    told = {"id": made["id"], "type": "CHARGE_SUCCESS", "ref": "c1", "amount": 150, "actions": ["REFUND"]}
    first = (await read(REPORT + PAYMENT, till, **told))["it"]
    assert (first["alreadyProcessed"], first["transaction"]["chargedAmount"]) == (False, {"amount": 150.0})
    assert (first["transaction"]["pspReference"], first["transaction"]["actions"]) == ("c1", ["REFUND"])
    second = (await read(REPORT + PAYMENT, till, **told))["it"]
    assert (second["alreadyProcessed"], second["transaction"]["chargedAmount"]) == (True, {"amount": 150.0})
    otherwise = (await read(REPORT + PAYMENT, till, **told | {"amount": 10}))["it"]
    assert otherwise["errors"] == [{"field": "pspReference", "code": "INCORRECT_DETAILS"}]
    events = await session.execute(
        select(TransactionEvent.type, TransactionEvent.counts).order_by(TransactionEvent.id)
    )
    assert [tuple(row) for row in events] == [("CHARGE_SUCCESS", True), ("CHARGE_FAILURE", False)]


async def test_a_payment_is_authorised_once(read: Ask, cart_id: str, app: App) -> None:
    made, till = await _made(read, app_itself(app), cart_id), app_itself(app)
    told = {"id": made["id"], "type": "AUTHORIZATION_SUCCESS", "amount": 150}
    assert (await read(REPORT + PAYMENT, till, ref="a1", **told))["it"]["errors"] == []
    again = (await read(REPORT + PAYMENT, till, ref="a2", **told))["it"]
    assert again["errors"] == [{"field": "type", "code": "ALREADY_EXISTS"}]
    more = told | {"type": "AUTHORIZATION_ADJUSTMENT", "amount": 200}
    payload = (await read(REPORT + PAYMENT, till, ref="a3", **more))["it"]
    assert payload["transaction"]["authorizedAmount"] == {"amount": 200.0}


async def test_an_amount_may_be_left_out_where_it_is_known(read: Ask, cart_id: str, app: App) -> None:
    made, till = await _made(read, app_itself(app), cart_id), app_itself(app)

    async def told(kind: str, ref: str, **given: Any) -> dict[str, Any]:
        payload = await read(REPORT + PAYMENT, till, id=made["id"], type=kind, ref=ref, **given)
        answer: dict[str, Any] = payload["it"]
        return answer

    assert (await told("CHARGE_SUCCESS", "c1"))["errors"] == [{"field": "amount", "code": "REQUIRED"}]
    assert (await told("CHARGE_FAILURE", "c1"))["errors"] == [{"field": "amount", "code": "REQUIRED"}]
    await told("CHARGE_REQUEST", "c1", amount=40)
    assert (await told("CHARGE_FAILURE", "c1"))["transactionEvent"]["amount"] == {"amount": 40.0}
    assert (await told("INFO", "c1"))["errors"] == []


async def test_only_its_app_changes_a_payment(
    session: AsyncSession, ask: Ask, read: Ask, cart_id: str, app: App, cashier: Requester
) -> None:
    apps_own = (await _made(read, app_itself(app), cart_id))["id"]
    staffs = (await _made(read, cashier, cart_id))["id"]
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    promised = await promise_cash(session, cart.id)
    cash = to_global_id("TransactionItem", promised.transaction.token)
    stranger = app_itself(await make_app(session, "HANDLE_PAYMENTS"))  # type: ignore[arg-type]
    told = {"type": "INFO", "ref": "x"}
    for requester, payment in (
        (stranger, apps_own),
        (cashier, apps_own),
        (stranger, staffs),
        (cashier, cash),
        (stranger, cash),
        (staff("MANAGE_ORDERS"), staffs),
    ):
        for answer in (
            await ask(UPDATE + PAYMENT, requester, id=payment, transaction={"name": "Mine"}),
            await ask(REPORT + PAYMENT, requester, id=payment, **told),
        ):
            assert answer["data"]["it"] is None
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    for requester, payment in ((app_itself(app), apps_own), (cashier, staffs)):
        assert (await read(REPORT + PAYMENT, requester, id=payment, **told))["it"]["errors"] == []


async def test_a_payment_that_is_not_there_is_not_found(read: Ask, cashier: Requester) -> None:
    for document, given in ((UPDATE, {}), (REPORT, {"type": "INFO", "ref": "x"})):
        unknown = to_global_id("TransactionItem", uuid4())
        payload = (await read(document + PAYMENT, cashier, id=unknown, **given))["it"]
        assert payload["errors"] == [{"field": "id", "code": "NOT_FOUND"}]
        payload = (await read(document + PAYMENT, cashier, **given))["it"]
        assert payload["errors"] == [{"field": None, "code": "GRAPHQL_ERROR"}]


async def test_payments_are_listed(
    session: AsyncSession, ask: Ask, read: Ask, cart_id: str, app: App, cashier: Requester
) -> None:
    first = await _made(read, app_itself(app), cart_id, pspReference="a", amountCharged=mad(5))
    await _made(read, cashier, cart_id, pspReference="b")

    async def listed(where: dict[str, Any] | None = None, **given: Any) -> list[str]:
        found = (await read(LIST, cashier, where=where, **given))["transactions"]
        assert found["totalCount"] == len(found["edges"])
        return [edge["node"]["pspReference"] for edge in found["edges"]]

    assert await listed() == ["b", "a"]
    assert await listed(sort={"field": "CREATED_AT", "direction": "ASC"}) == ["a", "b"]
    assert await listed(sort={"field": "MODIFIED_AT", "direction": "DESC"}) in (["b", "a"], ["a", "b"])
    assert await listed({"ids": [first["id"]]}) == ["a"]
    assert await listed({"pspReference": {"eq": "b"}}) == ["b"]
    assert await listed({"appIdentifier": {"eq": app.identifier}}) == ["a"]
    assert await listed({"events": [{"type": {"eq": "CHARGE_SUCCESS"}}]}) == ["a"]
    assert await listed({"events": [{"type": {"oneOf": ["REFUND_SUCCESS"]}}]}) == []
    assert await listed({"createdAt": {"lte": "2020-01-01T00:00:00+00:00"}}) == []
    denied = await ask(LIST, staff("MANAGE_ORDERS"))
    assert denied["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
