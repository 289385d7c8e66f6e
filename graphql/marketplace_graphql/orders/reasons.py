"""Pages that name reasons for refunds and returns, as mutations take them and as they are read."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from strawberry import ID

from marketplace.content.reasons import For, page_type_for, those_of_type
from marketplace.kit.errors import InvalidError, RequiredError
from marketplace_graphql.kernel import Info, related

if TYPE_CHECKING:
    pass


def _is_reason(row: Any, page: Any, _ctx: Any) -> Any:
    return page.id == row.reason_page_id


def reason_page() -> Any:
    """A field: the page that names a row's reason."""
    return related(_is_reason)


class Reasons:
    """The pages that an input names as reasons, by their ids."""

    def __init__(self, keys: Mapping[ID, int], field_name: str) -> None:
        self._keys, self._field_name = keys, field_name

    def knows(self, given: ID | None) -> bool:
        return not given or given in self._keys

    def key(self, given: ID | None) -> int | None:
        """The key of a page. Raises InvalidError for what names no reason."""
        if not self.knows(given):
            raise InvalidError("It is no page of the type that names reasons.", field=self._field_name)
        return self._keys[given] if given else None


async def reasons_named(
    info: Info,
    what: For,
    given: ID | None,
    of_lines: Sequence[ID | None] = (),
    *,
    is_needed: bool = True,
    field_name: str = "reasonReference",
    unconfigured: str = "INVALID",
) -> Reasons:
    """What is named as the reason of the whole, and of its lines. Once the shop has chosen the type of such
    pages, people must give one for the whole; apps need not, and lines need none.

    Raises InvalidError, RequiredError.
    """
    named = [each for each in (given, *of_lines) if each]
    type_id = await page_type_for(info.session, what)
    if type_id is None:
        if named:
            message = "Reason reference type is not configured."
            raise InvalidError(message, field=field_name, code=unconfigured)
        return Reasons({}, field_name)
    if is_needed and not given and not info.requester.is_app:
        message = "Reason reference is required when reason reference type is configured."
        raise RequiredError(message, field=field_name)
    keys: dict[ID, int] = {}
    for each in named:
        try:
            keys[each] = info.key(each, "Page")
        except InvalidError:
            continue
    known = await those_of_type(info.session, type_id, set(keys.values()))
    return Reasons({each: key for each, key in keys.items() if key in known}, field_name)
