"""What the parts of the generator share: the day, the dice, the rows in the making, who sells what."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

from marketplace.demo.crafts import Shelf, Words
from marketplace.demo.facts import Place, Town
from marketplace.demo.rows import Tables
from marketplace.kit.settings import Settings
from marketplace.vendors.models import TaxRegime, VendorKind

LISTINGS = 3334
"""At scale 1; scale 30 makes a hundred thousand."""
ORDERS = 12_000
ORDERS_SCALE_AT_MOST = 3
HISTORY_DAYS = 730
SELLERS = {VendorKind.COOPERATIVE: 700, VendorKind.HERITAGE_COMPANY: 50, VendorKind.ENTREPRENEUR: 48}
"""At scale 1 and above: more listings don't mean more sellers."""


class Numbers:
    """Keys of rows, table by table, from 1."""

    def __init__(self) -> None:
        self._next: dict[str, count[int]] = defaultdict(lambda: count(1))

    def next(self, table: str) -> int:
        return next(self._next[table])


@dataclass(slots=True)
class Market:
    """A channel, and which deliveries there take cash."""

    id: int
    slug: str
    currency: str
    country_code: str
    per_dirham: float
    """What a dirham's worth is asked for here, in whole units of the currency."""
    step_minor: int
    """Prices end on multiples of this."""


@dataclass(slots=True)
class Method:
    """A delivery method as orders need it."""

    id: int
    names: Words
    carrier: str
    market: Market
    parcel_minor: int
    further_kilogram_minor: int
    maximum_grams: int | None
    days: tuple[int, int]
    collects_cash: bool


@dataclass(slots=True)
class Rate:
    tax_class_id: int | None
    country_code: str
    regime: TaxRegime
    rate_bp: int
    valid_from: date
    valid_until: date | None


@dataclass(slots=True)
class Seller:
    id: int
    slug: str
    names: Words
    spoken: Words
    """As a story speaks of it."""
    kind: VendorKind
    shelf: Shelf
    place: Place
    town: Town
    regime: TaxRegime
    programme: str
    programme_id: int
    started_at: datetime
    women_led: bool
    appeal: float
    """How much of the buyers' attention falls on it."""
    growth: float
    """By how much its sales multiply in a year."""
    payout_minimum_minor: int = 0
    holder: str = ""
    account_encrypted: bytes = b""
    account_ending: str = ""
    warehouse_id: UUID | None = None
    index_words: str = ""
    indication: str | None = None
    """The protected origin that it may name."""


@dataclass(slots=True)
class Variant:
    id: int
    names: Words
    sku: str
    weight_grams: int
    stock_id: int
    available: int
    prices_minor: dict[int, int]
    """By channel, with tax."""


@dataclass(slots=True)
class Listing:
    id: int
    seller: Seller
    names: Words
    category_id: int
    tax_class_id: int
    tax_class_name: str
    picture: str
    created_at: datetime
    price_mad: int
    variants: list[Variant]


@dataclass
class World:
    """Everything under way. Each part of the generator has dice of its own, so that it changes alone."""

    settings: Settings
    scale: float
    seed: int
    now: datetime
    tables: Tables = field(default_factory=Tables)
    numbers: Numbers = field(default_factory=Numbers)
    markets: dict[str, Market] = field(default_factory=dict)
    methods: list[Method] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    tax_classes: dict[str, tuple[int, str]] = field(default_factory=dict)
    programmes: dict[str, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    sellers: list[Seller] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    staff: dict[str, int] = field(default_factory=dict)
    _found_rates: dict[tuple[TaxRegime, int | None, str, date], int] = field(default_factory=dict)

    def chance(self, part: str) -> Random:
        return Random(f"{self.seed} {part}")

    def days_ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    def rate_bp(self, regime: TaxRegime, tax_class_id: int | None, country_code: str, day: date) -> int:
        """The rate in force, by the rule of `pricing.taxes.rate_expression`."""
        key = (regime, tax_class_id, country_code, day)
        if key not in self._found_rates:
            self._found_rates[key] = self._rate_bp(*key)
        return self._found_rates[key]

    def _rate_bp(self, regime: TaxRegime, tax_class_id: int | None, country_code: str, day: date) -> int:
        in_force = [
            rate
            for rate in self.rates
            if rate.regime is regime
            and rate.country_code == country_code
            and rate.tax_class_id in (tax_class_id, None)
            and rate.valid_from <= day
            and (rate.valid_until is None or rate.valid_until > day)
        ]
        if not in_force:
            return 0
        return max(in_force, key=lambda rate: (rate.tax_class_id is not None, rate.valid_from)).rate_bp


def uuid_from(chance: Random) -> UUID:
    """A random UUID that comes out the same for the same dice."""
    return UUID(int=chance.getrandbits(128), version=4)
