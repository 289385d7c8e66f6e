"""Where papers are kept: made when somebody asks, under a key that names what they say."""

import asyncio
import hashlib

from marketplace.kit.signing import PrivateFile
from marketplace.kit.storage import Storage
from marketplace.payouts.papers.document import CONTENT_TYPES, Document, Format, written


async def kept(storage: Storage, document: Document, as_format: Format) -> PrivateFile:
    """The file of a paper, made if it was not yet. Holds no connection: call it with nothing locked."""
    said = hashlib.sha256(repr(document).encode()).hexdigest()[:24]
    name = f"{document.reference}-{document.language}.{as_format.lower()}"
    key = f"private/papers/{said}/{name}"
    content_type = CONTENT_TYPES[as_format]
    if not await storage.exists(key):
        content = await asyncio.to_thread(written, document, as_format)
        await storage.put(key, content, content_type)
    return PrivateFile(key, name, content_type)
