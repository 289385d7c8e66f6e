"""What the catalogue does after a commit."""

from marketplace.catalog import fetching, following, media, search
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


@job("catalog.follow")
async def follow(work: Work, product_ids: list[int]) -> None:
    """Have searches find products by what they are called now, and tell that they have changed."""
    await following.follow(work.session, product_ids)


@job("catalog.reindex_shelf")
async def reindex_shelf(work: Work, category_id: int, after_product_id: int = 0) -> None:
    """Have searches find what stands on a shelf by what the shelf is called now."""
    await following.reindex_shelf(work.session, category_id, after_product_id)


@job("catalog.fetch_media")
async def fetch_media(work: Work, media_id: int) -> None:
    """Fetch a picture that was given by its address, or what a host says of a video."""
    await fetching.fetch_media(work, media_id)
