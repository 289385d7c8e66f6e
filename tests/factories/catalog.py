"""Listings for tests."""

from datetime import UTC, datetime
from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import (
    CollectionChannelListing,
    ProductChannelListing,
    VariantChannelListing,
)
from marketplace.catalog.models import Category, Collection, Product, ProductType, ProductVariant
from marketplace.markets.models import Channel
from marketplace.pricing.service import reprice
from tests.factories.vendors import make_vendor

_numbers = count(1)


async def make_product_type(session: AsyncSession, **given: object) -> ProductType:
    number = next(_numbers)
    product_type = ProductType(**{"name": "Artisanat", "slug": f"artisanat-{number}"} | given)
    session.add(product_type)
    await session.flush()
    return product_type


async def make_category(session: AsyncSession, parent: Category | None = None, **given: object) -> Category:
    number = next(_numbers)
    category = Category(**{"name": f"Rayon {number}", "slug": f"rayon-{number}"} | given)
    category.parent_id = parent.id if parent else None
    category.level = parent.level + 1 if parent else 0
    session.add(category)
    await session.flush()
    category.path = [*(parent.path if parent else []), category.id]
    await session.flush()
    return category


async def make_collection(session: AsyncSession, *channels: Channel, **given: object) -> Collection:
    """A collection that is published in some channels."""
    number = next(_numbers)
    collection = Collection(**{"name": f"Collection {number}", "slug": f"collection-{number}"} | given)
    session.add(collection)
    await session.flush()
    session.add_all(
        CollectionChannelListing(collection_id=collection.id, channel_id=channel.id, is_published=True)
        for channel in channels
    )
    await session.flush()
    return collection


async def make_product(session: AsyncSession, **given: object) -> Product:
    """A product with one variant and no listing."""
    number = next(_numbers)
    defaults: dict[str, object] = {"name": f"Tapis {number}", "slug": f"tapis-{number}"}
    if "vendor_id" not in given:
        defaults["vendor_id"] = (await make_vendor(session)).id
    if "product_type_id" not in given:
        defaults["product_type_id"] = (await make_product_type(session)).id
    product = Product(**defaults | given)
    product.variants = [ProductVariant(name="", position=0)]
    session.add(product)
    await session.flush()
    return product


async def make_variant(session: AsyncSession, product: Product, **given: object) -> ProductVariant:
    variant = ProductVariant(product_id=product.id, **{"name": f"Taille {next(_numbers)}"} | given)
    session.add(variant)
    await session.flush()
    return variant


async def put_on_sale(
    session: AsyncSession,
    variant: ProductVariant,
    channel: Channel,
    price_minor: int,
    **given: object,
) -> VariantChannelListing:
    """Give a variant a price in a channel, its product published there if it has no listing yet."""
    listing = VariantChannelListing(
        variant_id=variant.id,
        channel_id=channel.id,
        currency=channel.currency_code,
        entered_price_minor=price_minor,
        price_minor=price_minor,
        gross_minor=price_minor,
        net_minor=price_minor,
        undiscounted_gross_minor=price_minor,
        undiscounted_net_minor=price_minor,
    )
    session.add(listing)
    await session.flush()
    await list_product(session, variant.product_id, channel, **given)
    await reprice(session, [variant.product_id])
    await session.refresh(listing)
    return listing


async def list_product(
    session: AsyncSession, product_id: int, channel: Channel, **given: object
) -> ProductChannelListing:
    """The product's listing in a channel: published and for sale, unless given otherwise."""
    listing = await session.scalar(
        select(ProductChannelListing).filter_by(product_id=product_id, channel_id=channel.id)
    )
    if listing is None:
        listing = ProductChannelListing(
            product_id=product_id,
            channel_id=channel.id,
            currency=channel.currency_code,
            **{"is_published": True, "available_for_purchase_at": datetime(2020, 1, 1, tzinfo=UTC)} | given,
        )
        session.add(listing)
        await session.flush()
    return listing


async def make_listed_product(
    session: AsyncSession, channel: Channel, price_minor: int = 120_00, **given: object
) -> tuple[Product, ProductVariant]:
    """A product on the shelf of a channel, and its only variant."""
    product = await make_product(session, **given)
    variant = product.variants[0]
    await put_on_sale(session, variant, channel, price_minor)
    return product, variant
