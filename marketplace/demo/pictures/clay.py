"""Bowls, jars and tajines, turned on a wheel."""

from marketplace.demo.pictures.canvas import (
    INK,
    SHINE,
    Canvas,
    Point,
    circle,
    darker,
    group,
    lighter,
    line,
    path,
    polygon,
    smooth,
    star,
    tag,
)
from marketplace.demo.pictures.scenes import wall_and_table


def bowls(canvas: Canvas) -> None:
    """Bowls that stand in one another, or side by side."""
    wall_and_table(canvas, wide=True)
    for x, y, size in canvas.chance.choice(
        (
            ((400, 640, 1.0), (400, 565, 0.96), (400, 492, 0.92)),
            ((270, 640, 0.78), (540, 650, 0.78), (405, 690, 0.7)),
        )
    ):
        _bowl(canvas, x, y, size)


def jar(canvas: Canvas) -> None:
    """A vase or a lidded jar, painted in bands."""
    wall_and_table(canvas)
    profiles = (
        [
            (215, 62),
            (232, 52),
            (270, 46),
            (310, 70),
            (370, 128),
            (440, 158),
            (510, 140),
            (590, 96),
            (640, 78),
            (652, 84),
        ],
        [
            (190, 70),
            (205, 58),
            (300, 54),
            (350, 92),
            (420, 138),
            (500, 146),
            (580, 118),
            (640, 88),
            (652, 92),
        ],
        [
            (260, 96),
            (275, 88),
            (300, 104),
            (360, 150),
            (440, 176),
            (530, 164),
            (610, 118),
            (645, 96),
            (654, 100),
        ],
        [
            (150, 48),
            (168, 40),
            (280, 34),
            (330, 64),
            (400, 112),
            (480, 130),
            (570, 108),
            (640, 74),
            (652, 80),
        ],
    )
    profile = canvas.chance.choice(profiles)
    canvas.shadow(412, 652, 205, 34, 0.5)
    _thrown(canvas, 400, profile)
    if canvas.chance.random() < 0.5:
        _branch(canvas, 400, profile[0][0] + 6)


def tajine(canvas: Canvas) -> None:
    """The cooking dish with its pointed lid."""
    wall_and_table(canvas)
    palette = canvas.palette
    canvas.shadow(408, 672, 300, 40, 0.5)
    base = [(575, 250), (592, 258), (630, 230), (664, 170), (672, 160)]
    _thrown(canvas, 400, base, bands=0)
    lid = [
        (236, 26),
        (250, 38),
        (272, 40),
        (292, 26),
        (320, 40),
        (400, 92),
        (480, 152),
        (540, 205),
        (572, 236),
        (582, 240),
    ]
    _thrown(canvas, 400, lid)
    canvas.add(tag("ellipse", cx=400, cy=236, rx=27, ry=9, fill=lighter(palette.main, 0.2)))


def _bowl(canvas: Canvas, x: float, foot: float, size: float) -> None:
    palette = canvas.palette
    wide, high = 235 * size, 165 * size
    top = foot - high
    canvas.shadow(x + 8, foot + 2, wide * 0.72, 26 * size, 0.45)
    d = (
        f"M{x - wide:.0f},{top:.0f} C{x - wide:.0f},{top + high * 0.75:.0f} "
        f"{x - wide * 0.45:.0f},{foot:.0f} {x - wide * 0.36:.0f},{foot:.0f} "
        f"H{x + wide * 0.36:.0f} C{x + wide * 0.45:.0f},{foot:.0f} "
        f"{x + wide:.0f},{top + high * 0.75:.0f} {x + wide:.0f},{top:.0f} Z"
    )
    clip = canvas.clip(path(d, "#000"))
    canvas.add(path(d, palette.light))
    figures = []
    count = 9
    for index in range(count):
        figure_x = x - wide + (index + 0.5) * 2 * wide / count
        sag = 26 * size * (1 - ((figure_x - x) / wide) ** 2)
        figures.append(polygon(star(figure_x, top + 52 * size + sag, 26 * size, 15 * size, 8), palette.main))
        figures.append(circle(figure_x, top + 52 * size + sag, 6 * size, palette.accent))
    for drop, width in ((14, 8), (90, 6), (102, 14)):
        figures.append(
            path(
                (
                    f"M{x - wide:.0f},{top + drop * size:.0f} Q{x:.0f},{top + (drop + 56) * size:.0f} "
                    f"{x + wide:.0f},{top + drop * size:.0f}"
                ),
                stroke=palette.main if drop != 90 else palette.second,
                stroke_width=width * size,
            )
        )
    canvas.add(group(figures, clip_path=clip))
    canvas.add(path(d, _roundness(canvas), opacity=0.5))
    canvas.add(
        tag(
            "ellipse",
            cx=float(x),
            cy=top,
            rx=wide,
            ry=38 * size,
            fill=lighter(palette.light, 0.4),
            stroke=palette.main,
            stroke_width=7 * size,
        )
    )
    canvas.add(
        tag(
            "ellipse",
            cx=float(x),
            cy=top + 6 * size,
            rx=wide * 0.9,
            ry=28 * size,
            fill=darker(palette.light, 0.22),
        )
    )


def _thrown(canvas: Canvas, x: float, profile: list[tuple[int, int]], bands: int = 1) -> None:
    """A body of rotation from its profile (height, radius), with painted bands and shading."""
    palette = canvas.palette
    right: list[Point] = [(x + radius, y) for y, radius in profile]
    left: list[Point] = [(x - radius, y) for y, radius in reversed(profile)]
    d = smooth(right) + smooth(left).replace("M", "L", 1) + "Z"
    clip = canvas.clip(path(d, "#000"))
    canvas.add(path(d, palette.main if not bands else palette.light))
    if bands:
        canvas.add(group(_bands(canvas, x, profile), clip_path=clip))
    canvas.add(path(d, _roundness(canvas), opacity=0.62))
    highlight = [(x - radius * 0.52, y) for y, radius in profile[2:-2]]
    canvas.add(
        path(smooth(highlight), stroke="#ffffff", stroke_width=13, opacity=0.33, stroke_linecap="round")
    )
    y, radius = profile[0]
    canvas.add(
        tag(
            "ellipse",
            cx=x,
            cy=y,
            rx=radius,
            ry=max(6.0, radius * 0.2),
            fill=darker(palette.main, 0.35),
            stroke=lighter(palette.main, 0.1),
            stroke_width=5,
        )
    )


def _bands(canvas: Canvas, x: float, profile: list[tuple[int, int]]) -> list[str]:
    """Bands that bend with the body, of lozenges, waves, triangles or plain colour."""
    palette, chance = canvas.palette, canvas.chance
    top, bottom = profile[0][0], profile[-1][0]
    colours = [palette.main, palette.second, palette.accent]
    parts: list[str] = []
    y, index = float(top), 0
    while y < bottom:
        high = chance.choice((16, 30, 56, 66))
        kind = chance.randint(0, 3) if high > 40 else 4
        colour = colours[index % 3]
        if kind == 4:
            parts.append(_bent(x, y + high / 2, high - 4, colour))
        else:
            parts.append(_bent(x, y + 3, 4, colour))
            parts.extend(_figures(x, y, high, kind, colour, colours[(index + 1) % 3]))
        y += high
        index += 1
    return parts


def _bent(x: float, y: float, width: float, colour: str) -> str:
    return path(
        f"M{x - 260:.0f},{y - 12:.0f} Q{x:.0f},{y + 34:.0f} {x + 260:.0f},{y - 12:.0f}",
        stroke=colour,
        stroke_width=width,
    )


def _figures(x: float, y: float, high: float, kind: int, first: str, second: str) -> list[str]:
    parts = []
    half = high / 2 - 6
    for index in range(-6, 7):
        # Around a body figures crowd together towards its edges.
        fx = x + index * 40 * (1 - 0.022 * index * index * 0.4)
        fy = y + high / 2 + 10 - 0.28 * index * index
        wide = 17 * (1 - 0.012 * index * index)
        if kind == 0:
            parts.append(polygon([(fx, fy - half), (fx + wide, fy), (fx, fy + half), (fx - wide, fy)], first))
            parts.append(circle(fx, fy, 5, second))
        elif kind == 1:
            parts.append(polygon([(fx - wide, fy + half), (fx, fy - half), (fx + wide, fy + half)], first))
        elif kind == 2:
            parts.append(circle(fx, fy, wide, "none", stroke=first, stroke_width=5))
            parts.append(circle(fx, fy, 5, second))
        else:
            parts.append(line([(fx - 20, fy + half), (fx, fy - half), (fx + 20, fy + half)], first, 6))
            parts.append(
                line([(fx - 20, fy + half + 9), (fx, fy - half + 14), (fx + 20, fy + half + 9)], second, 3)
            )
    return parts


def _roundness(canvas: Canvas) -> str:
    return canvas.veil((0, INK, 0.55), (0.22, INK, 0.08), (0.36, SHINE, 0.3), (0.6, INK, 0.1), (1, INK, 0.75))


def _branch(canvas: Canvas, x: float, y: float) -> None:
    """An olive twig in the vase."""
    for lean in (-70, 10, 95):
        tip = (x + lean, y - 130 - canvas.chance.randint(0, 40))
        points: list[Point] = [(x + lean * 0.12, y), (x + lean * 0.5, (y + tip[1]) / 2), tip]
        canvas.add(path(smooth(points), stroke="#6b5a37", stroke_width=4))
        for step in range(1, 7):
            share = step / 6
            leaf_x, leaf_y = x + lean * share, y + (tip[1] - y) * share
            for side in (-1, 1):
                canvas.add(
                    tag(
                        "ellipse",
                        cx=leaf_x + side * 15,
                        cy=leaf_y - 6,
                        rx=18.0,
                        ry=6.0,
                        fill="#7d8b5a" if side > 0 else "#64744a",
                        transform=f"rotate({-35 * side + lean * 0.2:.0f} {leaf_x:.0f} {leaf_y:.0f})",
                    )
                )
