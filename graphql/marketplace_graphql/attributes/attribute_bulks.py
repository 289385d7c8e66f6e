"""How staff make and change many attributes at once."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from strawberry import ID

from marketplace.catalog import asking, forgetting, lists
from marketplace.catalog import attributes as models
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, InvalidError, PermissionDeniedError, RequiredError
from marketplace_graphql.attributes.errors import (
    ANY,
    OF_PRODUCTS,
    AttributeBulkCreateError,
    AttributeBulkUpdateError,
    check_right,
)
from marketplace_graphql.attributes.inputs import (
    AttributeBulkUpdateInput,
    AttributeCreateInput,
    new_values,
    reference_types,
)
from marketplace_graphql.kernel import (
    ErrorPolicyEnum,
    Faults,
    Info,
    Outcome,
    changes,
    error_entries,
    in_bulk,
    mutation,
    object_type,
    row_by,
)

if TYPE_CHECKING:
    from marketplace_graphql.catalog.attributes import Attribute

AT_ONCE = 100

_subject = row_by(models.Attribute, "external_reference")


@object_type
class AttributeBulkCreateResult:
    """What became of one attribute."""

    attribute: "Attribute | None"
    errors: list[AttributeBulkCreateError.declared] | None  # type: ignore[name-defined]


@object_type
class AttributeBulkUpdateResult:
    """What became of one attribute."""

    attribute: "Attribute | None"
    errors: list[AttributeBulkUpdateError.declared] | None  # type: ignore[name-defined]


_failed: dict[str, object] = {"count": 0, "results": []}


@object_type
class AttributeBulkMutations:
    """What is changed of many attributes at once."""

    @mutation(
        returns={"count": int, "results": list[AttributeBulkCreateResult]},
        failed=_failed,
        errors=AttributeBulkCreateError,
        needs=ANY,
    )
    async def attribute_bulk_create(
        self,
        info: Info,
        attributes: list[AttributeCreateInput],
        error_policy: ErrorPolicyEnum | None = None,
    ) -> dict[str, Any]:
        """Makes attributes, with their lists to choose from."""
        info.at_most(AT_ONCE, attributes, "attributes")
        given = [changes(each) for each in attributes]
        told = Counter(each["external_reference"] for each in given if each.get("external_reference"))

        async def create(said: Mapping[str, Any], faults: Faults) -> models.Attribute:
            _check_right(info, said["type"])
            if told[said.get("external_reference") or ""] > 1:
                raise _twice("externalReference")
            types = await reference_types(info, said.get("reference_types"))
            made = await asking.create_attribute(info.session, said, reference_types=types)
            await _add(info, made, said.get("values"), faults, "values")
            return made

        outcomes = await in_bulk(info.session, given, create, error_policy)
        await announce(info.session, "ATTRIBUTE_CREATED", *_made(outcomes))
        return _told(outcomes, AttributeBulkCreateError)

    @mutation(
        returns={"count": int, "results": list[AttributeBulkUpdateResult]},
        failed=_failed,
        errors=AttributeBulkUpdateError,
        needs=ANY,
    )
    async def attribute_bulk_update(
        self,
        info: Info,
        attributes: list[AttributeBulkUpdateInput],
        error_policy: ErrorPolicyEnum | None = None,
    ) -> dict[str, Any]:
        """Changes attributes, and their lists."""
        info.at_most(AT_ONCE, attributes, "attributes")
        given = [changes(each) for each in attributes]
        told = Counter(
            each["fields"]["external_reference"] for each in given if each["fields"].get("external_reference")
        )

        async def update(each: Mapping[str, Any], faults: Faults) -> models.Attribute:
            said = each["fields"]
            attribute = await _named(info, each)
            _check_right(info, attribute.type, besides=(OF_PRODUCTS,))
            if told[said.get("external_reference") or ""] > 1:
                raise _twice("fields.externalReference")
            types = await reference_types(info, said.get("reference_types"))
            with _of_fields():
                await asking.update_attribute(info.session, attribute, said, reference_types=types)
            await _remove(info, attribute, said.get("remove_values"), faults)
            await _add(info, attribute, said.get("add_values"), faults, "addValues")
            return attribute

        outcomes = await in_bulk(info.session, given, update, error_policy)
        await announce(info.session, "ATTRIBUTE_UPDATED", *_made(outcomes))
        return _told(outcomes, AttributeBulkUpdateError)


class _of_fields(AbstractContextManager[None]):  # noqa: N801 - reads as a sentence
    """The row itself has an external reference too: the one that is to be changed is told apart."""

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, Errors):
            for each in error.errors:
                if each.field == "externalReference":
                    each.field = "fields.externalReference"


def _check_right(info: Info, kind: Any, besides: Sequence[str] = ()) -> None:
    """Raises RequiredError: one row that one may not write is that row's fault alone, as in Saleor."""
    try:
        check_right(info, kind, besides=besides)
    except PermissionDeniedError as error:
        raise RequiredError(str(error)) from None


async def _named(info: Info, each: Mapping[str, Any]) -> models.Attribute:
    try:
        found: models.Attribute = await _subject.find(
            info, id=each.get("id"), external_reference=each.get("external_reference")
        )
    except DomainError as error:
        error.code = "INVALID" if error.code == "GRAPHQL_ERROR" else error.code
        raise
    return found


async def _add(
    info: Info,
    attribute: models.Attribute,
    given: Sequence[Mapping[str, Any]] | None,
    faults: Faults,
    field: str,
) -> None:
    """Add values to a list; what is wrong with one of them is noted."""
    values = new_values(info, given)
    if not values:
        return
    if attribute.input_type not in models.WITH_CHOICES:
        faults.note(InvalidError(f"A {attribute.input_type.value} attribute has no list of values."), field)
        return
    if len(values) > lists.VALUES_LIMIT:
        faults.note(InvalidError(f"At most {lists.VALUES_LIMIT} values at once."), field)
        return
    at: Callable[[int], AbstractContextManager[None]] = lambda place: faults.at(field, place)  # noqa: E731
    added = await lists.add_each(info.session, attribute, values, at)
    await announce(info.session, "ATTRIBUTE_VALUE_CREATED", *added)


async def _remove(info: Info, attribute: models.Attribute, ids: Sequence[ID] | None, faults: Faults) -> None:
    """Take values from a list; those that are none of it are noted."""
    info.at_most(lists.VALUES_LIMIT, ids or (), "removeValues")
    gone: dict[int, models.AttributeValue] = {}
    for place, value_id in enumerate(ids or ()):
        with faults.at("removeValues", place):
            try:
                value = await info.find(models.AttributeValue, value_id)
            except DomainError as error:
                raise InvalidError(error.message) from None
            if value.attribute_id != attribute.id:
                raise InvalidError("This value is none of this attribute.")
            gone[value.id] = value
    await announce(info.session, "ATTRIBUTE_VALUE_DELETED", *gone.values())
    await forgetting.forget_values(info.session, list(gone.values()))


def _twice(field: str) -> DomainError:
    return DomainError("Given twice.", field=field, code="DUPLICATED_INPUT_ITEM")


def _made(outcomes: Sequence[Outcome]) -> list[models.Attribute]:
    return [outcome.row for outcome in outcomes if outcome.row is not None]


def _told(outcomes: Sequence[Outcome], kind: Any) -> dict[str, Any]:
    return {
        "count": len(_made(outcomes)),
        "results": [
            {"attribute": outcome.row, "errors": error_entries(kind, outcome.errors)} for outcome in outcomes
        ],
    }
