"""`filter` and `sortBy` of product types."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, false, or_
from strawberry import ID

from marketplace.catalog.search import reads_like
from marketplace_graphql.inputs import MetadataFilter, has_metadata
from marketplace_graphql.kernel import (
    Filter,
    OrderDirection,
    Sorting,
    among,
    by_id,
    enum,
    input_type,
)

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import ProductTypeKindEnum


@enum
class ProductTypeConfigurable(Enum):
    """Whether products have variants to choose from."""

    CONFIGURABLE = "CONFIGURABLE"
    SIMPLE = "SIMPLE"


@enum
class ProductTypeEnum(Enum):
    """Whether products are things that are sent."""

    DIGITAL = "DIGITAL"
    SHIPPABLE = "SHIPPABLE"


@input_type
class ProductTypeFilterInput:
    """Which product types are listed."""

    search: str | None
    configurable: ProductTypeConfigurable | None
    product_type: ProductTypeEnum | None
    metadata: list[MetadataFilter] | None
    kind: "ProductTypeKindEnum | None"
    ids: list[ID] | None
    slugs: list[str] | None


@enum
class ProductTypeSortField(Enum):
    """What product types can be sorted by."""

    NAME = "NAME"
    DIGITAL = "DIGITAL"
    SHIPPING_REQUIRED = "SHIPPING_REQUIRED"


@input_type
class ProductTypeSortingInput:
    """How product types are sorted."""

    direction: OrderDirection
    field: ProductTypeSortField


def _sent(row: Any, wanted: ProductTypeEnum, ctx: Any) -> ColumnElement[bool]:
    return false() if wanted is ProductTypeEnum.DIGITAL else row.is_shipping_required.is_(True)


product_type_filter = Filter(
    ProductTypeFilterInput,
    {
        "search": lambda row, term, ctx: or_(reads_like(row.name, term), reads_like(row.slug, term)),
        "configurable": lambda row, wanted, ctx: row.has_variants.is_(
            wanted is ProductTypeConfigurable.CONFIGURABLE
        ),
        "product_type": _sent,
        "metadata": has_metadata,
        "kind": lambda row, kind, ctx: row.kind == kind,
        "ids": by_id("ProductType"),
        "slugs": among(lambda row, ctx: row.slug),
    },
)
product_type_order = Sorting(
    ProductTypeSortingInput,
    {
        ProductTypeSortField.NAME: lambda row, ctx: (row.name, row.slug),
        # Nothing is digital here: the other keys decide.
        ProductTypeSortField.DIGITAL: lambda row, ctx: (row.name, row.slug),
        ProductTypeSortField.SHIPPING_REQUIRED: lambda row, ctx: (
            row.is_shipping_required,
            row.name,
            row.slug,
        ),
    },
)
