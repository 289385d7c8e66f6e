"""Root fields that Python answers."""

import inspect
from typing import TYPE_CHECKING, Any

from graphql import GraphQLNonNull, GraphQLObjectType

from marketplace_graphql.kernel.errors import entry, told
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
                run.permit(declaration)
                keywords = python_arguments(
                    run.schema, field, declared.python_names, nodes[0], run.inputs.variables
                )
                made = declaration.function(info, **keywords)  # type: ignore[misc]
                made = await made if inspect.isawaitable(made) else made
                data[key] = await inner.python(made, field.type, nodes, (key,), f"{root.name}.{name}")
            except NullError:
                data[key] = None
            except Exception as error:  # noqa: BLE001 - told to the client, and to the log if it's our fault
                completer.errors.append(entry(told(error, f"Query.{name}"), (key,)))
                data[key] = None
        if data[key] is None and isinstance(field.type, GraphQLNonNull):
            return None
    return data
