"""What sellers offer: names and descriptions in three languages, sizes, prices by market, stock, pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random

from marketplace.catalog.attributes import product_attribute_value, variant_attribute_value
from marketplace.catalog.descriptions import description_of_text
from marketplace.catalog.models import (
    Product,
    ProductMedia,
    ProductTranslation,
    ProductVariant,
    ProductVariantTranslation,
)
from marketplace.catalog.words import words_of
from marketplace.demo import facts
from marketplace.demo.answers import Answers
from marketplace.demo.crafts import Item, Shelf, Size, Words, colours, kinds
from marketplace.demo.gallery import SIZES, Gallery
from marketplace.demo.making import Making
from marketplace.demo.pictures.draw import PIXELS
from marketplace.demo.prices import PriceTags
from marketplace.demo.shelves import Labels, Shop, colour_value, size_attribute, sizes_of
from marketplace.demo.world import LISTINGS, Listing, Seller, Variant, World
from marketplace.inventory.models import Stock
from marketplace.kit.money import share
from marketplace.kit.text import slug_of

HAS_DETAIL = frozenset({"rug", "clay", "cloth", "wood"})
"""Kinds of which a closer look shows something."""
USUAL_SHARE = 1.3
"""What comes in one size comes in a usual one."""
NUMBERED = Words("n° {}", "رقم {}", "no. {}")


@dataclass(frozen=True, slots=True)
class Idea:
    """A listing before it is written: which thing, with which detail, in which colour, called what."""

    item: Item
    colour: str
    names: Words


@dataclass(frozen=True, slots=True)
class Told:
    """A description: as plain French text, as blocks in each language, and its folded words."""

    text: str
    blocks: tuple[object, object, object]
    words: tuple[str, ...]


class Listings:
    """Writes listings; what many of them share is worked out once."""

    def __init__(self, world: World, shop: Shop, gallery: Gallery, answers: Answers) -> None:
        self.world, self.shop, self.gallery, self.answers = world, shop, gallery, answers
        self.labels = Labels(world, shop)
        tables = world.tables
        self.products = tables.of(
            Product,
            """
            id vendor_id product_type_id category_id name slug description description_text weight_grams
            rating search_name search_text listed_in is_demo metadata created_at updated_at
            """,
        )
        self.translations = tables.of(ProductTranslation, "product_id language_code name description")
        self.values = tables.of(product_attribute_value, "product_id value_id position")
        self.media = tables.of(
            ProductMedia, "product_id position alt path width_pixels height_pixels thumbnail_sizes"
        )
        self.variants = tables.of(
            ProductVariant,
            """
            id product_id name sku position track_inventory lead_time_days weight_grams created_at updated_at
            """,
        )
        self.variant_translations = tables.of(
            ProductVariantTranslation, "product_variant_id language_code name"
        )
        self.variant_values = tables.of(variant_attribute_value, "variant_id value_id position")
        self.making = Making(world)
        self.stocks = tables.of(Stock, "id warehouse_id variant_id lot_id quantity quantity_allocated")
        self.tags = PriceTags(world)
        self._told: dict[tuple[object, ...], Told] = {}

    def write(self, seller: Seller, idea: Idea, chance: Random) -> None:
        """One listing with everything that hangs on it."""
        world, shelf, item = self.world, seller.shelf, idea.item
        kind = kinds()[shelf.kind]
        key = world.numbers.next("product")
        created_at = _created_at(world, seller, chance)
        tax_class_id, tax_class_name = world.tax_classes[kind.tax]
        chosen = _sizes(shelf, chance)
        variants = [self._variant(seller, key, item, size, chance) for size in chosen]
        picture = self.gallery.picture(item.motif, idea.colour)
        listing = Listing(
            id=key,
            seller=seller,
            names=idea.names,
            category_id=self.shop.categories[shelf.slug],
            tax_class_id=tax_class_id,
            tax_class_name=tax_class_name,
            picture=picture,
            created_at=created_at,
            price_mad=0,
            variants=variants,
        )
        published = chance.random() > 0.015
        self.tags.hang(listing, item, chosen, published, chance)
        world.listings.append(listing)
        value_ids = self._describe(seller, idea, key, chance)
        for value_id, position in self.answers.of(seller):
            self.values.add(key, value_id, position)
        told = self._tell(seller, chance)
        names = idea.names
        self.products.add(
            key, seller.id, self.shop.types[shelf.kind, size_attribute(shelf)], listing.category_id, names.fr,
            f"{slug_of(names.fr)[:80]}-{key}", told.blocks[0], told.text, item.grams,
            round(min(5.0, chance.gauss(4.4, 0.35)), 1) if chance.random() < 0.6 else None,
            _search_name(names), self._search_text(seller, told, value_ids, chosen),
            sorted(listing.variants[0].prices_minor), True, {"demo": "true"}, created_at, created_at,
        )  # fmt: skip
        self.making.origin(seller, key, item)
        self.translations.add(key, "ar", names.ar, told.blocks[1])
        self.translations.add(key, "en", names.en, told.blocks[2])
        self.media.add(key, 0, names.fr, picture, PIXELS, PIXELS, SIZES)
        if shelf.kind in HAS_DETAIL and chance.random() < 0.6:
            close = self.gallery.picture(item.motif, idea.colour, detail=True)
            self.media.add(key, 1, f"{names.fr} : détail", close, PIXELS, PIXELS, SIZES)
        self._write_variants(listing, chosen)

    def _variant(
        self, seller: Seller, product_id: int, item: Item, size: Size | None, chance: Random
    ) -> Variant:
        key = self.world.numbers.next("product_variant")
        heavy = item.grams > 5000
        available = 0 if chance.random() < 0.04 else chance.randint(1, 7) if heavy else chance.randint(3, 60)
        return Variant(
            id=key,
            names=size.name if size else Words("", "", ""),
            sku=f"SIL-{seller.id:04d}-{product_id}-{key}",
            weight_grams=max(10, round(item.grams * (size.weight_share if size else 1))),
            stock_id=self.world.numbers.next("stock"),
            available=available,
            prices_minor={},
        )

    def _write_variants(self, listing: Listing, chosen: list[Size | None]) -> None:
        attribute = size_attribute(listing.seller.shelf)
        lead_time_days = self.making.lead_time_days(listing.seller)
        for position, (variant, size) in enumerate(zip(listing.variants, chosen, strict=True)):
            self.variants.add(
                variant.id, listing.id, variant.names.fr, variant.sku, position, lead_time_days is None,
                lead_time_days, variant.weight_grams, listing.created_at, listing.created_at,
            )  # fmt: skip
            if variant.names.ar != variant.names.fr:
                self.variant_translations.add(variant.id, "ar", variant.names.ar)
                self.variant_translations.add(variant.id, "en", variant.names.en)
            lot_id = self.making.lot(listing.seller, variant.id, variant.available)
            self.stocks.add(
                variant.stock_id, listing.seller.warehouse_id, variant.id, lot_id, variant.available, 0
            )
            if attribute and size:
                self.variant_values.add(variant.id, self.labels.value(attribute, size.name), 0)

    def _describe(self, seller: Seller, idea: Idea, product_id: int, chance: Random) -> list[Words]:
        """Answer what the product type asks; gives the answers' words."""
        shelf, world = seller.shelf, self.world
        answers: list[Words] = []
        for position, asked in enumerate(kinds()[shelf.kind].asks):
            if asked == "couleur":
                value_id, words = colour_value(self.labels, idea.colour), colours()[idea.colour].name
            else:
                words = _answer(asked, seller, world.now, chance)
                value_id = self.labels.value(asked, words) if words else None
            if value_id is not None and words is not None:
                self.values.add(product_id, value_id, position)
                answers.append(words)
        return answers

    def _tell(self, seller: Seller, chance: Random) -> Told:
        """Two sentences of the shelf and how to care for it."""
        shelf = seller.shelf
        first, second = chance.sample(shelf.tells, 2)
        key = (shelf.slug, first.fr, second.fr, seller.town.name)
        if key not in self._told:
            care = kinds()[shelf.kind].care
            texts = [
                (
                    f"{getattr(first, language)}\n\n{getattr(second, language)} {getattr(care, language)}"
                ).replace("{town}", seller.town.arabic if language == "ar" else seller.town.name)
                for language in ("fr", "ar", "en")
            ]
            blocks = (
                description_of_text(texts[0]),
                description_of_text(texts[1]),
                description_of_text(texts[2]),
            )
            words = tuple(dict.fromkeys(word for text in texts for word in words_of(text)))
            self._told[key] = Told(texts[0], blocks, words)
        return self._told[key]

    def _search_text(
        self, seller: Seller, told: Told, answers: list[Words], chosen: list[Size | None]
    ) -> str:
        """The folded words by which `catalog.search.reindex` would find the listing."""
        found = dict.fromkeys(self._seller_words(seller))
        for words in answers:
            found.update(dict.fromkeys(_words(words)))
        found.update(dict.fromkeys(word for size in chosen if size for word in words_of(size.name.fr)))
        found.update(dict.fromkeys(told.words))
        return " ".join(found)

    def _seller_words(self, seller: Seller) -> list[str]:
        if not seller.index_words:
            regions = {row["iso_3166_2"]: row for row in facts.regions()}
            region = regions.get(seller.place.region_code or "")
            root, shelf = self.shop.paths[seller.shelf.slug]
            found = dict.fromkeys(words_of(seller.shelf.craft.fr))
            if region:
                found.update(dict.fromkeys([*words_of(region["name_fr"]), *words_of(region["name_ar"])]))
            for words in (seller.names, root, shelf):
                found.update(dict.fromkeys(_words(words)))
            seller.index_words = " ".join(found)
        return seller.index_words.split()


def list_products(world: World, listings: Listings) -> Iterator[Seller]:
    """Listings for every seller, more for those that buyers look at more. Gives each seller when done."""
    chance = world.chance("listings")
    number = max(len(world.sellers), round(LISTINGS * world.scale))
    weights = [round(100 * (2 + min(seller.appeal, 6))) for seller in world.sellers]
    more = share(number - len(world.sellers), weights)
    for seller, extra in zip(world.sellers, more, strict=True):
        for idea in _ideas(seller, 1 + extra, chance):
            listings.write(seller, idea, chance)
        yield seller


def _ideas(seller: Seller, number: int, chance: Random) -> list[Idea]:
    """So many different listings of a seller: first by detail, then also by colour, then by number."""
    items = [item for item in seller.shelf.items if not item.only or seller.place.code in item.only]
    ideas: list[Idea] = []
    turn = 0
    while len(ideas) < number:
        pairs = [(item, detail) for item in items for detail in seller.shelf.details]
        chance.shuffle(pairs)
        for item, detail in pairs[: number - len(ideas)]:
            colour = item.palettes[turn % len(item.palettes)] if turn else chance.choice(item.palettes)
            names = item.name + detail
            shade = colours()[colour].name
            if turn and shade:
                names = names.with_comma(Words(shade.fr.lower(), shade.ar, shade.en.lower()))
            if turn and (not shade or turn >= len(item.palettes)):
                names = names + Words(
                    *(getattr(NUMBERED, each).format(turn + 1) for each in ("fr", "ar", "en"))
                )
            ideas.append(Idea(item, colour, names))
        turn += 1
    return ideas


def _numbered(number: int) -> Words:
    return Words(NUMBERED.fr.format(number), NUMBERED.ar.format(number), NUMBERED.en.format(number))


def _answer(asked: str, seller: Seller, now: datetime, chance: Random) -> Words | None:
    shelf = seller.shelf
    if asked == "origine":
        return Words(seller.place.name_fr, seller.place.name_ar, seller.place.name_fr)
    if asked == "recolte":
        year = str(now.year if chance.random() < 0.7 else now.year - 1)
        return Words(year, year, year)
    known = shelf.technique if asked == "technique" else shelf.matter
    return chance.choice(known) if known else None


def _sizes(shelf: Shelf, chance: Random) -> list[Size | None]:
    """The sizes of a listing, neighbours of each other; None for a thing that comes in one form."""
    sizes = sizes_of(shelf)
    if sizes is None:
        return [None]
    number = min(len(sizes.values), chance.choices((1, 2, 3, 4), (45, 20, 25, 10))[0])
    if number == 1:
        return [chance.choice([size for size in sizes.values if size.price_share <= USUAL_SHARE])]
    start = chance.randint(0, len(sizes.values) - number)
    return list(sizes.values[start : start + number])


def _created_at(world: World, seller: Seller, chance: Random) -> datetime:
    """Some time after the seller came, and now and then just now."""
    if chance.random() < 0.08:
        return world.days_ago(chance.uniform(0.1, 25))
    span = (world.now - seller.started_at).total_seconds()
    return seller.started_at + timedelta(seconds=span * chance.random() ** 2 * 0.96)


def _search_name(names: Words) -> str:
    return " ".join(dict.fromkeys(word for text in (names.fr, names.ar, names.en) for word in words_of(text)))


@cache
def _words(words: Words) -> tuple[str, ...]:
    return tuple(word for text in (words.fr, words.ar, words.en) for word in words_of(text))
