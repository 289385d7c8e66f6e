"""Where a demonstration's buyers find the stand-in of Stripe: nowhere else."""

import httpx
import pytest

from marketplace.app import create_app
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings

PLAYED = {"stripe_publishable_key": "pk_test_standin", "stripe_js_url": "http://shop.example:4242/js/v3/"}


async def _asked(settings: Settings, database: Database) -> httpx.Response:
    app = create_app(settings, database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        return await client.get("/demo/cards")


async def test_the_stand_in_is_where_its_script_is(settings: Settings, engine_of_session: Database) -> None:
    answer = await _asked(settings.model_copy(update=PLAYED), engine_of_session)
    assert answer.json() == {"address": "http://shop.example:4242"}


@pytest.mark.parametrize(
    "otherwise",
    [
        {"stripe_publishable_key": "pk_test_a_shops_own"},
        {"stripe_publishable_key": None},
        {"environment": "production"},
    ],
)
async def test_there_is_none_where_stripe_is_real(
    settings: Settings, engine_of_session: Database, otherwise: dict[str, str | None]
) -> None:
    answer = await _asked(settings.model_copy(update=PLAYED | otherwise), engine_of_session)
    assert "address" not in answer.text
    assert answer.status_code >= 400
