"""Staff write, change, publish and delete pages."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import forgetting
from marketplace.catalog.attributes import (
    AttributeEntityType,
    AttributeInputType,
    AttributeValue,
    ProductAnswerOrder,
    product_attribute_value,
)
from marketplace.content.pages import Page, PageType, page_attribute_value
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import is_pending
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import make_product, make_product_type
from tests.factories.content import make_page, make_page_type
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, buyer, seller, staff

STAFF = staff("MANAGE_PAGES")
FIELDS = """errors { field code attributes values } pageErrors { field }
  page { id title slug content isPublished publishedAt seoTitle seoDescription pageType { slug }
    attributes { attribute { slug } values { name slug plainText boolean date dateTime richText reference
      file { url contentType } } } }"""
CREATE = f"mutation($input: PageCreateInput!) {{ pageCreate(input: $input) {{ {FIELDS} }} }}"
UPDATE = f"""mutation($id: ID!, $input: PageInput!) {{ pageUpdate(id: $id, input: $input) {{ {FIELDS} }} }}"""
DELETE = "mutation($id: ID!) { pageDelete(id: $id) { errors { field code } page { title } } }"
BULK_DELETE = "mutation($ids: [ID!]!) { pageBulkDelete(ids: $ids) { count errors { field code } } }"
PUBLISH = """mutation($ids: [ID!]!, $out: Boolean!) {
  pageBulkPublish(ids: $ids, isPublished: $out) { count errors { field code } } }"""
REORDER = f"""mutation($page: ID!, $attribute: ID!, $moves: [ReorderInput!]!) {{
  pageReorderAttributeValues(pageId: $page, attributeId: $attribute, moves: $moves) {{ {FIELDS} }} }}"""
TEXT = {"blocks": [{"type": "paragraph", "data": {"text": "Noué main"}}]}


def of(row: Any) -> str:
    return to_global_id(type(row).__name__, row.id)


def told(payload: Any) -> list[tuple[str | None, str]]:
    return [(error["field"], error["code"]) for error in payload["errors"]]


@pytest.fixture
async def kind(session: AsyncSession) -> PageType:
    return await make_page_type(session, slug="recits")


async def test_a_page_is_written_with_all_that_it_says(
    read: Ask, session: AsyncSession, kind: PageType, heard: Heard
) -> None:
    given = {
        "title": "Le tapis noué",
        "pageType": of(kind),
        "content": json.dumps(TEXT),
        "isPublished": True,
        "publishedAt": "2026-01-02T03:04:05+00:00",
        "seo": {"title": "Tapis", "description": "Comment on noue"},
    }
    made = (await read(CREATE, STAFF, input=given))["pageCreate"]
    assert made["errors"] == made["pageErrors"] == []
    assert made["page"] | {"id": "", "content": json.loads(made["page"]["content"])} == {
        "id": "", "title": "Le tapis noué", "slug": "le-tapis-noue", "content": TEXT, "isPublished": True,
        "publishedAt": "2026-01-02T03:04:05+00:00", "seoTitle": "Tapis", "seoDescription": "Comment on noue",
        "pageType": {"slug": "recits"}, "attributes": [],
    }  # fmt: skip
    found = await read('{ pages(first: 5, search: "noue main") { totalCount } }', STAFF)
    assert found["pages"]["totalCount"] == 1
    assert heard == [("PAGE_CREATED", await session.scalar(select(Page.id)))]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"title": None}, ("title", "REQUIRED")),
        ({"title": " "}, ("title", "REQUIRED")),
        ({"title": "x" * 251}, ("title", "INVALID")),
        ({"slug": "pris"}, ("slug", "UNIQUE")),
        ({"slug": "pas un slug"}, ("slug", "INVALID")),
        ({"content": '{"blocks": 1}'}, ("content", "INVALID")),
        ({"content": '"texte"'}, ("content", "INVALID")),
        ({"seo": {"title": "x" * 71}}, ("seoTitle", "INVALID")),
        ({"seo": {"description": "x" * 301}}, ("seoDescription", "INVALID")),
        ({"publicationDate": "demain"}, ("publicationDate", "INVALID")),
        (
            {"publicationDate": "2026-01-02", "publishedAt": "2026-01-02T03:04:05+00:00"},
            ("publicationDate", "INVALID"),
        ),
        ({"pageType": to_global_id("PageType", 10**9)}, ("pageType", "NOT_FOUND")),
        ({"pageType": "UGFnZTox"}, ("pageType", "INVALID")),
        ({"attributes": [{"id": to_global_id("Attribute", 10**9)}]}, ("attributes", "NOT_FOUND")),
        ({"attributes": [{"id": "UGFnZTox"}]}, ("attributes", "GRAPHQL_ERROR")),
        ({"attributes": [{"plainText": "x"}]}, ("attributes", "REQUIRED")),
    ],
)
async def test_a_page_that_can_not_be_is_told_field_by_field(
    read: Ask, session: AsyncSession, kind: PageType, said: dict[str, Any], expected: tuple[str, str]
) -> None:
    await make_page(session, slug="pris")
    given = {"title": "Le tapis", "pageType": of(kind), **said}
    made = (await read(CREATE, STAFF, input=given))["pageCreate"]
    assert told(made) == [expected]
    assert await session.scalar(select(func.count()).select_from(Page)) == 1


async def test_all_mistakes_of_a_page_are_told_at_once(
    read: Ask, session: AsyncSession, kind: PageType
) -> None:
    number = await make_attribute(session, kind, input_type=AttributeInputType.NUMERIC)
    given = {
        "pageType": of(kind),
        "slug": "pas un slug",
        "attributes": [{"id": of(number), "numeric": "douze"}],
    }
    made = (await read(CREATE, STAFF, input=given))["pageCreate"]
    assert told(made) == [("slug", "INVALID"), ("title", "REQUIRED"), ("attributes", "INVALID")]
    assert made["errors"][2]["attributes"] == [of(number)]


Input = AttributeInputType
ANSWERS: list[tuple[Input, dict[str, Any], dict[str, Any]]] = [
    (Input.DROPDOWN, {"dropdown": {"value": "Laine"}}, {"name": "Laine", "slug": "laine"}),
    (Input.SWATCH, {"swatch": {"value": "Indigo"}}, {"name": "Indigo"}),
    (Input.MULTISELECT, {"multiselect": [{"value": "Coton"}]}, {"name": "Coton"}),
    (Input.NUMERIC, {"numeric": "12.5"}, {"name": "12.5"}),
    (Input.NUMERIC, {"values": ["7"]}, {"name": "7"}),
    (Input.PLAIN_TEXT, {"plainText": "Noué"}, {"plainText": "Noué"}),
    (Input.RICH_TEXT, {"richText": json.dumps(TEXT)}, {"richText": TEXT}),
    (Input.BOOLEAN, {"boolean": True}, {"boolean": True}),
    (Input.DATE, {"date": "2026-05-01"}, {"date": "2026-05-01"}),
    (
        Input.DATE_TIME,
        {"dateTime": "2026-05-01T08:00:00+00:00"},
        {"dateTime": "2026-05-01T08:00:00+00:00"},
    ),
]


@pytest.mark.parametrize(("input_type", "said", "kept"), ANSWERS)
async def test_a_page_answers_in_every_way(
    read: Ask, session: AsyncSession, kind: PageType, input_type: Input, said: Any, kept: Any
) -> None:
    attribute = await make_attribute(session, kind, input_type=input_type, slug="demande")
    given = {"title": "Le tapis", "pageType": of(kind), "attributes": [{"id": of(attribute), **said}]}
    made = (await read(CREATE, STAFF, input=given))["pageCreate"]
    assert made["errors"] == []
    ((answered,),) = (each["values"] for each in made["page"]["attributes"])
    answered["richText"] = json.loads(answered["richText"] or "null")
    assert {name: answered[name] for name in kept} == kept


async def test_a_page_answers_by_an_uploaded_file(
    read: Ask, session: AsyncSession, kind: PageType, api: Any
) -> None:
    await make_attribute(session, kind, input_type=Input.FILE, external_reference="erp-1")
    page = await make_page(session, kind)
    url = api.settings["media_url"] + "/files/fiche.pdf"
    said = {"externalReference": "erp-1", "file": url, "contentType": "application/pdf"}
    changed = (await read(UPDATE, STAFF, id=of(page), input={"attributes": [said]}))["pageUpdate"]
    ((value,),) = (each["values"] for each in changed["page"]["attributes"])
    assert (value["name"], value["file"]) == ("fiche.pdf", {"url": url, "contentType": "application/pdf"})
    said["file"] = "https://else.where/fiche.pdf"
    changed = (await read(UPDATE, STAFF, id=of(page), input={"attributes": [said]}))["pageUpdate"]
    assert told(changed) == [("attributes", "INVALID")]
    assert changed["errors"][0]["attributes"] == ["erp-1"]


async def test_a_page_refers_to_goods_that_its_writer_does_not_look_after(
    read: Ask, session: AsyncSession, kind: PageType
) -> None:
    product = await make_product(session)
    variant = product.variants[0]
    many = await make_attribute(session, kind, input_type=Input.REFERENCE, entity_type="PRODUCT")
    one = await make_attribute(
        session, kind, input_type=Input.SINGLE_REFERENCE, entity_type=AttributeEntityType.PRODUCT_VARIANT
    )
    page = await make_page(session, kind)
    said = [
        {"id": of(many), "references": [of(product)]},
        {"id": of(one), "reference": of(variant)},
    ]
    changed = (await read(UPDATE, STAFF, id=of(page), input={"attributes": said}))["pageUpdate"]
    assert changed["errors"] == []
    references = [each["values"][0]["reference"] for each in changed["page"]["attributes"]]
    assert references == [of(product), of(variant)]
    for wrong in (of(variant), to_global_id("Product", 10**9), "x"):
        said = [{"id": of(many), "references": [wrong]}]
        changed = (await read(UPDATE, STAFF, id=of(page), input={"attributes": said}))["pageUpdate"]
        assert changed["errors"][0]["attributes"] == [of(many)]


async def test_what_must_be_answered_is_asked_of_a_new_page_only(
    read: Ask, session: AsyncSession, kind: PageType
) -> None:
    needed = await make_attribute(session, kind, value_required=True, input_type=Input.BOOLEAN)
    other = await make_attribute(session, kind, input_type=Input.BOOLEAN)
    said = {"attributes": [{"id": of(other), "boolean": True}]}
    made = (await read(CREATE, STAFF, input={"title": "a", "pageType": of(kind), **said}))["pageCreate"]
    assert told(made) == [("attributes", "REQUIRED")]
    assert made["errors"][0]["attributes"] == [of(needed)]
    page = await make_page(session, kind)
    assert (await read(UPDATE, STAFF, id=of(page), input=said))["pageUpdate"]["errors"] == []


async def test_a_page_changes_only_in_what_is_said(
    read: Ask, session: AsyncSession, kind: PageType, heard: Heard
) -> None:
    page = await make_page(session, kind, title="Le tapis", slug="tapis", text="Laine", seo_title="Tapis")
    given = {"title": "Le kilim", "seo": {"description": "Tissé"}}
    changed = (await read(UPDATE, STAFF, id=of(page), input=given))["pageUpdate"]["page"]
    assert (changed["title"], changed["slug"]) == ("Le kilim", "tapis")
    assert (changed["seoTitle"], changed["seoDescription"]) == ("Tapis", "Tissé")
    for term, number in (("kilim", 1), ("tapis", 0), ("laine", 1)):
        found = await read("query($t: String) { pages(first: 1, search: $t) { totalCount } }", STAFF, t=term)
        assert found["pages"]["totalCount"] == number
    assert heard == [("PAGE_UPDATED", page.id)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"title": ""}, ("title", "REQUIRED")),
        ({"slug": ""}, ("slug", "REQUIRED")),
        ({"slug": "pris"}, ("slug", "UNIQUE")),
    ],
)
async def test_a_change_of_a_page_that_can_not_be_is_refused(
    read: Ask, session: AsyncSession, said: dict[str, Any], expected: tuple[str, str]
) -> None:
    await make_page(session, slug="pris")
    page = await make_page(session)
    assert told((await read(UPDATE, STAFF, id=of(page), input=said))["pageUpdate"]) == [expected]
    missing = to_global_id("Page", 10**9)
    assert told((await read(UPDATE, STAFF, id=missing, input={}))["pageUpdate"]) == [("id", "NOT_FOUND")]


async def test_a_page_is_out_from_now_on_or_from_its_day(read: Ask, session: AsyncSession) -> None:
    page = await make_page(session, is_published=False)

    async def update(**said: Any) -> tuple[bool, datetime | None]:
        answered = await read(UPDATE, STAFF, id=of(page), input=said)
        assert answered["pageUpdate"]["errors"] == []
        await session.refresh(page)
        return page.is_published, page.published_at

    is_out, since = await update(isPublished=True)
    assert is_out
    assert since is not None
    assert await update(publicationDate="2030-01-02") == (True, datetime(2030, 1, 2, tzinfo=UTC))
    assert await update(publishedAt=None) == (True, None)
    assert await update(isPublished=False) == (False, None)


async def test_pages_are_published_and_hidden_together(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    day = datetime(2020, 1, 1, tzinfo=UTC)
    first = await make_page(session, is_published=False)
    second = await make_page(session, is_published=False, published_at=day)
    ids = [of(first), of(second)]
    done = await read(PUBLISH, STAFF, ids=ids, out=True)
    assert done["pageBulkPublish"] == {"count": 2, "errors": []}
    await session.refresh(first)
    await session.refresh(second)
    assert first.is_published
    assert second.is_published
    assert first.published_at is not None
    assert second.published_at == day
    assert heard == [("PAGE_UPDATED", first.id), ("PAGE_UPDATED", second.id)]
    await read(PUBLISH, STAFF, ids=ids, out=False)
    assert (await read("{ pages(first: 5) { totalCount } }"))["pages"]["totalCount"] == 0
    refused = await read(PUBLISH, STAFF, ids=[*ids, to_global_id("Page", 10**9)], out=True)
    assert told(refused["pageBulkPublish"]) == [("ids", "NOT_FOUND")]


async def test_a_page_goes_with_what_refers_to_it_and_with_its_own_words(
    read: Ask, session: AsyncSession, kind: PageType, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await make_page(session, kind, title="La laine")
    words = await make_attribute(session, kind, input_type=Input.PLAIN_TEXT)
    await answer(session, page, await make_value(session, words, plain_text="Noué"))
    goods = await make_product_type(session)
    reads = await make_attribute(
        session, goods, input_type=Input.REFERENCE, entity_type=AttributeEntityType.PAGE
    )
    value = await make_value(session, reads, reference_page_id=page.id)
    await answer(session, await make_product(session, product_type_id=goods.id), value)
    monkeypatch.setattr(forgetting, "AT_ONCE", 0)
    gone = (await read(DELETE, STAFF, id=of(page)))["pageDelete"]
    assert gone == {"errors": [], "page": {"title": "La laine"}}
    assert heard == [("PAGE_DELETED", page.id)]
    left = (await session.scalars(select(AttributeValue.attribute_id))).one()
    assert await is_pending(session, "catalog.forget_attribute", attribute_id=left)
    await forgetting.attribute_left(session, left)
    assert await session.scalar(select(func.count()).select_from(AttributeValue)) == 0
    assert await session.scalar(select(func.count()).select_from(product_attribute_value)) == 0


async def test_what_refers_to_a_page_is_sorted_by_its_new_title(read: Ask, session: AsyncSession) -> None:
    page = await make_page(session, title="La laine")
    goods = await make_product_type(session)
    reads = await make_attribute(
        session, goods, input_type=Input.REFERENCE, entity_type=AttributeEntityType.PAGE
    )
    value = await make_value(session, reads, name=page.title, reference_page_id=page.id)
    await answer(session, await make_product(session, product_type_id=goods.id), value)
    await read(UPDATE, STAFF, id=of(page), input={"title": "La soie"})
    assert await session.scalar(select(ProductAnswerOrder.words)) == "La soie"


async def test_pages_go_at_once_or_not_at_all(read: Ask, session: AsyncSession) -> None:
    ids = [of(await make_page(session)) for _ in range(2)]
    refused = await read(BULK_DELETE, STAFF, ids=[*ids, to_global_id("Page", 10**9)])
    assert refused["pageBulkDelete"] == {"count": 0, "errors": [{"field": "ids", "code": "NOT_FOUND"}]}
    assert (await read(BULK_DELETE, STAFF, ids=ids))["pageBulkDelete"] == {"count": 2, "errors": []}


async def test_what_a_page_answers_moves(read: Ask, session: AsyncSession, kind: PageType) -> None:
    attribute = await make_attribute(session, kind, input_type=Input.MULTISELECT)
    a, b, c = [await make_value(session, attribute, name=name) for name in "abc"]
    page = await make_page(session, kind)
    await answer(session, page, a, b, c)
    about = {"page": of(page), "attribute": of(attribute)}
    moved = await read(REORDER, STAFF, **about, moves=[{"id": of(c), "sortOrder": -2}])
    (answered,) = moved["pageReorderAttributeValues"]["page"]["attributes"]
    assert [value["name"] for value in answered["values"]] == ["c", "a", "b"]
    foreign = of(await make_value(session, attribute))
    unasked = of(await make_attribute(session))
    for more, expected in (
        ({"moves": [{"id": foreign, "sortOrder": 1}]}, ("moves", "NOT_FOUND")),
        ({"attribute": unasked, "moves": []}, ("attributeId", "NOT_FOUND")),
        ({"attribute": "UGFnZTox", "moves": []}, ("attributeId", "INVALID")),
        ({"page": to_global_id("Page", 10**9), "moves": []}, ("pageId", "NOT_FOUND")),
    ):
        refused = await read(REORDER, STAFF, **about | more)
        assert told(refused["pageReorderAttributeValues"]) == [expected]
    assert await session.scalar(select(func.count()).select_from(page_attribute_value)) == 3


@pytest.mark.parametrize("who", ["nobody", "buyer", "seller", "other staff"])
async def test_only_staff_who_look_after_pages_write_them(
    ask: Ask, session: AsyncSession, kind: PageType, who: str
) -> None:
    user, vendor = await make_user(session), await make_vendor(session)
    page = of(await make_page(session, kind))
    requester = {
        "nobody": None,
        "buyer": buyer(user),
        "seller": seller(vendor.id, user),
        "other staff": staff("MANAGE_PRODUCTS", "MANAGE_PAGE_TYPES_AND_ATTRIBUTES"),
    }[who]
    for document, given in (
        (CREATE, {"input": {"title": "a", "pageType": of(kind)}}),
        (UPDATE, {"id": page, "input": {"title": "b"}}),
        (DELETE, {"id": page}),
        (BULK_DELETE, {"ids": [page]}),
        (PUBLISH, {"ids": [page], "out": False}),
        (REORDER, {"page": page, "attribute": page, "moves": []}),
    ):
        refused = await ask(document, requester, **given)
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
