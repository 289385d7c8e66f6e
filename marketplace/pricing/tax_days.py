"""Rates that begin or end by themselves: lists follow on the day."""

from datetime import date

from sqlalchemy import Date, and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey
from marketplace.markets.models import Channel, TaxRate
from marketplace.pricing.repricing import follow_markets

THE_ONLY_ROW = 1


class TaxDay(IntegerKey, Base):
    """The last day whose rates lists show: one row."""

    __tablename__ = "tax_day"

    day: Mapped[date] = mapped_column(Date)


async def follow_the_day(session: AsyncSession) -> bool:
    """Have listings follow rates that began or ended since the last time; whether any had. For a periodic
    job. The first time there is nothing to follow: prices are worked out by the rates of their day.
    """
    today = clock.now().date()
    first = await session.execute(
        insert(TaxDay).values(id=THE_ONLY_ROW, day=today).on_conflict_do_nothing().returning(TaxDay.id)
    )
    if first.first() is not None:
        return False
    last = await session.scalar(select(TaxDay).with_for_update())
    if last is None or last.day >= today:
        return False
    turned = or_(*(and_(day > last.day, day <= today) for day in (TaxRate.valid_from, TaxRate.valid_until)))
    channels = await session.scalars(
        select(Channel.id)
        .where(Channel.default_country_code.in_(select(TaxRate.country_code).where(turned)))
        .order_by(Channel.id)
    )
    keys = channels.all()
    for channel_id in keys:
        await follow_markets(session, channel_id)
    last.day = today
    await session.flush()
    return bool(keys)
