"""Categories as staff make, change and take them away. The tree is written in each category's path."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, delete, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.following import products_changed, shelf_renamed
from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.media import Picture
from marketplace.catalog.models import Category, Collection, Product
from marketplace.catalog.slugs import checked_slug, free_slug
from marketplace.catalog.wording import checked_words, write_metadata
from marketplace.kit.errors import Mistakes


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

    They can't be bought from this moment on; prices and search follow, soon where they are many.
    """
    ids = bindparam("ids", [category.id for category in categories], ARRAY(BigInteger))
    shelves = list(
        await session.scalars(
            select(Category.id).where(Category.path.overlap(ids)).order_by(Category.id).with_for_update()
        )
    )
    gone = bindparam("gone", shelves, ARRAY(BigInteger))
    product_ids = list(
        await session.scalars(
            select(Product.id)
            .where(Product.category_id == any_(gone))
            .order_by(Product.id)
            .with_for_update(key_share=True)
        )
    )
    left = bindparam("left", product_ids, ARRAY(BigInteger))
    unsynchronised = {"synchronize_session": False}
    await session.execute(
        update(ProductChannelListing)
        .where(ProductChannelListing.product_id == any_(left))
        .values(is_published=False, published_at=None, is_live=False, category_id=None),
        execution_options=unsynchronised,
    )
    await session.execute(
        update(Product)
        .where(Product.id == any_(left))
        .values(category_id=None, listed_in=literal([], ARRAY(BigInteger))),
        execution_options=unsynchronised,
    )
    await session.execute(delete(Category).where(Category.id == any_(gone)), execution_options=unsynchronised)
    await products_changed(session, product_ids)
