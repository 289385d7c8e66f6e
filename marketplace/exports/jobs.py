"""What exports have done by the clock. Files are made by `post`, which knows what filters mean."""

from marketplace.exports import service
from marketplace.kit.jobs import Work, job


@job("exports.forget_old")
async def forget_old(work: Work) -> None:
    """Delete files that were made long ago."""
    await service.forget_old(work.session, work.storage)
