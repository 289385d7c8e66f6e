"""What staff do with kinds of customers."""

from typing import Any

from strawberry import ID

from marketplace.catalog import customer_asking
from marketplace.kit.announcements import announce
from marketplace.kit.errors import InvalidError
from marketplace.people import customer_types as service
from marketplace.people import models
from marketplace.people.permissions import Permission
from marketplace_graphql.inputs import ReorderInput
from marketplace_graphql.kernel import Info, error_type, input_type, mutation, object_type

NEEDS = Permission.MANAGE_CUSTOMER_TYPES_AND_ATTRIBUTES
ATTRIBUTES_AT_ONCE = 100
CHANGED = "CUSTOMER_TYPE_UPDATED"
TYPE: dict[str, Any] = {"customer_type": "CustomerType | None"}

CustomerTypeCreateError = error_type(
    "CustomerTypeCreateError", ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED", "UNIQUE")
)
CustomerTypeUpdateError = error_type(
    "CustomerTypeUpdateError",
    ("CANNOT_UNSET_DEFAULT", "GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED", "UNIQUE"),
)
CustomerTypeDeleteError = error_type(
    "CustomerTypeDeleteError", ("CANNOT_DELETE_DEFAULT", "GRAPHQL_ERROR", "INVALID", "NOT_FOUND")
)
CustomerTypeAssignAttributesError = error_type(
    "CustomerTypeAssignAttributesError",
    ("ATTRIBUTE_ALREADY_ASSIGNED", "GRAPHQL_ERROR", "INVALID", "NOT_FOUND"),
    attributes=list[ID] | None,
)
CustomerTypeUnassignAttributesError = error_type(
    "CustomerTypeUnassignAttributesError", ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND")
)
CustomerTypeReorderAttributesError = error_type(
    "CustomerTypeReorderAttributesError",
    ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND"),
    attributes=list[ID] | None,
)


@input_type
class CustomerTypeCreateInput:
    """A new kind of customers."""

    name: str | None
    slug: str | None
    """Left out: made of the name."""
    is_default: bool | None
    """Whether new customers are of it, in place of the one before."""


@input_type
class CustomerTypeUpdateInput:
    """What changes of a kind of customers."""

    name: str | None
    slug: str | None
    is_default: bool | None
    """Whether new customers are of it, in place of the one before."""


@object_type
class CustomerTypeMutations:
    """Kinds of customers."""

    @mutation(returns=TYPE, errors=CustomerTypeCreateError, needs=NEEDS, tells="CUSTOMER_TYPE_CREATED")
    async def customer_type_create(
        self, info: Info, input: CustomerTypeCreateInput
    ) -> dict[str, models.CustomerType]:
        """Makes a kind of customers."""
        made = await service.create_customer_type(
            info.session, name=input.name or None, slug=input.slug or None, is_default=bool(input.is_default)
        )
        return {"customer_type": made}

    @mutation(returns=TYPE, errors=CustomerTypeUpdateError, needs=NEEDS, tells=CHANGED)
    async def customer_type_update(
        self, info: Info, id: ID, input: CustomerTypeUpdateInput
    ) -> dict[str, models.CustomerType]:
        """Changes a kind of customers."""
        kind = await info.find(models.CustomerType, id, lock=True)
        changed = await service.update_customer_type(
            info.session,
            kind,
            name=_text(input.name),
            slug=_text(input.slug),
            is_default=input.is_default if isinstance(input.is_default, bool) else None,
        )
        return {"customer_type": changed}

    @mutation(returns=TYPE, errors=CustomerTypeDeleteError, needs=NEEDS)
    async def customer_type_delete(self, info: Info, id: ID) -> dict[str, models.CustomerType]:
        """Deletes a kind of customers: they are of the default one from then on."""
        kind = await info.find(models.CustomerType, id, lock=True)
        service.check_type_may_go(kind)
        await announce(info.session, "CUSTOMER_TYPE_DELETED", kind)
        info.afterwards(lambda: service.delete_customer_type(info.session, kind))
        return {"customer_type": kind}

    @mutation(returns=TYPE, errors=CustomerTypeAssignAttributesError, needs=NEEDS, tells=CHANGED)
    async def customer_type_assign_attributes(
        self, info: Info, attribute_ids: list[ID], customer_type_id: ID
    ) -> dict[str, models.CustomerType]:
        """Has customers of a kind asked for more."""
        info.at_most(ATTRIBUTES_AT_ONCE, attribute_ids, "attributeIds")
        kind = await info.find(models.CustomerType, customer_type_id, field_name="customerTypeId", lock=True)
        keys = _attribute_keys(info, attribute_ids, "attributeIds")
        await customer_asking.ask_for(info.session, kind, keys)
        return {"customer_type": kind}

    @mutation(returns=TYPE, errors=CustomerTypeUnassignAttributesError, needs=NEEDS, tells=CHANGED)
    async def customer_type_unassign_attributes(
        self, info: Info, attribute_ids: list[ID], customer_type_id: ID
    ) -> dict[str, models.CustomerType]:
        """Has customers of a kind asked for less. What they have answered stays, unseen."""
        info.at_most(ATTRIBUTES_AT_ONCE, attribute_ids, "attributeIds")
        kind = await info.find(models.CustomerType, customer_type_id, field_name="customerTypeId", lock=True)
        keys = _attribute_keys(info, attribute_ids, "attributeIds")
        await customer_asking.ask_no_more(info.session, kind, keys)
        return {"customer_type": kind}

    @mutation(returns=TYPE, errors=CustomerTypeReorderAttributesError, needs=NEEDS)
    async def customer_type_reorder_attributes(
        self, info: Info, customer_type_id: ID, moves: list[ReorderInput]
    ) -> dict[str, models.CustomerType]:
        """Has customers of a kind asked in another order."""
        info.at_most(ATTRIBUTES_AT_ONCE, moves, "moves")
        kind = await info.find(models.CustomerType, customer_type_id, field_name="customerTypeId", lock=True)
        keys = _attribute_keys(info, [move.id for move in moves], "moves")
        places = [move.sort_order or 0 for move in moves]
        await customer_asking.move(info.session, kind, list(zip(keys, places, strict=True)))
        return {"customer_type": kind}


def _attribute_keys(info: Info, given: list[Any], field: str) -> list[int]:
    """Raises InvalidError."""
    try:
        return [info.key(each, "Attribute") for each in given]
    except InvalidError as refused:
        raise InvalidError(refused.message, field=field, code="GRAPHQL_ERROR") from refused


def _text(given: Any) -> str | None:
    """An empty text is a mistake that the service tells; nothing given, and null, leave it as it is."""
    return given if isinstance(given, str) else None
