"""Places of a response that need more than SQL: computed values, refusals, and nulls where none may be.

A statement's JSON goes out as it came unless it has such places. They form a tree along the response, and
only their branches are walked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import FieldNode, GraphQLField, GraphQLOutputType

from marketplace_graphql.kernel.errors import QueryError
from marketplace_graphql.kernel.fields import Computed


@dataclass(frozen=True)
class Calculation:
    """A computed field: what calling its function takes, and what is selected below."""

    declaration: Computed
    field: GraphQLField
    argument_names: Mapping[str, str]
    nodes: list[FieldNode]


@dataclass
class Slot:
    """One place, by its response key. `where` is "Type.field", for messages."""

    key: str
    type: GraphQLOutputType
    where: str
    refused: QueryError | None = None
    marked: QueryError | None = None
    """What a mark in the response stands for: a row rule that does not hold."""
    calculation: Calculation | None = None
    never_null: bool = False
    """A mark may stand here for a null that the schema does not allow."""
    below: list["Slot"] = field(default_factory=list)
    by_type: dict[str, list["Slot"]] = field(default_factory=dict)
    """For a union or interface: the slots below, by the type that the JSON says (under the reader's mark)."""

    @property
    def matters(self) -> bool:
        """Whether anything here or below might need more than SQL."""
        return bool(
            self.refused or self.marked or self.calculation or self.never_null or self.below or self.by_type
        )

    @property
    def must_be_walked(self) -> bool:
        """Whether the response must be parsed even if no mark is found in it."""
        return (
            self.refused is not None
            or self.calculation is not None
            or any(slot.must_be_walked for slot in self.below)
            or any(slot.must_be_walked for slots in self.by_type.values() for slot in slots)
        )
