"""Tables of money that goes back to a buyer: what staff grant, and what each seller's part bears of it.

Amounts are minor units of the order's currency.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.content.reasons import WithReason, WithReasonPage, by_reason_index
from marketplace.kit import acting, clock
from marketplace.kit.models import Base, IntegerKey, Timestamped, by_app_index
from marketplace.orders.models import Fulfillment, Order, OrderLine, VendorOrder
from marketplace.people.models import User


class GrantedRefundStatus(StrEnum):
    """Whether the money of a granted refund has been asked back: Saleor's OrderGrantedRefundStatusEnum."""

    NONE = "NONE"
    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


class GrantedRefund(IntegerKey, Timestamped, WithReason, Base):
    """What staff have agreed to pay back of an order. Paying it back is another matter."""

    __tablename__ = "granted_refund"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        by_app_index(),
        by_reason_index(),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"), index=True)
    transaction_id: Mapped[int | None] = mapped_column(
        ForeignKey("transaction_item.id", ondelete="SET NULL"), index=True
    )
    """The payment that is to be paid back."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    app_id: Mapped[int | None] = mapped_column(
        ForeignKey("app.id", ondelete="SET NULL"), default=acting.app_id
    )
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    shipping_costs_included: Mapped[bool] = mapped_column(default=False)
    status: Mapped[GrantedRefundStatus] = mapped_column(default=GrantedRefundStatus.NONE)
    """What the payment's events say of it, last."""

    order: Mapped[Order] = relationship(lazy="raise")
    user: Mapped[User | None] = relationship(lazy="raise")
    lines: Mapped[list["GrantedRefundLine"]] = relationship(
        back_populates="granted_refund", order_by="GrantedRefundLine.id", lazy="raise"
    )


class GrantedRefundLine(IntegerKey, WithReasonPage, Base):
    """Pieces of an order line that a granted refund is for."""

    __tablename__ = "granted_refund_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"), by_reason_index())

    granted_refund_id: Mapped[int] = mapped_column(
        ForeignKey("granted_refund.id", ondelete="CASCADE"), index=True
    )
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_line.id", ondelete="CASCADE"), index=True)
    quantity: Mapped[int]
    reason: Mapped[str | None]

    granted_refund: Mapped[GrantedRefund] = relationship(back_populates="lines", lazy="raise")
    order_line: Mapped[OrderLine] = relationship(lazy="raise")


class PartRefund(IntegerKey, Base):
    """What a seller's part brings less than was sold: paid back to the buyer, or never asked for. Below zero
    where a gateway has not paid back after all what it had taken on: then the part brings it again.
    """

    __tablename__ = "part_refund"
    __table_args__ = (
        CheckConstraint("goods_minor <> 0 OR shipping_minor <> 0", name="something"),
        UniqueConstraint("vendor_order_id", "id"),
    )

    vendor_order_id: Mapped[UUID] = mapped_column(ForeignKey("vendor_order.id"))
    fulfillment_id: Mapped[int | None] = mapped_column(
        ForeignKey("fulfillment.id", ondelete="SET NULL"), index=True
    )
    """The pieces that it was for, if it was for some."""
    currency: Mapped[str] = mapped_column(CHAR(3))
    goods_minor: Mapped[int]
    shipping_minor: Mapped[int] = mapped_column(default=0)
    was_paid: Mapped[bool] = mapped_column(default=True)
    """False where the carrier asks for less at the door instead."""
    is_ours: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether the marketplace bears it: then the seller earns as before."""
    at: Mapped[datetime] = mapped_column(default=clock.now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))

    vendor_order: Mapped[VendorOrder] = relationship(lazy="raise")
    fulfillment: Mapped[Fulfillment | None] = relationship(lazy="raise")
