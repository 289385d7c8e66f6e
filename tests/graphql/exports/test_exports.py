"""Staff ask for files of products, gift cards and codes; a job makes them, and nothing in them runs."""

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import AttributeInputType, AttributeScope
from marketplace.catalog.models import ProductType, ProductVariant
from marketplace.exports import making, service
from marketplace.exports.models import ExportFile
from marketplace.exports.product_columns import ProductField
from marketplace.kit import clock, events
from marketplace.kit.announcements import Announcement
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import JobStatus, Work
from marketplace.kit.settings import Settings
from marketplace.kit.signing import opened
from marketplace.kit.storage import FileMissingError, storage_from
from marketplace.post.exports import make_export
from marketplace.pricing.gift_cards import GiftCard
from marketplace.pricing.vouchers import Voucher, VoucherCode
from marketplace.vendors.models import MemberRole
from marketplace_graphql.kernel import Api, Requester
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import make_collection, make_product, make_variant, put_on_sale
from tests.factories.inventory import make_stock
from tests.factories.markets import make_channel
from tests.factories.people import make_user
from tests.factories.pricing import make_gift_card, make_voucher
from tests.graphql.conftest import Ask, seller, staff

KEEPER = Requester(
    permissions=frozenset({"MANAGE_PRODUCTS", "MANAGE_GIFT_CARD", "MANAGE_DISCOUNTS"}), is_staff=True
)
KINDS = ("Products", "GiftCards", "VoucherCodes")
FILE = "query ($id: ID!) { exportFile(id: $id) { status url message events { type message } } }"

Make = Callable[..., Awaitable[dict[str, Any]]]
Rows = list[dict[str, str]]


def document(kind: str) -> str:
    return f"""mutation ($input: Export{kind}Input!) {{ export{kind}(input: $input) {{
      exportFile {{ id status url events {{ type }} }} errors {{ field code }} }} }}"""


@pytest.fixture
def work(session: AsyncSession, api: Api, settings: Settings) -> Work:
    return Work(session, api.database, settings, storage_from(settings))  # type: ignore[arg-type]


@pytest.fixture
def made(ask: Ask, session: AsyncSession, work: Work) -> Make:
    """Ask for a file and have it made; what the API says of it then."""

    async def make(kind: str, **given: Any) -> dict[str, Any]:
        asked = (await ask(document(kind), KEEPER, input={"fileType": "CSV"} | given))["data"]
        payload = asked[f"export{kind}"]
        assert payload["errors"] == []
        assert payload["exportFile"]["status"] == "PENDING"
        assert payload["exportFile"]["url"] is None
        await make_export(work, await session.scalar(select(func.max(ExportFile.id))))
        answer = await ask(FILE, KEEPER, id=payload["exportFile"]["id"])
        found: dict[str, Any] = answer["data"]["exportFile"]
        return found

    return make


@pytest.fixture
def rows(made: Make, work: Work) -> Callable[..., Awaitable[Rows]]:
    """The rows of a CSV file, by the heads of its columns."""

    async def read(kind: str, **given: Any) -> Rows:
        file = await made(kind, **given)
        assert file["status"] == "SUCCESS", file
        content = await content_of(work, file)
        return list(csv.DictReader(io.StringIO(content.decode())))

    return read


async def content_of(work: Work, file: dict[str, Any]) -> bytes:
    return await work.storage.get(opened(work.settings, file["url"].rsplit("/", 1)[1]).key)


async def test_products_are_told_with_all_that_was_asked_for(
    session: AsyncSession, rows: Callable[..., Awaitable[Rows]]
) -> None:
    channel = await make_channel(session)
    product = await make_product(session, name="Tapis", weight_grams=900)
    await make_collection(session)
    kind = await session.get_one(ProductType, product.product_type_id)
    knots = await make_attribute(
        session, kind, input_type=AttributeInputType.NUMERIC, unit="CM", slug="knots"
    )
    size = await make_attribute(session, kind, scope=AttributeScope.VARIANT, slug="size")
    await answer(session, product, await make_value(session, knots, name="4", numeric=4))
    variant = await session.scalar(select(ProductVariant).where(ProductVariant.product_id == product.id))
    variant = variant or await make_variant(session, product)
    variant.sku, variant.weight_grams = "T-1", 950
    small, red = await make_value(session, size, name="S"), await make_value(session, size, name="Red")
    await answer(session, variant, small, red)
    listing = await put_on_sale(session, variant, channel, 120_00)
    listing.cost_price_minor, listing.prior_price_minor = 70_00, 150_00
    stock = await make_stock(session, variant, 7)
    info = {
        "fields": [field.name for field in ProductField],
        "attributes": [to_global_id("Attribute", each.id) for each in (knots, size)],
        "warehouses": [to_global_id("Warehouse", stock.warehouse_id)],
        "channels": [to_global_id("Channel", channel.id)],
    }
    (row,) = await rows("Products", scope="ALL", exportInfo=info)
    assert list(row)[:3] == ["id", "name", "description"]
    there = f"{channel.slug} (channel "
    expected = {
        "id": to_global_id("Product", product.id),
        "name": "Tapis",
        "product type": kind.name,
        "product weight": "900 g",
        "variant id": to_global_id("ProductVariant", variant.id),
        "variant sku": "T-1",
        "variant weight": "950 g",
        "knots (product attribute)": "4 cm",
        "size (variant attribute)": "Red, S",
        f"{there}published)": "True",
        f"{there}price amount)": "120.0",
        f"{there}variant currency code)": "MAD",
        f"{there}variant cost price)": "70.0",
        f"{there}variant prior price)": "150.0",
    }
    assert {head: row[head] for head in expected} == expected
    (quantity,) = [value for head, value in row.items() if head.endswith("(warehouse quantity)")]
    assert quantity == "7"


async def test_a_scope_says_which_products(
    session: AsyncSession, rows: Callable[..., Awaitable[Rows]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "BATCH", 2)
    products = [await make_product(session, name=f"Bol {number}") for number in range(3)]
    await make_product(session, name="Tapis")
    only_names = {"fields": ["NAME"]}

    async def names(**scope: Any) -> list[str]:
        return [row["name"] for row in await rows("Products", exportInfo=only_names, **scope)]

    assert await names(scope="ALL") == ["Bol 0", "Bol 1", "Bol 2", "Tapis"]
    ids = [to_global_id("Product", product.id) for product in products[1:]]
    assert await names(scope="IDS", ids=ids) == ["Bol 1", "Bol 2"]
    chosen = {"ids": ids, "metadata": [], "updatedAt": {"gte": "2001-01-01T00:00:00+00:00"}}
    assert await names(scope="FILTER", filter=chosen) == ["Bol 1", "Bol 2"]


@pytest.mark.parametrize("name", ["=1+1", "+SUM(A1)", "-2", "@x", "\t=1", " =1"])
async def test_no_cell_is_a_formula(session: AsyncSession, made: Make, work: Work, name: str) -> None:
    await make_product(session, name=name)
    export = await made("Products", scope="ALL", exportInfo={"fields": ["NAME"]})
    rows = list(csv.reader(io.StringIO((await content_of(work, export)).decode())))
    assert rows[1][1] == f"'{name}"


async def test_a_sheet_has_texts_where_formulas_could_be(
    session: AsyncSession, made: Make, work: Work
) -> None:
    await make_product(session, name="=1+1")
    await make_product(session, name="https://example.test")
    export = await made("Products", scope="ALL", fileType="XLSX", exportInfo={"fields": ["NAME"]})
    book = CalamineWorkbook.from_filelike(io.BytesIO(await content_of(work, export)))
    table = book.get_sheet_by_index(0).to_python()
    assert [row[1] for row in table] == ["name", "=1+1", "https://example.test"]


async def test_only_unused_cards_are_told(
    session: AsyncSession, rows: Callable[..., Awaitable[Rows]]
) -> None:
    used = await make_gift_card(session, code="AAAAAAAA")
    used.last_used_at = clock.now()
    await make_gift_card(session, code="BBBBBBBB", tags=["noël"])
    await make_gift_card(session, code="CCCCCCCC")
    found = await rows("GiftCards", scope="FILTER", filter={"tags": ["noël"], "isActive": True})
    assert found == [{"code": "BBBBBBBB"}]
    keys = list(await session.scalars(select(GiftCard.id)))
    ids = [to_global_id("GiftCard", key) for key in keys]
    assert await rows("GiftCards", scope="IDS", ids=ids) == [{"code": "BBBBBBBB"}, {"code": "CCCCCCCC"}]


async def test_codes_of_a_voucher_are_told(
    session: AsyncSession, rows: Callable[..., Awaitable[Rows]]
) -> None:
    channel = await make_channel(session)
    for code in ("ONE", "TWO"):
        await make_voucher(session, channel, code=code)
    voucher = await session.scalar(select(VoucherCode.voucher_id).where(VoucherCode.code == "ONE"))
    assert await rows("VoucherCodes", voucherId=to_global_id("Voucher", voucher)) == [{"code": "ONE"}]
    key = await session.scalar(select(VoucherCode.id).where(VoucherCode.code == "TWO"))
    assert await rows("VoucherCodes", ids=[to_global_id("VoucherCode", key)]) == [{"code": "TWO"}]


@pytest.mark.parametrize(
    ("kind", "given", "field", "code"),
    [
        ("Products", {"scope": "IDS"}, "ids", "REQUIRED"),
        ("Products", {"scope": "IDS", "ids": [to_global_id("User", 1)]}, "ids", "INVALID"),
        ("Products", {"scope": "FILTER"}, "filter", "REQUIRED"),
        ("Products", {"scope": "ALL", "exportInfo": {"channels": ["x"]}}, "channels", "NOT_FOUND"),
        (
            "Products",
            {"scope": "ALL", "exportInfo": {"warehouses": [to_global_id("Warehouse", uuid4())]}},
            "warehouses",
            "NOT_FOUND",
        ),
        ("GiftCards", {"scope": "IDS", "ids": []}, "ids", "REQUIRED"),
        ("GiftCards", {"scope": "FILTER", "filter": {}}, "filter", "REQUIRED"),
        ("VoucherCodes", {}, "voucherId", "GRAPHQL_ERROR"),
        ("VoucherCodes", {"voucherId": "a", "ids": ["b"]}, "voucherId", "GRAPHQL_ERROR"),
        ("VoucherCodes", {"voucherId": to_global_id("Voucher", 0)}, "voucherId", "NOT_FOUND"),
    ],
)
async def test_what_can_not_be_asked_for(
    session: AsyncSession, ask: Ask, kind: str, given: dict[str, Any], field: str, code: str
) -> None:
    answer_ = await ask(document(kind), KEEPER, input={"fileType": "CSV"} | given)
    assert answer_["data"][f"export{kind}"] == {
        "exportFile": None,
        "errors": [{"field": field, "code": code}],
    }
    assert list(await session.scalars(select(ExportFile.id))) == []


async def test_a_sellers_file_has_the_own_products_and_is_for_who_asked(
    session: AsyncSession, ask: Ask, work: Work
) -> None:
    own, strange = await make_product(session, name="Own"), await make_product(session, name="Strange")
    people = [await make_user(session) for _ in range(3)]
    lister = seller(own.vendor_id, people[0], MemberRole.LISTER)
    ids = [to_global_id("Product", product.id) for product in (own, strange)]
    for scope in (
        {"scope": "ALL"},
        {"scope": "IDS", "ids": ids},
        {"scope": "FILTER", "filter": {"ids": ids}},
    ):
        given = scope | {"fileType": "CSV", "exportInfo": {"fields": ["NAME"]}}
        asked = (await ask(document("Products"), lister, input=given))["data"]["exportProducts"]
        assert asked["errors"] == []
        await make_export(work, await session.scalar(select(func.max(ExportFile.id))))
        file = (await ask(FILE, lister, id=asked["exportFile"]["id"]))["data"]["exportFile"]
        assert file["status"] == "SUCCESS"
        told = list(csv.DictReader(io.StringIO((await content_of(work, file)).decode())))
        assert [row["name"] for row in told] == ["Own"]
    listed = "{ exportFiles(first: 9) { totalCount } }"
    file_id = asked["exportFile"]["id"]
    colleague, stranger = seller(own.vendor_id, people[1]), seller(strange.vendor_id, people[2])
    moved = seller(strange.vendor_id, people[0])
    for who, count in ((lister, 3), (KEEPER, 3), (colleague, 0), (stranger, 0), (moved, 0)):
        assert (await ask(listed, who))["data"]["exportFiles"]["totalCount"] == count
        shown = (await ask(FILE, who, id=file_id))["data"]["exportFile"]
        assert (shown is None) == (count == 0)
    packer = seller(own.vendor_id, people[0], MemberRole.PACKER)
    for kind, who in (("Products", packer), ("GiftCards", lister)):
        refused = await ask(document(kind), who, input={"scope": "ALL", "fileType": "CSV"})
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_a_sellers_file_tells_of_no_strangers_store_room(session: AsyncSession, ask: Ask) -> None:
    own, strange = await make_product(session), await make_product(session)
    variant = await make_variant(session, strange)
    room = to_global_id("Warehouse", (await make_stock(session, variant, 1)).warehouse_id)
    who = seller(own.vendor_id, await make_user(session))
    given = {"scope": "ALL", "fileType": "CSV", "exportInfo": {"warehouses": [room]}}
    refused = (await ask(document("Products"), who, input=given))["data"]["exportProducts"]
    assert refused["errors"] == [{"field": "warehouses", "code": "NOT_FOUND"}]


async def test_whoever_may_not_see_the_things_sees_no_file_of_them(session: AsyncSession, ask: Ask) -> None:
    await make_voucher(session, await make_channel(session))
    voucher = await session.scalar(select(Voucher.id))
    inputs = {
        "Products": {"scope": "ALL"},
        "GiftCards": {"scope": "ALL"},
        "VoucherCodes": {"voucherId": to_global_id("Voucher", voucher)},
    }
    for kind, given in inputs.items():
        refused = await ask(document(kind), staff("MANAGE_ORDERS"), input={"fileType": "CSV"} | given)
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
        asked = await ask(document(kind), KEEPER, input={"fileType": "CSV"} | given)
        assert asked["data"][f"export{kind}"]["errors"] == []
    listed = "{ exportFiles(first: 9) { totalCount edges { node { id } } } }"
    counts = [
        (await ask(listed, staff(permission)))["data"]["exportFiles"]["totalCount"]
        for permission in ("MANAGE_PRODUCTS", "MANAGE_GIFT_CARD", "MANAGE_DISCOUNTS")
    ]
    assert counts == [1, 1, 1]
    everything = (await ask(listed, KEEPER))["data"]["exportFiles"]["edges"]
    shown = [
        (await ask(FILE, staff("MANAGE_PRODUCTS"), id=edge["node"]["id"]))["data"]["exportFile"]
        for edge in everything
    ]
    assert [each is None for each in shown].count(True) == 2
    assert "errors" in await ask(listed, staff("MANAGE_ORDERS"))


@pytest.mark.parametrize(
    ("filter_", "count"),
    [
        ({"status": "PENDING"}, 1),
        ({"status": "FAILED"}, 0),
        ({"user": "nobody@sil.ma"}, 0),
        ({"app": "none"}, 0),
        ({"createdAt": {"lte": "2001-01-01T00:00:00Z"}}, 0),
    ],
)
async def test_files_are_found(ask: Ask, read: Ask, filter_: dict[str, Any], count: int) -> None:
    await ask(document("Products"), KEEPER, input={"fileType": "CSV", "scope": "ALL"})
    listed = await read(
        """query ($filter: ExportFileFilterInput) { exportFiles(first: 9, filter: $filter,
          sortBy: {field: STATUS, direction: ASC}) { totalCount } }""",
        KEEPER,
        filter=filter_,
    )
    assert listed["exportFiles"]["totalCount"] == count


async def test_an_app_hears_of_its_file_and_gets_no_letter(
    session: AsyncSession, made: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    async def hear(_session: AsyncSession, announcement: Announcement) -> None:
        heard.append(announcement.event)

    monkeypatch.setitem(events._subscribers, Announcement, [hear])
    file = await made("Products", scope="ALL")
    assert heard == ["PRODUCT_EXPORT_COMPLETED"]
    assert [event["type"] for event in file["events"]] == ["EXPORT_PENDING", "EXPORT_SUCCESS"]
    letters = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'post.export_letter'")
    assert await session.scalar(letters) == 0


async def test_a_file_that_can_not_be_made_says_so(
    session: AsyncSession, ask: Ask, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.exports.writing.XLSX_ROWS", 1)
    await make_product(session)
    await ask(document("Products"), KEEPER, input={"fileType": "XLSX", "scope": "ALL"})
    await session.commit()
    await make_export(work, await session.scalar(select(ExportFile.id)))
    session.expire_all()
    export = (await session.scalars(select(ExportFile))).one()
    assert export.status is JobStatus.FAILED
    assert "CSV" in (export.message or "")


async def test_files_are_deleted_after_a_month(session: AsyncSession, made: Make, work: Work) -> None:
    await made("Products", scope="ALL")
    export = (await session.scalars(select(ExportFile))).one()
    await service.forget_old(session, work.storage)
    assert await work.storage.exists(export.storage_key)
    export.updated_at = clock.now() - service.KEPT_FOR - timedelta(minutes=1)
    await session.flush()
    await service.forget_old(session, work.storage)
    assert export.status is JobStatus.DELETED
    with pytest.raises(FileMissingError):
        await work.storage.get(export.storage_key)
