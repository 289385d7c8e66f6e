"""A shop that nobody has opened yet says so, instead of failing."""

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.markets import make_channel


@pytest.mark.parametrize(
    ("path", "language", "title"),
    [
        ("/fr/", "fr", "La boutique n’est pas encore ouverte"),
        ("/ar/products/tapis", "ar", "لم يفتح المتجر أبوابه بعد"),
        ("/en/cart", "en", "The shop is not open yet"),
        ("/en/no/such/page", "en", "The shop is not open yet"),
    ],
)
async def test_without_a_channel_every_page_says_that_the_shop_is_not_open_yet(
    client: httpx.AsyncClient, path: str, language: str, title: str
) -> None:
    answer = await client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert f'lang="{language}"' in answer.text
    assert title in answer.text


async def test_the_first_channel_opens_the_shop_at_once(
    app: FastAPI, client: httpx.AsyncClient, session: AsyncSession
) -> None:
    assert (await client.get("/fr/")).status_code == 503
    await make_channel(session)
    await session.commit()
    assert (await client.get("/fr/")).status_code == 200
