"""Lots of food, things made to order, protected origins and makers who are named: how goods came to be."""

from datetime import timedelta
from random import Random

from marketplace.catalog.origins import ProductOrigin
from marketplace.demo import facts, naming
from marketplace.demo.crafts import Item, kinds
from marketplace.demo.world import Seller, World
from marketplace.inventory.models import Lot
from marketplace.vendors.models import VendorKind

SLOW = frozenset({"rug", "cloth", "leather", "wood"})
"""Kinds of which some are made when they are ordered."""
MADE_TO_ORDER_SHARE = 0.06
NAMED_SHARE = 0.3
LEAST_WORD = 4


class Making:
    """Writes where goods come from, as they are listed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.indications = {row["name"]: key for key, row in enumerate(facts.indications(), 1)}
        self.chance = world.chance("making")
        self.lots = world.tables.of(
            Lot,
            "id variant_id code produced_on best_before pieces_made created_at updated_at",
        )
        self.origins = world.tables.of(ProductOrigin, "product_id indication_id maker_name shows_maker")

    def lead_time_days(self, seller: Seller) -> int | None:
        """Days until a piece is made that nobody has made yet; None for most, which lie on a shelf."""
        if seller.shelf.kind not in SLOW or self.chance.random() > MADE_TO_ORDER_SHARE:
            return None
        return self.chance.choice((10, 14, 21, 28, 45))

    def lot(self, seller: Seller, variant_id: int, pieces: int) -> int | None:
        """The lot of a variant's pieces, where they are food. A few are past their best."""
        if kinds()[seller.shelf.kind].tax == "standard":
            return None
        key = self.world.numbers.next("lot")
        chance, day_of_year = self.chance, self.world.now.timetuple().tm_yday
        made_at = self.world.days_ago(chance.randint(20, max(21, day_of_year - 1)))
        made_on = made_at.date()
        keeps = chance.choice((365, 540, 730)) if chance.random() > 0.015 else 15
        self.lots.add(
            key,
            variant_id,
            f"{made_on:%y%m}-{variant_id}",
            made_on,
            made_on + timedelta(days=keeps),
            max(1, pieces) * chance.randint(1, 4),
            made_at,
            made_at,
        )
        return key

    def origin(self, seller: Seller, product_id: int, item: Item) -> None:
        """The protected origin of what bears its name, and the maker of some pieces."""
        indication_id = self._indication(seller, item)
        named = seller.kind is not VendorKind.ENTREPRENEUR and self.chance.random() < NAMED_SHARE
        if indication_id is None and not named:
            return
        maker = _name(self.chance, seller) if named else ""
        self.origins.add(product_id, indication_id, maker, named)

    def _indication(self, seller: Seller, item: Item) -> int | None:
        if seller.indication is None:
            return None
        shared = _words(item.name.fr) & _words(seller.indication)
        # That both are dates says nothing: several origins are of dates.
        tells = any(sum(word in _words(name) for name in self.indications) == 1 for word in shared)
        return self.indications[seller.indication] if tells else None


def _words(name: str) -> set[str]:
    """Those of its words that are long enough to tell something, without a plural or feminine ending."""
    words = (word.removeprefix("d'").rstrip("es") for word in name.lower().split())
    return {word for word in words if len(word) >= LEAST_WORD}


def _name(chance: Random, seller: Seller) -> str:
    person = naming.person(chance, seller.place.country_code)
    return f"{person.first_name} {person.last_name}"
