"""Pictures and videos of products, as staff and sellers add, describe, order and choose them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pyvips
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.fetching import fetch_media
from marketplace.catalog.models import Product, ProductMedia, ProductVariant
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import Work, is_pending
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace_graphql.kernel import Api, Requester, UploadedFile
from tests.factories.catalog import make_product, make_variant
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, seller, staff
from tests.receiver import Receiver, receiving

STAFF = staff("MANAGE_PRODUCTS")
CREATE = """mutation($input: ProductMediaCreateInput!) { productMediaCreate(input: $input) {
  errors { field code } media { id url alt type sortOrder oembedData } product { media { alt } } } }"""
CHOOSE = """mutation($media: ID!, $variant: ID!) { %s(mediaId: $media, variantId: $variant) {
  errors { field code } media { id } productVariant { media { id } images { id } } } }"""
REORDER = """mutation($ids: [ID!]!, $product: ID!) {
  productMediaReorder(mediaIds: $ids, productId: $product) {
    errors { field code } media { alt } product { media { alt sortOrder } } } }"""


TOO_LARGE = b"\x89PNG\r\n\x1a\n" + bytes(21 * 1024**2)


def png(width: int = 40, height: int = 30) -> bytes:
    image: bytes = pyvips.Image.black(width, height, bands=3).write_to_buffer(".png")
    return image


def uploaded(content: bytes | None = None, name: str = "tapis.png") -> UploadedFile:
    return UploadedFile(name, "image/png", png() if content is None else content)


def product_id(product: Product) -> str:
    return to_global_id("Product", product.id)


def media_id(media: ProductMedia) -> str:
    return to_global_id("ProductMedia", media.id)


async def shown(session: AsyncSession, product: Product, alt: str) -> ProductMedia:
    media = ProductMedia(product_id=product.id, alt=alt, path=f"products/{alt}.webp")
    session.add(media)
    await session.flush()
    return media


@pytest.fixture
async def product(session: AsyncSession) -> Product:
    return await make_product(session)


async def test_a_picture_is_uploaded_and_put_behind_the_others(
    session: AsyncSession, read: Ask, product: Product
) -> None:
    await shown(session, product, "first")
    given = {"product": product_id(product), "image": uploaded(), "alt": "Un tapis rouge"}
    made = (await read(CREATE, STAFF, input=given))["productMediaCreate"]
    assert made["errors"] == []
    assert made["product"] == {"media": [{"alt": "first"}, {"alt": "Un tapis rouge"}]}
    assert (made["media"]["type"], made["media"]["sortOrder"]) == ("IMAGE", 1)
    assert made["media"]["url"].startswith("http://testserver/media/products/")
    kept = await session.scalar(select(ProductMedia).where(ProductMedia.alt == "Un tapis rouge"))
    assert kept is not None
    assert (kept.width_pixels, kept.height_pixels) == (40, 30)
    assert await is_pending(session, "catalog.make_thumbnails", media_ids=[kept.id])


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, ("input", "REQUIRED")),
        ({"image": uploaded(), "mediaUrl": "https://a.test/b.jpg"}, ("input", "DUPLICATED_INPUT_ITEM")),
        ({"image": uploaded(), "alt": "x" * 251}, ("input", "INVALID")),
        ({"image": uploaded(b"no picture")}, ("image", "INVALID")),
        (
            {"image": uploaded(TOO_LARGE)},
            ("image", "FILE_SIZE_LIMIT_EXCEEDED"),
        ),
        ({"image": uploaded(), "product": "UHJvZHVjdDo5OTk5OQ=="}, ("product", "NOT_FOUND")),
        ({"mediaUrl": "ftp://a.test/b.jpg"}, ("mediaUrl", "INVALID")),
        ({"mediaUrl": "https://a.test/film.mp4"}, ("mediaUrl", "UNSUPPORTED_MEDIA_PROVIDER")),
        ({"mediaUrl": "https://a.test/page.html"}, ("mediaUrl", "UNSUPPORTED_MEDIA_PROVIDER")),
    ],
)
async def test_what_can_not_be_shown_is_not_added(
    session: AsyncSession, read: Ask, product: Product, given: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = (await read(CREATE, STAFF, input={"product": product_id(product)} | given))["productMediaCreate"]
    assert [(each["field"], each["code"]) for each in answer["errors"]] == [error]
    assert answer["media"] is None
    assert list(await session.scalars(select(ProductMedia.id))) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=abc123",
        "https://youtu.be/abc123",
        "https://www.youtube.com/shorts/abc123",
        "https://vimeo.com/12345",
    ],
)
async def test_a_video_stays_where_it_lies(
    session: AsyncSession, read: Ask, product: Product, url: str
) -> None:
    given = {"product": product_id(product), "mediaUrl": url}
    media = (await read(CREATE, STAFF, input=given))["productMediaCreate"]["media"]
    assert (media["type"], media["url"]) == ("VIDEO", url)
    assert '"type": "video"' in media["oembedData"].replace('":"', '": "')


@pytest.fixture
async def elsewhere() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def work(session: AsyncSession, api: Api, settings: Settings) -> Work:
    return Work(session, api.database, settings, storage_from(settings))  # type: ignore[arg-type]


async def added(session: AsyncSession, read: Ask, product: Product, url: str) -> ProductMedia:
    given = {"product": product_id(product), "mediaUrl": url}
    answer = (await read(CREATE, STAFF, input=given))["productMediaCreate"]
    assert (answer["errors"], answer["media"]["url"]) == ([], url)
    media = await session.scalar(select(ProductMedia).where(ProductMedia.product_id == product.id))
    assert media is not None
    assert await is_pending(session, "catalog.fetch_media", media_id=media.id)
    return media


async def test_a_picture_given_by_its_address_is_fetched_by_a_worker(
    session: AsyncSession, read: Ask, product: Product, elsewhere: Receiver, work: Work
) -> None:
    elsewhere.behave = lambda _request: (200, png(), {"content-type": "image/png"})
    media = await added(session, read, product, f"{elsewhere.url}/tapis.png")
    await fetch_media(work, media.id)
    await session.refresh(media)
    assert media.path is not None
    assert await work.storage.exists(media.path)
    assert (media.width_pixels, media.thumbnail_sizes) == (40, [256, 512, 1024])
    await fetch_media(work, media.id)
    assert len(elsewhere.received) == 1


@pytest.mark.parametrize("reply", [(404, b""), (200, b"<html>"), (302, b"", {"location": "/other"})])
async def test_what_turns_out_to_be_no_picture_is_taken_away_again(
    session: AsyncSession, read: Ask, product: Product, elsewhere: Receiver, work: Work, reply: Any
) -> None:
    elsewhere.behave = lambda _request: reply
    media = await added(session, read, product, f"{elsewhere.url}/tapis.png")
    await fetch_media(work, media.id)
    assert await session.scalar(select(ProductMedia.id).where(ProductMedia.id == media.id)) is None


async def test_a_side_that_asks_for_patience_is_asked_again(
    session: AsyncSession, read: Ask, product: Product, elsewhere: Receiver, work: Work
) -> None:
    elsewhere.behave = lambda _request: (503, b"")
    media = await added(session, read, product, f"{elsewhere.url}/tapis.png")
    with pytest.raises(Exception, match="answers 503"):
        await fetch_media(work, media.id)
    assert await session.scalar(select(ProductMedia.path).where(ProductMedia.id == media.id)) is None
    await session.refresh(media)


async def test_in_production_nothing_private_is_fetched(
    session: AsyncSession, read: Ask, product: Product, elsewhere: Receiver, work: Work
) -> None:
    media = await added(session, read, product, f"{elsewhere.url}/tapis.png")
    closed = work.settings.model_copy(update={"call_private_addresses": False})
    await fetch_media(Work(session, work.database, closed, work.storage, is_last_attempt=True), media.id)
    assert elsewhere.received == []
    assert await session.scalar(select(ProductMedia.id).where(ProductMedia.id == media.id)) is None


async def test_a_picture_is_described_and_taken_away(
    session: AsyncSession, read: Ask, product: Product
) -> None:
    media, other = await shown(session, product, "a"), await shown(session, product, "b")
    update = """mutation($id: ID!, $input: ProductMediaUpdateInput!) {
      productMediaUpdate(id: $id, input: $input) { errors { field code } media { alt } product { id } } }"""
    said = (await read(update, STAFF, id=media_id(media), input={"alt": "Détail"}))["productMediaUpdate"]
    assert said == {"errors": [], "media": {"alt": "Détail"}, "product": {"id": product_id(product)}}
    wrong = (await read(update, STAFF, id=media_id(media), input={"alt": "x" * 251}))["productMediaUpdate"]
    assert wrong["errors"] == [{"field": "input", "code": "INVALID"}]
    remove = (
        "mutation($id: ID!) { productMediaDelete(id: $id) { errors { code } media { id } product { id } } }"
    )
    gone = (await read(remove, STAFF, id=media_id(media)))["productMediaDelete"]
    assert gone == {"errors": [], "media": {"id": media_id(media)}, "product": {"id": product_id(product)}}
    bulk = "mutation($ids: [ID!]!) { productMediaBulkDelete(ids: $ids) { count errors { field code } } }"
    for ids, expected in (
        ([media_id(media), media_id(other)], {"count": 0, "errors": [{"field": "ids", "code": "NOT_FOUND"}]}),
        ([media_id(other)], {"count": 1, "errors": []}),
    ):
        assert (await read(bulk, STAFF, ids=ids))["productMediaBulkDelete"] == expected


async def test_pictures_are_put_in_order(session: AsyncSession, read: Ask, product: Product) -> None:
    a, b, c = [await shown(session, product, alt) for alt in "abc"]
    ids = [media_id(each) for each in (c, a, b)]
    answer = (await read(REORDER, STAFF, ids=ids, product=product_id(product)))["productMediaReorder"]
    assert answer["errors"] == []
    assert [each["alt"] for each in answer["media"]] == ["c", "a", "b"]
    assert [(each["alt"], each["sortOrder"]) for each in answer["product"]["media"]] == [
        ("c", 0),
        ("a", 1),
        ("b", 2),
    ]
    stranger = media_id(await shown(session, await make_product(session), "d"))
    nobody = to_global_id("ProductMedia", 99999)
    for wrong, code in (
        (ids[:2], "INVALID"),
        ([*ids[:2], stranger], "NOT_PRODUCTS_IMAGE"),
        ([ids[0], ids[0], ids[1]], "NOT_PRODUCTS_IMAGE"),
        ([*ids[:2], nobody], "NOT_FOUND"),
    ):
        answer = (await read(REORDER, STAFF, ids=wrong, product=product_id(product)))["productMediaReorder"]
        assert answer["errors"] == [{"field": "order", "code": code}]


async def test_a_variant_is_shown_by_what_was_chosen_for_it(
    session: AsyncSession, read: Ask, product: Product
) -> None:
    variant: ProductVariant = await make_variant(session, product)
    first, second = await shown(session, product, "a"), await shown(session, product, "b")
    stranger = await shown(session, await make_product(session), "c")
    variant_id = to_global_id("ProductVariant", variant.id)
    assign, unassign = CHOOSE % "variantMediaAssign", CHOOSE % "variantMediaUnassign"
    answer = (await read(assign, STAFF, media=media_id(second), variant=variant_id))["variantMediaAssign"]
    assert answer["errors"] == []
    assert answer["productVariant"]["media"] == [{"id": media_id(second)}]
    for media, code in ((second, "MEDIA_ALREADY_ASSIGNED"), (stranger, "NOT_PRODUCTS_IMAGE")):
        answer = (await read(assign, STAFF, media=media_id(media), variant=variant_id))["variantMediaAssign"]
        assert answer["errors"] == [{"field": "mediaId", "code": code}]
    answer = (await read(unassign, STAFF, media=media_id(first), variant=variant_id))["variantMediaUnassign"]
    assert answer["errors"] == [{"field": "mediaId", "code": "NOT_PRODUCTS_IMAGE"}]
    answer = (await read(unassign, STAFF, media=media_id(second), variant=variant_id))["variantMediaUnassign"]
    assert answer["productVariant"] == {"media": [], "images": []}


async def test_sellers_show_their_own_products_and_no_others(
    session: AsyncSession, ask: Ask, product: Product
) -> None:
    stranger = await make_product(session)
    strange = await shown(session, stranger, "s")
    owner = seller(product.vendor_id, await make_user(session))
    made = await ask(CREATE, owner, input={"product": product_id(product), "image": uploaded()})
    assert made["data"]["productMediaCreate"]["errors"] == []
    refused = await ask(CREATE, owner, input={"product": product_id(stranger), "image": uploaded()})
    assert refused["data"]["productMediaCreate"]["errors"] == [{"field": "product", "code": "NOT_FOUND"}]
    remove = "mutation($id: ID!) { productMediaDelete(id: $id) { errors { code } } }"
    refused = await ask(remove, owner, id=media_id(strange))
    assert refused["data"]["productMediaDelete"]["errors"] == [{"code": "NOT_FOUND"}]
    await session.refresh(strange)


@pytest.mark.parametrize("requester", [None, staff("MANAGE_ORDERS")])
async def test_others_show_nothing(
    session: AsyncSession, ask: Ask, product: Product, requester: Requester | None
) -> None:
    answer = await ask(CREATE, requester, input={"product": product_id(product), "image": uploaded()})
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
