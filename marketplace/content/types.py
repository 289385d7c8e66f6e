"""Types of pages as staff make, change and delete them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.asked import ask, ask_no_more, asked_ids
from marketplace.catalog.attributes import Attribute, AttributeType
from marketplace.catalog.slugs import checked_slug, free_slug
from marketplace.catalog.wording import checked_name
from marketplace.content.editing import delete_pages
from marketplace.content.pages import Page, PageType
from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError
from marketplace.kit.ids import to_global_id


async def create_page_type(
    session: AsyncSession, said: Mapping[str, Any], attributes: Sequence[Attribute] = ()
) -> PageType:
    """Make a type of pages: name, slug, and what its pages are asked for.

    Raises Errors: REQUIRED, INVALID, UNIQUE.
    """
    faults = _wrong_kind(attributes, "addAttributes")
    page_type = PageType()
    columns = await _columns(session, page_type, said, faults)
    if "name" not in said:
        faults.append(RequiredError("A page type needs a name.", field="name"))
    if faults:
        raise Errors(faults)
    if not columns.get("slug"):
        columns["slug"] = await free_slug(session, PageType, columns["name"], "type")
    _set(page_type, columns)
    session.add(page_type)
    await session.flush()
    await ask(session, Page, page_type.id, {attribute.id: {} for attribute in attributes})
    return page_type


async def update_page_type(
    session: AsyncSession,
    page_type: PageType,
    said: Mapping[str, Any],
    *,
    added: Sequence[Attribute] = (),
    removed: Sequence[Attribute] = (),
) -> PageType:
    """Change a type of pages, and what its pages are asked for. Answers go with what is asked no more.

    Raises Errors: REQUIRED, INVALID, UNIQUE, DUPLICATED_INPUT_ITEM.
    """
    faults = _wrong_kind(added, "addAttributes") + _wrong_kind(removed, "removeAttributes")
    both = {attribute.id for attribute in added} & {attribute.id for attribute in removed}
    if both:
        named = [to_global_id("Attribute", key) for key in sorted(both)]
        message = "The same attribute can't come and go at once."
        faults.append(
            DomainError(message, field="attributes", code="DUPLICATED_INPUT_ITEM", attributes=named)
        )
    columns = await _columns(session, page_type, said, faults)
    if faults:
        raise Errors(faults)
    _set(page_type, columns)
    await session.flush()
    await ask_no_more(session, Page, page_type.id, [attribute.id for attribute in removed])
    await ask(session, Page, page_type.id, {attribute.id: {} for attribute in added})
    return page_type


async def delete_page_types(session: AsyncSession, page_types: Sequence[PageType]) -> None:
    """Delete types of pages, with their pages."""
    keys = [page_type.id for page_type in page_types]
    pages = await session.scalars(select(Page).where(Page.page_type_id.in_(keys)).order_by(Page.id))
    await delete_pages(session, pages.all())
    await session.execute(delete(PageType).where(PageType.id.in_(keys)))


async def assign(session: AsyncSession, page_type: PageType, attributes: Sequence[Attribute]) -> None:
    """Ask pages of a type for more. Raises Errors: INVALID, ATTRIBUTE_ALREADY_ASSIGNED."""
    faults = _wrong_kind(attributes, "attributeIds")
    known = set(await asked_ids(session, Page, page_type.id))
    named = [to_global_id("Attribute", each.id) for each in attributes if each.id in known]
    if named:
        message = "Some of these attributes are asked for already."
        code = "ATTRIBUTE_ALREADY_ASSIGNED"
        faults.append(DomainError(message, field="attributeIds", code=code, attributes=named))
    if faults:
        raise Errors(faults)
    await ask(session, Page, page_type.id, {attribute.id: {} for attribute in attributes})


def _wrong_kind(attributes: Sequence[Attribute], field: str) -> list[DomainError]:
    named = [
        to_global_id("Attribute", attribute.id)
        for attribute in attributes
        if attribute.type is not AttributeType.PAGE_TYPE
    ]
    if not named:
        return []
    return [InvalidError("Pages are asked only for attributes of pages.", field=field, attributes=named)]


async def _columns(
    session: AsyncSession, page_type: PageType, said: Mapping[str, Any], faults: list[DomainError]
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    try:
        if "name" in said:
            columns["name"] = checked_name(said["name"])
    except DomainError as error:
        faults.append(error)
    try:
        if "slug" in said and (said["slug"] or page_type.id is not None):
            columns["slug"] = await checked_slug(session, PageType, said["slug"], page_type.id)
    except DomainError as error:
        faults.append(error)
    return columns


def _set(page_type: PageType, columns: Mapping[str, Any]) -> None:
    for name, content in columns.items():
        setattr(page_type, name, content)
