"""Who a requester is: the person, what they may do, and for which sellers they work."""

import hmac
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.settings import Settings
from marketplace.people.errors import TokenError
from marketplace.people.permissions import Permission
from marketplace.people.tokens import Claims, read_token
from marketplace.vendors.member_models import VendorDelegation
from marketplace.vendors.models import WORKING, MemberRole, VendorMember

ALL_PERMISSIONS = frozenset(permission.value for permission in Permission)

FetchJson = Callable[[str, dict[str, object]], Awaitable[bytes]]
"""`ReadPool.fetch_json`, or anything that runs a statement and gives its one JSON value as bytes."""


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person as far as rights go. `vendor_ids`: the sellers this person works for; `within`: what
    the roles there allow, each permission with the sellers in which it holds.
    """

    user_id: int
    permissions: frozenset[str]
    vendor_ids: tuple[int, ...]
    is_staff: bool
    within: dict[str, tuple[int, ...]]
    app_id: int | None = None
    """The app in whose hands the token is."""
    channel_ids: tuple[int, ...] | None = None
    """The channels in which a member of staff works; None: in all of them."""
    delegate_of: tuple[int, ...] = ()
    """The sellers for which a member of staff acts now: what they do there is written into the audit log."""


ROLE_PERMISSIONS = {
    MemberRole.OWNER: (Permission.MANAGE_PRODUCTS, Permission.MANAGE_ORDERS),
    MemberRole.LISTER: (Permission.MANAGE_PRODUCTS,),
    MemberRole.PACKER: (Permission.MANAGE_ORDERS,),
    MemberRole.TREASURER: (),
}
"""What a member may do within its seller, by Saleor's names: never outside of it. Only while the seller
works: who applies can't fill the shop yet, and a closed seller is read only.
"""
DELEGATED_ROLES = (MemberRole.LISTER, MemberRole.PACKER)
"""What one of the staff is who acts for a seller."""

_PERSON_SQL = """
SELECT json_build_object(
    'token_key', u.token_key,
    'is_staff', u.is_staff,
    'is_superuser', u.is_superuser,
    'permissions', CASE WHEN u.is_staff THEN (
        SELECT json_agg(DISTINCT held.permission)
        FROM group_member m
        JOIN permission_group g ON g.id = m.group_id
        CROSS JOIN LATERAL unnest(g.permissions) AS held(permission)
        WHERE m.user_id = u.id) END,
    'is_everywhere', NOT u.is_staff OR u.is_superuser OR EXISTS (
        SELECT FROM group_member m
        JOIN permission_group g ON g.id = m.group_id
        WHERE m.user_id = u.id AND NOT g.restricted_access_to_channels),
    'channels', (
        SELECT json_agg(DISTINCT c.channel_id)
        FROM group_member m
        JOIN group_channel c ON c.group_id = m.group_id
        WHERE m.user_id = u.id),
    'roles', (
        SELECT json_agg(json_build_array(v.vendor_id, v.role, seller.status) ORDER BY v.vendor_id)
        FROM vendor_member v JOIN vendor seller ON seller.id = v.vendor_id WHERE v.user_id = u.id),
    'delegate_of', CASE WHEN u.is_staff THEN (
        SELECT json_agg(d.vendor_id ORDER BY d.vendor_id)
        FROM vendor_delegation d JOIN vendor seller ON seller.id = d.vendor_id
        WHERE d.agent_id = u.id AND d.ends_at > %(now)s AND d.ended_at IS NULL
            AND seller.status IN ('APPROVED', 'SUSPENDED')) END
)
FROM user_account u
WHERE u.id = %(user_id)s AND u.is_active
    AND (%(app_id)s::bigint IS NULL OR EXISTS (
        SELECT FROM app WHERE app.id = %(app_id)s AND app.is_active AND app.removed_at IS NULL))
"""


async def person_of_token(fetch_json: FetchJson, settings: Settings, token: str) -> Person:
    """Whose access token it is: one short statement. Raises TokenError.

    Rights are read at each request, so that taking one away works at once.
    """
    claims = read_token(token, settings)
    try:
        given: dict[str, object] = {"user_id": claims.user_id, "app_id": claims.app_id, "now": clock.now()}
        found = orjson.loads(await fetch_json(_PERSON_SQL, given))
    except LookupError:
        raise TokenError("InvalidTokenError", "This account is closed or is no more.") from None
    return _person(claims, found)


def _person(claims: Claims, found: dict[str, Any]) -> Person:
    if not hmac.compare_digest(str(found["token_key"]), claims.token_key):
        raise TokenError("InvalidTokenError", "This token is no longer good. Please sign in again.")
    is_staff = bool(found["is_staff"])
    permissions = (
        ALL_PERMISSIONS if is_staff and found["is_superuser"] else frozenset(found["permissions"] or ())
    )
    roles = [(key, MemberRole(role), status in WORKING) for key, role, status in found["roles"] or ()]
    delegate_of = tuple(found["delegate_of"] or ())
    if claims.permissions is not None:  # In the hands of an app: never more than the app may, and no seller.
        permissions, roles, delegate_of = permissions & claims.permissions, [], ()
    working = [(vendor_id, role) for vendor_id, role, works in roles if works]
    working += [(vendor_id, role) for vendor_id in delegate_of for role in DELEGATED_ROLES]
    channel_ids = None if found["is_everywhere"] else tuple(sorted(found["channels"] or ()))
    return Person(
        claims.user_id,
        permissions,
        tuple(dict.fromkeys([*(vendor_id for vendor_id, *_ in roles), *delegate_of])),
        is_staff,
        within_sellers(working),
        claims.app_id,
        channel_ids,
        delegate_of,
    )


def within_sellers(roles: Iterable[tuple[int, MemberRole]]) -> dict[str, tuple[int, ...]]:
    """The permissions that roles at sellers give, each with the sellers in which it holds."""
    within: dict[str, tuple[int, ...]] = {}
    for vendor_id, role in roles:
        for permission in ROLE_PERMISSIONS[role]:
            if vendor_id not in within.get(permission, ()):
                within[permission] = (*within.get(permission, ()), vendor_id)
    return within


async def works_as(session: AsyncSession, user_id: int | None, vendor_id: int, *roles: MemberRole) -> bool:
    """Whether a user works for a seller in one of the roles, or acts for it in one of them."""
    if user_id is None:
        return False
    role = await session.scalar(
        select(VendorMember.role).where(VendorMember.vendor_id == vendor_id, VendorMember.user_id == user_id)
    )
    if role in roles or not set(roles) & set(DELEGATED_ROLES):
        return role in roles
    acts_for = select(VendorDelegation.id).where(
        VendorDelegation.vendor_id == vendor_id,
        VendorDelegation.agent_id == user_id,
        VendorDelegation.ends_at > clock.now(),
        VendorDelegation.ended_at.is_(None),
    )
    return await session.scalar(acts_for.limit(1)) is not None
