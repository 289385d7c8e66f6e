"""How a file comes to the shop before something is said to have it."""

from typing import Any, cast

from marketplace.catalog.errors import PictureError
from marketplace.catalog.media import keep_picture, read_picture
from marketplace.kit.errors import DomainError, PermissionDeniedError
from marketplace.kit.uploads import KINDS, read_upload
from marketplace_graphql.kernel import (
    AUTHENTICATED_APP,
    AUTHENTICATED_STAFF,
    Info,
    Upload,
    UploadedFile,
    error_type,
    mutation,
    object_type,
)
from marketplace_graphql.values import File

UploadError = error_type(
    "UploadError", ("GRAPHQL_ERROR", "INVALID_FILE_TYPE", "UNSUPPORTED_MIME_TYPE"), twin="uploadErrors"
)


@object_type
class FileMutations:
    """Uploads."""

    @mutation(returns={"uploaded_file": File | None}, errors=UploadError)
    async def file_upload(self, info: Info, file: Upload) -> dict[str, Any]:
        """Keeps a file, and says where it is. Staff, apps and members of sellers that work may."""
        requester = info.requester
        if not requester.has_any((AUTHENTICATED_STAFF, AUTHENTICATED_APP)) and not requester.within:
            raise PermissionDeniedError(AUTHENTICATED_STAFF, AUTHENTICATED_APP)
        key, content_type = await _keep(info, cast("UploadedFile", file))
        return {"uploaded_file": {"url": info.context["storage"].url(key), "content_type": content_type}}


async def _keep(info: Info, file: UploadedFile) -> tuple[str, str]:
    """The key and the media type of what was kept. Pictures are cleaned as products' are."""
    storage = info.context["storage"]
    if file.filename.rpartition(".")[2].lower() not in KINDS:
        try:
            picture = await read_picture(file.content, "uploads", "file")
        except PictureError as error:
            code = "INVALID_FILE_TYPE" if error.code == "FILE_TOO_LARGE" else "UNSUPPORTED_MIME_TYPE"
            raise DomainError(error.message, field="file", code=code) from error
        await keep_picture(storage, picture)
        return picture.key, "image/webp"
    upload = read_upload(file.filename, file.content)
    await storage.put(upload.key, upload.content, upload.content_type)
    return upload.key, upload.content_type
