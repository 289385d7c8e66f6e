"""From SQLAlchemy's tree to a statement's text with numbered parameters, and the JSON it is built of.

Only `Parameter`s become `$1`, `$2`...; all other values are the program's own and are written out, so that
the planner sees them. Nothing that a client sends is ever written out: names in a response are GraphQL names
(letters, digits, `_`), page sizes are whole numbers, enums are their members.
"""

from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    FromClause,
    Integer,
    Text,
    cast,
    func,
    literal,
    null,
)
from sqlalchemy.dialects.postgresql import BYTEA, JSON, JSONB
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect

from marketplace_graphql.kernel.reader.parameters import Parameter

MARK = "__reader__"
"""The key of an object that stands in a response for an error, to be replaced by null and an error entry."""
MARK_BYTES = b'"__reader__"'

OBJECT_PAIRS = 40
"""A function takes at most 100 arguments in PostgreSQL; larger objects are joined from parts."""


class ReaderCompiler(PGCompiler):
    """Writes parameters as `$n`, each source once, and everything else as literals."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.numbers: dict[tuple[Any, ...], int] = {}
        self.parameters: list[Parameter] = []
        super().__init__(*args, **kwargs)

    def _enclosing_correlate_froms(
        self, entry: Any, asfrom: bool, lateral: bool
    ) -> tuple[AbstractSet[FromClause], AbstractSet[FromClause]]:
        """Let a declaration's own sub-select mean any row around it, however far out.

        SQLAlchemy looks one level up only, and would take a row from further out into the sub-select's own
        FROM: a condition on one row would become one on the whole table. A row has one alias in a
        statement, so whatever is found outside is meant.
        """
        explicit, implicit = super()._enclosing_correlate_froms(entry, asfrom, lateral)
        return explicit, implicit if asfrom and not lateral else explicit

    def visit_reader_parameter(self, parameter: Parameter, **_: Any) -> str:
        type_name = self.dialect.type_compiler_instance.process(parameter.type)
        key = (*parameter.source_key, type_name)
        number = self.numbers.get(key)
        if number is None:
            self.parameters.append(parameter)
            number = self.numbers[key] = len(self.parameters)
        return f"CAST(${number} AS {type_name})"

    def visit_bindparam(self, bindparam: Any, **kwargs: Any) -> str:  # type: ignore[override]
        kwargs["literal_binds"] = True
        return str(super().visit_bindparam(bindparam, **kwargs))  # type: ignore[no-untyped-call]


class ReaderDialect(PGDialect):
    statement_compiler = ReaderCompiler
    supports_statement_cache = False

    def __init__(self) -> None:
        super().__init__(paramstyle="named")  # type: ignore[no-untyped-call]
        self._backslash_escapes = False  # standard_conforming_strings is on


DIALECT = ReaderDialect()


def statement_text(statement: ClauseElement) -> tuple[str, list[Parameter]]:
    """The statement's text, and its parameters in the order of their numbers."""
    compiled = statement.compile(dialect=DIALECT)
    if not isinstance(compiled, ReaderCompiler):
        raise TypeError(f"{type(compiled)} compiled a statement of the reader")
    return str(compiled), compiled.parameters


def json_object(pairs: list[tuple[str, ColumnElement[Any]]]) -> ColumnElement[Any]:
    """A JSON object with its keys in the given order."""
    if len(pairs) <= OBJECT_PAIRS:
        arguments = [part for key, expression in pairs for part in (literal(key, Text()), expression)]
        return func.json_build_object(*arguments, type_=JSON)
    texts: ColumnElement[Any] | None = None
    for start in range(0, len(pairs), OBJECT_PAIRS):
        part = cast(json_object(pairs[start : start + OBJECT_PAIRS]), Text)
        inner = func.substr(part, 2, func.length(part) - 2)
        texts = inner if texts is None else texts.concat(literal(", ", Text())).concat(inner)
    whole = literal("{", Text()).concat(texts).concat(literal("}", Text()))
    return cast(whole, JSON)


def json_text(value: str | None) -> ColumnElement[Any]:
    """A text known when the statement is compiled."""
    return null() if value is None else literal(value, Text())


def mark(kind: str) -> ColumnElement[Any]:
    return cast(literal(f'{{"{MARK}": "{kind}"}}', Text()), JSON)


def as_json(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    """For where an expression meets others of type JSON, as in CASE or COALESCE."""
    if isinstance(expression.type, JSON) and not isinstance(expression.type, JSONB):
        return expression
    return func.to_json(expression, type_=JSON)


def json_list(item: ColumnElement[Any]) -> ColumnElement[Any]:
    """All rows' items as a list, empty where there are none."""
    return func.coalesce(func.json_agg(item, type_=JSON), cast(literal("[]", Text()), JSON), type_=JSON)


def global_id(type_name: str, key: ColumnElement[Any]) -> ColumnElement[Any]:
    """Base64 of `Type:key`, without the line breaks that PostgreSQL puts after 76 letters."""
    # The cast reads backslashes as escapes; neither names nor keys have any.
    whole = literal(f"{type_name}:", Text()).concat(cast(key, Text))
    encoded = func.encode(cast(whole, BYTEA), "base64", type_=Text)
    if isinstance(key.type, Integer):
        return encoded
    return func.translate(encoded, "\n", "", type_=Text)


def same_text(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    """An expression's text, for cursors: what PostgreSQL writes it can read again."""
    return cast(expression, Text)
