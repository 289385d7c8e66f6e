"""Painted dishes and cut tiles: rings and stars."""

from marketplace.demo.pictures.canvas import (
    Canvas,
    circle,
    darker,
    group,
    lighter,
    number,
    on_circle,
    path,
    polygon,
    rectangle,
    smooth,
    star,
)
from marketplace.demo.pictures.scenes import from_above

X, Y = 400, 400


def plate(canvas: Canvas) -> None:
    """A dish seen from above, painted ring by ring."""
    from_above(canvas)
    palette = canvas.palette
    canvas.shadow(415, 428, 350, 346, 0.5)
    glaze = canvas.round(
        (0, lighter(palette.light, 0.7)),
        (0.8, palette.light),
        (1, darker(palette.light, 0.14)),
        x=0.4,
        y=0.35,
    )
    canvas.add(circle(X, Y, 300, glaze), circle(X, Y, 296, "none", stroke=palette.main, stroke_width=9))
    _ring(canvas, 286, 226)
    canvas.add(
        circle(X, Y, 222, "none", stroke=palette.main, stroke_width=4),
        circle(X, Y, 212, "none", stroke=palette.main, stroke_width=2),
    )
    _ring(canvas, 206, 128)
    canvas.add(circle(X, Y, 122, "none", stroke=palette.main, stroke_width=4))
    _heart(canvas, 112)
    canvas.add(circle(X, Y, 222, "none", stroke="#1c1009", stroke_width=12, opacity=0.06))
    canvas.add(
        path(
            "M195,235 A265,265 0 0 1 420,128",
            stroke="#ffffff",
            stroke_width=12,
            opacity=0.45,
            stroke_linecap="round",
        )
    )


def tiles(canvas: Canvas) -> None:
    """Zellige: eight-pointed stars and what fits between them."""
    palette, chance = canvas.palette, canvas.chance
    joint = lighter(palette.light, 0.2)
    canvas.add(rectangle(0, 0, 800, 800, joint))
    colours = [palette.main, palette.second, palette.accent, palette.dark]
    step = chance.choice((160, 200, 266.7))
    cells = round(800 / step)
    parts = []
    for row in range(-1, cells + 1):
        for column in range(-1, cells + 1):
            x, y = (column + 0.5) * step, (row + 0.5) * step
            parts.extend(_zellige_cell(canvas, x, y, step, colours))
    canvas.add(group(parts))
    for _ in range(70):  # Hand-cut pieces catch the light differently.
        x, y = chance.uniform(0, 800), chance.uniform(0, 800)
        canvas.add(
            polygon(star(x, y, 30, 22, 8), "#ffffff" if chance.random() < 0.6 else "#000000", opacity=0.07)
        )
    glare = canvas.across((0, "#ffffff"), (0.5, palette.main), (1, "#1c1009"))
    canvas.add(rectangle(0, 0, 800, 800, glare, opacity=0.13))


def _ring(canvas: Canvas, outer: float, inner: float) -> None:
    """One painted ring of a dish, of a motif that chance picks."""
    palette = canvas.palette
    middle, depth = (outer + inner) / 2, outer - inner
    folds = canvas.chance.choice((12, 16, 20, 24))
    kind = canvas.chance.randint(0, 5)
    parts: list[str] = []
    for fold in range(folds):
        turn = fold / folds
        x, y = on_circle(X, Y, middle, turn)
        if kind == 0:
            parts.append(_petal(turn, inner + 4, outer - 4, 0.42 / folds, palette.main))
            parts.append(
                _petal(turn, inner + depth * 0.25, outer - depth * 0.25, 0.18 / folds, palette.light)
            )
        elif kind == 1:
            wedge = [
                on_circle(X, Y, inner + 4, turn - 0.46 / folds),
                on_circle(X, Y, outer - 5, turn),
                on_circle(X, Y, inner + 4, turn + 0.46 / folds),
            ]
            parts.append(polygon(wedge, palette.main if fold % 2 else palette.second))
        elif kind == 2:
            parts.append(polygon(star(x, y, depth * 0.42, depth * 0.27, 8, turn), palette.main))
            parts.append(circle(x, y, depth * 0.13, palette.accent))
        elif kind == 3:
            parts.append(circle(x, y, depth * 0.36, "none", stroke=palette.main, stroke_width=6))
            parts.append(circle(x, y, depth * 0.16, palette.second))
            parts.append(circle(*on_circle(X, Y, middle, turn + 0.5 / folds), depth * 0.1, palette.accent))
        elif kind == 4:
            corners = [
                on_circle(X, Y, r, t)
                for r, t in (
                    (outer - 6, turn),
                    (middle, turn + 0.42 / folds),
                    (inner + 6, turn),
                    (middle, turn - 0.42 / folds),
                )
            ]
            parts.append(polygon(corners, palette.main if fold % 2 else palette.accent))
        else:
            sweep = [
                on_circle(X, Y, inner + 6 + depth * 0.84 * share, turn + share * 0.9 / folds)
                for share in (0, 0.35, 0.7, 1)
            ]
            parts.append(path(smooth(sweep), stroke=palette.main, stroke_width=9, stroke_linecap="round"))
            parts.append(circle(*on_circle(X, Y, middle, turn + 0.05 / folds), 5, palette.second))
    canvas.add(*parts)


def _petal(turn: float, near: float, far: float, half: float, fill: str) -> str:
    (ax, ay), (bx, by) = on_circle(X, Y, near, turn), on_circle(X, Y, far, turn)
    (cx, cy), (dx, dy) = (
        on_circle(X, Y, near + (far - near) * 0.55, turn + side * half * 1.9) for side in (-1, 1)
    )
    return path(
        (
            f"M{number(ax)},{number(ay)} Q{number(cx)},{number(cy)} {number(bx)},{number(by)} "
            f"Q{number(dx)},{number(dy)} {number(ax)},{number(ay)}Z"
        ),
        fill,
    )


def _heart(canvas: Canvas, radius: float) -> None:
    """The middle of a dish: a star or a flower."""
    palette = canvas.palette
    points = canvas.chance.choice((6, 8, 12))
    if canvas.chance.random() < 0.5:
        canvas.add(polygon(star(X, Y, radius, radius * 0.62, points), palette.main))
        canvas.add(polygon(star(X, Y, radius * 0.66, radius * 0.42, points), palette.light))
        canvas.add(polygon(star(X, Y, radius * 0.42, radius * 0.24, points), palette.second))
    else:
        canvas.add(
            *(_petal(fold / points, 16, radius, 0.44 / points, palette.main) for fold in range(points))
        )
        canvas.add(
            *(
                _petal((fold + 0.5) / points, 14, radius * 0.7, 0.25 / points, palette.second)
                for fold in range(points)
            )
        )
    canvas.add(circle(X, Y, radius * 0.16, palette.accent), circle(X, Y, radius * 0.07, palette.light))


def _zellige_cell(canvas: Canvas, x: float, y: float, step: float, colours: list[str]) -> list[str]:
    """A star with its petals, and a small square at the corner."""
    main, second, accent, dark = colours
    half = step / 2
    parts = [rectangle(x - half, y - half, step, step, second, stroke=canvas.palette.light, stroke_width=3)]
    for fold in range(8):
        turn = fold / 8 + 1 / 16
        quad = [
            on_circle(x, y, half * r, t)
            for r, t in ((0.5, turn), (0.74, turn - 0.045), (0.98, turn), (0.74, turn + 0.045))
        ]
        parts.append(polygon(quad, accent if fold % 2 else main, stroke=canvas.palette.light, stroke_width=3))
    parts.append(
        polygon(star(x, y, half * 0.66, half * 0.45, 8), dark, stroke=canvas.palette.light, stroke_width=4)
    )
    parts.append(
        polygon(star(x, y, half * 0.4, half * 0.28, 8), main, stroke=canvas.palette.light, stroke_width=3)
    )
    parts.append(polygon(star(x, y, half * 0.17, half * 0.12, 8), canvas.palette.light))
    parts.append(
        polygon(
            star(x - half, y - half, half * 0.36, half * 0.25, 4, 1 / 8),
            main,
            stroke=canvas.palette.light,
            stroke_width=3,
        )
    )
    return parts
