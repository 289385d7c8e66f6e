"""Checkouts that apps make orders of, and that staff delete."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.inventory.models import Reservation
from marketplace.kit.ids import to_global_id
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Requester
from tests.factories.apps import make_app
from tests.factories.checkout import make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.graphql.conftest import Ask, staff
from tests.graphql.order_editing.conftest import codes

CREATE = """mutation($id: ID!, $remove: Boolean, $a: [MetadataInput!], $b: [MetadataInput!]) {
  orderCreateFromCheckout(id: $id, removeCheckout: $remove, metadata: $a, privateMetadata: $b) {
    errors { field code variants lines }
    order { status authorizeStatus checkoutId metafield(key: "a") privateMetafield(key: "b")
      vendorOrders { id } } } }"""
DELETE = "mutation($id: ID!) { checkoutDelete(id: $id) { errors { field code } } }"


async def an_app(session: AsyncSession) -> Requester:
    app = await make_app(session, Permission.HANDLE_CHECKOUTS, Permission.MANAGE_ORDERS)
    return Requester(app_id=app.id, permissions=frozenset(app.permissions))


async def count(session: AsyncSession, model: type[Any]) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_an_app_makes_an_order_that_is_not_paid_yet(
    session: AsyncSession, read: Ask, heard: list[str]
) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    given = {"a": [{"key": "a", "value": "1"}], "b": [{"key": "b", "value": "2"}]}
    made = (await read(CREATE, await an_app(session), id=to_global_id("Checkout", cart.id), **given))[
        "orderCreateFromCheckout"
    ]
    assert made["errors"] == []
    assert (made["order"]["status"], made["order"]["authorizeStatus"]) == ("UNFULFILLED", "NONE")
    assert (made["order"]["metafield"], made["order"]["privateMetafield"]) == ("1", "2")
    assert len(made["order"]["vendorOrders"]) == 1
    assert await count(session, Checkout) == 0
    assert heard == ["ORDER_CREATED", "ORDER_CONFIRMED"]


async def test_a_checkout_can_stay_and_keeps_nothing(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    key = to_global_id("Checkout", cart.id)
    for _ in range(2):
        made = (await read(CREATE, await an_app(session), id=key, remove=False))["orderCreateFromCheckout"]
        assert (made["errors"], made["order"]["checkoutId"]) == ([], None)
    assert (await count(session, Checkout), await count(session, Reservation)) == (1, 0)


async def test_what_can_not_become_an_order_is_told_by_the_apps_codes(
    session: AsyncSession, read: Ask
) -> None:
    market = await make_market(session)
    empty = await make_cart(session, market.channel)
    bare = await make_cart(session, market.channel, await make_piece(session, market.channel))
    nobody = to_global_id("Checkout", "00000000-0000-0000-0000-000000000001")

    async def refused(key: str) -> list[tuple[str | None, str]]:
        return codes(await read(CREATE, await an_app(session), id=key))

    assert await refused(nobody) == [("id", "CHECKOUT_NOT_FOUND")]
    assert await refused(to_global_id("Checkout", empty.id)) == [("lines", "NO_LINES")]
    assert await refused(to_global_id("Checkout", bare.id)) == [
        ("shippingAddress", "SHIPPING_ADDRESS_NOT_SET")
    ]


@pytest.mark.parametrize(
    "requester",
    [staff(Permission.HANDLE_CHECKOUTS), Requester(app_id=1, permissions=frozenset(["MANAGE_ORDERS"]))],
)
async def test_only_an_app_that_handles_checkouts_makes_orders_of_them(
    ask: Ask, requester: Requester
) -> None:
    answer = await ask(CREATE, requester, id="x")
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_a_checkout_is_deleted_unless_it_is_paid(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel)
    clerk = staff(Permission.MANAGE_CHECKOUTS)
    cart, promised = (
        await make_cart(session, market.channel, cup),
        await make_ready_cart(session, market, cup),
    )
    await promise_cash(session, promised.id)
    assert codes(await read(DELETE, clerk, id=to_global_id("Checkout", promised.id))) == [("id", "INVALID")]
    assert codes(await read(DELETE, clerk, id=to_global_id("Checkout", cart.id))) == []
    assert codes(await read(DELETE, clerk, id=to_global_id("Checkout", cart.id))) == [("id", "NOT_FOUND")]
    assert (await count(session, Checkout), await count(session, Reservation)) == (1, 1)
