"""Collections, and which listings they hold."""

from collections.abc import Callable

from marketplace.catalog.descriptions import description_of_text
from marketplace.catalog.listings import CollectionChannelListing
from marketplace.catalog.models import Collection, CollectionProduct, CollectionTranslation
from marketplace.demo.crafts import collections
from marketplace.demo.gallery import Gallery
from marketplace.demo.world import Listing, World
from marketplace.vendors.models import VendorKind

LISTINGS_EACH = 80
FESTIVE = frozenset(
    {"tajines-et-plats", "ceramique-bleue-de-fes", "broderie", "cuivre-et-dinanderie", "amlou", "dattes"}
)
LARDER = frozenset({"pantry", "staple"})
SMALL_GIFT_MAD = 150


def collect(world: World, gallery: Gallery) -> dict[str, int]:
    """Write the collections, each with some of the listings that fit. Gives their keys by slug."""
    keys: dict[str, int] = {}
    rows = world.tables.of(Collection, "id name slug description picture_path metadata created_at updated_at")
    translations = world.tables.of(CollectionTranslation, "collection_id language_code name description")
    members = world.tables.of(CollectionProduct, "collection_id product_id position")
    listings = world.tables.of(CollectionChannelListing, "collection_id channel_id is_published published_at")
    opened, chance = world.days_ago(600), world.chance("collections")
    for slug, collection in collections().items():
        key = keys[slug] = world.numbers.next("collection")
        name, tells = collection.name, collection.tells
        picture = gallery.picture(collection.motif, collection.colour)
        rows.add(key, name.fr, slug, description_of_text(tells.fr), picture, {"demo": "true"}, opened, opened)
        translations.add(key, "ar", name.ar, description_of_text(tells.ar))
        translations.add(key, "en", name.en, description_of_text(tells.en))
        for channel in world.markets.values():
            listings.add(key, channel.id, True, opened)
        fits = _FITS[slug]
        fitting = [listing.id for listing in world.listings if fits(world, listing)]
        for position, product_id in enumerate(chance.sample(fitting, min(LISTINGS_EACH, len(fitting)))):
            members.add(key, product_id, position)
    return keys


_FITS: dict[str, Callable[[World, Listing], bool]] = {
    "nouveautes": lambda world, listing: listing.created_at > world.days_ago(30),
    "origines-protegees": lambda _, listing: listing.seller.indication is not None,
    "cooperatives-de-femmes": lambda _, listing: (
        listing.seller.women_led and listing.seller.kind is VendorKind.COOPERATIVE
    ),
    "maisons-du-patrimoine": lambda _, listing: listing.seller.kind is VendorKind.HERITAGE_COMPANY,
    "petits-cadeaux": lambda _, listing: listing.price_mad < SMALL_GIFT_MAD,
    "table-de-fete": lambda _, listing: listing.seller.shelf.slug in FESTIVE,
    "garde-manger": lambda _, listing: listing.seller.shelf.kind in LARDER,
    "afrique-de-l-ouest": lambda _, listing: listing.seller.kind is VendorKind.ENTREPRENEUR,
}
