"""The npm package `@saleor/auth-sdk`, unmodified, signs in, refreshes, fetches and signs out against us."""

import asyncio
import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from marketplace.kit.database import Database
from marketplace.people import mail_tokens
from marketplace.people.mail_tokens import Purpose
from marketplace.people.passwords import hash_password
from marketplace.people.tokens import access_token, refresh_token
from tests.factories.people import make_user

HERE = Path(__file__).parent
PASSWORD = "un thé à la menthe"
EMAIL = "salma@example.test"


@pytest.fixture
def node() -> str:
    """Node with the package installed: without it the test fails in CI, and says what to do elsewhere."""
    node = shutil.which("node")
    if node is not None and (HERE / "node_modules" / "@saleor" / "auth-sdk").is_dir():
        return node
    reason = "install node and npm" if node is None else "run `npm ci` in tests/auth_sdk"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


async def test_saleors_own_client_signs_in_refreshes_fetches_and_signs_out(
    database: Database, live: str, node: str
) -> None:
    settings = database.settings.model_copy(update={"public_url": live})
    async with database.transaction() as session:
        user = await make_user(session, email=EMAIL, password_hash=await hash_password("un café noir"))
    process = await asyncio.create_subprocess_exec(
        node,
        "shopper.mjs",
        settings.api_url,
        EMAIL,
        mail_tokens.make(settings, Purpose.SET_PASSWORD, user),
        PASSWORD,
        access_token(user, settings, timedelta(seconds=-10)),
        refresh_token(user, settings, "csrf"),
        cwd=HERE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaints = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, complaints.decode()
    seen = json.loads(said)
    assert seen["wrong"] == ["INVALID_CREDENTIALS"]
    assert seen["before"] is None
    assert seen["signedIn"] == ["signedIn", EMAIL, 0]
    assert seen["expired"] == "ExpiredSignatureError"
    assert seen["refreshed"] == [EMAIL, True, False]
    assert seen["together"] == [EMAIL] * 3
    assert seen["reset"] == [[], "signedIn", EMAIL]
    assert seen["revoked"] == [None, "signedOut"]
    assert seen["signedOut"] == ["signedOut", None, 0]
