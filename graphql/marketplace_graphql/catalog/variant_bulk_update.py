"""Many variants of a product changed at once, with their prices and pieces."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from strawberry import ID

from marketplace.catalog import models, search
from marketplace.catalog.events import ListingsChanged
from marketplace.catalog.listings import VariantChannelListing
from marketplace.catalog.publishing import price_variant, withdraw
from marketplace.catalog.variants import (
    checked_columns,
    checked_for,
    lock_product,
    name_variants,
    write_changes,
)
from marketplace.inventory import stocks as inventory
from marketplace.inventory.models import Stock, Warehouse
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError, UniqueError
from marketplace.kit.events import publish
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.answer_inputs import answers_of
from marketplace_graphql.catalog.bulk_errors import ProductVariantBulkError
from marketplace_graphql.catalog.bulk_inputs import ProductVariantBulkUpdateInput
from marketplace_graphql.catalog.channel_changes import DUPLICATED, repeated
from marketplace_graphql.catalog.drafting import Known, draft_pieces, draft_prices
from marketplace_graphql.catalog.sellers_products import check_who_says
from marketplace_graphql.catalog.shelf_inputs import words_of
from marketplace_graphql.catalog.variant_bulk import (
    ProductVariantBulkResult,
    channels_by_id,
    looked_up,
    results_of,
    type_of,
)
from marketplace_graphql.catalog.variant_inputs import amounts_of, check_no_preorder
from marketplace_graphql.kernel import (
    ErrorPolicyEnum,
    Faults,
    Info,
    changes,
    in_bulk,
    mutation,
    object_type,
)

NEEDS = Permission.MANAGE_PRODUCTS
MOST_VARIANTS = 500


@dataclass
class Lines:
    """What the lines of a bulk speak of."""

    known: Known
    product: models.Product
    channels: Mapping[str, Channel]
    variants: Mapping[int, models.ProductVariant]
    listings: Mapping[tuple[int, str], VariantChannelListing]
    """By variant and global id."""
    stocks: Mapping[tuple[int, str], Stock]
    """By variant and global id: those that the requester may change."""
    rooms_of: Mapping[int, set[UUID]]
    """The store rooms in which some of a variant lies."""
    skus_twice: Sequence[str]


@object_type
class VariantBulkUpdateMutations:
    """Many variants changed at once."""

    @mutation(
        returns={"count": int, "results": list[ProductVariantBulkResult]},
        failed={"count": 0, "results": []},
        errors=ProductVariantBulkError,
        needs=NEEDS,
        sellers=True,
    )
    async def product_variant_bulk_update(
        self,
        info: Info,
        product: ID,
        variants: list[ProductVariantBulkUpdateInput],
        error_policy: ErrorPolicyEnum | None = None,
    ) -> dict[str, Any]:
        """Changes many variants of a product, their prices and their pieces."""
        info.at_most(MOST_VARIANTS, variants, "variants")
        whole = await info.find(models.Product, product, field_name="product")
        await lock_product(info.session, whole.id)
        given = [changes(each) for each in variants]
        lines = await _lines(info, whole, given, [each.stocks and each.stocks.create for each in variants])

        async def work(each: Mapping[str, Any], faults: Faults) -> models.ProductVariant:
            return await _change(info, lines, each, faults)

        outcomes = await in_bulk(info.session, given, work, error_policy)
        changed = list({outcome.row.id: outcome.row for outcome in outcomes if outcome.row}.values())
        if changed:
            await name_variants(info.session, [variant.id for variant in changed])
            for variant in changed:
                await info.session.refresh(variant)
            await publish(info.session, ListingsChanged((whole.id,)))
            await search.reindex(info.session, [whole.id])
            await announce(info.session, "PRODUCT_VARIANT_UPDATED", *changed)
        rows = [outcome.row for outcome in outcomes]
        faults = [Faults(outcome.errors) for outcome in outcomes]
        count = sum(row is not None for row in rows)
        return {"count": count, "results": results_of(rows, faults)}


async def _lines(
    info: Info, product: models.Product, given: Sequence[Mapping[str, Any]], rooms: Sequence[Any]
) -> Lines:
    """All that the lines may name, a statement for each kind; the stocks are locked."""
    known = await looked_up(info, product, rooms)
    variants = await info.session.scalars(
        select(models.ProductVariant).where(models.ProductVariant.product_id == product.id)
    )
    by_key = {variant.id: variant for variant in variants}
    prices = await info.session.scalars(
        select(VariantChannelListing).where(VariantChannelListing.variant_id.in_(by_key))
    )
    stocks = await info.session.scalars(
        select(Stock).where(Stock.variant_id.in_(by_key)).order_by(Stock.id).with_for_update(key_share=True)
    )
    locked = stocks.all()
    seen = await info.seen(Stock, [stock.id for stock in locked])
    skus = [(each.get("sku") or "").strip() for each in given]
    rooms_of: dict[int, set[UUID]] = {}
    for stock in locked:
        if stock.lot_id is None:
            rooms_of.setdefault(stock.variant_id, set()).add(stock.warehouse_id)
    return Lines(
        known,
        product,
        await channels_by_id(info, product),
        by_key,
        {(row.variant_id, to_global_id("ProductVariantChannelListing", row.id)): row for row in prices},
        {(row.variant_id, to_global_id("Stock", row.id)): row for row in locked if row.id in seen},
        rooms_of,
        repeated([sku for sku in skus if sku]),
    )


async def _change(
    info: Info, lines: Lines, given: Mapping[str, Any], faults: Faults
) -> models.ProductVariant:
    said = words_of(dict(given))
    variant = _variant_of(info, lines, said.pop("id"))
    await info.session.refresh(variant)  # A line that was undone has left it as it was.
    check_who_says(info, said)
    check_no_preorder(said, "preorder")
    prices, pieces = said.pop("channel_listings", None) or {}, said.pop("stocks", None) or {}
    answers = await answers_of(info, said.pop("attributes", None))
    if (said.get("sku") or "").strip() in lines.skus_twice:
        raise UniqueError("Two lines have this SKU.", field="sku")
    columns = await checked_columns(info.session, variant, said)
    kind = type_of(lines.known, lines.product)
    asked = await lines.known.asked(models.ProductVariant, kind) if answers else []
    checked = checked_for(asked, answers, has_variants=kind.has_variants, is_new=False) if answers else []
    await write_changes(info.session, variant, columns, checked, may_add_choices=info.within is None)
    await _change_prices(info, lines, variant, prices, faults)
    await _change_pieces(info, lines, variant, pieces, faults)
    return variant


def _variant_of(info: Info, lines: Lines, global_id: str) -> models.ProductVariant:
    try:
        key = info.key(global_id, "ProductVariant")
    except InvalidError as error:
        error.field = "id"
        raise
    if key not in lines.variants:
        raise InvalidError(f"Variant {global_id} is not one of the product's.", field="id")
    return lines.variants[key]


@contextmanager
def _naming(faults: Faults, what: str, global_id: str) -> Iterator[None]:
    """Have the errors that are noted meanwhile say what they are about."""
    before = len(faults.found)
    yield
    for error in faults.found[before:]:
        error.details[what] = [global_id]


async def _change_prices(
    info: Info, lines: Lines, variant: models.ProductVariant, given: Mapping[str, Any], faults: Faults
) -> None:
    there = {listing.channel_id for (key, _), listing in lines.listings.items() if key == variant.id}
    path = "channelListings"
    new = draft_prices(given.get("create") or (), lines.channels, faults, f"{path}.create")
    for index, (channel, columns) in new.items():
        with faults.at(path, "create", index):
            if channel.id in there:
                message = "The variant is in this channel already."
                raise InvalidError(message, field="channelId", code=DUPLICATED)
            await price_variant(info.session, variant.id, channel, columns)
    for index, each in enumerate(given.get("update") or ()):
        said = dict(each)
        key = said.pop("channel_listing")
        with _naming(faults, "channel_listings", key), faults.at(path, "update", index):
            listing = lines.listings.get((variant.id, key))
            if listing is None:
                raise NotFoundError("Channel listing was not found.", field="channelListing")
            check_no_preorder(said, "preorder_threshold")
            if said.get("price", 0) is None:
                del said["price"]
            channel = next(each for each in lines.channels.values() if each.id == listing.channel_id)
            columns = amounts_of(said, channel, "INVALID_PRICE")
            if columns:
                await price_variant(info.session, variant.id, channel, columns)
    for index, key in enumerate(given.get("remove") or ()):
        with _naming(faults, "channel_listings", key), faults.at(path, "remove", index):
            listing = lines.listings.get((variant.id, key))
            if listing is None:
                raise NotFoundError("Channel listing was not found.")
            await withdraw(info.session, [variant.id], [listing.channel_id])


async def _change_pieces(
    info: Info, lines: Lines, variant: models.ProductVariant, given: Mapping[str, Any], faults: Faults
) -> None:
    there = lines.rooms_of.get(variant.id, set())
    wanted, vendor_id = given.get("create") or (), lines.product.vendor_id
    new = draft_pieces(lines.known, wanted, vendor_id, faults, "stocks.create")
    rooms: dict[Any, Warehouse] = lines.known.rows[Warehouse]
    for index, (room_id, quantity) in new.items():
        room = to_global_id("Warehouse", room_id)
        with _naming(faults, "warehouses", room), faults.at("stocks", "create", index):
            if room_id in there:
                message, code = "Some of it lies in this store room already.", "STOCK_ALREADY_EXISTS"
                raise DomainError(message, field="warehouse", code=code)
            await inventory.create_stocks(info.session, variant.id, [(rooms[room_id], quantity)])
    for index, each in enumerate(given.get("update") or ()):
        with _naming(faults, "stocks", each["stock"]), faults.at("stocks", "update", index):
            stock = lines.stocks.get((variant.id, each["stock"]))
            if stock is None:
                raise NotFoundError("Stock was not found.", field="stock")
            await info.session.refresh(stock)  # A line that was undone has left it as it was.
            inventory.check_pieces(each["quantity"], stock.quantity_allocated)
            await inventory.recount(info.session, [(stock, each["quantity"])])
    for index, key in enumerate(given.get("remove") or ()):
        with _naming(faults, "stocks", key), faults.at("stocks", "remove", index):
            stock = lines.stocks.get((variant.id, key))
            if stock is None:
                raise NotFoundError("Stock was not found.")
            await inventory.remove(info.session, [stock])
