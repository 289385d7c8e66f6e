"""The shop's own pages in the storefront."""

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.content.pages import PageTranslation
from tests.factories.content import make_page
from tests.factories.markets import make_channel


async def test_a_page_is_told_in_the_visitor_s_language_and_linked_from_every_foot(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    await make_channel(session)
    page = await make_page(session, slug="qui", title="Qui sommes-nous", text="Nous tissons.")
    session.add(PageTranslation(page_id=page.id, language_code="ar", title="من نحن"))
    await make_page(session, slug="brouillon", is_published=False)
    await session.commit()
    french, arabic = await client.get("/fr/pages/qui"), await client.get("/ar/pages/qui")
    assert french.status_code == arabic.status_code == 200
    assert "Nous tissons." in french.text
    assert 'href="/fr/pages/qui"' in french.text
    assert "<h1" in arabic.text
    assert "من نحن" in arabic.text
    for hidden in ("brouillon", "inconnu"):
        assert (await client.get(f"/fr/pages/{hidden}")).status_code == 404
