"""Groups of colleagues: made and changed by those who may do as much themselves."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.people.models import PermissionGroup, User
from marketplace_graphql.kernel import Requester
from tests.factories.markets import make_channel
from tests.factories.people import make_staff, make_user
from tests.graphql.conftest import Ask, Told, buyer, staff
from tests.graphql.people.test_staff import gid, make_group, manager, uid

FIELDS = """
  group { name permissions { code } users { email } restrictedAccessToChannels accessibleChannels { slug } }
  errors { field code permissions users channels } permissionGroupErrors { code }
"""
CREATE = f"""
mutation ($input: PermissionGroupCreateInput!) {{
  permissionGroupCreate(input: $input) {{ {FIELDS} }} }}
"""
UPDATE = f"""
mutation ($id: ID!, $input: PermissionGroupUpdateInput!) {{
  permissionGroupUpdate(id: $id, input: $input) {{ {FIELDS} }} }}
"""
DELETE = f"mutation ($id: ID!) {{ permissionGroupDelete(id: $id) {{ {FIELDS} }} }}"


@pytest.fixture
async def hind(session: AsyncSession) -> User:
    """She manages staff and orders; so does Omar."""
    hind = await make_staff(session, "MANAGE_STAFF", "MANAGE_ORDERS", email="hind@example.test")
    await make_staff(session, "MANAGE_STAFF", "MANAGE_ORDERS", email="omar@example.test")
    return hind


async def own_group(session: AsyncSession, user: User) -> PermissionGroup:
    name = f"group of {user.email}"
    (group,) = await session.scalars(select(PermissionGroup).where(PermissionGroup.name == name))
    return group


def told_of(payload: dict[str, Any]) -> list[tuple[str | None, str]]:
    assert [error["code"] for error in payload["errors"]] == [
        error["code"] for error in payload["permissionGroupErrors"]
    ]
    return [(error["field"], error["code"]) for error in payload["errors"]]


async def test_a_group_is_made_of_what_one_may_do_oneself(
    read: Ask, session: AsyncSession, hind: User, told: Told
) -> None:
    driss = await make_staff(session)
    france = await make_channel(session, slug="france")
    await make_channel(session, slug="maroc")
    given = {
        "name": "  Orders of   France ",
        "addPermissions": ["MANAGE_ORDERS"],
        "addUsers": [uid(driss)],
        "addChannels": [to_global_id("Channel", france.id)],
        "restrictedAccessToChannels": True,
    }
    made = (await read(CREATE, manager(hind), input=given))["permissionGroupCreate"]
    assert told_of(made) == []
    assert made["group"] == {
        "name": "Orders of France",
        "permissions": [{"code": "MANAGE_ORDERS"}],
        "users": [{"email": driss.email}],
        "restrictedAccessToChannels": True,
        "accessibleChannels": [{"slug": "france"}],
    }
    assert [event for event, _ in told] == ["PERMISSION_GROUP_CREATED"]
    everywhere = {"name": "Everywhere", "addChannels": given["addChannels"]}
    made = (await read(CREATE, manager(hind), input=everywhere))["permissionGroupCreate"]["group"]
    assert (made["restrictedAccessToChannels"], len(made["accessibleChannels"])) == (False, 2)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": " "}, ("name", "REQUIRED")),
        ({"name": ""}, ("name", "REQUIRED")),
        ({"name": "group of hind@example.test"}, ("name", "UNIQUE")),
        ({"name": "x", "addPermissions": ["MANAGE_APPS"]}, ("addPermissions", "OUT_OF_SCOPE_PERMISSION")),
        ({"name": "x", "addUsers": ["fatima"]}, ("addUsers", "ASSIGN_NON_STAFF_MEMBER")),
    ],
)
async def test_what_is_wrong_with_a_group_is_said(
    read: Ask, session: AsyncSession, hind: User, given: dict[str, Any], error: tuple[str, str]
) -> None:
    if "addUsers" in given:
        given = given | {"addUsers": [uid(await make_user(session))]}
    refused = (await read(CREATE, manager(hind), input=given))["permissionGroupCreate"]
    assert (refused["group"], told_of(refused)) == (None, [error])


async def test_who_works_in_some_channels_makes_groups_for_these_alone(
    read: Ask, session: AsyncSession, hind: User
) -> None:
    morocco, france = await make_channel(session), await make_channel(session)
    bound = manager(hind, channel_ids=(morocco.id,))
    everywhere = (await read(CREATE, bound, input={"name": "x"}))["permissionGroupCreate"]
    assert told_of(everywhere) == [("restrictedAccessToChannels", "OUT_OF_SCOPE_CHANNEL")]
    ids = [to_global_id("Channel", channel.id) for channel in (morocco, france)]
    given = {"name": "x", "restrictedAccessToChannels": True, "addChannels": ids}
    elsewhere = (await read(CREATE, bound, input=given))["permissionGroupCreate"]
    assert told_of(elsewhere) == [("addChannels", "OUT_OF_SCOPE_CHANNEL")]
    assert elsewhere["errors"][0]["channels"] == ids[1:]
    here = (await read(CREATE, bound, input=given | {"addChannels": ids[:1]}))["permissionGroupCreate"]
    assert told_of(here) == []
    wider = await make_group(session, "MANAGE_ORDERS")
    refused = (await read(UPDATE, bound, id=gid(wider), input={"name": "y"}))["permissionGroupUpdate"]
    assert told_of(refused) == [(None, "OUT_OF_SCOPE_CHANNEL")]


async def test_a_group_is_changed(read: Ask, session: AsyncSession, hind: User, told: Told) -> None:
    driss, salma = await make_staff(session), await make_staff(session)
    morocco = await make_channel(session, slug="maroc")
    group = await make_group(session, "MANAGE_ORDERS")
    given: dict[str, Any] = {
        "name": "Parcels",
        "addPermissions": ["MANAGE_STAFF"],
        "removePermissions": ["MANAGE_ORDERS"],
        "addUsers": [uid(driss)],
        "restrictedAccessToChannels": True,
        "addChannels": [to_global_id("Channel", morocco.id)],
    }
    changed = (await read(UPDATE, manager(hind), id=gid(group), input=given))["permissionGroupUpdate"]
    assert told_of(changed) == []
    assert changed["group"]["name"] == "Parcels"
    assert changed["group"]["permissions"] == [{"code": "MANAGE_STAFF"}]
    assert changed["group"]["accessibleChannels"] == [{"slug": "maroc"}]
    assert [event for event, _ in told] == ["PERMISSION_GROUP_UPDATED"]
    given = {"addUsers": [uid(salma)], "removeUsers": [uid(driss)], "restrictedAccessToChannels": False}
    changed = (await read(UPDATE, manager(hind), id=gid(group), input=given))["permissionGroupUpdate"]
    assert changed["group"]["users"] == [{"email": salma.email}]
    given = {"restrictedAccessToChannels": True}
    changed = (await read(UPDATE, manager(hind), id=gid(group), input=given))["permissionGroupUpdate"]
    assert changed["group"]["accessibleChannels"] == []


async def test_nothing_is_both_added_and_taken_away(read: Ask, session: AsyncSession, hind: User) -> None:
    group, channel = await make_group(session), await make_channel(session)
    each = {
        "Permissions": ["MANAGE_ORDERS"],
        "Users": [uid(hind)],
        "Channels": [to_global_id("Channel", channel.id)],
    }
    given = {f"{verb}{name}": value for name, value in each.items() for verb in ("add", "remove")}
    refused = (await read(UPDATE, manager(hind), id=gid(group), input=given))["permissionGroupUpdate"]
    assert told_of(refused) == [
        (name, "DUPLICATED_INPUT_ITEM") for name in ("permissions", "users", "channels")
    ]


async def test_a_group_that_may_do_more_is_out_of_reach(read: Ask, session: AsyncSession, hind: User) -> None:
    wider = await make_group(session, "MANAGE_PAYOUTS")
    for document, given in ((UPDATE, {"input": {"name": "x"}}), (DELETE, {})):
        (refused,) = (await read(document, manager(hind), id=gid(wider), **given)).values()
        assert told_of(refused) == [(None, "OUT_OF_SCOPE_PERMISSION")]
    group = await make_group(session, "MANAGE_ORDERS")
    boss = await make_staff(session, "MANAGE_PAYOUTS")
    given = {"removeUsers": [uid(boss)], "removePermissions": ["MANAGE_PAYOUTS"]}
    refused = (await read(UPDATE, manager(hind), id=gid(group), input=given))["permissionGroupUpdate"]
    assert told_of(refused) == [
        ("removePermissions", "OUT_OF_SCOPE_PERMISSION"),
        ("removeUsers", "OUT_OF_SCOPE_USER"),
    ]


async def test_the_last_who_can_give_a_right_stay(read: Ask, session: AsyncSession, hind: User) -> None:
    asking = staff("MANAGE_STAFF", "MANAGE_ORDERS", "MANAGE_PAGES", user=hind)
    only = await make_staff(session, "MANAGE_STAFF", "MANAGE_PAGES")
    group = await own_group(session, only)
    for given, field in (
        ({"removeUsers": [uid(only)]}, "removeUsers"),
        ({"removePermissions": ["MANAGE_PAGES"]}, "removePermissions"),
        ({"removePermissions": ["MANAGE_STAFF"]}, "removePermissions"),
    ):
        refused = (await read(UPDATE, asking, id=gid(group), input=given))["permissionGroupUpdate"]
        assert told_of(refused) == [(field, "LEFT_NOT_MANAGEABLE_PERMISSION")]
        assert refused["errors"][0]["permissions"] == ["MANAGE_PAGES"]
    refused = (await read(DELETE, asking, id=gid(group)))["permissionGroupDelete"]
    assert told_of(refused) == [("id", "LEFT_NOT_MANAGEABLE_PERMISSION")]
    given = {"removeUsers": [uid(only)], "addUsers": [uid(hind)]}
    changed = (await read(UPDATE, asking, id=gid(group), input=given))["permissionGroupUpdate"]
    assert told_of(changed) == []


async def test_nobody_leaves_their_own_last_group(read: Ask, session: AsyncSession, hind: User) -> None:
    group = await own_group(session, hind)
    given = {"removeUsers": [uid(hind)]}
    refused = (await read(UPDATE, manager(hind), id=gid(group), input=given))["permissionGroupUpdate"]
    assert told_of(refused) == [("removeUsers", "CANNOT_REMOVE_FROM_LAST_GROUP")]
    refused = (await read(DELETE, manager(hind), id=gid(group)))["permissionGroupDelete"]
    assert told_of(refused) == [("id", "CANNOT_REMOVE_FROM_LAST_GROUP")]


async def test_a_group_is_deleted_and_its_members_may_no_more(
    read: Ask, session: AsyncSession, hind: User, told: Told
) -> None:
    group = await make_group(session, "MANAGE_ORDERS")
    gone = (await read(DELETE, manager(hind), id=gid(group)))["permissionGroupDelete"]
    assert (gone["group"]["name"], told_of(gone)) == (group.name, [])
    assert await session.scalar(select(PermissionGroup.id).where(PermissionGroup.id == group.id)) is None
    assert [event for event, _ in told] == ["PERMISSION_GROUP_DELETED"]


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (CREATE, {"input": {"name": "x"}}),
        (UPDATE, {"id": "R3JvdXA6MQ==", "input": {}}),
        (DELETE, {"id": "R3JvdXA6MQ=="}),
    ],
)
async def test_only_people_who_manage_staff_change_groups(
    ask: Ask, session: AsyncSession, document: str, given: dict[str, Any]
) -> None:
    an_app = Requester(app_id=1, permissions=frozenset({"MANAGE_STAFF"}))
    for requester in (None, buyer(await make_user(session)), staff("MANAGE_USERS"), an_app):
        answer = await ask(document, requester, **given)
        codes = [error["extensions"]["exception"]["code"] for error in answer["errors"]]
        assert codes == ["PermissionDenied"]
