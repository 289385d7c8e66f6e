"""Which pictures the demo shows, and where each of them lies. Drawn by threads while rows are made."""

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from pathlib import Path

from marketplace.catalog.thumbnails import thumbnail_key
from marketplace.demo import pictures
from marketplace.demo.crafts import Shelf, colours
from marketplace.demo.pictures.draw import PIXELS, Drawing, rasterised, svg_of
from marketplace.kit.storage import Storage

SIZES = (256, 512, 1024)
SCENERY = {
    "landscape.mountains": ("01 02 03 05", ("safran", "turquoise", "brique", "indigo")),
    "landscape.oasis": ("08 10 11 12 CI SN", ("olive", "safran", "rose", "brique")),
    "landscape.coast": ("04 09", ("turquoise", "indigo")),
    "landscape.fields": ("06 07", ("olive", "menthe", "safran", "rose")),
}
"""Which scenery a region has (the end of its code, or a country), and in which colours."""
EMBLEMS = {"rug": "emblem.loom", "clay": "emblem.jar", "leather": "emblem.needle", "wood": "emblem.leaf",
    "beauty": "emblem.drop", "pantry": "emblem.drop", "staple": "emblem.leaf", "cloth": "emblem.needle",
    "metal": "emblem.ring"}  # fmt: skip
SIGN_COLOURS = ("brique", "indigo", "menthe", "henne", "figue", "grenade", "turquoise", "olive")


class Gallery:
    """Keys are given at once; what they stand for is drawn later, each drawing once."""

    def __init__(self, storage: Storage | None) -> None:
        """Without a storage nothing is drawn."""
        self._storage = storage
        self._drawings: dict[str, Drawing] = {}
        self._closed = False

    def picture(self, motif: str, colour: str, hand: int = 0, *, detail: bool = False) -> str:
        """The key of a picture of a motif in a colour."""
        drawing = Drawing(motif, colours()[colour].palette, hand, detail)
        close = "-detail" if detail else ""
        key = f"demo/{motif.replace('.', '-').replace('_', '-')}-{colour}-{hand}{close}-{_style()}.webp"
        self._drawings[key] = drawing
        return key

    def logo_of(self, seller_id: int, shelf: Shelf) -> str:
        return self.picture(EMBLEMS[shelf.kind], SIGN_COLOURS[seller_id % 5 + len(shelf.slug) % 4])

    def cover_of(self, seller_id: int, where: str) -> str:
        """A landscape for a seller of a region, or of a country abroad."""
        for motif, (places, shades) in SCENERY.items():
            if where[-2:] in places:
                return self.picture(motif, shades[seller_id % len(shades)])
        raise LookupError(f"there is no scenery for {where}")

    def hang(self, threads: int = 2) -> int:
        """Draw and keep every picture in every size, but what is kept already; how many were drawn.

        For a thread of its own: drawing keeps no other work waiting.
        """
        return asyncio.run(self._hang(self._storage, threads)) if self._storage else 0

    async def _hang(self, storage: Storage, threads: int) -> int:
        missing = [key for key in self._drawings if not await storage.exists(_last_of(key))]
        loop, limit = asyncio.get_running_loop(), asyncio.Semaphore(threads)
        with ThreadPoolExecutor(threads) as pool:

            async def draw(key: str) -> None:
                async with limit:
                    if self._closed:
                        return
                    files = await loop.run_in_executor(pool, _files, key, self._drawings[key])
                    for path, content in files.items():
                        await storage.put(path, content, "image/webp")

            await asyncio.gather(*(draw(key) for key in missing))
        return len(missing)

    def close(self) -> None:
        """Draw nothing more."""
        self._closed = True

    def __len__(self) -> int:
        return len(self._drawings)


def height_pixels(motif: str) -> int:
    return PIXELS // 2 if motif.startswith("landscape.") else PIXELS


def _last_of(key: str) -> str:
    """The file that is written last: where it is, all are."""
    return thumbnail_key(key, SIZES[-1])


def _files(key: str, drawing: Drawing) -> dict[str, bytes]:
    image = rasterised(svg_of(drawing))
    whole: bytes = image.webpsave_buffer(Q=82, effort=1)
    files = {key: whole}
    for size in SIZES[:-1]:
        files[thumbnail_key(key, size)] = image.resize(size / PIXELS).webpsave_buffer(Q=80, effort=1)
    files[thumbnail_key(key, SIZES[-1])] = whole
    return files


@cache
def _style() -> str:
    """A mark of the drawing code: when the hand changes, the keys do, since a key's content never may."""
    folder = Path(inspect.getfile(pictures)).parent
    return sha256(b"".join(file.read_bytes() for file in sorted(folder.glob("*.py")))).hexdigest()[:8]
