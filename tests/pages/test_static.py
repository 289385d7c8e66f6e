"""Style sheets and pictures that a browser asks for once."""

import re

import httpx
import pytest
from fastapi import FastAPI

from marketplace.pages.languages import TEMPLATES
from marketplace.pages.static import STYLE_LAYERS, StaticFiles

KILOBYTE = 1024


@pytest.fixture
def static() -> StaticFiles:
    return StaticFiles(TEMPLATES / "static")


@pytest.fixture
def visitor(static: StaticFiles) -> httpx.AsyncClient:
    app = FastAPI()
    app.add_api_route("/static/{name}", static.serve)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


async def test_a_file_is_kept_for_a_year_under_an_address_that_names_its_content(
    static: StaticFiles, visitor: httpx.AsyncClient
) -> None:
    assert re.fullmatch(r"/static/shop\.[0-9a-f]{12}\.css", static.url("shop.css"))
    answer = await visitor.get(static.url("shop.css"))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["content-encoding"] == "gzip"


async def test_every_picture_that_the_style_sheet_names_is_there(
    static: StaticFiles, visitor: httpx.AsyncClient
) -> None:
    css = (await visitor.get(static.url("shop.css"))).text
    named = re.findall(r'url\("([^"]+)"\)', css)
    assert named
    for url in named:
        assert (await visitor.get(url)).status_code == 200


async def test_a_file_that_has_changed_is_not_found_at_its_old_address(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/static/shop.000000000000.css")).status_code == 404
    assert (await visitor.get("/static/shop.css")).status_code == 404


def test_the_style_sheets_stay_small() -> None:
    sizes = [(TEMPLATES / "static" / "css" / f"{layer}.css").stat().st_size for layer in STYLE_LAYERS]
    assert sum(sizes) < 40 * KILOBYTE


def test_no_style_sheet_knows_left_from_right() -> None:
    """Arabic is laid out by the same rules as French: what begins a line is its start."""
    physical = re.compile(r"(?:margin|padding|border)-(?:left|right)\b|text-align:\s*(?:left|right)|\bfloat:")
    for layer in STYLE_LAYERS:
        css = (TEMPLATES / "static" / "css" / f"{layer}.css").read_text()
        assert physical.findall(css) == []
