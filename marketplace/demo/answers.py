"""What listings say besides what is chosen from a list: a number, a yes, a day, a page to read."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from marketplace.catalog.attributes import (
    Attribute,
    AttributeEntityType,
    AttributeInputType,
    AttributeReferencePageType,
    AttributeScope,
    AttributeTranslation,
    AttributeValue,
    AttributeValueTranslation,
    MeasurementUnit,
    ProductTypeAttribute,
)
from marketplace.demo.crafts import Words
from marketplace.demo.pages import Pages
from marketplace.demo.shelves import Shop
from marketplace.demo.world import Seller, World

Input = AttributeInputType
ATTRIBUTES = {
    "poil": (Words("Hauteur du poil", "ارتفاع الوبر", "Pile height"), Input.NUMERIC),
    "fait-main": (Words("Fait main", "مصنوع باليد", "Handmade"), Input.BOOLEAN),
    "recolte-le": (Words("Récolté le", "تاريخ الجني", "Harvested on"), Input.DATE),
    "a-lire": (Words("À lire", "للقراءة", "To read"), Input.SINGLE_REFERENCE),
}
CRAFTS = frozenset({"rug", "clay", "leather", "wood", "metal", "cloth"})
HARVESTS = frozenset({"pantry", "staple"})
STORIES = {"rug": "le-tapis-noue", "clay": "la-terre-et-le-feu"}
"""By kind of product: the page that tells how it is made."""
ORIGINS = {"Argane": "l-argane"}
"""By protected origin: the page that tells its story."""
YES_NO = {True: Words("oui", "نعم", "yes"), False: Words("non", "لا", "no")}
AFTER_THE_LISTS = 10
"""Where these stand among what a type asks for."""
HARVEST_DAYS = 120


class Answers:
    """Attributes of four further kinds, and each listing's answers to those that its type asks for."""

    def __init__(self, world: World, shop: Shop, pages: Pages) -> None:
        self._world, self._pages = world, pages
        self._chance = world.chance("answers")
        self._attributes = self._ask(shop)
        tables = world.tables
        self._values = tables.of(
            AttributeValue,
            "id attribute_id slug name position numeric boolean date reference_page_id",
        )
        self._translations = tables.of(AttributeValueTranslation, "attribute_value_id language_code name")
        self._known: dict[tuple[str, str], int] = {}

    def of(self, seller: Seller) -> Iterator[tuple[int, int]]:
        """What one more listing of a seller says: keys of values, each with its position."""
        kind, chance = seller.shelf.kind, self._chance
        answers: list[int] = []
        if kind == "rug":
            answers.append(self._number("poil", chance.choice((5, 8, 12, 15, 20, 25, 30))))
        if kind in CRAFTS:
            answers.append(self._truth("fait-main", said=chance.random() < 0.93))
        if kind in HARVESTS:
            answers.append(self._day("recolte-le", self._harvest(chance)))
        page = ORIGINS.get(seller.indication or "") or STORIES.get(kind)
        if page is not None:
            answers.append(self._page("a-lire", page))
        for position, value_id in enumerate(answers):
            yield value_id, AFTER_THE_LISTS + position

    def _ask(self, shop: Shop) -> dict[str, int]:
        world = self._world
        rows = world.tables.of(Attribute, "id slug name input_type entity_type unit position")
        translations = world.tables.of(AttributeTranslation, "attribute_id language_code name")
        asks = world.tables.of(ProductTypeAttribute, "product_type_id attribute_id scope position")
        narrowed = world.tables.of(AttributeReferencePageType, "attribute_id page_type_id")
        asked_of = {
            "poil": {"rug"},
            "fait-main": CRAFTS,
            "recolte-le": HARVESTS,
            "a-lire": {kind for kind, _ in shop.types},
        }
        keys: dict[str, int] = {}
        for position, (slug, (name, input_type)) in enumerate(ATTRIBUTES.items()):
            key = keys[slug] = world.numbers.next("attribute")
            place = AFTER_THE_LISTS + position
            entity = AttributeEntityType.PAGE if input_type is Input.SINGLE_REFERENCE else None
            unit = MeasurementUnit.MM if input_type is Input.NUMERIC else None
            rows.add(key, slug, name.fr, input_type, entity, unit, place)
            translations.add(key, "ar", name.ar)
            translations.add(key, "en", name.en)
            for (kind, _), type_id in shop.types.items():
                if kind in asked_of[slug]:
                    asks.add(type_id, key, AttributeScope.PRODUCT, place)
        narrowed.add(keys["a-lire"], self._pages.type_ids["recits"])
        return keys

    def _harvest(self, chance: Random) -> date:
        return (self._world.now - timedelta(days=chance.randrange(HARVEST_DAYS))).date()

    def _number(self, attribute: str, number: int) -> int:
        return self._value(attribute, str(number), Words(*[str(number)] * 3), numeric=number)

    def _truth(self, attribute: str, *, said: bool) -> int:
        return self._value(attribute, str(said).lower(), YES_NO[said], boolean=said)

    def _day(self, attribute: str, day: date) -> int:
        return self._value(attribute, day.isoformat(), Words(*[day.isoformat()] * 3), day=day)

    def _page(self, attribute: str, slug: str) -> int:
        return self._value(attribute, slug, Words(*[slug] * 3), page_id=self._pages.keys[slug])

    def _value(
        self,
        attribute: str,
        slug: str,
        name: Words,
        *,
        numeric: int | None = None,
        boolean: bool | None = None,
        day: date | None = None,
        page_id: int | None = None,
    ) -> int:
        """The key of a value, which is written when it is first said."""
        known = self._known.get((attribute, slug))
        if known is not None:
            return known
        key = self._known[attribute, slug] = self._world.numbers.next("attribute_value")
        self._values.add(key, self._attributes[attribute], slug, name.fr, key, numeric, boolean, day, page_id)
        if name.ar != name.fr:
            self._translations.add(key, "ar", name.ar)
            self._translations.add(key, "en", name.en)
        return key
