"""One date, one olive, one nut: drawn around the origin, about a hundred units wide, in a colour."""

from marketplace.demo.pictures.canvas import Canvas, circle, darker, lighter, on_circle, path, tag


def date(canvas: Canvas, colour: str) -> list[str]:
    wrinkle = darker(colour, 0.4)
    return [
        tag("ellipse", rx=50, ry=27, fill=colour),
        tag("ellipse", cx=-4, cy=6, rx=44, ry=19, fill=darker(colour, 0.28), opacity=0.6),
        path(
            "M-34,4 Q0,16 36,2 M-26,-6 Q2,2 30,-8 M-20,14 Q4,22 24,14",
            stroke=wrinkle,
            stroke_width=2.2,
            opacity=0.7,
        ),
        tag("ellipse", cx=-6, cy=-13, rx=26, ry=6, fill="#fff1d8", opacity=0.42),
        circle(47, 0, 6, canvas.palette.accent),
    ]


def olive(canvas: Canvas, colour: str) -> list[str]:
    return [
        tag("ellipse", rx=48, ry=35, fill=colour),
        tag("ellipse", cx=4, cy=8, rx=40, ry=24, fill=darker(colour, 0.35), opacity=0.55),
        tag("ellipse", cx=-12, cy=-14, rx=16, ry=8, fill="#ffffff", opacity=0.5),
        circle(46, 0, 4, canvas.palette.dark),
    ]


def almond(canvas: Canvas, colour: str) -> list[str]:
    grain = darker(colour, 0.35)
    return [
        path("M-48,0 C-40,-36 14,-38 48,0 C14,38 -40,36 -48,0Z", colour),
        path("M-44,4 C-30,32 16,32 46,2 C16,20 -24,22 -44,4Z", darker(colour, 0.3), opacity=0.6),
        path(
            "M-38,-6 Q0,-18 36,-2 M-40,2 Q0,0 40,2 M-34,10 Q0,18 30,8",
            stroke=grain,
            stroke_width=2,
            opacity=0.55,
        ),
        path(
            "M-26,-18 Q-6,-27 16,-19", stroke="#fff4df", stroke_width=4, opacity=0.5, stroke_linecap="round"
        ),
    ]


def walnut(canvas: Canvas, colour: str) -> list[str]:
    groove = darker(colour, 0.42)
    return [
        path(
            "M-48,0 C-48,-40 -16,-46 4,-43 C34,-42 50,-22 49,2 C48,32 24,44 0,43 C-26,45 -47,30 -48,0Z",
            colour,
        ),
        path(
            "M-40,16 C-20,44 30,42 46,8 C42,36 18,44 0,43 C-20,44 -36,34 -40,16Z",
            darker(colour, 0.3),
            opacity=0.7,
        ),
        path("M-48,0 Q0,-12 49,2", stroke=groove, stroke_width=5),
        path(
            "M-34,-20 q12,-8 20,4 q10,-14 24,-4 q10,-8 20,6 M-30,20 q10,10 22,2 q12,12 24,2 q12,6 20,-4",
            stroke=groove,
            stroke_width=3,
        ),
        path("M-24,-32 Q0,-42 22,-32", stroke="#fff4df", stroke_width=4, opacity=0.4, stroke_linecap="round"),
    ]


def fig(canvas: Canvas, colour: str) -> list[str]:
    if canvas.chance.random() < 0.4:
        flesh = [circle(*on_circle(0, 4, 19, fold / 14), 3.4, canvas.palette.accent) for fold in range(14)]
        return [
            circle(0, 4, 42, colour),
            circle(0, 4, 36, "#f3e2c4"),
            circle(0, 4, 29, "#b5443f"),
            *flesh,
            circle(0, 4, 9, "#f1c9a0"),
        ]
    ribs = "M0,-48 C-20,-10 -20,20 -12,40 M0,-48 C20,-10 20,20 12,40 M0,-48 V44"
    return [
        path(
            "M0,-52 C10,-36 46,-14 44,12 C42,38 20,48 0,48 C-20,48 -42,38 -44,12 C-46,-14 -10,-36 0,-52Z",
            colour,
        ),
        path(ribs, stroke=lighter(colour, 0.22), stroke_width=2.4, opacity=0.7),
        tag("ellipse", cx=-16, cy=6, rx=9, ry=20, fill="#ffffff", opacity=0.2),
        circle(0, -50, 5, darker(colour, 0.3)),
    ]


def cashew(canvas: Canvas, colour: str) -> list[str]:
    return [
        path(
            (
                "M-46,14 C-52,-28 -14,-42 10,-36 C44,-28 56,6 40,28 C30,40 12,34 14,20 C18,4 "
                "-2,-4 -12,10 C-18,24 -42,34 -46,14Z"
            ),
            colour,
        ),
        path(
            "M-40,12 C-42,-18 -12,-30 8,-26 C32,-20 42,0 36,16",
            stroke="#fff6e2",
            stroke_width=5,
            opacity=0.5,
            stroke_linecap="round",
        ),
        path("M-44,18 C-36,32 -20,24 -12,10", stroke=darker(colour, 0.35), stroke_width=4, opacity=0.5),
    ]


def bean(canvas: Canvas, colour: str) -> list[str]:
    return [
        tag("ellipse", rx=46, ry=29, fill=colour),
        tag("ellipse", cx=2, cy=8, rx=40, ry=19, fill=darker(colour, 0.4), opacity=0.55),
        path("M-40,2 C-16,-12 14,14 41,-2", stroke=darker(colour, 0.55), stroke_width=4.5),
        tag("ellipse", cx=-10, cy=-15, rx=20, ry=5, fill="#ffe9cf", opacity=0.35),
    ]


def rose(canvas: Canvas, colour: str) -> list[str]:
    parts = [
        tag("ellipse", cx=-2, cy=44, rx=9, ry=16, fill="#7b8a55"),
        circle(0, 0, 42, darker(colour, 0.25)),
    ]
    for ring, (radius, count) in enumerate(((33, 5), (21, 4), (10, 3))):
        for fold in range(count):
            x, y = on_circle(0, 0, radius * 0.5, fold / count + ring * 0.13)
            tone = lighter(colour, 0.1 + 0.14 * ring) if fold % 2 else darker(colour, 0.06)
            parts.append(circle(x, y, radius * 0.72, tone, stroke=darker(colour, 0.28), stroke_width=1.5))
    parts.append(path("M-7,2 a8,8 0 1 1 9,6", stroke=darker(colour, 0.4), stroke_width=3))
    return parts


def petal_shape(colour: str) -> str:
    return path("M0,-30 C22,-24 26,8 0,30 C-26,8 -22,-24 0,-30Z", colour)


def dry_petal(canvas: Canvas, colour: str) -> list[str]:
    return [
        path(
            "M-44,6 C-30,-38 -4,-14 6,-36 C20,-30 42,-16 46,10 C30,8 26,36 2,32 C-14,40 -36,30 -44,6Z", colour
        ),
        path(
            "M-36,6 C-12,-8 10,8 38,6 M-24,18 C-6,6 6,20 20,22",
            stroke=lighter(colour, 0.3),
            stroke_width=2.5,
            opacity=0.6,
        ),
    ]


def cactus_pear(canvas: Canvas, colour: str) -> list[str]:
    thorns = [circle(canvas.wobble(24), canvas.wobble(36), 3, "#f4e3b0") for _ in range(12)]
    return [
        tag("ellipse", rx=36, ry=50, fill=colour),
        tag("ellipse", cx=8, cy=8, rx=24, ry=38, fill=darker(colour, 0.3), opacity=0.45),
        tag("ellipse", cy=-44, rx=17, ry=7, fill=darker(colour, 0.35)),
        tag("ellipse", cx=-14, cy=-8, rx=7, ry=22, fill="#ffffff", opacity=0.3),
        *thorns,
    ]
