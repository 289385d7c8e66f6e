"""Copper, brass and silver plate: lanterns, teapots, trays."""

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
