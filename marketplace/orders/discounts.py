"""Tables of what made an order cheaper, and of the gift cards that paid for it.

Amounts are minor units of the order's currency, as prices were entered in its channel. An order's totals are
after all of it; nothing here is added to them or taken off them again.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey, UuidKey
from marketplace.orders.models import Order, OrderLine
from marketplace.pricing.discounts import DiscountType, DiscountValueType
from marketplace.pricing.gift_cards import GiftCard
from marketplace.pricing.vouchers import DISCOUNT_VALUE


class _Discount(UuidKey):
    """Where a discount came from, and what it came to."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now, sort_order=90)
    type: Mapped[DiscountType]
    name: Mapped[str | None]
    translated_name: Mapped[str | None]
    value_type: Mapped[DiscountValueType]
    value: Mapped[Decimal] = mapped_column(DISCOUNT_VALUE)
    reason: Mapped[str | None]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    voucher_id: Mapped[int | None] = mapped_column(BigInteger)
    """What it was then: a voucher may be deleted, its discounts stay."""
    voucher_code: Mapped[str | None]


class OrderDiscount(_Discount, Base):
    """Off an order as a whole, or off its delivery. Its lines and parcels already bear their shares."""

    __tablename__ = "order_discount"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"), index=True)

    order: Mapped[Order] = relationship(lazy="raise")


class OrderLineDiscount(_Discount, Base):
    """Off one line."""

    __tablename__ = "order_line_discount"

    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_line.id", ondelete="CASCADE"), index=True)

    order_line: Mapped[OrderLine] = relationship(lazy="raise")


class OrderGiftCard(IntegerKey, Base):
    """How much a card paid of an order, and how much of that it got back for what was given up."""

    __tablename__ = "order_gift_card"
    __table_args__ = (
        UniqueConstraint("order_id", "gift_card_id"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="refunded_in_range"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"))
    gift_card_id: Mapped[int] = mapped_column(ForeignKey("gift_card.id"), index=True)
    """A card that has paid for something can't be deleted."""
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    """Nothing, of an order that was placed elsewhere: it is known that the card paid, not how much."""
    refunded_minor: Mapped[int] = mapped_column(default=0)

    order: Mapped[Order] = relationship(lazy="raise")
    gift_card: Mapped[GiftCard] = relationship(lazy="raise")
