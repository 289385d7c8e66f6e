"""Where products show and variants are meant to be sold, channel by channel."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.events import ListingsChanged, VariantsWithdrawn
from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import Product, ProductVariant
from marketplace.catalog.variants import leave_empty_channels, lock_product
from marketplace.kit.errors import DomainError, Errors
from marketplace.kit.events import publish
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel

UNSYNCHRONISED = {"synchronize_session": False}
DERIVED = ("price", "gross", "net", "undiscounted_gross", "undiscounted_net")
"""Of what a variant is asked for; they stand in for themselves until the listing is repriced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InChannel:
    """What is said of a product in a channel."""

    channel: Channel
    columns: Mapping[str, Any]
    """Of its listing, where they change."""
    add_variant_ids: Sequence[int] = ()
    """These are meant for the channel from now on; their prices are said apart."""
    remove_variant_ids: Sequence[int] = ()


async def publish_product(
    session: AsyncSession, product: Product, said: Sequence[InChannel], removed_channel_ids: Collection[int]
) -> Product:
    """Say where a product shows. What leaves a channel leaves its carts, too.

    Raises Errors: NOT_PRODUCTS_VARIANT for variants that are not the product's, ALREADY_EXISTS for those that
    are in the channel.
    """
    await lock_product(session, product.id)
    variant_ids = set(
        await session.scalars(select(ProductVariant.id).where(ProductVariant.product_id == product.id))
    )
    _check_variants(said, variant_ids)
    for each in said:
        await _list_product(session, product.id, each)
        await _add_variants(session, each)
        if each.remove_variant_ids:
            await withdraw(session, each.remove_variant_ids, [each.channel.id])
    if any(each.remove_variant_ids for each in said):
        await leave_empty_channels(session, [product.id])
    if removed_channel_ids:
        await withdraw(session, sorted(variant_ids), removed_channel_ids)
        await session.execute(
            delete(ProductChannelListing).where(
                ProductChannelListing.product_id == product.id,
                ProductChannelListing.channel_id == any_(_keys(removed_channel_ids)),
            ),
            execution_options=UNSYNCHRONISED,
        )
    await publish(session, ListingsChanged((product.id,)))
    return product


async def withdraw(session: AsyncSession, variant_ids: Sequence[int], channel_ids: Collection[int]) -> None:
    """Take variants out of channels: their prices go, and carts there lose them."""
    await session.execute(
        delete(VariantChannelListing).where(
            VariantChannelListing.variant_id == any_(_keys(variant_ids)),
            VariantChannelListing.channel_id == any_(_keys(channel_ids)),
        ),
        execution_options=UNSYNCHRONISED,
    )
    if variant_ids:
        await publish(session, VariantsWithdrawn(tuple(variant_ids), tuple(channel_ids)))


async def channels_of(session: AsyncSession, product_ids: Collection[int]) -> dict[int, dict[int, Channel]]:
    """The channels that products are in, by product and channel."""
    rows = await session.execute(
        select(ProductChannelListing.product_id, Channel)
        .join(Channel, Channel.id == ProductChannelListing.channel_id)
        .where(ProductChannelListing.product_id == any_(_keys(product_ids)))
    )
    found: dict[int, dict[int, Channel]] = {product_id: {} for product_id in product_ids}
    for product_id, channel in rows:
        found[product_id][channel.id] = channel
    return found


async def set_prices(
    session: AsyncSession, variant: ProductVariant, prices: Mapping[Channel, Mapping[str, Any]]
) -> ProductVariant:
    """Say what a variant is asked for in channels that its product is in: `entered_price_minor`,
    `cost_price_minor` and `prior_price_minor`, as far as they change. Raises DomainError
    (PRODUCT_NOT_ASSIGNED_TO_CHANNEL).
    """
    await lock_product(session, variant.product_id)
    known = (await channels_of(session, [variant.product_id]))[variant.product_id]
    missing = [to_global_id("Channel", channel.id) for channel in prices if channel.id not in known]
    if missing:
        message = "The product is not in these channels."
        code = "PRODUCT_NOT_ASSIGNED_TO_CHANNEL"
        raise DomainError(message, field="input", code=code, channels=missing)
    for channel, columns in prices.items():
        await price_variant(session, variant.id, channel, columns)
    await publish(session, ListingsChanged((variant.product_id,)))
    return variant


async def price_variant(
    session: AsyncSession, variant_id: int, channel: Channel, columns: Mapping[str, Any]
) -> None:
    """Write what a variant is asked for in a channel; what is derived of it is the caller's to see to."""
    adding = insert(VariantChannelListing).values(price_row(variant_id, channel, columns))
    index = ["variant_id", "channel_id"]
    await session.execute(adding.on_conflict_do_update(index_elements=index, set_=dict(columns)))


def price_row(variant_id: int, channel: Channel, columns: Mapping[str, Any]) -> dict[str, Any]:
    """A new row of a variant's price in a channel."""
    asked = columns.get("entered_price_minor")
    return {
        "variant_id": variant_id,
        "channel_id": channel.id,
        "currency": channel.currency_code,
        "cost_price_minor": None,
        "prior_price_minor": None,
        **{f"{name}_minor": asked for name in DERIVED},
        **columns,
    }


def _check_variants(said: Sequence[InChannel], variant_ids: Collection[int]) -> None:
    errors: list[DomainError] = []
    for field, lists in (
        ("addVariants", [each.add_variant_ids for each in said]),
        ("removeVariants", [each.remove_variant_ids for each in said]),
    ):
        strange = sorted({key for keys in lists for key in keys if key not in variant_ids})
        if strange:
            named = [to_global_id("ProductVariant", key) for key in strange]
            message, code = "These are no variants of the product.", "NOT_PRODUCTS_VARIANT"
            errors.append(DomainError(message, field=field, code=code, variants=named))
    if errors:
        raise Errors(errors)


async def _list_product(session: AsyncSession, product_id: int, said: InChannel) -> None:
    row = {
        "product_id": product_id,
        "channel_id": said.channel.id,
        "currency": said.channel.currency_code,
        "is_published": False,
        "visible_in_listings": False,
    }
    adding = insert(ProductChannelListing).values(row | dict(said.columns))
    index = ["product_id", "channel_id"]
    await session.execute(
        adding.on_conflict_do_update(index_elements=index, set_=dict(said.columns))
        if said.columns
        else adding.on_conflict_do_nothing(index_elements=index)
    )


async def _add_variants(session: AsyncSession, said: InChannel) -> None:
    rows = [price_row(variant_id, said.channel, {}) for variant_id in dict.fromkeys(said.add_variant_ids)]
    if not rows:
        return
    adding = (
        insert(VariantChannelListing).on_conflict_do_nothing().returning(VariantChannelListing.variant_id)
    )
    added = set(await session.scalars(adding, rows))
    known = [
        to_global_id("ProductVariant", row["variant_id"]) for row in rows if row["variant_id"] not in added
    ]
    if known:
        message = "These variants are in the channel already."
        raise DomainError(message, field="addVariants", code="ALREADY_EXISTS", variants=known)


def _keys(ids: Collection[int]) -> Any:
    return bindparam(None, list(ids), ARRAY(BigInteger), unique=True)
