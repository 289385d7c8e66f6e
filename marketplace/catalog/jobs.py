"""What the catalogue does after a commit."""

from marketplace.catalog import media, search
from marketplace.kit.jobs import Work, job


@job("catalog.make_thumbnails")
async def make_thumbnails(work: Work, media_ids: list[int]) -> None:
    """Make the usual small versions of some pictures."""
    for media_id in media_ids:
        await media.make_thumbnails(work.session, work.storage, media_id)


@job("catalog.refresh_lexicon")
async def refresh_lexicon(work: Work) -> None:
    """Forget words that no listing has any more."""
    await search.refresh_lexicon(work.session)
