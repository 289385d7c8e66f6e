"""`filter`, `where`, `sortBy` and `search` of variants."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, select, true, union_all
from strawberry import ID

from marketplace.catalog import models, search
from marketplace_graphql.catalog.attribute_answers import AssignedAttributeWhereInput, answers
from marketplace_graphql.catalog.indexed import indexed
from marketplace_graphql.catalog.search import folded, row_by_row
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
from marketplace_graphql.kernel.reader.aliases import aliased

LAST_LETTER = chr(0x10FFFF)


def found(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    """Variants of the products that the words find, and those whose SKU begins with the term."""
    words, beginning = folded(term), func.lower(term)
    product, its_product = aliased(models.Product), aliased(models.Product)
    variant, other, any_one = (aliased(models.ProductVariant) for _ in range(3))

    def by_sku(of: Any) -> ColumnElement[bool]:
        return and_(of.sku_folded >= beginning, of.sku_folded < beginning.concat(LAST_LETTER))

    keys = union_all(
        select(variant.id)
        .join(product, product.id == variant.product_id)
        .where(words != "", search.found(product, words)),
        select(other.id).where(words != "", by_sku(other)),
        select(any_one.id).where(words == ""),  # No words find everything.
    ).subquery()
    has_words = select(row_by_row(search.found(its_product, words))).where(its_product.id == row.product_id)
    has_words = has_words.correlate_except(its_product)
    holds = case((words == "", true()), (by_sku(row), true()), else_=has_words.scalar_subquery().is_(true()))
    found: ColumnElement[bool] = ctx.few_or_many(row, select(keys.c.id), holds)
    return found


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


_changed = indexed(models.ProductVariant, "updated_at", between(lambda row, ctx: row.updated_at))
variant_filter = Filter(
    ProductVariantFilterInput,
    {
        "search": found,
        "sku": among(lambda row, ctx: row.sku),
        "metadata": has_metadata,
        "is_preorder": lambda row, wanted, ctx: false() if wanted else None,
        "updated_at": _changed,
    },
)
variant_where = Filter(
    ProductVariantWhereInput,
    {
        "metadata": has_metadata,
        "ids": by_id("ProductVariant"),
        "sku": matches(lambda row, ctx: row.sku),
        "attributes": answers,
        "updated_at": _changed,
    },
)
variant_order = Sorting(
    ProductVariantSortingInput, {ProductVariantSortField.LAST_MODIFIED_AT: lambda row, ctx: row.updated_at}
)
