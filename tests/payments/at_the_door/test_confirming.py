"""An order that is to be confirmed: it waits, is confirmed or declined, or called off for want of a word."""

from datetime import timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.reactions  # noqa: F401 - the money follows the parcel
from marketplace.inventory.models import Allocation
from marketplace.kit.errors import DomainError, NotFoundError
from marketplace.kit.settings import Settings
from marketplace.orders.cancelling import cancel_order
from marketplace.orders.confirming import confirm
from marketplace.orders.errors import FulfillmentStatusError, NothingToFulfillError
from marketplace.orders.fulfilling import Pick, fulfil_order
from marketplace.orders.fulfilment import fulfil
from marketplace.orders.models import Order, OrderEvent, OrderLine, OrderStatus
from marketplace.payments.at_the_door import confirming
from marketplace.payments.at_the_door.errors import ConfirmationError, LinkError
from marketplace.payments.at_the_door.models import Confirmation, ConfirmedBy
from marketplace.payments.models import CashCollection, CashStatus
from tests.factories.cash import cash_order_of, deliver_all, make_rules, make_strict_market, order_of
from tests.factories.checkout import make_market
from tests.factories.orders import parts_of
from tests.factories.people import make_staff


async def waiting(session: AsyncSession, **rules: Any) -> Order:
    """An order whose buyer is to confirm it."""
    market = await make_strict_market(session, **{"confirms_every_order": True} | rules)
    return await order_of(session, market)


async def token_of(session: AsyncSession, settings: Settings, order: Order) -> str:
    token = confirming.sign(settings, await cash_order_of(session, order))
    assert token is not None
    return token


async def jobs(session: AsyncSession, name: str) -> list[dict[str, Any]]:
    found = await session.execute(
        text("SELECT args FROM procrastinate_jobs WHERE task_name = :name ORDER BY id"), {"name": name}
    )
    return list(found.scalars())


async def confirmation(session: AsyncSession, order: Order) -> Confirmation:
    return (await cash_order_of(session, order)).confirmation


async def test_an_order_that_need_not_be_confirmed_is_packed_at_once(session: AsyncSession) -> None:
    order = await order_of(session, await make_market(session))
    assert order.status is OrderStatus.UNFULFILLED
    assert await confirmation(session, order) is Confirmation.NOT_NEEDED
    assert await jobs(session, confirming.ASK) == []


async def test_an_order_that_waits_is_not_packed_by_any_way_and_its_buyer_is_asked(
    session: AsyncSession,
) -> None:
    order = await waiting(session)
    assert order.status is OrderStatus.UNCONFIRMED
    (part,) = await parts_of(session, order)
    with pytest.raises(NothingToFulfillError, match="confirmed first"):
        await fulfil(session, part.id)
    line_id = await session.scalar(select(OrderLine.id))
    assert line_id is not None
    with pytest.raises(FulfillmentStatusError, match="unconfirmed"):
        await fulfil_order(session, order.id, [Pick(line_id, UUID(int=0), 1)])
    assert await jobs(session, confirming.ASK) == [{"order_id": str(order.id), "is_reminder": False}]


@pytest.mark.parametrize(
    ("rules", "price_minor", "waits"),
    [
        ({"confirms_first_order": True}, 120_00, True),
        ({"confirms_above_minor": 149_99}, 120_00, True),
        ({"confirms_above_minor": 150_00}, 120_00, False),
        ({"minimum_minor": 10_00}, 120_00, False),
    ],
)
async def test_the_rules_say_which_orders_wait(
    session: AsyncSession, rules: dict[str, Any], price_minor: int, waits: bool
) -> None:
    order = await order_of(session, await make_strict_market(session, **rules), price_minor)
    assert (order.status is OrderStatus.UNCONFIRMED) is waits


async def test_who_has_paid_at_the_door_once_confirms_no_first_order(session: AsyncSession) -> None:
    market = await make_market(session)
    await deliver_all(session, await order_of(session, market))
    await make_rules(session, market.channel, confirms_first_order=True)
    assert (await order_of(session, market)).status is OrderStatus.UNFULFILLED
    assert (await order_of(session, market, email="neu@example.test")).status is OrderStatus.UNFULFILLED


async def test_a_buyer_confirms_by_the_link_once(session: AsyncSession, settings: Settings) -> None:
    order = await waiting(session)
    token = await token_of(session, settings, order)
    await confirming.answer_by_link(session, settings, token, confirms=True)
    kept = await cash_order_of(session, order)
    assert (kept.confirmation, kept.confirmed_by) == (Confirmation.CONFIRMED, ConfirmedBy.LINK)
    assert kept.confirmed_at is not None
    assert order.status is OrderStatus.UNFULFILLED
    with pytest.raises(ConfirmationError):
        await confirming.answer_by_link(session, settings, token, confirms=False)
    (part,) = await parts_of(session, order)
    assert (await fulfil(session, part.id)).id
    assert (await confirming.state_of_link(session, settings, token)).state == "CONFIRMED"


async def test_a_buyer_s_word_is_not_staff_s_where_the_channel_wants_both(
    session: AsyncSession, settings: Settings
) -> None:
    market = await make_strict_market(session, confirms_every_order=True)
    market.channel.automatically_confirm_all_new_orders = False
    await session.flush()
    order = await order_of(session, market)
    await confirming.answer_by_link(
        session, settings, await token_of(session, settings, order), confirms=True
    )
    assert await confirmation(session, order) is Confirmation.CONFIRMED
    assert order.status is OrderStatus.UNCONFIRMED
    await confirm(session, order.id, None)
    assert order.status is OrderStatus.UNFULFILLED
    assert (await cash_order_of(session, order)).confirmed_by is ConfirmedBy.LINK


async def test_a_buyer_calls_it_off_by_the_link_and_the_pieces_are_for_sale_again(
    session: AsyncSession, settings: Settings
) -> None:
    order = await waiting(session)
    await confirming.answer_by_link(
        session, settings, await token_of(session, settings, order), confirms=False
    )
    assert order.status is OrderStatus.CANCELED
    assert await confirmation(session, order) is Confirmation.DECLINED
    assert await session.scalar(select(func.count()).select_from(Allocation)) == 0
    assert list(await session.scalars(select(CashCollection.status))) == [CashStatus.CANCELED]
    (told,) = await jobs(session, confirming.TELL_SELLERS)
    assert told["why"] == "DECLINED"
    assert (await cash_order_of(session, order)).is_open is False


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 38, "A" * 39, "not.a.token", "====", "A" * 2000])
async def test_a_link_that_is_none_of_ours_answers_nothing(
    session: AsyncSession, settings: Settings, token: str
) -> None:
    order = await waiting(session)
    with pytest.raises(LinkError):
        await confirming.answer_by_link(session, settings, token, confirms=False)
    with pytest.raises(LinkError):
        await confirming.state_of_link(session, settings, token)
    assert await confirmation(session, order) is Confirmation.WAITING


async def test_a_link_that_was_changed_or_signed_elsewhere_is_worthless(
    session: AsyncSession, settings: Settings
) -> None:
    token = await token_of(session, settings, await waiting(session))
    other = settings.model_copy(update={"secret_key": type(settings.secret_key)("another")})
    for wrong in (("A" if token[0] != "A" else "B") + token[1:], token[:-2], token + "AAAA"):
        with pytest.raises(LinkError):
            await confirming.answer_by_link(session, settings, wrong, confirms=True)
    with pytest.raises(LinkError):
        await confirming.answer_by_link(session, other, token, confirms=True)


async def test_a_link_ends_with_the_time_of_its_order(
    session: AsyncSession, settings: Settings, clock: ModuleType
) -> None:
    order = await waiting(session, remind_after_hours=1, cancel_after_hours=3)
    token = await token_of(session, settings, order)
    clock.advance(timedelta(hours=3))
    with pytest.raises(LinkError):
        await confirming.answer_by_link(session, settings, token, confirms=True)
    assert (await confirming.state_of_link(session, settings, token)).state == "EXPIRED"


async def test_staff_confirm_after_a_call_and_who_and_when_is_kept(session: AsyncSession) -> None:
    order = await waiting(session)
    member = await make_staff(session)
    await confirming.confirm_by_staff(session, order.id, text=" Rappeler à 18 h ", user_id=member.id)
    kept = await cash_order_of(session, order)
    assert (kept.confirmation, kept.confirmed_by) == (Confirmation.CONFIRMED, ConfirmedBy.STAFF)
    assert (kept.confirmed_by_user_id, kept.note) == (member.id, "Rappeler à 18 h")
    assert order.status is OrderStatus.UNFULFILLED
    events = await session.scalars(select(OrderEvent.parameters).where(OrderEvent.type == "OTHER"))
    assert events.all() == [{"what": "cash_confirmed", "by": "STAFF", "message": "Rappeler à 18 h"}]
    with pytest.raises(ConfirmationError):
        await confirming.confirm_by_staff(session, order.id)


async def test_confirming_an_order_the_usual_way_answers_for_its_buyer(session: AsyncSession) -> None:
    order = await waiting(session)
    member = await make_staff(session)
    await confirm(session, order.id, member.id)
    kept = await cash_order_of(session, order)
    assert (kept.confirmation, kept.confirmed_by_user_id) == (Confirmation.CONFIRMED, member.id)


async def test_staff_decline_for_a_buyer(session: AsyncSession) -> None:
    order = await waiting(session)
    await confirming.decline_by_staff(session, order.id, text="N’en veut plus")
    assert order.status is OrderStatus.CANCELED
    assert await confirmation(session, order) is Confirmation.DECLINED


async def test_what_does_not_wait_can_not_be_answered(session: AsyncSession) -> None:
    order = await order_of(session, await make_market(session))
    with pytest.raises(ConfirmationError):
        await confirming.confirm_by_staff(session, order.id)
    with pytest.raises(ConfirmationError):
        await confirming.decline_by_staff(session, order.id)
    with pytest.raises(DomainError) as long:
        await confirming.confirm_by_staff(session, order.id, text="x" * 1001)
    assert long.value.field == "note"
    with pytest.raises(NotFoundError):
        await confirming.confirm_by_staff(session, UUID(int=1))


async def test_a_silent_buyer_is_reminded_once_and_then_the_order_is_called_off(
    session: AsyncSession, clock: ModuleType
) -> None:
    order = await waiting(session, remind_after_hours=24, cancel_after_hours=72)
    assert await confirming.follow_up(session) == 0
    clock.advance(timedelta(hours=24))
    assert await confirming.follow_up(session) == 1
    assert await confirming.follow_up(session) == 0
    assert [job["is_reminder"] for job in await jobs(session, confirming.ASK)] == [False, True]
    await confirming.expire(session, order.id)
    assert order.status is OrderStatus.UNCONFIRMED
    clock.advance(timedelta(hours=48))
    assert await confirming.follow_up(session) == 1
    await confirming.expire(session, order.id)
    await confirming.expire(session, order.id)
    assert order.status is OrderStatus.CANCELED
    assert await confirmation(session, order) is Confirmation.EXPIRED
    assert await session.scalar(select(func.count()).select_from(Allocation)) == 0
    assert [job["why"] for job in await jobs(session, confirming.TELL_SELLERS)] == ["EXPIRED"]
    assert await confirming.follow_up(session) == 0


async def test_an_order_that_staff_call_off_waits_no_more(session: AsyncSession, clock: ModuleType) -> None:
    order = await waiting(session)
    await cancel_order(session, order.id)
    assert await confirmation(session, order) is Confirmation.DECLINED
    clock.advance(timedelta(days=10))
    assert await confirming.follow_up(session) == 0
