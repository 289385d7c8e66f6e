"""The API over HTTP, asked by people who are signed in or not."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.settings import Settings
from marketplace.orders.models import Order
from marketplace.people.models import Address, User
from marketplace.people.passwords import hash_password
from marketplace.people.tokens import access_token
from tests.factories.markets import make_channel
from tests.factories.people import make_user

PASSWORD = "le tapis de Taznakht"
PAGE = "http://testserver/fr/page"
Post = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def fatima(session: AsyncSession) -> User:
    """A buyer with a password, in a shop that has one channel."""
    await make_channel(session, slug="maroc")
    return await make_user(
        session, email="fatima@example.test", password_hash=await hash_password(PASSWORD), first_name="Fatima"
    )


@pytest.fixture
def post(client: httpx.AsyncClient, session: AsyncSession, settings: Settings) -> Post:
    """Send a document as somebody; the answer's data, which has no errors of its own."""

    async def posted(document: str, user: User | None = None, **variables: Any) -> dict[str, Any]:
        await session.commit()  # A savepoint's: what the test has made, the API sees.
        headers = {} if user is None else {"authorization": f"Bearer {access_token(user, settings)}"}
        body = {"query": document, "variables": variables}
        answer = (await client.post("/graphql/", json=body, headers=headers)).json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        for model in (User, Address, Order):  # What the API has changed, the test's rows say too.
            await session.execute(select(model).execution_options(populate_existing=True))
        return data

    return posted
