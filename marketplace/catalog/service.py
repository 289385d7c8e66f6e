"""Listings: making many at once, as a seller's sheet says them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Text, any_, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.descriptions import description_of_text
from marketplace.catalog.errors import ListingNameTakenError
from marketplace.catalog.events import ListingsChanged, ListingsStocked
from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.media import Picture
from marketplace.catalog.models import Product, ProductMedia, ProductType, ProductVariant
from marketplace.catalog.publishing import price_row
from marketplace.catalog.slugs import free_slugs
from marketplace.kit import clock
from marketplace.kit.announcements import RowKey, announce
from marketplace.kit.errors import NotFoundError
from marketplace.kit.events import publish
from marketplace.kit.jobs import enqueue
from marketplace.markets.models import Channel
from marketplace.vendors.models import Vendor

NAME_LENGTH = 250
THUMBNAIL_JOB_BATCH = 20
GENERAL_TYPE_SLUG = "listing"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewListing:
    """What a seller says of one thing it sells. Prices are as its channels' prices are entered."""

    name: str
    category_id: int
    prices_minor: Mapping[int, int]
    """By channel id, in minor units of the channel's currency."""
    pieces: int = 0
    weight_grams: int | None = None
    description_text: str = ""
    pictures: Sequence[Picture] = field(default=())
    """Already kept in the storage."""


async def create_listings(session: AsyncSession, vendor_id: int, listings: Sequence[NewListing]) -> list[int]:
    """Put new products of a seller on the shelves, each with one variant; gives their ids, in order.

    A fixed number of statements, however many there are. Names must be new to the seller: raises
    ListingNameTakenError. Prices, search words and stock follow in the same transaction, thumbnails by jobs.
    """
    if not listings:
        return []
    vendor = await session.get(Vendor, vendor_id, with_for_update={"key_share": True})
    if vendor is None:
        raise NotFoundError("There is no such seller.", field="vendorId")
    taken = await taken_names(session, vendor_id, [listing.name for listing in listings])
    if taken:
        raise ListingNameTakenError(f"You have a listing called “{min(taken)}” already.", field="name")
    product_ids = await _insert_products(session, vendor, listings)
    variant_ids = await _insert_variants(session, product_ids)
    await _insert_prices(session, product_ids, variant_ids, listings)
    await _insert_pictures(session, product_ids, listings)
    pieces = {variant: listing.pieces for variant, listing in zip(variant_ids, listings, strict=True)}
    await publish(session, ListingsStocked(vendor_id, pieces))
    await publish(session, ListingsChanged(tuple(product_ids)))
    await search.reindex(session, product_ids)
    await announce(session, "PRODUCT_CREATED", *(RowKey(Product, key) for key in product_ids))
    await announce(session, "PRODUCT_VARIANT_CREATED", *(RowKey(ProductVariant, key) for key in variant_ids))
    return product_ids


async def taken_names(session: AsyncSession, vendor_id: int, names: Sequence[str]) -> set[str]:
    """Which of the names, in small letters, the seller's listings have already, whatever their capitals."""
    found = await session.scalars(
        select(func.lower(Product.name)).where(
            Product.vendor_id == vendor_id,
            func.lower(Product.name) == any_(bindparam("names", [n.lower() for n in names], ARRAY(Text))),
        )
    )
    return set(found)


async def _insert_products(
    session: AsyncSession, vendor: Vendor, listings: Sequence[NewListing]
) -> list[int]:
    slugs = await free_slugs(session, [listing.name for listing in listings], [vendor.slug] * len(listings))
    types = await _types_by_category(session, {listing.category_id for listing in listings})
    rows = [
        {
            "vendor_id": vendor.id,
            "product_type_id": types[listing.category_id],
            "category_id": listing.category_id,
            "name": listing.name,
            "slug": slug,
            "description": description_of_text(listing.description_text),
            "description_text": listing.description_text,
            "weight_grams": listing.weight_grams,
            "is_demo": vendor.is_demo,
        }
        for listing, slug in zip(listings, slugs, strict=True)
    ]
    made = await session.scalars(insert(Product).returning(Product.id, sort_by_parameter_order=True), rows)
    return list(made)


async def _types_by_category(session: AsyncSession, category_ids: set[int]) -> dict[int, int]:
    """For each shelf the product type of its youngest product; the general one for an empty shelf."""
    rows = await session.execute(
        select(Product.category_id, Product.product_type_id)
        .ext(distinct_on(Product.category_id))
        .where(Product.category_id.in_(category_ids))
        .order_by(Product.category_id, Product.id.desc())
    )
    types = {category_id: type_id for category_id, type_id in rows if category_id is not None}
    missing = category_ids - types.keys()
    if missing:
        general = await _general_type(session)
        types |= dict.fromkeys(missing, general)
    return types


async def _general_type(session: AsyncSession) -> int:
    found = await session.scalar(select(ProductType.id).where(ProductType.slug == GENERAL_TYPE_SLUG))
    if found is not None:
        return found
    general = ProductType(name="Listing", slug=GENERAL_TYPE_SLUG)
    session.add(general)
    await session.flush()
    return general.id


async def _insert_variants(session: AsyncSession, product_ids: Sequence[int]) -> list[int]:
    rows = [{"product_id": product_id, "name": ""} for product_id in product_ids]
    made = await session.scalars(
        insert(ProductVariant).returning(ProductVariant.id, sort_by_parameter_order=True), rows
    )
    return list(made)


async def _insert_prices(
    session: AsyncSession,
    product_ids: Sequence[int],
    variant_ids: Sequence[int],
    listings: Sequence[NewListing],
) -> None:
    channel_ids = {channel_id for listing in listings for channel_id in listing.prices_minor}
    found = await session.scalars(select(Channel).where(Channel.id.in_(channel_ids)))
    channels = {channel.id: channel for channel in found}
    now = clock.now()
    product_rows, variant_rows = [], []
    for product_id, variant_id, listing in zip(product_ids, variant_ids, listings, strict=True):
        for channel_id, price_minor in listing.prices_minor.items():
            channel = channels[channel_id]
            variant_rows.append(price_row(variant_id, channel, {"entered_price_minor": price_minor}))
            product_rows.append(
                {
                    "product_id": product_id,
                    "channel_id": channel_id,
                    "currency": channel.currency_code,
                    "is_published": True,
                    "published_at": now,
                    "available_for_purchase_at": now,
                }
            )
    if product_rows:
        await session.execute(insert(ProductChannelListing), product_rows)
        await session.execute(insert(VariantChannelListing), variant_rows)


async def _insert_pictures(
    session: AsyncSession, product_ids: Sequence[int], listings: Sequence[NewListing]
) -> None:
    rows = [
        {
            "product_id": product_id,
            "position": position,
            "alt": listing.name,
            "path": picture.key,
            "width_pixels": picture.width_pixels,
            "height_pixels": picture.height_pixels,
        }
        for product_id, listing in zip(product_ids, listings, strict=True)
        for position, picture in enumerate(listing.pictures)
    ]
    if not rows:
        return
    media_ids = list(await session.scalars(insert(ProductMedia).returning(ProductMedia.id), rows))
    for start in range(0, len(media_ids), THUMBNAIL_JOB_BATCH):
        await enqueue(
            session, "catalog.make_thumbnails", media_ids=media_ids[start : start + THUMBNAIL_JOB_BATCH]
        )
