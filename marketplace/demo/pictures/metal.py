"""Silver, copper and pierced brass."""

import math

from marketplace.demo.pictures.canvas import (
    Canvas,
    Point,
    circle,
    darker,
    group,
    lighter,
    line,
    number,
    on_circle,
    path,
    polygon,
    rectangle,
    star,
    tag,
)
from marketplace.demo.pictures.scenes import wall_and_table

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


def lantern(canvas: Canvas) -> None:
    """Pierced brass with coloured glass, lit from within."""
    palette = canvas.palette
    canvas.add(
        rectangle(
            0,
            0,
            800,
            800,
            canvas.round((0, darker(palette.wall, 0.12)), (1, darker(palette.wall, 0.62)), y=0.55),
        )
    )
    canvas.add(
        circle(
            X,
            450,
            330,
            canvas.define(
                "radialGradient",
                (
                    f'<stop offset="0" stop-color="{lighter(palette.accent, 0.4)}" '
                    f'stop-opacity=".75"/><stop offset="1" stop-color="{palette.accent}" '
                    'stop-opacity="0"/>'
                ),
            ),
        )
    )
    for _ in range(46):
        angle, away = canvas.chance.uniform(0, math.tau), canvas.chance.uniform(260, 460)
        x, y = X + away * math.cos(angle), 450 + away * math.sin(angle)
        canvas.add(polygon(star(x, y, 15, 8, 4, angle / math.tau), lighter(palette.accent, 0.5), opacity=0.3))
    brass = canvas.across(
        (0, darker(palette.main, 0.55)),
        (0.3, lighter(palette.main, 0.35)),
        (0.55, palette.main),
        (1, darker(palette.main, 0.6)),
    )
    canvas.add(line([(X, 0), (X, 130)], darker(palette.main, 0.3), 7))
    canvas.add(circle(X, 136, 22, "none", stroke=brass, stroke_width=9))
    canvas.add(path("M346,236 C346,186 384,170 388,152 H412 C416,170 454,186 454,236Z", brass))
    canvas.add(path("M250,330 C268,268 330,244 346,232 H454 C470,244 532,268 550,330Z", brass))
    canvas.add(rectangle(248, 326, 304, 262, brass))
    for column in range(4):
        for row in range(3):
            x, y = 286 + column * 76, 378 + row * 82
            colour = (palette.accent, palette.second, palette.light)[(column + row) % 3]
            canvas.add(
                polygon(
                    star(x, y, 33, 22, 8),
                    lighter(colour, 0.3),
                    stroke=darker(palette.main, 0.5),
                    stroke_width=3,
                )
            )
            canvas.add(circle(x, y, 9, "#fff6d8"))
    canvas.add(
        path("M250,588 H550 C532,650 470,676 452,700 H348 C330,676 268,650 250,588Z", brass),
        circle(X, 714, 15, brass),
    )
    canvas.add(
        *(circle(268 + index * 24, 308, 4, "#fff0c2") for index in range(12)),
        *(circle(268 + index * 24, 606, 4, "#fff0c2") for index in range(12)),
    )


def teapot(canvas: Canvas) -> None:
    """The silver teapot, and two painted glasses."""
    wall_and_table(canvas)
    palette = canvas.palette
    metal = canvas.across(
        (0, darker(palette.main, 0.5)),
        (0.24, lighter(palette.main, 0.65)),
        (0.45, palette.main),
        (0.62, lighter(palette.main, 0.4)),
        (1, darker(palette.main, 0.55)),
    )
    canvas.shadow(330, 652, 210, 30, 0.5)
    canvas.add(path("M196,470 C110,450 120,350 92,316 L124,306 C158,352 160,410 220,420Z", metal))
    canvas.add(path("M450,400 C560,360 566,560 440,566", stroke=metal, stroke_width=20))
    canvas.add(
        path(
            (
                "M318,330 C186,350 160,470 196,560 C212,606 250,620 256,650 H408 C414,620 "
                "452,606 466,560 C500,470 476,350 344,330Z"
            ),
            metal,
        )
    )
    canvas.add(
        path("M262,336 C270,270 392,270 400,336 Q331,358 262,336Z", metal),
        path("M331,284 v-40", stroke=metal, stroke_width=10),
        circle(331, 232, 17, metal),
    )
    engraving = [
        polygon(star(331, 470, 72, 50, 8), "none", stroke=darker(palette.main, 0.5), stroke_width=4),
        polygon(star(331, 470, 44, 30, 8), "none", stroke=darker(palette.main, 0.5), stroke_width=3),
    ]
    engraving += [
        path(f"M{196 + index * 34},398 q17,-26 34,0", stroke=darker(palette.main, 0.5), stroke_width=3)
        for index in range(8)
    ]
    engraving += [
        path(f"M{206 + index * 32},560 q16,22 32,0", stroke=darker(palette.main, 0.5), stroke_width=3)
        for index in range(8)
    ]
    canvas.add(group(engraving, opacity=0.65))
    for x, y, colour in ((570, 660, palette.second), (690, 690, palette.accent)):
        _glass(canvas, x, y, colour)


def tray(canvas: Canvas) -> None:
    """A round tray, chased from the rim to the middle."""
    palette = canvas.palette
    wall_and_table(canvas, wide=True)
    canvas.shadow(X + 20, 690, 270, 30, 0.5)
    y = 400
    sheen = canvas.round(
        (0, lighter(palette.main, 0.7)),
        (0.4, palette.main),
        (0.7, lighter(palette.main, 0.25)),
        (1, darker(palette.main, 0.4)),
        x=0.36,
        y=0.3,
    )
    canvas.add(circle(X + 10, y + 14, 292, "#1c1009", opacity=0.3), circle(X, y, 290, sheen))
    mark = darker(palette.main, 0.5)
    parts = [
        circle(X, y, radius, "none", stroke=mark, stroke_width=width)
        for radius, width in ((278, 6), (236, 3), (228, 3), (160, 3), (96, 4))
    ]
    for fold in range(32):
        parts.append(circle(*on_circle(X, y, 257, fold / 32), 12, "none", stroke=mark, stroke_width=3))
    for fold in range(16):
        corners: list[Point] = [
            on_circle(X, y, radius, turn)
            for radius, turn in (
                (222, fold / 16),
                (194, fold / 16 + 0.026),
                (166, fold / 16),
                (194, fold / 16 - 0.026),
            )
        ]
        parts.append(polygon(corners, "none", stroke=mark, stroke_width=3))
        (ax, ay), (bx, by) = on_circle(X, y, 156, fold / 16), on_circle(X, y, 100, (fold + 1) / 16)
        parts.append(
            path(
                (
                    f"M{number(ax)},{number(ay)} "
                    f"Q{number((ax + bx) / 2 + 12)},{number((ay + by) / 2)} {number(bx)},{number(by)}"
                ),
                stroke=mark,
                stroke_width=3,
            )
        )
    parts.append(polygon(star(X, y, 88, 60, 8), "none", stroke=mark, stroke_width=4))
    parts.append(polygon(star(X, y, 54, 36, 8), "none", stroke=mark, stroke_width=3))
    canvas.add(group(parts, opacity=0.75))
    canvas.add(
        path(
            "M170,300 A258,258 0 0 1 330,152",
            stroke="#ffffff",
            stroke_width=16,
            opacity=0.4,
            stroke_linecap="round",
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


def _glass(canvas: Canvas, x: float, foot: float, colour: str) -> None:
    canvas.shadow(x + 4, foot, 62, 13, 0.4)
    d = (
        f"M{x - 50},{foot - 140} L{x - 38},{foot - 8} Q{x},{foot + 8} {x + 38},{foot - 8} "
        f"L{x + 50},{foot - 140}Z"
    )
    clip = canvas.clip(path(d, "#000"))
    canvas.add(path(d, colour, opacity=0.55))
    canvas.add(
        group(
            [
                rectangle(x - 60, foot - 110, 120, 120, "#b98a2c", opacity=0.4),
                *(polygon(star(x - 44 + index * 22, foot - 84, 13, 8, 8), "#f2d48a") for index in range(5)),
                rectangle(x - 60, foot - 130, 120, 9, "#f2d48a"),
            ],
            clip_path=clip,
        )
    )
    canvas.add(
        path(d, stroke="#ffffff", stroke_width=3, opacity=0.6),
        tag("ellipse", cx=x, cy=foot - 140, rx=50, ry=9, fill="#ffffff", opacity=0.45),
    )
