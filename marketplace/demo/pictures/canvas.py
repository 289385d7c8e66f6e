"""A sheet of 800 by 800 units to draw on, and the strokes that several motifs share."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

SIDE = 800
Point = tuple[float, float]
INK, SHINE = "#1c1009", "#ffffff"


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a picture: what stands behind, and what the thing is made of."""

    wall: str
    table: str
    light: str
    main: str
    second: str
    accent: str
    dark: str


@dataclass
class Canvas:
    """An SVG under way. Motifs add to `parts`; gradients and clips are kept in `defs`."""

    palette: Palette
    chance: Random
    parts: list[str] = field(default_factory=list)
    defs: list[str] = field(default_factory=list)

    def add(self, *parts: str) -> None:
        self.parts.extend(parts)

    def define(self, kind: str, body: str, **attributes: object) -> str:
        """Keep a gradient or a clip and give the `url(#...)` that names it."""
        name = f"d{len(self.defs)}"
        self.defs.append(f'<{kind} id="{name}"{_written(attributes)}>{body}</{kind}>')
        return f"url(#{name})"

    def across(self, *stops: tuple[float, str], vertical: bool = False) -> str:
        """A linear gradient from left to right, or from top to bottom."""
        body = "".join(f'<stop offset="{at}" stop-color="{colour}"/>' for at, colour in stops)
        return self.define("linearGradient", body, x2=0 if vertical else 1, y2=1 if vertical else 0)

    def round(self, *stops: tuple[float, str], x: float = 0.5, y: float = 0.5) -> str:
        """A radial gradient whose middle is at a share of the thing's width and height."""
        body = "".join(f'<stop offset="{at}" stop-color="{colour}"/>' for at, colour in stops)
        return self.define("radialGradient", body, cx=x, cy=y, r=0.75)

    def veil(self, *stops: tuple[float, str, float]) -> str:
        """A gradient to lay over a thing: where, which colour, how thick."""
        body = "".join(
            f'<stop offset="{at}" stop-color="{colour}" stop-opacity="{opacity}"/>'
            for at, colour, opacity in stops
        )
        return self.define("linearGradient", body)

    def shadow(self, x: float, y: float, width: float, height: float, strength: float = 0.4) -> None:
        """A soft shadow on the ground."""
        body = (
            f'<stop offset="0" stop-color="#1d120a" stop-opacity="{strength}"/>'
            f'<stop offset=".6" stop-color="#1d120a" stop-opacity="{strength * 0.45:.3f}"/>'
            '<stop offset="1" stop-color="#1d120a" stop-opacity="0"/>'
        )
        fill = self.define("radialGradient", body)
        self.add(tag("ellipse", cx=x, cy=y, rx=width, ry=height, fill=fill))

    def clip(self, shape: str) -> str:
        return self.define("clipPath", shape)

    def wobble(self, size: float) -> float:
        """A little off, as by hand."""
        return self.chance.uniform(-size, size)

    def svg(self, pixels: int, view: tuple[float, float, float, float] = (0, 0, SIDE, SIDE)) -> str:
        box = " ".join(number(value) for value in view)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{pixels}" '
            f'height="{round(pixels * view[3] / view[2])}">'
            f"<defs>{''.join(self.defs)}</defs>{''.join(self.parts)}</svg>"
        )


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def tag(kind: str, body: str = "", /, **attributes: object) -> str:
    """An element; underscores in names stand for hyphens."""
    if kind != "g" and "opacity" in attributes:
        # One paint's own opacity needs no layer of its own, and is drawn several times as fast.
        if "stroke" not in attributes:
            attributes["fill_opacity"] = attributes.pop("opacity")
        elif attributes.get("fill") == "none":
            attributes["stroke_opacity"] = attributes.pop("opacity")
    return f"<{kind}{_written(attributes)}>{body}</{kind}>" if body else f"<{kind}{_written(attributes)}/>"


def _written(attributes: dict[str, object]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{number(value) if isinstance(value, float) else value}"'
        for name, value in attributes.items()
        if value is not None
    )


def group(parts: Iterable[str], **attributes: object) -> str:
    return f"<g{_written(attributes)}>{''.join(parts)}</g>"


def circle(x: float, y: float, radius: float, fill: str, **more: object) -> str:
    return tag("circle", cx=float(x), cy=float(y), r=float(radius), fill=fill, **more)


def rectangle(x: float, y: float, width: float, height: float, fill: str, **more: object) -> str:
    return tag("rect", x=float(x), y=float(y), width=float(width), height=float(height), fill=fill, **more)


def polygon(points: Sequence[Point], fill: str, **more: object) -> str:
    written = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return tag("polygon", points=written, fill=fill, **more)


def path(d: str, fill: str = "none", **more: object) -> str:
    return tag("path", d=d, fill=fill, **more)


def line(points: Sequence[Point], stroke: str, width: float, **more: object) -> str:
    written = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return tag("polyline", points=written, fill="none", stroke=stroke, stroke_width=width, **more)


def on_circle(x: float, y: float, radius: float, turn: float) -> Point:
    """The point at a share of a full turn, from the top clockwise."""
    angle = math.tau * turn - math.pi / 2
    return x + radius * math.cos(angle), y + radius * math.sin(angle)


def star(x: float, y: float, outer: float, inner: float, points: int, turn: float = 0) -> list[Point]:
    """The corners of a star, the first one at the top."""
    return [
        on_circle(x, y, inner if corner % 2 else outer, turn + corner / (2 * points))
        for corner in range(2 * points)
    ]


def smooth(points: Sequence[Point], *, closed: bool = False) -> str:
    """A soft curve through all the points (Catmull-Rom), as a path's `d`."""
    count = len(points)
    around = [points[-1], *points, *points[:2]] if closed else [points[0], *points, points[-1]]
    d = [f"M{number(points[0][0])},{number(points[0][1])}"]
    for index in range(count if closed else count - 1):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = around[index : index + 4]
        handles = (bx + (cx - ax) / 6, by + (cy - ay) / 6, cx - (dx - bx) / 6, cy - (dy - by) / 6, cx, cy)
        d.append("C" + ",".join(number(value) for value in handles))
    return "".join(d) + ("Z" if closed else "")


def mixed(first: str, second: str, share: float) -> str:
    """A colour between two others: share 0 is the first, 1 the second."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def lighter(colour: str, share: float) -> str:
    return mixed(colour, "#fff8ec", share)


def darker(colour: str, share: float) -> str:
    return mixed(colour, "#1c1009", share)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
