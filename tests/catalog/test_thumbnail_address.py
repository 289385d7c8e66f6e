"""A small picture is made when its address is first asked for."""

from pathlib import Path

import httpx
import pytest
import pyvips
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import media
from marketplace.catalog.models import ProductMedia
from marketplace.kit.ids import to_global_id
from marketplace.kit.storage import FolderStorage
from tests.factories.catalog import make_category, make_product


@pytest.fixture
async def picture(app: FastAPI, session: AsyncSession, tmp_path: Path) -> ProductMedia:
    app.state.storage = FolderStorage(tmp_path, "http://testserver/elsewhere")
    encoded = pyvips.Image.black(900, 600, bands=3).copy(interpretation="srgb").write_to_buffer(".png")
    kept = await media.read_picture(encoded)
    await media.keep_picture(app.state.storage, kept)
    row = ProductMedia(product_id=(await make_product(session)).id, path=kept.key)
    session.add(row)
    await session.commit()
    return row


async def test_the_address_leads_to_the_picture_in_its_size(
    client: httpx.AsyncClient, app: FastAPI, session: AsyncSession, picture: ProductMedia
) -> None:
    global_id = to_global_id("ProductMedia", picture.id)
    for path in (f"/thumbnail/{global_id}/250/webp/", f"/thumbnail/{global_id}/256/"):
        answer = await client.get(path)
        assert answer.status_code == 302
        key = answer.headers["location"].removeprefix("http://testserver/elsewhere/media/")
        assert key.endswith("/256.webp")
        small = pyvips.Image.new_from_buffer(await app.state.storage.get(key), "")
        assert (small.width, small.height) == (256, 171)
    await session.refresh(picture)
    assert picture.thumbnail_sizes == [256]


@pytest.mark.parametrize(
    "path", ["UHJvZHVjdDox/256/webp/", "x/256/webp/", "{id}/0/webp/", "{id}/256/svg/", "{other}/256/webp/"]
)
async def test_what_is_no_picture_is_not_found(
    client: httpx.AsyncClient, picture: ProductMedia, path: str
) -> None:
    known, unknown = (to_global_id("ProductMedia", picture.id + more) for more in (0, 1))
    answer = await client.get(f"/thumbnail/{path.format(id=known, other=unknown)}")
    assert answer.status_code in {404, 422}


async def test_pictures_of_shelves_have_sizes_too(
    client: httpx.AsyncClient, session: AsyncSession, picture: ProductMedia
) -> None:
    shelf = await make_category(session, picture_path=picture.path)
    bare = await make_category(session)
    await session.commit()
    answer = await client.get(f"/thumbnail/{to_global_id('Category', shelf.id)}/100/avif/")
    assert answer.status_code == 302
    assert answer.headers["location"].endswith("/128.avif")
    for global_id in (to_global_id("Category", bare.id), to_global_id("Product", picture.product_id)):
        assert (await client.get(f"/thumbnail/{global_id}/128/webp/")).status_code == 404
