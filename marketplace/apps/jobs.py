"""Jobs about apps."""

from marketplace.apps import installing
from marketplace.kit.jobs import Retry, Work, job


@job(installing.INSTALL, retry=Retry(times=1))
async def install(work: Work, installation_id: int) -> None:
    """Install an app. What goes wrong is told in the installation, and staff try again."""
    await installing.install(work.database, work.settings, installation_id)
