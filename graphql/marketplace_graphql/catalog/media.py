"""Pictures and videos of products."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, and_
from strawberry import ID

from marketplace.catalog import models
from marketplace_graphql.catalog.pictures import media_url
from marketplace_graphql.kernel import (
    JSONString,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    Sorting,
    column,
    enum,
    expression,
    input_type,
    never_null,
    node,
    record,
)
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.values import ThumbnailFormatEnum


@enum
class ProductMediaType(Enum):
    """What a product is shown by."""

    IMAGE = "IMAGE"
    VIDEO = "VIDEO"


@enum
class MediaChoicesSortField(Enum):
    """What the pictures of a product can be sorted by."""

    ID = "ID"


@input_type
class MediaSortingInput:
    """How the pictures of a product are sorted."""

    direction: OrderDirection
    field: MediaChoicesSortField


media_order = Sorting(MediaSortingInput, {MediaChoicesSortField.ID: lambda row, ctx: row.id})


@expression
def picture_address(
    row: Any,
    ctx: Any,
    size: int | None = None,
    format: ThumbnailFormatEnum | None = ThumbnailFormatEnum.ORIGINAL,
) -> str:
    """Its address; with a size, that of a small version of it."""
    return never_null(media_url(row, ctx, size, format))


@node(models.ProductMedia, order_by=lambda row, ctx: row.position)
class ProductMedia(Node, ObjectWithMetadata):
    """A picture of a product, or a video of it elsewhere."""

    sort_order: int | None = column("position")
    alt: str
    """What it shows, for those who can't see it."""
    type: ProductMediaType
    oembed_data: JSONString
    """What an outside player said of a video; pictures have nothing of the kind."""
    product_id: ID | None = expression(lambda row, ctx: global_id("Product", row.product_id))

    url = picture_address


@record(models.ProductMedia, order_by=lambda row, ctx: row.position)
class ProductImage:
    """A picture of a product, as older clients ask for it."""

    id: ID
    """Unique among all objects of the API."""
    alt: str | None
    sort_order: int | None = column("position")

    url = picture_address


def images_of(row: Any, image: Any, ctx: Any) -> ColumnElement[bool]:
    """The pictures of a product, its videos left out."""
    return and_(image.product_id == row.id, image.type == models.MediaType.IMAGE)
