"""What apps have said of the ways in which an order could travel that staff are still working on."""

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.checkout.app_methods import refusals_in
from marketplace.checkout.carriers_asked import Round, make_round
from marketplace.checkout.shipping_answers import (
    FILTER_OF_ORDER,
    ShippingAnswer,
    answers_about,
    digest_of,
    keep_answers,
)
from marketplace.kit.models import Base
from marketplace.kit.settings import Settings
from marketplace.orders.models import Order, OrderLine, OrderStatus
from marketplace.webhooks.asking import Heard

OPEN = frozenset({OrderStatus.DRAFT, OrderStatus.UNCONFIRMED})


class OrderShippingAnswer(ShippingAnswer, Base):
    """What an app has said of an order."""

    __tablename__ = "order_shipping_answer"
    __table_args__ = (UniqueConstraint("owner_id", "event", "webhook_id"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"))


async def ask_about_order(session: AsyncSession, settings: Settings, order_id: UUID) -> Round | None:
    """What apps are to be asked about an order; None where there is nothing to ask, or nothing new."""
    order = await session.get(Order, order_id)
    if order is None or order.status not in OPEN or order.shipping_address_id is None:
        return None
    inputs = await inputs_of_order(session, order)
    return await make_round(
        session, settings, OrderShippingAnswer, "Order", order_id, FILTER_OF_ORDER, inputs
    )


async def order_answered(session: AsyncSession, asked: Round, heard: list[Heard]) -> None:
    """Keep what apps have said of an order, if it is still there."""
    order = await session.get(Order, asked.owner_id, with_for_update={"key_share": True})
    if order is not None:
        answers = [(one, None if one.said is None else refusals_in(one.said)) for one in heard]
        await keep_answers(session, OrderShippingAnswer, order.id, asked.inputs, answers)


async def inputs_of_order(session: AsyncSession, order: Order) -> str:
    """What answers about an order depend on."""
    lines = select(OrderLine.variant_id, OrderLine.quantity).where(
        OrderLine.order_id == order.id, ~OrderLine.is_gift
    )
    found = (await session.execute(lines)).all()
    return await digest_of(
        session,
        order.shipping_address_id,
        sorted([variant_id or 0, quantity] for variant_id, quantity in found),
        order.channel_id,
        order.voucher_code,
        order.user_email,
        order.user_id,
        order.public_metadata,
        order.private_metadata,
    )


async def refusal_of(session: AsyncSession, order: Order, method_id: int) -> str | None:
    """Why an app says that an order as it is can't travel by a method; None where none says so."""
    inputs = await inputs_of_order(session, order)
    return (await answers_about(session, OrderShippingAnswer, order.id, inputs)).refusal(method_id)
