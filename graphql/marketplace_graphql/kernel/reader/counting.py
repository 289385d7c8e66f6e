"""How many rows a list has, counted from as few tables as the conditions speak of."""

from typing import Any

from sqlalchemy import ColumnElement, inspect
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList
from sqlalchemy.sql.functions import FunctionElement

from marketplace_graphql.kernel.reader.context import Scope
from marketplace_graphql.kernel.reader.rows import primary_key

Conditions = list[ColumnElement[bool]]


def least_source(scope: Scope, conditions: Conditions) -> tuple[Any, Conditions]:
    """What to count, and under which conditions.

    PostgreSQL reads a table that it joins even if nothing is asked of it. Where all conditions speak of one
    joined row only (a listing in a channel), and each of these belongs to exactly one row of the list, the
    joined rows are counted in its place.
    """
    if len(scope.joins) != 1:
        return scope.source, conditions
    ((key, other),) = scope.joins.items()
    row_table, other_table = inspect(scope.row).selectable, inspect(other).selectable
    on_parts = _parts(scope.on_clauses[key])
    links = [part for part in on_parts if _links(part, primary_key(scope.row), other_table)]
    rest = [part for part in on_parts if part not in links]
    everything = [*conditions, *rest]
    if len(links) != 1 or any(_speaks_of(part, row_table) for part in everything):
        return scope.source, conditions
    if not any(_is_column_of(part, other_table) for each in conditions for part in _parts(each)):
        return scope.source, conditions  # Rows without a joined one might count too.
    return other, everything


def _parts(condition: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """What a condition demands together."""
    condition = getattr(condition, "expression", condition)
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        return [part for each in condition.clauses for part in _parts(each)]
    return [condition]


def _links(part: ColumnElement[bool], key: Any, other_table: Any) -> bool:
    """Whether it is `other.key_id = row.key`, the foreign key being one that is always set."""
    if not isinstance(part, BinaryExpression) or part.operator is not operators.eq:
        return False
    key_column = key.expression
    for mine, others in ((part.left, part.right), (part.right, part.left)):
        if same_column(mine, key_column) and _is_column_of(others, other_table):
            return names_row(others, key) and not _base(others).nullable
    return False


def names_row(expression: Any, key: Any) -> bool:
    """Whether an expression is a column of another table that names rows by this primary key."""
    expression, key = (getattr(each, "expression", each) for each in (expression, key))
    if getattr(expression, "table", None) is None:
        return False
    return any(foreign.column is _base(key) for foreign in _base(expression).foreign_keys)


def same(one: Any, other: Any) -> bool:
    """Whether two expressions say the same of one row."""
    one, other = (getattr(each, "expression", each) for each in (one, other))
    if isinstance(one, FunctionElement) and type(one) is type(other):
        pairs = zip(one.clauses, other.clauses, strict=False)
        alike = one.name == other.name and len(one.clauses) == len(other.clauses)
        return alike and all(same(*pair) for pair in pairs)
    if getattr(one, "is_literal", False) and getattr(other, "is_literal", False):
        return bool(one.name == other.name)
    # Not `compare`: it fails where two aliases of one table stand deeper in an expression.
    return one is other or same_column(one, other)


def same_column(one: Any, other: Any) -> bool:
    """Whether two expressions are one column of one alias."""
    one, other = (getattr(each, "expression", each) for each in (one, other))
    if getattr(other, "table", None) is None:
        return False
    return getattr(one, "table", None) is not None and _base(one) is _base(other) and one.table == other.table


def _base(column: Any) -> Any:
    """The table's own column behind an alias's."""
    (base,) = column.base_columns
    return base


def _speaks_of(part: ColumnElement[Any], table: Any) -> bool:
    return any(_is_column_of(element, table) for element in visitors.iterate(part))


def _is_column_of(element: Any, table: Any) -> bool:
    element = getattr(element, "expression", element)
    return getattr(element, "table", None) is not None and element.table == table
