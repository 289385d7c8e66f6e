"""Sending a letter once, however often its job is told.

A letter's key is written down in the job's transaction, then the letter is sent, then the transaction
commits. Told again, the job finds the key. Only a worker that dies between the mail server's yes and its own
commit lets a letter go twice; both have the same Message-ID.
"""

from datetime import timedelta
from functools import lru_cache

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from marketplace.kit import clock
from marketplace.kit.jobs import Work
from marketplace.markets.shop_settings import settings_in_force
from marketplace.pages.languages import TEMPLATES, Language, languages
from marketplace.pages.letters import Letter
from marketplace.pages.static import StaticFiles
from marketplace.pages.templates import Templates
from marketplace.people.models import SentLetter
from marketplace.post.smtp import Envelope, send

KEPT_FOR = timedelta(days=60)
"""Longer than the queue remembers its jobs."""


async def send_once(work: Work, key: str, to: str, language: Language, letter: Letter) -> None:
    """Send a letter unless the letter of this key has gone out. Raises what `smtp.send` raises."""
    if await is_first(work, key):
        settings = await settings_in_force(work.session, work.settings)
        await send(settings, Envelope(key, to, language, letter))


async def is_first(work: Work, key: str) -> bool:
    """Whether what goes by this key has not gone out yet; from now on it has, once the job commits."""
    written = await work.session.execute(
        insert(SentLetter)
        .values(key=key, sent_at=clock.now())
        .on_conflict_do_nothing()
        .returning(SentLetter.key)
    )
    return written.scalar_one_or_none() is not None


async def forget_old(work: Work) -> None:
    """Forget letters that no job can be about any more."""
    await work.session.execute(delete(SentLetter).where(SentLetter.sent_at < clock.now() - KEPT_FOR))


def language_of(code: str) -> Language:
    """The language to write in for somebody's: French where it is none of ours, as on the pages."""
    return languages().get(code.partition("-")[0].lower(), languages()["fr"])


@lru_cache(maxsize=4)
def templates_for(public_url: str) -> Templates:
    """Letters' templates, read once."""
    return Templates(StaticFiles(TEMPLATES / "static"), public_url, reload=False)
