"""Staff look at an app's breaker, and close it."""

from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import BreakerState
from marketplace.kit.ids import to_global_id
from marketplace.webhooks import breaker
from tests.factories.apps import make_app
from tests.graphql.conftest import Ask, staff

REENABLE = """
mutation ($id: ID!) { it: appReenableSyncWebhooks(appId: $id) {
  app { breakerState breakerLastStateChange } errors { field code } } }
"""
LOOK = "query ($id: ID!) { app(id: $id) { breakerState breakerLastStateChange } }"


async def test_staff_have_an_app_be_asked_again(session: AsyncSession, ask: Ask, read: Ask) -> None:
    app = await make_app(session)
    given, clerk = {"id": to_global_id("App", app.id)}, staff("MANAGE_APPS")
    assert (await read(LOOK, clerk, **given))["app"] == {
        "breakerState": "CLOSED",
        "breakerLastStateChange": None,
    }
    await breaker.set_state(session, app, BreakerState.OPEN)
    assert (await read(LOOK, clerk, **given))["app"]["breakerState"] == "OPEN"
    payload = (await read(REENABLE, clerk, **given))["it"]
    assert payload["errors"] == []
    assert payload["app"]["breakerState"] == "CLOSED"
    assert payload["app"]["breakerLastStateChange"] is not None
    denied = await ask(REENABLE, staff("MANAGE_ORDERS"), **given)
    assert denied["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_an_app_that_is_not_there_is_not_asked_again(read: Ask) -> None:
    for given, code in ((to_global_id("App", 987654321), "NOT_FOUND"), (str(uuid4()), "INVALID")):
        payload = (await read(REENABLE, staff("MANAGE_APPS"), id=given))["it"]
        assert payload["errors"] == [{"field": "appId", "code": code}]
