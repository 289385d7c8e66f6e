"""Bottles, jars, soaps and bags, with a label that names nothing."""

from marketplace.demo.pictures import pieces
from marketplace.demo.pictures.canvas import (
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
    star,
    tag,
)
from marketplace.demo.pictures.scenes import wall_and_table

FOOT = 655


def oil_bottle(canvas: Canvas) -> None:
    """A tall bottle of oil, with a twig or a nut beside it."""
    wall_and_table(canvas)
    palette, chance = canvas.palette, canvas.chance
    x = 400 + chance.randint(-70, 20)
    canvas.shadow(x + 10, FOOT + 2, 150, 26, 0.5)
    d = (
        f"M{x - 30},180 V262 C{x - 30},312 {x - 92},318 {x - 92},390 V{FOOT - 22} "
        f"Q{x - 92},{FOOT} {x - 66},{FOOT} H{x + 66} Q{x + 92},{FOOT} "
        f"{x + 92},{FOOT - 22} V390 C{x + 92},318 {x + 30},312 {x + 30},262 V180Z"
    )
    glass = canvas.across(
        (0, darker(palette.main, 0.5)),
        (0.2, palette.main),
        (0.42, lighter(palette.main, 0.45)),
        (0.7, palette.main),
        (1, darker(palette.main, 0.55)),
    )
    canvas.add(path(d, glass), path(d, stroke=darker(palette.main, 0.45), stroke_width=4, opacity=0.6))
    canvas.add(
        path(
            f"M{x - 62},400 V{FOOT - 50}",
            stroke="#ffffff",
            stroke_width=13,
            opacity=0.42,
            stroke_linecap="round",
        )
    )
    cork = canvas.across((0, "#8d6a43"), (0.4, "#cfae80"), (1, "#7c5a36"))
    canvas.add(rectangle(x - 26, 132, 52, 54, cork, rx=6), rectangle(x - 35, 178, 70, 22, palette.dark, rx=4))
    _label(canvas, x - 78, 428, 156, 150)
    _beside(canvas, x + 205, FOOT - 6)


def dropper(canvas: Canvas) -> None:
    """A small cosmetic bottle with a pipette, and its box."""
    wall_and_table(canvas)
    palette = canvas.palette
    canvas.shadow(330, FOOT + 2, 240, 28, 0.45)
    box = canvas.across((0, lighter(palette.light, 0.25)), (1, darker(palette.light, 0.1)))
    canvas.add(
        rectangle(190, 260, 190, FOOT - 260, box),
        polygon([(380, 260), (424, 240), (424, FOOT - 16), (380, FOOT)], darker(palette.light, 0.25)),
    )
    canvas.add(polygon([(190, 260), (236, 240), (424, 240), (380, 260)], lighter(palette.light, 0.5)))
    canvas.add(rectangle(190, 350, 190, 12, palette.main), rectangle(190, 590, 190, 12, palette.main))
    canvas.add(*_emblem(285, 474, 66, palette.main, palette.accent))
    x = 530
    canvas.shadow(x + 8, FOOT + 2, 120, 22, 0.5)
    glass = canvas.across(
        (0, darker(palette.second, 0.5)),
        (0.3, palette.second),
        (0.45, lighter(palette.second, 0.45)),
        (1, darker(palette.second, 0.55)),
    )
    canvas.add(
        path(
            (
                f"M{x - 32},440 C{x - 86},452 {x - 86},470 {x - 86},500 V{FOOT - 18} "
                f"Q{x - 86},{FOOT} {x - 66},{FOOT} H{x + 66} Q{x + 86},{FOOT} "
                f"{x + 86},{FOOT - 18} V500 C{x + 86},470 {x + 86},452 {x + 32},440Z"
            ),
            glass,
        )
    )
    canvas.add(
        rectangle(x - 38, 388, 76, 56, palette.dark, rx=7),
        path(
            f"M{x - 22},390 V330 Q{x - 22},296 {x},296 Q{x + 22},296 {x + 22},330 V390Z",
            darker(palette.dark, 0.3),
        ),
    )
    canvas.add(rectangle(x - 38, 402, 76, 5, lighter(palette.dark, 0.4), opacity=0.6))
    _label(canvas, x - 72, 512, 144, 104)


def honey_jar(canvas: Canvas) -> None:
    """A jar with a cloth lid and a dipper."""
    wall_and_table(canvas)
    palette = canvas.palette
    x = 370
    canvas.shadow(x + 10, FOOT + 2, 225, 32, 0.5)
    d = (
        f"M{x - 150},330 Q{x - 172},350 {x - 172},390 V{FOOT - 40} Q{x - 172},{FOOT} "
        f"{x - 130},{FOOT} H{x + 130} Q{x + 172},{FOOT} {x + 172},{FOOT - 40} V390 "
        f"Q{x + 172},350 {x + 150},330Z"
    )
    inside = canvas.across(
        (0, darker(palette.main, 0.4)),
        (0.25, palette.main),
        (0.45, lighter(palette.main, 0.4)),
        (0.75, palette.main),
        (1, darker(palette.main, 0.5)),
    )
    canvas.add(path(d, inside), path(d, stroke="#ffffff", stroke_width=5, opacity=0.4))
    canvas.add(
        path(
            f"M{x - 138},392 V{FOOT - 60}",
            stroke="#ffffff",
            stroke_width=16,
            opacity=0.4,
            stroke_linecap="round",
        )
    )
    cloth = (
        f"M{x - 160},312 Q{x - 150},236 {x},232 Q{x + 150},236 {x + 160},312 "
        f"Q{x + 176},346 {x + 190},362 Q{x + 130},340 {x + 96},366 Q{x + 40},338 {x},364 "
        f"Q{x - 44},338 {x - 92},366 Q{x - 130},340 {x - 190},362 Q{x - 176},346 "
        f"{x - 160},312Z"
    )
    clip = canvas.clip(path(cloth, "#000"))
    canvas.add(path(cloth, palette.light))
    checks = [rectangle(x - 200 + i * 34, 220, 14, 160, palette.second) for i in range(12)]
    checks += [rectangle(x - 200, 232 + i * 34, 400, 14, palette.second) for i in range(5)]
    canvas.add(group(checks, clip_path=clip, opacity=0.6))
    canvas.add(path(f"M{x - 162},318 Q{x},344 {x + 162},318", stroke="#a5814e", stroke_width=8))
    _label(canvas, x - 112, 420, 224, 160)
    _dipper(canvas, 622, 612)


def spread_jar(canvas: Canvas) -> None:
    """A wide jar with a screwed lid, its content heaped before it."""
    wall_and_table(canvas)
    palette = canvas.palette
    x = 400
    canvas.shadow(x + 8, FOOT + 2, 240, 32, 0.5)
    inside = canvas.across(
        (0, darker(palette.main, 0.45)),
        (0.3, palette.main),
        (0.45, lighter(palette.main, 0.35)),
        (1, darker(palette.main, 0.5)),
    )
    canvas.add(rectangle(x - 165, 350, 330, FOOT - 350, inside, rx=44))
    canvas.add(rectangle(x - 140, 330, 280, 34, lighter(palette.wall, 0.3), opacity=0.6))
    lid = canvas.across(
        (0, darker(palette.dark, 0.3)), (0.35, lighter(palette.dark, 0.35)), (1, darker(palette.dark, 0.35))
    )
    canvas.add(rectangle(x - 158, 262, 316, 76, lid, rx=12))
    canvas.add(
        *(
            line([(x - 150 + i * 12, 276), (x - 150 + i * 12, 330)], "#1c1009", 2, opacity=0.25)
            for i in range(26)
        )
    )
    canvas.add(
        path(
            f"M{x - 134},400 V{FOOT - 46}",
            stroke="#ffffff",
            stroke_width=14,
            opacity=0.38,
            stroke_linecap="round",
        )
    )
    _label(canvas, x - 112, 410, 224, 172)
    _beside(canvas, 660, FOOT + 22)


def soaps(canvas: Canvas) -> None:
    """Cut soaps stacked, one stamped."""
    wall_and_table(canvas)
    palette = canvas.palette
    canvas.shadow(400, FOOT + 18, 290, 34, 0.45)
    for x, y, colour in ((190, 560, palette.main), (425, 566, palette.second), (300, 452, palette.light)):
        _soap(canvas, x, y, colour)


def pouch(canvas: Canvas) -> None:
    """A cotton bag of flour, grain or herbs, tied with a string."""
    wall_and_table(canvas)
    palette = canvas.palette
    canvas.shadow(408, FOOT + 4, 250, 36, 0.5)
    d = (
        "M300,300 C230,330 196,420 200,520 C202,600 210,655 250,655 H550 C590,655 "
        "598,600 600,520 C604,420 570,330 500,300 Z"
    )
    linen = canvas.across(
        (0, darker(palette.light, 0.3)),
        (0.35, lighter(palette.light, 0.3)),
        (0.6, palette.light),
        (1, darker(palette.light, 0.38)),
    )
    canvas.add(path(d, linen))
    canvas.add(
        path(
            (
                "M300,300 C270,270 262,226 286,198 C330,224 360,206 400,220 C440,206 470,224 "
                "514,198 C538,226 530,270 500,300Z"
            ),
            linen,
        )
    )
    canvas.add(
        path(
            (
                "M316,304 C300,360 292,400 300,440 M372,306 C366,350 370,380 362,420 M430,306 "
                "C436,356 430,384 440,426 M486,304 C500,350 506,390 498,436"
            ),
            stroke=darker(palette.light, 0.35),
            stroke_width=4,
            opacity=0.5,
        )
    )
    canvas.add(
        *(
            path(
                f"M294,{298 + i * 8} Q400,{318 + i * 8} 506,{298 + i * 8}",
                stroke=palette.dark,
                stroke_width=6,
            )
            for i in range(2)
        )
    )
    canvas.add(path("M480,312 q60,30 52,84 M486,310 q22,50 2,96", stroke=palette.dark, stroke_width=5))
    canvas.add(*_emblem(400, 510, 84, palette.main, palette.accent))


def bars(canvas: Canvas) -> None:
    """Chocolate: a bar half unwrapped, with pieces broken off."""
    wall_and_table(canvas)
    palette = canvas.palette
    canvas.shadow(410, FOOT + 14, 280, 34, 0.45)
    parts = [rectangle(250, 190, 280, 470, darker(palette.main, 0.2), rx=10)]
    for row in range(6):
        for column in range(3):
            x, y = 262 + column * 88, 202 + row * 76
            parts.append(rectangle(x, y, 80, 68, palette.main, rx=6))
            parts.append(
                path(
                    f"M{x + 8},{y + 60} V{y + 10} H{x + 72}",
                    stroke=lighter(palette.main, 0.35),
                    stroke_width=4,
                    opacity=0.6,
                )
            )
    paper = canvas.across(
        (0, palette.second), (0.5, lighter(palette.second, 0.2)), (1, darker(palette.second, 0.2))
    )
    parts.append(
        path("M238,420 l26,-22 l34,20 l40,-26 l36,24 l44,-22 l38,22 l36,-18 l50,22 V668 H238Z", "#e9dcc0")
    )
    parts.append(rectangle(238, 446, 304, 224, paper))
    parts.extend(_emblem(390, 556, 78, palette.light, palette.accent))
    canvas.add(group(parts, transform="rotate(-7 400 430)"))


def _label(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    """A paper label with an emblem and two lines nobody needs to read."""
    palette = canvas.palette
    paper = lighter(palette.light, 0.5)
    canvas.add(
        rectangle(x, y, width, height, paper, rx=5),
        rectangle(x + 7, y + 7, width - 14, height - 14, "none", stroke=palette.accent, stroke_width=3, rx=3),
    )
    canvas.add(*_emblem(x + width / 2, y + height * 0.42, height * 0.25, palette.second, palette.accent))
    for row, share in enumerate((0.5, 0.32)):
        canvas.add(
            rectangle(
                x + width * (1 - share) / 2,
                y + height * (0.76 + row * 0.09),
                width * share,
                5,
                darker(paper, 0.45),
                opacity=0.7,
                rx=2,
            )
        )


def _emblem(x: float, y: float, size: float, first: str, second: str) -> list[str]:
    """The eight-pointed star with a leaf in it."""
    leaf = (
        f"M{x:.0f},{y - size * 0.5:.0f} q{size * 0.42:.0f},{size * 0.42:.0f} 0,{size:.0f} "
        f"q{-size * 0.42:.0f},{-size * 0.58:.0f} 0,{-size:.0f}Z"
    )
    return [
        polygon(star(x, y, size, size * 0.72, 8), first),
        circle(x, y, size * 0.62, "#fffaf0", opacity=0.92),
        path(leaf, second),
    ]


def _soap(canvas: Canvas, x: float, y: float, colour: str) -> None:
    front = canvas.across((0, lighter(colour, 0.2)), (1, darker(colour, 0.15)))
    canvas.add(polygon([(x, y), (x + 40, y - 36), (x + 226, y - 36), (x + 190, y)], lighter(colour, 0.45)))
    canvas.add(
        polygon(
            [(x + 190, y), (x + 226, y - 36), (x + 226, y + 66), (x + 190, y + 104)], darker(colour, 0.28)
        )
    )
    canvas.add(rectangle(x, y, 190, 104, front, rx=4))
    canvas.add(
        *(
            circle(
                x + canvas.chance.uniform(10, 180),
                y + canvas.chance.uniform(8, 96),
                canvas.chance.uniform(1.5, 4),
                darker(colour, 0.35),
                opacity=0.6,
            )
            for _ in range(26)
        )
    )
    canvas.add(
        polygon(
            star(x + 95, y + 52, 36, 25, 8), "none", stroke=darker(colour, 0.3), stroke_width=4, opacity=0.7
        )
    )


def _dipper(canvas: Canvas, x: float, y: float) -> None:
    wood = canvas.across((0, "#d3a66a"), (1, "#8a5c2e"))
    parts = [rectangle(-9, -290, 18, 260, wood, rx=8)]
    parts += [
        tag(
            "ellipse",
            cy=-30 + i * 17,
            rx=22 + 20 * (1 - abs(i - 2.2) / 3),
            ry=9.5,
            fill="#b9803f" if i % 2 else "#d9ab6d",
        )
        for i in range(6)
    ]
    canvas.shadow(x + 10, y + 44, 110, 20, 0.4)
    canvas.add(tag("ellipse", cx=x, cy=y + 40, rx=92.0, ry=15.0, fill=canvas.palette.main, opacity=0.85))
    canvas.add(group(parts, transform=f"translate({x} {y}) rotate(24)"))


def _beside(canvas: Canvas, x: float, y: float) -> None:
    """Nuts, olives or petals lying by the vessel."""
    palette = canvas.palette
    piece = canvas.chance.choice((pieces.almond, pieces.olive))
    canvas.shadow(x, y + 12, 120, 18, 0.35)
    spots = ((-62, 0, 12), (-4, 8, -24), (58, 0, 30), (-30, -34, -8), (32, -36, 16))
    for dx, dy, turn in spots:
        canvas.add(
            group(
                piece(canvas, palette.accent),
                transform=f"translate({x + dx} {y + dy}) rotate({turn}) scale(.72)",
            )
        )
    tip = on_circle(x, y, 40, 0.1)
    canvas.add(path(f"M{tip[0]:.0f},{tip[1] - 60:.0f} q44,-26 70,6 q-40,28 -70,-6Z", "#7d8b5a"))
