"""Which fields an operation selects of an object: fragments opened, directives obeyed, same keys merged."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

Fields = dict[str, list[FieldNode]]
"""Response key -> the nodes that select it (more than one where fragments overlap)."""


class Selection:
    """The rules of selecting, for one operation and one set of variables."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def of(self, object_type: GraphQLObjectType, sets: Iterable[SelectionSetNode | None]) -> Fields:
        """The fields selected of an object of the given type, in the order of the response."""
        found: Fields = {}
        seen: set[str] = set()
        for each in sets:
            if each is not None:
                self._collect(object_type, each, found, seen)
        return found

    def below(self, object_type: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Fields:
        """The fields selected below some nodes of one field."""
        return self.of(object_type, (node.selection_set for node in nodes))

    def _collect(
        self, object_type: GraphQLObjectType, selections: SelectionSetNode, found: Fields, seen: set[str]
    ) -> None:
        for part in selections.selections:
            if part.directives and not self._included(part.directives):
                continue
            if isinstance(part, FieldNode):
                key = part.alias.value if part.alias else part.name.value
                found.setdefault(key, []).append(part)
            elif isinstance(part, InlineFragmentNode):
                condition = part.type_condition
                if condition is None or self._applies(condition.name.value, object_type):
                    self._collect(object_type, part.selection_set, found, seen)
            elif isinstance(part, FragmentSpreadNode) and part.name.value not in seen:
                seen.add(part.name.value)
                fragment = self._fragments[part.name.value]
                if self._applies(fragment.type_condition.name.value, object_type):
                    self._collect(object_type, fragment.selection_set, found, seen)

    def _applies(self, type_name: str, object_type: GraphQLObjectType) -> bool:
        if type_name == object_type.name:
            return True
        condition = self._schema.type_map.get(type_name)
        return is_abstract_type(condition) and self._schema.is_sub_type(condition, object_type)

    def _included(self, directives: Iterable[DirectiveNode]) -> bool:
        for directive in directives:
            if directive.name.value not in ("skip", "include"):
                continue
            (argument,) = [given.value for given in directive.arguments or ()]
            if isinstance(argument, VariableNode):
                holds = self._variables[argument.name.value]
            else:
                holds = isinstance(argument, BooleanValueNode) and argument.value
            if holds is (directive.name.value == "skip"):
                return False
        return True
