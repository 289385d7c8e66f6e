"""Apps for tests."""

from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App, AppExtension, AppInstallation, AppProblem, AppToken
from marketplace.apps.tokens import new_token
from marketplace.people.permissions import Permission

_numbers = count(1)


async def make_app(session: AsyncSession, *permissions: Permission, **given: object) -> App:
    number = next(_numbers)
    usual = {"name": f"App {number}", "identifier": f"test.app.{number}"}
    app = App(**usual | {"permissions": sorted(permissions)} | given)
    session.add(app)
    await session.flush()
    return app


async def make_token(session: AsyncSession, app: App, name: str = "Default") -> tuple[AppToken, str]:
    """A token's row, and the token."""
    row, token = new_token(app, name)
    session.add(row)
    await session.flush()
    return row, token


async def make_extension(session: AsyncSession, app: App, **given: object) -> AppExtension:
    usual = {"label": "Labels", "url": "/labels", "mount": "PRODUCT_OVERVIEW_CREATE", "target": "POPUP"}
    extension = AppExtension(app_id=app.id, **usual | given)
    session.add(extension)
    await session.flush()
    return extension


async def make_problem(session: AsyncSession, app: App, key: str = "key", **given: object) -> AppProblem:
    problem = AppProblem(**{"app_id": app.id, "key": key, "message": "It hurts."} | given)
    session.add(problem)
    await session.flush()
    return problem


async def make_installation(session: AsyncSession, **given: object) -> AppInstallation:
    usual = {"name": "Shipping labels", "manifest_url": "https://labels.test/manifest"}
    installation = AppInstallation(**usual | given)
    session.add(installation)
    await session.flush()
    return installation
