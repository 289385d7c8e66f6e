"""Three markets with their currencies, dated tax rates, zones, and ways to deliver."""

from datetime import date

from marketplace.catalog.descriptions import description_of_text
from marketplace.demo.crafts import Words
from marketplace.demo.world import Market, Method, Rate, World
from marketplace.markets.models import (
    Channel,
    ShippingMethod,
    ShippingMethodListing,
    ShippingMethodTranslation,
    ShippingZone,
    TaxClass,
    TaxRate,
    zone_channel,
)
from marketplace.vendors.models import TaxRegime

EUROPE = ("FR", "BE", "ES", "DE", "IT", "NL", "PT", "LU")
WEST_AFRICA = ("SN", "CI", "ML", "BF", "BJ", "TG")
LONG_AGO = date(2020, 1, 1)

TAX_CLASSES = {
    "standard": "Artisanat et soins (taux normal)",
    "reduced": "Alimentation transformée (taux réduit)",
    "zero": "Produits de la terre (exonérés)",
    "delivery": "Livraison",
}
GOODS_RATES_BP = {
    "MA": (2000, 1000, 0),
    "FR": (2000, 550, 550),
    "BE": (2100, 600, 600),
    "ES": (2100, 1000, 400),
    "DE": (1900, 700, 700),
    "IT": (2200, 1000, 400),
    "NL": (2100, 900, 900),
    "PT": (2300, 1300, 600),
    "LU": (1700, 300, 300),
    "SN": (1800, 1800, 0),
    "CI": (1800, 900, 0),
    "ML": (1800, 500, 0),
    "BF": (1800, 1800, 0),
    "BJ": (1800, 1800, 0),
    "TG": (1800, 1800, 0),
}
"""Standard, reduced, farm produce: figures for a demonstration, to be confirmed by an accountant."""
MOROCCAN_TRANSPORT_BP = (
    (1400, LONG_AGO, date(2024, 1, 1)),
    (1600, date(2024, 1, 1), date(2025, 1, 1)),
    (1800, date(2025, 1, 1), date(2026, 1, 1)),
    (2000, date(2026, 1, 1), None),
)
"""Rates change on a day: an order keeps the one of its own."""


def open_markets(world: World) -> None:
    """Channels, tax classes and rates, zones, methods."""
    _channels(world)
    _taxes(world)
    _zones(world)


def _channels(world: World) -> None:
    rows = world.tables.of(
        Channel, "id slug name currency_code default_country_code is_active cash_on_delivery metadata"
    )
    for slug, name, currency, country_code, cash, per_dirham, step_minor in (
        ("maroc", "Maroc", "MAD", "MA", True, 1.0, 100),
        ("europe", "Europe", "EUR", "FR", False, 0.118, 50),
        ("afrique-ouest", "Afrique de l'Ouest", "XOF", "SN", True, 66.0, 100),
    ):
        key = world.numbers.next("channel")
        world.markets[slug] = Market(key, slug, currency, country_code, per_dirham, step_minor)
        rows.add(key, slug, name, currency, country_code, True, cash, {"demo": "true"})


def _taxes(world: World) -> None:
    classes = world.tables.of(TaxClass, "id name")
    rates = world.tables.of(TaxRate, "tax_class_id country_code regime rate_bp valid_from valid_until")
    for slug, name in TAX_CLASSES.items():
        key = world.numbers.next("tax_class")
        world.tax_classes[slug] = (key, name)
        classes.add(key, name)
    for country_code, goods in GOODS_RATES_BP.items():
        for slug, rate_bp in zip(("standard", "reduced", "zero"), goods, strict=True):
            key = world.tax_classes[slug][0]
            world.rates.append(Rate(key, country_code, TaxRegime.STANDARD, rate_bp, LONG_AGO, None))
            world.rates.append(Rate(key, country_code, TaxRegime.EXEMPT, 0, LONG_AGO, None))
        # The carrier's own tax is due whoever sells.
        for rate_bp, start, end in _delivery_rates(country_code, goods[0]):
            key = world.tax_classes["delivery"][0]
            for regime in TaxRegime:
                world.rates.append(Rate(key, country_code, regime, rate_bp, start, end))
    for rate in world.rates:
        rates.add(
            rate.tax_class_id,
            rate.country_code,
            rate.regime,
            rate.rate_bp,
            rate.valid_from,
            rate.valid_until,
        )


def _delivery_rates(country_code: str, standard_bp: int) -> tuple[tuple[int, date, date | None], ...]:
    return MOROCCAN_TRANSPORT_BP if country_code == "MA" else ((standard_bp, LONG_AGO, None),)


def _zones(world: World) -> None:
    zones = world.tables.of(ShippingZone, "id name country_codes")
    channels = world.tables.of(zone_channel, "zone_id channel_id")
    for name, countries, slug in (
        ("Maroc", ("MA",), "maroc"),
        ("Europe", EUROPE, "europe"),
        ("Afrique de l'Ouest", WEST_AFRICA, "afrique-ouest"),
    ):
        key = world.numbers.next("zone")
        zones.add(key, name, countries)
        channels.add(key, world.markets[slug].id)
    _methods(world)


_HOME = Words("Livraison à domicile", "التوصيل إلى المنزل", "Home delivery")
_RELAY = Words("Point relais", "نقطة استلام", "Pick-up point")
_EXPRESS = Words("Livraison express", "توصيل سريع", "Express delivery")
_ABROAD = Words("Colis international", "طرد دولي", "International parcel")
_PAYABLE = Words(
    "Paiement en espèces à la réception.", "الأداء نقدا عند الاستلام.", "Pay in cash on delivery."
)
_PREPAID = Words("Suivi, remis contre signature.", "طرد متتبع يسلم مقابل توقيع.", "Tracked, signed for.")

_METHODS = (
    (1, "maroc", _HOME, "Atlas Colis", True, 3500, 600, None, (2, 4)),
    (1, "maroc", _RELAY, "Relais Médina", True, 2500, 400, 15_000, (2, 5)),
    (1, "maroc", _EXPRESS, "Rif Express", True, 5900, 900, 20_000, (1, 2)),
    (2, "europe", _ABROAD, "Détroit Fret", False, 1490, 450, 30_000, (5, 9)),
    (2, "europe", _EXPRESS, "Rif Express", False, 2900, 800, 20_000, (2, 4)),
    (3, "afrique-ouest", _HOME, "Sahel Courses", True, 2500, 500, None, (3, 7)),
    (3, "afrique-ouest", _RELAY, "Relais Lagune", True, 1500, 300, 15_000, (3, 8)),
)
"""Zone, market, name, carrier, takes cash, a parcel's price, a further kilogram's, heaviest, days."""


def _methods(world: World) -> None:
    methods = world.tables.of(
        ShippingMethod,
        """
        id zone_id name description carrier collects_cash maximum_weight_grams minimum_delivery_days
        maximum_delivery_days tax_class_id created_at updated_at
        """,
    )
    translations = world.tables.of(
        ShippingMethodTranslation, "shipping_method_id language_code name description"
    )
    listings = world.tables.of(
        ShippingMethodListing,
        "method_id channel_id currency parcel_price_minor further_kilogram_price_minor",
    )
    opened = world.days_ago(900)
    for zone_id, slug, names, carrier, cash, parcel, further, heaviest, days in _METHODS:
        key, market = world.numbers.next("method"), world.markets[slug]
        text = _PAYABLE if cash else _PREPAID
        methods.add(
            key, zone_id, names.fr, description_of_text(text.fr), carrier, cash, heaviest, *days,
            world.tax_classes["delivery"][0], opened, opened,
        )  # fmt: skip
        translations.add(key, "ar", names.ar, description_of_text(text.ar))
        translations.add(key, "en", names.en, description_of_text(text.en))
        listings.add(key, market.id, market.currency, parcel, further)
        world.methods.append(Method(key, names, carrier, market, parcel, further, heaviest, days, cash))
