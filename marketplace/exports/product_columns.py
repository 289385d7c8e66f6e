"""The columns of a file of products, by the names that Saleor gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import Attribute, AttributeScope, ProductTypeAttribute
from marketplace.inventory.models import Warehouse
from marketplace.markets.models import Channel


class ProductField(StrEnum):
    """What of a product, or of its variants, a file can have; the values are the columns' heads."""

    NAME = "name"
    DESCRIPTION = "description"
    PRODUCT_TYPE = "product type"
    CATEGORY = "category"
    PRODUCT_WEIGHT = "product weight"
    COLLECTIONS = "collections"
    CHARGE_TAXES = "charge taxes"
    PRODUCT_MEDIA = "product media"
    VARIANT_ID = "variant id"
    VARIANT_SKU = "variant sku"
    VARIANT_WEIGHT = "variant weight"
    VARIANT_MEDIA = "variant media"


OF_LISTINGS = (
    "product currency code",
    "published",
    "publication date",
    "searchable",
    "available for purchase",
)
OF_PRICES = ("price amount", "variant currency code", "variant cost price", "variant prior price")


@dataclass(frozen=True, slots=True)
class ProductColumns:
    """What a file of products has: its heads in order, and what is to be read for them."""

    heads: tuple[str, ...]
    fields: frozenset[ProductField]
    product_attributes: Mapping[int, str]
    """Their slugs by their keys; likewise below."""
    variant_attributes: Mapping[int, str]
    warehouses: Mapping[UUID, str]
    channels: Mapping[int, str]


def head(slug: str, what: str) -> str:
    return f"{slug} ({what})"


async def product_columns(session: AsyncSession, wanted: Mapping[str, Any]) -> ProductColumns:
    """Columns as an export wants them. What has been deleted meanwhile is left out."""
    fields = [ProductField[name] for name in dict.fromkeys(wanted.get("fields") or ())]
    asked = wanted.get("attributes") or ()
    of_products = await _attributes(session, asked, AttributeScope.PRODUCT)
    of_variants = await _attributes(session, asked, AttributeScope.VARIANT)
    keys = [UUID(key) for key in wanted.get("warehouses") or ()]
    warehouses = await _slugs(session, Warehouse, keys)
    channels = await _slugs(session, Channel, wanted.get("channels") or ())
    heads = ["id", *(field.value for field in fields)]
    heads += [head(slug, "product attribute") for slug in of_products.values()]
    heads += [head(slug, "variant attribute") for slug in of_variants.values()]
    heads += [head(slug, "warehouse quantity") for slug in warehouses.values()]
    heads += [
        head(slug, f"channel {what}") for slug in channels.values() for what in (*OF_LISTINGS, *OF_PRICES)
    ]
    return ProductColumns(tuple(heads), frozenset(fields), of_products, of_variants, warehouses, channels)


async def _attributes(session: AsyncSession, keys: Any, scope: AttributeScope) -> dict[int, str]:
    asked = select(ProductTypeAttribute.attribute_id).where(ProductTypeAttribute.scope == scope)
    rows = select(Attribute.id, Attribute.slug).where(Attribute.id.in_(keys), Attribute.id.in_(asked))
    found = await session.execute(rows.order_by(Attribute.slug))
    return {row.id: row.slug for row in found}


async def _slugs(session: AsyncSession, model: Any, keys: Any) -> dict[Any, str]:
    rows = select(model.id, model.slug).where(model.id.in_(keys)).order_by(model.slug)
    return {row.id: row.slug for row in await session.execute(rows)}
