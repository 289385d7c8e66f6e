"""Boxes of burl, bowls, spoons, painted wood, and baskets of palm."""

import math

from marketplace.demo.pictures.canvas import (
    INK,
    SHINE,
    Canvas,
    circle,
    darker,
    group,
    lighter,
    line,
    on_circle,
    path,
    polygon,
    rectangle,
    smooth,
    star,
    tag,
)
from marketplace.demo.pictures.scenes import from_above, wall_and_table


def burl_box(canvas: Canvas) -> None:
    """A lidded box of thuya burl, inlaid with lemon wood."""
    wall_and_table(canvas, wide=True)
    palette = canvas.palette
    canvas.shadow(410, 648, 300, 40, 0.55)
    front = canvas.clip(rectangle(150, 415, 400, 232, "#000"))
    canvas.add(
        rectangle(150, 415, 400, 232, palette.main),
        polygon([(550, 415), (655, 352), (655, 575), (550, 647)], darker(palette.main, 0.42)),
    )
    canvas.add(group(_burl(canvas, 150, 415, 400, 232), clip_path=front))
    lid_face = [(138, 335), (562, 335), (562, 425), (138, 425)]
    canvas.add(polygon([(138, 335), (250, 262), (672, 262), (562, 335)], lighter(palette.main, 0.22)))
    canvas.add(polygon([(562, 335), (672, 262), (672, 350), (562, 425)], darker(palette.main, 0.36)))
    lid = canvas.clip(polygon(lid_face, "#000"))
    canvas.add(
        polygon(lid_face, darker(palette.main, 0.06)), group(_burl(canvas, 138, 335, 424, 90), clip_path=lid)
    )
    top = canvas.clip(polygon([(138, 335), (250, 262), (672, 262), (562, 335)], "#000"))
    inlay = [
        tag("ellipse", cx=405, cy=299, rx=100, ry=24, fill=palette.dark),
        tag("ellipse", cx=405, cy=299, rx=86, ry=19, fill=palette.accent),
    ]
    canvas.add(group([*_burl(canvas, 138, 262, 534, 75), *inlay], clip_path=top))
    for index in range(17):
        x = 156 + index * 24
        canvas.add(
            polygon(
                [(x, 370), (x + 12, 356), (x + 24, 370), (x + 12, 384)],
                palette.accent if index % 2 else palette.dark,
            )
        )
    canvas.add(line([(138, 425), (562, 425), (672, 350)], darker(palette.main, 0.6), 4))
    canvas.add(circle(350, 432, 13, "#d7b566"), circle(350, 432, 6, darker(palette.main, 0.4)))


def wooden_bowl(canvas: Canvas) -> None:
    """A turned bowl with its rings, seen from above, and two spoons."""
    from_above(canvas)
    palette = canvas.palette
    canvas.shadow(386, 432, 300, 296, 0.5)
    rim = canvas.round((0, lighter(palette.main, 0.35)), (1, darker(palette.main, 0.25)), x=0.35, y=0.3)
    canvas.add(circle(370, 400, 255, rim))
    canvas.add(
        circle(
            370,
            400,
            226,
            canvas.round(
                (0, darker(palette.main, 0.1)),
                (0.8, darker(palette.main, 0.3)),
                (1, darker(palette.main, 0.55)),
                x=0.58,
                y=0.6,
            ),
        )
    )
    rings = []
    for ring in range(15):
        radius = 12 + ring * 14.5
        points = [
            on_circle(358 + canvas.wobble(1), 408, radius * (1 + canvas.wobble(0.04)), fold / 14)
            for fold in range(14)
        ]
        rings.append(
            path(
                smooth(points, closed=True), stroke=darker(palette.main, 0.5), stroke_width=2.4, opacity=0.45
            )
        )
    canvas.add(*rings)
    canvas.add(
        path(
            "M190,300 A205,205 0 0 1 330,192",
            stroke="#fff3dd",
            stroke_width=9,
            opacity=0.35,
            stroke_linecap="round",
        )
    )
    for x, turn, colour in ((640, 14, palette.second), (560, 32, palette.main)):
        canvas.add(group(_spoon(canvas, colour), transform=f"translate({x} 560) rotate({turn})"))


def spoons(canvas: Canvas) -> None:
    """A row of kitchen tools: spoons, a fork, a spatula."""
    from_above(canvas)
    palette = canvas.palette
    for index, x in enumerate((180, 325, 470, 615)):
        colour = (palette.main, palette.second, palette.main, palette.accent)[index]
        canvas.add(
            group(
                _spoon(canvas, colour, index),
                transform=(
                    f"translate({x} {585 - (index % 2) * 26}) rotate({canvas.chance.randint(-6, 6)}) "
                    "scale(1.32)"
                ),
            )
        )


def painted_box(canvas: Canvas) -> None:
    """Zouak: wood painted with an interlacing star."""
    wall_and_table(canvas, wide=True)
    palette = canvas.palette
    canvas.shadow(408, 662, 290, 36, 0.5)
    canvas.add(
        rectangle(150, 190, 500, 470, palette.dark, rx=10),
        rectangle(166, 206, 468, 438, palette.main, rx=6),
        rectangle(184, 224, 432, 402, palette.accent, rx=4),
        rectangle(196, 236, 408, 378, palette.main),
    )
    for ring, (radius, colour) in enumerate(
        (
            (180, palette.second),
            (146, palette.accent),
            (120, palette.dark),
            (92, palette.light),
            (62, palette.main),
            (34, palette.accent),
        )
    ):
        points = 16 if ring < 2 else 8
        canvas.add(polygon(star(400, 425, radius, radius * 0.74, points), colour))
    for x, y in ((230, 268), (570, 268), (230, 582), (570, 582)):
        canvas.add(
            *(
                circle(*on_circle(x, y, 19, fold / 6), 10, palette.second if fold % 2 else palette.light)
                for fold in range(6)
            ),
            circle(x, y, 9, palette.accent),
        )
    for index in range(13):
        for y in (214, 634):
            canvas.add(circle(196 + index * 34, y, 5, palette.light))


def basket(canvas: Canvas) -> None:
    """A palm basket seen from above: coils, stitches and a coloured star."""
    from_above(canvas)
    palette = canvas.palette
    canvas.shadow(414, 432, 345, 340, 0.5)
    straw = canvas.round(
        (0, lighter(palette.light, 0.2)),
        (0.75, palette.light),
        (1, darker(palette.light, 0.35)),
        x=0.42,
        y=0.4,
    )
    canvas.add(circle(400, 400, 296, straw))
    points = canvas.chance.choice((6, 8, 10))
    stitches = []
    for ring in range(20):
        radius = 14 + ring * 14.4
        count = max(10, int(radius * 0.42))
        for fold in range(count):
            turn = fold / count + ring * 0.011
            wave = (math.cos(turn * points * math.tau) + 1) / 2
            band = ring / 20
            painted = abs(band - 0.28 - wave * 0.4) < 0.11 or ring in (17, 18)
            colour = (
                (palette.main if (ring + fold) % 5 else palette.second)
                if painted
                else darker(palette.light, 0.2)
            )
            (ax, ay), (bx, by) = (
                on_circle(400, 400, radius, turn),
                on_circle(400, 400, radius + 12, turn + 0.006),
            )
            stitches.append(
                line(
                    [(ax, ay), (bx, by)],
                    colour,
                    6.5 if painted else 2.2,
                    opacity=0.95 if painted else 0.45,
                )
            )
    canvas.add(group(stitches, stroke_linecap="round"))
    canvas.add(
        *(
            circle(
                400,
                400,
                14 + ring * 14.4,
                "none",
                stroke=darker(palette.light, 0.4),
                stroke_width=1.6,
                opacity=0.5,
            )
            for ring in range(21)
        )
    )


def market_bag(canvas: Canvas) -> None:
    """A basket with leather handles."""
    wall_and_table(canvas, wide=True)
    palette = canvas.palette
    canvas.shadow(408, 664, 270, 36, 0.5)
    for dy in (0, 16):
        canvas.add(
            path(
                f"M270,{330 + dy} C270,{70 + dy} 530,{70 + dy} 530,{330 + dy}",
                stroke=darker(palette.main, 0.15 * (1 if dy else 0)),
                stroke_width=17,
            )
        )
    d = "M150,310 H650 L606,640 Q602,662 576,662 H224 Q198,662 194,640Z"
    clip = canvas.clip(path(d, "#000"))
    canvas.add(path(d, palette.light))
    weave = []
    for row in range(19):
        y = 312 + row * 19
        tone = palette.second if row in (3, 4, 5, 13) else palette.accent if row in (8, 9) else None
        for column in range(27):
            x = 140 + column * 20 + (10 if row % 2 else 0)
            fill = tone or (
                darker(palette.light, 0.08) if (row + column) % 2 else lighter(palette.light, 0.2)
            )
            weave.append(f'<path d="M{x},{y + 10}q10,-13 20,0q-10,12 -20,0Z" fill="{fill}"/>')
    canvas.add(group(weave, clip_path=clip))
    canvas.add(
        path(
            d,
            canvas.veil((0, INK, 0.4), (0.35, SHINE, 0.14), (1, INK, 0.5)),
        )
    )
    canvas.add(rectangle(142, 300, 516, 24, darker(palette.light, 0.3), rx=12))
    for x in (270, 530):
        canvas.add(
            rectangle(x - 16, 306, 32, 64, palette.main, rx=6),
            circle(x, 326, 4, "#e3c070"),
            circle(x, 352, 4, "#e3c070"),
        )


def _burl(canvas: Canvas, x: float, y: float, width: float, height: float) -> list[str]:
    """Eyes and swirls of root wood."""
    chance, colour = canvas.chance, canvas.palette.main
    parts = []
    for _ in range(int(width * height / 1500)):
        ex, ey, size = x + chance.random() * width, y + chance.random() * height, chance.uniform(4, 17)
        for ring in (1.0, 0.66, 0.33):
            parts.append(
                tag(
                    "ellipse",
                    cx=ex,
                    cy=ey,
                    rx=size * ring * 1.3,
                    ry=size * ring,
                    fill=darker(colour, 0.5),
                    opacity=0.2,
                )
            )
    for _ in range(int(height / 7)):
        row = y + chance.random() * height
        points = [(x + step * width / 6, row + canvas.wobble(12)) for step in range(7)]
        parts.append(path(smooth(points), stroke=darker(colour, 0.5), stroke_width=2, opacity=0.3))
    parts.append(rectangle(x, y, width, height * 0.16, "#fff1d6", opacity=0.16))
    return parts


def _spoon(canvas: Canvas, colour: str, kind: int = 0) -> list[str]:
    wood = canvas.across((0, lighter(colour, 0.3)), (0.5, colour), (1, darker(colour, 0.3)))
    shadow = path(
        "M-9,-40 L-12,150 Q0,164 12,150 L9,-40Z", "#1c1009", opacity=0.22, transform="translate(9 12)"
    )
    handle = path("M-9,-60 L-12,150 Q0,164 12,150 L9,-60Z", wood)
    if kind == 2:
        head = path("M-42,-250 Q0,-262 42,-250 L30,-70 Q0,-40 -30,-70Z", wood)
        return [
            shadow,
            handle,
            head,
            *(line([(x, -236), (x * 0.8, -130)], darker(colour, 0.45), 5) for x in (-18, 0, 18)),
        ]
    if kind == 3:
        return [
            shadow,
            handle,
            *(
                path(
                    (
                        f"M{x - 7},-70 Q{x * 1.4 - 8:.0f},-180 {x * 1.2 - 7:.0f},-246 Q{x * 1.2:.0f},-258 "
                        f"{x * 1.2 + 7:.0f},-246 Q{x * 1.4 + 8:.0f},-180 {x + 7},-70Z"
                    ),
                    wood,
                )
                for x in (-26, 0, 26)
            ),
            tag("ellipse", cy=-78, rx=40, ry=34, fill=wood),
        ]
    hollow = canvas.round((0, darker(colour, 0.45)), (1, darker(colour, 0.1)), x=0.6, y=0.65)
    return [
        shadow,
        handle,
        tag("ellipse", cx=8, cy=-134, rx=54, ry=84, fill="#1c1009", opacity=0.22),
        tag("ellipse", cy=-146, rx=54, ry=84, fill=wood),
        tag("ellipse", cy=-148, rx=42, ry=68, fill=hollow),
    ]
