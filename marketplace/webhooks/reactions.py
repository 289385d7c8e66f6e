"""What this room does when others tell of something."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.announcements import Announcement
from marketplace.kit.events import subscribe
from marketplace.webhooks.hearing import hear


@subscribe(Announcement)
async def on_announcement(session: AsyncSession, announcement: Announcement) -> None:
    await hear(session, announcement)
