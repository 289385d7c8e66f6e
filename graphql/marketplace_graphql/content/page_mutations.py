"""How staff make, change, publish and delete pages."""

from typing import Any

from strawberry import ID

from marketplace.catalog.attribute_order import reorder_answers
from marketplace.catalog.attributes import Attribute
from marketplace.content import editing
from marketplace.content import pages as models
from marketplace.kit.announcements import announce
from marketplace.people.permissions import Permission
from marketplace_graphql.attributes.attribute_mutations import given_moves
from marketplace_graphql.catalog.answer_inputs import answers_of
from marketplace_graphql.content.page_inputs import PageCreateInput, PageError, PageInput
from marketplace_graphql.inputs import ReorderInput
from marketplace_graphql.kernel import (
    Info,
    bulk_deletion,
    changes,
    deletion,
    mutation,
    object_type,
)

NEEDS = Permission.MANAGE_PAGES
AT_ONCE = 1000


@object_type
class PageMutations:
    """What is changed of pages."""

    @mutation(returns="Page", errors=PageError, needs=NEEDS, tells="PAGE_CREATED")
    async def page_create(self, info: Info, input: PageCreateInput) -> models.Page:
        """Writes a page."""
        page_type = await info.find(models.PageType, input.page_type, field_name="pageType")
        said = _said(input)
        answers = await answers_of(info, said.pop("attributes", None))
        return await editing.create_page(info.session, page_type, said, answers)

    @mutation(returns="Page", errors=PageError, needs=NEEDS, tells="PAGE_UPDATED")
    async def page_update(self, info: Info, id: ID, input: PageInput) -> models.Page:
        """Changes a page."""
        page = await info.find(models.Page, id, lock=True)
        said = _said(input)
        answers = await answers_of(info, said.pop("attributes", None))
        return await editing.update_page(info.session, page, said, answers)

    page_delete = deletion(
        models.Page,
        editing.delete_pages,
        doc="Deletes a page, with all that refers to it.",
        errors=PageError,
        needs=NEEDS,
        tells="PAGE_DELETED",
    )
    page_bulk_delete = bulk_deletion(
        models.Page,
        editing.delete_pages,
        doc="Deletes pages, with all that refers to them.",
        errors=PageError,
        needs=NEEDS,
        tells="PAGE_DELETED",
    )

    @mutation(returns={"count": int}, failed={"count": 0}, errors=PageError, needs=NEEDS)
    async def page_bulk_publish(self, info: Info, ids: list[ID], is_published: bool) -> dict[str, int]:
        """Shows pages to buyers, or hides them."""
        info.at_most(AT_ONCE, ids, "ids")
        pages = await info.find_many(models.Page, dict.fromkeys(ids), field_name="ids", lock=True)
        await editing.publish_pages(info.session, pages, is_published=is_published)
        await announce(info.session, "PAGE_UPDATED", *pages)
        return {"count": len(pages)}

    @mutation(returns="Page", errors=PageError, needs=NEEDS, tells="PAGE_UPDATED")
    async def page_reorder_attribute_values(
        self, info: Info, page_id: ID, attribute_id: ID, moves: list[ReorderInput]
    ) -> models.Page:
        """Puts the values that a page gives to an attribute in another order."""
        page = await info.find(models.Page, page_id, field_name="pageId")
        asked = await info.find(Attribute, attribute_id, field_name="attributeId")
        given = given_moves(info, moves, "AttributeValue")
        await reorder_answers(info.session, page, asked.id, given)
        return page


def _said(given: Any) -> dict[str, Any]:
    """What was sent, under the names of the page's columns."""
    said = changes(given)
    said.pop("page_type", None)
    if "seo" in said:
        said |= {f"seo_{name}": text for name, text in (said.pop("seo") or {}).items()}
    return said
