"""Clothes, scarves, table linen and printed cotton."""

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
    star,
    tag,
)
from marketplace.demo.pictures.scenes import wall_and_table


def robe(canvas: Canvas) -> None:
    """A kaftan or a jellaba on its hanger."""
    _wall(canvas)
    palette, chance = canvas.palette, canvas.chance
    canvas.add(path("M400,70 q0,-36 26,-30 q20,8 2,32 q-28,26 -28,54", stroke="#8a6a3f", stroke_width=8))
    d = (
        "M330,150 C350,124 450,124 470,150 L560,190 L690,470 L614,512 L548,380 L590,742 "
        "Q400,776 210,742 L252,380 L186,512 L110,470 L240,190Z"
    )
    canvas.add(path(d, "#1c1009", opacity=0.25, transform="translate(16 14)"))
    fabric = canvas.across(
        (0, darker(palette.main, 0.25)),
        (0.3, lighter(palette.main, 0.12)),
        (0.5, palette.main),
        (0.72, lighter(palette.main, 0.08)),
        (1, darker(palette.main, 0.3)),
    )
    clip = canvas.clip(path(d, "#000"))
    canvas.add(path(d, fabric))
    folds = [
        path(
            f"M{x},{chance.randint(360, 420)} q{canvas.wobble(14):.0f},190 {canvas.wobble(20):.0f},380",
            stroke=darker(palette.main, 0.45),
            stroke_width=9,
            opacity=0.28,
        )
        for x in range(260, 570, 44)
    ]
    if chance.random() < 0.5:
        folds += [rectangle(x, 120, 9, 660, palette.second, opacity=0.5) for x in range(150, 680, 36)]
    canvas.add(group(folds, clip_path=clip))
    braid = [
        rectangle(388, 150, 24, 620, palette.accent),
        rectangle(380, 150, 5, 620, palette.accent),
        rectangle(415, 150, 5, 620, palette.accent),
    ]
    braid += [circle(400, 180 + index * 20, 6.5, palette.dark) for index in range(29)]
    braid.append(path("M322,156 Q400,226 478,156", stroke=palette.accent, stroke_width=18))
    braid += [polygon(star(x, 268, 32, 19, 8), palette.accent) for x in (330, 470)]
    braid += [
        path("M200,505 L118,464", stroke=palette.accent, stroke_width=18),
        path("M600,505 L682,464", stroke=palette.accent, stroke_width=18),
        path("M206,738 Q400,772 594,738", stroke=palette.accent, stroke_width=16),
    ]
    canvas.add(group(braid, clip_path=clip))
    canvas.add(path("M334,150 C350,176 450,176 466,150 C450,128 350,128 334,150Z", darker(palette.main, 0.5)))


def scarf(canvas: Canvas) -> None:
    """A long cloth that hangs in folds, striped, with tassels."""
    _wall(canvas)
    palette, chance = canvas.palette, canvas.chance
    rail = canvas.across((0, "#a9814d"), (0.5, "#d8b67e"), (1, "#8c6536"), vertical=True)
    canvas.add(rectangle(80, 120, 640, 20, rail, rx=10))
    folds, left, width = 8, 215, 370
    step = width / folds
    canvas.add(rectangle(left + 18, 140, width, 530, "#1c1009", opacity=0.18))
    stripes = [
        (
            chance.choice((palette.second, palette.accent, palette.dark, palette.light)),
            chance.choice((8, 14, 26)),
        )
        for _ in range(9)
    ]
    for fold in range(folds):
        x = left + fold * step
        drop = 650 + canvas.wobble(12)
        parts = [rectangle(x, 112, step + 1, drop - 112, palette.main)]
        y = 180.0
        for index, (colour, high) in enumerate(stripes):
            parts.append(rectangle(x, y + canvas.wobble(2), step + 1, high, colour))
            y += high + (16 if index % 3 else 64)
        shade = canvas.across((0, "#1c1009"), (0.5, "#ffffff"), (1, "#1c1009"))
        parts.append(rectangle(x, 112, step + 1, drop - 112, shade, opacity=0.17))
        canvas.add(*parts)
        for tassel in range(3):
            tx = x + 9 + tassel * 15
            canvas.add(
                line(
                    [(tx, drop - 4), (tx + canvas.wobble(4), drop + 56)],
                    palette.main if tassel % 2 else lighter(palette.light, 0.2),
                    6,
                    stroke_linecap="round",
                )
            )
            canvas.add(circle(tx, drop + 6, 5, palette.accent))


def table_linen(canvas: Canvas) -> None:
    """A cloth with a field of cross-stitch, folded over a table's edge."""
    _wall(canvas)
    palette = canvas.palette
    ground = lighter(palette.light, 0.5)
    canvas.add(rectangle(118, 138, 580, 560, "#1c1009", opacity=0.2, rx=4, transform="rotate(2 400 400)"))
    canvas.add(rectangle(104, 118, 580, 560, ground, rx=3))
    folds = [(104, 394), (394, 684)]
    for left, right in folds:
        canvas.add(
            rectangle(
                left,
                118,
                right - left,
                560,
                canvas.across((0, "#ffffff"), (0.9, palette.light), (1, darker(palette.light, 0.3))),
                opacity=0.3,
            )
        )
    stitches = []
    unit = 9.0
    pattern = _cross_stitch(canvas)
    for row, cells in enumerate(pattern):
        for column, colour in enumerate(cells):
            if colour:
                x, y = 124 + column * unit, 138 + row * unit
                stitches.append(f'<path d="M{x:.0f},{y:.0f}l7,7m0,-7l-7,7" stroke="{colour}"/>')
    canvas.add(group(stitches, stroke_width=2.8))
    canvas.add(
        rectangle(104, 118, 580, 560, "none", stroke=palette.main, stroke_width=5, stroke_dasharray="3 5")
    )


def wax_print(canvas: Canvas) -> None:
    """Printed cotton: big rings, birds' eyes and leaves, edge to edge."""
    palette, chance = canvas.palette, canvas.chance
    canvas.add(rectangle(0, 0, 800, 800, palette.main))
    kind, step = chance.randint(0, 2), 200
    for row in range(-1, 5):
        for column in range(-1, 5):
            x, y = column * step + (step / 2 if row % 2 else 0) + 60, row * step * 0.87 + 80
            canvas.add(*_printed(canvas, kind, x, y))
    veins = [
        path(
            (
                f"M{chance.randint(0, 800)},{chance.randint(0, 800)} "
                f"l{canvas.wobble(60):.0f},{canvas.wobble(60):.0f}"
            ),
            stroke=lighter(palette.main, 0.5),
            stroke_width=1.5,
            opacity=0.5,
        )
        for _ in range(90)
    ]
    canvas.add(*veins)
    for x in (250, 560):
        shade = canvas.veil((0, INK, 0), (0.5, INK, 0.3), (0.52, SHINE, 0.22), (1, SHINE, 0))
        canvas.add(rectangle(x - 90, 0, 180, 800, shade))


def folded_cloth(canvas: Canvas) -> None:
    """Lengths of damask or hand-woven cotton, folded in a pile."""
    wall_and_table(canvas, wide=True)
    palette = canvas.palette
    canvas.shadow(405, 650, 285, 40, 0.5)
    colours = (palette.main, palette.second, palette.light, palette.accent, palette.main)
    for layer, colour in enumerate(colours):
        y, left, right = 650 - (layer + 1) * 82, 170 + canvas.wobble(12), 632 + canvas.wobble(12)
        shade = canvas.across(
            (0, lighter(colour, 0.25)), (0.6, colour), (1, darker(colour, 0.3)), vertical=True
        )
        body = rectangle(left, y, right - left, 82, shade, rx=34)
        clip = canvas.clip(rectangle(left, y, right - left, 82, "#000", rx=34))
        canvas.add(body)
        figures = [
            polygon(star(left + 40 + index * 52, y + 40, 20, 9, 4), lighter(colour, 0.35), opacity=0.55)
            for index in range(10)
        ]
        figures += [rectangle(left, y + 66, right - left, 5, lighter(colour, 0.5), opacity=0.6)]
        canvas.add(group(figures, clip_path=clip))
        canvas.add(
            path(f"M{right - 30:.0f},{y + 20:.0f} q22,20 0,42", stroke=darker(colour, 0.45), stroke_width=3)
        )


def _wall(canvas: Canvas) -> None:
    palette = canvas.palette
    canvas.add(
        rectangle(
            0, 0, 800, 800, canvas.across((0, lighter(palette.wall, 0.4)), (1, darker(palette.wall, 0.1)))
        )
    )
    left = canvas.chance.randint(0, 160)
    for start in (left, left + 240):
        canvas.add(
            polygon(
                [(start, 0.0), (start + 180, 0.0), (start + 500, 800.0), (start + 320, 800.0)],
                "#fffaf0",
                opacity=0.22,
            )
        )
    canvas.add(rectangle(0, 770, 800, 30, darker(palette.wall, 0.22)))


def _cross_stitch(canvas: Canvas) -> list[list[str | None]]:
    """A mirrored field of stitches: drawn by chance in one eighth, repeated in the others."""
    palette, chance = canvas.palette, canvas.chance
    side, half = 60, 30
    colours = (palette.main, palette.second, palette.accent)
    cells: list[list[str | None]] = [[None] * side for _ in range(side)]
    waves = (chance.choice((4, 5, 6)), chance.choice((7, 8, 9)))
    for row in range(half):
        for column in range(row + 1):
            away, slant = half - 1 - row, (row - column) % waves[0]
            colour = None
            if row in (0, 1, 7) or (2 <= row <= 6 and (column + row) % 4 < 2 and slant != 1):
                colour = colours[0]
            elif row > 8 and abs((column % (2 * waves[1])) - waves[1]) == row % waves[1]:
                colour = colours[(row // waves[1]) % 3]
            elif away < 9 and (half - 1 - column) + away in (3, 4, 8, 12):
                colour = colours[1]
            for y, x in ((row, column), (column, row)):
                for my, mx in ((y, x), (side - 1 - y, x), (y, side - 1 - x), (side - 1 - y, side - 1 - x)):
                    cells[my][mx] = colour
    return cells


def _printed(canvas: Canvas, kind: int, x: float, y: float) -> list[str]:
    palette = canvas.palette
    if kind == 0:
        rings = [
            circle(x, y, radius, colour)
            for radius, colour in (
                (88, palette.dark),
                (78, palette.second),
                (54, palette.light),
                (40, palette.main),
                (22, palette.accent),
            )
        ]
        return [*rings, *(circle(*on_circle(x, y, 66, fold / 14), 6, palette.light) for fold in range(14))]
    if kind == 1:
        leaves = []
        for fold in range(8):
            tip, side_a, side_b = (
                on_circle(x, y, 90, fold / 8),
                on_circle(x, y, 52, fold / 8 - 0.05),
                on_circle(x, y, 52, fold / 8 + 0.05),
            )
            leaves.append(
                polygon(
                    [(x, y), side_a, tip, side_b],
                    palette.second if fold % 2 else palette.light,
                    stroke=palette.dark,
                    stroke_width=4,
                )
            )
        return [*leaves, circle(x, y, 21, palette.accent, stroke=palette.dark, stroke_width=4)]
    bird = (
        f"M{x - 70},{y + 10} C{x - 40},{y - 50} {x + 20},{y - 54} {x + 46},{y - 18} "
        f"l34,-8 l-26,26 C{x + 40},{y + 50} {x - 30},{y + 56} {x - 70},{y + 10}Z"
    )
    return [
        path(bird, palette.second, stroke=palette.dark, stroke_width=5),
        path(
            f"M{x - 40},{y + 8} q34,-40 66,4 q-34,34 -66,-4Z",
            palette.light,
            stroke=palette.dark,
            stroke_width=3,
        ),
        circle(x + 34, y - 18, 6, palette.dark),
        *(
            circle(x + dx, y + dy, 9, palette.accent)
            for dx, dy in ((-90, -52), (-74, -66), (84, 56), (70, 70))
        ),
        tag("ellipse", cx=x - 84, cy=y + 22, rx=24, ry=10, fill=palette.accent),
    ]
