"""What every answer carries, whatever it is about."""

from datetime import timedelta
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from playwright.async_api import Browser
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.app import create_app
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.people.models import User
from marketplace.people.tokens import access_token, new_token_key


async def test_a_process_that_lives_says_so(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health")).json() == {"status": "alive"}


async def test_answers_carry_a_name_and_headers_that_protect(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/health")).headers
    assert len(headers["x-request-id"]) == 32
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


async def test_a_proxys_name_for_a_request_is_kept_unless_it_is_no_name(client: httpx.AsyncClient) -> None:
    kept = await client.get("/health", headers={"x-request-id": "proxy-4711-abc"})
    forged = await client.get("/health", headers={"x-request-id": "a b\tc" * 9})
    assert kept.headers["x-request-id"] == "proxy-4711-abc"
    assert len(forged.headers["x-request-id"]) == 32


async def test_what_breaks_is_logged_and_answered_without_saying_why(
    app: FastAPI, client: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    async def broken() -> None:
        raise ZeroDivisionError("the secret reason")

    app.router.routes.insert(0, APIRoute("/broken", broken))
    answer = await client.get("/broken")
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    assert answer.headers["x-request-id"] in "".join(capfd.readouterr())


async def test_pages_of_configured_origins_may_call(settings: Settings, database: Database) -> None:
    app = create_app(settings.model_copy(update={"allowed_origins": ("https://dash.example",)}), database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
        allowed = await client.options("/graphql/", headers={"origin": "https://dash.example"} | asked)
        refused = await client.options("/graphql/", headers={"origin": "https://evil.example"} | asked)
    assert allowed.headers["access-control-allow-origin"] == "https://dash.example"
    assert "access-control-allow-origin" not in refused.headers


async def test_media_are_served_to_be_kept_and_never_to_act(
    settings: Settings, client: httpx.AsyncClient
) -> None:
    storage = storage_from(settings)
    await storage.put("rugs/azilal.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    answer = await client.get(httpx.URL(storage.url("rugs/azilal.svg")).path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "immutable" in answer.headers["cache-control"]
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    ["/media/", "/media/none.png", "/media/../secret_key", "/media/%2e%2e/secret_key", "/media/.new-x"],
)
async def test_nothing_but_media_is_served_as_media(
    settings: Settings, client: httpx.AsyncClient, path: str
) -> None:
    assert settings.secret_key
    settings.media_dir.mkdir(exist_ok=True)
    Path(settings.media_dir / ".new-x").write_text("half a picture")
    answer = await client.get(path)
    assert not answer.is_success
    assert settings.secret_key.get_secret_value() not in answer.text


async def test_private_files_have_no_address(settings: Settings, client: httpx.AsyncClient) -> None:
    await storage_from(settings).put("private/payouts/1.xml", b"<Document/>", "application/xml")
    for path in ("/media/private/payouts/1.xml", "/private/payouts/1.xml", "/media/../private/payouts/1.xml"):
        answer = await client.get(path)
        assert answer.status_code >= 400
        assert "<Document/>" not in answer.text


async def test_the_app_sees_what_its_test_has_written(session: AsyncSession, app: FastAPI) -> None:
    await session.execute(text("CREATE TABLE rug (name text)"))
    await session.execute(text("INSERT INTO rug VALUES ('Azilal')"))
    await session.commit()
    database: Database = app.state.database
    async with database.transaction() as own:
        await own.execute(text("INSERT INTO rug VALUES ('Glaoui')"))
    assert await database.reads.fetch_json("SELECT to_json(count(*)) FROM rug", {}) == b"2"
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as own:
            await own.execute(text("DELETE FROM rug"))
            raise ZeroDivisionError
    assert (await session.execute(text("SELECT count(*) FROM rug"))).scalar_one() == 2


async def person(session: AsyncSession, **more: object) -> User:
    user = User(email="admin@sil.example", token_key=new_token_key(), **more)
    session.add(user)
    await session.commit()
    return user


async def test_an_administrator_moves_the_clock_and_the_schedule_looks_at_once(
    session: AsyncSession, app: FastAPI, client: httpx.AsyncClient, settings: Settings, clock: ModuleType
) -> None:
    token = access_token(await person(session, is_staff=True, is_superuser=True), settings)
    before = clock.now()
    answer = await client.post("/demo/clock", json={"days": 8}, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    assert clock.now() - before > timedelta(days=7, hours=23)
    queued = await session.execute(
        text("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock ~ '^schedule:'")
    )
    assert queued.scalar_one() > 0


async def test_nobody_else_moves_the_clock(
    session: AsyncSession, client: httpx.AsyncClient, settings: Settings, clock: ModuleType
) -> None:
    assert (await client.post("/demo/clock", json={"days": 8})).status_code == 401
    token = access_token(await person(session, is_staff=True), settings)
    answer = await client.post("/demo/clock", json={"days": 8}, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert clock.ahead() == timedelta()


async def test_production_has_no_way_to_move_the_clock(settings: Settings, database: Database) -> None:
    app = create_app(settings.model_copy(update={"environment": "production"}), database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        answer = await client.post("/demo/clock", json={"days": 8})
    assert "now" not in answer.text
    assert answer.status_code >= 400


async def test_a_real_browser_reaches_a_real_server(live: str, browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    answer = await page.goto(f"{live}/ready")
    assert answer is not None
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "database not migrated" in await page.content()  # The template is made without migrations.
    await context.close()
