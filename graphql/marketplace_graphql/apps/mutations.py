"""What staff do with apps, and what apps do with themselves."""

from typing import Any

from strawberry import ID

from marketplace.apps import models, service
from marketplace.kit.errors import PermissionDeniedError
from marketplace.people.permissions import Permission
from marketplace_graphql.apps.errors import AppError
from marketplace_graphql.apps.installing import InstallingMutations
from marketplace_graphql.apps.problems import ProblemMutations
from marketplace_graphql.kernel import AUTHENTICATED_STAFF, Info, changes, input_type, mutation, object_type
from marketplace_graphql.people.rights import PermissionEnum

MANAGES = Permission.MANAGE_APPS


@input_type
class AppInput:
    """What is said of an app."""

    name: str | None
    identifier: str | None
    """What it calls itself everywhere; without, it is called by its id."""
    permissions: list[PermissionEnum] | None
    """What it may do."""


@input_type
class AppTokenInput:
    """What is said of a token."""

    name: str | None
    app: ID


@object_type
class AppMutations(InstallingMutations, ProblemMutations):
    """A part of the mutations."""

    @mutation(returns={"auth_token": str | None, "app": "App | None"}, errors=AppError, needs=MANAGES)
    async def app_create(self, info: Info, input: AppInput) -> dict[str, Any]:
        """Makes an app for a program of one's own. Its token is shown this once. Only for staff."""
        only_staff(info)
        given = changes(input)
        app, token = await service.create_app(
            info.session,
            given.get("name"),
            identifier=given.get("identifier"),
            permissions=given.get("permissions") or (),
            held=info.requester.permissions,
        )
        return {"app": app, "auth_token": token}

    @mutation(returns="App", errors=AppError, needs=MANAGES, tells="APP_UPDATED")
    async def app_update(self, info: Info, id: ID, input: AppInput) -> models.App:
        """Changes an app."""
        app = await info.find(models.App, id, lock=True)
        return await service.update_app(info.session, app, changes(input), held=info.requester.permissions)

    @mutation(returns="App", errors=AppError, needs=MANAGES, tells="APP_DELETED")
    async def app_delete(self, info: Info, id: ID) -> models.App:
        """Takes an app away. Its tokens open nothing from then on."""
        app = await info.find(models.App, id, lock=True)
        service.check_manageable(app, info.requester.permissions, "You can't delete this app.")
        info.afterwards(lambda: service.delete_app(info.session, app))
        return app

    @mutation(returns="App", errors=AppError, needs=MANAGES, tells="APP_STATUS_CHANGED")
    async def app_activate(self, info: Info, id: ID) -> models.App:
        """Lets an app act."""
        app = await info.find(models.App, id, lock=True)
        return await service.set_active(info.session, app, active=True)

    @mutation(returns="App", errors=AppError, needs=MANAGES, tells="APP_STATUS_CHANGED")
    async def app_deactivate(self, info: Info, id: ID) -> models.App:
        """Stops an app at once."""
        app = await info.find(models.App, id, lock=True)
        return await service.set_active(info.session, app, active=False)

    @mutation(
        returns={"auth_token": str | None, "app_token": "AppToken | None"}, errors=AppError, needs=MANAGES
    )
    async def app_token_create(self, info: Info, input: AppTokenInput) -> dict[str, Any]:
        """Makes one more token for an app. It is shown this once."""
        app = await info.find(models.App, input.app, field_name="app", lock=True)
        token, secret = await service.create_token(
            info.session, app, changes(input).get("name"), held=info.requester.permissions
        )
        return {"app_token": token, "auth_token": secret}

    @mutation(returns="AppToken", errors=AppError, needs=MANAGES)
    async def app_token_delete(self, info: Info, id: ID) -> models.AppToken:
        """Makes a token worthless."""
        token = await info.find(models.AppToken, id, lock=True)
        app = await info.session.get_one(models.App, token.app_id)
        held = info.requester.permissions
        service.check_manageable(app, held, "You can't delete this app token.")
        info.afterwards(lambda: service.delete_token(info.session, token))
        return token

    @mutation(returns={"valid": bool}, failed={"valid": False}, errors=AppError)
    async def app_token_verify(self, info: Info, token: str) -> dict[str, bool]:
        """Says whether a token opens anything."""
        return {"valid": await service.is_good_token(info.session, token)}


def only_staff(info: Info) -> None:
    """Raises PermissionDeniedError for an app: no app makes another."""
    if not info.requester.is_staff:
        raise PermissionDeniedError(AUTHENTICATED_STAFF)
