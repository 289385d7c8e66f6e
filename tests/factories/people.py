"""People for tests."""

from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.models import PermissionGroup, User
from marketplace.people.permissions import Permission
from marketplace.people.tokens import new_token_key

_numbers = count(1)


async def make_user(session: AsyncSession, **given: object) -> User:
    number = next(_numbers)
    user = User(**{"email": f"person{number}@example.test", "token_key": new_token_key()} | given)
    session.add(user)
    await session.flush()
    return user


async def make_staff(session: AsyncSession, *permissions: Permission, **given: object) -> User:
    """A member of staff whose only group has the given permissions."""
    user = await make_user(session, is_staff=True, **given)
    group = PermissionGroup(name=f"group of {user.email}", permissions=list(permissions), users=[user])
    session.add(group)
    await session.flush()
    return user
