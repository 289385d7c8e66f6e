"""Files that people upload and the shop shows or offers: of known kinds, checked by their first bytes.

Nothing that a browser would run is among them. What a stranger calls its file is kept only as far as it is a
harmless name.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

from marketplace.kit.errors import DomainError

MAXIMUM_BYTES = 20 * 1024 * 1024
NAME_LENGTH = 60
_UNSAFE = re.compile(r"[^a-z0-9]+")
_ZIP, _OLE = (b"PK\x03\x04",), (b"\xd0\xcf\x11\xe0",)
_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS: dict[str, tuple[str, tuple[bytes, ...], int]] = {
    "pdf": ("application/pdf", (b"%PDF-",), 0),
    "docx": (f"{_OFFICE}.wordprocessingml.document", _ZIP, 0),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _ZIP, 0),
    "pptx": (f"{_OFFICE}.presentationml.presentation", _ZIP, 0),
    "odt": ("application/vnd.oasis.opendocument.text", _ZIP, 0),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", _ZIP, 0),
    "zip": ("application/zip", _ZIP, 0),
    "doc": ("application/msword", _OLE, 0),
    "xls": ("application/vnd.ms-excel", _OLE, 0),
    "mp4": ("video/mp4", (b"ftyp",), 4),
    "webm": ("video/webm", (b"\x1aE\xdf\xa3",), 0),
    "mp3": ("audio/mpeg", (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"), 0),
    "ogg": ("audio/ogg", (b"OggS",), 0),
    "wav": ("audio/x-wav", (b"RIFF",), 0),
    "txt": ("text/plain", (), 0),
    "csv": ("text/csv", (), 0),
}
"""By ending: the media type, and what such a file has at an offset. Texts have nothing but are UTF-8."""


@dataclass(frozen=True)
class UploadedFile:
    """A file of a multipart request. Its name and type are the client's claims, not to be believed."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was found good, ready to be kept."""

    key: str
    content_type: str
    content: bytes


def read_upload(name: str, content: bytes) -> Upload:
    """Check an uploaded file that is no picture.

    Raises DomainError on the field `file`: UNSUPPORTED_MIME_TYPE for a kind that is not taken,
    INVALID_FILE_TYPE for a file that is not what its name says.
    """
    stem, _, ending = name.rpartition(".")
    kind = KINDS.get(ending.lower())
    if kind is None:
        known = ", ".join(sorted(KINDS))
        raise DomainError(
            f"A file is a picture, or ends with one of {known}.", field="file", code="UNSUPPORTED_MIME_TYPE"
        )
    content_type, beginnings, offset = kind
    fits = content[offset:].startswith(beginnings) if beginnings else _is_text(content)
    if not fits or len(content) > MAXIMUM_BYTES:
        raise DomainError(
            f"This file is no {ending.lower()}, or has more than {MAXIMUM_BYTES // 1024**2} MB.",
            field="file",
            code="INVALID_FILE_TYPE",
        )
    plain = _UNSAFE.sub("-", stem.lower()).strip("-")[:NAME_LENGTH] or "file"
    folder = sha256(content).hexdigest()[:32]
    return Upload(f"uploads/{folder}/{plain}.{ending.lower()}", content_type, content)


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False
