"""What the demo's sellers make, read from the tables beside this file: shelves, listings, sizes, colours.

Every text is a triple: French, Arabic, English.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from marketplace.demo.pictures.canvas import Palette

HERE = Path(__file__).parent
_ORDER = "weaving pottery leather wood beauty larder spices dried textile metal".split()  # noqa: SIM905 - as read aloud


@dataclass(frozen=True, slots=True)
class Words:
    """A text in the demo's three languages."""

    fr: str
    ar: str
    en: str

    def __add__(self, other: "Words") -> "Words":
        return Words(f"{self.fr} {other.fr}", f"{self.ar} {other.ar}", f"{self.en} {other.en}")

    def with_comma(self, other: "Words") -> "Words":
        return Words(f"{self.fr}, {other.fr}", f"{self.ar}، {other.ar}", f"{self.en}, {other.en}")


@dataclass(frozen=True, slots=True)
class Colour:
    slug: str
    name: Words | None
    """None: a harvest's own shades, not a colour to choose."""
    palette: Palette


@dataclass(frozen=True, slots=True)
class Size:
    name: Words
    price_share: float
    weight_share: float


@dataclass(frozen=True, slots=True)
class Sizes:
    attribute: str
    values: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class ProductKind:
    slug: str
    name: Words
    tax: str
    asks: tuple[str, ...]
    care: Words


@dataclass(frozen=True, slots=True)
class Item:
    """A thing that many sellers of a shelf make."""

    name: Words
    motif: str
    mad: tuple[int, int]
    grams: int
    palettes: tuple[str, ...]
    only: tuple[str, ...]
    """The provinces where it is made; none named: wherever the shelf is."""


@dataclass(frozen=True, slots=True)
class Shelf:
    slug: str
    name: Words
    craft: Words
    kind: str
    sizes: str | None
    season: str
    cooperatives: int
    houses: int
    entrepreneurs: int
    provinces: tuple[str, ...]
    indications: dict[str, str]
    """Protected origins by province."""
    matter: tuple[Words, ...]
    technique: tuple[Words, ...]
    items: tuple[Item, ...]
    details: tuple[Words, ...]
    tells: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Root:
    slug: str
    name: Words
    tells: Words
    motif: str
    palette: str
    shelves: tuple[Shelf, ...]


@dataclass(frozen=True, slots=True)
class CollectionWords:
    name: Words
    tells: Words
    motif: str
    colour: str


@cache
def roots() -> tuple[Root, ...]:
    return tuple(_root(_read(name)) for name in _ORDER)


@cache
def colours() -> dict[str, Colour]:
    return {
        slug: Colour(slug, Words(*row["name"]) if "name" in row else None, Palette(*row["colours"]))
        for slug, row in _read("palettes").items()
    }


@cache
def sizes() -> dict[str, Sizes]:
    return {
        slug: Sizes(row["attribute"], tuple(_size(*value) for value in row["values"]))
        for slug, row in _read("sizes").items()
    }


@cache
def kinds() -> dict[str, ProductKind]:
    return {
        slug: ProductKind(slug, Words(*row["name"]), row["tax"], tuple(row["asks"]), Words(*row["care"]))
        for slug, row in _read("types").items()
    }


@cache
def collections() -> dict[str, CollectionWords]:
    return {
        slug: CollectionWords(Words(*row["name"]), Words(*row["tells"]), *row["picture"])
        for slug, row in _read("collections").items()
    }


def _root(table: dict[str, Any]) -> Root:
    motif, palette = table["picture"]
    return Root(
        slug=table["slug"],
        name=Words(*table["name"]),
        tells=Words(*table["tells"]),
        motif=motif,
        palette=palette,
        shelves=tuple(_shelf(row) for row in table["shelf"]),
    )


def _shelf(row: dict[str, Any]) -> Shelf:
    palettes = tuple(row["palettes"])
    return Shelf(
        slug=row["slug"],
        name=Words(*row["name"]),
        craft=Words(*row["craft"]),
        kind=row["type"],
        sizes=row.get("sizes"),
        season=row["season"],
        cooperatives=row.get("cooperatives", 0),
        houses=row.get("houses", 0),
        entrepreneurs=row.get("entrepreneurs", 0),
        provinces=tuple(row["provinces"]),
        indications=row.get("indications", {}),
        matter=_all(row.get("matter", [])),
        technique=_all(row.get("technique", [])),
        items=tuple(_item(item, palettes) for item in row["items"]),
        details=_all(row["details"]),
        tells=_all(row["tells"]),
    )


def _item(row: dict[str, Any], palettes: tuple[str, ...]) -> Item:
    low, high = row["mad"]
    return Item(
        name=Words(*row["name"]),
        motif=row["motif"],
        mad=(low, high),
        grams=row["grams"],
        palettes=tuple(row.get("palettes", palettes)),
        only=tuple(row.get("only", ())),
    )


def _size(name: str | list[str], price_share: float, weight_share: float) -> Size:
    words = Words(name, name, name) if isinstance(name, str) else Words(*name)
    return Size(words, price_share, weight_share)


def _all(rows: list[list[str]]) -> tuple[Words, ...]:
    return tuple(Words(*row) for row in rows)


def _read(name: str) -> dict[str, Any]:
    with (HERE / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)
