"""Cooperatives, heritage companies and young businesses: who they are, where they are paid, who signs in."""

from random import Random

from argon2 import PasswordHasher

from marketplace.demo import facts, naming
from marketplace.demo.crafts import Shelf, Words, kinds, roots
from marketplace.demo.gallery import Gallery
from marketplace.demo.rows import Rows
from marketplace.demo.world import SELLERS, Seller, World, uuid_from
from marketplace.inventory.models import Warehouse
from marketplace.kit.money import share
from marketplace.kit.text import slug_of
from marketplace.people.models import Address, PermissionGroup, User, group_member
from marketplace.people.permissions import Permission
from marketplace.vendors.bank import encrypted_number
from marketplace.vendors.models import (
    BadgeKind,
    BankAccount,
    BankAccountKind,
    GeographicalIndication,
    MemberRole,
    Programme,
    Province,
    Region,
    TaxRegime,
    Vendor,
    VendorBadge,
    VendorKind,
    VendorMember,
    VendorStatus,
    VendorTranslation,
)

LABEL = "Morocco Handmade"
LABELLED_SHARE = 0.5
PASSWORD = "demo-marketplace"  # noqa: S105 - everybody's in the demo, and printed in the README
AL_MONTIJA, EMPOWERMENT, FEMMPACT = "Al Montija", "Women Empowerment Center", "Femmpact"
MINIMUM_MINOR = {"MA": 20_000, "CI": 10_000, "SN": 10_000}
"""Two hundred dirhams, ten thousand francs: smaller balances wait for the next run."""


def settle_regions(world: World) -> None:
    """Regions, provinces, protected origins and programmes: the public facts."""
    regions = world.tables.of(Region, "code country_code name_fr name_ar")
    for row in facts.regions():
        regions.add(row["iso_3166_2"], "MA", row["name_fr"], row["name_ar"])
    provinces = world.tables.of(Province, "code region_code name_fr kind")
    for row in facts.provinces():
        provinces.add(row["iso_3166_2"], row["region"], row["name_fr"], row["type"])
    indications = world.tables.of(GeographicalIndication, "id name label family product")
    for row in facts.indications():
        key = world.numbers.next("indication")
        indications.add(key, row["name"], row["label"], row["family"], row["product"])
    codes = {row["name_fr"]: row["iso_3166_2"] for row in facts.provinces()}
    programmes = world.tables.of(Programme, "id slug name kind country_codes region_code province_code scope")
    for programme in facts.programmes():
        key = world.programmes[programme.name] = world.numbers.next("programme")
        programmes.add(
            key,
            slug_of(programme.name),
            programme.name,
            programme.kind,
            programme.country_codes,
            programme.region_code,
            codes.get(programme.province_name or ""),
            programme.scope,
        )


def hire_staff(world: World) -> None:
    """The lab's people of the demo, and one buyer; all with the demo's password."""
    users = _users(world)
    groups = world.tables.of(PermissionGroup, "id name permissions")
    members = world.tables.of(group_member, "group_id user_id")
    orders = (Permission.MANAGE_ORDERS, Permission.MANAGE_USERS)
    groups.add(1, "Finances", [Permission.MANAGE_PAYOUTS, Permission.MANAGE_VENDORS, *orders])
    catalogue = (
        Permission.MANAGE_PRODUCTS,
        Permission.MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES,
        Permission.MANAGE_TRANSLATIONS,
        Permission.MANAGE_DISCOUNTS,
    )
    groups.add(2, "Catalogue", catalogue)
    chance = world.chance("staff")
    hashed = PasswordHasher().hash(PASSWORD)
    for name, first, last, group in (
        ("admin", "Administration", "SIL", None),
        ("finance", "Leïla", "Benjaafar", 1),
        ("finance2", "Hicham", "Ouazzani", 1),
        ("catalogue", "Nour", "El Hamdi", 2),
        ("buyer", "Salma", "Bennani", None),
    ):
        key = world.staff[name] = world.numbers.next("user")
        is_staff = name != "buyer"
        users.add(
            key, f"{name}@demo.sil", first, last, "", hashed, is_staff, name == "admin", "fr",
            f"{chance.getrandbits(128):032x}", {"demo": "true"}, world.days_ago(800), world.days_ago(800),
        )  # fmt: skip
        if group:
            members.add(group, key)


def found_sellers(world: World, gallery: Gallery) -> None:
    """All sellers with their people, accounts, store rooms and badges."""
    chance = world.chance("sellers")
    names = naming.SellerNames(chance)
    plan = [
        (kind, shelf)
        for kind in (VendorKind.COOPERATIVE, VendorKind.HERITAGE_COMPANY, VendorKind.ENTREPRENEUR)
        for shelf in _shelves_of(world, kind)
    ]
    for kind, shelf in plan:
        world.sellers.append(_seller(world, chance, names, kind, shelf))
    _join_programmes(world, chance)
    _write(world, chance, gallery)


def _shelves_of(world: World, kind: VendorKind) -> list[Shelf]:
    """One shelf for each seller of a kind, as many as the tables of crafts give each."""
    field = {"COOPERATIVE": "cooperatives", "HERITAGE_COMPANY": "houses", "ENTREPRENEUR": "entrepreneurs"}[
        kind
    ]
    shelves = [shelf for root in roots() for shelf in root.shelves]
    number = max(1, round(SELLERS[kind] * min(world.scale, 1)))
    parts = share(number, [getattr(shelf, field) for shelf in shelves])
    return [shelf for shelf, part in zip(shelves, parts, strict=True) for _ in range(part)]


def _seller(
    world: World, chance: Random, names: naming.SellerNames, kind: VendorKind, shelf: Shelf
) -> Seller:
    place = facts.places()[chance.choice(shelf.provinces)]
    town = chance.choice(place.towns)
    women_led = kind is VendorKind.ENTREPRENEUR or chance.random() < 0.62
    is_farm = kinds()[shelf.kind].tax != "standard"
    form = {VendorKind.HERITAGE_COMPANY: "house", VendorKind.ENTREPRENEUR: "entrepreneur"}.get(
        kind, "women" if women_led and chance.random() < 0.6 else "farm" if is_farm else "craft"
    )
    called, spoken = names.new(form, town, west_african=kind is VendorKind.ENTREPRENEUR)
    key = world.numbers.next("vendor")
    exempt = {VendorKind.COOPERATIVE: 0.75, VendorKind.HERITAGE_COMPANY: 0.0, VendorKind.ENTREPRENEUR: 0.5}
    return Seller(
        id=key,
        slug=f"{slug_of(called.fr)[:80]}-{key}",
        names=called,
        spoken=spoken,
        kind=kind,
        shelf=shelf,
        place=place,
        town=town,
        regime=TaxRegime.EXEMPT if chance.random() < exempt[kind] else TaxRegime.STANDARD,
        programme="",
        programme_id=0,
        started_at=world.days_ago(chance.choice((860, 840, 800, chance.randint(90, 760)))),
        women_led=women_led,
        appeal=chance.paretovariate(1.3) * (2.2 if kind is VendorKind.HERITAGE_COMPANY else 1.0),
        growth=chance.lognormvariate(0.18, 0.38),
        payout_minimum_minor=MINIMUM_MINOR[place.country_code],
    )


def _join_programmes(world: World, chance: Random) -> None:
    """Each seller is accompanied through one programme; two of them have a place of their own."""
    for seller in world.sellers:
        if seller.kind is VendorKind.ENTREPRENEUR:
            programme = FEMMPACT
        elif seller.kind is VendorKind.HERITAGE_COMPANY:
            programme = "Craft heritage"
        elif seller.place.code == "MA-SAF" and seller.women_led and chance.random() < 0.4:
            programme = AL_MONTIJA
        elif seller.place.code == "MA-KHO" and seller.women_led:
            programme = EMPOWERMENT
        elif kinds()[seller.shelf.kind].tax == "zero" and chance.random() < 0.3:
            programme = "Agricultural value chains"
        else:
            programme = "Social entrepreneurship"
        seller.programme, seller.programme_id = programme, world.programmes[programme]
        if programme == AL_MONTIJA:
            seller.town = chance.choice([town for town in seller.place.towns if town.name != "Safi"])


def _write(world: World, chance: Random, gallery: Gallery) -> None:
    vendors = world.tables.of(
        Vendor,
        """
        id slug name kind status story craft founded_year country_code region_code province_code
        programme_id members_total members_women members_rural members_young shows_members_total
        shows_members_women shows_members_rural shows_members_young ice register_number
        tax_regime email phone logo_path cover_path payout_minimum_minor is_demo metadata created_at
        updated_at
        """,
    )
    translations = world.tables.of(VendorTranslation, "vendor_id language_code name craft story")
    chances = world.chance("what sellers show")
    for seller in world.sellers:
        members = _members(chance, seller)
        founded = world.now.year - chance.randint(3, 22)
        if seller.kind is VendorKind.HERITAGE_COMPANY:
            founded = chance.randint(1928, 2001)
        stories = _stories(chance, seller, members, founded)
        moroccan = seller.place.country_code == "MA"
        vendors.add(
            seller.id, seller.slug, seller.names.fr, seller.kind, VendorStatus.APPROVED, stories.fr,
            seller.shelf.craft.fr, founded, seller.place.country_code, seller.place.region_code,
            seller.place.code if moroccan else None, seller.programme_id, *members, *_shown(chances),
            naming.ice(chance, seller.id) if moroccan else None, _register_number(chance, seller),
            seller.regime, f"{seller.slug}@vendors.demo.sil",
            naming.phone(chance, seller.place.country_code), gallery.logo_of(seller.id, seller.shelf),
            gallery.cover_of(seller.id, seller.place.region_code or seller.place.country_code),
            seller.payout_minimum_minor, True, {"demo": "true"},
            seller.started_at, seller.started_at,
        )  # fmt: skip
        translations.add(seller.id, "ar", seller.names.ar, seller.shelf.craft.ar, stories.ar)
        translations.add(seller.id, "en", seller.names.en, seller.shelf.craft.en, stories.en)
    _people_and_accounts(world, chance)
    _badges(world, chance)


def _members(chance: Random, seller: Seller) -> tuple[int, int, int, int]:
    """Total, women, from the country, young."""
    if seller.kind is VendorKind.COOPERATIVE:
        total = chance.randint(7, 26) if chance.random() < 0.9 else chance.randint(27, 90)
        share_of_women = chance.uniform(0.7, 1.0) if seller.women_led else chance.uniform(0.1, 0.55)
        rural = chance.uniform(0.6, 1.0)
    else:
        total = chance.randint(4, 30)
        share_of_women = chance.uniform(0.7, 1.0) if seller.women_led else chance.uniform(0.2, 0.6)
        rural = chance.uniform(0.0, 0.4)
    return total, round(total * share_of_women), round(total * rural), round(total * chance.uniform(0.1, 0.5))


def _shown(chance: Random) -> list[bool]:
    """Which of these figures the seller shows: most show most."""
    return [chance.random() < share for share in (0.95, 0.9, 0.6, 0.6)]


def _stories(chance: Random, seller: Seller, members: tuple[int, ...], founded: int) -> Words:
    told: list[str] = chance.choice(naming.book()["stories"][seller.kind])
    figures = {"year": founded, "total": members[0], "women": members[1]}
    craft, spoken, town = seller.shelf.craft, seller.spoken, seller.town
    return Words(
        naming.elided(told[0].format(name=spoken.fr, town=town.name, craft=craft.fr, **figures)),
        told[1].format(name=spoken.ar, town=town.arabic, craft=craft.ar, **figures),
        told[2].format(name=spoken.en, town=town.name, craft=craft.en, **figures),
    )


def _register_number(chance: Random, seller: Seller) -> str:
    if seller.kind is VendorKind.COOPERATIVE:
        return f"RLC {chance.randint(1, 999)}/{seller.place.code[-3:]}/{chance.randint(2013, 2025)}"
    return f"RNA {chance.randint(10_000, 99_999)}"


def _people_and_accounts(world: World, chance: Random) -> None:
    users = _users(world)
    members = world.tables.of(VendorMember, "vendor_id user_id role")
    addresses = world.tables.of(
        Address, "id company_name street_address_1 city postal_code country_code phone"
    )
    warehouses = world.tables.of(Warehouse, "id vendor_id name slug email address_id")
    accounts = world.tables.of(
        BankAccount,
        "vendor_id kind holder bank_name number_encrypted number_ending created_at updated_at",
    )
    hashed = PasswordHasher().hash(PASSWORD)
    for seller in world.sellers:
        country_code = seller.place.country_code
        who, user_id = naming.person(chance, country_code), world.numbers.next("user")
        email = f"{seller.slug}@vendors.demo.sil"
        users.add(
            user_id, email, who.first_name, who.last_name, "", hashed, False, False, "fr",
            f"{chance.getrandbits(128):032x}", {"demo": "true"}, seller.started_at, seller.started_at,
        )  # fmt: skip
        members.add(seller.id, user_id, MemberRole.OWNER)
        address_id = world.numbers.next("address")
        where = naming.address_of(chance, seller.place, seller.town)
        addresses.add(address_id, seller.names.fr, *where.values(), naming.phone(chance, country_code))
        seller.warehouse_id = uuid_from(chance)
        warehouses.add(
            seller.warehouse_id,
            seller.id,
            f"Dépôt de {seller.town.name}",
            f"depot-{seller.id}",
            email,
            address_id,
        )
        _open_account(world, chance, seller)
        accounts.add(
            seller.id,
            BankAccountKind.RIB if country_code == "MA" else BankAccountKind.IBAN,
            seller.holder,
            _bank_of(seller),
            seller.account_encrypted,
            seller.account_ending,
            seller.started_at,
            seller.started_at,
        )


def _open_account(world: World, chance: Random, seller: Seller) -> None:
    country_code = seller.place.country_code
    _, number = naming.rib(chance) if country_code == "MA" else naming.iban(chance, country_code)
    seller.holder = seller.names.fr
    seller.account_encrypted = encrypted_number(number, world.settings)
    seller.account_ending = number[-4:]


def _bank_of(seller: Seller) -> str:
    return (
        "Banque de démonstration"
        if seller.place.country_code == "MA"
        else "Banque régionale de démonstration"
    )


def _badges(world: World, chance: Random) -> None:
    """Protected origins, for some of those whose province has one for what they make; labels for houses."""
    keys = {row["name"]: number for number, row in enumerate(facts.indications(), 1)}
    badges = world.tables.of(
        VendorBadge, "vendor_id kind indication_id name level number valid_from valid_until"
    )
    labels = world.chance("labels")
    for seller in world.sellers:
        if seller.kind is VendorKind.HERITAGE_COMPANY and labels.random() < LABELLED_SHARE:
            # Some have run out: the public sees them no more.
            since, days = labels.randint(200, 900), labels.choice((365, 730, 1095))
            badges.add(
                seller.id, BadgeKind.CRAFT_LABEL, None, LABEL, str(labels.randint(1, 3)),
                f"DEMO-{seller.id:05d}", world.days_ago(since), world.days_ago(since - days),
            )  # fmt: skip
        origin = seller.shelf.indications.get(seller.place.code)
        if origin is None or chance.random() < 0.35:
            continue
        seller.indication = origin
        valid_from, valid_until = (
            world.days_ago(chance.randint(60, 700)),
            world.days_ago(-chance.randint(60, 900)),
        )
        badges.add(
            seller.id, BadgeKind.GEOGRAPHICAL_INDICATION, keys[origin], "", "", "", valid_from, valid_until
        )


def _users(world: World) -> Rows:
    return world.tables.of(
        User,
        """
        id email first_name last_name phone password_hash is_staff is_superuser language_code token_key
        metadata created_at updated_at
        """,
    )
