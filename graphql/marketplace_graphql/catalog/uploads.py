"""Pictures that come with a mutation of the catalogue."""

from collections.abc import Sequence

from marketplace.catalog.errors import PictureError
from marketplace.catalog.media import Picture, keep_picture, read_picture
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
