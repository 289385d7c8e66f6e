"""Telling that promotions have begun and ended, which they do by themselves."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.pricing.promotion_events import PromotionEventType, note
from marketplace.pricing.promotions import Promotion

AT_ONCE = 1000


async def tell(session: AsyncSession) -> None:
    """Announce the promotions that have begun or ended since this was last asked."""
    now = clock.now()
    ended = and_(Promotion.end_date <= now, _not_told_since(Promotion.end_date))
    begun = and_(
        Promotion.start_date <= now,
        or_(Promotion.end_date.is_(None), Promotion.end_date > now),
        _not_told_since(Promotion.start_date),
    )
    for kind, holds in (
        (PromotionEventType.PROMOTION_STARTED, begun),
        (PromotionEventType.PROMOTION_ENDED, ended),
    ):
        query = select(Promotion).where(holds).order_by(Promotion.id).limit(AT_ONCE)
        promotions = (await session.scalars(query.with_for_update(skip_locked=True))).all()
        for promotion in promotions:
            promotion.told_at = now
        await session.flush()
        await note(session, kind, [promotion.id for promotion in promotions])
        await announce(session, kind.value, *(each for each in promotions if not each.is_sale))
        await announce(session, "SALE_TOGGLE", *(each for each in promotions if each.is_sale))


def _not_told_since(moment: ColumnElement[object] | object) -> ColumnElement[bool]:
    return or_(Promotion.told_at.is_(None), Promotion.told_at < moment)
