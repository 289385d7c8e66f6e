"""Pages as staff make, change, publish and delete them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.answering import Checked, asked_by, check_answers, write_answers
from marketplace.catalog.answers import Answer, Asked
from marketplace.catalog.attributes import AttributeEntityType
from marketplace.catalog.forgetting import forget_references, reference_renamed
from marketplace.catalog.slugs import checked_slug, free_slug
from marketplace.catalog.wording import checked_words
from marketplace.content.pages import Page, PageTranslation, PageType
from marketplace.content.search import page_words
from marketplace.kit import clock
from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError

TITLE_LENGTH = 250


async def create_page(
    session: AsyncSession, page_type: PageType, said: Mapping[str, Any], answers: Sequence[Answer] = ()
) -> Page:
    """Write a page: title, slug, content, seo_title, seo_description, is_published, published_at.

    Its slug is made of its title where none is said. Raises Errors: REQUIRED, INVALID, UNIQUE, and what
    answers can be refused for.
    """
    page = Page(page_type_id=page_type.id)
    asked = await asked_by(session, Page, page_type.id)
    faults: list[DomainError] = []
    columns = await _columns(session, page, said, faults)
    if "title" not in said:
        faults.append(RequiredError("A page needs a title.", field="title"))
    checked = _checked(asked, answers, faults, complete=bool(answers))
    if faults:
        raise Errors(faults)
    if not columns.get("slug"):
        columns["slug"] = await free_slug(session, Page, columns["title"], "page")
    _set(page, columns)
    session.add(page)
    await session.flush()
    await write_answers(session, page, checked)
    await gather_words(session, page)
    return page


async def update_page(
    session: AsyncSession, page: Page, said: Mapping[str, Any], answers: Sequence[Answer] = ()
) -> Page:
    """Change a page: what `create_page` takes. Raises Errors."""
    asked = await asked_by(session, Page, page.page_type_id)
    faults: list[DomainError] = []
    columns = await _columns(session, page, said, faults)
    checked = _checked(asked, answers, faults, complete=False)
    if faults:
        raise Errors(faults)
    is_renamed = columns.get("title", page.title) != page.title
    _set(page, columns)
    await session.flush()
    await write_answers(session, page, checked)
    await gather_words(session, page)
    if is_renamed:
        await reference_renamed(session, AttributeEntityType.PAGE, page.id, page.title)
    return page


async def delete_pages(session: AsyncSession, pages: Sequence[Page]) -> None:
    """Delete pages, with all that refers to them."""
    keys = [page.id for page in pages]
    await forget_references(session, AttributeEntityType.PAGE, keys)
    await session.execute(delete(Page).where(Page.id.in_(keys)))


async def publish_pages(session: AsyncSession, pages: Sequence[Page], *, is_published: bool) -> None:
    """Show pages to buyers, from now on where no day was set, or hide them."""
    for page in pages:
        page.is_published = is_published
        if is_published and page.published_at is None:
            page.published_at = clock.now()
    await session.flush()


async def gather_words(session: AsyncSession, page: Page) -> None:
    """What searches find a page by: its texts in all languages."""
    rows = await session.execute(
        select(PageTranslation.title, PageTranslation.content).where(PageTranslation.page_id == page.id)
    )
    translated = rows.all()
    page.search_title, page.search_text = page_words(
        [page.title, *(row.title for row in translated)],
        [page.content, *(row.content for row in translated)],
    )
    await session.flush()


def _set(page: Page, columns: Mapping[str, Any]) -> None:
    for name, content in columns.items():
        setattr(page, name, content)


def _checked(
    asked: Sequence[Asked], answers: Sequence[Answer], faults: list[DomainError], *, complete: bool
) -> list[Checked]:
    try:
        return check_answers(asked, answers, complete=complete)
    except Errors as refused:
        faults += refused.errors
    except DomainError as refused:
        faults.append(refused)
    return []


async def _columns(
    session: AsyncSession, page: Page, said: Mapping[str, Any], faults: list[DomainError]
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "title" in said:
        columns["title"] = (said["title"] or "").strip()
        if not columns["title"]:
            faults.append(RequiredError("A page needs a title.", field="title"))
        elif len(columns["title"]) > TITLE_LENGTH:
            faults.append(InvalidError(f"A title has at most {TITLE_LENGTH} letters.", field="title"))
    if "slug" in said and (said["slug"] or page.id is not None):
        try:
            columns["slug"] = await checked_slug(session, Page, said["slug"], page.id)
        except DomainError as error:
            faults.append(error)
    columns |= _texts(said, faults)
    return columns | _publication(page, said, faults)


def _texts(said: Mapping[str, Any], faults: list[DomainError]) -> dict[str, Any]:
    words = {name: said[name] for name in ("seo_title", "seo_description") if name in said}
    if "content" in said:
        words["description"] = said["content"]
    try:
        columns = checked_words(words)
    except Errors as refused:
        for error in refused.errors:
            error.field = "content" if error.field == "description" else error.field
        faults += refused.errors
        return {}
    if "description" in columns:
        columns["content"] = columns.pop("description")
    return columns


def _publication(page: Page, said: Mapping[str, Any], faults: list[DomainError]) -> dict[str, Any]:
    """When buyers see the page. A day may be said in Saleor's older way: `publication_date`, a text."""
    columns: dict[str, Any] = {}
    if said.get("is_published") is not None:
        columns["is_published"] = said["is_published"]
    if "publication_date" in said and "published_at" in said:
        message = "Say publicationDate or publishedAt, not both."
        faults.append(InvalidError(message, field="publicationDate"))
    elif "publication_date" in said:
        try:
            columns["published_at"] = _moment(said["publication_date"])
        except ValueError:
            faults.append(InvalidError("That is no day.", field="publicationDate"))
    elif "published_at" in said:
        columns["published_at"] = said["published_at"]
    is_new = columns.get("is_published") and not page.is_published
    if is_new and not columns.get("published_at", page.published_at):
        columns["published_at"] = clock.now()
    return columns


def _moment(text: str | None) -> datetime | None:
    """The beginning of a day, in UTC; or the moment that is said. Raises ValueError."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
