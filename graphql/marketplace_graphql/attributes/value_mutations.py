"""How staff make, change and take away the values of attributes."""

from typing import Any

from sqlalchemy import select
from strawberry import ID

from marketplace.catalog import attributes as models
from marketplace.catalog import forgetting, lists
from marketplace.kit.announcements import announce
from marketplace.kit.errors import NotFoundError
from marketplace_graphql.attributes.attribute_mutations import DELETIONS
from marketplace_graphql.attributes.errors import (
    ADD_VALUES,
    ANY,
    OF_PAGES,
    OF_PRODUCTS,
    AttributesError,
    check_right,
    check_right_to_add,
)
from marketplace_graphql.attributes.inputs import (
    AttributeValueCreateInput,
    AttributeValueUpdateInput,
    new_values,
    said_of_value,
)
from marketplace_graphql.kernel import Info, changes, mutation, object_type, row_by

_made: dict[str, Any] = {"attribute": "Attribute | None", "attribute_value": "AttributeValue | None"}


@object_type
class AttributeValueMutations:
    """What is changed of the values of attributes."""

    @mutation(returns=_made, errors=AttributesError, needs=ADD_VALUES, tells="ATTRIBUTE_UPDATED")
    async def attribute_value_create(
        self, info: Info, attribute: ID, input: AttributeValueCreateInput
    ) -> dict[str, Any]:
        """Adds a value to an attribute's list."""
        asked = await info.find(models.Attribute, attribute, field_name="attribute")
        check_right_to_add(info, asked.type)
        (given,) = new_values(info, [changes(input)])
        value = await lists.create_value(info.session, asked, given)
        await announce(info.session, "ATTRIBUTE_VALUE_CREATED", value)
        return {"attribute": asked, "attribute_value": value}

    @mutation(
        returns=_made,
        errors=AttributesError,
        needs=ANY,
        tells="ATTRIBUTE_UPDATED",
        about=row_by(models.AttributeValue, "external_reference"),
    )
    async def attribute_value_update(
        self, info: Info, value: models.AttributeValue, input: AttributeValueUpdateInput
    ) -> dict[str, Any]:
        """Changes a value of an attribute."""
        attribute = await _attribute_of(info, value)
        check_right(info, attribute.type, besides=(OF_PRODUCTS,))
        said = said_of_value(info, changes(input))
        await lists.update_value(info.session, value, attribute, said)
        await announce(info.session, "ATTRIBUTE_VALUE_UPDATED", value)
        return {"attribute": attribute, "attribute_value": value}

    @mutation(
        returns=_made,
        errors=AttributesError,
        needs=ANY,
        tells="ATTRIBUTE_UPDATED",
        about=row_by(models.AttributeValue, "external_reference"),
    )
    async def attribute_value_delete(self, info: Info, value: models.AttributeValue) -> dict[str, Any]:
        """Takes a value away, from its attribute and from all that give it."""
        attribute = await _attribute_of(info, value)
        check_right(info, attribute.type, besides=(OF_PRODUCTS,))
        await announce(info.session, "ATTRIBUTE_VALUE_DELETED", value)
        info.afterwards(lambda: forgetting.forget_values(info.session, [value]))
        return {"attribute": attribute, "attribute_value": value}

    @mutation(returns={"count": int}, failed={"count": 0}, errors=AttributesError, needs=ANY)
    async def attribute_value_bulk_delete(self, info: Info, ids: list[ID]) -> dict[str, int]:
        """Takes values away, from their attributes and from all that give them."""
        info.at_most(DELETIONS, ids, "ids")
        values = await info.find_many(models.AttributeValue, dict.fromkeys(ids), field_name="ids")
        keys = {value.attribute_id for value in values}
        found = await info.session.scalars(select(models.Attribute).where(models.Attribute.id.in_(keys)))
        attributes = found.all()
        if any(attribute.is_going for attribute in attributes):
            raise NotFoundError("Some of these values are gone.", field="ids")
        check_right(info, *(attribute.type for attribute in attributes), besides=(OF_PAGES,))
        await announce(info.session, "ATTRIBUTE_VALUE_DELETED", *values)
        await announce(info.session, "ATTRIBUTE_UPDATED", *attributes)
        await forgetting.forget_values(info.session, values)
        return {"count": len(values)}


async def _attribute_of(info: Info, value: models.AttributeValue) -> models.Attribute:
    """The attribute of a value. Raises NotFoundError for a value that has been taken away."""
    attribute = await info.session.get_one(models.Attribute, value.attribute_id)
    if attribute.is_going:
        raise NotFoundError("Couldn't resolve to a node.", field="id")
    return attribute
