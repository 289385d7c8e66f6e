"""A shop with Saleor's dummy gateway, and a guest's cart that only needs to be paid."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace_graphql.asgi import make_api
from marketplace_graphql.kernel import Api
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.graphql.conftest import Ask
from tests.shared_connection import SharedConnection

DUMMY = "mirumee.payments.dummy"
CREATE = """
mutation ($id: ID, $input: PaymentInput!) {
  it: checkoutPaymentCreate(id: $id, input: $input) {
    checkout { id }
    payment { id gateway token isActive chargeStatus total { amount } capturedAmount { amount } }
    errors { field code } } }
"""
COMPLETE = """
mutation ($id: ID, $data: JSONString) {
  it: checkoutComplete(id: $id, paymentData: $data) {
    confirmationNeeded confirmationData
    order { id chargeStatus authorizeStatus payments { id chargeStatus isActive creditCard { lastDigits } } }
    errors { field code message } } }
"""
Pay = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def api(connection: AsyncConnection, settings: Settings) -> AsyncIterator[Api]:
    told = settings.model_copy(update={"dummy_payments": True})
    database = SharedConnection(told, connection)
    yield make_api(told, database, storage=storage_from(told))
    await database.close()


@pytest.fixture
async def cart_id(session: AsyncSession) -> str:
    """Of a guest's cart of 150 MAD."""
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    return to_global_id("Checkout", cart.id)


@pytest.fixture
def create(read: Ask, cart_id: str) -> Pay:
    """Says how the cart is to be paid; the payload."""

    async def created(gateway: str = DUMMY, **given: Any) -> dict[str, Any]:
        made: dict[str, Any] = (await read(CREATE, id=cart_id, input={"gateway": gateway, **given}))["it"]
        return made

    return created


@pytest.fixture
def complete(read: Ask, cart_id: str) -> Pay:
    async def completed(**given: Any) -> dict[str, Any]:
        made: dict[str, Any] = (await read(COMPLETE, id=cart_id, **given))["it"]
        return made

    return completed
