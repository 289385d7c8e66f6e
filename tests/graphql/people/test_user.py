"""What a person is over the API: to themselves, to staff, and to nobody else."""

from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.people import history
from marketplace.people.models import CustomerEventType, CustomerType, PermissionGroup, User
from marketplace.people.tokens import access_token
from tests.factories.checkout import make_cart, make_market, make_piece
from tests.factories.orders import make_order
from tests.factories.people import make_staff, make_user
from tests.graphql.conftest import Ask, buyer, staff
from tests.graphql.people.conftest import Post


async def test_a_buyer_finds_what_is_theirs(session: AsyncSession, read: Ask, fatima: User) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel)
    older = await make_cart(session, market.channel, piece, user=fatima)
    newer = await make_cart(session, market.channel, piece, user=fatima)
    await make_cart(session, market.channel, piece, user=await make_user(session))
    kind = CustomerType(name="Maisons d’hôtes", slug="guest-houses")
    session.add(kind)
    await session.flush()
    fatima.customer_type_id, fatima.external_reference = kind.id, "crm-7"
    fatima.avatar_path = "people/fatima.webp"
    query = """
    query ($channel: String!) {
      me {
        checkoutIds checkoutTokens checkout { id } checkouts(first: 1) { totalCount edges { node { id } } }
        elsewhere: checkoutIds(channel: "mars")
        here: checkouts(first: 5, channel: $channel) { totalCount }
        externalReference customerType { name slug isDefault } avatar(size: 128, format: WEBP) { url alt }
        userPermissions { code } permissionGroups { id } editableGroups { id } accessibleChannels { id }
        restrictedAccessToChannels
        storedPaymentMethods(channel: $channel) { id } storedPaymentSources { gateway }
      }
    }
    """
    me = (await read(query, buyer(fatima), channel=market.channel.slug))["me"]
    ids = [to_global_id("Checkout", cart.id) for cart in (newer, older)]
    assert me["checkoutIds"] == ids
    assert me["checkoutTokens"] == [str(newer.id), str(older.id)]
    assert me["checkout"] == {"id": ids[0]}
    assert me["checkouts"] == {"totalCount": 2, "edges": [{"node": {"id": ids[0]}}]}
    assert (me["elsewhere"], me["here"]) == ([], {"totalCount": 2})
    assert me["externalReference"] == "crm-7"
    assert me["customerType"] == {"name": "Maisons d’hôtes", "slug": "guest-houses", "isDefault": False}
    assert (me["avatar"]["alt"], "fatima" in me["avatar"]["url"]) == ("Fatima", True)
    assert me["userPermissions"] == me["permissionGroups"] == me["editableGroups"] == []
    assert (me["accessibleChannels"], me["restrictedAccessToChannels"]) == ([], True)
    assert me["storedPaymentMethods"] == me["storedPaymentSources"] == []


async def test_what_staff_note_and_see_is_not_the_buyers_to_read(
    session: AsyncSession, ask: Ask, read: Ask, fatima: User
) -> None:
    fatima.note = "prefers the telephone"
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel), user=fatima)
    placed = CustomerEventType.PLACED_ORDER
    await history.record(session, fatima.id, placed, order_id=order.id, message="hello")
    fields = "note events { type message count user { email } order { id } }"
    refused = await ask(f"{{ me {{ {fields} }} }}", buyer(fatima))
    assert {error["path"][1] for error in refused["errors"]} == {"note", "events"}
    assert {error["extensions"]["exception"]["code"] for error in refused["errors"]} == {"PermissionDenied"}
    query = f"query ($id: ID) {{ user(id: $id) {{ {fields} }} }}"
    user = (await read(query, staff("MANAGE_USERS"), id=to_global_id("User", fatima.id)))["user"]
    assert user["note"] == "prefers the telephone"
    assert user["events"] == [
        {
            "type": "PLACED_ORDER",
            "message": "hello",
            "count": None,
            "user": {"email": fatima.email},
            "order": {"id": to_global_id("Order", order.id)},
        }
    ]


async def test_rights_come_from_groups(session: AsyncSession, read: Ask) -> None:
    await make_market(session)
    hind = await make_staff(session, "MANAGE_ORDERS", "MANAGE_STAFF")
    (own,) = (
        await session.scalars(PermissionGroup.__table__.select().with_only_columns(PermissionGroup.id))
    ).all()
    smaller = PermissionGroup(name="orders", permissions=["MANAGE_ORDERS"])
    larger = PermissionGroup(name="money", permissions=["MANAGE_ORDERS", "MANAGE_PAYOUTS"])
    session.add_all([smaller, larger])
    await session.flush()
    query = """
    query ($id: ID!) {
      me {
        userPermissions { code name sourcePermissionGroups(userId: $id) { name } }
        permissionGroups { id name userCanManage users { email } permissions { code name }
                           accessibleChannels { slug } restrictedAccessToChannels }
        editableGroups { name } restrictedAccessToChannels accessibleChannels { id }
      }
    }
    """
    asking = staff("MANAGE_ORDERS", "MANAGE_STAFF", user=hind)
    me = (await read(query, asking, id=to_global_id("User", hind.id)))["me"]
    name = f"group of {hind.email}"
    assert me["userPermissions"] == [
        {"code": code, "name": words, "sourcePermissionGroups": [{"name": name}]}
        for code, words in (("MANAGE_ORDERS", "Manage orders."), ("MANAGE_STAFF", "Manage staff."))
    ]
    (group,) = me["permissionGroups"]
    assert group["id"] == to_global_id("Group", own)
    assert (group["userCanManage"], group["users"]) == (True, [{"email": hind.email}])
    assert [permission["code"] for permission in group["permissions"]] == ["MANAGE_ORDERS", "MANAGE_STAFF"]
    assert (len(group["accessibleChannels"]), group["restrictedAccessToChannels"]) == (1, False)
    assert [group["name"] for group in me["editableGroups"]] == [name, "orders"]
    assert (me["restrictedAccessToChannels"], len(me["accessibleChannels"])) == (False, 1)


async def test_a_superuser_may_everything(session: AsyncSession, read: Ask) -> None:
    user = await make_user(session, is_staff=True, is_superuser=True)
    me = (await read("{ me { userPermissions { code } restrictedAccessToChannels } }", staff(user=user)))[
        "me"
    ]
    assert len(me["userPermissions"]) > 20
    assert me["restrictedAccessToChannels"] is False


@pytest.mark.parametrize(
    ("permission", "sees"),
    [("MANAGE_STAFF", {"hind"}), ("MANAGE_USERS", {"fatima"}), ("MANAGE_ORDERS", {"fatima"})],
)
async def test_who_is_looked_up_depends_on_whom_one_works_with(
    session: AsyncSession, read: Ask, fatima: User, permission: str, sees: set[str]
) -> None:
    fatima.external_reference = "fatima"
    await make_user(session, is_staff=True, email="hind@example.test", external_reference="hind")
    queries = {
        name: [f"{{ user({given}) {{ email }} }}" for given in ways]
        for name, ways in {
            "fatima": ('externalReference: "fatima"', 'email: "Fatima@EXAMPLE.test"'),
            "hind": ('externalReference: "hind"', 'email: "HIND@example.test"'),
        }.items()
    }
    found = set()
    for name, ways in queries.items():
        users = [(await read(query, staff(permission)))["user"] for query in ways]
        assert users[0] == users[1]
        found |= {name} if users[0] else set()
    assert found == sees


async def test_exactly_one_way_to_name_a_person_is_given(ask: Ask) -> None:
    for arguments, said in (
        ("", "At least one of arguments is required: 'id', 'email', 'externalReference'."),
        (
            '(email: "a@b.test", externalReference: "x")',
            "Argument 'email' cannot be combined with 'externalReference'",
        ),
    ):
        answer = await ask(f"{{ user{arguments} {{ id }} }}", staff("MANAGE_USERS"))
        assert answer["errors"][0]["message"] == said


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("storedPaymentMethodRequestDelete", ""),
        ("paymentGatewayInitializeTokenization", ""),
        ("paymentMethodInitializeTokenization", "paymentFlowToSupport: INTERACTIVE"),
        ("paymentMethodProcessTokenization", "data: {a: 1}"),
    ],
)
async def test_no_gateway_keeps_ways_to_pay_and_the_answer_says_so(
    post: Post, ask: Ask, fatima: User, field: str, more: str
) -> None:
    arguments = f'id: "x", channel: "maroc", {more}'
    document = f"mutation {{ it: {field}({arguments}) {{ result errors {{ field code }} }} }}"
    failed = "FAILED_TO_DELIVER"
    data = (await post(document, fatima))["it"]
    assert data == {"result": failed, "errors": [{"field": "id", "code": "NOT_FOUND"}]}
    elsewhere = (await post(document.replace("maroc", "mars"), fatima))["it"]
    assert elsewhere == {"result": failed, "errors": [{"field": "channel", "code": "NOT_FOUND"}]}
    answer = await ask(document)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_anybody_can_check_a_token_by_the_published_keys(
    client: httpx.AsyncClient, session: AsyncSession, settings: Settings, fatima: User
) -> None:
    answer = await client.get("/.well-known/jwks.json")
    (published,) = answer.json()["keys"]
    assert {name: published[name] for name in ("kty", "use", "alg", "e")} == {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "e": "AQAB",
    }
    assert "d" not in published
    token = access_token(fatima, settings)
    assert jwt.get_unverified_header(token)["kid"] == published["kid"]
    said: dict[str, Any] = jwt.decode(token, jwt.PyJWK(published).key, algorithms=["RS256"])
    assert said.keys() == {"iat", "exp", "iss", "owner", "type", "token", "email", "user_id", "is_staff"}


async def test_an_audience_stands_in_all_tokens_of_a_sign_in(
    session: AsyncSession, post: Post, fatima: User
) -> None:
    sign_in = """mutation { tokenCreate(email: "fatima@example.test", password: "le tapis de Taznakht",
      audience: "till") { token refreshToken } }"""
    tokens = (await post(sign_in))["tokenCreate"]
    renewed = await post(
        "mutation ($t: String) { tokenRefresh(refreshToken: $t) { token errors { code } } }",
        t=tokens["refreshToken"],
    )
    for token in (tokens["token"], tokens["refreshToken"], renewed["tokenRefresh"]["token"]):
        assert jwt.decode(token, options={"verify_signature": False})["aud"] == "custom:till"
