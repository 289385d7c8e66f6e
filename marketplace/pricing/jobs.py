"""What pricing does again and again."""

from marketplace.kit.jobs import Work, job
from marketplace.pricing import service


@job("pricing.publish_due")
async def publish_due(work: Work) -> None:
    """Put products on the shelf whose day of publication has come."""
    await service.publish_due(work.session)
