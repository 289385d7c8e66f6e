"""What pricing does again and again."""

from marketplace.kit.jobs import Work, job
from marketplace.pricing import beginnings, repricing, service


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
