"""Tables of gift cards: money that was paid or given before, spent by a code.

Balances are minor units of the card's currency. A card is good in every channel of its currency.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.models import Product
from marketplace.kit import acting, clock
from marketplace.kit.models import Base, IntegerKey, Timestamped, WithMetadata, by_app_index
from marketplace.people.models import User

gift_card_tagged = Table(
    "gift_card_tagged",
    Base.metadata,
    Column("gift_card_id", BigInteger, ForeignKey("gift_card.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "tag_id", BigInteger, ForeignKey("gift_card_tag.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)


class GiftCardTag(IntegerKey, Base):
    __tablename__ = "gift_card_tag"

    name: Mapped[str] = mapped_column(String(255), unique=True)


class GiftCard(IntegerKey, Timestamped, WithMetadata, Base):
    """A card. Whoever has its code may spend it, unless it is somebody's own."""

    __tablename__ = "gift_card"
    __table_args__ = (
        CheckConstraint("initial_balance_minor >= 0", name="initial_balance_not_negative"),
        CheckConstraint(
            "current_balance_minor BETWEEN 0 AND initial_balance_minor", name="current_balance_in_range"
        ),
        Index(None, "assigned_to_id", "created_at"),
        Index(None, "created_at", "id"),
        Index(None, "currency", "current_balance_minor", "id"),
        Index(None, "currency", "initial_balance_minor", "id"),
        Index(None, "product_id"),
        Index(None, "created_by_email", "created_at"),
        Index(None, "assigned_to_email"),
        Index("ix_gift_card_ending", text("right(code, 4)")),
        Index(None, "metadata", postgresql_using="gin"),
        by_app_index(),
    )

    code: Mapped[str] = mapped_column(String(255), unique=True)
    """A secret: whoever reads it can spend the card. See docs/decisions/ on why it is kept readable."""
    is_active: Mapped[bool] = mapped_column(default=True)
    currency: Mapped[str] = mapped_column(CHAR(3))
    initial_balance_minor: Mapped[int]
    current_balance_minor: Mapped[int]
    expires_on: Mapped[date | None]
    """The last day on which it is good."""
    last_used_at: Mapped[datetime | None]
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    created_by_email: Mapped[str | None]
    app_id: Mapped[int | None] = mapped_column(
        ForeignKey("app.id", ondelete="SET NULL"), default=acting.app_id
    )
    """The app that made it."""
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    """The only customer who may spend it; none: anybody who has the code."""
    assigned_to_email: Mapped[str | None]
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id", ondelete="SET NULL"))
    """What was bought, where it was."""

    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id], lazy="raise")
    assigned_to: Mapped[User | None] = relationship(foreign_keys=[assigned_to_id], lazy="raise")
    product: Mapped[Product | None] = relationship(lazy="raise")
    tags: Mapped[list[GiftCardTag]] = relationship(secondary=gift_card_tagged, lazy="raise")
    events: Mapped[list["GiftCardEvent"]] = relationship(order_by="GiftCardEvent.id", lazy="raise")


class GiftCardEventType(StrEnum):
    ISSUED = "ISSUED"
    BOUGHT = "BOUGHT"
    UPDATED = "UPDATED"
    ACTIVATED = "ACTIVATED"
    DEACTIVATED = "DEACTIVATED"
    BALANCE_RESET = "BALANCE_RESET"
    EXPIRY_DATE_UPDATED = "EXPIRY_DATE_UPDATED"
    TAGS_UPDATED = "TAGS_UPDATED"
    SENT_TO_CUSTOMER = "SENT_TO_CUSTOMER"
    RESENT = "RESENT"
    NOTE_ADDED = "NOTE_ADDED"
    USED_IN_ORDER = "USED_IN_ORDER"
    REFUNDED_IN_ORDER = "REFUNDED_IN_ORDER"
    BALANCE_ADJUSTED = "BALANCE_ADJUSTED"
    ASSIGNED_TO_USER = "ASSIGNED_TO_USER"
    UNASSIGNED_FROM_USER = "UNASSIGNED_FROM_USER"


class GiftCardEvent(IntegerKey, Base):
    """What happened to a card. Balances in it are of the card's currency."""

    __tablename__ = "gift_card_event"
    __table_args__ = (Index(None, "gift_card_id", "id"), by_app_index())

    gift_card_id: Mapped[int] = mapped_column(ForeignKey("gift_card.id", ondelete="CASCADE"))
    type: Mapped[GiftCardEventType]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    app_id: Mapped[int | None] = mapped_column(
        ForeignKey("app.id", ondelete="SET NULL"), default=acting.app_id
    )
    order_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    """The order that it is about: of a higher room, so no foreign key."""
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`message`, `email`, `order_number`, `tags`, `expiry_date`, and balances in minor units:
    `initial_balance_minor`, `current_balance_minor`, `old_current_balance_minor`.
    """

    user: Mapped[User | None] = relationship(lazy="raise")
