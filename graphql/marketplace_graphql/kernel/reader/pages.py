"""Connections: one page of a list, with Saleor's cursors.

The page's rows are found in an inner query that an index can serve (conditions on the sort keys,
LIMIT n + 1); the JSON of their nodes is built only for the rows of the page. The number of all rows is
counted, without any of that, only where it is selected.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, get_named_type
from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    inspect,
    literal,
    orm,
    select,
)
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

from marketplace_graphql.kernel.errors import QueryError
from marketplace_graphql.kernel.filters import BEST_MATCH, in_channel_of
from marketplace_graphql.kernel.pagination import OrderDirection
from marketplace_graphql.kernel.parts import InTurn
from marketplace_graphql.kernel.reader import counting, cursors, edges, rows, turns, walks
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.context import Context, Scope, Walk
from marketplace_graphql.kernel.reader.keys import Key, key_of, ordered_by
from marketplace_graphql.kernel.reader.parameters import Parameter
from marketplace_graphql.kernel.reader.sql import as_json, json_object, json_text, mark
from marketplace_graphql.kernel.registry import DeclarationError, Rows, registry

if TYPE_CHECKING:
    from marketplace_graphql.kernel import fields
    from marketplace_graphql.kernel.reader.place import Place

PAGE_ARGUMENTS = ("before", "after", "first", "last")


def connection(place: "Place", declaration: "fields.Connection") -> ColumnElement[Any]:
    """The JSON of a connection; a mark in its place where something that it demands does not hold."""
    asked = Connection(place, declaration)
    made = asked.json()
    if not asked.ctx.demands:
        return made
    conditions = [condition for condition, _ in asked.ctx.demands]
    place.slot.marked = QueryError(asked.ctx.demands[0][1])
    return case((and_(*conditions), as_json(made)), else_=mark("denied"))


class Connection:
    def __init__(self, place: "Place", declaration: "fields.Connection") -> None:
        self.place = place
        self.declaration = declaration
        self.given = place.keywords
        self.ctx: Context = place.ctx
        selection = place.compiler.selection
        type_ = get_named_type(place.field.type)
        if not isinstance(type_, GraphQLObjectType):
            raise DeclarationError(f"{place.where} is annotated with no connection")
        self.type = type_
        self.selected = selection.below(type_, place.nodes)
        self.names = {nodes[0].name.value for nodes in self.selected.values()}
        self.node_type = rows.type_at(place, _node_type(type_), declaration.of)
        self.rows: Rows = rows.rows_at(place, self.node_type)
        self.first, self.last = self._sizes()
        self.size = self.first or self.last
        self.ctx = replace(self.ctx.counting(self.size or 1), demands=[])
        self.cursor = self._cursor()
        self.descending = self._descending()
        self.in_turn = False

    def json(self) -> ColumnElement[Any]:
        if self.size and self.names & {"edges", "pageInfo"}:
            return self._page()
        pairs = [(key, self._without_page(key, nodes)) for key, nodes in self.selected.items()]
        return json_object(pairs)

    def _without_page(self, key: str, nodes: list[Any]) -> ColumnElement[Any]:
        match nodes[0].name.value:
            case "totalCount":
                return self._total()
            case "__typename":
                return json_text(self.type.name)
            case "pageInfo":
                nothing = {"hasNextPage": False, "hasPreviousPage": False}
                return edges.page_info(self, nodes, {name: literal(value) for name, value in nothing.items()})
        raise DeclarationError(f"{self.place.where}: {key} is no part of a connection")

    # What was asked

    def _sizes(self) -> tuple[int | None, int | None]:
        """`first` and `last`. Raises QueryError as Saleor refuses them."""
        known = self.place.compiler.known
        first, last = known(self.given["first"]), known(self.given["last"])
        for name, size in (("first", first), ("last", last)):
            if size is not None and size < 0:
                raise QueryError(f"Argument `{name}` must be a non-negative integer.")
            if size is not None and size > self.declaration.maximum:
                raise QueryError(
                    f"Requesting {size} records on the `{self.place.name}` connection exceeds the "
                    f"`{name}` limit of {self.declaration.maximum} records."
                )
        if "edges" in self.names and not (first or last):
            raise QueryError(
                "You must provide a `first` or `last` value to properly paginate "
                f"the `{self.place.name}` connection."
            )
        if first and last:
            raise QueryError("Argument `last` cannot be combined with `first`.")
        return first or None, last or None

    def _cursor(self) -> Parameter | None:
        """Where the page begins or ends; an empty cursor is none, as in Saleor."""
        known = self.place.compiler.known
        after, before = self.given["after"], self.given["before"]
        after, before = (each if known(each) else None for each in (after, before))
        if self.first and before is not None:
            raise QueryError("Argument `first` cannot be combined with `before`.")
        if self.last and after is not None:
            raise QueryError("Argument `last` cannot be combined with `after`.")
        cursor: Parameter | None = after if after is not None else before
        return cursor

    def _descending(self) -> bool:
        given = self.given.get("sort_by")
        return given is not None and given.direction is OrderDirection.DESC

    # The list

    def _keys(self, row: Any, expressions: Any) -> list[Key]:
        """The sort keys on a row. The primary key last."""
        given = list(expressions) if isinstance(expressions, tuple | list) else [expressions]
        keys = [key_of(part, downwards=self.descending) for part in given]
        own_key = rows.primary_key(row)
        if keys and keys[-1].never_null and counting.names_row(keys[-1].expression, own_key):
            return keys
        # The primary key goes the way of the others, so that one index serves them together.
        descending = bool(keys) and all(key.descending for key in keys)
        return [*keys, Key(own_key, never_null=True, descending=descending)]

    def _order(self, row: Any) -> Any:
        """What a row is sorted by: as asked, else best match first, else the declared order."""
        sorting, given = self.declaration.sort_by, self.given.get("sort_by")
        if sorting is not None and given is not None:
            ctx = replace(in_channel_of(given, self.ctx), searching=self._by_words())
            other = None if sorting.otherwise is None else sorting.otherwise(row, given, ctx)
            if other is not None:
                return other
            key = sorting.keys[given.field] if given.field is not None else None
            if key is BEST_MATCH:
                return self._best_match(row)
            if key is not None:
                return key(row, ctx)
        term, rank = self.given.get("search"), self.declaration.rank
        if rank is not None and term is not None:
            # Best first, though all keys go the same way: a cursor compares them all at once.
            return -rank(row, term, self.ctx)
        if self.declaration.order_by is not None:
            return self.declaration.order_by(row, self.ctx)
        return rows.default_order(self.rows, row, self.ctx)

    def _best_match(self, row: Any) -> Any:
        term, rank, filtered = self.given.get("search"), self.declaration.rank, self.given.get("filter")
        if term is None and filtered is not None:
            term = filtered.search  # What an input doesn't have reads as None.
        if rank is None or term is None:
            raise QueryError("Sorting by RANK is available only when using a search.")
        return rank(row, term, self.ctx)

    def _by_words(self) -> bool:
        filtered = self.given.get("filter")
        return self.given.get("search") is not None or (filtered is not None and filtered.given("search"))

    def _conditions(self, row: Any, ctx: Context) -> list[ColumnElement[bool]]:
        """Which rows the list has: its place, what was asked for, and what the requester may see."""
        declaration, given = self.declaration, self.given
        filtered, where = given.get("filter"), given.get("where")
        ctx = replace(ctx, searching=self._by_words())
        if filtered is not None and where is not None:
            raise QueryError("Only one filtering argument (filter or where) can be specified.")
        conditions: list[ColumnElement[bool] | None] = []
        for rule, value in ((declaration.filter, filtered), (declaration.where, where)):
            if rule is not None and value is not None:
                conditions.append(rule.predicate(row, value, ctx))
        if declaration.search is not None and given.get("search") is not None:
            conditions.append(declaration.search(row, given["search"], ctx))
        # The list's own come last: what was asked for is fulfilled by fewer.
        own = self._own_conditions(row, ctx)
        return [*[condition for condition in conditions if condition is not None], *own]

    def _own_conditions(self, row: Any, ctx: Context) -> list[ColumnElement[bool]]:
        """Which rows the list has whatever is asked for: its place, and what the requester may see."""
        declaration = self.declaration
        conditions: list[ColumnElement[bool] | None] = []
        if not declaration.shown:
            conditions.append(registry.visible(self.rows.model, row, ctx))
        if declaration.function is not None:
            own = {name: value for name, value in self.given.items() if name in declaration.own}
            conditions.append(declaration.function(self.place.row, row, ctx, **own))
        elif self.place.row is not None:
            conditions.append(rows.foreign_keys(self.place, row))
        return [condition for condition in conditions if condition is not None]

    def _total(self) -> ColumnElement[Any]:
        row = aliased(self.rows.model)
        scope = self.ctx.scope(row)
        conditions = self._conditions(row, replace(self.ctx, whole=True))
        source, conditions = counting.least_source(scope, conditions)
        counted = select(func.count()).select_from(source).where(*conditions)
        return counted.correlate_except(*scope.parts).scalar_subquery()

    def _page(self) -> ColumnElement[Any]:
        base = aliased(self.rows.model)
        scope = self.ctx.scope(base)
        scope.paged = True
        conditions = self._conditions(base, self.ctx)
        order = self._order(base)
        if isinstance(order, InTurn):
            return self._in_turn(base, scope, conditions, order)
        keys = self._keys(base, order)
        found = self._found(self._matching(scope, conditions, keys), scope, keys)
        return self._numbered(found, keys, downwards=self._downwards)

    @property
    def _downwards(self) -> bool:
        """Whether the list is read downwards: `last` reads it from its end."""
        return self.descending is not (self.last is not None)

    @property
    def _limit(self) -> int:
        return (self.size or 0) + 1

    def _matching(self, scope: Scope, conditions: list[ColumnElement[bool]], keys: list[Key]) -> Select[Any]:
        """The next rows of a list that fulfil conditions."""
        if self.cursor is not None:
            conditions = [*conditions, cursors.beyond(keys, self.cursor, downwards=self._downwards)]
        columns = [column.label(column.key) for column in _columns(scope.row)]
        sort_columns = [key.expression.label(f"sort_{index}") for index, key in enumerate(keys)]
        if self._counts_along():
            sort_columns.append(func.count().over().label("total"))
        return (
            select(*columns, *sort_columns)
            .select_from(scope.source)
            .where(*conditions)
            .order_by(*[key.ordered(key.expression, downwards=self._downwards) for key in keys])
            .limit(self._limit)
            .correlate_except(*scope.parts)
        )

    def _in_turn(
        self, base: Any, scope: Scope, conditions: list[ColumnElement[bool]], order: InTurn
    ) -> ColumnElement[Any]:
        """The page of lists that are read one after the other."""
        self.in_turn = True
        lists = turns.Turns(order, descending=self.descending, backwards=self.last is not None)
        columns = [column.label(column.key) for column in _columns(base)]
        matching = select(*columns).where(*conditions).correlate_except(*scope.parts)
        found = lists.found(matching, scope, self.cursor, self._limit)
        return self._numbered(found, lists.keys, downwards=lists.downwards)

    def _numbered(self, found: Any, keys: list[Key], *, downwards: bool) -> ColumnElement[Any]:
        order = ordered_by(found, keys, downwards=downwards)
        place_in_page = func.row_number().over(order_by=order)
        page = select(*found.c, place_in_page.label("place")).correlate_except(found).subquery()
        return self._assembled(page, keys)

    def _found(self, matching: Select[Any], scope: Scope, keys: list[Key]) -> Subquery:
        """The page's rows: among a few that are known by key, or else along the list."""

        def ordered(found: Any) -> list[ColumnElement[Any]]:
            return ordered_by(found, keys, downwards=self._downwards)

        walk = self._walk(scope, keys)

        def along(rows_: Select[Any]) -> Select[Any]:
            return rows_ if walk is None else walks.merged(rows_, walk, ordered, self._limit)

        ranges, few = walks.ranges(scope.few, keys)
        matching = matching.where(*ranges, *walks.bounds(few, keys))
        if not few:
            return along(matching).subquery()
        if self._ranked():  # What words find is read to its end anyway.
            asked = [each.holds if each.by_index is None else each.by_index for each in few]
            return matching.where(*asked).subquery()
        ways = walks.Ways.of(few)
        looks = [each.looks for each in few if each.looks is not None]
        is_root = self.place.row is None
        stretch = self._stretch(min(looks)) if looks and walk is None and is_root else None
        found = ways.found(matching, rows.primary_key(scope.row), along, stretch)
        page = select(*found.c).order_by(*ordered(found)).limit(self._limit)
        return page.add_cte(*ways.parts, nest_here=True).subquery()

    def _stretch(self, looks: int) -> walks.Stretch:
        """The list's next rows, whatever is asked of them."""
        scope = self.ctx.scope(aliased(self.rows.model))
        keys = self._keys(scope.row, self._order(scope.row))
        along = self._matching(scope, self._own_conditions(scope.row, replace(self.ctx, whole=True)), keys)
        near = self.ctx.scope(orm.aliased(self.rows.model, along.limit(looks).subquery()))
        near_keys = self._keys(near.row, self._order(near.row))
        return walks.Stretch(
            near=self._matching(near, self._conditions(near.row, self.ctx), near_keys),
            goes_on=along.offset(looks).limit(1).exists(),
            everywhere=self._everywhere,
            limit=self._limit,
        )

    def _everywhere(self, more: Sequence[ColumnElement[bool]]) -> Select[Any]:
        """The page as it is found among all rows that fulfil the conditions, and some more."""
        scope, other = self.ctx.scope(aliased(self.rows.model)), aliased(self.rows.model)
        conditions = [*self._conditions(scope.row, replace(self.ctx, whole=True, many=True)), *more]
        keys = self._keys(scope.row, self._order(scope.row))
        # Keys only, of which many are sorted. The offset keeps PostgreSQL from walking after all.
        all_ = self._matching(scope, conditions, keys).order_by(None).limit(None).offset(0)
        key = rows.primary_key(scope.row).label("key")
        sorted_by = [each.expression.label(f"sort_{index}") for index, each in enumerate(keys)]
        found = all_.with_only_columns(key, *sorted_by).subquery()
        order = ordered_by(found, keys, downwards=self._downwards)
        first = select(*found.c).order_by(*order).limit(self._limit).subquery()
        columns = [column.label(column.key) for column in _columns(other)]
        read = select(*columns, *[first.c[each.name] for each in sorted_by])
        return read.select_from(first).join(other, rows.primary_key(other) == first.c.key)

    def _ranked(self) -> bool:
        """Whether the list is sorted by how well its rows fit the words of a search."""
        sorting, given = self.declaration.sort_by, self.given.get("sort_by")
        if self.declaration.rank is None or self.given.get("search") is None:
            return False
        if sorting is None or given is None or self.in_turn:
            return not self.in_turn
        return given.field is None or sorting.keys[given.field] in (None, BEST_MATCH)

    def _counts_along(self) -> bool:
        """Whether the page counts the list: what a search finds is read to its end anyway, to rank it."""
        return self._ranked() and self.cursor is None and "totalCount" in self.names

    def _walk(self, scope: Scope, keys: list[Key]) -> Walk | None:
        """The way along an index that serves the order asked for, where the list has one."""
        if self._ranked():
            return None  # Found by an index of its own; each walk would look there again.
        wanted = keys[0].expression
        fitting = [walk for walk in scope.walks if counting.same(walk.sorted_by, wanted)]
        return fitting[0] if len(fitting) == 1 else None

    def _assembled(self, page: Any, keys: list[Key]) -> ColumnElement[Any]:
        row = orm.aliased(self.rows.model, page)
        scope = self.ctx.scope(row)
        ctx = rows.entered(self.ctx, self.rows, row)
        order = [page.c[f"sort_{index}"] for index in range(len(keys))]
        in_order = [
            key.ordered(column, downwards=self.descending) for key, column in zip(keys, order, strict=True)
        ]
        inside = page.c.place <= (self.size or 0)
        cursor = cursors.encoded(order)
        listed = func.array_agg(aggregate_order_by(cursor, *in_order)).filter(inside)
        more = func.count() > (self.size or 0)
        other = literal(self.cursor is not None)
        info = {
            "hasNextPage": more if self.first else other,
            "hasPreviousPage": other if self.first else more,
            "startCursor": func.to_json(listed, type_=JSON)[0],
            "endCursor": func.to_json(listed, type_=JSON)[-1],
        }
        pairs: list[tuple[str, ColumnElement[Any]]] = []
        for key, nodes in self.selected.items():
            match nodes[0].name.value:
                case "edges":
                    edge = edges.edge(self, key, nodes, row, ctx, cursor)
                    listed_edges = func.json_agg(aggregate_order_by(edge, *in_order)).filter(inside)
                    pairs.append((key, func.coalesce(listed_edges, cast(literal("[]", Text()), JSON))))
                case "pageInfo":
                    pairs.append((key, edges.page_info(self, nodes, info)))
                case "totalCount" if self._counts_along():
                    pairs.append((key, func.coalesce(func.max(page.c.total), 0)))
                case _:
                    pairs.append((key, self._without_page(key, nodes)))
        statement = select(json_object(pairs)).select_from(scope.source)
        return statement.correlate_except(*scope.parts).scalar_subquery()


def _node_type(connection_type: GraphQLObjectType) -> Any:
    edge_type = get_named_type(connection_type.fields["edges"].type)
    return edge_type.fields["node"].type


def _columns(base: Any) -> list[Any]:
    """All mapped columns of a row; the planner drops those that nothing needs."""
    mapper = inspect(base).mapper
    return [getattr(base, attribute.key) for attribute in mapper.column_attrs]
