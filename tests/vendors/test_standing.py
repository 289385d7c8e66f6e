"""A seller applies, is approved, may be suspended; and who works for it."""

from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.pricing.reactions  # noqa: F401 - suspended sellers' products leave the shelves
from marketplace.catalog.listings import ProductChannelListing
from marketplace.kit.database import fetch_json_in
from marketplace.kit.errors import DomainError
from marketplace.kit.settings import Settings
from marketplace.people.errors import TokenError
from marketplace.people.models import AuditEntry
from marketplace.people.permissions import Permission
from marketplace.people.tokens import access_token
from marketplace.vendors.models import MemberRole, VendorKind, VendorStatus
from marketplace.vendors.queries import ALL_PERMISSIONS, person_of_token, works_as
from marketplace.vendors.service import NewVendor, create_vendor
from marketplace.vendors.standing import approve_vendor, suspend_vendor
from tests.factories.catalog import make_listed_product
from tests.factories.markets import make_channel
from tests.factories.people import make_staff, make_user
from tests.factories.vendors import make_member, make_vendor

TIFAWIN = NewVendor(name="Coopérative Tifawin", kind=VendorKind.COOPERATIVE, ice="001561191000066")


async def test_a_seller_applies_and_its_owner_works_for_it(session: AsyncSession) -> None:
    user = await make_user(session)
    vendor = await create_vendor(session, TIFAWIN, user.id)
    assert (vendor.slug, vendor.status) == ("cooperative-tifawin", VendorStatus.APPLIED)
    assert await works_as(session, user.id, vendor.id, MemberRole.OWNER)
    assert not await works_as(session, user.id, vendor.id, MemberRole.PACKER)
    assert not await works_as(session, None, vendor.id, MemberRole.OWNER)


async def test_sellers_of_one_name_have_slugs_of_their_own(session: AsyncSession) -> None:
    slugs = [
        (await create_vendor(session, NewVendor(name=name, kind=VendorKind.COOPERATIVE))).slug
        for name in ("Tifawin", "Tifawin", "تيفاوين", "!!!", "Tifawin")
    ]
    assert slugs == ["tifawin", "tifawin-2", "tifaouin", "vendor", "tifawin-3"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (NewVendor(name=" ", kind=VendorKind.COOPERATIVE), "REQUIRED"),
        (NewVendor(name="A", kind=VendorKind.COOPERATIVE, ice="123"), "ICE_INVALID"),
        (TIFAWIN, "UNIQUE"),
    ],
)
async def test_a_wrong_application_is_refused(session: AsyncSession, given: NewVendor, code: str) -> None:
    await create_vendor(session, TIFAWIN)
    with pytest.raises(DomainError) as refused:
        await create_vendor(session, given)
    assert refused.value.code == code


async def test_a_suspended_sellers_products_leave_the_shelves_and_come_back(session: AsyncSession) -> None:
    product, _ = await make_listed_product(session, await make_channel(session))
    is_live = (
        select(ProductChannelListing.is_live)
        .filter_by(product_id=product.id)
        .execution_options(populate_existing=True)
    )
    await suspend_vendor(session, product.vendor_id, None)
    assert not (await session.execute(is_live)).scalar_one()
    await approve_vendor(session, product.vendor_id, None)
    assert (await session.execute(is_live)).scalar_one()
    actions = await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))
    assert list(actions) == ["vendor.suspended", "vendor.approved"]


async def test_a_step_is_refused_where_the_seller_does_not_stand(session: AsyncSession) -> None:
    vendor = await make_vendor(session)
    with pytest.raises(DomainError) as refused:
        await approve_vendor(session, vendor.id, None)
    assert refused.value.code == "WRONG_STATUS"
    with pytest.raises(DomainError) as refused:
        await suspend_vendor(session, vendor.id + 1000, None)
    assert refused.value.code == "NOT_FOUND"


async def test_a_token_tells_what_its_owner_may_do_now(session: AsyncSession, settings: Settings) -> None:
    fetch_json = partial(fetch_json_in, session)
    staff = await make_staff(session, Permission.MANAGE_ORDERS, Permission.MANAGE_VENDORS)
    vendor = await make_vendor(session)
    await make_member(session, vendor, staff)
    person = await person_of_token(fetch_json, settings, access_token(staff, settings))
    assert person.permissions == {"MANAGE_ORDERS", "MANAGE_VENDORS"}
    assert (person.user_id, person.vendor_ids, person.is_staff) == (staff.id, (vendor.id,), True)
    staff.is_staff = False
    await session.flush()
    assert (await person_of_token(fetch_json, settings, access_token(staff, settings))).permissions == set()
    root = await make_user(session, is_staff=True, is_superuser=True)
    assert (
        await person_of_token(fetch_json, settings, access_token(root, settings))
    ).permissions == ALL_PERMISSIONS


@pytest.mark.parametrize("change", [{"is_active": False}, {"token_key": "another"}])
async def test_a_token_of_a_closed_account_or_an_older_sign_in_is_refused(
    session: AsyncSession, settings: Settings, change: dict[str, object]
) -> None:
    user = await make_user(session)
    token = access_token(user, settings)
    for name, value in change.items():
        setattr(user, name, value)
    await session.flush()
    with pytest.raises(TokenError) as refused:
        await person_of_token(partial(fetch_json_in, session), settings, token)
    assert refused.value.code == "InvalidTokenError"
