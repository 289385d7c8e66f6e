"""The public facts that the demo stands on, read from the tables beside this file."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Town:
    name: str
    arabic: str


@dataclass(frozen=True, slots=True)
class Place:
    """A province (or a region abroad) with what an address and a story need of it."""

    code: str
    country_code: str
    region_code: str | None
    name_fr: str
    name_ar: str
    postal_code: str
    towns: tuple[Town, ...]


@dataclass(frozen=True, slots=True)
class Programme:
    name: str
    kind: str
    country_codes: tuple[str, ...]
    region_code: str | None
    province_name: str | None
    scope: str


@cache
def regions() -> list[dict[str, str]]:
    return _table("regions")


@cache
def provinces() -> list[dict[str, str]]:
    return _table("provinces")


@cache
def indications() -> list[dict[str, str]]:
    return _table("geographical_indications")


@cache
def programmes() -> list[Programme]:
    return [
        Programme(
            name=row["name"],
            kind=row["kind"],
            country_codes=tuple(row["countries"].split("|")),
            region_code=row["region"] or None,
            province_name=row["province"] or None,
            scope=row["scope"],
        )
        for row in _table("programmes")
    ]


@cache
def places() -> dict[str, Place]:
    """Places by code: Morocco's provinces, and where the sellers of West Africa are."""
    known = {row["iso_3166_2"]: row for row in provinces()}
    return {row["province"]: _place(row, known.get(row["province"])) for row in _table("places")}


def _place(row: dict[str, str], province: dict[str, str] | None) -> Place:
    towns = tuple(Town(*town.split(":")) for town in row["towns"].split("|"))
    return Place(
        code=row["province"],
        country_code=row["province"][:2],
        region_code=province["region"] if province else None,
        name_fr=province["name_fr"] if province else towns[0].name,
        name_ar=row["name_ar"],
        postal_code=row["postal_code"],
        towns=towns,
    )


def _table(name: str) -> list[dict[str, str]]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
