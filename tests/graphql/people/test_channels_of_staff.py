"""Staff who work in some channels only: what they see and change of others'."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order
from marketplace.people.models import PermissionGroup, User, group_channel
from marketplace_graphql.kernel import Requester
from tests.factories.checkout import Market, make_market, make_piece
from tests.factories.orders import make_order, parts_of
from tests.factories.people import make_staff
from tests.graphql.conftest import Ask, staff
from tests.graphql.people.conftest import Post

ORDERS = "{ orders(first: 9) { totalCount edges { node { id } } } }"


@pytest.fixture
async def markets(session: AsyncSession) -> tuple[Market, Market]:
    return await make_market(session, slug="maroc"), await make_market(session, slug="france")


@pytest.fixture
async def orders(session: AsyncSession, markets: tuple[Market, Market]) -> tuple[Order, Order]:
    """One of each channel."""
    here, there = [
        await make_order(session, market, await make_piece(session, market.channel)) for market in markets
    ]
    return here, there


@pytest.fixture
async def driss(session: AsyncSession, markets: tuple[Market, Market]) -> User:
    """His group works in the first channel."""
    driss = await make_staff(session, email="driss@example.test")
    group = PermissionGroup(
        name="Orders of Morocco",
        permissions=["MANAGE_ORDERS"],
        users=[driss],
        restricted_access_to_channels=True,
    )
    session.add(group)
    await session.flush()
    await session.execute(insert(group_channel).values(group_id=group.id, channel_id=markets[0].channel.id))
    return driss


def oid(order: Order) -> str:
    return to_global_id("Order", order.id)


async def test_a_token_brings_the_channels_of_ones_groups(
    session: AsyncSession, post: Post, driss: User, orders: tuple[Order, Order]
) -> None:
    (own,) = await session.scalars(
        PermissionGroup.__table__.select()
        .with_only_columns(PermissionGroup.id)
        .where(PermissionGroup.name == f"group of {driss.email}")
    )
    group = await session.get_one(PermissionGroup, own)
    # A group that works everywhere lets its members work everywhere.
    assert (await post(ORDERS, driss))["orders"]["totalCount"] == 2
    await session.delete(group)
    await session.flush()
    seen = (await post(ORDERS, driss))["orders"]
    assert seen == {"totalCount": 1, "edges": [{"node": {"id": oid(orders[0])}}]}
    me = (await post("{ me { restrictedAccessToChannels accessibleChannels { slug } } }", driss))["me"]
    assert me == {"restrictedAccessToChannels": True, "accessibleChannels": [{"slug": "maroc"}]}


async def test_orders_elsewhere_are_neither_seen_nor_changed(
    ask: Ask,
    read: Ask,
    session: AsyncSession,
    markets: tuple[Market, Market],
    orders: tuple[Order, Order],
    driss: User,
) -> None:
    bound = replace(staff("MANAGE_ORDERS", user=driss), channel_ids=(markets[0].channel.id,))
    here, there = orders
    one = "query ($id: ID) { order(id: $id) { id } }"
    assert await read(one, bound, id=oid(here)) == {"order": {"id": oid(here)}}
    assert await read(one, bound, id=oid(there)) == {"order": None}
    (part,) = await parts_of(session, there)
    part_id = to_global_id("VendorOrder", part.id)
    line = to_global_id("Order", there.id)
    changes: list[tuple[str, dict[str, Any]]] = [
        ("mutation ($id: ID!) { orderCancel(id: $id) { errors { code } } }", {"id": line}),
        ("mutation ($id: ID!) { vendorOrderFulfill(id: $id) { errors { code } } }", {"id": part_id}),
        ("mutation ($id: ID!) { vendorOrderDeliver(id: $id) { errors { code } } }", {"id": part_id}),
        ("mutation ($id: ID!) { vendorOrderCancel(id: $id) { errors { code } } }", {"id": part_id}),
        ("mutation ($id: ID!) { vendorOrderRefuse(id: $id) { errors { code } } }", {"id": part_id}),
        (
            "mutation ($id: ID!) { orderFulfill(order: $id, input: {lines: []}) { errors { code } } }",
            {"id": line},
        ),
        (
            'mutation ($id: ID!) { invoiceCreate(orderId: $id, input: {number: "", url: ""}) {__typename} }',
            {"id": line},
        ),
        (
            "mutation ($id: ID!) { updatePrivateMetadata(id: $id, input: []) { errors { code } } }",
            {"id": line},
        ),
    ]
    for document, given in changes:
        answer = await ask(document, bound, **given)
        assert [error["extensions"]["exception"]["code"] for error in answer["errors"]] == [
            "PermissionDenied"
        ], document
    cancelled = await read(changes[0][0], bound, id=oid(here))
    assert cancelled == {"orderCancel": {"errors": []}}


async def test_everybody_knows_which_channels_there_are(
    read: Ask, ask: Ask, markets: tuple[Market, Market]
) -> None:
    bound = Requester(
        user_id=0,
        is_staff=True,
        permissions=frozenset({"MANAGE_CHANNELS"}),
        channel_ids=(markets[0].channel.id,),
    )
    assert len((await read("{ channels { slug } }", bound))["channels"]) == 2
    change = "mutation ($id: ID!) { updateMetadata(id: $id, input: []) { errors { code } } }"
    here, there = [to_global_id("Channel", market.channel.id) for market in markets]
    assert await read(change, bound, id=here) == {"updateMetadata": {"errors": []}}
    answer = await ask(change, bound, id=there)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
