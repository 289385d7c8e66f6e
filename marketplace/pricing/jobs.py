"""What pricing does again and again."""

from typing import Any

from marketplace.kit.jobs import Work, job
from marketplace.pricing import beginnings, repricing, service, tax_days, telling


@job("pricing.publish_due")
async def publish_due(work: Work) -> None:
    """Put products on the shelf whose day of publication has come."""
    await service.publish_due(work.session)


@job("pricing.promotions_due")
async def promotions_due(work: Work) -> None:
    """Have prices follow promotions that began, ended or changed: a batch now, the rest by the next job."""
    await beginnings.tell(work.session)
    if await repricing.catch_up(work.session):
        await service.wake_repricing(work.session)


@job("pricing.follow_tax_day")
async def follow_tax_day(work: Work) -> None:
    """Have prices follow tax rates that begin or end today."""
    await tax_days.follow_the_day(work.session)


@job("pricing.tell_prices")
async def tell_prices(work: Work, changes: list[list[Any]]) -> None:
    """Tell apps of prices that have changed."""
    await telling.tell(work.session, changes)
