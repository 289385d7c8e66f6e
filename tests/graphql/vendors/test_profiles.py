"""What the public reads of sellers: what they chose to show, their certificates, how they are found."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.seller_search import reindex_vendors
from marketplace.inventory.models import Lot, Stock
from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.vendors import service
from marketplace.vendors.models import (
    BadgeKind,
    GeographicalIndication,
    MemberRole,
    Programme,
    Province,
    Vendor,
    VendorBadge,
    VendorKind,
    VendorStatus,
    VendorTranslation,
)
from marketplace.vendors.service import NewVendor, create_vendor
from marketplace_graphql.kernel import Requester
from tests.factories.checkout import make_piece
from tests.factories.inventory import make_warehouse
from tests.factories.markets import make_channel
from tests.factories.people import make_user
from tests.factories.vendors import make_member, make_region, make_vendor
from tests.graphql.conftest import Ask, seller, staff

PROFILE = """
  query ($slug: String!) {
    vendor(slug: $slug) {
      name members { total women rural young }
      badges { kind name level holder issuer number isValid indication { label } }
    }
  }
"""
LIST = """
  query ($filter: VendorFilterInput, $sortBy: VendorSortingInput) {
    vendors(first: 20, filter: $filter, sortBy: $sortBy) { totalCount edges { node { name } } }
  }
"""
NUMBERS = {"members_total": 40, "members_women": 31, "members_rural": 22, "members_young": 9}
NOTHING: dict[str, int | None] = {"total": None, "women": None, "rural": None, "young": None}


async def _names(read: Ask, requester: Requester | None = None, **given: Any) -> list[str]:
    seen = (await read(LIST, requester, **given))["vendors"]
    names = [edge["node"]["name"] for edge in seen["edges"]]
    assert seen["totalCount"] == len(names)
    return names


async def test_the_public_sees_the_figures_that_a_seller_chose_to_show(
    session: AsyncSession, read: Ask
) -> None:
    vendor = await make_vendor(session, **NUMBERS, shows_members_women=True)
    shown = (await read(PROFILE, slug=vendor.slug))["vendor"]["members"]
    assert shown == NOTHING | {"women": 31}
    everything = {"total": 40, "women": 31, "rural": 22, "young": 9}
    for insider in (seller(vendor.id, await make_user(session)), staff("MANAGE_VENDORS")):
        assert (await read(PROFILE, insider, slug=vendor.slug))["vendor"]["members"] == everything
    stranger = seller((await make_vendor(session)).id, await make_user(session))
    assert (await read(PROFILE, stranger, slug=vendor.slug))["vendor"]["members"] == NOTHING | {"women": 31}


async def _certified(session: AsyncSession, vendor: Vendor, **given: object) -> VendorBadge:
    badge = VendorBadge(
        **{
            "vendor_id": vendor.id,
            "kind": BadgeKind.CRAFT_LABEL,
            "name": "Label",
            "valid_from": clock.now() - timedelta(days=10),
            "valid_until": clock.now() + timedelta(days=10),
        }
        | given
    )
    session.add(badge)
    await session.flush()
    return badge


async def _origin(session: AsyncSession) -> GeographicalIndication:
    origin = GeographicalIndication(name="Argane", label="IGP", family="agricultural", product="argan oil")
    session.add(origin)
    await session.flush()
    return origin


async def test_a_certificate_says_who_gave_it_to_whom(session: AsyncSession, read: Ask) -> None:
    vendor = await make_vendor(session, name="Tifawin")
    await _certified(session, vendor, level="2", holder="Atelier Tifawin", issuer="Ministère", number="X-7")
    origin = await _origin(session)
    await _certified(
        session, vendor, kind=BadgeKind.GEOGRAPHICAL_INDICATION, name="", indication_id=origin.id
    )
    label, protected = (await read(PROFILE, slug=vendor.slug))["vendor"]["badges"]
    assert label == {
        "kind": "CRAFT_LABEL",
        "name": "Label",
        "level": "2",
        "holder": "Atelier Tifawin",
        "issuer": "Ministère",
        "number": "X-7",
        "isValid": True,
        "indication": None,
    }
    assert (protected["name"], protected["holder"], protected["indication"]) == (
        "Argane",
        "Tifawin",
        {"label": "IGP"},
    )
    assert (protected["issuer"], protected["number"], protected["level"]) == (None, None, None)


@pytest.mark.parametrize(
    "period",
    [
        {"valid_until": clock.now() - timedelta(seconds=1)},
        {"valid_from": clock.now() + timedelta(days=1)},
    ],
)
async def test_a_certificate_that_does_not_hold_is_shown_to_its_seller_alone(
    session: AsyncSession, read: Ask, period: dict[str, object]
) -> None:
    vendor = await make_vendor(session)
    await _certified(session, vendor, **period)
    given = {"slug": vendor.slug}
    assert (await read(PROFILE, **given))["vendor"]["badges"] == []
    assert await _names(read, filter={"badges": ["CRAFT_LABEL"]}) == []
    for insider in (seller(vendor.id, await make_user(session)), staff("MANAGE_VENDORS")):
        [badge] = (await read(PROFILE, insider, **given))["vendor"]["badges"]
        assert badge["isValid"] is False


async def test_sellers_are_narrowed_by_what_they_are(session: AsyncSession, read: Ask) -> None:
    await make_region(session)
    session.add(Province(code="MA-TAR", region_code="MA-09", name_fr="Taroudannt", kind="province"))
    programme = Programme(slug="femmpact", name="Femmpact", kind="women_entrepreneurship")
    session.add(programme)
    await session.flush()
    cooperative = await make_vendor(
        session, name="A", region_code="MA-09", province_code="MA-TAR", founded_year=2001
    )
    house = await make_vendor(
        session, name="B", kind=VendorKind.HERITAGE_COMPANY, programme_id=programme.id, founded_year=1950
    )
    await _certified(session, house)
    origin = await _origin(session)
    await _certified(
        session, cooperative, kind=BadgeKind.GEOGRAPHICAL_INDICATION, name="", indication_id=origin.id
    )
    for wanted, names in (
        ({"regions": ["MA-09"]}, ["A"]),
        ({"provinces": ["MA-TAR"]}, ["A"]),
        ({"programmes": [to_global_id("Programme", programme.id)]}, ["B"]),
        ({"kinds": ["HERITAGE_COMPANY"]}, ["B"]),
        ({"badges": ["CRAFT_LABEL"]}, ["B"]),
        ({"indications": ["Argane"]}, ["A"]),
        ({"indications": ["Argane"], "kinds": ["HERITAGE_COMPANY"]}, []),
    ):
        assert await _names(read, filter=wanted) == names, wanted
    oldest_first = {"field": "FOUNDED_YEAR", "direction": "ASC"}
    assert await _names(read, sortBy=oldest_first) == ["B", "A"]


@pytest.mark.parametrize("status", [VendorStatus.APPLIED, VendorStatus.SUSPENDED, VendorStatus.CLOSED])
async def test_only_approved_sellers_are_to_be_seen(
    session: AsyncSession, read: Ask, status: VendorStatus
) -> None:
    vendor = await make_vendor(session, name="Tifawin", status=status)
    await reindex_vendors(session, [vendor.id])
    assert await _names(read) == await _names(read, filter={"search": "tifawin"}) == []
    assert (await read(PROFILE, slug=vendor.slug))["vendor"] is None
    own = seller(vendor.id, await make_user(session))
    assert (await read(PROFILE, own, slug=vendor.slug))["vendor"]["name"] == "Tifawin"
    assert await _names(read, staff("MANAGE_VENDORS")) == ["Tifawin"]


@pytest.mark.parametrize(
    "term", ["potiers", "poterie de safi", "BOUIZATE", "فخار", "الفخّار", "ⵜⵉⴼⴰⵡⵉⵏ", "tifaw", "region souss"]
)
async def test_sellers_are_found_by_folded_words(session: AsyncSession, read: Ask, term: str) -> None:
    await make_region(session)
    given = NewVendor(
        name="Tifawin",
        kind=VendorKind.COOPERATIVE,
        craft="Poterie",
        story="Les potières de Safi, douar Bouizate, et leur potier.",
        region_code="MA-09",
    )
    vendor = await create_vendor(session, given)
    vendor.status = VendorStatus.APPROVED
    session.add(VendorTranslation(vendor_id=vendor.id, language_code="ar", name="تيفاوين", craft="الفخار"))
    await make_vendor(session, name="Autre")
    await session.flush()
    await reindex_vendors(session, [vendor.id])
    if term == "region souss":
        assert await _names(read, filter={"search": term}) == []
    else:
        assert await _names(read, filter={"search": term}) == ["Tifawin"]


async def test_a_seller_is_found_by_what_it_says_of_itself_now(session: AsyncSession, read: Ask) -> None:
    vendor = await make_vendor(session, name="Tifawin")
    await service.update_profile(session, vendor.id, {"story": "Du miel de thym."})
    assert await _names(read, filter={"search": "miel"}) == ["Tifawin"]
    await service.update_profile(session, vendor.id, {"story": "Du sel."})
    assert await _names(read, filter={"search": "miel"}) == []


UPDATE = """
  mutation ($id: ID!, $input: VendorProfileInput!) {
    vendorProfileUpdate(id: $id, input: $input) {
      vendor { story foundedYear members { total women } } errors { field code }
    }
  }
"""


async def test_an_owner_says_what_is_shown(session: AsyncSession, read: Ask, ask: Ask) -> None:
    vendor, user = await make_vendor(session, **NUMBERS, founded_year=2001), await make_user(session)
    await make_member(session, vendor, user, MemberRole.OWNER)
    owner, given = seller(vendor.id, user=user), {"id": to_global_id("Vendor", vendor.id)}
    wanted = {"story": None, "membersTotal": 50, "showsMembersTotal": True, "foundedYear": None}
    payload = (await read(UPDATE, owner, **given, input=wanted))["vendorProfileUpdate"]
    members = {"total": 50, "women": 31}
    assert payload == {"vendor": {"story": "", "foundedYear": None, "members": members}, "errors": []}
    assert (await read(PROFILE, slug=vendor.slug))["vendor"]["members"] == NOTHING | {"total": 50}

    for wrong, field in (
        ({"membersWomen": 51}, "members"),
        ({"membersTotal": -1}, "members"),
        ({"foundedYear": 2999}, "foundedYear"),
        ({"story": "x" * 5001}, "story"),
    ):
        payload = (await read(UPDATE, owner, **given, input=wrong))["vendorProfileUpdate"]
        assert payload == {"vendor": None, "errors": [{"field": field, "code": "INVALID"}]}
    for stranger in (None, Requester(user_id=(await make_user(session)).id), staff("MANAGE_ORDERS")):
        answer = await ask(UPDATE, stranger, **given, input={"story": "Moi."})
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


LOT = """
  mutation ($variant: ID!, $warehouse: ID!, $input: LotInput!) {
    lotCreate(variantId: $variant, warehouseId: $warehouse, input: $input) {
      lot { code bestBefore maker } errors { field code }
    }
  }
"""
MAKE = """
  mutation ($variant: ID!, $days: Int) {
    productVariantMakeToOrder(variantId: $variant, leadTimeDays: $days) {
      productVariant { madeToOrder { leadTimeDays } trackInventory } errors { field code }
    }
  }
"""


async def test_a_packer_lays_in_a_lot(session: AsyncSession, read: Ask, ask: Ask) -> None:
    vendor, user = await make_vendor(session), await make_user(session)
    await make_member(session, vendor, user, MemberRole.PACKER)
    packer = seller(vendor.id, user=user)
    oil = await make_piece(session, await make_channel(session), vendor_id=vendor.id)
    warehouse = await make_warehouse(session, vendor.id)
    given = {
        "variant": to_global_id("ProductVariant", oil.id),
        "warehouse": to_global_id("Warehouse", warehouse.id),
        "input": {"code": "L7", "pieces": 12, "bestBefore": "2027-01-31", "maker": "Fatima"},
    }
    payload = (await read(LOT, packer, **given))["lotCreate"]
    assert payload == {"lot": {"code": "L7", "bestBefore": "2027-01-31", "maker": None}, "errors": []}
    lot = (await session.scalars(select(Lot))).one()
    shelf = (await session.scalars(select(Stock).where(Stock.lot_id == lot.id))).one()
    assert (shelf.warehouse_id, shelf.quantity) == (warehouse.id, 12)

    payload = (await read(LOT, packer, **given))["lotCreate"]
    assert payload == {"lot": None, "errors": [{"field": "code", "code": "UNIQUE"}]}
    elsewhere = to_global_id("Warehouse", (await make_warehouse(session)).id)
    keeper = staff("MANAGE_PRODUCTS", user=await make_user(session, is_staff=True))
    payload = (await read(LOT, keeper, **given | {"warehouse": elsewhere}))["lotCreate"]
    assert payload == {"lot": None, "errors": [{"field": "warehouseId", "code": "INVALID"}]}
    other = await make_vendor(session)
    await make_member(session, other, stranger := await make_user(session))
    payload = (await ask(LOT, seller(other.id, user=stranger), **given))["data"]["lotCreate"]
    assert payload is None or payload["errors"][0]["code"] == "NOT_FOUND"


async def test_a_seller_makes_to_order(session: AsyncSession, read: Ask, ask: Ask) -> None:
    vendor, user = await make_vendor(session), await make_user(session)
    await make_member(session, vendor, user)
    rug = await make_piece(session, await make_channel(session), vendor_id=vendor.id)
    given = {"variant": to_global_id("ProductVariant", rug.id)}
    for days, made in ((21, {"leadTimeDays": 21}), (None, None)):
        payload = await read(MAKE, seller(vendor.id, user=user), **given, days=days)
        assert payload["productVariantMakeToOrder"] == {
            "productVariant": {"madeToOrder": made, "trackInventory": days is None},
            "errors": [],
        }
    payload = await read(MAKE, seller(vendor.id, user=user), **given, days=0)
    assert payload["productVariantMakeToOrder"]["errors"] == [{"field": "leadTimeDays", "code": "INVALID"}]
    answer = await ask(MAKE, staff("MANAGE_PRODUCTS", user=await make_user(session)), **given, days=3)
    assert answer["data"]["productVariantMakeToOrder"]["errors"] == []
    answer = await ask(MAKE, Requester(user_id=(await make_user(session)).id), **given, days=3)
    assert answer["data"]["productVariantMakeToOrder"]["errors"] == [
        {"field": "variantId", "code": "NOT_FOUND"}
    ]
