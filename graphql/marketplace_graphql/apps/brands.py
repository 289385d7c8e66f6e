"""Logos of apps: kept ones, and those of manifests that are only looked at."""

import base64
from enum import Enum
from typing import Any

from marketplace.catalog.media import Picture, in_size
from marketplace.catalog.thumbnails import snapped
from marketplace_graphql.catalog.pictures import rare_picture_url
from marketplace_graphql.kernel import (
    Info,
    computed,
    enum,
    expression,
    never_null,
    null_when,
    object_type,
    seen_as,
)
from marketplace_graphql.kernel.reader.sql import global_id


@enum
class IconThumbnailFormatEnum(Enum):
    """File formats that a logo can be had in."""

    ORIGINAL = "ORIGINAL"
    WEBP = "WEBP"


class _Logo:
    """Where a logo lies, and by what it can be asked for in other sizes."""

    def __init__(self, row: Any, type_name: str) -> None:
        self.path = row.logo_path
        self.owner = global_id(type_name, row.id.expression)


@object_type
class AppBrandLogo:
    """An app's logo."""

    @expression
    def default(
        logo: Any,
        ctx: Any,
        size: int | None = None,
        format: IconThumbnailFormatEnum | None = IconThumbnailFormatEnum.ORIGINAL,
    ) -> str:
        """Where it is fetched."""
        return never_null(rare_picture_url(logo.path, ctx, size, owner=logo.owner))


@object_type
class AppBrand:
    """How an app looks."""

    logo: AppBrandLogo


@object_type
class AppManifestBrandLogo:
    """The logo of an app that is not installed."""

    @computed(lambda row, ctx: {})
    async def default(
        picture: Any,
        info: Info,
        size: int | None = None,
        format: IconThumbnailFormatEnum | None = IconThumbnailFormatEnum.ORIGINAL,
    ) -> str:
        """The picture itself, as a `data:` address."""
        content = await in_size(picture.content, snapped(size)) if size else picture.content
        return f"data:image/webp;base64,{base64.b64encode(content).decode()}"


@object_type
class AppManifestBrand:
    """How an app looks that is not installed."""

    logo: AppManifestBrandLogo


def brand_of(row: Any, ctx: Any, type_name: str) -> Any:
    """Parts of the brand of an app or an installation; null without a logo."""
    return null_when(row.logo_path.is_(None), {"logo": seen_as("AppBrandLogo", _Logo(row, type_name))})


def brand_in(picture: Picture | None) -> Any:
    """The brand of a manifest, whose logo has been fetched; none, where that failed."""
    return None if picture is None else {"logo": picture}
