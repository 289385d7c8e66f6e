"""Staff make types of pages, and say what pages are asked for."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import AttributeType
from marketplace.content.pages import Page, PageType, PageTypeAttribute, page_attribute_value
from marketplace.kit.ids import to_global_id
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.content import make_page, make_page_type
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, staff

STAFF = staff("MANAGE_PAGE_TYPES_AND_ATTRIBUTES")
FIELDS = "errors { field code attributes } pageType { id name slug attributes { name } }"
CREATE = f"mutation($input: PageTypeCreateInput!) {{ pageTypeCreate(input: $input) {{ {FIELDS} }} }}"
UPDATE = f"""mutation($id: ID, $input: PageTypeUpdateInput!) {{
  pageTypeUpdate(id: $id, input: $input) {{ {FIELDS} }} }}"""
DELETE = "mutation($id: ID!) { pageTypeDelete(id: $id) { errors { field code } pageType { name } } }"
BULK_DELETE = "mutation($ids: [ID!]!) { pageTypeBulkDelete(ids: $ids) { count errors { field code } } }"
ASSIGN = f"""mutation($id: ID!, $given: [ID!]!) {{
  pageAttributeAssign(pageTypeId: $id, attributeIds: $given) {{ {FIELDS} }} }}"""
UNASSIGN = f"""mutation($id: ID!, $given: [ID!]!) {{
  pageAttributeUnassign(pageTypeId: $id, attributeIds: $given) {{ {FIELDS} }} }}"""
REORDER = f"""mutation($id: ID!, $given: [ReorderInput!]!) {{
  pageTypeReorderAttributes(pageTypeId: $id, moves: $given) {{ {FIELDS} }} }}"""
NO_ATTRIBUTE = to_global_id("Attribute", 10**9)


def of(row: Any) -> str:
    return to_global_id(type(row).__name__, row.id)


def told(payload: Any) -> list[tuple[str | None, str]]:
    return [(error["field"], error["code"]) for error in payload["errors"]]


def asked(payload: Any) -> list[str]:
    return [each["name"] for each in payload["pageType"]["attributes"]]


async def test_a_type_of_pages_is_made_with_what_it_asks_for(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    found = [await make_attribute(session, type=AttributeType.PAGE_TYPE, name=name) for name in "ab"]
    given = {"name": "Récits", "addAttributes": [of(found[1]), of(found[0])]}
    made = (await read(CREATE, STAFF, input=given))["pageTypeCreate"]
    assert made["errors"] == []
    assert (made["pageType"]["slug"], asked(made)) == ("recits", ["b", "a"])
    assert heard == [("PAGE_TYPE_CREATED", await session.scalar(select(PageType.id)))]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ("name", "REQUIRED")),
        ({"name": ""}, ("name", "REQUIRED")),
        ({"name": "x" * 251}, ("name", "INVALID")),
        ({"name": "a", "slug": "pris"}, ("slug", "UNIQUE")),
        ({"name": "a", "slug": "pas un slug"}, ("slug", "INVALID")),
        ({"name": "a", "addAttributes": [NO_ATTRIBUTE]}, ("addAttributes", "NOT_FOUND")),
    ],
)
async def test_a_type_of_pages_that_can_not_be_is_refused(
    read: Ask, session: AsyncSession, said: dict[str, Any], expected: tuple[str, str]
) -> None:
    await make_page_type(session, slug="pris")
    assert told((await read(CREATE, STAFF, input=said))["pageTypeCreate"]) == [expected]


async def test_pages_are_asked_only_for_attributes_of_pages(read: Ask, session: AsyncSession) -> None:
    wool, kind = of(await make_attribute(session)), await make_page_type(session)
    made = await read(CREATE, STAFF, input={"name": "a", "addAttributes": [wool]})
    changed = await read(UPDATE, STAFF, id=of(kind), input={"addAttributes": [wool]})
    assigned = await read(ASSIGN, STAFF, id=of(kind), given=[wool])
    for payload, field in (
        (made["pageTypeCreate"], "addAttributes"),
        (changed["pageTypeUpdate"], "addAttributes"),
        (assigned["pageAttributeAssign"], "attributeIds"),
    ):
        assert payload["errors"] == [{"field": field, "code": "INVALID", "attributes": [wool]}]


async def test_a_type_of_pages_changes_and_answers_go_with_what_it_leaves_out(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    kind = await make_page_type(session)
    gone = await make_attribute(session, kind)
    page = await make_page(session, kind)
    await answer(session, page, await make_value(session, gone))
    new = await make_attribute(session, type=AttributeType.PAGE_TYPE, name="Auteur")
    given = {"name": "Récits", "slug": "contes", "addAttributes": [of(new)], "removeAttributes": [of(gone)]}
    changed = (await read(UPDATE, STAFF, id=of(kind), input=given))["pageTypeUpdate"]
    assert (changed["pageType"]["slug"], asked(changed)) == ("contes", ["Auteur"])
    assert await session.scalar(select(func.count()).select_from(page_attribute_value)) == 0
    assert heard == [("PAGE_TYPE_UPDATED", kind.id)]


async def test_a_change_of_a_type_of_pages_that_can_not_be_is_refused(
    read: Ask, session: AsyncSession
) -> None:
    await make_page_type(session, slug="pris")
    kind = await make_page_type(session)
    attribute = of(await make_attribute(session, kind))
    for said, expected in (
        ({"name": ""}, ("name", "REQUIRED")),
        ({"slug": ""}, ("slug", "REQUIRED")),
        ({"slug": "pris"}, ("slug", "UNIQUE")),
        ({"removeAttributes": [NO_ATTRIBUTE]}, ("removeAttributes", "NOT_FOUND")),
        (
            {"addAttributes": [attribute], "removeAttributes": [attribute]},
            ("attributes", "DUPLICATED_INPUT_ITEM"),
        ),
    ):
        assert told((await read(UPDATE, STAFF, id=of(kind), input=said))["pageTypeUpdate"]) == [expected]
    missing = to_global_id("PageType", 10**9)
    assert told((await read(UPDATE, STAFF, id=missing, input={}))["pageTypeUpdate"]) == [("id", "NOT_FOUND")]
    assert told((await read(UPDATE, STAFF, input={}))["pageTypeUpdate"]) == [(None, "GRAPHQL_ERROR")]


async def test_a_type_goes_with_its_pages(read: Ask, session: AsyncSession, heard: Heard) -> None:
    kind = await make_page_type(session, name="Récits")
    await make_page(session, kind)
    stays = await make_page(session)
    gone = (await read(DELETE, STAFF, id=of(kind)))["pageTypeDelete"]
    assert gone == {"errors": [], "pageType": {"name": "Récits"}}
    assert (await session.scalars(select(Page.id))).all() == [stays.id]
    assert heard == [("PAGE_TYPE_DELETED", kind.id)]


async def test_types_of_pages_go_at_once_or_not_at_all(read: Ask, session: AsyncSession) -> None:
    ids = [of(await make_page_type(session)) for _ in range(2)]
    refused = await read(BULK_DELETE, STAFF, ids=[*ids, to_global_id("PageType", 10**9)])
    assert refused["pageTypeBulkDelete"] == {"count": 0, "errors": [{"field": "ids", "code": "NOT_FOUND"}]}
    assert (await read(BULK_DELETE, STAFF, ids=ids))["pageTypeBulkDelete"] == {"count": 2, "errors": []}


async def test_attributes_are_assigned_once_moved_and_taken_back(read: Ask, session: AsyncSession) -> None:
    kind = await make_page_type(session)
    a, b, c = [await make_attribute(session, type=AttributeType.PAGE_TYPE, name=name) for name in "abc"]
    done = await read(ASSIGN, STAFF, id=of(kind), given=[of(a), of(b), of(c)])
    assert asked(done["pageAttributeAssign"]) == ["a", "b", "c"]
    again = (await read(ASSIGN, STAFF, id=of(kind), given=[of(b)]))["pageAttributeAssign"]
    assert again["errors"] == [
        {"field": "attributeIds", "code": "ATTRIBUTE_ALREADY_ASSIGNED", "attributes": [of(b)]}
    ]
    done = await read(REORDER, STAFF, id=of(kind), given=[{"id": of(c), "sortOrder": -1}])
    assert asked(done["pageTypeReorderAttributes"]) == ["a", "c", "b"]
    done = await read(UNASSIGN, STAFF, id=of(kind), given=[of(a), of(b)])
    assert asked(done["pageAttributeUnassign"]) == ["c"]
    assert await session.scalar(select(func.count()).select_from(PageTypeAttribute)) == 1
    moves = [{"id": of(a), "sortOrder": 1}]
    refused = (await read(REORDER, STAFF, id=of(kind), given=moves))["pageTypeReorderAttributes"]
    assert refused["errors"] == [{"field": "moves", "code": "NOT_FOUND", "attributes": [of(a)]}]
    missing = to_global_id("PageType", 10**9)
    for document, field, given in (
        (ASSIGN, "pageAttributeAssign", [of(a)]),
        (UNASSIGN, "pageAttributeUnassign", [of(a)]),
        (REORDER, "pageTypeReorderAttributes", moves),
    ):
        refused = (await read(document, STAFF, id=missing, given=given))[field]
        assert told(refused) == [("pageTypeId", "NOT_FOUND")]


async def test_only_staff_who_look_after_types_change_types_of_pages(ask: Ask, session: AsyncSession) -> None:
    kind = of(await make_page_type(session))
    for requester in (None, staff("MANAGE_PAGES", "MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES")):
        for document, given in (
            (CREATE, {"input": {"name": "a"}}),
            (UPDATE, {"id": kind, "input": {"name": "b"}}),
            (DELETE, {"id": kind}),
            (BULK_DELETE, {"ids": [kind]}),
            (ASSIGN, {"id": kind, "given": []}),
            (UNASSIGN, {"id": kind, "given": []}),
            (REORDER, {"id": kind, "given": []}),
        ):
            refused = await ask(document, requester, **given)
            assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
