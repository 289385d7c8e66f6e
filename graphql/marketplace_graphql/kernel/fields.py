"""The kinds of field that a type may declare.

A declaration says where a field's value comes from; the reader turns all that an operation selects into
one SQL statement. Each kind is used in one of two ways: with a lambda where there are no arguments, the
type being the class's annotation,

    is_free: bool = expression(lambda row, ctx: row.price_minor == 0)

or as a decorator, the GraphQL arguments being the function's, its return annotation the type, and its
docstring the description:

    @expression
    def is_cheaper(row, ctx, than: int) -> bool:
        '''Whether the price lies below an amount, in minor units.'''
        return row.price_minor < than
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from strawberry import ID

from marketplace_graphql.kernel.registry import DeclarationError

if TYPE_CHECKING:
    from marketplace_graphql.kernel.filters import Filter, Sorting

Function = Callable[..., Any]


@dataclass(frozen=True)
class Argument:
    """One GraphQL argument of a field."""

    name: str
    annotation: Any
    default: Any = inspect.Parameter.empty
    shape: str = ""
    """What the statement depends on besides its being there: "value", "truth" or a global id's "type"."""
    deprecated: str | None = None


def arguments_of(
    function: Function,
    positional: int,
    by_value: Sequence[str] = (),
    outdated: Mapping[str, str] | None = None,
) -> list[Argument]:
    """The GraphQL arguments that a function takes, after its first parameters. Raises DeclarationError."""
    found = []
    for parameter in list(inspect.signature(function).parameters.values())[positional:]:
        if parameter.annotation is inspect.Parameter.empty:
            raise DeclarationError(f"{function.__qualname__}: {parameter.name} needs a type")
        shape = "value" if parameter.name in by_value else ""
        deprecated = (outdated or {}).get(parameter.name)
        found.append(Argument(parameter.name, parameter.annotation, parameter.default, shape, deprecated))
    return found


@dataclass
class Declaration:
    """What all kinds have in common.

    `needs` are permissions of which the requester must hold one; `allowed` is a rule on the row itself.
    Without them the field is null and an error is reported at its path, as in Saleor.
    """

    function: Function | None = None
    needs: tuple[str, ...] = ()
    needs_from: str = ""
    """An attribute of the class that names the permission: for fields of interfaces."""
    allowed: Function | None = None
    description: str | None = None
    deprecated: str | None = None
    by_value: tuple[str, ...] = ()
    """Arguments of which the function gets the plain value: each value has a statement of its own then."""
    outdated: Mapping[str, str] = field(default_factory=dict)
    """Arguments that are deprecated, and why."""
    annotation: Any = None
    arguments: list[Argument] = field(default_factory=list)
    name: str = ""
    own: set[str] = field(default_factory=set)
    """The arguments that the function takes, as against those that the kind of field adds."""

    positional: ClassVar[int] = 2
    """How many of the function's parameters come from the reader, before the GraphQL arguments."""

    def __call__(self, function: Function) -> Self:
        """Take the function that says how: also what happens when used as a decorator."""
        self.function = function
        for argument in arguments_of(function, self.positional, self.by_value, self.outdated):
            self.arguments.append(argument)
            self.own.add(argument.name)
        return self

    def complete(self, name: str, annotation: Any, description: str | None) -> None:
        """Learn from the class what it says: the name, and the type where an annotation stands there."""
        self.name = name
        annotation = annotation or self.annotation
        if annotation is None and self.function is not None:
            annotation = self.function.__annotations__.get("return")
            description = description or inspect.getdoc(self.function)
        if annotation is None:
            raise DeclarationError(f"{name} has no type: annotate the field, or its function's return")
        self.annotation = annotation
        self.description = self.description or description


@dataclass
class Column(Declaration):
    """A column (or any mapped attribute) of the row; `attribute` where it is called otherwise there."""

    attribute: str | None = None


@dataclass
class Expression(Declaration):
    """A scalar that SQL computes: (row, ctx, **arguments) -> SQL expression."""


@dataclass
class Value(Declaration):
    """An object or list without a table of its own: (row, ctx, **arguments) -> what it is made of."""


@dataclass
class Related(Declaration):
    """Rows of another model: (row, target, ctx, **arguments) -> predicate. One or many, by the annotation."""

    order_by: Function | None = None
    sort_by: "Sorting | None" = None
    order_along: Function | None = None
    limit: int = 1000
    expected: int = 10
    shown: bool = False
    of: Function | None = None

    positional: ClassVar[int] = 3

    def complete(self, name: str, annotation: Any, description: str | None) -> None:
        super().complete(name, annotation, description)
        if self.sort_by is not None:
            self.arguments.append(Argument("sort_by", self.sort_by.input | None))


@dataclass
class Itself(Declaration):
    """The same row seen as another type."""


@dataclass
class OneOf(Declaration):
    """A union or interface: the first of some types' rows that exists, {type: (row, target, ctx)}."""

    alternatives: Mapping[str, Function] = field(default_factory=dict)
    shown: bool = False


@dataclass
class Connection(Declaration):
    """Pages of another model's rows, with Saleor's cursors."""

    filter: "Filter | None" = None
    where: "Filter | None" = None
    sort_by: "Sorting | None" = None
    search: Function | None = None
    rank: Function | None = None
    order_by: Function | None = None
    channel: bool = False
    maximum: int = 100
    shown: bool = False
    of: Function | None = None

    positional: ClassVar[int] = 3

    def complete(self, name: str, annotation: Any, description: str | None) -> None:
        super().complete(name, annotation, description)
        inputs = {"filter": self.filter, "where": self.where, "sort_by": self.sort_by}
        added = [
            Argument(argument, rule.input | None) for argument, rule in inputs.items() if rule is not None
        ]
        if self.search is not None:
            added.append(Argument("search", str | None))
        if self.channel:
            added.append(Argument("channel", str | None))
        added += [Argument(argument, str | None, shape="truth") for argument in ("before", "after")]
        added += [Argument(argument, int | None, shape="value") for argument in ("first", "last")]
        self.arguments += added


@dataclass
class Lookup(Declaration):
    """A row of whatever type its global id names, among the types that the field may return."""

    positional: ClassVar[int] = 3

    def complete(self, name: str, annotation: Any, description: str | None) -> None:
        super().complete(name, annotation, description)
        self.arguments.append(Argument("id", ID, shape="type"))


@dataclass
class Computed(Declaration):
    """Python over SQL: `selects` names expressions; the function gets their values, and `info`."""

    selects: Function | None = None


@dataclass
class Resolver(Declaration):
    """A root field that Python answers: (info, **arguments) -> value; the reader reads rows in it."""

    positional: ClassVar[int] = 1


Needs = str | Sequence[str]


def _made(declaration: Declaration, function: Function | None, needs: Needs) -> Any:
    declaration.needs = (needs,) if isinstance(needs, str) else tuple(needs)
    return declaration if function is None else declaration(function)


def column(
    attribute: str | None = None, *, needs: Needs = (), allowed: Function | None = None, **common: Any
) -> Any:
    """A column of the same name, or of another. Only needed to say more than the annotation does."""
    return _made(Column(attribute=attribute, allowed=allowed, **common), None, needs)


def expression(
    function: Function | None = None, *, needs: Needs = (), allowed: Function | None = None, **common: Any
) -> Any:
    """A scalar that SQL computes: `(row, ctx, **arguments) -> SQL expression`."""
    return _made(Expression(allowed=allowed, **common), function, needs)


def value(
    function: Function | None = None, *, needs: Needs = (), allowed: Function | None = None, **common: Any
) -> Any:
    """An object, or a list of objects, that has no table: `(row, ctx, **arguments) -> parts`.

    The parts are a dict from the type's Python field names to SQL expressions, further dicts, functions
    without arguments (called only where the field is selected), `one(...)`, `many(...)`, `each(...)`;
    or one of these themselves; or `null_when(condition, parts)`; or None for null.
    """
    return _made(Value(allowed=allowed, **common), function, needs)


def related(
    function: Function | None = None,
    *,
    on: Function | None = None,
    order_by: Function | None = None,
    sort_by: "Sorting | None" = None,
    order_along: Function | None = None,
    limit: int = 1000,
    expected: int = 10,
    shown: bool = False,
    of: Function | None = None,
    needs: Needs = (),
    allowed: Function | None = None,
    **common: Any,
) -> Any:
    """Rows of the annotated type's model: one, or for a list many.

    `on` (or the decorated function) is `(row, target, ctx, **arguments) -> predicate`. Without it, the
    model's relationship of the same name is followed, else the foreign key `<name>_id`, else the only
    foreign key between the two tables. `order_by` is `(target, ctx) -> expression or tuple`; the default is
    the type's own order. `order_along` is `(row, target, ctx)`, for an order that the row they hang on keeps
    (a table in between that says who comes when). `sort_by` adds Saleor's argument of that name to a list.
    `limit` bounds the rows read, `expected` is what the cost estimate counts with.

    `shown` is for rows that whoever sees this one may see too, whatever their own visibility says: a cart
    still names the product that its seller has taken off the shelf.

    `of` is for unions over several tables: `(**arguments) -> type name` says which of the types it is.
    """
    made = Related(
        order_by=order_by,
        sort_by=sort_by,
        order_along=order_along,
        limit=limit,
        expected=expected,
        shown=shown,
        of=of,
        allowed=allowed,
        **common,
    )
    return _made(made, function or on, needs)


def connection(
    function: Function | None = None,
    *,
    on: Function | None = None,
    filter: "Filter | None" = None,
    where: "Filter | None" = None,
    sort_by: "Sorting | None" = None,
    search: Function | None = None,
    rank: Function | None = None,
    order_by: Function | None = None,
    channel: bool = False,
    maximum: int = 100,
    shown: bool = False,
    of: Function | None = None,
    needs: Needs = (),
    allowed: Function | None = None,
    **common: Any,
) -> Any:
    """Pages of rows: annotate with `CountableConnection[T]`.

    `on` as in `related` (at the root: nothing, for all rows). `filter`, `where`, `sort_by`, `search` and
    `channel` each add Saleor's argument of that name. `search` is `(row, term, ctx) -> predicate`; with
    `rank`, `(row, term, ctx) -> expression`, found rows come best first unless `sortBy` says otherwise.
    `of` is as in `related`; `shown` lists every row, whatever the model's visibility says: for those who
    hold the permission that the field needs.
    """
    made = Connection(
        filter=filter,
        where=where,
        sort_by=sort_by,
        search=search,
        rank=rank,
        order_by=order_by,
        channel=channel,
        maximum=maximum,
        shown=shown,
        of=of,
        allowed=allowed,
        **common,
    )
    return _made(made, function or on, needs)


def itself(*, needs: Needs = (), allowed: Function | None = None, **common: Any) -> Any:
    """The same row, seen as another type over the same model."""
    return _made(Itself(allowed=allowed, **common), None, needs)


def one_of(
    alternatives: Mapping[str, Function],
    *,
    shown: bool = False,
    needs: Needs = (),
    allowed: Function | None = None,
    **common: Any,
) -> Any:
    """A union or interface over several tables: the first alternative that has a row.

    `{"Warehouse": lambda row, warehouse, ctx: warehouse.id == row.warehouse_id, ...}`. `shown` is as in
    `related`.
    """
    return _made(OneOf(alternatives=alternatives, shown=shown, allowed=allowed, **common), None, needs)


def lookup(function: Function | None = None, *, needs: Needs = (), **common: Any) -> Any:
    """A row of the type that the argument `id` names, among those the annotated interface or union allows.

    A function, where there is one, takes `(row, target, ctx)` and gives a further predicate, or None.
    """
    return _made(Lookup(**common), function, needs)


def computed(selects: Function, *, needs: Needs = (), allowed: Function | None = None, **common: Any) -> Any:
    """What SQL can't say: `selects` is `(row, ctx) -> {name: expression}`; decorate a function that takes
    `(values, info, **arguments)`, where `values[name]` is JSON as PostgreSQL wrote it. It may be async.
    """
    return _made(Computed(selects=selects, allowed=allowed, **common), None, needs)


def resolver(function: Function | None = None, *, needs: Needs = (), **common: Any) -> Any:
    """A root field answered by Python: `(info, **arguments) -> value`, sync or async.

    A model's instance (or `Row(key)`) in the answer is read by the reader, with all that is selected below.
    """
    return _made(Resolver(**common), function, needs)
