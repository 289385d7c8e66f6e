"""What stands around a page's rows: edges, and what is told of the page."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphql import get_named_type
from sqlalchemy import ColumnElement, null

from marketplace_graphql.kernel.reader import rows
from marketplace_graphql.kernel.reader.context import Context
from marketplace_graphql.kernel.reader.slots import Slot
from marketplace_graphql.kernel.reader.sql import json_object, json_text

if TYPE_CHECKING:
    from marketplace_graphql.kernel.reader.pages import Connection


def edge(
    asked: "Connection", key: str, nodes: list[Any], row: Any, ctx: Context, cursor: ColumnElement[Any]
) -> ColumnElement[Any]:
    """The JSON of an edge of a connection: its node, and its cursor."""
    compiler = asked.place.compiler
    edges_type = asked.type.fields["edges"].type
    edge_type = get_named_type(edges_type)
    edge_slot = Slot(key, edges_type, f"{asked.type.name}.edges")
    pairs: list[tuple[str, ColumnElement[Any]]] = []
    for edge_key, edge_nodes in compiler.selection.below(edge_type, nodes).items():
        match edge_nodes[0].name.value:
            case "cursor":
                pairs.append((edge_key, cursor))
            case "__typename":
                pairs.append((edge_key, json_text(edge_type.name)))
            case _:
                slot = Slot(edge_key, edge_type.fields["node"].type, f"{edge_type.name}.node")
                place = asked.place.at((*asked.place.path, key, edge_key), ctx)
                made = rows.as_type(place, asked.node_type, edge_nodes, slot, row, ctx, enter=False)
                if slot.matters:
                    edge_slot.below.append(slot)
                pairs.append((edge_key, made))
    if edge_slot.matters:
        asked.place.slot.below.append(edge_slot)
    return json_object(pairs)


def page_info(
    asked: "Connection", nodes: list[Any], info: Mapping[str, ColumnElement[Any]]
) -> ColumnElement[Any]:
    """The JSON of a page's `pageInfo`."""
    type_ = get_named_type(asked.type.fields["pageInfo"].type)
    pairs = []
    for key, inner in asked.place.compiler.selection.below(type_, nodes).items():
        name = inner[0].name.value
        part = json_text(type_.name) if name == "__typename" else info.get(name, null())
        pairs.append((key, part))
    return json_object(pairs)
