"""Silver and beads, laid on dark cloth."""

import math

from marketplace.demo.pictures.canvas import (
    Canvas,
    circle,
    darker,
    group,
    lighter,
    line,
    path,
    polygon,
    rectangle,
    star,
)

X = 400


def necklace(canvas: Canvas) -> None:
    """Beads of amber, coral or clay with a silver pendant, on a cloth."""
    _velvet(canvas)
    palette = canvas.palette
    beads = 25
    for index in range(beads):
        share = index / (beads - 1)
        angle = math.pi * (0.06 + 0.88 * share)
        x, y = X - 250 * math.cos(angle), 130 + 385 * math.sin(angle)
        size = 15 + 16 * math.sin(math.pi * share)
        colour = (palette.main, palette.second, palette.main, palette.accent)[index % 4]
        canvas.add(circle(x + 7, y + 10, size, "#000000", opacity=0.3))
        canvas.add(
            circle(
                x,
                y,
                size,
                canvas.round(
                    (0, lighter(colour, 0.55)), (0.45, colour), (1, darker(colour, 0.45)), x=0.34, y=0.3
                ),
            )
        )
    _pendant(canvas, X, 600, 96)


def fibula(canvas: Canvas) -> None:
    """The triangular brooch of the Anti-Atlas, two on a chain."""
    _velvet(canvas)
    silver = "#cfd2d4"
    chain = [
        circle(
            215 + index * 19.5,
            330 + 150 * math.sin(math.pi * index / 19),
            10,
            "none",
            stroke=silver,
            stroke_width=5,
        )
        for index in range(20)
    ]
    canvas.add(*chain)
    for x in (210, 590):
        _brooch(canvas, x, 330, 1.0)
    _pendant(canvas, X, 540, 74)


def bracelet(canvas: Canvas) -> None:
    """A cuff with engraved lozenges and enamel."""
    _velvet(canvas)
    palette = canvas.palette
    canvas.shadow(X + 10, 620, 290, 50, 0.6)
    silver = canvas.across(
        (0, "#7c8084"), (0.25, "#eef0f1"), (0.5, "#b9bdc0"), (0.75, "#f6f7f7"), (1, "#6d7276")
    )
    back = "M140,330 A260,80 0 0 1 660,330 L660,470 A260,80 0 0 0 140,470Z"
    canvas.add(path(back, "#6a6f73"))
    front = "M140,330 A260,95 0 0 0 660,330 L660,500 A260,105 0 0 1 140,500Z"
    clip = canvas.clip(path(front, "#000"))
    canvas.add(path(front, silver))
    parts = []
    for index in range(9):
        share = (index - 4) / 4.6
        x, y, wide = (
            X + 262 * math.sin(share * 1.42),
            418 + 90 * math.cos(share * 1.42),
            40 * math.cos(share * 1.2) + 4,
        )
        parts.append(
            polygon(
                [(x, y - 52), (x + wide, y), (x, y + 52), (x - wide, y)],
                palette.main if index % 2 else palette.second,
                stroke="#5d6266",
                stroke_width=4,
            )
        )
        parts.append(circle(x, y, wide * 0.3, palette.accent))
    for drop in (18, 148):
        parts.append(
            path(
                f"M140,{330 + drop} A260,97 0 0 0 660,{330 + drop}",
                stroke="#5d6266",
                stroke_width=6,
                stroke_dasharray="4 9",
            )
        )
    canvas.add(group(parts, clip_path=clip))
    canvas.add(path("M140,330 A260,95 0 0 0 660,330", stroke="#ffffff", stroke_width=6, opacity=0.8))


def earrings(canvas: Canvas) -> None:
    """A pair: hoop, disc and drops."""
    _velvet(canvas)
    palette = canvas.palette
    for x in (270, 530):
        canvas.add(path(f"M{x},210 q-34,-74 6,-92 q38,4 14,60", stroke="#d6d9db", stroke_width=8))
        canvas.add(circle(x + 10, 322, 104, "#000000", opacity=0.3))
        disc = canvas.round((0, "#ffffff"), (0.5, "#c3c7ca"), (1, "#7b8084"), x=0.35, y=0.3)
        canvas.add(
            circle(x, 310, 102, disc),
            circle(x, 310, 88, "none", stroke="#6a6f73", stroke_width=4, stroke_dasharray="3 7"),
        )
        canvas.add(
            polygon(star(x, 310, 72, 48, 8), palette.main),
            polygon(star(x, 310, 46, 30, 8), palette.second),
            circle(x, 310, 15, palette.accent),
        )
        for index, dx in enumerate((-62, 0, 62)):
            top = 396 if dx else 412
            canvas.add(line([(x + dx, top), (x + dx, top + 54)], "#c3c7ca", 5))
            canvas.add(
                _bead(
                    canvas,
                    x + dx,
                    top + 84,
                    30 if index == 1 else 25,
                    palette.main if index == 1 else palette.second,
                )
            )


def _velvet(canvas: Canvas) -> None:
    palette = canvas.palette
    canvas.add(
        rectangle(
            0,
            0,
            800,
            800,
            canvas.round((0, lighter(palette.dark, 0.22)), (1, darker(palette.dark, 0.35)), x=0.4, y=0.3),
        )
    )
    for start in (-120, 160, 470):
        canvas.add(
            path(
                f"M{start},0 C{start + 160},260 {start + 60},520 {start + 260},800",
                stroke=lighter(palette.dark, 0.35),
                stroke_width=46,
                opacity=0.1,
            )
        )


def _pendant(canvas: Canvas, x: float, y: float, size: float) -> None:
    palette = canvas.palette
    silver = canvas.round((0, "#ffffff"), (0.5, "#c6cacd"), (1, "#7c8185"), x=0.35, y=0.3)
    corners = [(x, y - size * 1.1), (x + size, y), (x, y + size * 1.1), (x - size, y)]
    canvas.add(
        polygon([(px + 8, py + 12) for px, py in corners], "#000000", opacity=0.35),
        polygon(corners, silver, stroke="#6a6f73", stroke_width=4),
    )
    inner = [(x, y - size * 0.82), (x + size * 0.74, y), (x, y + size * 0.82), (x - size * 0.74, y)]
    canvas.add(polygon(inner, "none", stroke="#6a6f73", stroke_width=4, stroke_dasharray="3 7"))
    canvas.add(
        polygon(star(x, y, size * 0.5, size * 0.32, 8), palette.second),
        _bead(canvas, x, y, size * 0.22, palette.main),
    )
    for px, py in corners[1:]:
        canvas.add(circle(px, py, size * 0.12, silver))


def _brooch(canvas: Canvas, x: float, y: float, scale: float) -> None:
    palette = canvas.palette
    silver = canvas.across((0, "#8b9094"), (0.35, "#f4f5f5"), (0.7, "#b4b8bb"), (1, "#6f7478"))
    parts = [
        polygon([(8, -138), (134, 92), (-118, 92)], "#000000", opacity=0.3),
        circle(0, -168, 40, "none", stroke=silver, stroke_width=15),
        line([(0, -230), (0, 170)], silver, 9, stroke_linecap="round"),
        polygon([(0, -150), (126, 80), (-126, 80)], silver, stroke="#6a6f73", stroke_width=4),
        polygon([(0, -104), (90, 60), (-90, 60)], palette.main, stroke="#6a6f73", stroke_width=4),
        polygon([(0, -60), (54, 44), (-54, 44)], palette.second),
        circle(0, 12, 19, palette.accent),
        *(circle(dx, 94, 15, silver) for dx in (-110, -55, 0, 55, 110)),
    ]
    canvas.add(group(parts, transform=f"translate({x} {y}) scale({scale})"))


def _bead(canvas: Canvas, x: float, y: float, radius: float, colour: str) -> str:
    return circle(
        x,
        y,
        radius,
        canvas.round((0, lighter(colour, 0.6)), (0.45, colour), (1, darker(colour, 0.5)), x=0.34, y=0.3),
    )
