"""Categories as staff make, change and take them away. The tree is written in each category's path."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.following import products_changed, shelf_renamed
from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.media import Picture
from marketplace.catalog.models import Category, CategoryTranslation, Collection, Product
from marketplace.catalog.slugs import checked_slug, free_slug
from marketplace.catalog.wording import checked_words, write_metadata
from marketplace.kit.errors import Mistakes
from marketplace.kit.jobs import enqueue

AT_ONCE = 200
"""Products whose shelf is taken away in the request that says so."""
BATCH = 500
"""Products of one job."""
UNSYNCHRONISED = {"synchronize_session": False}


async def create_category(
    session: AsyncSession, said: Mapping[str, Any], parent: Category | None = None
) -> Category:
    """Put up a shelf, at the top or below another. `said`: name, slug, description, seo_title,
    seo_description, picture, picture_alt, public_metadata, private_metadata. Raises Errors, DomainErrors.
    """
    if parent is not None:
        await session.refresh(parent, ["path", "level"], with_for_update={"read": True, "key_share": True})
    category = Category(
        name="",
        slug="",
        parent_id=parent.id if parent else None,
        level=parent.level + 1 if parent else 0,
        path=[],
    )
    await describe(session, category, {"name": None} | dict(said), is_new=True)
    session.add(category)
    await session.flush()
    category.path = [*(parent.path if parent else ()), category.id]
    await session.flush()
    return category


async def update_category(session: AsyncSession, category: Category, said: Mapping[str, Any]) -> Category:
    """Change what a shelf says of itself; products are found by its new name soon. Raises as above."""
    before = category.name
    await describe(session, category, said)
    await session.flush()
    if category.name != before:
        await shelf_renamed(session, category.id)
    return category


async def describe(
    session: AsyncSession, shelf: Category | Collection, said: Mapping[str, Any], *, is_new: bool = False
) -> None:
    """Write what is said of a category or a collection. Raises Errors, with one error for each mistake."""
    model = type(shelf)
    columns: dict[str, Any] = {}
    mistakes = Mistakes()
    with mistakes.noted():
        columns = checked_words(said)
    with mistakes.noted():
        if is_new and not said.get("slug"):
            if "name" in columns:
                columns["slug"] = await free_slug(session, model, columns["name"], model.__tablename__)
        elif "slug" in said:
            columns["slug"] = await checked_slug(session, model, said["slug"], shelf.id)
    with mistakes.noted():
        write_metadata(shelf, said)
    mistakes.raise_any()
    picture: Picture | None = said.get("picture")
    if "picture" in said:
        columns["picture_path"] = picture and picture.key
    if "picture_alt" in said:
        columns["picture_alt"] = said["picture_alt"] or ""
    for name, value in columns.items():
        setattr(shelf, name, value)


async def delete_categories(session: AsyncSession, categories: Sequence[Category]) -> None:
    """Take shelves away with all that are below them. Their products stay, without a shelf and unpublished.

    They can't be bought from this moment on; prices and search follow, soon where they are many. Shelves with
    many products are out of sight at once, and their names are free: jobs clear them, and take them away.
    """
    ids = bindparam("ids", [category.id for category in categories], ARRAY(BigInteger))
    shelves = list(
        await session.scalars(
            select(Category.id).where(Category.path.overlap(ids)).order_by(Category.id).with_for_update()
        )
    )
    product_ids = await _products_on(session, shelves)
    if len(product_ids) <= AT_ONCE:
        await _clear(session, product_ids)
        await _remove(session, shelves)
        return
    await _unlist(session, product_ids)
    these = _of(shelves)
    await session.execute(delete(CategoryTranslation).where(CategoryTranslation.category_id == any_(these)))
    await session.execute(
        update(Category)
        .where(Category.id == any_(these))
        .values(is_going=True, slug=func.concat("going-", func.gen_random_uuid())),
        execution_options=UNSYNCHRONISED,
    )
    await enqueue(session, "catalog.delete_categories", category_ids=shelves)


async def categories_left(session: AsyncSession, category_ids: list[int]) -> None:
    """Clear one batch of the products on shelves that are going; in the end, take the shelves away."""
    going = select(Category.id).where(Category.id == any_(_of(category_ids)), Category.is_going)
    shelves = list(await session.scalars(going.order_by(Category.id).with_for_update()))
    product_ids = await _products_on(session, shelves, BATCH)
    await _clear(session, product_ids)
    if len(product_ids) == BATCH:
        await enqueue(session, "catalog.delete_categories", category_ids=shelves)
    else:
        await _remove(session, shelves)


async def _products_on(session: AsyncSession, shelves: Sequence[int], limit: int | None = None) -> list[int]:
    """The products on shelves, or some of them, locked: nobody puts them up for sale meanwhile."""
    found = await session.scalars(
        select(Product.id)
        .where(Product.category_id == any_(_of(shelves)))
        .order_by(Product.id)
        .limit(limit)
        .with_for_update(key_share=True)
    )
    return list(found)


async def _unlist(session: AsyncSession, product_ids: Sequence[int]) -> None:
    """Have nobody buy products any more: of many, all that is done at once."""
    listing = ProductChannelListing
    await session.execute(
        update(listing)
        .where(
            listing.product_id == any_(_of(product_ids)),
            or_(listing.is_published, listing.is_live, listing.category_id.is_not(None)),
        )
        .values(is_published=False, published_at=None, is_live=False, category_id=None),
        execution_options=UNSYNCHRONISED,
    )


async def _clear(session: AsyncSession, product_ids: Sequence[int]) -> None:
    """Take products off their shelf."""
    await _unlist(session, product_ids)
    await session.execute(
        update(Product)
        .where(Product.id == any_(_of(product_ids)))
        .values(category_id=None, listed_in=literal([], ARRAY(BigInteger))),
        execution_options=UNSYNCHRONISED,
    )
    await products_changed(session, product_ids)


async def _remove(session: AsyncSession, shelves: Sequence[int]) -> None:
    await session.execute(
        delete(Category).where(Category.id == any_(_of(shelves))), execution_options=UNSYNCHRONISED
    )


def _of(keys: Sequence[int]) -> Any:
    return bindparam(None, list(keys), ARRAY(BigInteger), unique=True)
