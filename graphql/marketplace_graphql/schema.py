"""Joins the rooms' parts into one schema.

Every module of every room is imported, so that types may name each other. `<room>/queries.py` has one class
that ends with `Queries`, `<room>/mutations.py` one that ends with `Mutations`, and types that nothing else
names (those that are only reached through an interface) stand in a tuple `TYPES` of `<room>/queries.py`.

`python -m marketplace_graphql.schema` prints the schema in GraphQL's own language.
"""

import gc
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import marketplace_graphql
from marketplace.markets.models import Channel
from marketplace_graphql.kernel import ApiSchema, ChannelSource, object_type


@cache
def api_schema() -> ApiSchema:
    """The schema of this program, made once."""
    with _uncollected():
        return _made()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which would search a million objects that stay for good over and over:
    a third of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _made() -> ApiSchema:
    _import_rooms()
    queries = _parts("queries")
    mutations = _parts("mutations")
    types = [type_ for part in queries for type_ in getattr(sys.modules[part.__module__], "TYPES", ())]
    return ApiSchema(
        _joined("Query", "What can be read.", queries),
        _joined("Mutation", "What can be changed.", mutations) if mutations else None,
        types=types,
        channels=ChannelSource(Channel),
    )


def _import_rooms() -> None:
    for module in pkgutil.walk_packages(marketplace_graphql.__path__, "marketplace_graphql."):
        if not module.name.startswith("marketplace_graphql.kernel") and module.name != __name__:
            importlib.import_module(module.name)


def _parts(kind: str) -> list[type[Any]]:
    """The rooms' classes of one kind, in the order of the rooms' names."""
    found: list[type[Any]] = []
    for room in sorted(module.name for module in pkgutil.iter_modules(marketplace_graphql.__path__)):
        name = f"marketplace_graphql.{room}.{kind}"
        if room == "kernel" or not _exists(name):
            continue
        module = importlib.import_module(name)
        found += [
            part
            for part_name, part in vars(module).items()
            if part_name.endswith(kind.capitalize()) and getattr(part, "__module__", None) == name
        ]
    return found


def _exists(module_name: str) -> bool:
    package = importlib.util.find_spec(module_name.rpartition(".")[0])
    if package is None or package.submodule_search_locations is None:
        return False
    return importlib.util.find_spec(module_name) is not None


def _joined(name: str, description: str, parts: list[type[Any]]) -> type[Any]:
    joined: type[Any] = object_type(
        type(name, tuple(parts), {"__doc__": description, "__module__": __name__})
    )
    return joined


if __name__ == "__main__":
    sys.stdout.write(api_schema().sdl() + "\n")
