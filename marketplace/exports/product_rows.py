"""The rows of a file of products: one for each variant, or for a product that has none.

A batch is read by one statement for each kind of column, however many columns there are of it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Table, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import (
    Attribute,
    AttributeInputType,
    AttributeValue,
    product_attribute_value,
    variant_attribute_value,
)
from marketplace.catalog.descriptions import text_of_description
from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import (
    Category,
    Collection,
    CollectionProduct,
    Product,
    ProductMedia,
    ProductType,
    ProductVariant,
    variant_media,
)
from marketplace.exports.product_columns import OF_LISTINGS, OF_PRICES, ProductColumns, ProductField, head
from marketplace.exports.writing import Cell
from marketplace.inventory.models import Stock
from marketplace.kit.ids import to_global_id
from marketplace.kit.money import Money
from marketplace.kit.storage import Storage

Cells = dict[Any, dict[str, Cell]]
"""What is said of products, or of variants, by their keys and the columns' heads."""


async def product_rows(
    session: AsyncSession, storage: Storage, product_ids: Sequence[int], columns: ProductColumns
) -> list[Sequence[Cell]]:
    """The rows of some products, in the order of their keys and of their variants'."""
    products, variants = await _products(session, product_ids, columns), await _variants(session, product_ids)
    variant_ids = [key for keys in variants.values() for key in keys]
    of_variants = await _of_variants(session, variant_ids)
    for found, more in (
        (products, await _media(session, storage, product_ids, columns)),
        (products, await _collections(session, product_ids, columns)),
        (products, await _listings(session, product_ids, columns)),
        (products, await _answers(session, storage, product_attribute_value, product_ids, columns)),
        (of_variants, await _media_of_variants(session, storage, variant_ids, columns)),
        (of_variants, await _answers(session, storage, variant_attribute_value, variant_ids, columns)),
        (of_variants, await _stocks(session, variant_ids, columns)),
        (of_variants, await _prices(session, variant_ids, columns)),
    ):
        for key, cells in more.items():
            found[key] |= cells
    rows: list[Sequence[Cell]] = []
    for product_id in sorted(products):
        for cells in [of_variants[key] for key in variants.get(product_id, ())] or [{}]:
            said = products[product_id] | cells
            rows.append([said.get(each, "") for each in columns.heads])
    return rows


async def _products(session: AsyncSession, keys: Sequence[int], columns: ProductColumns) -> Cells:
    has_class = func.coalesce(Product.tax_class_id, ProductType.tax_class_id).is_not(None)
    described = ProductField.DESCRIPTION in columns.fields
    rows = await session.execute(
        select(
            Product.id,
            Product.name,
            ProductType.name.label("type_name"),
            Category.slug,
            Product.weight_grams,
            has_class.label("is_taxed"),
            *([Product.description] if described else []),
        )
        .join(ProductType, ProductType.id == Product.product_type_id)
        .outerjoin(Category, and_(Category.id == Product.category_id, ~Category.is_going))
        .where(Product.id.in_(keys))
    )
    return {
        row.id: {
            "id": to_global_id("Product", row.id),
            ProductField.NAME: row.name,
            ProductField.DESCRIPTION: _json(row.description) if described else "",
            ProductField.PRODUCT_TYPE: row.type_name,
            ProductField.CATEGORY: row.slug,
            ProductField.PRODUCT_WEIGHT: _weight(row.weight_grams),
            ProductField.CHARGE_TAXES: row.is_taxed,
        }
        for row in rows
    }


async def _variants(session: AsyncSession, product_ids: Sequence[int]) -> dict[int, list[int]]:
    """The keys of products' variants."""
    found = defaultdict(list)
    rows = select(ProductVariant.product_id, ProductVariant.id).where(
        ProductVariant.product_id.in_(product_ids)
    )
    for product_id, key in await session.execute(rows.order_by(ProductVariant.id)):
        found[product_id].append(key)
    return found


async def _of_variants(session: AsyncSession, keys: Sequence[int]) -> Cells:
    variant = ProductVariant
    rows = select(variant.id, variant.sku, variant.weight_grams).where(variant.id.in_(keys))
    return {
        key: {
            ProductField.VARIANT_ID: to_global_id("ProductVariant", key),
            ProductField.VARIANT_SKU: sku,
            ProductField.VARIANT_WEIGHT: _weight(grams),
        }
        for key, sku, grams in await session.execute(rows)
    }


async def _media(
    session: AsyncSession, storage: Storage, keys: Sequence[int], columns: ProductColumns
) -> Cells:
    if ProductField.PRODUCT_MEDIA not in columns.fields:
        return {}
    media = ProductMedia
    rows = select(media.product_id, media.path, media.external_url).where(media.product_id.in_(keys))
    return _together(ProductField.PRODUCT_MEDIA, await session.execute(rows), _address_in(storage))


async def _media_of_variants(
    session: AsyncSession, storage: Storage, keys: Sequence[int], columns: ProductColumns
) -> Cells:
    if ProductField.VARIANT_MEDIA not in columns.fields:
        return {}
    rows = (
        select(variant_media.c.variant_id, ProductMedia.path, ProductMedia.external_url)
        .join(ProductMedia, ProductMedia.id == variant_media.c.media_id)
        .where(variant_media.c.variant_id.in_(keys))
    )
    return _together(ProductField.VARIANT_MEDIA, await session.execute(rows), _address_in(storage))


async def _collections(session: AsyncSession, keys: Sequence[int], columns: ProductColumns) -> Cells:
    if ProductField.COLLECTIONS not in columns.fields:
        return {}
    rows = (
        select(CollectionProduct.product_id, Collection.slug)
        .join(Collection, Collection.id == CollectionProduct.collection_id)
        .where(CollectionProduct.product_id.in_(keys))
    )
    return _together(ProductField.COLLECTIONS, await session.execute(rows), lambda slug: slug)


async def _answers(
    session: AsyncSession, storage: Storage, answered: Table, keys: Sequence[int], columns: ProductColumns
) -> Cells:
    """What products or variants answer to attributes; several values of one stand together."""
    of_products = answered is product_attribute_value
    slugs = columns.product_attributes if of_products else columns.variant_attributes
    if not slugs:
        return {}
    what = "product attribute" if of_products else "variant attribute"
    owner = answered.c.product_id if of_products else answered.c.variant_id
    rows = (
        select(owner, AttributeValue, Attribute.input_type, Attribute.unit)
        .join(AttributeValue, AttributeValue.id == answered.c.value_id)
        .join(Attribute, Attribute.id == AttributeValue.attribute_id)
        .where(owner.in_(keys), Attribute.id.in_(slugs))
    )
    said: dict[Any, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for key, value, input_type, unit in await session.execute(rows):
        said[key][head(slugs[value.attribute_id], what)].add(_answer(storage, value, input_type, unit))
    return {
        key: {name: ", ".join(sorted(values)) for name, values in cells.items()}
        for key, cells in said.items()
    }


def _answer(storage: Storage, value: AttributeValue, kind: AttributeInputType, unit: str | None) -> str:
    if kind in (AttributeInputType.FILE, AttributeInputType.SWATCH) and value.file_path:
        return storage.url(value.file_path)
    if kind is AttributeInputType.NUMERIC and unit:
        return f"{value.name} {unit.lower()}"
    written = WRITTEN.get(kind)
    return written(value) if written else value.name or value.slug


def _reference(value: AttributeValue) -> str:
    """As Saleor writes what an attribute refers to: its kind, and its key."""
    for kind in ("product", "variant", "page", "category", "collection"):
        key = getattr(value, f"reference_{kind}_id")
        if key is not None:
            return f"{'ProductVariant' if kind == 'variant' else kind.capitalize()}_{key}"
    return ""


WRITTEN: Mapping[AttributeInputType, Callable[[AttributeValue], str]] = {
    AttributeInputType.SWATCH: lambda value: value.value or value.name,
    AttributeInputType.RICH_TEXT: lambda value: text_of_description(value.rich_text),
    AttributeInputType.PLAIN_TEXT: lambda value: value.plain_text or "",
    AttributeInputType.BOOLEAN: lambda value: str(value.boolean),
    AttributeInputType.DATE: lambda value: str(value.day or ""),
    AttributeInputType.DATE_TIME: lambda value: _moment(value.date_time),
    AttributeInputType.REFERENCE: _reference,
    AttributeInputType.SINGLE_REFERENCE: _reference,
}
"""How answers are written that are not just names."""


async def _stocks(session: AsyncSession, keys: Sequence[int], columns: ProductColumns) -> Cells:
    if not columns.warehouses:
        return {}
    rows = (
        select(Stock.variant_id, Stock.warehouse_id, func.sum(Stock.quantity))
        .where(Stock.variant_id.in_(keys), Stock.warehouse_id.in_(columns.warehouses))
        .group_by(Stock.variant_id, Stock.warehouse_id)
    )
    found: Cells = defaultdict(dict)
    for key, warehouse_id, quantity in await session.execute(rows):
        found[key][head(columns.warehouses[warehouse_id], "warehouse quantity")] = int(quantity)
    return found


async def _listings(session: AsyncSession, keys: Sequence[int], columns: ProductColumns) -> Cells:
    if not columns.channels:
        return {}
    listing = ProductChannelListing
    rows = await session.scalars(
        select(listing).where(listing.product_id.in_(keys), listing.channel_id.in_(columns.channels))
    )
    found: Cells = defaultdict(dict)
    for row in rows:
        values = (
            row.currency,
            row.is_published,
            _moment(row.published_at),
            row.visible_in_listings,
            _moment(row.available_for_purchase_at),
        )
        found[row.product_id] |= _of_channel(columns, row.channel_id, OF_LISTINGS, values)
    return found


async def _prices(session: AsyncSession, keys: Sequence[int], columns: ProductColumns) -> Cells:
    if not columns.channels:
        return {}
    listing = VariantChannelListing
    rows = await session.scalars(
        select(listing).where(listing.variant_id.in_(keys), listing.channel_id.in_(columns.channels))
    )
    found: Cells = defaultdict(dict)
    for row in rows:
        values = (
            _amount(row.entered_price_minor, row.currency),
            row.currency,
            _amount(row.cost_price_minor, row.currency),
            _amount(row.prior_price_minor, row.currency),
        )
        found[row.variant_id] |= _of_channel(columns, row.channel_id, OF_PRICES, values)
    return found


def _of_channel(
    columns: ProductColumns, channel_id: int, names: Sequence[str], values: Sequence[Cell]
) -> dict[str, Cell]:
    slug = columns.channels[channel_id]
    return {head(slug, f"channel {name}"): value for name, value in zip(names, values, strict=True)}


def _together(name: str, rows: Any, text: Callable[..., str | None]) -> Cells:
    """Texts of several rows as one cell each, sorted."""
    said: dict[Any, set[str]] = defaultdict(set)
    for key, *values in rows:
        if shown := text(*values):
            said[key].add(shown)
    return {key: {name: ", ".join(sorted(texts))} for key, texts in said.items()}


def _address_in(storage: Storage) -> Callable[[str | None, str | None], str | None]:
    return lambda path, external: storage.url(path) if path else external


def _json(value: Mapping[str, Any] | None) -> str:
    return orjson.dumps(value).decode() if value else ""


def _weight(grams: int | None) -> str:
    return "" if grams is None else f"{grams} g"


def _amount(minor: int | None, currency: str) -> Cell:
    return "" if minor is None else float(Money(minor, currency).amount)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
