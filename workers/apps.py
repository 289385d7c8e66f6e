"""What apps show of themselves: their logos, fetched from where their manifests say."""

from marketplace.apps.installing import FETCH_LOGO
from marketplace.apps.logos import fetch_logo
from marketplace.apps.models import App, AppInstallation
from marketplace.catalog.errors import PictureError
from marketplace.catalog.media import keep_picture, read_picture
from marketplace.kit.jobs import Retry, Work, job


@job(FETCH_LOGO, retry=Retry(times=5, first_wait_seconds=30))
async def fetch(work: Work, url: str, app_id: int | None = None, installation_id: int | None = None) -> None:
    """Keep the logo of an app, or of one that could not be installed. What is no picture is left alone."""
    content = await fetch_logo(work.settings, url)
    try:
        picture = await read_picture(content, "apps", "brand")
    except PictureError:
        return
    await keep_picture(work.storage, picture)
    model: type[App | AppInstallation] = App if installation_id is None else AppInstallation
    row: App | AppInstallation | None = await work.session.get(
        model, app_id or installation_id, with_for_update=True
    )
    if row is not None and row.logo_path is None:
        row.logo_path = picture.key
