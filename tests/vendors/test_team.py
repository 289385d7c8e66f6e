"""Who is asked to work for a seller, and staff who act for one."""

from datetime import timedelta
from functools import partial
from types import ModuleType

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import fetch_json_in
from marketplace.kit.errors import DomainError
from marketplace.kit.settings import Settings
from marketplace.people.service import user_by_email
from marketplace.people.tokens import access_token
from marketplace.vendors import delegations, invitations, members
from marketplace.vendors.invitations import NewAccount
from marketplace.vendors.models import MemberRole, VendorMember, VendorStatus
from marketplace.vendors.queries import person_of_token, works_as
from tests.factories.people import make_user
from tests.factories.sellers import make_application
from tests.factories.vendors import make_member, make_vendor

PASSWORD = NewAccount(password="tapis-safran-argan", first_name="Aïcha")


async def role_of(session: AsyncSession, vendor_id: int, user_id: int) -> MemberRole | None:
    query = select(VendorMember.role).filter_by(vendor_id=vendor_id, user_id=user_id)
    return await session.scalar(query)


async def test_who_has_an_account_joins_with_it(session: AsyncSession) -> None:
    vendor, user = await make_vendor(session), await make_user(session)
    asked = await invitations.invite(session, vendor.id, user.email, MemberRole.PACKER, actor_id=None)
    await invitations.accept(session, asked.id, NewAccount())
    assert await role_of(session, vendor.id, user.id) is MemberRole.PACKER
    with pytest.raises(DomainError) as refused:
        await invitations.accept(session, asked.id, NewAccount())
    assert refused.value.code == "INVALID_TOKEN"
    with pytest.raises(DomainError) as refused:
        await invitations.invite(session, vendor.id, user.email, MemberRole.OWNER, actor_id=None)
    assert refused.value.code == "UNIQUE"


async def test_who_has_none_chooses_a_password(session: AsyncSession) -> None:
    vendor = await make_vendor(session)
    asked = await invitations.invite(session, vendor.id, "a@example.test", MemberRole.LISTER, actor_id=None)
    with pytest.raises(DomainError) as refused:
        await invitations.accept(session, asked.id, NewAccount())
    assert (refused.value.field, refused.value.code) == ("password", "REQUIRED")
    await invitations.accept(session, asked.id, PASSWORD)
    user = await user_by_email(session, "a@example.test")
    assert user is not None
    assert (user.first_name, user.is_confirmed) == ("Aïcha", True)
    assert await role_of(session, vendor.id, user.id) is MemberRole.LISTER


async def test_an_account_that_a_stranger_opened_under_the_address_is_not_theirs_any_more(
    session: AsyncSession,
) -> None:
    vendor = await make_vendor(session)
    user = await make_user(session, is_confirmed=False, password_hash="the stranger's")
    key = user.token_key
    asked = await invitations.invite(session, vendor.id, user.email, MemberRole.OWNER, actor_id=None)
    with pytest.raises(DomainError):
        await invitations.accept(session, asked.id, NewAccount())
    await invitations.accept(session, asked.id, PASSWORD)
    assert user.is_confirmed
    assert user.password_hash != "the stranger's"
    assert user.token_key != key


async def test_an_invitation_ends_by_time_by_another_and_when_it_is_taken_back(
    session: AsyncSession, clock: ModuleType
) -> None:
    vendor, user = await make_vendor(session), await make_user(session)
    first, second, third = [
        await invitations.invite(session, vendor.id, user.email, MemberRole.PACKER, actor_id=None)
        for _ in range(3)
    ]
    await invitations.take_back(session, third.id, actor_id=None)
    late = await invitations.invite(session, vendor.id, user.email, MemberRole.PACKER, actor_id=None)
    clock.advance(timedelta(days=15))
    for asked in (first, second, third, late):
        with pytest.raises(DomainError) as refused:
            await invitations.accept(session, asked.id, NewAccount())
        assert refused.value.code == "INVALID_TOKEN"
    assert await role_of(session, vendor.id, user.id) is None


async def test_a_seller_never_loses_its_last_owner(session: AsyncSession) -> None:
    vendor, owner, other = await make_vendor(session), await make_user(session), await make_user(session)
    await make_member(session, vendor, owner)
    await make_member(session, vendor, other, MemberRole.LISTER)
    for role in (MemberRole.LISTER, None):
        with pytest.raises(DomainError) as refused:
            await members.change_member(session, vendor.id, owner.id, role, actor_id=None)
        assert refused.value.code == "LAST_OWNER"
        with pytest.raises(DomainError) as refused:
            await members.set_member(session, vendor.id, owner.email, role, actor_id=None)
        assert refused.value.code == "LAST_OWNER"
    await members.change_member(session, vendor.id, other.id, MemberRole.OWNER, actor_id=None)
    await members.change_member(session, vendor.id, owner.id, None, actor_id=None)
    assert await role_of(session, vendor.id, owner.id) is None


async def test_an_applicant_sees_the_seller_and_does_nothing_for_it_yet(
    session: AsyncSession, settings: Settings
) -> None:
    vendor, user = await make_application(session)
    token = access_token(user, settings)
    person = await person_of_token(partial(fetch_json_in, session), settings, token)
    assert (person.vendor_ids, person.within) == ((vendor.id,), {})
    vendor.status = VendorStatus.APPROVED
    await session.flush()
    person = await person_of_token(partial(fetch_json_in, session), settings, token)
    assert person.within["MANAGE_PRODUCTS"] == (vendor.id,)


async def test_staff_act_for_a_seller_while_it_consents(
    session: AsyncSession, settings: Settings, clock: ModuleType
) -> None:
    vendor, agent = await make_vendor(session), await make_user(session, is_staff=True)
    asked = await delegations.ask(session, vendor.id, agent.id, 30, "Photos des produits")

    async def within() -> dict[str, tuple[int, ...]]:
        person = await person_of_token(
            partial(fetch_json_in, session), settings, access_token(agent, settings)
        )
        assert person.delegate_of == tuple(person.within.get("MANAGE_PRODUCTS", ()))
        return person.within

    assert await within() == {}
    await delegations.consent(session, asked.id, None, agrees=True)
    assert await within() == {"MANAGE_PRODUCTS": (vendor.id,), "MANAGE_ORDERS": (vendor.id,)}
    assert await works_as(session, agent.id, vendor.id, MemberRole.PACKER)
    assert not await works_as(session, agent.id, vendor.id, MemberRole.OWNER, MemberRole.TREASURER)
    agent.is_staff = False
    await session.flush()
    assert await within() == {}
    agent.is_staff = True
    await session.flush()
    clock.advance(timedelta(days=31))
    assert await within() == {}
    assert not await works_as(session, agent.id, vendor.id, MemberRole.PACKER)


async def test_a_delegation_is_declined_ended_and_asked_for_once(session: AsyncSession) -> None:
    vendor, agent, owner = (
        await make_vendor(session),
        await make_user(session, is_staff=True),
        await make_user(session),
    )
    asked = await delegations.ask(session, vendor.id, agent.id, 30, "")
    with pytest.raises(DomainError):
        await delegations.ask(session, vendor.id, agent.id, 30, "")
    await delegations.consent(session, asked.id, owner.id, agrees=False)
    made = await delegations.offer(session, vendor.id, owner.id, agent.email, 5)
    await delegations.end(session, made.id, owner.id)
    for over in (asked.id, made.id):
        with pytest.raises(DomainError):
            await delegations.end(session, over, owner.id)
        with pytest.raises(DomainError):
            await delegations.consent(session, over, owner.id, agrees=True)


@pytest.mark.parametrize("days", [0, 91])
async def test_nobody_acts_for_a_seller_without_end(session: AsyncSession, days: int) -> None:
    vendor, agent = await make_vendor(session), await make_user(session, is_staff=True)
    with pytest.raises(DomainError) as refused:
        await delegations.ask(session, vendor.id, agent.id, days, "")
    assert refused.value.field == "days"


async def test_only_staff_are_named_to_act(session: AsyncSession) -> None:
    vendor, user = await make_vendor(session), await make_user(session)
    with pytest.raises(DomainError) as refused:
        await delegations.offer(session, vendor.id, user.id, user.email, 5)
    assert refused.value.field == "agentEmail"
