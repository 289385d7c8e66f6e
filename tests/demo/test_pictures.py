"""Pictures are drawn by the generator, the same way each time."""

import asyncio
from pathlib import Path

import pytest

from marketplace.catalog.thumbnails import thumbnail_key
from marketplace.demo.crafts import colours
from marketplace.demo.gallery import Gallery
from marketplace.demo.pictures.draw import MOTIFS, Drawing, rasterised, svg_of
from marketplace.kit.storage import FolderStorage


@pytest.mark.parametrize("motif", sorted(MOTIFS))
def test_it_draws(motif: str) -> None:
    drawing = Drawing(motif, colours()["brique"].palette)
    image = rasterised(svg_of(drawing, 96))
    assert image.width == 96
    assert image.deviate() > 5, "one colour only is no picture"
    assert svg_of(drawing) == svg_of(drawing)


def test_colours_and_hands_make_different_pictures() -> None:
    drawings = [
        Drawing("weaving.azilal", colours()[colour].palette, hand)
        for colour in ("brique", "indigo")
        for hand in (0, 1)
    ]
    assert len({svg_of(drawing) for drawing in drawings}) == 4


async def test_a_picture_is_kept_in_every_usual_size_and_drawn_once(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path, "http://testserver/media")
    gallery = Gallery(storage)
    key = gallery.picture("clay.jar", "fes")
    cover = gallery.cover_of(1, "MA-09")
    assert await asyncio.to_thread(gallery.hang) == 2
    for each in (key, cover):
        files = [each, *(thumbnail_key(each, size) for size in (256, 512, 1024))]
        for file in files:
            content = await storage.get(file)
            assert content[8:12] == b"WEBP"
    assert await asyncio.to_thread(gallery.hang) == 0
