"""Apps that should say what a checkout is taxed, and do not."""

import asyncio
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import lines
from marketplace.checkout.lines import LineToAdd
from marketplace.kit.settings import Settings
from marketplace.orders.models import Order
from marketplace.people.permissions import Permission
from marketplace.webhooks import breaker
from marketplace.webhooks.models import DeliveryStatus, EventDelivery
from marketplace_graphql.kernel import Api
from tests.factories.apps import make_app
from tests.factories.checkout import Market, make_cart, make_piece
from tests.graphql.conftest import Ask, app_itself
from tests.graphql.taxes.conftest import Say, TaxApp, gid, line_made_wrong, made_wrong, ready, taxed_by
from tests.graphql.taxes.documents import (
    ADD,
    COMPLETE,
    OPTIONS,
    PLACE,
    READ,
    REFUSED,
    both,
)

RUBBISH: dict[str, Any] = {
    "an error": (500, b"out of order"),
    "no JSON": (200, b"not json"),
    "no object": (200, b"[]"),
    "no shipping": lambda base: {"lines": taxed_by(20)(base)["lines"]},
    "no lines": made_wrong(lines=[]),
    "too many lines": lambda base: taxed_by(20)(base) | {"lines": taxed_by(20)(base)["lines"] * 2},
    "lines that are none": made_wrong(lines=["a"]),
    "a negative amount": line_made_wrong(total_net_amount=-1),
    "more net than gross": line_made_wrong(total_net_amount=10**6),
    "too much": line_made_wrong(total_gross_amount=10**9 + 1),
    "a rate above all": made_wrong(shipping_tax_rate=101),
    "a word": line_made_wrong(tax_rate="much"),
    "no number at all": line_made_wrong(tax_rate="NaN"),
    "a yes": made_wrong(shipping_price_gross_amount=True),
}


@pytest.mark.parametrize("kind", RUBBISH)
async def test_what_is_no_answer_leaves_prices_untaxed_and_no_order_is_made(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, kind: str
) -> None:
    cart_id = await ready(session, market)
    tax_app.says = RUBBISH[kind]
    await read(OPTIONS, id=cart_id)
    checkout = (await read(READ, id=cart_id))["checkout"]
    assert both(checkout["totalPrice"]) == (130.0, 130.0)
    payload = (await read(COMPLETE, id=cart_id))["it"]
    assert (payload["order"], payload["errors"]) == (None, [REFUSED])
    assert len(tax_app.heard) == 2
    assert await session.scalar(select(func.count()).select_from(Order)) == 0
    assert (await read(READ, id=cart_id))["checkout"] == checkout
    tax_app.says = taxed_by(20)
    payload = (await read(COMPLETE, id=cart_id))["it"]
    assert both(payload["order"]["total"]) == (156.0, 130.0)


async def test_an_app_that_thinks_for_too_long_has_said_nothing(
    session: AsyncSession, read: Ask, api: Api, settings: Settings, market: Market, tax_app: TaxApp
) -> None:
    api.context["settings"] = settings.model_copy(update={"app_patience_seconds": 0.2})
    cart_id = await ready(session, market)
    leave = asyncio.Event()

    async def think(_base: Say) -> tuple[int, bytes]:
        await leave.wait()
        return 200, b"{}"

    tax_app.says = think
    payload = (await read(COMPLETE, id=cart_id))["it"]
    leave.set()
    assert payload["errors"] == [REFUSED]
    statuses = await session.scalars(select(EventDelivery.status))
    assert list(statuses) == [DeliveryStatus.FAILED]


async def test_an_answer_to_a_cart_that_has_changed_meanwhile_is_not_taken(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    cart = await make_cart(session, market.channel, rug)
    key = cart.id

    async def say(base: Say) -> tuple[int, bytes]:
        await lines.add_lines(session, key, [LineToAdd(rug.id, 1)])
        await session.commit()
        return 200, orjson.dumps(taxed_by(20)(base))

    tax_app.says = say
    await read(OPTIONS, id=gid(cart))
    checkout = (await read(READ, id=gid(cart)))["checkout"]
    assert both(checkout["totalPrice"]) == (200.0, 200.0)  # Whoever has added that asks by themselves.
    tax_app.says = taxed_by(20)
    await read(OPTIONS, id=gid(cart))
    checkout = (await read(READ, id=gid(cart)))["checkout"]
    assert both(checkout["totalPrice"]) == (240.0, 200.0)


async def test_an_app_whose_breaker_is_open_is_not_asked(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    cart_id = await ready(session, market)
    await breaker.set_state(session, tax_app.app, breaker.BreakerState.OPEN)
    payload = (await read(COMPLETE, id=cart_id))["it"]
    assert payload["errors"] == [REFUSED]
    assert tax_app.heard == []


@pytest.mark.parametrize("what", ["switched off", "taken the permission of", "unknown"])
async def test_an_app_that_can_not_be_asked_is_as_one_that_is_silent(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, what: str
) -> None:
    if what == "switched off":
        tax_app.app.is_active = False
    elif what == "unknown":
        market.channel.tax_app_id = "nobody"
    else:
        tax_app.app.permissions = []
    cart_id = await ready(session, market)
    payload = (await read(COMPLETE, id=cart_id))["it"]
    assert payload["errors"] == [REFUSED]
    assert tax_app.heard == []


async def test_an_app_makes_an_order_of_a_checkout_with_the_taxes_of_another(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    till = await make_app(session, Permission.HANDLE_CHECKOUTS)
    cart_id = await ready(session, market)
    tax_app.says = (500, b"")
    payload = (await read(PLACE, app_itself(till), id=cart_id))["it"]
    assert payload["errors"] == [{"code": "TAX_ERROR"}]
    tax_app.says = taxed_by(20)
    payload = (await read(PLACE, app_itself(till), id=cart_id))["it"]
    assert payload["order"]["total"]["tax"]["amount"] == 26.0


async def test_an_answer_that_comes_late_does_not_displace_a_newer_one(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    cart_id = gid(await make_cart(session, market.channel, rug))

    async def say(base: Say) -> tuple[int, bytes]:
        if base["lines"][0]["quantity"] == 1:
            line = {"variantId": gid(rug), "quantity": 1}
            await read(ADD, id=cart_id, lines=[line])
        return 200, orjson.dumps(taxed_by(20)(base))

    tax_app.says = say
    await read(OPTIONS, id=cart_id)
    checkout = (await read(READ, id=cart_id))["checkout"]
    assert both(checkout["totalPrice"]) == (240.0, 200.0)
    assert len(tax_app.heard) == 2
