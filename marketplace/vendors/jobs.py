"""What is done again and again for sellers."""

from marketplace.kit.jobs import Work, job
from marketplace.vendors import certificates


@job("vendors.tell_of_endings")
async def tell_of_endings(work: Work) -> None:
    """Warn sellers of certificates that end soon, and tell them of those that have ended."""
    while await certificates.tell_of_endings(work.session) >= certificates.BATCH:
        pass  # Each is told of once, so this ends.
