"""Slippers, bags and poufs of tanned leather."""

from marketplace.demo.pictures.canvas import (
    INK,
    SHINE,
    Canvas,
    circle,
    darker,
    group,
    lighter,
    on_circle,
    path,
    polygon,
    rectangle,
    star,
    tag,
)
from marketplace.demo.pictures.scenes import from_above, wall_and_table


def slippers(canvas: Canvas) -> None:
    """A pair of babouches seen from above, toes pointed or round."""
    from_above(canvas)
    pointed = canvas.chance.random() < 0.6
    for x, turn in ((275, -9), (525, 8)):
        canvas.add(group(_slipper(canvas, pointed), transform=f"translate({x} 400) rotate({turn})"))


def bag(canvas: Canvas) -> None:
    """A satchel with a flap, stamped with a star."""
    wall_and_table(canvas, wide=True)
    palette = canvas.palette
    canvas.shadow(408, 664, 290, 36, 0.5)
    strap = darker(palette.main, 0.25)
    canvas.add(path("M205,360 C190,60 610,60 595,360", stroke=strap, stroke_width=24))
    canvas.add(
        path(
            "M205,360 C190,72 610,72 595,360",
            stroke=lighter(palette.main, 0.25),
            stroke_width=3,
            stroke_dasharray="9 8",
            opacity=0.8,
        )
    )
    body = canvas.across(
        (0, lighter(palette.main, 0.1)), (0.5, palette.main), (1, darker(palette.main, 0.28)), vertical=True
    )
    canvas.add(path("M175,345 H625 L645,625 Q645,662 606,662 H194 Q155,662 155,625Z", body))
    flap = "M170,335 H630 V450 Q630,560 500,572 H300 Q170,560 170,450Z"
    canvas.add(path(flap, "#1c1009", opacity=0.25, transform="translate(4 12)"))
    sheen = canvas.across(
        (0, lighter(palette.main, 0.28)), (0.6, palette.main), (1, darker(palette.main, 0.12)), vertical=True
    )
    canvas.add(path(flap, sheen))
    canvas.add(
        path(
            "M184,349 H616 V450 Q616,546 498,558 H302 Q184,546 184,450Z",
            stroke=lighter(palette.main, 0.5),
            stroke_width=4,
            stroke_dasharray="11 9",
        )
    )
    canvas.add(*_stamp(canvas, 400, 448, 70))
    for x in (228, 572):
        canvas.add(*_stamp(canvas, x, 420, 24))
    canvas.add(rectangle(378, 540, 44, 62, strap, rx=8), circle(400, 585, 9, "#d9b45f"))


def pouf(canvas: Canvas) -> None:
    """A round pouf, its seams a star of many rays."""
    wall_and_table(canvas, wide=True)
    palette = canvas.palette
    canvas.shadow(408, 672, 315, 44, 0.55)
    body = "M120,420 C110,380 690,380 680,420 C716,520 700,640 640,664 H160 C100,640 84,520 120,420Z"
    clip = canvas.clip(path(body, "#000"))
    canvas.add(path(body, palette.main))
    panels = []
    for index, (left, right) in enumerate(((60, 182), (182, 318), (318, 482), (482, 618), (618, 740))):
        if index % 2:
            panels.append(rectangle(left, 380, right - left, 300, palette.second, opacity=0.75))
        bend = (right - 400) * 0.16
        panels.append(
            path(
                f"M{right},400 q{bend:.0f},130 {-bend * 0.3:.0f},264",
                stroke=lighter(palette.main, 0.5),
                stroke_width=4,
                stroke_dasharray="8 7",
            )
        )
    canvas.add(group(panels, clip_path=clip))
    shade = canvas.veil((0, INK, 0.4), (0.3, SHINE, 0.16), (1, INK, 0.55))
    canvas.add(path(body, shade))
    top = [tag("ellipse", cx=400, cy=0, rx=284, ry=284, fill=lighter(palette.main, 0.14))]
    top.append(polygon(star(400, 0, 268, 168, 16), palette.second))
    top.append(polygon(star(400, 0, 196, 118, 16), lighter(palette.main, 0.3)))
    top.append(polygon(star(400, 0, 132, 84, 8), palette.dark))
    top.append(polygon(star(400, 0, 84, 54, 8), palette.accent))
    top.extend(
        path(
            f"M400,0 L{on_circle(400, 0, 280, fold / 16)[0]:.0f},{on_circle(400, 0, 280, fold / 16)[1]:.0f}",
            stroke=lighter(palette.main, 0.55),
            stroke_width=3,
            stroke_dasharray="8 7",
            opacity=0.8,
        )
        for fold in range(16)
    )
    top.append(circle(400, 0, 18, palette.dark))
    canvas.add(group(top, transform="translate(0 405) scale(1 .34)"))


def wallet(canvas: Canvas) -> None:
    """Small leather goods: a wallet, a card case and a key strap."""
    from_above(canvas)
    palette = canvas.palette
    pieces = [
        rectangle(-4, 12, 380, 262, "#1c1009", opacity=0.3, rx=18),
        rectangle(
            0,
            0,
            370,
            254,
            canvas.across((0, lighter(palette.main, 0.22)), (1, darker(palette.main, 0.1))),
            rx=16,
        ),
        rectangle(
            13,
            13,
            344,
            228,
            "none",
            stroke=lighter(palette.main, 0.5),
            stroke_width=4,
            stroke_dasharray="10 8",
            rx=10,
        ),
        *_stamp(canvas, 185, 127, 66),
        *(part for x in (58, 312) for y in (58, 196) for part in _stamp(canvas, x, y, 20)),
    ]
    canvas.add(group(pieces, transform="translate(150 170) rotate(-8)"))
    case = [
        rectangle(4, 10, 236, 168, "#1c1009", opacity=0.3, rx=14),
        rectangle(
            0,
            0,
            230,
            160,
            canvas.across((0, lighter(palette.second, 0.18)), (1, darker(palette.second, 0.14))),
            rx=12,
        ),
        rectangle(
            11,
            11,
            208,
            138,
            "none",
            stroke=lighter(palette.second, 0.5),
            stroke_width=3.5,
            stroke_dasharray="9 7",
            rx=8,
        ),
        path("M70,0 Q115,42 160,0Z", darker(palette.second, 0.4)),
    ]
    canvas.add(group(case, transform="translate(395 480) rotate(11)"))
    strap = [
        rectangle(0, 0, 44, 190, darker(palette.main, 0.12), rx=12),
        rectangle(
            7,
            8,
            30,
            174,
            "none",
            stroke=lighter(palette.main, 0.5),
            stroke_width=3,
            stroke_dasharray="7 6",
            rx=8,
        ),
        circle(22, -20, 30, "none", stroke="#c9a75c", stroke_width=8),
    ]
    canvas.add(group(strap, transform="translate(225 545) rotate(24)"))


def _slipper(canvas: Canvas, pointed: bool) -> list[str]:
    palette = canvas.palette
    toe = (
        "C90,-250 40,-286 0,-318 C-40,-286 -90,-250"
        if pointed
        else "C100,-262 60,-296 0,-298 C-60,-296 -100,-262"
    )
    sole = (
        f"M96,-130 {toe} -96,-130 C-96,0 -84,40 -84,130 C-84,230 -50,285 0,285 C50,285 "
        "84,230 84,130 C84,40 96,0 96,-130Z"
    )
    vamp = f"M100,-128 {toe} -100,-128 C-106,-40 -96,10 -84,50 C-40,20 40,20 84,50 C96,10 106,-40 100,-128Z"
    clip = canvas.clip(path(vamp, "#000"))
    leather = canvas.across(
        (0, darker(palette.main, 0.2)),
        (0.3, lighter(palette.main, 0.18)),
        (0.65, palette.main),
        (1, darker(palette.main, 0.34)),
    )
    embroidery = [
        polygon(star(0, -150, 58, 36, 8), palette.accent),
        polygon(star(0, -150, 34, 22, 8), palette.second),
    ]
    for side in (-1, 1):
        for step in range(6):
            embroidery.append(circle(side * (16 + step * 13), -44 + step * 9, 6, palette.accent))
        embroidery.append(
            path(f"M0,-78 q{side * 44},-8 {side * 62},-70", stroke=palette.accent, stroke_width=5)
        )
    embroidery.append(path("M-96,24 C-46,-8 46,-8 96,24", stroke=palette.accent, stroke_width=7))
    inside = canvas.across((0, darker(palette.light, 0.3)), (1, darker(palette.light, 0.15)), vertical=True)
    return [
        path(sole, "#1c1009", opacity=0.32, transform="translate(14 18)"),
        path(sole, darker(palette.main, 0.5), transform="translate(0 5)"),
        path(sole, inside),
        path(
            "M-66,150 C-66,232 -38,266 0,266 C38,266 66,232 66,150",
            stroke=lighter(palette.light, 0.2),
            stroke_width=4,
            stroke_dasharray="8 7",
        ),
        path(vamp, "#1c1009", opacity=0.3, transform="translate(0 10)"),
        path(vamp, leather),
        group(embroidery, clip_path=clip),
    ]


def _stamp(canvas: Canvas, x: float, y: float, size: float) -> list[str]:
    """A mark pressed into the leather: darker, with a lit lower edge."""
    colour = canvas.palette.main
    return [
        polygon(star(x, y + 3, size, size * 0.68, 8), lighter(colour, 0.4), opacity=0.5),
        polygon(star(x, y, size, size * 0.68, 8), darker(colour, 0.28)),
        polygon(star(x, y, size * 0.72, size * 0.5, 8), colour),
        circle(x, y, size * 0.26, darker(colour, 0.3)),
    ]
