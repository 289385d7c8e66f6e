"""What has been declared: types by name, and which rows of a model a requester may see."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, true

Predicate = Callable[[Any, Any], "ColumnElement[bool] | None"]
"""(row, ctx) -> whether the row may be seen; None: it may."""


Owned = Callable[[Any, tuple[int, ...]], ColumnElement[bool]]
"""(row, the keys of sellers) -> whether the row is one of theirs."""


InChannels = Callable[[Any, Any], ColumnElement[bool]]
"""(row, the keys of channels, an SQL array) -> whether the row is of one of them."""


class DeclarationError(TypeError):
    """A declaration contradicts itself, its model or its GraphQL type: a fault of the program."""


@dataclass(frozen=True)
class Rows:
    """What a type reads: rows of a model. `channel` gives the channel's key that holds below a row."""

    model: type[Any]
    channel: Callable[[Any], ColumnElement[Any]] | None = None
    order_by: Callable[[Any, Any], Any] | None = None


@dataclass
class Registry:
    """All declarations of one program. Types of other rooms are found here by their name."""

    types: dict[str, type[Any]] = field(default_factory=dict)
    unions: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """Unions that are put together once every room has declared its types."""
    private_needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By type: the permissions of which one shows private metadata."""
    rules: dict[type[Any], Predicate] = field(default_factory=dict)
    owners: dict[type[Any], "Owned | None"] = field(default_factory=dict)
    """By model: whether a row is one of some sellers'; None where the rows are everybody's."""
    places: dict[type[Any], InChannels] = field(default_factory=dict)
    """By model: whether a row is of some channels, where staff who work in some only may change no others."""
    hidden_elsewhere: set[type[Any]] = field(default_factory=set)
    """Models whose rows such staff don't see either, elsewhere."""

    def add_type(self, name: str, declared: type[Any]) -> None:
        self.types[name] = declared

    def find_type(self, name: str) -> Any:
        """A declared type of any room. Raises KeyError."""
        make = self.unions.pop(name, None)
        if make is not None:
            make()
        return self.types[name]

    def add_rule(self, model: type[Any], visible: Predicate) -> None:
        """One rule per model: a second, different one would leave it open which of them holds."""
        if self.rules.get(model, visible) is not visible:
            raise DeclarationError(f"{model.__name__} already says which of its rows are visible")
        self.rules[model] = visible

    def visible(self, model: type[Any], row: Any, ctx: Any) -> ColumnElement[bool]:
        rule = self.rules.get(model)
        visible = None if rule is None else rule(row, ctx)
        if model in self.hidden_elsewhere and ctx.requester.is_bound_to_channels:
            within = self.places[model](row, ctx.requester.channel_ids)
            return within if visible is None else and_(within, visible)
        return true() if visible is None else visible

    def in_channels(self, model: type[Any], row: Any, channel_ids: Any) -> ColumnElement[bool] | None:
        """Whether a row is of one of some channels; None for a model whose rows are of no channel."""
        place = self.places.get(model)
        return None if place is None else place(row, channel_ids)

    def owned(self, model: type[Any], row: Any, vendor_ids: tuple[int, ...]) -> ColumnElement[bool]:
        """Raises DeclarationError for a model that does not say whose its rows are."""
        if model not in self.owners:
            raise DeclarationError(f"{model.__name__} does not say whose its rows are: see owned and shared")
        rule = self.owners[model]
        return true() if rule is None else rule(row, vendor_ids)


registry = Registry()


class TypeNames(dict[str, Any]):
    """Names in an annotation: those of its module, then any declared type of any room."""

    def __init__(self, module_names: dict[str, Any]) -> None:
        super().__init__(__name__=module_names.get("__name__"))  # Strawberry ignores an empty one.
        self._module_names = module_names

    def __missing__(self, name: str) -> Any:
        if name in self._module_names:
            return self._module_names[name]
        return registry.find_type(name)


def visibility(model: type[Any]) -> Callable[[Predicate], Predicate]:
    """Say which rows of a model a requester may see, wherever the API reaches them.

    For models that have no `node` of their own; a node says it with `visible=`.
    """

    def register(rule: Predicate) -> Predicate:
        registry.add_rule(model, rule)
        return rule

    return register


def owned(model: type[Any]) -> Callable[[Owned], Owned]:
    """Say which rows of a model are a seller's own: what its members may change.

    @owned(models.Product)
    def own_product(row, vendor_ids):
        return row.vendor_id.in_(vendor_ids)
    """

    def register(rule: Owned) -> Owned:
        registry.owners[model] = rule
        return rule

    return register


def shared(*models: type[Any]) -> None:
    """Say that rows of models are nobody's own: a seller's mutations may point to those that it sees."""
    registry.owners |= dict.fromkeys(models)


def of_channels(model: type[Any], *, hides: bool = True) -> Callable[[InChannels], InChannels]:
    """Say of which channel the rows of a model are: staff whose groups work in some channels only may change
    those of others nowhere. With `hides` they don't see them either.

    @of_channels(models.Order)
    def order_in(row, channel_ids):
        return row.channel_id == any_(channel_ids)
    """

    def register(rule: InChannels) -> InChannels:
        registry.places[model] = rule
        if hides:
            registry.hidden_elsewhere.add(model)
        return rule

    return register
