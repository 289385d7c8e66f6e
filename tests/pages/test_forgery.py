"""A form that another site sends in a visitor's name is refused."""

import httpx
import pytest
from fastapi import Depends, FastAPI

from marketplace.pages.forgery import refuse_forgery


@pytest.fixture
def visitor() -> httpx.AsyncClient:
    app = FastAPI()

    async def done() -> str:
        return "done"

    app.add_api_route("/cart", done, methods=["GET", "POST"], dependencies=[Depends(refuse_forgery)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "http://shop.test"},
        {"referer": "http://shop.test/fr/cart"},
    ],
)
async def test_a_form_of_our_own_pages_is_taken(visitor: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await visitor.post("/cart", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site", "origin": "http://shop.test"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://elsewhere.test"},
        {"origin": "null"},
        {"origin": "http://shop.test.elsewhere.test"},
        {"referer": "http://elsewhere.test/http://shop.test/"},
    ],
)
async def test_a_form_from_elsewhere_or_from_nowhere_is_refused(
    visitor: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await visitor.post("/cart", headers=headers)).status_code == 403


async def test_reading_is_open_to_links_from_anywhere(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/cart", headers={"sec-fetch-site": "cross-site"})).status_code == 200
