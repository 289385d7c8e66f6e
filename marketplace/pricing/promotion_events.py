"""What happened to promotions, by whom."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kit import acting, clock
from marketplace.kit.models import Base, UuidKey, by_app_index
from marketplace.people.models import User


class PromotionEventType(StrEnum):
    PROMOTION_CREATED = "PROMOTION_CREATED"
    PROMOTION_UPDATED = "PROMOTION_UPDATED"
    PROMOTION_STARTED = "PROMOTION_STARTED"
    PROMOTION_ENDED = "PROMOTION_ENDED"
    RULE_CREATED = "RULE_CREATED"
    RULE_UPDATED = "RULE_UPDATED"
    RULE_DELETED = "RULE_DELETED"


class PromotionEvent(UuidKey, Base):
    """Something that happened to a promotion."""

    __tablename__ = "promotion_event"
    __table_args__ = (Index(None, "promotion_id", "at", "id"), by_app_index())

    promotion_id: Mapped[UUID] = mapped_column(ForeignKey("promotion.id", ondelete="CASCADE"))
    type: Mapped[PromotionEventType]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    app_id: Mapped[int | None] = mapped_column(
        ForeignKey("app.id", ondelete="SET NULL"), default=acting.app_id
    )
    rule_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The rule that it is about, which may be gone: no foreign key."""


async def note(
    session: AsyncSession,
    kind: PromotionEventType,
    promotion_ids: Iterable[UUID],
    rule_id: UUID | None = None,
) -> None:
    """Write into promotions' histories what happened to them, and who did it, if somebody did."""
    key = acting.actor().user_id
    user_id = None if key is None else await session.scalar(select(User.id).where(User.id == key))
    session.add_all(
        PromotionEvent(promotion_id=each, type=kind, user_id=user_id, rule_id=rule_id)
        for each in promotion_ids
    )
    await session.flush()
