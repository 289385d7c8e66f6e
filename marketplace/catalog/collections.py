"""Collections as staff make, fill and publish them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.categories import describe
from marketplace.catalog.errors import NoVariantError
from marketplace.catalog.following import products_changed
from marketplace.catalog.listings import CollectionChannelListing
from marketplace.catalog.models import Collection, CollectionProduct, Product, ProductVariant
from marketplace.kit.errors import NotFoundError
from marketplace.kit.ids import to_global_id
from marketplace.kit.reordering import displaced, reordered

UNSYNCHRONISED = {"synchronize_session": False}


async def create_collection(
    session: AsyncSession, said: Mapping[str, Any], products: Sequence[Product] = ()
) -> Collection:
    """Make a collection of products, in their order; it shows nowhere yet. `said` as in `create_category`."""
    collection = Collection(name="", slug="")
    await describe(session, collection, {"name": None} | dict(said), is_new=True)
    session.add(collection)
    await session.flush()
    await add_to_collection(session, collection, [product.id for product in products])
    return collection


async def update_collection(
    session: AsyncSession, collection: Collection, said: Mapping[str, Any]
) -> Collection:
    """Change what a collection says of itself. Raises Errors, DomainErrors."""
    await describe(session, collection, said)
    await session.flush()
    return collection


async def delete_collections(session: AsyncSession, collections: Sequence[Collection]) -> None:
    """Take collections away. Their products stay; what promotions of the collections did to prices goes."""
    ids = _keys([collection.id for collection in collections])
    product_ids = await session.scalars(
        select(CollectionProduct.product_id).where(CollectionProduct.collection_id == any_(ids)).distinct()
    )
    members = list(product_ids)
    await session.execute(
        delete(Collection).where(Collection.id == any_(ids)), execution_options=UNSYNCHRONISED
    )
    await products_changed(session, members)


async def add_products(
    session: AsyncSession, collection: Collection, products: Sequence[Product]
) -> Collection:
    """Put products at the end of a collection, in their order; those that are in it keep their place.

    Raises NoVariantError for products that have nothing to be bought.
    """
    given = list(dict.fromkeys(product.id for product in products))
    variant = exists().where(ProductVariant.product_id == Product.id)
    empty = await session.scalars(select(Product.id).where(Product.id == any_(_keys(given)), ~variant))
    if without := [to_global_id("Product", key) for key in empty]:
        raise NoVariantError(
            "Products without variants can't be in a collection.", field="products", products=without
        )
    await add_to_collection(session, collection, given)
    return collection


async def add_to_collection(
    session: AsyncSession, collection: Collection, product_ids: Sequence[int]
) -> None:
    """Put products at a collection's end, whatever they are."""
    if not product_ids:
        return
    await _lock(session, collection)
    last = await session.scalar(
        select(func.max(CollectionProduct.position)).where(CollectionProduct.collection_id == collection.id)
    )
    first = 0 if last is None else last + 1
    rows = [
        {"collection_id": collection.id, "product_id": product_id, "position": first + place}
        for place, product_id in enumerate(dict.fromkeys(product_ids))
    ]
    added = await session.scalars(
        insert(CollectionProduct).on_conflict_do_nothing().returning(CollectionProduct.product_id), rows
    )
    await products_changed(session, added.all())


async def remove_products(
    session: AsyncSession, collection: Collection, product_ids: Sequence[int]
) -> Collection:
    """Take products out of a collection; those that are not in it are no mistake."""
    removed = await session.scalars(
        delete(CollectionProduct)
        .where(
            CollectionProduct.collection_id == collection.id,
            CollectionProduct.product_id == any_(_keys(product_ids)),
        )
        .returning(CollectionProduct.product_id),
        execution_options=UNSYNCHRONISED,
    )
    await products_changed(session, removed.all())
    return collection


async def collections_of_product(
    session: AsyncSession, product: Product, wanted: Sequence[Collection]
) -> None:
    """Have a product be in these collections and in no others. Its prices are the caller's to see to."""
    keys = sorted(collection.id for collection in wanted)
    mine = CollectionProduct.product_id == product.id
    await session.execute(
        delete(CollectionProduct).where(mine, CollectionProduct.collection_id != func.all(_keys(keys))),
        execution_options=UNSYNCHRONISED,
    )
    last = func.coalesce(func.max(CollectionProduct.position) + 1, 0)
    ends = await session.execute(
        select(Collection.id, last)
        .outerjoin(CollectionProduct, CollectionProduct.collection_id == Collection.id)
        .where(Collection.id == any_(_keys(keys)))
        .group_by(Collection.id)
    )
    rows = [
        {"collection_id": collection_id, "product_id": product.id, "position": end}
        for collection_id, end in ends
    ]
    if rows:
        await session.execute(insert(CollectionProduct).on_conflict_do_nothing(), rows)


async def reorder_products(
    session: AsyncSession, collection: Collection, moves: Sequence[tuple[int, int]]
) -> Collection:
    """Move products of a collection by so many places. Raises NotFoundError for one that is not in it."""
    await _lock(session, collection)
    found = await session.execute(
        select(CollectionProduct.product_id, CollectionProduct.position)
        .where(CollectionProduct.collection_id == collection.id)
        .order_by(CollectionProduct.position, CollectionProduct.product_id)
    )
    before = {row.product_id: row.position for row in found}
    for product_id, _ in moves:
        if product_id not in before:
            unknown = to_global_id("Product", product_id)
            raise NotFoundError(f"Couldn't resolve to a product: {unknown}", field="moves")
    places = displaced(before, reordered(list(before), moves))
    new = (
        func.unnest(_keys(list(places)), bindparam("places", list(places.values()), ARRAY(BigInteger)))
        .table_valued("product_id", "place")
        .render_derived("new")
    )
    await session.execute(
        update(CollectionProduct)
        .values(position=new.c.place)
        .where(
            CollectionProduct.collection_id == collection.id,
            CollectionProduct.product_id == new.c.product_id,
        ),
        execution_options=UNSYNCHRONISED,
    )
    return collection


async def publish_collection(
    session: AsyncSession,
    collection: Collection,
    listings: Mapping[int, Mapping[str, Any]],
    removed_channel_ids: Sequence[int],
) -> Collection:
    """Say where a collection shows: `is_published` and `published_at` by channel id, where they change."""
    for channel_id, said in listings.items():
        row = {"collection_id": collection.id, "channel_id": channel_id}
        columns = {name: said[name] for name in ("is_published", "published_at") if name in said}
        adding = insert(CollectionChannelListing).values(row | {"is_published": False} | columns)
        index = list(row)
        await session.execute(
            adding.on_conflict_do_update(index_elements=index, set_=columns)
            if columns
            else adding.on_conflict_do_nothing()
        )
    await session.execute(
        delete(CollectionChannelListing).where(
            CollectionChannelListing.collection_id == collection.id,
            CollectionChannelListing.channel_id == any_(_keys(removed_channel_ids)),
        ),
        execution_options=UNSYNCHRONISED,
    )
    return collection


async def _lock(session: AsyncSession, collection: Collection) -> None:
    """Let nobody else number the products of a collection."""
    await session.execute(
        select(Collection.id).where(Collection.id == collection.id).with_for_update(key_share=True)
    )


def _keys(ids: Sequence[int]) -> Any:
    return bindparam(None, list(ids), ARRAY(BigInteger), unique=True)
