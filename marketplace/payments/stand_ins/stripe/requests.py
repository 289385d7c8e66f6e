"""A request as handlers see it: its parameters read, its key known."""

from dataclasses import dataclass, field

from marketplace.payments.stand_ins.stripe.errors import Json, Refused, invalid_parameter, no_such
from marketplace.payments.stand_ins.stripe.world import PLATFORM, World

METADATA_LIMIT = 50
METADATA_NAME_LIMIT = 40
METADATA_VALUE_LIMIT = 500


@dataclass(slots=True)
class Request:
    world: World
    params: Json
    ids: tuple[str, ...] = ()
    """Of the objects that the address names, the outermost first."""
    in_browser: bool = False
    """Whether it was made with the publishable key, and so may see and do little."""
    account: str = PLATFORM
    """The connected account in whose name it is made (`Stripe-Account`)."""

    @property
    def id(self) -> str:
        return self.ids[-1]

    def find(self, noun: str) -> Json:
        """The object that the address names."""
        return self.world.find(noun, self.id, owner=self.account)

    def named(self, noun: str, param: str) -> Json | None:
        """The object that a parameter names, if it was given."""
        named = self.params.get(param)
        return self.world.find(noun, named, param=param, owner=self.account) if named else None


@dataclass(slots=True)
class Page:
    """A list of Stripe's, of which one page is asked."""

    found: list[Json] = field(default_factory=list)

    def read(self, params: Json, url: str) -> Json:
        """The newest first, `limit` of them after or before the one that is named."""
        limit = params.get("limit", 10)
        if not 1 <= limit <= 100:  # noqa: PLR2004 - Stripe's
            raise invalid_parameter("limit", "Limit must be between 1 and 100.", "parameter_invalid_integer")
        if "starting_after" in params and "ending_before" in params:
            raise Refused("You can only specify one of these parameters: starting_after, ending_before.")
        found = [one for one in self.found if _created_in(one, params.get("created"))]
        ids = [one["id"] for one in found]
        if "starting_after" in params:
            rest = found[_place(ids, params, "starting_after") + 1 :]
            return _page(rest[:limit], len(rest) > limit, url)
        if "ending_before" in params:
            before = found[: _place(ids, params, "ending_before")]
            return _page(before[-limit:], len(before) > limit, url)
        return _page(found[:limit], len(found) > limit, url)


def _page(data: list[Json], has_more: bool, url: str) -> Json:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def _place(ids: list[str], params: Json, param: str) -> int:
    if params[param] not in ids:
        raise no_such("object", params[param], param, 400)
    return ids.index(params[param])


def _created_in(one: Json, when: int | Json | None) -> bool:
    if when is None:
        return True
    created: int = one["created"]
    if isinstance(when, int):
        return created == when
    return bool(
        created >= when.get("gte", created)
        and created <= when.get("lte", created)
        and created > when.get("gt", created - 1)
        and created < when.get("lt", created + 1)
    )


def merge_metadata(known: Json, given: Json | str | None) -> Json:
    """The metadata after what was given: an empty value takes a name out, an empty whole takes all out."""
    if given is None:
        return known
    if given == "" or isinstance(given, str):
        return {}
    for name, value in given.items():
        if len(name) > METADATA_NAME_LIMIT:
            raise invalid_parameter("metadata", f"Metadata keys can have up to 40 characters: {name[:60]}")
        if len(value) > METADATA_VALUE_LIMIT:
            raise invalid_parameter(
                f"metadata[{name}]", "Metadata values can have up to 500 characters, but you passed in more."
            )
    merged = {name: value for name, value in (known | given).items() if value != ""}
    if len(merged) > METADATA_LIMIT:
        raise invalid_parameter("metadata", f"Metadata can have up to {METADATA_LIMIT} keys.")
    return merged
