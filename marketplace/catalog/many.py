"""Many products or variants made together: a fixed number of statements, however many there are.

What is wrong with any of them has been found out before (`checked_for`, `plain_columns`, `owners` ...). What
only the writing shows (a choice that has just gone) undoes all of it, and is told with the place of the row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, any_, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.catalog import gallery, search
from marketplace.catalog.answering import Checked
from marketplace.catalog.answering_many import alike_variants, write_first_answers
from marketplace.catalog.events import ListingsChanged, VariantsLaidIn
from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import (
    Collection,
    CollectionProduct,
    Product,
    ProductType,
    ProductVariant,
)
from marketplace.catalog.publishing import price_row
from marketplace.catalog.variants import name_variants, same_answers
from marketplace.kit.errors import Errors
from marketplace.kit.events import publish
from marketplace.markets.models import Channel
from marketplace.markets.shop_settings import shop_setting
from marketplace.vendors.models import Vendor

LISTED = {
    "is_published": False,
    "published_at": None,
    "visible_in_listings": False,
    "available_for_purchase_at": None,
}
"""What a listing says where nothing else is said, as in Saleor."""


@dataclass(kw_only=True)
class NewVariant:
    """A variant to be made."""

    columns: dict[str, Any]
    answers: Sequence[Checked] = ()
    prices: list[tuple[Channel, Mapping[str, Any]]] = field(default_factory=list)
    pieces: list[tuple[UUID, int]] = field(default_factory=list)
    """Store rooms, and how many lie there."""
    within: str | None = None
    """The list of the product's input in which it stands, if it comes with a product: `variants`."""
    index: int = 0
    """Its place there."""


@dataclass(kw_only=True)
class NewProduct:
    """A product to be made."""

    vendor: Vendor
    product_type: ProductType
    columns: dict[str, Any]
    answers: Sequence[Checked] = ()
    collections: Sequence[Collection] = ()
    listings: list[tuple[Channel, Mapping[str, Any]]] = field(default_factory=list)
    variants: list[NewVariant] = field(default_factory=list)
    media: list[dict[str, Any]] = field(default_factory=list)
    """Rows of `catalog.gallery`, in their order."""


async def write_products(
    session: AsyncSession, drafts: Sequence[NewProduct], *, may_add_choices: bool = True
) -> list[Product]:
    """Make products with their variants, listings, prices and pieces. Raises Errors."""
    if not drafts:
        return []
    names = dict.fromkeys(name for draft in drafts for name in draft.columns)
    rows = [
        {
            "vendor_id": draft.vendor.id,
            "product_type_id": draft.product_type.id,
            "is_demo": draft.vendor.is_demo,
            **{name: draft.columns.get(name, _absent(name)) for name in names},
        }
        for draft in drafts
    ]
    made = insert(Product).returning(Product, sort_by_parameter_order=True)
    products = (await session.scalars(made, rows)).all()
    await _gather(session, products, drafts)
    listings = [
        {
            "product_id": product.id,
            "channel_id": channel.id,
            "currency": channel.currency_code,
            **LISTED,
            **said,
        }
        for product, draft in zip(products, drafts, strict=True)
        for channel, said in draft.listings
    ]
    if listings:
        await session.execute(insert(ProductChannelListing), listings)
    answers = [(product.id, draft.answers) for product, draft in zip(products, drafts, strict=True)]
    await write_first_answers(session, Product, answers, may_add_choices=may_add_choices)
    variants = [
        (product.id, variant)
        for product, draft in zip(products, drafts, strict=True)
        for variant in draft.variants
    ]
    await _write_variants(session, variants, may_add_choices=may_add_choices)
    media = [
        {"product_id": product.id, "position": place, **row}
        for product, draft in zip(products, drafts, strict=True)
        for place, row in enumerate(draft.media)
    ]
    await gallery.add_to_new(session, media)
    await _follow(session, [product.id for product in products])
    return list(products)


async def write_variants(
    session: AsyncSession, product: Product, drafts: Sequence[NewVariant], *, may_add_choices: bool = True
) -> list[ProductVariant]:
    """Add variants to a product that the caller has locked, with their prices and pieces. Raises Errors."""
    variants = await _write_variants(
        session, [(product.id, draft) for draft in drafts], may_add_choices=may_add_choices
    )
    if variants:
        await _follow(session, [product.id])
    return variants


async def _write_variants(
    session: AsyncSession, drafts: Sequence[tuple[int, NewVariant]], *, may_add_choices: bool
) -> list[ProductVariant]:
    if not drafts:
        return []
    names = dict.fromkeys(["track_inventory", *(name for _, draft in drafts for name in draft.columns)])
    is_tracked = await session.scalar(select(shop_setting("track_inventory_by_default")))
    next_places = await _next_places(session, {product_id for product_id, _ in drafts})
    rows = []
    for product_id, draft in drafts:
        place = next_places[product_id]
        next_places[product_id] += 1
        absent = {name: _absent(name) for name in names} | {"track_inventory": is_tracked}
        columns = {name: draft.columns.get(name, absent[name]) for name in names}
        rows.append({"product_id": product_id, "position": place, "name": "", **columns})
    made = insert(ProductVariant).returning(ProductVariant, sort_by_parameter_order=True)
    variants = (await session.scalars(made, rows)).all()
    given = list(zip(variants, (draft for _, draft in drafts), strict=True))
    prices = [
        price_row(variant.id, channel, columns)
        for variant, draft in given
        for channel, columns in draft.prices
    ]
    if prices:
        await session.execute(insert(VariantChannelListing), prices)
    answers = [(variant.id, draft.answers) for variant, draft in given]
    try:
        await write_first_answers(session, ProductVariant, answers, may_add_choices=may_add_choices)
    except Errors as errors:
        for error in errors.errors:
            error.field = ".".join(filter(None, (drafts[0][1].within, error.field)))
        raise
    await _check_unlike(session, given)
    called = await name_variants(session, [variant.id for variant in variants])
    pieces = tuple((variant.id, room, pieces) for variant, draft in given for room, pieces in draft.pieces)
    await publish(session, VariantsLaidIn(pieces))
    for variant in variants:
        set_committed_value(variant, "name", called.get(variant.id, variant.name))
    return list(variants)


async def _check_unlike(session: AsyncSession, given: Sequence[tuple[ProductVariant, NewVariant]]) -> None:
    """Raises DomainError for the first variant that says what an older one of its product says."""
    if not any(draft.answers for _, draft in given):
        return
    alike = await alike_variants(session, list({variant.product_id for variant, _ in given}))
    for variant, draft in given:
        if variant.id in alike:
            error = same_answers(draft.answers)
            place = None if draft.within is None else f"{draft.within}.{draft.index}"
            error.field = ".".join(filter(None, (place, error.field)))
            raise error


async def _next_places(session: AsyncSession, product_ids: set[int]) -> dict[int, int]:
    keys = bindparam("ids", list(product_ids), ARRAY(BigInteger))
    rows = await session.execute(
        select(ProductVariant.product_id, func.max(ProductVariant.position) + 1)
        .where(ProductVariant.product_id == any_(keys))
        .group_by(ProductVariant.product_id)
    )
    return dict.fromkeys(product_ids, 0) | {row[0]: row[1] for row in rows}


async def _gather(session: AsyncSession, products: Sequence[Product], drafts: Sequence[NewProduct]) -> None:
    """Put the products at the ends of their collections."""
    wanted = sorted({collection.id for draft in drafts for collection in draft.collections})
    if not wanted:
        return
    keys = bindparam("ids", wanted, ARRAY(BigInteger))
    locked = select(Collection.id).where(Collection.id == any_(keys)).order_by(Collection.id)
    await session.execute(locked.with_for_update(key_share=True))
    rows = await session.execute(
        select(CollectionProduct.collection_id, func.max(CollectionProduct.position) + 1)
        .where(CollectionProduct.collection_id == any_(keys))
        .group_by(CollectionProduct.collection_id)
    )
    ends = dict.fromkeys(wanted, 0) | {row[0]: row[1] for row in rows}
    members = []
    for product, draft in zip(products, drafts, strict=True):
        for collection in draft.collections:
            place = ends[collection.id]
            members.append({"collection_id": collection.id, "product_id": product.id, "position": place})
            ends[collection.id] += 1
    await session.execute(insert(CollectionProduct), members)


async def _follow(session: AsyncSession, product_ids: Sequence[int]) -> None:
    await publish(session, ListingsChanged(tuple(product_ids)))
    await search.reindex(session, product_ids)


def _absent(name: str) -> Any:
    """What a column has of which only other rows of the batch say something."""
    if name in ("public_metadata", "private_metadata"):
        return {}
    return {"description_text": "", "name": ""}.get(name)
