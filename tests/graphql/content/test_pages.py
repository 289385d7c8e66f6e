"""Pages: who sees them, by what they are found, in which languages they are told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import AttributeInputType, AttributeValueTranslation
from marketplace.catalog.descriptions import description_of_text
from marketplace.content.pages import PageTranslation
from marketplace.content.search import page_words
from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.content import make_page, make_page_type
from tests.graphql.conftest import Ask, staff

LIST = """
query ($filter: PageFilterInput, $where: PageWhereInput, $sort: PageSortingInput, $search: String) {
  pages(first: 20, filter: $filter, where: $where, sortBy: $sort, search: $search) {
    totalCount edges { node { slug } } } }
"""


async def slugs(read: Ask, asker: Any = None, **variables: object) -> list[str]:
    found = (await read(LIST, asker, **variables))["pages"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"]["slug"] for edge in found["edges"]]


async def test_a_page_tells_all_it_has(session: AsyncSession, read: Ask) -> None:
    stories = await make_page_type(session, name="Récits", slug="recits")
    await make_attribute(session, stories, slug="region")
    page = await make_page(
        session,
        stories,
        title="Le tapis de Taznakht",
        slug="tapis-de-taznakht",
        text="Noué à la main.",
        published_at=datetime(2026, 1, 2, 3, tzinfo=UTC),
        seo_title="Tapis",
        public_metadata={"source": "atelier"},
    )
    query = """
    query ($id: ID, $type: ID!) {
      page(id: $id) {
        id title slug content contentJson seoTitle seoDescription isPublished publishedAt publicationDate
        metafield(key: "source") pageType { name slug attributes { slug } } attributes { attribute { slug } }
        assignedAttributes { attribute { slug } } }
      pageType(id: $type) { name } }
    """
    given = {"id": to_global_id("Page", page.id), "type": to_global_id("PageType", stories.id)}
    found = await read(query, **given)
    told = found["page"]
    assert json.loads(told.pop("content")) == json.loads(told.pop("contentJson")) == page.content
    assert told == {
        "id": given["id"],
        "title": "Le tapis de Taznakht",
        "slug": "tapis-de-taznakht",
        "seoTitle": "Tapis",
        "seoDescription": None,
        "isPublished": True,
        "publishedAt": "2026-01-02T03:00:00+00:00",
        "publicationDate": "2026-01-02",
        "metafield": "atelier",
        "pageType": {"name": "Récits", "slug": "recits", "attributes": [{"slug": "region"}]},
        "attributes": [{"attribute": {"slug": "region"}}],
        "assignedAttributes": [{"attribute": {"slug": "region"}}],
    }
    assert found["pageType"] == {"name": "Récits"}


@pytest.mark.parametrize(
    "hidden",
    [{"is_published": False}, {"published_at": clock.now() + timedelta(days=1)}],
    ids=["not published", "not yet"],
)
async def test_buyers_cannot_tell_that_an_unpublished_page_exists(
    session: AsyncSession, read: Ask, hidden: dict[str, Any]
) -> None:
    page = await make_page(session, slug="brouillon", title="Brouillon", **hidden)
    query = "query ($id: ID, $slug: String) { page(id: $id, slug: $slug) { slug isPublished } }"
    for given in ({"id": to_global_id("Page", page.id)}, {"slug": "brouillon"}):
        assert (await read(query, **given))["page"] is None
        shown = (await read(query, staff("MANAGE_PAGES"), **given))["page"]
        assert shown == {"slug": "brouillon", "isPublished": False}
    assert await slugs(read) == []
    assert await slugs(read, search="brouillon") == []
    assert await slugs(read, staff("MANAGE_PAGES")) == ["brouillon"]


async def test_a_page_is_asked_for_by_one_name_only(session: AsyncSession, ask: Ask) -> None:
    for arguments, said in (
        ("", "At least one of arguments is required: 'id', 'slug'."),
        ('id: "UGFnZTox", slug: "a"', "Argument 'id' cannot be combined with 'slug'"),
    ):
        answered = await ask(f"{{ page({arguments}) {{ id }} }}" if arguments else "{ page { id } }")
        assert answered["data"] == {"page": None}
        assert answered["errors"][0]["message"] == said


async def test_pages_are_found_by_words_of_any_language(session: AsyncSession, read: Ask) -> None:
    page = await make_page(
        session, slug="livraison", title="Livraisons et retours", text="Chez vous en 5 jours."
    )
    about = await make_page(
        session, slug="qui", title="Qui sommes-nous", text="Livraison par les coopératives."
    )
    arabic = PageTranslation(page_id=page.id, language_code="ar", title="التوصيل والإرجاع")
    session.add(arabic)
    page.search_title, page.search_text = page_words([page.title, arabic.title], [page.content])
    await session.flush()
    assert await slugs(read, search="livraison") == ["livraison", "qui"], "the title counts most"
    assert await slugs(read, search="RETOUR") == ["livraison"]
    assert await slugs(read, search="توصيل") == ["livraison"]
    assert await slugs(read, search="coopér") == ["qui"]
    assert await slugs(read, search="inconnu") == []
    assert await slugs(read, search="& | !") == [page.slug, about.slug], "nothing to look for"
    assert await slugs(read, filter={"search": "cooperative"}) == ["qui"]
    worst_first = {"field": "RANK", "direction": "ASC"}
    assert await slugs(read, search="livraison", sort=worst_first) == ["qui", "livraison"]


async def test_pages_are_narrowed_and_sorted(session: AsyncSession, read: Ask) -> None:
    stories, terms = await make_page_type(session), await make_page_type(session)
    day = datetime(2026, 1, 1, tzinfo=UTC)
    await make_page(session, stories, slug="a", title="Zellige", published_at=day + timedelta(days=2))
    page = await make_page(
        session, terms, slug="b", title="Conditions", published_at=day, public_metadata={"legal": "1"}
    )
    key = to_global_id("PageType", terms.id)
    for where in (
        {"pageType": {"eq": key}},
        {"slug": {"oneOf": ["b", "c"]}},
        {"ids": [to_global_id("Page", page.id)]},
        {"metadata": {"key": "legal", "value": {"oneOf": ["1", "2"]}}},
        {"OR": [{"slug": {"eq": "z"}}, {"pageType": {"oneOf": [key]}}]},
    ):
        assert await slugs(read, where=where) == ["b"], where
    for given in (
        {"pageTypes": [key]},
        {"slugs": ["b"]},
        {"ids": [to_global_id("Page", page.id)]},
        {"metadata": [{"key": "legal", "value": "1"}]},
    ):
        assert await slugs(read, filter=given) == ["b"], given
    for field, order in (
        ("TITLE", "ba"),
        ("SLUG", "ab"),
        ("VISIBILITY", "ba"),
        ("PUBLISHED_AT", "ba"),
        ("PUBLICATION_DATE", "ba"),
        ("CREATED_AT", "ab"),
        ("CREATION_DATE", "ab"),
    ):
        assert await slugs(read, sort={"field": field, "direction": "ASC"}) == list(order), field
        assert await slugs(read, sort={"field": field, "direction": "DESC"}) == list(order)[::-1], field


async def test_a_page_is_told_in_other_languages(session: AsyncSession, read: Ask) -> None:
    stories = await make_page_type(session)
    note = await make_attribute(session, stories, slug="note", input_type=AttributeInputType.PLAIN_TEXT)
    choice = await make_attribute(session, stories, slug="region")
    page = await make_page(session, stories, title="Qui sommes-nous", slug="qui", text="Nous.")
    said = await make_value(session, note, name="Note", plain_text="À suivre")
    await answer(session, page, said, await make_value(session, choice))
    session.add_all(
        [
            PageTranslation(
                page_id=page.id, language_code="ar", title="من نحن", slug="من-نحن",
                content=description_of_text("نحن."),
            ),
            AttributeValueTranslation(attribute_value_id=said.id, language_code="ar", plain_text="يتبع"),
        ]
    )  # fmt: skip
    await session.flush()
    query = """
    query ($slug: String, $language: LanguageCodeEnum) { page(slug: $slug, slugLanguageCode: $language) {
      title translation(languageCode: AR) { title slug content language { code }
        translatableContent { pageId title translation(languageCode: AR) { title } page { slug }
          attributeValues { plainText attributeValue { slug } attribute { name }
            translation(languageCode: AR) { plainText translatableContent { name } } } } }
      english: translation(languageCode: EN) { title } } }
    """
    found = (await read(query, slug="من-نحن", language="AR"))["page"]
    assert found["english"] is None
    arabic = found["translation"]
    assert (arabic["title"], arabic["slug"], arabic["language"]) == ("من نحن", "من-نحن", {"code": "AR"})
    assert json.loads(arabic["content"]) == description_of_text("نحن.")
    assert arabic["translatableContent"] == {
        "pageId": to_global_id("Page", page.id),
        "title": "Qui sommes-nous",
        "translation": {"title": "من نحن"},
        "page": {"slug": "qui"},
        "attributeValues": [
            {
                "plainText": "À suivre",
                "attributeValue": {"slug": said.slug},
                "attribute": {"name": note.name},
                "translation": {"plainText": "يتبع", "translatableContent": {"name": "Note"}},
            }
        ],
    }
    assert (await read(query, slug="qui", language="AR"))["page"] is None
    assert (await read(query, slug="qui"))["page"]["title"] == "Qui sommes-nous"


async def test_page_types_are_listed(session: AsyncSession, read: Ask) -> None:
    await make_page_type(session, name="Récits", slug="a")
    await make_page_type(session, name="Aide", slug="b")
    query = """
    query ($filter: PageTypeFilterInput, $sort: PageTypeSortingInput) {
      pageTypes(first: 5, filter: $filter, sortBy: $sort) { edges { node { slug } } } }
    """

    async def listed(**variables: object) -> list[str]:
        found = (await read(query, **variables))["pageTypes"]
        return [edge["node"]["slug"] for edge in found["edges"]]

    assert await listed() == ["b", "a"]
    assert await listed(sort={"field": "NAME", "direction": "DESC"}) == ["a", "b"]
    assert await listed(sort={"field": "SLUG", "direction": "ASC"}) == ["a", "b"]
    assert await listed(filter={"search": "aid"}) == ["b"]
    assert await listed(filter={"slugs": ["a", "c"]}) == ["a"]
