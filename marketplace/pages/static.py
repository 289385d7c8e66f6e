"""Files that never change under their address: the address holds a hash of the content."""

import gzip
import mimetypes
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fastapi import HTTPException, Request, Response

STYLE_LAYERS = ("base", "layout", "parts", "shop", "print")
"""Files of `static/css`, in the order in which they win."""

FOR_A_YEAR = "public, max-age=31536000, immutable"
COMPRESSIBLE = {".css", ".svg", ".js", ".txt", ".webmanifest"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    content: bytes
    compressed: bytes | None
    content_type: str


class StaticFiles:
    """The files of one directory, read once. The style sheets are one file to the browser."""

    def __init__(self, directory: Path) -> None:
        self._urls: dict[str, str] = {}
        self._files: dict[str, StaticFile] = {}
        for path in sorted(directory.glob("*.*")):
            self._add(path.name, path.read_bytes())
        layers = [(directory / "css" / f"{layer}.css").read_text() for layer in STYLE_LAYERS]
        self._add("shop.css", self._with_hashed_pictures("\n".join(layers)).encode())

    def url(self, name: str) -> str:
        """The address of a file. A name that is not there is a fault of the template."""
        return self._urls[name]

    def serve(self, request: Request, name: str) -> Response:
        file = self._files.get(name)
        if file is None:
            raise HTTPException(404)
        headers = {"Cache-Control": FOR_A_YEAR, "Vary": "Accept-Encoding"}
        if file.compressed and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(file.compressed, media_type=file.content_type, headers=headers)
        return Response(file.content, media_type=file.content_type, headers=headers)

    def _add(self, name: str, content: bytes) -> None:
        stem, suffix = name.rsplit(".", 1)
        hashed = f"{stem}.{sha256(content).hexdigest()[:12]}.{suffix}"
        small = gzip.compress(content, mtime=0) if f".{suffix}" in COMPRESSIBLE else None
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self._files[hashed] = StaticFile(content, small, content_type)
        self._urls[name] = f"/static/{hashed}"

    def _with_hashed_pictures(self, css: str) -> str:
        return re.sub(r'url\("([\w-]+\.\w+)"\)', lambda found: f'url("{self.url(found[1])}")', css)
