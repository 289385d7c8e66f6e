"""What a declaration may ask while its statement is compiled: channel, requester, language, time, joins."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    Text,
    any_,
    inspect,
    literal,
    null,
    select,
    true,
)
from sqlalchemy.orm import outerjoin
from sqlalchemy.sql.type_api import TypeEngine

from marketplace_graphql.kernel.errors import LimitError
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.parameters import (
    Getter,
    Inputs,
    Parameter,
    array_of,
    key_of,
    text,
)
from marketplace_graphql.kernel.registry import DeclarationError, registry

if TYPE_CHECKING:
    from marketplace_graphql.kernel.requester import Requester
    from marketplace_graphql.kernel.schema import ApiSchema


class Binder(Protocol):
    """Turns a value of the request into something that can stand in SQL."""

    def bind(self, name: str, type_: TypeEngine[Any], getter: Getter) -> ColumnElement[Any]: ...


class PlanBinder:
    """For statements that are kept: the value is asked for at each request."""

    def bind(self, name: str, type_: TypeEngine[Any], getter: Getter) -> ColumnElement[Any]:
        encode = array_of(text) if isinstance(type_, ARRAY) else text
        return Parameter((name,), type_, getter, encode)


class ValueBinder:
    """For statements that are used once, in a service's session: the value itself."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    def bind(self, name: str, type_: TypeEngine[Any], getter: Getter) -> ColumnElement[Any]:
        return literal(getter(self._inputs), type_)


@dataclass(frozen=True)
class Walk:
    """A way through a list: for each of a few values of a column, an index in the order of a sort key."""

    column: ColumnElement[Any]
    values: ColumnElement[Any]
    sorted_by: ColumnElement[Any]


@dataclass(frozen=True)
class Few:
    """The keys of the rows of which a condition holds, and when these are no way to a page."""

    keys: Select[Any]
    holds: ColumnElement[bool]
    """The condition, asked of one row."""
    at_most: int | None
    by_index: ColumnElement[bool] | None
    """The condition as an index serves it by which the rows are read, in place of their keys."""
    in_order: tuple[ColumnElement[Any], ColumnElement[bool]] | None
    """In this order, the condition is this range of an index."""
    within: tuple[ColumnElement[Any], ColumnElement[bool]] | None = None
    """In this order, all rows of which the condition holds are within this range; and some others."""
    looks: int | None = None
    """So many rows of the list are looked at before all that fulfil it is looked up."""


@dataclass
class Scope:
    """One FROM clause in the making: an alias, and the rows joined to it so far."""

    row: Any
    source: Any = None
    joins: dict[Any, Any] = field(default_factory=dict)
    on_clauses: dict[Any, ColumnElement[bool]] = field(default_factory=dict)
    walks: list["Walk"] = field(default_factory=list)
    few: list[Few] = field(default_factory=list)
    paged: bool = False
    """A page is read of it, whose way its conditions may choose."""

    def __post_init__(self) -> None:
        self.source = self.row if self.source is None else self.source

    def join(self, model: type[Any], on: Callable[[Any], ColumnElement[bool]], key: Any) -> Any:
        other = self.joins[key] = aliased(model)
        self.on_clauses[key] = on(other)
        self.source = outerjoin(self.source, other, self.on_clauses[key])
        return other

    @property
    def parts(self) -> list[Any]:
        """All that stands in this FROM clause: what a sub-select must not take from outside."""
        return [inspect(part).selectable for part in (self.row, *self.joins.values())]


@dataclass(frozen=True)
class ChannelSource:
    """Where channels are kept: the model, and the names of its attributes."""

    model: type[Any]
    slug: str = "slug"
    currency: str = "currency_code"


@dataclass(frozen=True)
class Channel:
    """The channel in force. Without one, `given` is False and everything of it is NULL."""

    given: bool
    id: ColumnElement[Any]
    slug: ColumnElement[Any]
    currency: ColumnElement[Any]


NO_CHANNEL = Channel(given=False, id=null(), slug=null(), currency=null())


def channel_by(source: ChannelSource, attribute: str, value: ColumnElement[Any]) -> Channel:
    """The channel whose attribute (`id` or the slug's) has a value."""
    channel = aliased(source.model)

    def part(name: str) -> ColumnElement[Any]:
        wanted = getattr(channel, name)
        if name == attribute:
            return value
        return (
            select(wanted)
            .where(getattr(channel, attribute) == value)
            .scalar_subquery()
            .correlate_except(inspect(channel).selectable)
        )

    return Channel(given=True, id=part("id"), slug=part(source.slug), currency=part(source.currency))


class RequesterFacts:
    """Who asks: the plain answers are known now, the columns are parameters."""

    def __init__(self, requester: "Requester", binder: Binder) -> None:
        self._requester = requester
        self._binder = binder
        self.is_staff = requester.is_staff
        self.is_anonymous = requester.is_anonymous
        self.is_vendor = bool(requester.vendor_ids)
        self.is_app = requester.is_app
        self.is_bound_to_channels = requester.channel_ids is not None

    def has(self, *permissions: str) -> bool:
        """Whether one of the permissions is held."""
        return self._requester.has_any(permissions)

    @property
    def user_id(self) -> ColumnElement[Any]:
        """NULL for nobody: a comparison with it is never true."""
        return self._binder.bind("user_id", BigInteger(), lambda inputs: inputs.requester.user_id)

    @property
    def app_id(self) -> ColumnElement[Any]:
        """NULL where no app asks."""
        return self._binder.bind("app_id", BigInteger(), lambda inputs: inputs.requester.app_id)

    @property
    def own_app_id(self) -> ColumnElement[Any]:
        """The same, or the app through which a person asks."""
        return self._binder.bind("own_app_id", BigInteger(), lambda inputs: inputs.requester.own_app_id)

    @property
    def vendor_ids(self) -> ColumnElement[Any]:
        """An array: `row.vendor_id == any_(ctx.requester.vendor_ids)`."""
        return self._binder.bind(
            "vendor_ids", ARRAY(BigInteger()), lambda inputs: list(inputs.requester.vendor_ids)
        )

    @property
    def channel_ids(self) -> ColumnElement[Any]:
        """An array: the channels in which staff work who are bound to some."""
        return self._binder.bind(
            "channel_ids", ARRAY(BigInteger()), lambda inputs: list(inputs.requester.channel_ids or ())
        )


@dataclass
class Cost:
    """The rows that an operation may read, all lists together."""

    limit: int
    rows: int = 0

    def add(self, rows: int) -> None:
        self.rows += rows
        if self.rows > self.limit:
            raise LimitError(f"The query asks for more than {self.limit} rows; ask for smaller pages.")


@dataclass(frozen=True)
class Context:
    """Passed to every declaration as `ctx`."""

    schema: "ApiSchema"
    binder: Binder
    requester: RequesterFacts
    scopes: dict[int, Scope]
    channel: Channel = NO_CHANNEL
    cost: "Cost | None" = None
    multiplicity: int = 1
    """How many rows a list at this place is read for, as far as the operation says."""
    always: bool = True
    """Whether the condition being compiled holds of every row of its list, as none within OR or NOT does."""
    searching: bool = False
    """While the conditions of a list are compiled that is searched by words: every row that the words find is
    held to them, so a rule may say the same in a way that reads no other table."""
    whole: bool = False
    """While the conditions of a list are compiled that is read as a whole, to be counted."""
    many: bool = False
    """With `whole`: of each condition it is known that more than few rows fulfil it."""
    demands: list[tuple[ColumnElement[bool], str]] = field(default_factory=list)
    """What the list whose conditions are compiled demands of what else there is: see `demand`."""

    @classmethod
    def start(
        cls, schema: "ApiSchema", binder: Binder, requester: "Requester", rows_limit: int | None = None
    ) -> "Context":
        cost = None if rows_limit is None else Cost(rows_limit)
        return cls(schema, binder, RequesterFacts(requester, binder), {}, cost=cost)

    @property
    def now(self) -> ColumnElement[datetime]:
        return self.binder.bind("now", DateTime(timezone=True), lambda inputs: inputs.now)

    @property
    def language(self) -> ColumnElement[str]:
        return self.binder.bind("language", Text(), lambda inputs: inputs.language)

    def setting(self, name: str) -> ColumnElement[str]:
        """A setting of the installation, such as the address of media."""
        return self.binder.bind(f"setting:{name}", Text(), lambda inputs: inputs.settings[name])

    def key(self, given: Any, *type_names: str) -> Any:
        """The primary key of a global id argument, or the array of keys of a list of them."""
        rows = self.schema.rows_of(type_names[0])
        key_type = inspect(rows.model).primary_key[0].type
        if not isinstance(given, Parameter):
            raise DeclarationError(f"{given!r} is no argument of type ID")
        return given.converted(f"key:{'|'.join(type_names)}", key_type, key_of(type_names, key_type))

    def visible(self, model: type[Any], row: Any) -> ColumnElement[bool]:
        """The model's visibility rule for a row, for sub-selects of a declaration's own."""
        return registry.visible(model, row, self)

    def scope(self, row: Any) -> Scope:
        """Begin the FROM clause of a row."""
        made = self.scopes[id(row)] = Scope(row)
        return made

    def joined(
        self, row: Any, model: type[Any], on: Callable[[Any], ColumnElement[bool]], *, key: Any = None
    ) -> Any:
        """Another model's row joined to `row`: at most one, or none (its columns are NULL then)."""
        scope = self.scopes.get(id(row))
        if scope is None:
            raise DeclarationError(f"{row!r} is not a row that the reader gave")
        join_key = (id(row), model, key or on.__code__, id(self.channel.id))
        if join_key not in scope.joins:
            # The joined row may be asked for further joins, in the same FROM clause.
            self.scopes[id(scope.join(model, on, join_key))] = scope
        return scope.joins[join_key]

    def already_joined(self, row: Any, model: type[Any], *, key: Any) -> Any:
        """The row that `joined` has joined under this key in this channel, if it has."""
        scope = self.scopes.get(id(row))
        return None if scope is None else scope.joins.get((id(row), model, key, id(self.channel.id)))

    def one_of_few(
        self,
        row: Any,
        column: ColumnElement[Any],
        values: ColumnElement[Any],
        *,
        sorted_by: ColumnElement[Any],
    ) -> ColumnElement[bool]:
        """Whether a column is among the few, distinct values of an array.

        Where the list is sorted by `sorted_by`, it is read as one walk for each value, each along an index on
        (column, sorted_by), and the walks are merged: a page costs the same whatever the size of the list.
        Only for conditions that hold of every row: in an OR or NOT of your own, use `ctx.not_always()`.
        """
        scope = self.scopes.get(id(row))
        if scope is not None and self.always:
            scope.walks.append(Walk(column, values, sorted_by))
        return column == any_(values)

    def few_or_many(
        self,
        row: Any,
        keys: Select[Any],
        holds: ColumnElement[bool],
        *,
        few: int | None = None,
        in_order: tuple[ColumnElement[Any], ColumnElement[bool]] | None = None,
        within: tuple[ColumnElement[Any], ColumnElement[bool]] | None = None,
        by_index: ColumnElement[bool] | None = None,
        looks: int | None = None,
    ) -> ColumnElement[bool]:
        """A condition that may hold of a handful of rows or of most: how many is known only at the request.

        `keys` selects the primary keys of the rows of which it holds, by an index and from nothing else;
        `holds` says the same of one row, by looking up what hangs on it. A page first reads some of the keys:
        if these are all, it is found among them; else the list is walked in its order, and each row looked at
        until the page is full. So neither costs more the longer the list is.

        `few`: so many keys are still found one by one. `in_order`: an order in which the condition is a
        range of an index, said as second; the keys are left alone there. `within`: an order in which nothing
        outside of a range fulfils the condition: a walk begins or ends there. `by_index`: the condition as an
        index serves it, by which many rows are read sooner than one by one; it must not serve `holds`.
        `looks`: so many rows are looked at along the list; where these don't fill the page, because what
        fulfils the condition stands at the list's other end, all of it is looked up at once. For root fields.
        """
        if self.whole and by_index is not None:
            return by_index
        if self.whole:
            mapper = inspect(row).mapper
            primary = getattr(row, mapper.get_property_by_column(mapper.primary_key[0]).key)
            found: ColumnElement[bool] = primary.in_(keys)
            return found
        scope = self.scopes.get(id(row))
        if scope is None or not scope.paged or not self.always:
            return holds if by_index is None else by_index
        scope.few.append(Few(keys, holds, few, by_index, in_order, within, looks))
        return true()  # Said by whoever reads the page, where its way does not say it.

    def demand(self, condition: ColumnElement[bool], message: str) -> None:
        """Refuse the list whose conditions are compiled unless a condition holds that speaks of no row of it.

        For what a client asks wrongly in a way that only the database knows.
        """
        self.demands.append((condition, message))

    def counting(self, rows: int) -> "Context":
        """The context below a list of so many rows. Raises LimitError when they are too many in all."""
        multiplicity = self.multiplicity * rows
        if self.cost is not None:
            self.cost.add(multiplicity)
        return replace(self, multiplicity=multiplicity)

    def not_always(self) -> "Context":
        """The context for conditions of which others are alternatives, or which are denied."""
        return replace(self, always=False)

    def in_channel(self, channel: Channel) -> "Context":
        return replace(self, channel=channel)

    def channel_with_id(self, channel_id: ColumnElement[Any]) -> "Context":
        """The same context below a row that has a channel of its own."""
        return self.in_channel(channel_by(self._channels, "id", channel_id))

    def channel_with_slug(self, slug: ColumnElement[str]) -> "Context":
        return self.in_channel(channel_by(self._channels, self._channels.slug, slug))

    @property
    def _channels(self) -> ChannelSource:
        if self.schema.channels is None:
            raise DeclarationError("the schema was built without channels")
        return self.schema.channels
