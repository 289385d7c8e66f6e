"""Mutations that a function makes, while only their class says what they are called."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from strawberry import ID

from marketplace_graphql.kernel import fields
from marketplace_graphql.kernel.subjects import Subject, row_by


@dataclass
class NamedLater:
    """Becomes a mutation once its class says what it is called: `declare(name, module)` makes it."""

    declare: Callable[[str, str], Any]

    def __set_name__(self, owner: type[Any], name: str) -> None:
        setattr(owner, name, self.declare(name, owner.__module__))


def called(function: Any, name: str, module: str, doc: str, **annotations: Any) -> Any:
    """A function under a name of a module, with a docstring, and with types of arguments known only now."""
    function.__name__, function.__module__, function.__doc__ = name, module, doc
    function.__annotations__ |= annotations
    return function


def by_its_id(model: type[Any], subject: Subject | None = None) -> Subject:
    """A row of a model by an id that must be given; `subject` says otherwise how it is found."""
    found = subject or row_by(model)
    argument = next(each for each in found.arguments if each.name == "id")
    return replace(found, arguments=(replace(argument, annotation=ID, default=_REQUIRED),))


_REQUIRED = fields.Argument("", None).default
