"""Promises to pay at the door."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.lines import LineToAdd, add_lines
from marketplace.checkout.models import Checkout
from marketplace.kit.errors import DomainError
from marketplace.payments.gateways.cash_on_delivery import GATEWAY_ID
from marketplace.payments.models import TransactionEvent, TransactionEventType, TransactionItem
from marketplace.payments.transactions import Begun, initialize_transaction
from tests.factories.checkout import make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.markets import make_channel
from tests.factories.orders import make_order


async def _ready(session: AsyncSession, **given: object) -> Checkout:
    market = await make_market(session, **given)
    return await make_ready_cart(session, market, await make_piece(session, market.channel))


async def _begin(session: AsyncSession, cart: Checkout, **given: object) -> Begun:
    return await initialize_transaction(session, GATEWAY_ID, checkout_id=cart.id, **given)  # type: ignore[arg-type]


async def _refusal(session: AsyncSession, cart: Checkout, **given: object) -> tuple[str, str | None]:
    with pytest.raises(DomainError) as refused:
        await _begin(session, cart, **given)
    return refused.value.code, refused.value.field


async def test_a_promise_covers_the_whole_checkout(session: AsyncSession) -> None:
    begun = await promise_cash(session, (await _ready(session)).id)
    assert begun.event.type is TransactionEventType.AUTHORIZATION_SUCCESS
    assert (begun.transaction.authorized_minor, begun.transaction.charged_minor) == (150_00, 0)


async def test_the_same_key_gives_the_same_transaction(session: AsyncSession) -> None:
    cart = await _ready(session)
    first = await _begin(session, cart, idempotency_key="k")
    again = await _begin(session, cart, idempotency_key="k")
    assert (again.transaction.id, again.event.id) == (first.transaction.id, first.event.id)
    assert len((await session.scalars(select(TransactionEvent))).all()) == 1


async def test_a_key_can_not_be_used_for_something_else(session: AsyncSession) -> None:
    cart = await _ready(session)
    await _begin(session, cart, idempotency_key="k")
    assert await _refusal(session, cart, idempotency_key="k", amount_minor=1) == ("UNIQUE", "idempotencyKey")
    other = await _ready(session)
    assert await _refusal(session, other, idempotency_key="k") == ("UNIQUE", "idempotencyKey")


async def test_a_promise_is_made_anew_when_the_cart_changes(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel)
    cart = await make_ready_cart(session, market, rug)
    first = await _begin(session, cart, idempotency_key="k")
    await add_lines(session, cart.id, [LineToAdd(rug.id, 1)])
    again = await _begin(session, cart, idempotency_key="k")
    assert again.transaction.id == first.transaction.id
    assert again.event.type is TransactionEventType.AUTHORIZATION_ADJUSTMENT
    assert again.transaction.authorized_minor == 270_00
    assert len((await session.scalars(select(TransactionItem))).all()) == 1


async def test_half_of_it_can_not_be_paid_at_the_door(session: AsyncSession) -> None:
    assert await _refusal(session, await _ready(session), amount_minor=75_00) == ("INVALID", "amount")


async def test_a_channel_without_cash_on_delivery_refuses_it(session: AsyncSession) -> None:
    cart = await _ready(session, cash_on_delivery=False)
    assert await _refusal(session, cart) == ("INVALID", "paymentGateway")


async def test_a_carrier_that_takes_no_cash_refuses_it(session: AsyncSession) -> None:
    market = await make_market(session)
    market.method.collects_cash = False
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    assert await _refusal(session, cart) == ("INVALID", "paymentGateway")


async def test_without_a_delivery_nobody_takes_the_cash(session: AsyncSession) -> None:
    channel = await make_channel(session)
    cart = await make_cart(session, channel, await make_piece(session, channel))
    assert await _refusal(session, cart) == ("INVALID", "id")


async def test_an_unknown_gateway_is_refused(session: AsyncSession) -> None:
    cart = await _ready(session)
    with pytest.raises(DomainError) as refused:
        await initialize_transaction(session, "nowhere.pay", checkout_id=cart.id)
    assert (refused.value.code, refused.value.field) == ("NOT_FOUND", "paymentGateway")


async def test_an_order_that_is_promised_already_takes_no_second_promise(session: AsyncSession) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    with pytest.raises(DomainError) as refused:
        await initialize_transaction(session, GATEWAY_ID, order_id=order.id)
    assert refused.value.code == "INVALID"
