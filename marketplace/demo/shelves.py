"""Where listings stand: categories in two levels, product types and the attributes they ask for."""

from dataclasses import dataclass, field

from marketplace.catalog.attributes import (
    Attribute,
    AttributeInputType,
    AttributeScope,
    AttributeTranslation,
    AttributeValue,
    AttributeValueTranslation,
    ProductTypeAttribute,
)
from marketplace.catalog.descriptions import description_of_text
from marketplace.catalog.models import (
    Category,
    CategoryTranslation,
    ProductType,
)
from marketplace.demo.crafts import Root, Shelf, Sizes, Words, colours, kinds, roots, sizes
from marketplace.demo.gallery import Gallery
from marketplace.demo.rows import Rows
from marketplace.demo.world import World
from marketplace.kit.text import slug_of

ATTRIBUTES = {
    "couleur": (Words("Couleur", "اللون", "Colour"), AttributeInputType.SWATCH),
    "matiere": (Words("Matière", "المادة", "Material"), AttributeInputType.DROPDOWN),
    "technique": (Words("Technique", "التقنية", "Technique"), AttributeInputType.DROPDOWN),
    "origine": (Words("Origine", "الأصل", "Origin"), AttributeInputType.DROPDOWN),
    "composition": (Words("Composition", "التركيب", "Composition"), AttributeInputType.DROPDOWN),
    "recolte": (Words("Récolte", "المحصول", "Harvest"), AttributeInputType.DROPDOWN),
    "dimensions": (Words("Dimensions", "الأبعاد", "Dimensions"), AttributeInputType.DROPDOWN),
    "taille": (Words("Taille", "المقاس", "Size"), AttributeInputType.DROPDOWN),
    "pointure": (Words("Pointure", "مقاس الحذاء", "Shoe size"), AttributeInputType.DROPDOWN),
    "contenance": (Words("Contenance", "السعة", "Content"), AttributeInputType.DROPDOWN),
}


@dataclass(slots=True)
class Shop:
    """What listings are put into and described with."""

    categories: dict[str, int] = field(default_factory=dict)
    paths: dict[str, tuple[Words, Words]] = field(default_factory=dict)
    """The names of a shelf's root and of the shelf."""
    types: dict[tuple[str, str | None], int] = field(default_factory=dict)
    attributes: dict[str, int] = field(default_factory=dict)
    values: dict[tuple[str, str], int] = field(default_factory=dict)


class Labels:
    """Attribute values, each written when it is first used."""

    def __init__(self, world: World, shop: Shop) -> None:
        self._world, self._shop = world, shop
        self._values: Rows = world.tables.of(AttributeValue, "id attribute_id slug name value position")
        self._translations: Rows = world.tables.of(
            AttributeValueTranslation, "attribute_value_id language_code name"
        )

    def value(self, attribute: str, words: Words, colour: str = "") -> int:
        """The key of a value of an attribute."""
        key = (attribute, words.fr)
        if key not in self._shop.values:
            number = self._shop.values[key] = self._world.numbers.next("attribute_value")
            attribute_id = self._shop.attributes[attribute]
            self._values.add(number, attribute_id, slug_of(words.fr), words.fr, colour, number)
            if words.ar != words.fr:
                self._translations.add(number, "ar", words.ar)
            if words.en != words.fr:
                self._translations.add(number, "en", words.en)
        return self._shop.values[key]


def build_shelves(world: World, gallery: Gallery) -> Shop:
    shop = Shop()
    _categories(world, shop, gallery)
    _attributes(world, shop)
    _types(world, shop)
    return shop


def _categories(world: World, shop: Shop, gallery: Gallery) -> None:
    rows = world.tables.of(
        Category,
        "id name slug description parent_id level path position picture_path metadata created_at updated_at",
    )
    translations = world.tables.of(CategoryTranslation, "category_id language_code name slug description")
    opened = world.days_ago(900)

    def add(thing: Root | Shelf, tells: Words, parent: int | None, position: int, picture: str) -> int:
        key = shop.categories[thing.slug] = world.numbers.next("category")
        path = [key] if parent is None else [parent, key]
        rows.add(
            key, thing.name.fr, thing.slug, description_of_text(tells.fr), parent, len(path) - 1, path,
            position,
            picture, {"demo": "true"}, opened, opened,
        )  # fmt: skip
        for language in ("ar", "en"):
            name = getattr(thing.name, language)
            slug = f"{slug_of(thing.name.en)}-{key}" if language == "en" else None
            translations.add(key, language, name, slug, description_of_text(getattr(tells, language)))
        return key

    for place, root in enumerate(roots()):
        parent = add(root, root.tells, None, place, gallery.picture(root.motif, root.palette))
        for number, shelf in enumerate(root.shelves):
            first = shelf.items[0]
            picture = gallery.picture(first.motif, first.palettes[0], 1)
            add(shelf, shelf.tells[-1], parent, number, picture)
            shop.paths[shelf.slug] = (root.name, shelf.name)


def _attributes(world: World, shop: Shop) -> None:
    rows = world.tables.of(Attribute, "id slug name input_type position")
    translations = world.tables.of(AttributeTranslation, "attribute_id language_code name")
    for position, (slug, (name, input_type)) in enumerate(ATTRIBUTES.items()):
        key = shop.attributes[slug] = world.numbers.next("attribute")
        rows.add(key, slug, name.fr, input_type, position)
        translations.add(key, "ar", name.ar)
        translations.add(key, "en", name.en)


def _types(world: World, shop: Shop) -> None:
    """A product type for each kind of thing and the one way in which its variants differ."""
    rows = world.tables.of(ProductType, "id name slug has_variants weight_grams tax_class_id")
    asks = world.tables.of(
        ProductTypeAttribute, "product_type_id attribute_id scope position variant_selection"
    )
    pairs = {(shelf.kind, size_attribute(shelf)) for root in roots() for shelf in root.shelves}
    for kind_slug, attribute in sorted(pairs, key=lambda pair: (pair[0], pair[1] or "")):
        kind = kinds()[kind_slug]
        key = shop.types[kind_slug, attribute] = world.numbers.next("product_type")
        suffix = f" ({ATTRIBUTES[attribute][0].fr.lower()})" if attribute else ""
        tax_class_id = world.tax_classes[kind.tax][0]
        rows.add(
            key, kind.name.fr + suffix, slug_of(kind.name.fr + suffix), bool(attribute), 500, tax_class_id
        )
        for position, asked in enumerate(kind.asks):
            asks.add(key, shop.attributes[asked], AttributeScope.PRODUCT, position, False)
        if attribute:
            asks.add(key, shop.attributes[attribute], AttributeScope.VARIANT, 0, True)


def size_attribute(shelf: Shelf) -> str | None:
    return sizes()[shelf.sizes].attribute if shelf.sizes else None


def sizes_of(shelf: Shelf) -> Sizes | None:
    return sizes()[shelf.sizes] if shelf.sizes else None


def colour_value(labels: Labels, colour_slug: str) -> int | None:
    """The swatch of a colour that has a name."""
    colour = colours()[colour_slug]
    return labels.value("couleur", colour.name, colour.palette.main) if colour.name else None
