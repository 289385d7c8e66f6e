"""Root fields that Python answers."""

import inspect
from typing import TYPE_CHECKING, Any

from graphql import GraphQLNonNull, GraphQLObjectType

from marketplace.kit.errors import DomainError, PermissionDeniedError
from marketplace_graphql.kernel.errors import QueryError, denied, entry
from marketplace_graphql.kernel.inputs import python_arguments
from marketplace_graphql.kernel.reader.completion import Completer, NullError
from marketplace_graphql.kernel.selection import Fields

if TYPE_CHECKING:
    from marketplace_graphql.kernel.execution import Run


async def resolve(
    run: "Run", root: GraphQLObjectType, selected: Fields, completer: Completer
) -> dict[str, Any] | None:
    """The answers by response key, each from its own transaction; None where a null has taken all."""
    data: dict[str, Any] = {}
    for key, nodes in selected.items():
        name = nodes[0].name.value
        field = root.fields[name]
        declared = run.schema.declared[root.name][name]
        declaration = declared.declaration
        async with run.api.database.transaction() as session:
            info = run.info(session)
            inner = run.completer(run.fetch_in(session), session)
            inner.errors = completer.errors
            try:
                if declaration.needs and not run.inputs.requester.has_any(declaration.needs):
                    raise denied(declaration.needs)
                keywords = python_arguments(
                    run.schema, field, declared.python_names, nodes[0], run.inputs.variables
                )
                made = declaration.function(info, **keywords)  # type: ignore[misc]
                made = await made if inspect.isawaitable(made) else made
                data[key] = await inner.python(made, field.type, nodes, (key,), f"{root.name}.{name}")
            except (QueryError, DomainError, PermissionDeniedError) as error:
                completer.errors.append(entry(as_query_error(error), (key,)))
                data[key] = None
            except NullError:
                data[key] = None
        if data[key] is None and isinstance(field.type, GraphQLNonNull):
            return None
    return data


def as_query_error(error: Exception) -> QueryError:
    """What Python raised, as an entry of `errors` tells it."""
    if isinstance(error, QueryError):
        return error
    if isinstance(error, PermissionDeniedError):
        return denied(error.needed)
    return QueryError(str(error))
