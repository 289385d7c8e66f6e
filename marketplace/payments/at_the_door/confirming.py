"""The buyer's word that an order to be paid at the door is meant: asked for, given, or not given in time.

Until then the order is UNCONFIRMED, as one that staff have to confirm: nothing of it is packed, its sellers
have not been told of it, its pieces are kept for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.jobs import enqueue
from marketplace.kit.links import key_in, link_token
from marketplace.kit.settings import Settings
from marketplace.markets.models import Channel
from marketplace.orders import confirming as orders_confirming
from marketplace.orders.cancelling import cancel_order
from marketplace.orders.channel_rules import confirms_at_once
from marketplace.orders.history import note
from marketplace.orders.locks import lock_whole
from marketplace.orders.models import Order, OrderStatus, VendorOrder
from marketplace.payments.at_the_door.errors import ConfirmationError, LinkError
from marketplace.payments.at_the_door.models import CashOrder, Confirmation, ConfirmedBy
from marketplace.payments.at_the_door.rules import Decision

PURPOSE = b"cash-on-delivery:"
"""Keeps these signatures apart from all others that are made with the same key."""
BATCH = 100
NOTE_LENGTH = 1000
ASK = "post.ask_to_confirm"
EXPIRE = "payments.expire_cash_order"
TELL_SELLERS = "post.part_not_sent"


async def begin(session: AsyncSession, order: Order, decision: Decision) -> CashOrder:
    """Write down whose a new order is, and ask its buyer to confirm it where that is demanded."""
    buyer, rules, now = decision.buyer, decision.rules, clock.now()
    cash_order = CashOrder(
        order_id=order.id,
        user_id=buyer.user_id,
        email_hash=buyer.email_hash,
        phone_hash=buyer.phone_hash,
        link_key=None,
    )
    if decision.needs_confirmation and rules is not None:
        cash_order.confirmation = Confirmation.WAITING
        cash_order.link_key = uuid4()
        cash_order.remind_at = now + timedelta(hours=rules.remind_after_hours)
        cash_order.cancel_at = now + timedelta(hours=rules.cancel_after_hours)
        await enqueue(session, ASK, order_id=order.id, is_reminder=False)
    session.add(cash_order)
    await session.flush()
    return cash_order


async def confirm_by_staff(
    session: AsyncSession, order_id: UUID, *, text: str = "", user_id: int | None = None
) -> Order:
    """Somebody of the staff has spoken to the buyer: the order is meant, and may leave.

    Raises NotFoundError, InvalidError, ConfirmationError.
    """
    order, _ = await _spoken_of(session, order_id, text)
    await session.flush()
    if order.status is OrderStatus.UNCONFIRMED:
        return await orders_confirming.confirm(session, order_id, user_id)  # `staff_have_confirmed` hears it.
    await staff_have_confirmed(session, order_id, user_id)
    return order


async def decline_by_staff(
    session: AsyncSession, order_id: UUID, *, text: str = "", user_id: int | None = None
) -> Order:
    """The buyer said on the telephone that nothing is to be sent. Raises as `confirm_by_staff` does."""
    order, cash_order = await _spoken_of(session, order_id, text)
    await _end(session, order, cash_order, Confirmation.DECLINED, ConfirmedBy.STAFF, user_id)
    return order


async def _spoken_of(session: AsyncSession, order_id: UUID, text: str) -> tuple[Order, CashOrder]:
    """An order that waits, locked, with what staff write down of the call."""
    text = text.strip()
    if len(text) > NOTE_LENGTH:
        raise InvalidError(f"At most {NOTE_LENGTH} characters, please.", field="note")
    order, cash_order = await _locked(session, order_id)
    if cash_order is None:
        raise NotFoundError("This order is not paid at the door.", field="id")
    if cash_order.confirmation is not Confirmation.WAITING:
        raise ConfirmationError("This order does not wait for its buyer.", field="id")
    cash_order.note = text
    return order, cash_order


async def staff_have_confirmed(session: AsyncSession, order_id: UUID, user_id: int | None) -> None:
    """An order was confirmed by staff, by whichever way: they answer for the buyer. The order is locked."""
    cash_order = await session.get(CashOrder, order_id, with_for_update=True, populate_existing=True)
    if cash_order is None or cash_order.confirmation is not Confirmation.WAITING:
        return
    _answer(cash_order, Confirmation.CONFIRMED, ConfirmedBy.STAFF, user_id)
    order = await session.get_one(Order, order_id)
    told = {"what": "cash_confirmed", "by": ConfirmedBy.STAFF, "message": cash_order.note}
    note(session, order, "OTHER", user_id, **told)
    await session.flush()


async def answer_by_link(session: AsyncSession, settings: Settings, token: str, *, confirms: bool) -> Order:
    """The buyer confirms the order, or calls it off. A link is answered once.

    Raises LinkError, and ConfirmationError where the order has been settled otherwise.
    """
    order_id = await session.scalar(
        select(CashOrder.order_id).where(CashOrder.link_key == opened(settings, token))
    )
    if order_id is None:
        raise LinkError("This link is not valid.", field="token")
    order, cash_order = await _locked(session, order_id)
    if cash_order is None or cash_order.confirmation is not Confirmation.WAITING:
        raise ConfirmationError("This order does not wait for an answer any more.", field="token")
    if _is_over(cash_order):
        raise LinkError("This link is not valid any more.", field="token")
    if not confirms:
        await _end(session, order, cash_order, Confirmation.DECLINED, ConfirmedBy.LINK, None)
        return order
    _answer(cash_order, Confirmation.CONFIRMED, ConfirmedBy.LINK, None)
    note(session, order, "OTHER", None, what="cash_confirmed", by=ConfirmedBy.LINK)
    await session.flush()
    channel = await session.get_one(Channel, order.channel_id)
    if order.status is OrderStatus.UNCONFIRMED and confirms_at_once(channel):
        await orders_confirming.confirm(session, order.id, None)
    return order


async def follow_up(session: AsyncSession) -> int:
    """Remind buyers who have not answered, and have that called off which nobody has confirmed in time, each
    by a job of its own; gives how many orders were looked after. For a periodic job.
    """
    now, waits = clock.now(), CashOrder.confirmation == Confirmation.WAITING
    over = await session.scalars(
        select(CashOrder.order_id)
        .where(waits, CashOrder.cancel_at <= now)
        .order_by(CashOrder.cancel_at)
        .limit(BATCH)
    )
    expired = over.all()
    for order_id in expired:
        await enqueue(session, EXPIRE, queueing_lock=f"{EXPIRE}:{order_id}", order_id=order_id)
    silent = await session.scalars(
        select(CashOrder)
        .where(waits, CashOrder.remind_at <= now, CashOrder.cancel_at > now)
        .order_by(CashOrder.remind_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True),
        execution_options={"populate_existing": True},
    )
    to_remind = silent.all()
    for cash_order in to_remind:
        cash_order.remind_at = None
        await enqueue(session, ASK, order_id=cash_order.order_id, is_reminder=True)
    await session.flush()
    return len(expired) + len(to_remind)


async def expire(session: AsyncSession, order_id: UUID) -> None:
    """Call off an order that nobody has confirmed in time, unless somebody has meanwhile."""
    order, cash_order = await _locked(session, order_id)
    if cash_order is not None and cash_order.confirmation is Confirmation.WAITING and _is_over(cash_order):
        await _end(session, order, cash_order, Confirmation.EXPIRED, None, None)


async def called_off(session: AsyncSession, order_id: UUID) -> None:
    """Something of an order was called off by whomever: one of which nothing is left waits for nobody."""
    cash_order = await session.get(CashOrder, order_id, with_for_update=True, populate_existing=True)
    if cash_order is None or cash_order.confirmation is not Confirmation.WAITING:
        return
    order = await session.get_one(Order, order_id)
    if order.status in (OrderStatus.CANCELED, OrderStatus.EXPIRED):
        _answer(cash_order, Confirmation.DECLINED, ConfirmedBy.STAFF, None)
        await session.flush()


def sign(settings: Settings, cash_order: CashOrder) -> str | None:
    """The token of an order's link. None for one without a link."""
    if cash_order.link_key is None:
        return None
    return link_token(settings, PURPOSE, cash_order.link_key)


def opened(settings: Settings, token: str) -> UUID:
    """The key that a link's token says. Raises LinkError for one that we have not signed."""
    key = key_in(settings, PURPOSE, token)
    if key is None:
        raise LinkError("This link is not valid.", field="token")
    return key


class LinkState(StrEnum):
    """What whoever opens a link finds."""

    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Linked:
    """The order that a link is about, and how it stands."""

    order: Order
    state: LinkState
    cancel_at: datetime | None


async def state_of_link(session: AsyncSession, settings: Settings, token: str) -> Linked:
    """What whoever opens a link finds. Raises LinkError."""
    found = await session.execute(
        select(Order, CashOrder)
        .join(CashOrder, CashOrder.order_id == Order.id)
        .where(CashOrder.link_key == opened(settings, token))
    )
    row = found.one_or_none()
    if row is None:
        raise LinkError("This link is not valid.", field="token")
    order, cash_order = row
    is_late = cash_order.confirmation is Confirmation.WAITING and _is_over(cash_order)
    state = LinkState.EXPIRED if is_late else LinkState(cash_order.confirmation.value)
    return Linked(order, state, cash_order.cancel_at)


def _is_over(cash_order: CashOrder) -> bool:
    return cash_order.cancel_at is not None and cash_order.cancel_at <= clock.now()


async def _locked(session: AsyncSession, order_id: UUID) -> tuple[Order, CashOrder | None]:
    """The order first, as everywhere."""
    order, _ = await lock_whole(session, order_id)
    cash_order = await session.get(CashOrder, order_id, with_for_update=True, populate_existing=True)
    return order, cash_order


def _answer(
    cash_order: CashOrder, confirmation: Confirmation, by: ConfirmedBy | None, user_id: int | None
) -> None:
    cash_order.confirmation, cash_order.confirmed_at = confirmation, clock.now()
    cash_order.confirmed_by, cash_order.confirmed_by_user_id = by, user_id
    cash_order.remind_at = cash_order.cancel_at = None


async def _end(
    session: AsyncSession,
    order: Order,
    cash_order: CashOrder,
    confirmation: Confirmation,
    by: ConfirmedBy | None,
    user_id: int | None,
) -> None:
    """Call the order off: its pieces are for sale again, its buyer is written to, and its sellers."""
    _answer(cash_order, confirmation, by, user_id)
    note(session, order, "OTHER", user_id, what=f"cash_{confirmation.lower()}", message=cash_order.note)
    await session.flush()
    if order.status in (OrderStatus.CANCELED, OrderStatus.EXPIRED):
        return
    await cancel_order(session, order.id, user_id=user_id)
    parts = await session.scalars(select(VendorOrder.id).where(VendorOrder.order_id == order.id))
    for part_id in parts:
        await enqueue(session, TELL_SELLERS, vendor_order_id=part_id, why=confirmation)
