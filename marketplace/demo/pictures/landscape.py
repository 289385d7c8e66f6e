"""Where sellers live: ridges in the haze, a sun, a village, and what grows there. For covers, so wide."""

import math

from marketplace.demo.pictures.canvas import (
    INK,
    Canvas,
    circle,
    darker,
    group,
    lighter,
    mixed,
    number,
    path,
    rectangle,
    smooth,
    tag,
)

HORIZON = 430


def mountains(canvas: Canvas) -> None:
    """Ranges behind ranges, terraces and almond trees in front."""
    _sky(canvas)
    palette = canvas.palette
    for layer in range(4):
        tone = mixed(lighter(palette.main, 0.62), darker(palette.main, 0.12), layer / 3)
        _ridge(canvas, 300 + layer * 52, 62 - layer * 9, tone)
    _terraces(canvas)
    for x in (90, 200, 640, 730):
        _tree(canvas, x, 560 + canvas.chance.randint(-8, 14), 0.9)
    _village(canvas, canvas.chance.randint(350, 450), 520)


def oasis(canvas: Canvas) -> None:
    """Palms before a kasbah, and dunes."""
    _sky(canvas)
    palette = canvas.palette
    for layer in range(3):
        tone = mixed(lighter(palette.second, 0.55), palette.second, layer / 2)
        _ridge(canvas, 380 + layer * 42, 26, tone)
    _village(canvas, canvas.chance.randint(300, 480), 505)
    canvas.add(rectangle(0, 545, 800, 255, darker(palette.second, 0.12)))
    for x in (60, 130, 215, 590, 660, 745):
        _palm(canvas, x, 570 + canvas.chance.randint(-10, 22), canvas.chance.uniform(0.75, 1.1))


def coast(canvas: Canvas) -> None:
    """The ocean, a rampart, argan trees."""
    _sky(canvas)
    palette = canvas.palette
    sea = canvas.across((0, lighter(palette.main, 0.25)), (1, darker(palette.main, 0.25)), vertical=True)
    canvas.add(rectangle(0, HORIZON, 800, 400, sea))
    for row in range(9):
        y = HORIZON + 8 + row * 11
        points = [(x * 50.0, y + canvas.wobble(2)) for x in range(17)]
        canvas.add(path(smooth(points), stroke=lighter(palette.main, 0.6), stroke_width=2, opacity=0.4))
    _rampart(canvas)
    shore = [(0, 545), (180, 528), (390, 552), (600, 526), (800, 540)]
    canvas.add(path(f"{smooth(shore)}L800,800L0,800Z", darker(palette.second, 0.06)))
    for x in (110, 250, 610, 720):
        _tree(canvas, x, 585 + canvas.chance.randint(-8, 10), 1.15)


def fields(canvas: Canvas) -> None:
    """Furrows towards low hills."""
    _sky(canvas)
    palette = canvas.palette
    _ridge(canvas, 392, 24, lighter(palette.main, 0.45))
    _ridge(canvas, 418, 14, lighter(palette.main, 0.2))
    canvas.add(rectangle(0, HORIZON, 800, 400, darker(palette.second, 0.08)))
    for furrow in range(-14, 15):
        near, far = 400 + furrow * 95, 400 + furrow * 17
        tone = palette.main if furrow % 2 else palette.second
        d = f"M{far},{HORIZON} L{far + 9},{HORIZON} L{near + 48},800 L{near},800Z"
        canvas.add(path(d, tone, opacity=0.75))
    _village(canvas, canvas.chance.randint(500, 640), 436)
    for x in (70, 150, 250):
        _tree(canvas, x, 478 + canvas.chance.randint(-6, 8), 0.6)


def _sky(canvas: Canvas) -> None:
    palette, chance = canvas.palette, canvas.chance
    sky = canvas.across(
        (0, lighter(palette.accent, 0.35)),
        (0.45, lighter(palette.wall, 0.4)),
        (1, palette.wall),
        vertical=True,
    )
    canvas.add(rectangle(0, 0, 800, 800, sky))
    x, y = chance.randint(140, 660), chance.randint(250, 320)
    for radius, opacity in ((120, 0.12), (86, 0.18), (54, 0.95)):
        canvas.add(circle(x, y, radius, lighter(palette.accent, 0.25), opacity=opacity))


def _ridge(canvas: Canvas, height: float, swing: float, tone: str) -> None:
    phase = canvas.chance.uniform(0, 6)
    points = [
        (
            x * 40.0 - 20,
            height
            + swing * (math.sin(x * 0.7 + phase) * 0.7 + math.sin(x * 1.9 + phase) * 0.4)
            + canvas.wobble(6),
        )
        for x in range(22)
    ]
    canvas.add(path(f"{smooth(points)}L840,800L-20,800Z", tone))


def _terraces(canvas: Canvas) -> None:
    palette = canvas.palette
    for step in range(6):
        y = 500 + step * 34
        points = [(x * 100.0 - 20, y + canvas.wobble(9)) for x in range(10)]
        tone = mixed(palette.second, darker(palette.second, 0.35), step / 5)
        canvas.add(path(f"{smooth(points)}L880,800L-20,800Z", tone))
        canvas.add(path(smooth(points), stroke=lighter(palette.light, 0.1), stroke_width=3, opacity=0.35))


def _village(canvas: Canvas, x: float, ground: float) -> None:
    """A kasbah with its towers, and small windows."""
    palette = canvas.palette
    wall = mixed(palette.table, palette.main, 0.25)
    houses = ((-95, 60, 46), (-52, 44, 82), (-12, 62, 60), (46, 40, 96), (82, 70, 50))
    for dx, width, height in houses:
        shade = canvas.across((0, lighter(wall, 0.3)), (1, darker(wall, 0.15)))
        canvas.add(rectangle(x + dx, ground - height, width, height + 14, shade))
        for tooth in range(int(width / 11)):
            canvas.add(rectangle(x + dx + tooth * 11, ground - height - 6, 6, 7, lighter(wall, 0.2)))
        for window in range(int(width / 18)):
            canvas.add(rectangle(x + dx + 7 + window * 17, ground - height + 15, 5, 9, darker(wall, 0.6)))


def _rampart(canvas: Canvas) -> None:
    stone = lighter(canvas.palette.table, 0.25)
    canvas.add(
        rectangle(430, 420, 370, 112, canvas.across((0, lighter(stone, 0.2)), (1, darker(stone, 0.2))))
    )
    for tooth in range(15):
        canvas.add(rectangle(434 + tooth * 25, 406, 14, 16, stone))
    canvas.add(rectangle(600, 352, 52, 180, lighter(stone, 0.12)), rectangle(594, 340, 64, 16, stone))
    canvas.add(path("M614,532 V494 a12,14 0 0 1 24,0 V532Z", darker(stone, 0.6)))


def _tree(canvas: Canvas, x: float, ground: float, size: float) -> None:
    palette = canvas.palette
    leaf = mixed("#6f7f4c", palette.main, 0.25)
    canvas.add(tag("ellipse", cx=x + 8, cy=ground, rx=44 * size, ry=8 * size, fill=INK, opacity=0.2))
    trunk = (
        f"M{number(x)},{number(ground)} q{number(-6 * size)},{number(-34 * size)} "
        f"{number(4 * size)},{number(-56 * size)}"
    )
    canvas.add(path(trunk, stroke="#6b4f33", stroke_width=9 * size))
    for dx, dy, radius in ((-26, -62, 25), (4, -82, 31), (32, -60, 24), (2, -56, 30)):
        tone = mixed(leaf, lighter(leaf, 0.35), canvas.chance.random())
        canvas.add(circle(x + dx * size, ground + dy * size, radius * size, tone))


def _palm(canvas: Canvas, x: float, ground: float, size: float) -> None:
    leaf = mixed("#5f7a46", canvas.palette.main, 0.2)
    top_x, top_y = x + canvas.wobble(14), ground - 150 * size
    canvas.add(tag("ellipse", cx=x + 10, cy=ground, rx=30 * size, ry=6 * size, fill=INK, opacity=0.22))
    trunk = (
        f"M{number(x)},{number(ground)} Q{number(x - 8)},{number(ground - 80 * size)} "
        f"{number(top_x)},{number(top_y)}"
    )
    canvas.add(path(trunk, stroke="#7a5b3a", stroke_width=11 * size))
    fronds = []
    for fold in range(11):
        angle = math.pi * (1.08 + fold * 0.084)
        dx, dy = math.cos(angle) * 74 * size, math.sin(angle) * 46 * size
        droop = 30 * size
        d = (
            f"M0,0 Q{number(dx * 0.6)},{number(dy - 16 * size)} {number(dx)},{number(dy + droop)}"
            f" Q{number(dx * 0.5)},{number(dy + 4 * size)} 0,0Z"
        )
        fronds.append(path(d, mixed(leaf, darker(leaf, 0.3), fold % 3 / 2)))
    canvas.add(group(fronds, transform=f"translate({number(top_x)} {number(top_y)})"))
