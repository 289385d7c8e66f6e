"""Pictures that come with a mutation of the catalogue."""

from collections.abc import Mapping, Sequence
from typing import Any

from marketplace.catalog.errors import PictureError
from marketplace.catalog.media import Picture, keep_picture, read_picture
from marketplace.kit.errors import DomainError, RequiredError
from marketplace_graphql.kernel import Info, UploadedFile


async def kept_picture(
    info: Info, upload: UploadedFile, folder: str, field: str, sizes: Sequence[int] = ()
) -> Picture:
    """An uploaded picture, read and put into the storage, with small versions in some sizes.

    Raises PictureError with Saleor's codes for products: FILE_SIZE_LIMIT_EXCEEDED, INVALID.
    """
    try:
        picture = await read_picture(upload.content, folder, field)
    except PictureError as error:
        error.code = "FILE_SIZE_LIMIT_EXCEEDED" if error.code == "FILE_TOO_LARGE" else "INVALID"
        raise
    await keep_picture(info.context["storage"], picture, sizes)
    return picture


def picture_given(given: Mapping[str, Any], field: str | None = None) -> UploadedFile | str:
    """The picture that an input uploads as `image`, or where it lies, as `media_url`: one of them.

    Raises RequiredError, DomainError.
    """
    upload: UploadedFile | None = given.get("image")
    url: str = given.get("media_url") or ""
    if upload and url:
        message = "Upload a picture or say where it lies, not both."
        raise DomainError(message, field=field, code="DUPLICATED_INPUT_ITEM")
    if not upload and not url:
        raise RequiredError("Upload a picture, or say where it lies.", field=field)
    return upload or url
