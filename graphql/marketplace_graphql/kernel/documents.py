"""Documents: parsed, judged and validated once, then remembered with the statements compiled for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputType,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_operation_ast,
    get_variable_values,
    parse,
    type_from_ast,
    validate,
    visit,
)

from marketplace_graphql.kernel.keeping import Kept
from marketplace_graphql.kernel.limits import Limits, check
from marketplace_graphql.kernel.reader.arguments import Shape, shape_of
from marketplace_graphql.kernel.schema import ApiSchema

ABSENT = object()

BYTES_PER_CHARACTER = 150
"""What a parsed document takes in memory, roughly, for each character of its text."""


class InvalidDocumentError(Exception):
    """The document or its variables are wrong: nothing of it is executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of a document. Two are never equal, so that one can be part of a key."""

    schema: ApiSchema
    document: DocumentNode
    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    shapes: Mapping[str, Shape]

    def coerced(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The variables as the schema types them. Raises InvalidDocumentError."""
        definitions = self.node.variable_definitions
        if not definitions:
            return {}
        result = get_variable_values(self.schema.graphql, definitions, dict(variables), max_errors=5)
        if isinstance(result, list):
            raise InvalidDocumentError(result)
        return result.coerced

    def shape(self, variables: Mapping[str, Any]) -> tuple[object, ...]:
        """What the statements depend on in the variables."""
        return tuple(
            [shape(variables[name]) if name in variables else ABSENT for name, shape in self.shapes.items()]
        )


class Documents:
    """Operations by their document's text and their name."""

    def __init__(self, schema: ApiSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._kept: Kept[Operation] = Kept(limits.documents_bytes)

    def operation(self, source: str, name: str | None) -> Operation:
        """The operation to execute. Raises InvalidDocumentError or LimitError."""
        found = self._kept.get((source, name))
        if found is None:
            found = self._prepared(source, name)
            self._kept.put((source, name), found, BYTES_PER_CHARACTER * len(source))
        return found

    def _prepared(self, source: str, name: str | None) -> Operation:
        if len(source) > self._limits.characters:
            raise InvalidDocumentError([GraphQLError("The document is too long.")])
        try:
            document = parse(source, max_tokens=self._limits.tokens)
        except GraphQLError as error:
            raise InvalidDocumentError([error]) from None
        check(document, self._limits)
        errors = validate(self._schema.graphql, document, max_errors=5)
        if errors:
            raise InvalidDocumentError(errors)
        node = get_operation_ast(document, name)
        if node is None:
            message = f"Unknown operation named '{name}'." if name else "Must provide an operation name."
            raise InvalidDocumentError([GraphQLError(message)])
        fragments = {
            part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)
        }
        return Operation(self._schema, document, node, fragments, self._shapes(document, node))

    def _shapes(self, document: DocumentNode, node: OperationDefinitionNode) -> dict[str, Shape]:
        extras = _special_variables(self._schema, document)
        shapes: dict[str, Shape] = {}
        for definition in node.variable_definitions or ():
            name = definition.variable.name.value
            type_: GraphQLInputType = type_from_ast(self._schema.graphql, definition.type)  # type: ignore[assignment]
            shapes[name] = shape_of(type_, extras.get(name, ""))
        return shapes


def _special_variables(schema: ApiSchema, document: DocumentNode) -> dict[str, str]:
    """Variables of which the statement depends on more than their being there: {name: how}."""
    found: dict[str, str] = {}
    info = TypeInfo(schema.graphql)

    class Finder(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
            if not isinstance(node.value, VariableNode):
                return
            parent, field_node = info.get_parent_type(), info.get_field_def()
            if parent is None or field_node is None:
                return
            for name, candidate in getattr(parent, "fields", {}).items():
                if candidate is field_node:
                    declared = schema.declared.get(parent.name, {}).get(name)
                    argument = declared.arguments.get(node.name.value) if declared else None
                    if argument is not None and argument.shape:
                        found[node.value.name.value] = argument.shape

    visit(document, TypeInfoVisitor(info, Finder()))
    return found
