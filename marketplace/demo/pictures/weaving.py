"""Rugs, kilims, blankets and cushions, woven of lines and lozenges."""

import math

from marketplace.demo.pictures.canvas import (
    Canvas,
    Point,
    circle,
    darker,
    group,
    lighter,
    line,
    path,
    polygon,
    rectangle,
    smooth,
)
from marketplace.demo.pictures.scenes import from_above, wall_and_table

LEFT, TOP, WIDTH, HEIGHT = 190, 95, 420, 610


def beni_ouarain(canvas: Canvas) -> None:
    """A thick cream pile with a net of dark lozenges that no ruler drew."""
    rug = _laid_out(canvas, lighter(canvas.palette.light, 0.35))
    step_x, step_y = WIDTH / canvas.chance.choice((2, 3)), HEIGHT / canvas.chance.choice((3, 4, 5))
    net = []
    for start in range(-8, 9):
        for direction in (1, -1):
            points = [
                (
                    LEFT + WIDTH / 2 + (start + row / 2 * direction) * step_x + canvas.wobble(5),
                    TOP + row * step_y / 2 + canvas.wobble(5),
                )
                for row in range(-1, 12)
            ]
            net.append(line(points, canvas.palette.dark, 8 + canvas.wobble(1.5), stroke_linejoin="round"))
    marks = []
    for _ in range(canvas.chance.randint(3, 7)):
        x, y = LEFT + canvas.chance.uniform(60, WIDTH - 60), TOP + canvas.chance.uniform(60, HEIGHT - 60)
        marks.append(_lozenge(canvas, x, y, 15, 20, canvas.palette.main))
    canvas.add(group([*net, *marks], clip_path=rug))
    _pile(canvas, rug)


def azilal(canvas: Canvas) -> None:
    """A free field of signs in many colours."""
    palette, chance = canvas.palette, canvas.chance
    rug = _laid_out(canvas, lighter(palette.light, 0.3))
    colours = (palette.main, palette.second, palette.accent, palette.dark)
    signs = []
    for row in range(7):
        for column in range(4):
            x = LEFT + (column + 0.5) * WIDTH / 4 + canvas.wobble(14)
            y = TOP + (row + 0.5) * HEIGHT / 7 + canvas.wobble(12)
            signs.append(_sign(canvas, x, y, colours[(row + column + chance.randint(0, 1)) % 4]))
    zigzags = [
        line(
            [(LEFT + i * WIDTH / 16, y + (18 if i % 2 else -2) + canvas.wobble(3)) for i in range(17)],
            colours[index % 4],
            7,
        )
        for index, y in enumerate((TOP + 85, TOP + 350, TOP + 520))
    ]
    canvas.add(group([*signs, *zigzags], clip_path=rug))
    _pile(canvas, rug)


def taznakht(canvas: Canvas) -> None:
    """A bordered field with a column of stepped medallions."""
    palette = canvas.palette
    rug = _laid_out(canvas, palette.main)
    parts = []
    for inset, colour in ((0, palette.dark), (14, palette.second), (50, palette.dark), (58, palette.main)):
        parts.append(rectangle(LEFT + inset, TOP + inset, WIDTH - 2 * inset, HEIGHT - 2 * inset, colour))
    for at in range(13):
        y = TOP + 32 + at * (HEIGHT - 64) / 12
        for x in (LEFT + 32, LEFT + WIDTH - 32):
            parts.append(_lozenge(canvas, x, y, 12, 15, palette.accent))
    for at in range(8):
        across = LEFT + 62 + at * (WIDTH - 124) / 7
        for y in (TOP + 32, TOP + HEIGHT - 32):
            parts.append(_lozenge(canvas, across, y, 15, 12, palette.light))
    rows = canvas.chance.choice((3, 4))
    for row in range(rows):
        y = TOP + 90 + (row + 0.5) * (HEIGHT - 180) / rows
        parts.extend(_medallion(canvas, LEFT + WIDTH / 2, y, 118, (HEIGHT - 190) / rows / 2))
    canvas.add(group(parts, clip_path=rug))
    _pile(canvas, rug, thread=0.12)


def kilim(canvas: Canvas) -> None:
    """Flat bands, some plain, some full of small figures."""
    palette, chance = canvas.palette, canvas.chance
    rug = _laid_out(canvas, palette.main)
    colours = [palette.main, palette.dark, palette.second, palette.light, palette.accent]
    parts = []
    y, band = float(TOP), 0
    while y < TOP + HEIGHT:
        height = chance.choice((18, 26, 44, 60))
        ground = colours[band % 5]
        parts.append(rectangle(LEFT, y, WIDTH, height + 1, ground))
        if height > 40:
            parts.extend(_band(canvas, y, height, colours[(band + 2) % 5], colours[(band + 3) % 5]))
        elif height > 20:
            parts.append(
                line(
                    [(LEFT, y + 13), (LEFT + WIDTH, y + 13)],
                    colours[(band + 3) % 5],
                    4,
                    stroke_dasharray="10 8",
                )
            )
        y += height
        band += 1
    canvas.add(group(parts, clip_path=rug))
    _pile(canvas, rug, thread=0.16)


def blanket(canvas: Canvas) -> None:
    """A folded blanket on a table: bands at its end, tassels below."""
    wall_and_table(canvas, wide=True)
    palette, chance = canvas.palette, canvas.chance
    canvas.shadow(405, 640, 300, 52)
    layers = chance.choice((3, 4))
    thick = 250 / layers
    for layer in range(layers):
        y = 625 - (layer + 1) * thick
        left, right = 165 + canvas.wobble(8) + layer * 4, 640 + canvas.wobble(8) - layer * 4
        base = (palette.main, palette.light, palette.second, palette.light)[layer % 4]
        shade = canvas.across((0, lighter(base, 0.18)), (0.7, base), (1, darker(base, 0.28)), vertical=True)
        canvas.add(rectangle(left, y, right - left, thick, shade, rx=thick * 0.46))
        for x in range(3):
            stripe = (palette.accent, palette.dark, palette.second)[(x + layer) % 3]
            canvas.add(rectangle(left + 60 + x * 22, y + 1, 11, thick - 2, stripe, opacity=0.75))
        canvas.add(
            path(
                f"M{right - 40:.0f},{y + thick * 0.3:.0f} q34,{thick * 0.2:.0f} 0,{thick * 0.42:.0f}",
                stroke=darker(base, 0.4),
                stroke_width=2,
            )
        )
    for index in range(24):
        left = 200 + index * 17.6
        canvas.add(
            line(
                [(left, 612), (left + canvas.wobble(4), 650 + canvas.wobble(6))],
                lighter(palette.light, 0.1),
                6,
                stroke_linecap="round",
            )
        )


def cushion(canvas: Canvas) -> None:
    """A woven cushion that leans on the wall."""
    wall_and_table(canvas, wide=True)
    palette = canvas.palette
    canvas.shadow(400, 655, 270, 45)
    outline = smooth(
        [
            (165, 205),
            (280, 222),
            (400, 228),
            (520, 222),
            (635, 205),
            (618, 320),
            (614, 430),
            (622, 545),
            (640, 655),
            (520, 642),
            (400, 638),
            (280, 642),
            (160, 655),
            (180, 545),
            (186, 430),
            (182, 320),
        ],
        closed=True,
    )
    shape = canvas.clip(path(outline, "#000"))
    parts = [rectangle(150, 190, 500, 480, palette.main)]
    for index, (y, colour) in enumerate(
        ((225, palette.second), (262, palette.light), (570, palette.light), (607, palette.second))
    ):
        parts.append(rectangle(150, y, 500, 24 if index in (1, 2) else 30, colour))
    for column in range(-1, 5):
        for row in range(3):
            x, y = 235 + column * 110 + (55 if row % 2 else 0), 345 + row * 86
            parts.append(_lozenge(canvas, x, y, 46, 40, palette.accent))
            parts.append(_lozenge(canvas, x, y, 26, 22, palette.dark))
    canvas.add(group(parts, clip_path=shape))
    gloss = canvas.round((0, "#ffffff"), (0.5, canvas.palette.main), (1, "#1c1009"), x=0.38, y=0.3)
    canvas.add(path(outline, gloss, opacity=0.24))
    for x, y in ((165, 205), (635, 205), (640, 655), (160, 655)):
        for _ in range(7):
            end = (x + (x - 400) * 0.1 + canvas.wobble(16), y + (y - 430) * 0.12 + canvas.wobble(14))
            canvas.add(line([(x, y), end], palette.light, 4, stroke_linecap="round"))
        canvas.add(circle(x, y, 11, palette.dark))


def _laid_out(canvas: Canvas, ground: str) -> str:
    """The ground of a rug on the floor, with its fringes; gives the clip of its outline."""
    from_above(canvas)
    palette = canvas.palette
    canvas.add(rectangle(LEFT + 16, TOP + 20, WIDTH, HEIGHT, "#1d120a", opacity=0.2, rx=10))
    canvas.add(rectangle(LEFT + 7, TOP + 9, WIDTH, HEIGHT, "#1d120a", opacity=0.22, rx=6))
    fringe = lighter(palette.light, 0.25)
    strands = []
    for index in range(43):
        x = LEFT + 4 + index * (WIDTH - 8) / 42
        strands.append(line([(x, TOP + 4), (x + canvas.wobble(5), TOP - 32 + canvas.wobble(6))], fringe, 4.5))
        bottom = TOP + HEIGHT
        strands.append(
            line([(x, bottom - 4), (x + canvas.wobble(5), bottom + 34 + canvas.wobble(6))], fringe, 4.5)
        )
    canvas.add(group(strands, stroke_linecap="round"))
    sides: list[Point] = [(LEFT + canvas.wobble(4), TOP + y * HEIGHT / 4) for y in range(5)]
    other: list[Point] = [(LEFT + WIDTH + canvas.wobble(4), TOP + y * HEIGHT / 4) for y in range(4, -1, -1)]
    outline = path("M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in sides + other) + "Z", ground)
    canvas.add(outline)
    return canvas.clip(outline)


def _pile(canvas: Canvas, rug: str, thread: float = 0.08) -> None:
    """Rows of knots over the whole, and a little roundness."""
    rows = [
        line([(LEFT - 4, y), (LEFT + WIDTH + 4, y + canvas.wobble(1.5))], "#1c1009", 1.6)
        for y in range(TOP, TOP + HEIGHT, 6)
    ]
    canvas.add(group(rows, clip_path=rug, opacity=thread))
    sheen = canvas.across((0, "#ffffff"), (0.45, "#888888"), (1, "#1c1009"))
    canvas.add(group([rectangle(LEFT, TOP, WIDTH, HEIGHT, sheen, opacity=0.1)], clip_path=rug))


def _lozenge(canvas: Canvas, x: float, y: float, half_width: float, half_height: float, fill: str) -> str:
    off = canvas.wobble(1.5)
    corners = [
        (x + off, y - half_height),
        (x + half_width, y + off),
        (x - off, y + half_height),
        (x - half_width, y - off),
    ]
    return polygon(corners, fill)


def _sign(canvas: Canvas, x: float, y: float, colour: str) -> str:
    """One of the signs that weavers tell stories with."""
    kind = canvas.chance.randint(0, 5)
    if kind == 0:
        return group(
            [_lozenge(canvas, x, y, 36, 30, colour), _lozenge(canvas, x, y, 17, 14, canvas.palette.light)]
        )
    if kind == 1:
        return group(
            [
                line([(x - 28, y - 24), (x + 28, y + 24)], colour, 9),
                line([(x + 28, y - 24), (x - 28, y + 24)], colour, 9),
            ]
        )
    if kind == 2:
        return group([rectangle(x - 30 + i * 22, y - 26 + (i % 2) * 8, 13, 44, colour) for i in range(3)])
    if kind == 3:
        return group(
            [
                polygon([(x, y - 30), (x + 30, y + 22), (x - 30, y + 22)], colour),
                circle(x, y + 4, 8, canvas.palette.light),
            ]
        )
    if kind == 4:
        comb = [line([(x - 28 + i * 14, y - 22), (x - 28 + i * 14, y + 12)], colour, 6) for i in range(5)]
        return group(
            [
                *comb,
                line([(x - 31, y + 14), (x + 31, y + 14)], colour, 8),
                line([(x, y + 14), (x, y + 34)], colour, 7),
            ]
        )
    squares = [
        rectangle(x - 30 + column * 20, y - 30 + row * 20, 20, 20, colour)
        for column in range(3)
        for row in range(3)
        if (column + row) % 2 == 0
    ]
    return group(squares)


def _medallion(canvas: Canvas, x: float, y: float, half_width: float, half_height: float) -> list[str]:
    """Lozenges with stepped edges, one in another."""
    palette = canvas.palette
    parts = []
    for share, colour in (
        (1.0, palette.dark),
        (0.86, palette.second),
        (0.6, palette.light),
        (0.42, palette.accent),
        (0.18, palette.dark),
    ):
        steps = 6
        points: list[Point] = []
        for quarter in ((1, -1), (1, 1), (-1, 1), (-1, -1)):
            sign_x, sign_y = quarter
            order = range(steps) if sign_x * sign_y < 0 else range(steps - 1, -1, -1)
            for step in order:
                wide = half_width * share * (step + 1) / steps
                high = half_height * share * (steps - step) / steps
                points.append((x + sign_x * wide, y + sign_y * high))
        parts.append(polygon(_stepped(points), colour))
    return parts


def _stepped(points: list[Point]) -> list[Point]:
    """Between two corners go across first, then down: a loom knows no slant."""
    stepped: list[Point] = []
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
        stepped.append((ax, ay))
        stepped.append((bx, ay) if math.copysign(1, bx - ax) != math.copysign(1, by - ay) else (ax, by))
    return stepped


def _band(canvas: Canvas, y: float, height: float, first: str, second: str) -> list[str]:
    """Small figures along a band of a kilim."""
    middle, half = y + height / 2, height / 2 - 7
    kind = canvas.chance.randint(0, 3)
    count = 10
    step = WIDTH / count
    if kind == 0:
        return [
            part
            for index in range(count)
            for part in (
                _lozenge(canvas, LEFT + (index + 0.5) * step, middle, step * 0.45, half, first),
                _lozenge(canvas, LEFT + (index + 0.5) * step, middle, step * 0.2, half * 0.45, second),
            )
        ]
    if kind == 1:
        zigzag = [
            (LEFT + index * step / 2, middle + (half if index % 2 else -half))
            for index in range(2 * count + 1)
        ]
        return [line(zigzag, first, 8), line([(x, py + 3) for x, py in zigzag], second, 3)]
    if kind == 2:
        return [
            polygon(
                [
                    (LEFT + index * step, middle + half),
                    (LEFT + (index + 0.5) * step, middle - half),
                    (LEFT + (index + 1) * step, middle + half),
                ],
                first if index % 2 else second,
            )
            for index in range(count)
        ]
    return [
        rectangle(
            LEFT + index * step + 6,
            middle - half + (row * half),
            step - 12,
            half - 4,
            first if (index + row) % 2 else second,
        )
        for index in range(count)
        for row in range(2)
    ]
