"""`python -m marketplace.demo.pictures sheet.png`: every motif on one sheet, to look at after a change."""

import sys

import pyvips

from marketplace.demo.crafts import colours, roots
from marketplace.demo.pictures.draw import MOTIFS, Drawing, rasterised, svg_of

ACROSS, PIXELS = 9, 220


def main(file_name: str = "pictures.png") -> None:
    """Draw each motif in the colours in which the shop shows it, else in one that suits all."""
    shown = {
        item.motif: item.palettes[-1] for root in roots() for shelf in root.shelves for item in shelf.items
    }
    pictures = [
        rasterised(svg_of(Drawing(motif, colours()[shown.get(motif, "menthe")].palette), PIXELS))
        for motif in sorted(MOTIFS)
    ]
    pyvips.Image.arrayjoin(pictures, across=ACROSS, shim=4, background=[255, 255, 255]).pngsave(file_name)
    print(f"{len(pictures)} motifs on {file_name}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
