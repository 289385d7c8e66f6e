"""Apps as staff make, change and end them, and their tokens.

Whoever manages an app must hold all that the app may do, and grants nothing beyond that: otherwise an app
would be a way to rights that one does not have. `held` are the permissions of whoever asks.
"""

import hmac
from collections.abc import Collection, Iterable
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.errors import OutOfScopeAppError, OutOfScopePermissionError
from marketplace.apps.models import IDENTIFIER_LENGTH, NAME_LENGTH, TOKEN_NAME_LENGTH, App, AppToken, AppType
from marketplace.apps.tokens import digest_of, new_token
from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError, UniqueError
from marketplace.kit.ids import to_global_id
from marketplace.people.permissions import Permission

DEFAULT_TOKEN_NAME = "Default"  # noqa: S105 - a name


async def create_app(
    session: AsyncSession,
    name: str | None,
    *,
    identifier: str | None = None,
    permissions: Iterable[str] = (),
    held: Collection[str],
) -> tuple[App, str]:
    """Make a local app; gives it and its first token, which is not to be had again.

    Without an identifier it is called by its own global id. Raises OutOfScopePermissionError, Errors.
    """
    granted = granted_by(permissions, held)
    app = App(type=AppType.LOCAL, identifier=uuid4().hex, permissions=granted, name="")
    said = {"name": name, "identifier": identifier} if identifier else {"name": name}
    await _say(session, app, said)
    session.add(app)
    await session.flush()
    if not identifier:
        app.identifier = to_global_id("App", app.id)
    token, secret = new_token(app, DEFAULT_TOKEN_NAME)
    session.add(token)
    await session.flush()
    await announce(session, "APP_INSTALLED", app)
    return app, secret


async def update_app(
    session: AsyncSession, app: App, changes: dict[str, Any], *, held: Collection[str]
) -> App:
    """Change what was given of name, identifier and permissions. The row is the caller's, locked.

    Raises OutOfScopeAppError, OutOfScopePermissionError, Errors.
    """
    check_manageable(app, held, "You can't manage this app.")
    if changes.get("permissions") is not None:
        app.permissions = granted_by(changes["permissions"], held)
    await _say(session, app, {name: changes[name] for name in ("name", "identifier") if name in changes})
    await session.flush()
    return app


async def delete_app(session: AsyncSession, app: App) -> None:
    """Take an app away: its tokens open nothing from now on. Its row stays, for the histories."""
    app.removed_at = clock.now()
    app.is_active = False
    await session.execute(delete(AppToken).where(AppToken.app_id == app.id))
    await session.flush()


async def set_active(session: AsyncSession, app: App, *, active: bool) -> App:
    """Let an app act, or stop it at once. As in Saleor, even one that may do more than who asks."""
    app.is_active = active
    await session.flush()
    return app


async def create_token(
    session: AsyncSession, app: App, name: str | None, *, held: Collection[str]
) -> tuple[AppToken, str]:
    """One more token for an app; gives its row and itself. Raises OutOfScopeAppError, InvalidError."""
    check_manageable(app, held, "You can't manage this app.", field="app")
    name = (name or "").strip()
    if len(name) > TOKEN_NAME_LENGTH:
        raise InvalidError(f"A name has at most {TOKEN_NAME_LENGTH} letters.", field="name")
    token, secret = new_token(app, name)
    session.add(token)
    await session.flush()
    return token, secret


async def delete_token(session: AsyncSession, token: AppToken) -> None:
    """Make a token worthless."""
    await session.execute(delete(AppToken).where(AppToken.id == token.id))


async def is_good_token(session: AsyncSession, token: str) -> bool:
    """Whether an app may sign in with a token now."""
    digest = digest_of(token)
    found = await session.scalar(
        select(AppToken.digest)
        .join(App, App.id == AppToken.app_id)
        .where(AppToken.digest == digest, App.is_active, App.removed_at.is_(None))
    )
    return found is not None and hmac.compare_digest(found, digest)


def check_manageable(app: App, held: Collection[str], message: str, *, field: str = "id") -> None:
    """Raises OutOfScopeAppError where an app may do something that whoever asks may not."""
    if not set(app.permissions) <= set(held):
        raise OutOfScopeAppError(message, field=field)


def granted_by(permissions: Iterable[str], held: Collection[str]) -> list[str]:
    """The permissions, each once. Raises OutOfScopePermissionError for those that whoever asks lacks."""
    granted = sorted(set(permissions))
    beyond = [Permission(code) for code in granted if code not in held]
    if beyond:
        raise OutOfScopePermissionError(
            "You can't add permission that you don't have.", field="permissions", permissions=beyond
        )
    return granted


async def _say(session: AsyncSession, app: App, said: dict[str, str | None]) -> None:
    """Write name and identifier, as far as given. Raises Errors."""
    errors: list[DomainError] = []
    for field, limit in (("name", NAME_LENGTH), ("identifier", IDENTIFIER_LENGTH)):
        if field not in said:
            continue
        value = (said[field] or "").strip()
        if not value:
            errors.append(RequiredError("This field cannot be blank.", field=field))
        elif len(value) > limit:
            errors.append(InvalidError(f"At most {limit} letters.", field=field))
        else:
            setattr(app, field, value)
    if not errors and "identifier" in said and await who_has(session, app.identifier, but=app.id):
        errors.append(UniqueError("Another app has this identifier.", field="identifier"))
    if errors:
        raise Errors(errors)


async def who_has(session: AsyncSession, identifier: str, *, but: int | None = None) -> str | None:
    """The name of the app that is there and has an identifier, other than `but`. Until the transaction ends,
    nobody else takes it.
    """
    others = select(App.name).where(App.identifier == identifier, App.removed_at.is_(None))
    if but is not None:
        others = others.where(App.id != but)
    with session.no_autoflush:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("app.identifier"))))
        return await session.scalar(others)
