"""People who buy: half of the cities' telephone books, none of it anybody's."""

from dataclasses import dataclass
from random import Random

from marketplace.demo import facts, naming
from marketplace.demo.facts import Place, Town
from marketplace.demo.rows import Rows
from marketplace.demo.world import World
from marketplace.kit.text import slug_of
from marketplace.people.models import Address, User

CITIES = (
    "MA-CAS",
    "MA-RAB",
    "MA-MAR",
    "MA-FES",
    "MA-TNG",
    "MA-AGD",
    "MA-MEK",
    "MA-OUJ",
    "MA-KEN",
    "MA-TET",
    "MA-SAL",
)
CITIES_ABROAD = ("SN-DK", "SN-TH", "CI-AB", "CI-BK")
LANGUAGES = (("fr", "ar", "en"), (68, 24, 8))


@dataclass(frozen=True, slots=True)
class Buyer:
    user_id: int | None
    """None: a guest."""
    person: naming.Person
    email: str
    phone: str
    place: Place
    town: Town
    language: str


class Buyers:
    """Buyers of a market, made as orders need them: some come back, some are guests."""

    def __init__(self, world: World, market_slug: str, expected_orders: int) -> None:
        self._world = world
        self._chance = world.chance(f"buyers {market_slug}")
        self._cities = CITIES if market_slug == "maroc" else CITIES_ABROAD
        self._addresses = address_rows(world)
        self._known = [self._new(number) for number in range(max(3, expected_orders // 5))]
        self._write_accounts()

    def next(self) -> Buyer:
        """Who places the next order."""
        if self._chance.random() < 0.25:
            return self._new(None)
        # Squared, so that a few come back often.
        return self._known[int(len(self._known) * self._chance.random() ** 2)]

    def _new(self, number: int | None) -> Buyer:
        chance, world = self._chance, self._world
        place = facts.places()[chance.choice(self._cities)]
        who = naming.person(chance, place.country_code)
        first = number == 0 and self._cities is CITIES
        user_id: int | None = world.staff["buyer"]
        email = "buyer@demo.sil"
        if not first:
            mark = number if number is not None else f"g{chance.randint(1, 99_999)}"
            user_id = world.numbers.next("user") if number is not None else None
            host = "buyers.demo.sil" if number is not None else "example.com"
            name = f"{slug_of(who.first_name)}.{slug_of(who.last_name)}"
            email = f"{name}.{place.country_code.lower()}{mark}@{host}"
        return Buyer(
            user_id,
            naming.Person("Salma", "Bennani") if first else who,
            email,
            naming.phone(chance, place.country_code),
            place,
            place.towns[0],
            chance.choices(*LANGUAGES)[0],
        )

    def _write_accounts(self) -> None:
        """Accounts nobody can sign in to (they have no password), each with an address."""
        world, chance = self._world, self._chance
        users = world.tables.of(
            User,
            "id email first_name last_name phone language_code token_key metadata created_at updated_at",
        )
        book = address_rows(world)
        for buyer in self._known:
            joined = world.days_ago(chance.randint(730, 900))
            if buyer.user_id != world.staff["buyer"]:
                users.add(
                    buyer.user_id, buyer.email, buyer.person.first_name, buyer.person.last_name, buyer.phone,
                    buyer.language, f"{chance.getrandbits(128):032x}", {"demo": "true"}, joined, joined,
                )  # fmt: skip
            write_address(world, book, buyer, chance, user_id=buyer.user_id)

    def address_of(self, buyer: Buyer) -> int:
        """A copy of the buyer's address, for one order."""
        return write_address(self._world, self._addresses, buyer, self._chance)


def address_rows(world: World) -> Rows:
    return world.tables.of(
        Address,
        "id user_id first_name last_name phone street_address_1 city postal_code country_code",
    )


def write_address(world: World, rows: Rows, buyer: Buyer, chance: Random, user_id: int | None = None) -> int:
    key = world.numbers.next("address")
    where = naming.address_of(chance, buyer.place, buyer.town)
    rows.add(key, user_id, buyer.person.first_name, buyer.person.last_name, buyer.phone, *where.values())
    return key
