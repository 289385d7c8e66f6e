"""What an operation may ask for at most, judged before anything is compiled."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from marketplace_graphql.kernel.errors import LimitError


@dataclass(frozen=True)
class Limits:
    """Bounds on one operation. `rows` is the sum over all lists of the rows that they may read."""

    characters: int = 50_000
    tokens: int = 10_000
    depth: int = 20
    fields: int = 1_000
    rows: int = 50_000
    root_mutations: int = 10
    batch: int = 10
    documents_bytes: int = 128_000_000
    """Memory of one process for parsed documents, and below for what is compiled of them."""
    plans_bytes: int = 128_000_000


@dataclass(frozen=True)
class Size:
    fields: int
    depth: int


NOTHING = Size(0, 0)


def check(document: DocumentNode, limits: Limits) -> None:
    """Raises LimitError for a document of which an operation is too large. Fragments count at each use."""
    fragments = {
        part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)
    }
    known: dict[str, Size] = {}
    for part in document.definitions:
        if not isinstance(part, OperationDefinitionNode):
            continue
        size = _size(part.selection_set, fragments, known, ())
        if size.depth > limits.depth:
            raise LimitError(f"The query is {size.depth} levels deep; at most {limits.depth} are allowed.")
        if size.fields > limits.fields:
            raise LimitError(f"The query has {size.fields} fields; at most {limits.fields} are allowed.")
        if part.operation.value == "mutation" and len(part.selection_set.selections) > limits.root_mutations:
            raise LimitError(f"At most {limits.root_mutations} mutations are allowed in one request.")


def _size(
    selections: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    known: dict[str, Size],
    inside: tuple[str, ...],
) -> Size:
    """Fields and depth below a selection. A fragment is measured once, however often it is used."""
    if selections is None:
        return NOTHING
    fields = depth = 0
    for part in selections.selections:
        if isinstance(part, FieldNode):
            below = _size(part.selection_set, fragments, known, inside)
            fields, depth = fields + 1 + below.fields, max(depth, 1 + below.depth)
            continue
        if isinstance(part, FragmentSpreadNode):
            below = _fragment_size(part.name.value, fragments, known, inside)
        else:
            below = _size(part.selection_set, fragments, known, inside)  # type: ignore[attr-defined]
        fields, depth = fields + below.fields, max(depth, below.depth)
    return Size(fields, depth)


def _fragment_size(
    name: str,
    fragments: Mapping[str, FragmentDefinitionNode],
    known: dict[str, Size],
    inside: tuple[str, ...],
) -> Size:
    if name in inside or name not in fragments:
        return NOTHING  # Validation tells the client what is wrong with it.
    if name not in known:
        known[name] = _size(fragments[name].selection_set, fragments, known, (*inside, name))
    return known[name]
