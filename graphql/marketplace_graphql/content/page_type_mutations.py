"""How staff make and change types of pages, and what pages are asked for."""

from strawberry import ID

from marketplace.catalog import attributes as catalog
from marketplace.catalog.asked import ask_no_more, reorder_asked
from marketplace.content import pages as models
from marketplace.content import types
from marketplace.people.permissions import Permission
from marketplace_graphql.attributes.attribute_mutations import given_moves
from marketplace_graphql.content.page_inputs import PageError, PageTypeCreateInput, PageTypeUpdateInput
from marketplace_graphql.inputs import ReorderInput
from marketplace_graphql.kernel import (
    Info,
    bulk_deletion,
    changes,
    deletion,
    mutation,
    object_type,
    row_by,
)

NEEDS = Permission.MANAGE_PAGE_TYPES_AND_ATTRIBUTES
AT_ONCE = 100


@object_type
class PageTypeMutations:
    """What is changed of types of pages."""

    @mutation(returns="PageType", errors=PageError, needs=NEEDS, tells="PAGE_TYPE_CREATED")
    async def page_type_create(self, info: Info, input: PageTypeCreateInput) -> models.PageType:
        """Makes a type of pages."""
        said = changes(input)
        added = await found_attributes(info, said.get("add_attributes"), "addAttributes")
        return await types.create_page_type(info.session, said, added)

    @mutation(
        returns="PageType",
        errors=PageError,
        needs=NEEDS,
        tells="PAGE_TYPE_UPDATED",
        about=row_by(models.PageType, lock=True),
    )
    async def page_type_update(
        self, info: Info, page_type: models.PageType, input: PageTypeUpdateInput
    ) -> models.PageType:
        """Changes a type of pages. What was answered to attributes that are removed is gone."""
        said = changes(input)
        added = await found_attributes(info, said.get("add_attributes"), "addAttributes")
        removed = await found_attributes(info, said.get("remove_attributes"), "removeAttributes")
        return await types.update_page_type(info.session, page_type, said, added=added, removed=removed)

    page_type_delete = deletion(
        models.PageType,
        types.delete_page_types,
        doc="Deletes a type of pages, with its pages.",
        errors=PageError,
        needs=NEEDS,
        tells="PAGE_TYPE_DELETED",
    )
    page_type_bulk_delete = bulk_deletion(
        models.PageType,
        types.delete_page_types,
        doc="Deletes types of pages, with their pages.",
        errors=PageError,
        needs=NEEDS,
        tells="PAGE_TYPE_DELETED",
    )

    @mutation(returns="PageType", errors=PageError, needs=NEEDS, tells="PAGE_TYPE_UPDATED")
    async def page_attribute_assign(
        self, info: Info, page_type_id: ID, attribute_ids: list[ID]
    ) -> models.PageType:
        """Asks pages of a type for more attributes."""
        page_type = await info.find(models.PageType, page_type_id, field_name="pageTypeId", lock=True)
        added = await found_attributes(info, attribute_ids, "attributeIds")
        await types.assign(info.session, page_type, added)
        return page_type

    @mutation(returns="PageType", errors=PageError, needs=NEEDS, tells="PAGE_TYPE_UPDATED")
    async def page_attribute_unassign(
        self, info: Info, page_type_id: ID, attribute_ids: list[ID]
    ) -> models.PageType:
        """Asks pages of a type for some attributes no more. What was answered to them is gone."""
        page_type = await info.find(models.PageType, page_type_id, field_name="pageTypeId", lock=True)
        removed = await found_attributes(info, attribute_ids, "attributeIds")
        keys = [attribute.id for attribute in removed]
        await ask_no_more(info.session, models.Page, page_type.id, keys)
        return page_type

    @mutation(returns="PageType", errors=PageError, needs=NEEDS, tells="PAGE_TYPE_UPDATED")
    async def page_type_reorder_attributes(
        self, info: Info, page_type_id: ID, moves: list[ReorderInput]
    ) -> models.PageType:
        """Puts what pages of a type are asked for in another order."""
        page_type = await info.find(models.PageType, page_type_id, field_name="pageTypeId", lock=True)
        given = given_moves(info, moves, "Attribute")
        await reorder_asked(info.session, models.Page, page_type.id, given)
        return page_type


async def found_attributes(info: Info, ids: list[ID] | None, field: str) -> list[catalog.Attribute]:
    """The attributes of ids, each once. Raises NotFoundError, InvalidError."""
    info.at_most(AT_ONCE, ids or (), field)
    return await info.find_many(catalog.Attribute, dict.fromkeys(ids or ()), field_name=field)
