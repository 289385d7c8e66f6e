"""What staff do about an app that is not asked any more."""

from typing import Any

from strawberry import ID

from marketplace.apps.models import App as AppRow
from marketplace.apps.models import BreakerState
from marketplace.people.permissions import Permission
from marketplace.webhooks import breaker
from marketplace_graphql.apps.errors import AppError
from marketplace_graphql.kernel import Info, mutation, object_type


@object_type
class BreakerMutations:
    """A part of the mutations."""

    @mutation(returns="App", errors=AppError, needs=Permission.MANAGE_APPS)
    async def app_reenable_sync_webhooks(self, info: Info, app_id: ID) -> Any:
        """Has an app be asked again at once that failed too often."""
        app = await info.find(AppRow, app_id, field_name="appId", lock=True)
        await breaker.set_state(info.session, app, BreakerState.CLOSED)
        return app
