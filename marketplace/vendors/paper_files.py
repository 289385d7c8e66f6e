"""Files of papers: PDF, JPEG or PNG, told by what is in them and not by what they are called."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pyvips

from marketplace.vendors.errors import FileRefusedError

MAXIMUM_BYTES = 10 * 1024 * 1024
MAXIMUM_PIXELS = 60_000_000
NAME_LENGTH = 100
PDF_END_WITHIN = 2048
_SEPARATORS = re.compile(r"[\x00-\x1f\x7f/\\:]+")


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A file that was found good, ready to be kept under a key of its own."""

    key: str
    name: str
    content_type: str
    content: bytes


async def read_paper(vendor_id: int, name: str, content: bytes) -> PaperFile:
    """Check an uploaded paper. Raises FileRefusedError on the field `file`."""
    if len(content) > MAXIMUM_BYTES:
        raise FileRefusedError(
            f"This file has more than {MAXIMUM_BYTES // 1024**2} MB.", field="file", code="FILE_TOO_LARGE"
        )
    ending = await asyncio.to_thread(_ending_of, content)
    if ending is None:
        raise FileRefusedError("This is no PDF, JPEG or PNG that can be opened.", field="file")
    stem = _SEPARATORS.sub(" ", name).rpartition(".")[0].strip()[:NAME_LENGTH] or "document"
    key = f"private/vendors/{vendor_id}/{uuid4().hex}.{ending}"
    return PaperFile(key, f"{stem}.{ending}", _TYPES[ending], content)


def _ending_of(content: bytes) -> str | None:
    return next((ending for ending, is_one in _KINDS.items() if is_one(content)), None)


def _is_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-") and b"%%EOF" in content[-PDF_END_WITHIN:]


def _is_picture(signature: bytes, loader: str) -> Callable[[bytes], bool]:
    def opens(content: bytes) -> bool:
        if not content.startswith(signature):
            return False
        try:  # The decoder that the signature names, and no other, sees what a stranger sends.
            picture = getattr(pyvips.Image, loader)(content, access="sequential", fail_on="truncated")
            if picture.width * picture.height > MAXIMUM_PIXELS:
                return False
            picture.avg()  # Decodes all of it.
        except pyvips.Error:
            return False
        return True

    return opens


_KINDS = {
    "pdf": _is_pdf,
    "jpg": _is_picture(b"\xff\xd8\xff", "jpegload_buffer"),
    "png": _is_picture(b"\x89PNG\r\n\x1a\n", "pngload_buffer"),
}
_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}
