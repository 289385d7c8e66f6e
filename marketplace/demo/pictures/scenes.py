"""What stands behind a thing: a wall with a table, a niche, a table seen from above."""

from collections.abc import Callable

from marketplace.demo.pictures.canvas import (
    SIDE,
    Canvas,
    circle,
    darker,
    group,
    lighter,
    line,
    path,
    polygon,
    rectangle,
    star,
)

TABLE_TOP = 560


def wall_and_table(canvas: Canvas, *, wide: bool = False) -> None:
    """A plastered wall and the edge of a table; light, a painted sun, or a niche for what is not wide."""
    palette, chance = canvas.palette, canvas.chance
    plaster = canvas.across((0, lighter(palette.wall, 0.35)), (1, darker(palette.wall, 0.06)))
    canvas.add(rectangle(0, 0, SIDE, SIDE, plaster))
    chance.choice((_light, _arch, _light) if wide else (_niche, _light, _arch, _light))(canvas)
    wood = canvas.across((0, lighter(palette.table, 0.15)), (1, darker(palette.table, 0.12)), vertical=True)
    canvas.add(rectangle(0, TABLE_TOP, SIDE, SIDE - TABLE_TOP, wood))
    canvas.add(rectangle(0, TABLE_TOP, SIDE, 5, lighter(palette.table, 0.4), opacity=0.7))


def from_above(canvas: Canvas) -> None:
    """A table seen from above: bare, with a cloth's stripes, or tiled."""
    palette, chance = canvas.palette, canvas.chance
    ground = canvas.round((0, lighter(palette.wall, 0.3)), (1, darker(palette.wall, 0.12)), x=0.35, y=0.3)
    canvas.add(rectangle(0, 0, SIDE, SIDE, ground))
    choose: tuple[Callable[[Canvas], None], ...] = (_linen, _tiles, _cloth, _light, _linen)
    chance.choice(choose)(canvas)


def _niche(canvas: Canvas) -> None:
    """A horseshoe arch sunk into the wall."""
    wall = canvas.palette.wall
    d = (
        "M205,560 V300 C170,285 160,240 175,200 C200,110 300,60 400,50"
        " C500,60 600,110 625,200 C640,240 630,285 595,300 V560 Z"
    )
    canvas.add(
        path(d, canvas.across((0, darker(wall, 0.2)), (0.35, darker(wall, 0.08)), (1, darker(wall, 0.02))))
    )
    canvas.add(path(d, stroke=lighter(wall, 0.6), stroke_width=7, opacity=0.8))


def _arch(canvas: Canvas) -> None:
    """A painted half circle behind the thing."""
    palette = canvas.palette
    canvas.add(circle(400, 430, 300, palette.accent, opacity=0.16))
    canvas.add(circle(400, 430, 250, palette.accent, opacity=0.12))


def _light(canvas: Canvas) -> None:
    """Light that falls through a window with two panes."""
    left = canvas.chance.randint(-60, 120)
    for start in (left, left + 250):
        corners = [(start, 0.0), (start + 190, 0.0), (start + 520, 800.0), (start + 330, 800.0)]
        canvas.add(polygon(corners, "#fffaf0", opacity=0.2))


def _linen(canvas: Canvas) -> None:
    """Threads of a coarse cloth."""
    thread = darker(canvas.palette.wall, 0.35)
    across = [line([(0, y), (SIDE, y + canvas.wobble(2))], thread, 1) for y in range(5, SIDE, 9)]
    down = [line([(x, 0), (x + canvas.wobble(2), SIDE)], thread, 1) for x in range(5, SIDE, 9)]
    canvas.add(group([*across, *down], opacity=0.13))


def _cloth(canvas: Canvas) -> None:
    """A striped napkin under the thing, a little askew."""
    palette = canvas.palette
    stripes = [
        rectangle(60, y, 680, 9, palette.second if index % 3 else palette.main, opacity=0.55)
        for index, y in enumerate((130, 150, 170, 610, 630, 650))
    ]
    napkin = [rectangle(60, 90, 680, 620, lighter(palette.light, 0.4), rx=6), *stripes]
    canvas.add(
        group([rectangle(68, 102, 680, 620, "#1d120a", opacity=0.16, rx=6)], transform="rotate(-8 400 400)")
    )
    canvas.add(group(napkin, transform="rotate(-8 400 400)"))


def _tiles(canvas: Canvas) -> None:
    """Pale eight-pointed stars, as of a zellige floor."""
    palette = canvas.palette
    joint, tint = darker(palette.wall, 0.22), lighter(palette.wall, 0.4)
    step = 134
    stars = [
        polygon(star(x, y, 66, 48, 8), tint, stroke=joint, stroke_width=2)
        for x in range(-20, SIDE + step, step)
        for y in range(-20, SIDE + step, step)
    ]
    canvas.add(group(stars, opacity=0.45))
