"""Private files: bank files, statements. Whoever may see one is given a signed address of it."""

import re
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from marketplace.kit.signing import FileTokenError, PrivateFile, opened
from marketplace.kit.storage import FileMissingError

UNSAFE_IN_NAMES = re.compile(r'[^A-Za-z0-9._ -]|"')
SHOWN_IN_BROWSERS = {"application/pdf"}


def mount(app: FastAPI) -> None:
    app.add_api_route("/files/{token}", private_file, methods=["GET"], include_in_schema=False)


async def private_file(request: Request, token: str) -> Response:
    """The file that the address names; 404 for an address that was never given out, or ten minutes ago."""
    try:
        file = opened(request.app.state.settings, token)
        content = await request.app.state.storage.get(file.key)
    except (FileTokenError, FileMissingError):
        return PlainTextResponse("This address is not valid, or no longer.\n", status_code=404)
    return Response(content, media_type=file.content_type, headers=_headers(file))


def _headers(file: PrivateFile) -> dict[str, str]:
    kind = "inline" if file.content_type in SHOWN_IN_BROWSERS else "attachment"
    plain = UNSAFE_IN_NAMES.sub("_", file.name)
    return {
        "content-disposition": f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name)}",
        "cache-control": "private, no-store",
    }
