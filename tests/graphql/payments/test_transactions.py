"""Payments as Saleor's clients begin them, go on with them and look at them."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.transactions import MAXIMUM_TRANSACTIONS
from marketplace_graphql.kernel import Requester
from tests.factories.checkout import make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff

PROCESS = """
mutation ($id: ID, $token: UUID, $ip: String) {
  transactionProcess(id: $id, token: $token, customerIpAddress: $ip) {
    transaction { id authorizedAmount { amount } }
    transactionEvent { type amount { amount } }
    data
    errors { field code }
  }
}
"""
INITIALIZE = """
mutation (
  $id: ID!, $key: String, $action: TransactionFlowStrategyEnum
  $gateway: String = "marketplace.cash_on_delivery"
) {
  transactionInitialize(id: $id, idempotencyKey: $key, action: $action, paymentGateway: {id: $gateway}) {
    transaction { createdBy { ... on User { email } } paymentMethodDetails { __typename name } reason }
    transactionEvent { createdBy { ... on User { email } } }
    errors { field code }
  }
}
"""


async def _cart_id(session: AsyncSession) -> str:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    return to_global_id("Checkout", cart.id)


async def _promised(session: AsyncSession) -> TransactionItem:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    return (await promise_cash(session, cart.id)).transaction


async def test_a_payment_that_has_ended_is_given_as_it_ended(session: AsyncSession, read: Ask) -> None:
    promised = await _promised(session)
    given = to_global_id("TransactionItem", promised.token)
    for named in ({"id": given}, {"token": str(promised.token)}):
        payload = (await read(PROCESS, **named))["transactionProcess"]
        assert payload == {
            "transaction": {"id": given, "authorizedAmount": {"amount": 150.0}},
            "transactionEvent": {"type": "AUTHORIZATION_SUCCESS", "amount": {"amount": 150.0}},
            "data": None,
            "errors": [],
        }


async def _process_errors(ask: Ask, **given: Any) -> list[dict[str, str | None]]:
    payload = (await ask(PROCESS, **given))["data"]["transactionProcess"]
    assert payload["transaction"] is None
    errors: list[dict[str, str | None]] = payload["errors"]
    return errors


async def test_what_is_no_payment_can_not_go_on(session: AsyncSession, ask: Ask) -> None:
    cart_id = await _cart_id(session)
    unknown = to_global_id("TransactionItem", uuid4())
    assert await _process_errors(ask, id=unknown) == [{"field": "id", "code": "NOT_FOUND"}]
    assert await _process_errors(ask, id=cart_id) == [{"field": "id", "code": "INVALID"}]
    assert await _process_errors(ask) == [{"field": None, "code": "GRAPHQL_ERROR"}]
    both = {"id": unknown, "token": str(uuid4())}
    assert await _process_errors(ask, **both) == [{"field": None, "code": "GRAPHQL_ERROR"}]


async def test_a_payment_of_which_nothing_was_asked_can_not_go_on(session: AsyncSession, ask: Ask) -> None:
    promised = await _promised(session)
    await session.execute(delete(TransactionEvent))
    given = {"token": str(promised.token)}
    assert await _process_errors(ask, **given) == [{"field": "id", "code": "INVALID"}]
    await session.execute(update(TransactionItem).values(gateway="gone"))
    assert await _process_errors(ask, **given) == [{"field": "id", "code": "MISSING_PAYMENT_APP"}]


async def test_who_began_a_payment_and_with_what(session: AsyncSession, read: Ask) -> None:
    salma = await make_user(session)
    data = await read(INITIALIZE, buyer(salma), id=await _cart_id(session))
    payload = data["transactionInitialize"]
    cash = {"__typename": "OtherPaymentMethodDetails", "name": "Cash on delivery"}
    by_salma = {"email": salma.email}
    assert payload["transaction"] == {"createdBy": by_salma, "paymentMethodDetails": cash, "reason": None}
    assert payload["transactionEvent"] == {"createdBy": by_salma}
    guest = await read(INITIALIZE, id=await _cart_id(session))
    assert guest["transactionInitialize"]["transaction"]["createdBy"] is None


async def test_an_empty_key_is_refused(session: AsyncSession, read: Ask) -> None:
    payload = (await read(INITIALIZE, id=await _cart_id(session), key=""))["transactionInitialize"]
    assert payload["errors"] == [{"field": "idempotencyKey", "code": "INVALID"}]


async def test_only_who_handles_payments_says_whether_it_is_paid_at_once(
    session: AsyncSession, ask: Ask, read: Ask
) -> None:
    cart_id = await _cart_id(session)
    answer = await ask(INITIALIZE, id=cart_id, action="CHARGE")
    assert answer["data"]["transactionInitialize"] is None
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    answer = await ask(PROCESS, token=str(uuid4()), ip="10.0.0.1")
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"

    cashier: Requester = staff("HANDLE_PAYMENTS", user=await make_user(session, is_staff=True))
    payload = (await read(INITIALIZE, cashier, id=cart_id, action="CHARGE"))["transactionInitialize"]
    assert payload["errors"] == [{"field": "action", "code": "INVALID"}]
    payload = (await read(INITIALIZE, cashier, id=cart_id, action="AUTHORIZATION"))["transactionInitialize"]
    assert payload["errors"] == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"gateway": "unknown"}, {"field": "paymentGateway", "code": "NOT_FOUND"}),
        ({"id": to_global_id("Checkout", uuid4())}, {"field": "id", "code": "NOT_FOUND"}),
        ({"id": to_global_id("Order", uuid4())}, {"field": "id", "code": "NOT_FOUND"}),
        ({"id": to_global_id("Product", 1)}, {"field": "id", "code": "INVALID"}),
        ({"id": "garbage"}, {"field": "id", "code": "INVALID"}),
    ],
)
async def test_what_can_not_be_paid_is_refused(
    session: AsyncSession, read: Ask, given: dict[str, str], told: dict[str, str]
) -> None:
    data = await read(INITIALIZE, **{"id": await _cart_id(session)} | given)
    assert data["transactionInitialize"]["errors"] == [told]


async def test_there_is_an_end_to_the_payments_of_one_cart(session: AsyncSession, read: Ask) -> None:
    promised = await _promised(session)
    await session.execute(
        insert(TransactionItem),
        [
            {"checkout_id": promised.checkout_id, "gateway": "other", "currency": "MAD"}
            for _ in range(MAXIMUM_TRANSACTIONS - 1)
        ],
    )
    given = to_global_id("Checkout", promised.checkout_id or uuid4())
    payload = (await read(INITIALIZE, id=given))["transactionInitialize"]
    assert payload["errors"] == [{"field": "transactions", "code": "INVALID"}]


async def test_a_customers_checkout_and_order_are_paid_by_nobody_else(
    session: AsyncSession, ask: Ask, read: Ask
) -> None:
    customer, stranger = await make_user(session), await make_user(session)
    market = await make_market(session)
    rug = await make_piece(session, market.channel)
    cart = await make_ready_cart(session, market, rug, user=customer)
    order = await make_order(session, market, rug, user=customer)
    gateways = "mutation ($id: ID!) { it: paymentGatewayInitialize(id: $id) { errors { field code } } }"
    for owned in (to_global_id("Checkout", cart.id), to_global_id("Order", order.id)):
        for requester in (None, buyer(stranger)):
            for document, name in ((gateways, "it"), (INITIALIZE, "transactionInitialize")):
                answer = await ask(document, requester, id=owned)
                assert answer["data"][name]["errors"] == [{"field": "id", "code": "NOT_FOUND"}]
        for requester in (buyer(customer), staff("HANDLE_PAYMENTS")):
            assert (await read(gateways, requester, id=owned))["it"]["errors"] == []
    assert (await session.scalar(select(func.count()).select_from(TransactionItem))) == 1  # The order's own.


async def test_a_customers_payment_is_gone_on_with_by_nobody_else(session: AsyncSession, ask: Ask) -> None:
    customer, stranger = await make_user(session), await make_user(session)
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel), user=customer)
    promised = (await promise_cash(session, cart.id)).transaction
    document = "mutation ($token: UUID) { it: transactionProcess(token: $token) { errors { code } } }"
    for requester, codes in ((None, ["NOT_FOUND"]), (buyer(stranger), ["NOT_FOUND"]), (buyer(customer), [])):
        answer = await ask(document, requester, token=str(promised.token))
        assert [error["code"] for error in answer["data"]["it"]["errors"]] == codes


async def test_a_guests_order_is_paid_by_whoever_knows_its_id(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    gateways = "mutation ($id: ID!) { it: paymentGatewayInitialize(id: $id) { errors { code } } }"
    assert (await read(gateways, id=to_global_id("Order", order.id)))["it"]["errors"] == []
