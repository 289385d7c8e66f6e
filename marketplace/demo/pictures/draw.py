"""From the name of a motif and a palette to a picture's bytes in every size that the shop shows."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pyvips

from marketplace.demo.pictures import clay, cloth, harvest, leather, metal, vessels, weaving, wood
from marketplace.demo.pictures.canvas import Canvas, Palette

MOTIFS: dict[str, Callable[[Canvas], None]] = {
    f"{room.__name__.rpartition('.')[2]}.{name}": motif
    for room, names in (
        (weaving, "beni_ouarain azilal taznakht kilim blanket cushion"),
        (clay, "bowls jar tajine"),
        (
            harvest,
            (
                "threads dates olives almonds walnuts figs cashews beans grains seeds powders "
                "roses petals leaves cactus_pears comb"
            ),
        ),
        (vessels, "oil_bottle dropper honey_jar spread_jar soaps pouch bars"),
        (leather, "slippers bag pouf wallet"),
        (wood, "burl_box wooden_bowl spoons painted_box basket market_bag"),
        (cloth, "robe scarf table_linen wax_print folded_cloth"),
        (metal, "necklace fibula bracelet earrings lantern teapot tray"),
    )
    for name in names.split()
    for motif in [getattr(room, name)]
}

PIXELS = 1024
DETAILS = ((150.0, 150.0, 420.0, 420.0), (300.0, 280.0, 380.0, 380.0))
"""What a second picture of the same thing shows: a closer look."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Which picture: a motif in a palette, drawn by a hand that chance leads; whole or close."""

    motif: str
    palette: Palette
    hand: int = 0
    detail: bool = False


def svg_of(drawing: Drawing, pixels: int = PIXELS) -> str:
    chance = Random(f"{drawing.motif} {drawing.palette} {drawing.hand}")  # noqa: S311 - a drawing, no secret
    canvas = Canvas(drawing.palette, chance)
    MOTIFS[drawing.motif](canvas)
    if not drawing.detail:
        return canvas.svg(pixels)
    return canvas.svg(pixels, DETAILS[drawing.hand % len(DETAILS)])


def rasterised(svg: str) -> pyvips.Image:
    """The picture as pixels, once in memory: several sizes are taken from it."""
    return pyvips.Image.new_from_buffer(svg.encode(), "").flatten(background=[255, 255, 255]).copy_memory()
