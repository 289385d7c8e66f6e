"""`filter`, `where`, `sortBy` and `search` of variants."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, false, func, select, union
from sqlalchemy.orm import aliased
from strawberry import ID

from marketplace.catalog import models, search
from marketplace_graphql.catalog.attribute_answers import AssignedAttributeWhereInput, answers
from marketplace_graphql.catalog.search import folded
from marketplace_graphql.inputs import (
    DateTimeRangeInput,
    MetadataFilter,
    StringFilterInput,
    has_metadata,
)
from marketplace_graphql.kernel import (
    Filter,
    OrderDirection,
    Sorting,
    among,
    between,
    by_id,
    enum,
    input_type,
    matches,
)

LAST_LETTER = chr(0x10FFFF)


def found(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    """Variants of the products that the words find, and those whose SKU begins with the term."""
    product, variant, other = (
        aliased(models.Product),
        aliased(models.ProductVariant),
        aliased(models.ProductVariant),
    )
    by_words = select(variant.id).where(variant.product_id == product.id, search.found(product, folded(term)))
    beginning = func.lower(term)
    by_sku = select(other.id).where(
        other.sku_folded >= beginning, other.sku_folded < beginning.concat(LAST_LETTER)
    )
    return row.id.in_(union(by_words, by_sku))


@input_type
class ProductVariantFilterInput:
    """Which variants are listed."""

    search: str | None
    """Words of the product or variant, or the beginning of an SKU."""
    sku: list[str] | None
    metadata: list[MetadataFilter] | None
    is_preorder: bool | None
    """Sold before it is there: nothing is."""
    updated_at: DateTimeRangeInput | None


@input_type
class ProductVariantWhereInput:
    """Which variants are listed."""

    metadata: list[MetadataFilter] | None
    ids: list[ID] | None
    sku: StringFilterInput | None
    updated_at: DateTimeRangeInput | None
    attributes: list[AssignedAttributeWhereInput] | None
    AND: "list[ProductVariantWhereInput] | None"
    OR: "list[ProductVariantWhereInput] | None"


@enum
class ProductVariantSortField(Enum):
    """What variants can be sorted by."""

    LAST_MODIFIED_AT = "LAST_MODIFIED_AT"


@input_type
class ProductVariantSortingInput:
    """How variants are sorted."""

    direction: OrderDirection
    field: ProductVariantSortField


variant_filter = Filter(
    ProductVariantFilterInput,
    {
        "search": found,
        "sku": among(lambda row, ctx: row.sku),
        "metadata": has_metadata,
        "is_preorder": lambda row, wanted, ctx: false() if wanted else None,
        "updated_at": between(lambda row, ctx: row.updated_at),
    },
)
variant_where = Filter(
    ProductVariantWhereInput,
    {
        "metadata": has_metadata,
        "ids": by_id("ProductVariant"),
        "sku": matches(lambda row, ctx: row.sku),
        "attributes": answers,
        "updated_at": between(lambda row, ctx: row.updated_at),
    },
)
variant_order = Sorting(
    ProductVariantSortingInput, {ProductVariantSortField.LAST_MODIFIED_AT: lambda row, ctx: row.updated_at}
)
