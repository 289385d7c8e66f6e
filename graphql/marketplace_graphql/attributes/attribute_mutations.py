"""How staff make, change and take away attributes."""

from collections.abc import Sequence
from typing import Any

from strawberry import ID

from marketplace.catalog import asking, forgetting, lists
from marketplace.catalog import attributes as models
from marketplace.kit.announcements import announce
from marketplace.kit.errors import InvalidError
from marketplace_graphql.attributes.errors import ANY, OF_PAGES, OF_PRODUCTS, AttributesError, check_right
from marketplace_graphql.attributes.inputs import (
    AttributeCreateInput,
    AttributeUpdateInput,
    new_values,
    reference_types,
)
from marketplace_graphql.inputs import ReorderInput
from marketplace_graphql.kernel import Info, changes, mutation, object_type, row_by

MOVES = 1000
"""Moves at once."""
DELETIONS = 1000


@object_type
class AttributeMutations:
    """What is changed of attributes."""

    @mutation(returns="Attribute", errors=AttributesError, needs=ANY, tells="ATTRIBUTE_CREATED")
    async def attribute_create(self, info: Info, input: AttributeCreateInput) -> models.Attribute:
        """Makes an attribute, with its list to choose from."""
        check_right(info, input.type)
        said = changes(input)
        return await asking.create_attribute(
            info.session,
            said,
            values=new_values(info, said.get("values")),
            reference_types=await reference_types(info, said.get("reference_types")),
        )

    @mutation(
        returns="Attribute",
        errors=AttributesError,
        needs=ANY,
        tells="ATTRIBUTE_UPDATED",
        about=row_by(models.Attribute, "external_reference"),
    )
    async def attribute_update(
        self, info: Info, attribute: models.Attribute, input: AttributeUpdateInput
    ) -> models.Attribute:
        """Changes an attribute, and its list. What was answered by a value that is removed is gone."""
        check_right(info, attribute.type, besides=(OF_PRODUCTS,))
        said = changes(input)
        removed = value_keys(info, said.get("remove_values"), "removeValues")
        await asking.update_attribute(
            info.session,
            attribute,
            said,
            values=new_values(info, said.get("add_values")),
            removed=removed,
            reference_types=await reference_types(info, said.get("reference_types")),
        )
        return attribute

    @mutation(
        returns="Attribute",
        errors=AttributesError,
        needs=ANY,
        tells="ATTRIBUTE_DELETED",
        about=row_by(models.Attribute, "external_reference"),
    )
    async def attribute_delete(self, info: Info, attribute: models.Attribute) -> models.Attribute:
        """Takes an attribute away, with all that was answered to it."""
        check_right(info, attribute.type, besides=(OF_PRODUCTS,))
        info.afterwards(lambda: forgetting.forget_attributes(info.session, [attribute]))
        return attribute

    @mutation(returns={"count": int}, failed={"count": 0}, errors=AttributesError, needs=ANY)
    async def attribute_bulk_delete(self, info: Info, ids: list[ID]) -> dict[str, int]:
        """Takes attributes away, with all that was answered to them."""
        info.at_most(DELETIONS, ids, "ids")
        found = await info.find_many(models.Attribute, dict.fromkeys(ids), field_name="ids")
        check_right(info, *(each.type for each in found), besides=(OF_PAGES,))
        await announce(info.session, "ATTRIBUTE_DELETED", *found)
        await forgetting.forget_attributes(info.session, found)
        return {"count": len(found)}

    @mutation(
        returns="Attribute",
        errors=AttributesError,
        needs=ANY,
        tells="ATTRIBUTE_UPDATED",
    )
    async def attribute_reorder_values(
        self, info: Info, attribute_id: ID, moves: list[ReorderInput]
    ) -> models.Attribute:
        """Puts the values of an attribute's list in another order."""
        attribute = await info.find(models.Attribute, attribute_id, field_name="attributeId")
        check_right(info, attribute.type, besides=(OF_PRODUCTS,))
        named = await lists.reorder_values(
            info.session, attribute, given_moves(info, moves, "AttributeValue")
        )
        await announce(info.session, "ATTRIBUTE_VALUE_UPDATED", *named)
        return attribute


def given_moves(info: Info, moves: Sequence[Any], type_name: str) -> list[tuple[int, int]]:
    """Moves by key: one place towards the end where nothing is said, as in Saleor. Raises InvalidError."""
    info.at_most(MOVES, moves, "moves")
    told = [changes(move) for move in moves]
    try:
        keys = [info.key(move["id"], type_name) for move in told]
    except InvalidError as error:
        error.field = "moves"
        raise
    places = [move.get("sort_order") for move in told]
    return [(key, 1 if place is None else place) for key, place in zip(keys, places, strict=True)]


def value_keys(info: Info, ids: Sequence[str] | None, field: str) -> list[int]:
    """Keys of values. Raises InvalidError."""
    info.at_most(MOVES, ids or (), field)
    try:
        return [info.key(value_id, "AttributeValue") for value_id in dict.fromkeys(ids or ())]
    except InvalidError as error:
        error.field = field
        raise
