"""What the catalogue does after a commit."""

from marketplace.catalog import categories, fetching, following, forgetting, media, product_types, search
from marketplace.kit.jobs import Work, enqueue, job


@job("catalog.make_thumbnails")
async def make_thumbnails(work: Work, media_ids: list[int]) -> None:
    """Make the usual small versions of some pictures."""
    for media_id in media_ids:
        await media.make_thumbnails(work.session, work.storage, media_id)


@job("catalog.refresh_lexicon")
async def refresh_lexicon(work: Work) -> None:
    """Forget words that no listing has any more."""
    await search.refresh_lexicon(work.session)


@job("catalog.forget_attribute")
async def forget_attribute(work: Work, attribute_id: int) -> None:
    """Take away what was answered to an attribute that is going, and then the attribute."""
    await forgetting.attribute_left(work.session, attribute_id)


@job("catalog.forget_answers")
async def forget_answers(work: Work, table: str, type_id: int, attribute_ids: list[int]) -> None:
    """Take away what was answered to attributes that a type asks for no more."""
    await forgetting.answers_left(work.session, table, type_id, attribute_ids)


@job("catalog.follow_values")
async def follow_values(
    work: Work, attribute_id: int, value_id: int | None = None, after_product_id: int = 0
) -> None:
    """Sort and find products by values that are called otherwise now, or stand elsewhere."""
    await forgetting.follow_values(work.session, attribute_id, value_id, after_product_id)


@job("catalog.follow")
async def follow(work: Work, product_ids: list[int]) -> None:
    """Have searches find products by what they are called now, and tell that they have changed."""
    await following.follow(work.session, product_ids)


@job("catalog.reindex_shelf")
async def reindex_shelf(work: Work, category_id: int, after_product_id: int = 0) -> None:
    """Have searches find what stands on a shelf by what the shelf is called now."""
    await following.reindex_shelf(work.session, category_id, after_product_id)


@job("catalog.follow_product_type")
async def follow_product_type(work: Work, product_type_id: int, after_product_id: int = 0) -> None:
    """Have a type's products be called and taxed as it says now."""
    await product_types.follow_product_type(work.session, product_type_id, after_product_id)


@job("catalog.delete_product_type")
async def delete_product_type(work: Work, product_type_id: int) -> None:
    """Delete the products of a type that is going, and then the type."""
    await product_types.product_type_left(work.session, product_type_id)


@job("catalog.delete_categories")
async def delete_categories(work: Work, category_ids: list[int]) -> None:
    """Take products off shelves that are going, and then the shelves."""
    await categories.categories_left(work.session, category_ids)


@job("catalog.fetch_media")
async def fetch_media(work: Work, media_id: int) -> None:
    """Fetch a picture that was given by its address, or what a host says of a video."""
    await fetching.fetch_media(work, media_id)


@job("catalog.fetch_all_media")
async def fetch_all_media(work: Work, media_ids: list[int]) -> None:
    """Have each of many pictures fetched by a job of its own: one that fails holds up no other."""
    for media_id in media_ids:
        await enqueue(work.session, "catalog.fetch_media", media_id=media_id)
