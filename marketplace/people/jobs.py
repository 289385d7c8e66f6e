"""What is done again and again for people."""

from marketplace.kit.jobs import Work, job
from marketplace.people import throttling


@job("people.forget_attempts")
async def forget_attempts(work: Work) -> None:
    """Delete counts of attempts that count no more."""
    await throttling.forget_old(work.session)
