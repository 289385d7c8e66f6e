"""Sellers' signs: a star or a ring, and in it what they make."""

from marketplace.demo.pictures.canvas import (
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
)


def loom(canvas: Canvas) -> None:
    _field(canvas)
    light = canvas.palette.light
    parts = [rectangle(290, 270, 14, 260, light), rectangle(496, 270, 14, 260, light)]
    parts += [rectangle(276, 270, 248, 14, light), rectangle(276, 516, 248, 14, light)]
    parts += [rectangle(316 + index * 21, 284, 4, 232, light, opacity=0.7) for index in range(9)]
    parts += [
        polygon([(400, 420 + y), (440, 445 + y), (400, 470 + y), (360, 445 + y)], canvas.palette.accent)
        for y in (0, 46)
    ]
    canvas.add(*parts)


def jar(canvas: Canvas) -> None:
    _field(canvas)
    palette = canvas.palette
    d = (
        "M362,268 H438 L430,308 C500,340 520,400 500,450 C486,500 450,530 440,540 H360 "
        "C350,530 314,500 300,450 C280,400 300,340 370,308Z"
    )
    canvas.add(path(d, palette.light), rectangle(350, 256, 100, 18, palette.light, rx=6))
    canvas.add(path("M294,412 Q400,448 506,412", stroke=palette.second, stroke_width=12))
    canvas.add(
        *(
            circle(322 + index * 39, 450 + (10 if 0 < index < 4 else 0), 8, palette.accent)
            for index in range(5)
        )
    )


def leaf(canvas: Canvas) -> None:
    _field(canvas)
    palette = canvas.palette
    canvas.add(path("M400,250 C500,320 500,450 400,550 C300,450 300,320 400,250Z", palette.light))
    canvas.add(path("M400,280 V560", stroke=palette.second, stroke_width=9))
    for y in (350, 400, 450):
        canvas.add(
            path(f"M400,{y + 30} L446,{y} M400,{y + 30} L354,{y}", stroke=palette.second, stroke_width=7)
        )


def drop(canvas: Canvas) -> None:
    _field(canvas)
    palette = canvas.palette
    canvas.add(
        path(
            "M400,240 C450,330 500,390 500,450 A100,100 0 0 1 300,450 C300,390 350,330 400,240Z",
            palette.light,
        )
    )
    canvas.add(
        path("M352,470 A54,54 0 0 0 410,512", stroke=palette.accent, stroke_width=14, stroke_linecap="round")
    )


def needle(canvas: Canvas) -> None:
    _field(canvas)
    palette = canvas.palette
    canvas.add(path("M300,520 L490,290 l14,12 L312,532Z", palette.light), circle(486, 304, 8, palette.main))
    canvas.add(
        path(
            "M490,296 C560,250 540,380 450,390 C360,400 350,330 300,360 C260,384 280,440 330,440",
            stroke=palette.accent,
            stroke_width=9,
        )
    )


def ring(canvas: Canvas) -> None:
    _field(canvas)
    palette = canvas.palette
    canvas.add(circle(400, 430, 92, "none", stroke=palette.light, stroke_width=24))
    canvas.add(polygon(star(400, 320, 62, 42, 8), palette.accent), circle(400, 320, 22, palette.light))


def _field(canvas: Canvas) -> None:
    """The coloured ground with its star, or with a ring of petals."""
    palette = canvas.palette
    canvas.add(rectangle(0, 0, 800, 800, lighter(palette.wall, 0.35)))
    if canvas.chance.random() < 0.5:
        canvas.add(
            polygon(star(400, 400, 350, 268, 8), palette.main),
            polygon(star(400, 400, 316, 240, 8), "none", stroke=palette.light, stroke_width=6),
        )
    else:
        petals = [circle(*on_circle(400, 400, 262, fold / 16), 62, palette.main) for fold in range(16)]
        canvas.add(
            group(petals),
            circle(400, 400, 276, palette.main),
            circle(400, 400, 250, "none", stroke=palette.light, stroke_width=6),
        )
    canvas.add(circle(400, 400, 214, darker(palette.main, 0.12)))
