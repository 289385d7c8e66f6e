"""What sellers and people of the demo are called, where they live, and the numbers that name them."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from stdnum.iso7064 import mod_97_10

from marketplace.demo.crafts import Words
from marketplace.demo.facts import Place, Town


@cache
def book() -> dict[str, Any]:
    with (Path(__file__).parent / "names.toml").open("rb") as file:
        return tomllib.load(file)


class SellerNames:
    """Names of sellers, each given once."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._taken: set[str] = set()

    def new(self, form: str, town: Town, *, west_african: bool = False) -> tuple[Words, Words]:
        """A name of one of the forms in `names.toml` in a town, and how one speaks of its bearer."""
        words = book()["west_african" if west_african else "words"]
        for _ in range(1000):
            word, arabic = self._chance.choice(words)
            chosen = self._chance.choice(book()["forms"][form])
            names, spoken = (_spelled(chosen[each], word, arabic, town) for each in ("names", "spoken"))
            if names.fr not in self._taken:
                self._taken.add(names.fr)
                return names, spoken
        raise LookupError(f"no name is left in {town.name}")


@dataclass(frozen=True, slots=True)
class Person:
    first_name: str
    last_name: str


def person(chance: Random, country_code: str = "MA") -> Person:
    people = book()["people"]
    if country_code != "MA":
        return Person(
            chance.choice(people["west_african_first"]), chance.choice(people["west_african_families"])
        )
    return Person(chance.choice(people[chance.choice(("women", "men"))]), chance.choice(people["families"]))


def street(chance: Random) -> str:
    return f"{chance.randint(1, 180)}, {chance.choice(book()['streets'])}"


_MOBILE = {"MA": ("+2126", 8), "CI": ("+22507", 8), "SN": ("+22177", 7)}


def phone(chance: Random, country_code: str) -> str:
    """A well-formed mobile number in E.164. Somebody may have it, so nobody calls it."""
    start, digits = _MOBILE[country_code]
    first = "1" if country_code == "MA" else ""
    return start + first + "".join(str(chance.randint(0, 9)) for _ in range(digits - len(first)))


def ice(chance: Random, number: int) -> str:
    """An ICE whose check digits are right: nine digits of ours, four of the branch, two that check."""
    body = f"9{number:05d}{chance.randint(0, 999):03d}{chance.randint(0, 99):04d}"
    return f"{body}{-int(body) * 100 % 97:02d}"


def rib(chance: Random) -> tuple[str, str]:
    """A bank's name and a RIB there: the whole number is a multiple of 97."""
    code, bank = chance.choice(book()["banks"])
    body = f"{code}{chance.randint(1, 999):03d}{chance.randint(0, 10**16 - 1):016d}"
    return bank, f"{body}{-int(body) * 100 % 97:02d}"


def iban(chance: Random, country_code: str) -> tuple[str, str]:
    """A bank's name and an IBAN of Côte d'Ivoire or Senegal."""
    body = f"{country_code}{chance.randint(1, 999):03d}{chance.randint(0, 10**19 - 1):019d}"
    check = mod_97_10.calc_check_digits(f"{body}{country_code}")
    return "Banque régionale de démonstration", f"{country_code}{check}{body}"


def address_of(chance: Random, place: Place, town: Town) -> dict[str, str]:
    """Where in a town: the fields of an address but whose it is."""
    return {
        "street_address_1": street(chance)
        if place.country_code == "MA"
        else f"Villa {chance.randint(1, 400)}",
        "city": town.name,
        "postal_code": place.postal_code,
        "country_code": place.country_code,
    }


def _spelled(forms: list[str], word: str, arabic: str, town: Town) -> Words:
    french, in_arabic, english = forms
    return Words(
        elided(french.format(word, town.name)),
        in_arabic.format(arabic, town.arabic),
        english.format(word, town.name),
    )


def elided(text: str) -> str:
    """`de Ouarzazate` and `de Essaouira` as one says them."""
    for letter in "AEIOUÉÈÂÎÔ":
        text = text.replace(f" de {letter}", f" d'{letter}")
    return text
