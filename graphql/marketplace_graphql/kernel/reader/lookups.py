"""Fields that answer with whatever a global id names."""

from typing import TYPE_CHECKING, Any

from graphql import get_named_type, is_abstract_type
from sqlalchemy import ColumnElement, and_, null

from marketplace_graphql.kernel.reader import rows
from marketplace_graphql.kernel.reader.parameters import Parameter, type_named_by

if TYPE_CHECKING:
    from marketplace_graphql.kernel import fields
    from marketplace_graphql.kernel.reader.place import Place


def lookup(place: "Place", declaration: "fields.Lookup") -> ColumnElement[Any]:
    """The row that the argument `id` names. The id's type is part of the statement's shape."""
    keywords = place.keywords
    given: Parameter = keywords["id"]
    type_name = type_named_by(place.compiler.known(given))
    schema = place.compiler.schema
    named = get_named_type(place.field.type)
    object_type = schema.graphql.type_map.get(type_name or "")
    fits = object_type is named or (
        is_abstract_type(named) and object_type is not None and schema.graphql.is_sub_type(named, object_type)
    )
    if type_name is None or not fits or type_name not in schema.rows:
        return null()
    function = declaration.function

    def on(target: Any) -> ColumnElement[bool]:
        same = rows.primary_key(target) == place.ctx.key(given, type_name)
        further = None if function is None else function(place.row, target, place.ctx)
        return same if further is None else and_(same, further)

    return rows.as_alternative(place, type_name, on)
