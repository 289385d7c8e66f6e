"""Colleagues: taken on, changed, let go, by those who manage staff, as far as their own rights reach."""

from typing import Any

import pytest
import pyvips
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.people.models import PermissionGroup, User, group_channel, group_member
from marketplace.people.passwords import hash_password
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Requester, UploadedFile
from tests.factories.markets import make_channel
from tests.factories.people import make_staff, make_user
from tests.graphql.conftest import Ask, Told, buyer, staff
from tests.graphql.people.conftest import Post

CREATE = """
mutation ($input: StaffCreateInput!) { staffCreate(input: $input) {
  user { email isStaff isActive isConfirmed permissionGroups { name } }
  errors { field code groups } staffErrors { code } } }
"""
UPDATE = """
mutation ($id: ID!, $input: StaffUpdateInput!) { staffUpdate(id: $id, input: $input) {
  user { email firstName isActive permissionGroups { name } }
  errors { field code groups users permissions } } }
"""
DELETE = """
mutation ($id: ID!) { staffDelete(id: $id) { user { email } errors { field code users permissions } } }
"""
BULK = "mutation ($ids: [ID!]!) { staffBulkDelete(ids: $ids) { count errors { field code } } }"
PAGE = "http://testserver/fr/page"


@pytest.fixture
async def hind(session: AsyncSession) -> User:
    """She manages staff and orders; so does Omar, for the days when she is away."""
    hind = await make_staff(session, "MANAGE_STAFF", "MANAGE_ORDERS", email="hind@example.test")
    await make_staff(session, "MANAGE_STAFF", "MANAGE_ORDERS", email="omar@example.test")
    return hind


def manager(user: User, **given: Any) -> Requester:
    permissions = frozenset({"MANAGE_STAFF", "MANAGE_ORDERS"})
    return Requester(user_id=user.id, permissions=permissions, is_staff=True, **given)


async def make_group(session: AsyncSession, *permissions: str, channels: Any = None) -> PermissionGroup:
    group = PermissionGroup(
        name=f"group {permissions} {channels}",
        permissions=list(permissions),
        restricted_access_to_channels=channels is not None,
    )
    session.add(group)
    await session.flush()
    for channel in channels or ():
        await session.execute(group_channel.insert().values(group_id=group.id, channel_id=channel.id))
    return group


def uid(user: User) -> str:
    return to_global_id("User", user.id)


def gid(group: PermissionGroup) -> str:
    return to_global_id("Group", group.id)


async def test_a_colleague_is_taken_on_and_written_to(
    read: Ask, session: AsyncSession, hind: User, told: Told
) -> None:
    group = await make_group(session, "MANAGE_ORDERS")
    given = {"email": "Driss@example.test", "addGroups": [gid(group)], "redirectUrl": PAGE}
    made = (await read(CREATE, manager(hind), input=given))["staffCreate"]
    assert made["errors"] == made["staffErrors"] == []
    assert made["user"] == {
        "email": "driss@example.test",
        "isStaff": True,
        "isActive": True,
        "isConfirmed": True,
        "permissionGroups": [{"name": group.name}],
    }
    assert [event for event, _ in told] == ["STAFF_SET_PASSWORD_REQUESTED", "STAFF_CREATED"]


async def test_a_customer_who_is_taken_on_keeps_account_and_password(
    read: Ask, session: AsyncSession, hind: User, told: Told
) -> None:
    fatima = await make_user(session, email="fatima@example.test", password_hash="x", first_name="Fatima")
    given = {"email": "fatima@example.test", "redirectUrl": PAGE}
    made = (await read(CREATE, manager(hind), input=given))["staffCreate"]
    assert made["errors"] == []
    await session.refresh(fatima)
    assert (fatima.is_staff, fatima.password_hash, fatima.first_name) == (True, "x", "Fatima")
    assert [event for event, _ in told] == ["STAFF_CREATED"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, ("email", "REQUIRED")),
        ({"email": "omar@example.test"}, ("email", "UNIQUE")),
        ({"email": "a@example.test", "redirectUrl": "ftp://x"}, ("redirectUrl", "INVALID")),
        ({"email": "a@example.test", "addGroups": [to_global_id("Group", 0)]}, ("addGroups", "NOT_FOUND")),
    ],
)
async def test_what_is_wrong_with_a_new_colleague_is_said(
    read: Ask, hind: User, given: dict[str, Any], error: tuple[str, str]
) -> None:
    refused = (await read(CREATE, manager(hind), input=given))["staffCreate"]
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [error]


async def test_nobody_gives_a_group_that_may_do_more_or_works_elsewhere(
    read: Ask, session: AsyncSession, hind: User
) -> None:
    morocco, france = await make_channel(session), await make_channel(session)
    wider = await make_group(session, "MANAGE_PAYOUTS")
    elsewhere = await make_group(session, "MANAGE_ORDERS", channels=[morocco, france])
    here = await make_group(session, "MANAGE_ORDERS", channels=[morocco])
    bound = manager(hind, channel_ids=(morocco.id,))
    for group, code in ((wider, "OUT_OF_SCOPE_GROUP"), (elsewhere, "OUT_OF_SCOPE_GROUP"), (here, None)):
        given = {"email": f"of-{group.id}@example.test", "addGroups": [gid(group)]}
        errors = (await read(CREATE, bound, input=given))["staffCreate"]["errors"]
        assert errors == ([{"field": "addGroups", "code": code, "groups": [gid(group)]}] if code else [])


async def test_a_colleagues_account_and_groups_are_changed(
    read: Ask, session: AsyncSession, hind: User, told: Told
) -> None:
    driss = await make_staff(session, "MANAGE_ORDERS", email="driss@example.test")
    (old,) = await session.scalars(
        select(PermissionGroup).join(group_member).where(group_member.c.user_id == driss.id)
    )
    new = await make_group(session, "MANAGE_ORDERS")
    given = {"firstName": "Driss", "addGroups": [gid(new)], "removeGroups": [gid(old)]}
    changed = (await read(UPDATE, manager(hind), id=uid(driss), input=given))["staffUpdate"]
    assert changed["errors"] == []
    assert (changed["user"]["firstName"], changed["user"]["permissionGroups"]) == (
        "Driss",
        [{"name": new.name}],
    )
    assert [event for event, _ in told] == ["STAFF_UPDATED"]
    twice = {"addGroups": [gid(old)], "removeGroups": [gid(old)]}
    refused = (await read(UPDATE, manager(hind), id=uid(driss), input=twice))["staffUpdate"]["errors"]
    assert [(error["field"], error["code"], error["groups"]) for error in refused] == [
        (None, "DUPLICATED_INPUT_ITEM", [gid(old)])
    ]


async def test_a_colleague_who_may_do_more_is_out_of_reach(
    read: Ask, session: AsyncSession, hind: User
) -> None:
    boss = await make_staff(session, "MANAGE_PAYOUTS")
    changed = (await read(UPDATE, manager(hind), id=uid(boss), input={"firstName": "x"}))["staffUpdate"]
    assert [(error["field"], error["code"]) for error in changed["errors"]] == [("id", "OUT_OF_SCOPE_USER")]
    gone = (await read(DELETE, manager(hind), id=uid(boss)))["staffDelete"]
    assert [(error["code"], error["users"]) for error in gone["errors"]] == [
        ("OUT_OF_SCOPE_USER", [uid(boss)])
    ]
    fatima = await make_user(session)
    assert (await read(UPDATE, manager(hind), id=uid(fatima), input={}))["staffUpdate"]["errors"][0][
        "code"
    ] == "NOT_FOUND"


async def test_nobody_closes_their_own_account_or_the_owners(
    read: Ask, session: AsyncSession, hind: User
) -> None:
    everything = staff(*Permission, user=hind)
    boss = await make_user(session, is_staff=True, is_superuser=True)
    for user, code in ((hind, "DEACTIVATE_OWN_ACCOUNT"), (boss, "DEACTIVATE_SUPERUSER_ACCOUNT")):
        refused = (await read(UPDATE, everything, id=uid(user), input={"isActive": False}))["staffUpdate"]
        assert [(each["field"], each["code"]) for each in refused["errors"]] == [("isActive", code)]


async def test_the_last_who_can_give_a_right_stays(read: Ask, session: AsyncSession, hind: User) -> None:
    asking = staff("MANAGE_STAFF", "MANAGE_ORDERS", "MANAGE_PRODUCTS", user=hind)
    only = await make_staff(session, "MANAGE_STAFF", "MANAGE_PRODUCTS")
    closed = (await read(UPDATE, asking, id=uid(only), input={"isActive": False}))["staffUpdate"]
    gone = (await read(DELETE, asking, id=uid(only)))["staffDelete"]
    for refused, field in ((closed, "isActive"), (gone, "id")):
        (error,) = refused["errors"]
        assert (error["field"], error["code"]) == (field, "LEFT_NOT_MANAGEABLE_PERMISSION")
        assert error["permissions"] == ["MANAGE_PRODUCTS"]
    another = await make_staff(session, "MANAGE_STAFF", "MANAGE_PRODUCTS", is_active=False)
    assert (await read(DELETE, asking, id=uid(only)))["staffDelete"]["errors"] != []
    another.is_active = True
    assert (await read(DELETE, asking, id=uid(only)))["staffDelete"] == {
        "user": {"email": only.email},
        "errors": [],
    }


async def test_colleagues_are_let_go_at_once_or_not_at_all(
    read: Ask, session: AsyncSession, hind: User, told: Told
) -> None:
    driss, salma = [await make_staff(session, "MANAGE_ORDERS") for _ in range(2)]
    fatima = await make_user(session)
    refused = (await read(BULK, manager(hind), ids=[uid(driss), uid(hind), uid(fatima)]))["staffBulkDelete"]
    assert refused["count"] == 0
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [
        ("ids", "DELETE_OWN_ACCOUNT"),
        ("ids", "DELETE_NON_STAFF_USER"),
    ]
    done = (await read(BULK, manager(hind), ids=[uid(driss), uid(salma)]))["staffBulkDelete"]
    assert done == {"count": 2, "errors": []}
    assert [(event, len(rows)) for event, rows in told] == [("STAFF_DELETED", 2)]


async def test_who_is_closed_out_has_no_access_from_that_moment(session: AsyncSession, post: Post) -> None:
    boss = await make_user(session, is_staff=True, is_superuser=True, email="boss@example.test")
    driss = await make_staff(
        session,
        "MANAGE_USERS",
        email="driss@example.test",
        password_hash=await hash_password("le tapis de Taznakht"),
    )
    assert (await post("{ me { email } }", driss))["me"] is not None
    await post(UPDATE, boss, id=uid(driss), input={"isActive": False})
    with pytest.raises(AssertionError, match="InvalidTokenError"):
        await post("{ me { email } }", driss)
    sign_in = (
        'mutation { tokenCreate(email: "driss@example.test", password: "le tapis de Taznakht") '
        "{ token errors { code } } }"
    )
    assert (await post(sign_in))["tokenCreate"] == {"token": None, "errors": [{"code": "INACTIVE"}]}


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (CREATE, {"input": {}}),
        (UPDATE, {"id": "VXNlcjox", "input": {}}),
        (DELETE, {"id": "VXNlcjox"}),
        (BULK, {"ids": ["VXNlcjox"]}),
    ],
)
async def test_only_people_who_manage_staff_do_so(
    ask: Ask, session: AsyncSession, document: str, given: dict[str, Any]
) -> None:
    an_app = Requester(app_id=1, permissions=frozenset({"MANAGE_STAFF"}))
    for requester in (None, buyer(await make_user(session)), staff("MANAGE_USERS"), an_app):
        answer = await ask(document, requester, **given)
        codes = [error["extensions"]["exception"]["code"] for error in answer["errors"]]
        assert codes == ["PermissionDenied"]


AVATAR = """
mutation ($image: Upload!) { userAvatarUpdate(image: $image) {
  user { avatar(size: 256) { url alt } } errors { field code } } }
"""


def upload(content: bytes) -> UploadedFile:
    return UploadedFile("me.png", "image/png", content)


async def test_a_colleague_shows_a_picture_of_themselves(
    read: Ask, session: AsyncSession, hind: User
) -> None:
    hind.first_name = "Hind"
    picture = pyvips.Image.black(300, 200, bands=3).pngsave_buffer()
    shown = (await read(AVATAR, manager(hind), image=upload(picture)))["userAvatarUpdate"]
    assert shown["errors"] == []
    avatar = shown["user"]["avatar"]
    assert avatar["alt"] == "Hind"
    assert "/media/people/" in avatar["url"]
    assert "256" in avatar["url"]
    without = await read("mutation { userAvatarDelete { user { avatar { url } } } }", manager(hind))
    assert without["userAvatarDelete"] == {"user": {"avatar": None}}


async def test_what_is_no_picture_is_refused(ask: Ask, session: AsyncSession, hind: User) -> None:
    refused = (await ask(AVATAR, manager(hind), image=upload(b"<svg/>")))["data"]["userAvatarUpdate"]
    assert refused["errors"] == [{"field": "image", "code": "INVALID"}]
    large = await ask(AVATAR, manager(hind), image=upload(b"x" * (20 * 1024 * 1024 + 1)))
    assert large["data"]["userAvatarUpdate"]["errors"] == [
        {"field": "image", "code": "FILE_SIZE_LIMIT_EXCEEDED"}
    ]
    fatima = buyer(await make_user(session))
    answer = await ask(AVATAR, fatima, image=upload(b""))
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
