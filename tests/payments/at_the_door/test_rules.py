"""What a channel demands of whoever pays at the door: said at the promise, and again at the order."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.reactions  # noqa: F401 - the money follows the parcel
from marketplace.kit import clock as the_clock
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError
from marketplace.orders.cancelling import cancel_order
from marketplace.orders.fulfilment import fulfil, refuse
from marketplace.orders.models import Order
from marketplace.payments.at_the_door.buyers import buyer_of, history_query
from marketplace.payments.at_the_door.errors import CashNotOfferedError, CashRulesError, NotOffered
from marketplace.payments.completion import complete
from tests.factories.cash import (
    cash_order_of,
    deliver_all,
    make_rules,
    make_strict_market,
    order_of,
)
from tests.factories.checkout import RABAT, Market, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.orders import parts_of
from tests.factories.people import make_user


async def refused_order(session: AsyncSession, market: Market, **given: object) -> Order:
    order = await order_of(session, market, **given)
    for part in await parts_of(session, order):
        await fulfil(session, part.id)
        await refuse(session, part.id)
    return order


async def reason(
    session: AsyncSession, market: Market, price_minor: int = 120_00, **given: object
) -> str | None:
    """Why a new cart can't be paid at the door; None where it can."""
    piece = await make_piece(session, market.channel, price_minor)
    cart = await make_ready_cart(session, market, piece, **given)
    try:
        async with session.begin_nested():
            await promise_cash(session, cart.id)
    except CashNotOfferedError as refused:
        return refused.reason
    return None


async def test_a_channel_without_rules_takes_every_promise(session: AsyncSession) -> None:
    assert await reason(session, await make_market(session)) is None


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"country_codes": ["FR", "CI"]}, NotOffered.COUNTRY),
        ({"country_codes": ["FR", "MA"]}, None),
        ({"minimum_minor": 150_01}, NotOffered.TOO_LITTLE),
        ({"minimum_minor": 150_00, "maximum_minor": 150_00}, None),
        ({"maximum_minor": 149_99}, NotOffered.TOO_MUCH),
    ],
)
async def test_countries_and_amounts_decide(
    session: AsyncSession, rules: dict[str, Any], why: str | None
) -> None:
    assert await reason(session, await make_strict_market(session, **rules)) == why


@pytest.mark.parametrize(
    "same", ["email", "phone", "account"], ids=lambda known: f"the same {known} as before"
)
async def test_a_buyer_who_refused_too_often_pays_otherwise(session: AsyncSession, same: str) -> None:
    market = await make_strict_market(session, most_refusals=0, refusal_months=6)
    user = await make_user(session)
    other = replace(RABAT, phone="+212700000001")
    before: dict[str, Any] = {"email": "a@example.test", "shipping_address": RABAT, "user": user}
    await refused_order(session, market, **before)
    now: dict[str, Any] = {"email": "b@example.test", "shipping_address": other}
    now |= {
        "email": {"email": "A@example.test"},
        "phone": {"shipping_address": RABAT},
        "account": {"user": user},
    }[same]
    assert await reason(session, market, **now) == NotOffered.REFUSALS


async def test_a_stranger_is_not_blamed_for_another_s_refusal(session: AsyncSession) -> None:
    market = await make_strict_market(session, most_refusals=0)
    await refused_order(session, market, email="a@example.test")
    other = replace(RABAT, phone="+212700000001")
    assert await reason(session, market, email="b@example.test", shipping_address=other) is None


async def test_as_many_refusals_as_are_allowed_and_old_ones_count_for_nothing(
    session: AsyncSession, clock: ModuleType
) -> None:
    market = await make_strict_market(session, most_refusals=1, refusal_months=2)
    await refused_order(session, market)
    assert await reason(session, market) is None
    await refused_order(session, market)
    assert await reason(session, market) == NotOffered.REFUSALS
    clock.advance(timedelta(days=61))
    assert await reason(session, market) is None


async def test_open_orders_count_until_they_are_paid_refused_or_called_off(session: AsyncSession) -> None:
    market = await make_strict_market(session, most_open_orders=1)
    for end in ("delivered", "refused", "called off"):
        order = await order_of(session, market)
        assert await reason(session, market) == NotOffered.OPEN_ORDERS
        if end == "delivered":
            await deliver_all(session, order)
        elif end == "refused":
            (part,) = await parts_of(session, order)
            await fulfil(session, part.id)
            await refuse(session, part.id)
        else:
            await cancel_order(session, order.id)
        assert await reason(session, market) is None, end


async def test_what_was_promised_is_decided_once_more_when_it_becomes_an_order(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await promise_cash(session, cart.id)
    await make_rules(session, market.channel, maximum_minor=100_00)
    with pytest.raises(DomainError) as refused:
        await complete(session, cart.id)
    assert refused.value.code == "PAYMENT_ERROR"


async def test_two_orders_at_once_count_each_other(database: Database) -> None:
    async with database.transaction() as session:
        market = await make_strict_market(session, most_open_orders=1)
        carts = []
        for _ in range(2):
            piece = await make_piece(session, market.channel)
            cart = await make_ready_cart(session, market, piece)
            await promise_cash(session, cart.id)
            carts.append(cart.id)

    async def place(cart_id: Any) -> str:
        try:
            async with database.transaction() as session:
                await complete(session, cart_id)
        except CashNotOfferedError as refused:
            return refused.reason
        return "placed"

    assert sorted(await asyncio.gather(*map(place, carts))) == ["OPEN_ORDERS", "placed"]


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"minimum_minor": -1}, "minimum"),
        ({"minimum_minor": 2, "maximum_minor": 1}, "maximum"),
        ({"maximum_minor": 0}, "maximum"),
        ({"most_refusals": -1}, "refusalsAllowed"),
        ({"most_open_orders": 0}, "openOrdersAllowed"),
        ({"refusal_months": 61}, "refusalMonths"),
        ({"remind_after_hours": 72, "cancel_after_hours": 72}, "cancelAfter"),
        ({"cancel_after_hours": 24 * 61}, "cancelAfter"),
    ],
)
async def test_rules_that_make_no_sense_are_refused(
    session: AsyncSession, columns: dict[str, Any], field: str
) -> None:
    market = await make_market(session)
    with pytest.raises(CashRulesError) as refused:
        async with session.begin_nested():
            await make_rules(session, market.channel, **columns)
    assert refused.value.field == field
    assert (await session.execute(text("SELECT count(*) FROM cash_rules"))).scalar() == 0


async def test_rules_that_are_left_out_stay(session: AsyncSession) -> None:
    market = await make_strict_market(session, minimum_minor=10_00, confirms_first_order=True)
    rules = await make_rules(session, market.channel, minimum_minor=None)
    assert (rules.minimum_minor, rules.confirms_first_order) == (None, True)


async def test_neither_address_nor_number_is_kept_to_count_by(session: AsyncSession) -> None:
    order = await order_of(session, await make_market(session))
    kept = await cash_order_of(session, order)
    assert kept.email_hash
    assert kept.phone_hash
    assert "@" not in kept.email_hash
    assert "212" not in kept.phone_hash[:3]


async def test_a_buyer_s_history_is_found_by_indexes_alone(session: AsyncSession) -> None:
    buyer = buyer_of(1, "salma@example.test", "+212661234567")
    query = history_query(buyer, since=the_clock.now(), enough=3)
    sql = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    await session.execute(text("SET LOCAL enable_seqscan = off"))
    connection = await session.connection()
    plan = "\n".join((await connection.exec_driver_sql(f"EXPLAIN {sql}")).scalars())
    assert "Seq Scan" not in plan
    assert plan.count("Index") >= 9
