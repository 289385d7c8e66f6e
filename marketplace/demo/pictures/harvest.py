"""What the land gives, in a dish seen from above: threads, seeds, fruit, leaves, flowers."""

import math
from collections.abc import Callable

from marketplace.demo.pictures import pieces
from marketplace.demo.pictures.canvas import (
    Canvas,
    circle,
    darker,
    group,
    lighter,
    line,
    mixed,
    on_circle,
    path,
    polygon,
    smooth,
    tag,
)
from marketplace.demo.pictures.scenes import from_above

X, Y = 400, 400
Piece = Callable[[Canvas, str], list[str]]
"""Draws one piece at the origin, in a colour."""


def threads(canvas: Canvas) -> None:
    """Saffron: crimson threads with an orange end, heaped."""
    _dish(canvas, 290, "#efe3cf")
    chance = canvas.chance
    canvas.add(circle(X, Y, 196, darker(canvas.palette.main, 0.45), opacity=0.55))
    parts = []
    for _ in range(360):
        angle, away = chance.uniform(0, math.tau), 215 * math.sqrt(chance.random())
        x, y = X + away * math.cos(angle), Y + away * math.sin(angle)
        turn, long = chance.uniform(0, math.tau), chance.uniform(38, 74)
        dx, dy = math.cos(turn) * long, math.sin(turn) * long
        bend = chance.uniform(-16, 16)
        colour = mixed(canvas.palette.main, canvas.palette.dark, chance.uniform(0, 0.6))
        parts.append(
            path(
                f"M{x:.0f},{y:.0f} q{dx / 2 + bend:.0f},{dy / 2 - bend:.0f} {dx:.0f},{dy:.0f}",
                stroke=colour,
                stroke_width=3.6 + canvas.wobble(1),
            )
        )
        parts.append(
            path(
                f"M{x:.0f},{y:.0f} l{-dx * 0.16:.0f},{-dy * 0.16:.0f}",
                stroke=canvas.palette.accent,
                stroke_width=3,
            )
        )
    canvas.add(group(parts, stroke_linecap="round"))


def dates(canvas: Canvas) -> None:
    _dish(canvas, 300, canvas.palette.light)
    _heap(canvas, pieces.date, 84, 225, 42)


def olives(canvas: Canvas) -> None:
    _dish(canvas, 295, canvas.palette.light)
    _heap(canvas, pieces.olive, 88, 225, 40)


def almonds(canvas: Canvas) -> None:
    _dish(canvas, 295, darker(canvas.palette.table, 0.1))
    _heap(canvas, pieces.almond, 96, 228, 38)


def walnuts(canvas: Canvas) -> None:
    _dish(canvas, 295, darker(canvas.palette.table, 0.15))
    _heap(canvas, pieces.walnut, 34, 218, 66)


def figs(canvas: Canvas) -> None:
    _dish(canvas, 300, canvas.palette.light)
    _heap(canvas, pieces.fig, 26, 212, 74)


def cashews(canvas: Canvas) -> None:
    _dish(canvas, 295, darker(canvas.palette.table, 0.1))
    _heap(canvas, pieces.cashew, 66, 222, 42)


def beans(canvas: Canvas) -> None:
    """Cocoa or coffee beans."""
    _dish(canvas, 295, lighter(canvas.palette.table, 0.25))
    _heap(canvas, pieces.bean, 112, 228, 38)


def grains(canvas: Canvas) -> None:
    """Couscous, fonio, attieke: so fine that only a heap shows."""
    _dish(canvas, 300, darker(canvas.palette.table, 0.05))
    chance, palette = canvas.chance, canvas.palette
    canvas.add(
        circle(
            X,
            Y,
            238,
            canvas.round(
                (0, lighter(palette.main, 0.4)),
                (0.7, palette.main),
                (1, darker(palette.main, 0.3)),
                x=0.4,
                y=0.35,
            ),
        )
    )
    parts = []
    for _ in range(900):
        angle, away = chance.uniform(0, math.tau), 240 * math.sqrt(chance.random())
        tone = chance.choice(
            (
                lighter(palette.main, 0.5),
                darker(palette.main, 0.16),
                palette.second,
                lighter(palette.main, 0.25),
            )
        )
        parts.append(
            circle(X + away * math.cos(angle), Y + away * math.sin(angle), chance.uniform(2.6, 5), tone)
        )
    canvas.add(*parts)
    _spoon(canvas)


def seeds(canvas: Canvas) -> None:
    """Cumin, nigella, sesame: slim seeds by the hundred, and a spoon."""
    _dish(canvas, 285, lighter(canvas.palette.light, 0.3))
    chance, palette = canvas.chance, canvas.palette
    canvas.add(circle(X, Y, 214, darker(palette.main, 0.25)))
    parts = []
    for _ in range(620):
        angle, away = chance.uniform(0, math.tau), 222 * math.sqrt(chance.random())
        x, y, turn = X + away * math.cos(angle), Y + away * math.sin(angle), chance.randint(0, 180)
        tone = mixed(lighter(palette.main, 0.25), palette.dark, chance.uniform(0, 0.55))
        parts.append(
            tag(
                "ellipse", cx=x, cy=y, rx=13.0, ry=4.2, fill=tone, transform=f"rotate({turn} {x:.0f} {y:.0f})"
            )
        )
    canvas.add(*parts)
    _spoon(canvas)


def powders(canvas: Canvas) -> None:
    """Three little dishes of ground spice."""
    from_above(canvas)
    palette = canvas.palette
    for x, y, radius, colour in (
        (265, 285, 178, palette.main),
        (555, 350, 150, palette.second),
        (365, 590, 152, palette.accent),
    ):
        canvas.shadow(x + 12, y + 20, radius * 1.2, radius * 1.16)
        canvas.add(
            circle(x, y, radius, lighter(palette.light, 0.35)),
            circle(x, y, radius * 0.9, darker(palette.light, 0.2)),
        )
        heap = canvas.round(
            (0, lighter(colour, 0.4)), (0.5, colour), (1, darker(colour, 0.35)), x=0.38, y=0.34
        )
        canvas.add(circle(x, y, radius * 0.84, heap))
        grains = []
        for _ in range(170):
            angle, away = (
                canvas.chance.uniform(0, math.tau),
                radius * 0.82 * math.sqrt(canvas.chance.random()),
            )
            tone = lighter(colour, 0.3) if canvas.chance.random() < 0.5 else darker(colour, 0.2)
            grains.append(
                circle(
                    x + away * math.cos(angle),
                    y + away * math.sin(angle),
                    canvas.chance.uniform(1.2, 2.8),
                    tone,
                    opacity=0.8,
                )
            )
        canvas.add(*grains)


def roses(canvas: Canvas) -> None:
    """Rose buds, and loose petals beside the dish."""
    _dish(canvas, 290, lighter(canvas.palette.light, 0.4))
    _heap(canvas, pieces.rose, 40, 208, 60)
    for x, y in ((80, 640), (150, 720), (700, 130), (640, 60), (730, 690)):
        canvas.add(
            group(
                [pieces.petal_shape(canvas.palette.second)],
                transform=f"translate({x} {y}) rotate({canvas.chance.randint(0, 360)}) scale(1.5)",
            )
        )


def petals(canvas: Canvas) -> None:
    """Hibiscus: dry, dark, curled."""
    _dish(canvas, 290, canvas.palette.light)
    _heap(canvas, pieces.dry_petal, 70, 222, 44)


def leaves(canvas: Canvas) -> None:
    """Herbs for an infusion: a bundle tied with string."""
    from_above(canvas)
    palette, chance = canvas.palette, canvas.chance
    canvas.shadow(415, 420, 270, 330, 0.32)
    stems, foliage = [], []
    for index in range(17):
        spread = (index - 8) * 27 + canvas.wobble(10)
        top = (400 + spread * 1.15, 110 + abs(spread) * 0.5 + canvas.wobble(22))
        stem = [(400 - spread * 0.32, 715 + canvas.wobble(12)), (400, 545), (400 + spread * 0.62, 330), top]
        stems.append(path(smooth(stem), stroke=darker(palette.main, 0.3), stroke_width=5))
        for step in range(9):
            share = 0.12 + step * 0.105
            x, y = 400 + spread * 1.15 * (share * 0.9 + 0.1), 500 + (top[1] - 500) * share
            for side in (-1, 1):
                tone = mixed(palette.main, palette.second, chance.random())
                turn = -90 + spread * 0.16 + side * (48 + canvas.wobble(12))
                foliage.append(
                    group(
                        [path("M0,0 Q22,-13 46,0 Q22,13 0,0Z", tone)],
                        transform=f"translate({x:.0f} {y:.0f}) rotate({turn:.0f})",
                    )
                )
        foliage.append(circle(top[0], top[1], 9, palette.accent, opacity=0.9))
    canvas.add(*stems, *foliage)
    for offset in (-7, 1, 9):
        canvas.add(
            line(
                [(358, 545 + offset + canvas.wobble(2)), (442, 548 + offset)],
                lighter(palette.table, 0.5),
                6,
                stroke_linecap="round",
            )
        )
    canvas.add(
        path(
            "M436,548 q60,20 74,66 M436,550 q30,40 26,92", stroke=lighter(palette.table, 0.5), stroke_width=5
        )
    )


def cactus_pears(canvas: Canvas) -> None:
    _dish(canvas, 300, canvas.palette.light)
    _heap(canvas, pieces.cactus_pear, 24, 205, 80)


def comb(canvas: Canvas) -> None:
    """Honeycomb, some of it full."""
    palette, chance = canvas.palette, canvas.chance
    canvas.add(
        tag(
            "rect",
            width=800,
            height=800,
            fill=canvas.round(
                (0, lighter(palette.main, 0.5)), (1, darker(palette.main, 0.25)), x=0.35, y=0.3
            ),
        )
    )
    size = 62.0
    cells = []
    for row in range(-1, 9):
        for column in range(-1, 9):
            x, y = column * size * 1.76 + (size * 0.88 if row % 2 else 0), row * size * 1.53
            corners = [on_circle(x, y, size * 0.93, fold / 6) for fold in range(6)]
            full = chance.random()
            tone = mixed(palette.second, palette.main, full)
            cells.append(
                polygon(corners, darker(tone, 0.3), stroke=lighter(palette.accent, 0.2), stroke_width=7)
            )
            inner = [on_circle(x, y + 4, size * 0.74, fold / 6) for fold in range(6)]
            cells.append(polygon(inner, tone))
            if full > 0.35:
                cells.append(
                    tag(
                        "ellipse",
                        cx=x - 14,
                        cy=y - 18,
                        rx=20.0,
                        ry=10.0,
                        fill="#ffffff",
                        opacity=0.4,
                        transform=f"rotate(-30 {x:.0f} {y:.0f})",
                    )
                )
    canvas.add(*cells)
    drop = (
        "M420,-20 C430,210 405,330 430,470 C440,540 395,600 400,660 C402,712 462,712 "
        "464,660 C468,590 432,540 440,470 C452,330 470,200 470,-20Z"
    )
    canvas.add(path(drop, canvas.across((0, lighter(palette.main, 0.45)), (1, palette.second)), opacity=0.9))
    canvas.add(path("M436,0 C446,210 424,330 442,470", stroke="#ffffff", stroke_width=6, opacity=0.5))


def _dish(canvas: Canvas, radius: float, colour: str) -> None:
    from_above(canvas)
    canvas.shadow(416, 432, radius * 1.18, radius * 1.16, 0.5)
    rim = canvas.round((0, lighter(colour, 0.45)), (1, darker(colour, 0.18)), x=0.35, y=0.3)
    canvas.add(circle(X, Y, radius, rim))
    if canvas.chance.random() < 0.6:
        canvas.add(
            *(
                circle(*on_circle(X, Y, radius - 22, fold / 32), 7, canvas.palette.accent, opacity=0.75)
                for fold in range(32)
            )
        )
        canvas.add(
            circle(X, Y, radius - 7, "none", stroke=canvas.palette.accent, stroke_width=4, opacity=0.8)
        )
    hollow = canvas.round(
        (0, darker(colour, 0.12)), (0.75, darker(colour, 0.3)), (1, darker(colour, 0.5)), x=0.55, y=0.58
    )
    canvas.add(circle(X, Y, radius * 0.85, hollow))


def _heap(canvas: Canvas, piece: Piece, count: int, reach: float, size: float) -> None:
    """Pieces from the rim to the middle, each turned its own way over its own shadow."""
    palette, chance = canvas.palette, canvas.chance
    for index in range(count):
        away = reach * math.sqrt(1 - index / count)
        angle = index * 2.39996 + canvas.wobble(0.25)
        x, y = X + away * math.cos(angle) + canvas.wobble(7), Y + away * math.sin(angle) + canvas.wobble(7)
        turn, scale = chance.randint(0, 359), size / 50 * chance.uniform(0.88, 1.12)
        colour = mixed(palette.main, palette.second, chance.uniform(0, 0.8))
        canvas.add(
            tag(
                "ellipse",
                cx=x + 6,
                cy=y + 9,
                rx=size * 0.86,
                ry=size * 0.62,
                fill="#1c1009",
                opacity=0.22,
                transform=f"rotate({turn} {x:.0f} {y:.0f})",
            )
        )
        canvas.add(
            group(
                piece(canvas, colour),
                transform=f"translate({x:.0f} {y:.0f}) rotate({turn}) scale({scale:.2f})",
            )
        )


def _spoon(canvas: Canvas) -> None:
    """A wooden spoon across the dish."""
    wood = canvas.palette.table
    shine = canvas.across((0, lighter(wood, 0.35)), (1, darker(wood, 0.25)), vertical=True)
    parts = [
        tag("ellipse", cx=14, cy=14, rx=88, ry=60, fill="#1c1009", opacity=0.22),
        path("M60,-14 L330,-9 Q346,0 330,9 L60,14Z", shine),
        tag("ellipse", rx=86, ry=58, fill=shine),
        tag("ellipse", cx=-4, rx=68, ry=43, fill=darker(canvas.palette.main, 0.15)),
        tag("ellipse", cx=-12, cy=-8, rx=44, ry=24, fill=lighter(canvas.palette.main, 0.2), opacity=0.7),
    ]
    canvas.add(group(parts, transform="translate(470 470) rotate(38)"))
