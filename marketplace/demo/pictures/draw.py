"""From the name of a motif and a palette to a picture's bytes in every size that the shop shows."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import isfunction
from random import Random

import pyvips

from marketplace.demo.pictures import (
    clay,
    cloth,
    emblem,
    glaze,
    harvest,
    jewels,
    landscape,
    leather,
    metal,
    vessels,
    weaving,
    wood,
)
from marketplace.demo.pictures.canvas import Canvas, Palette

_ROOMS = (weaving, glaze, clay, harvest, vessels, leather, wood, cloth, metal, jewels, emblem, landscape)
MOTIFS: dict[str, Callable[[Canvas], None]] = {
    f"{room.__name__.rpartition('.')[2]}.{name}": motif
    for room in _ROOMS
    for name, motif in vars(room).items()
    if isfunction(motif) and motif.__module__ == room.__name__ and not name.startswith("_")
}
"""Every public function of the rooms is a motif: `weaving.kilim`."""

PIXELS = 800
WIDE = (0.0, 200.0, 800.0, 400.0)
DETAIL_SIDE, DETAIL_LEFT, DETAIL_TOP = 420.0, 190.0, 190.0
"""What a second picture of the same thing shows: a closer look."""
LOWER = {"clay.bowls": 350.0, "weaving.blanket": 290.0, "wood.market_bag": 270.0, "cloth.folded_cloth": 240.0}
"""Where the closer look begins for what stands low."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Which picture: a motif in a palette, drawn by a hand that chance leads; whole or close."""

    motif: str
    palette: Palette
    hand: int = 0
    detail: bool = False


def svg_of(drawing: Drawing, pixels: int = PIXELS) -> str:
    chance = Random(f"{drawing.motif} {drawing.palette} {drawing.hand}")
    canvas = Canvas(drawing.palette, chance)
    MOTIFS[drawing.motif](canvas)
    if drawing.motif.startswith("landscape."):
        return canvas.svg(pixels, WIDE)
    if not drawing.detail:
        return canvas.svg(pixels)
    top = LOWER.get(drawing.motif, DETAIL_TOP)
    return canvas.svg(pixels, (DETAIL_LEFT, top, DETAIL_SIDE, DETAIL_SIDE))


def rasterised(svg: str) -> pyvips.Image:
    """The picture as pixels, once in memory: several sizes are taken from it."""
    return pyvips.Image.new_from_buffer(svg.encode(), "").flatten(background=[255, 255, 255]).copy_memory()
