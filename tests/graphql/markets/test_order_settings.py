"""What happens to orders, read and said for all channels at once, as older clients do."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.markets.models import Channel
from marketplace_graphql.kernel import Requester
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask, staff

KEEPER = staff("MANAGE_ORDERS")
READ = "{ orderSettings { automaticallyConfirmAllNewOrders deleteExpiredOrdersAfter markAsPaidStrategy } }"
UPDATE = """mutation ($input: OrderSettingsUpdateInput!) { orderSettingsUpdate(input: $input) {
  orderSettings { automaticallyConfirmAllNewOrders automaticallyFulfillNonShippableGiftCard }
  orderSettingsErrors { code } errors { field code } } }"""


async def test_the_first_open_channel_is_shown(session: AsyncSession, read: Ask) -> None:
    assert (await read(READ, KEEPER))["orderSettings"] is None
    for slug, is_active, days in (("a", False, 1), ("b", True, 2), ("c", True, 3)):
        channel = await make_channel(session, slug=slug, is_active=is_active)
        channel.delete_expired_orders_after_days = days
    await session.flush()
    assert (await read(READ, KEEPER))["orderSettings"] == {
        "automaticallyConfirmAllNewOrders": True,
        "deleteExpiredOrdersAfter": 2,
        "markAsPaidStrategy": "TRANSACTION_FLOW",
    }


async def test_what_is_said_holds_in_all_channels(session: AsyncSession, read: Ask) -> None:
    closed, opened = await make_channel(session, is_active=False), await make_channel(session)
    said = {"automaticallyConfirmAllNewOrders": False, "automaticallyFulfillNonShippableGiftCard": None}
    told = (await read(UPDATE, KEEPER, input=said))["orderSettingsUpdate"]
    assert told["errors"] == told["orderSettingsErrors"] == []
    assert told["orderSettings"]["automaticallyConfirmAllNewOrders"] is False
    confirms = select(Channel.automatically_confirm_all_new_orders)
    assert set(await session.scalars(confirms.where(Channel.id.in_([closed.id, opened.id])))) == {False}
    kept = await session.scalar(
        select(Channel.automatically_fulfill_non_shippable_gift_card).where(Channel.id == opened.id)
    )
    assert told["orderSettings"]["automaticallyFulfillNonShippableGiftCard"] is kept


async def test_without_an_open_channel_nothing_can_be_said(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session, is_active=False)
    told = await read(UPDATE, KEEPER, input={"automaticallyConfirmAllNewOrders": False})
    assert told["orderSettingsUpdate"] == {
        "orderSettings": None,
        "orderSettingsErrors": [{"code": "INVALID"}],
        "errors": [{"field": None, "code": "INVALID"}],
    }
    await session.refresh(channel)
    assert channel.automatically_confirm_all_new_orders


@pytest.mark.parametrize("requester", [Requester(), staff("MANAGE_CHANNELS")])
async def test_others_neither_read_nor_say(session: AsyncSession, ask: Ask, requester: Requester) -> None:
    await make_channel(session)
    for answer in (await ask(READ, requester), await ask(UPDATE, requester, input={})):
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
