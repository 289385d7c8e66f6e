"""What this room does when others tell of something."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.events import AppMade, ManifestRead
from marketplace.apps.models import App
from marketplace.kit.announcements import Announcement
from marketplace.kit.events import subscribe
from marketplace.webhooks import manifests
from marketplace.webhooks.hearing import hear, settings_of


@subscribe(Announcement)
async def on_announcement(session: AsyncSession, announcement: Announcement) -> None:
    await hear(session, announcement)


@subscribe(ManifestRead)
async def on_manifest_read(session: AsyncSession, event: ManifestRead) -> None:
    manifests.judge(settings_of(session), event.manifest)


@subscribe(AppMade)
async def on_app_made(session: AsyncSession, event: AppMade) -> None:
    app = await session.get_one(App, event.app_id)
    await manifests.make(session, app, event.webhooks)
