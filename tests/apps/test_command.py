"""`marketplace apps create` makes an app from the command line."""

import asyncio

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from marketplace import cli
from marketplace.apps.models import App, AppToken
from marketplace.apps.tokens import digest_of
from marketplace.kit.database import Database


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(cli, "_with_database", lambda: database.settings)
    return CliRunner()


async def test_an_app_is_made_and_its_token_printed(run: CliRunner, database: Database) -> None:

    words = ["apps", "create", "--name", "Labels", "--permission", "MANAGE_ORDERS", "--identifier", "labels"]
    done = await asyncio.to_thread(run.invoke, cli.cli, words)
    assert done.exit_code == 0, done.output
    async with database.transaction() as session:
        app = (await session.scalars(select(App))).one()
        digest = await session.scalar(select(AppToken.digest))
    assert (app.name, app.identifier, app.permissions) == ("Labels", "labels", ["MANAGE_ORDERS"])
    assert digest == digest_of(done.output.strip())


async def test_what_can_not_be_made_is_said(run: CliRunner) -> None:
    moon = ["--name", "X", "--permission", "MANAGE_MOON"]
    for words, why in ((moon, "MANAGE_MOON"), (["--name", " "], "blank")):
        done = await asyncio.to_thread(run.invoke, cli.cli, ["apps", "create", *words])
        assert why in str(done.exception)
