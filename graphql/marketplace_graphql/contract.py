"""What of Saleor's contract is there and what is not: `docs/saleor.md`, printed from the schema.

`python -m marketplace_graphql.contract PAGE --reference SCHEMA` prints the page; the reference is Saleor's
own schema, which any Saleor 3.23 gives by introspection. Without a reference the page is held against our
schema: what it calls missing must be missing, and what it does not call ours must be as much as it says.
"""

import argparse
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
)

from marketplace_graphql.absent import ABSENT_ON_PURPOSE
from marketplace_graphql.schema import api_schema

BUILT_IN = ("String", "Int", "Float", "Boolean", "ID")
WIDTH = 110

INTRODUCTION = """\
# Saleor's contract: what is there, and what is not

Our API is compatible with the schema of Saleor 3.23: what is there has Saleor's names, arguments, types and
meaning, and what is not there yet is absent, never a stub. This page is printed from our schema by
`make contract`, and CI fails when it is stale. An element is a type, a field, an argument, a value of an
enum, a field of an input, a member of a union or an interface that a type implements. A field that is missing
is missing with its arguments.
"""

ABSENT = "Types that are not there"
LACKING = "Types that lack something"
ON_PURPOSE = "What stays absent, and why"
OWN_TYPES = "What we add: types"
OWN_FIELDS = "What we add: to Saleor's types"

Elements = Mapping[str, set[str]]
"""Coordinates by type: `Type`, `Type.member`, `Type.field(argument:)`."""


@dataclass(frozen=True)
class Standing:
    """How our schema stands to the contract."""

    there: int
    """How many elements of the contract our schema has."""
    whole: int
    """How many elements the contract has."""
    lacking: frozenset[str]
    """What types that are there lack, as coordinates; root fields among it."""
    absent: frozenset[str]
    """Types that are not there."""
    added: frozenset[str]
    """Elements of ours that the contract does not have; a type of ours stands for all that it has."""


def elements(schema: GraphQLSchema) -> dict[str, set[str]]:
    """The coordinates of all elements of a schema, by type."""
    return {
        type_.name: {type_.name, *(f"{type_.name}.{member}" for member in _members(type_))}
        for type_ in schema.type_map.values()
        if not type_.name.startswith("__") and type_.name not in BUILT_IN
    }


def _members(type_: GraphQLNamedType) -> Iterator[str]:
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in type_.fields.items():
            yield name
            yield from (f"{name}({argument}:)" for argument in field.args)
        yield from (f"implements {interface.name}" for interface in type_.interfaces)
    elif isinstance(type_, GraphQLInputObjectType):
        yield from type_.fields
    elif isinstance(type_, GraphQLEnumType):
        yield from type_.values
    elif isinstance(type_, GraphQLUnionType):
        yield from (member.name for member in type_.types)


def compared(ours: Elements, contract: Elements) -> Standing:
    """How our elements stand to the contract's."""
    there = sum(len(ours[name] & contract[name]) for name in ours.keys() & contract.keys())
    lacking = {one for name in ours.keys() & contract.keys() for one in contract[name] - ours[name]}
    added = {one for name in ours.keys() & contract.keys() for one in ours[name] - contract[name]}
    return Standing(
        there,
        sum(map(len, contract.values())),
        frozenset(_without_their_arguments(lacking)),
        frozenset(contract.keys() - ours.keys()),
        frozenset(_without_their_arguments(added) | (ours.keys() - contract.keys())),
    )


def _without_their_arguments(coordinates: set[str]) -> set[str]:
    return {one for one in coordinates if "(" not in one or one.partition("(")[0] not in coordinates}


def complaints(ours: Elements, page: Standing) -> Iterator[str]:
    """What the page says wrongly of our schema, as far as that can be told without the contract."""
    everything = {one for of_type in ours.values() for one in of_type}
    for one in sorted((page.lacking | page.absent) & everything):
        yield f"{one} is there."
    for one in sorted(page.added - everything):
        yield f"{one} is not there."
    of_contract = {
        one
        for one in everything - page.added
        if one.partition(".")[0] not in page.added and one.partition("(")[0] not in page.added
    }
    if len(of_contract) != page.there and not (page.lacking | page.absent) & everything:
        yield f"{len(of_contract):,} elements are there that are not called ours, not {page.there:,}."


def printed(standing: Standing) -> str:
    """The page."""
    lacking, own = _by_type(standing.lacking), _by_type(one for one in standing.added if "." in one)
    share = standing.there / standing.whole
    figures = (
        f"**{standing.there:,} of {standing.whole:,} elements ({share:.1%}) are there.** "
        f"{len(standing.absent):,} types are not there at all; {len(lacking):,} lack something, "
        "the roots among them."
    )
    own_types = sorted(one for one in standing.added if "." not in one)
    return "\n".join(
        [
            INTRODUCTION,
            textwrap.fill(figures, WIDTH) + "\n",
            f"## {LACKING}\n\n{_table(lacking)}",
            f"## {ABSENT}\n\n{_listed(sorted(standing.absent))}\n",
            *_on_purpose(standing),
            f"## {OWN_TYPES}\n\n{_listed(own_types)}\n",
            f"## {OWN_FIELDS}\n\n{_table(own)}",
        ]
    )


def _on_purpose(standing: Standing) -> Iterator[str]:
    missing = standing.lacking | standing.absent
    said = [(one.why, [name for name in one.names if name in missing]) for one in ABSENT_ON_PURPOSE]
    rows = [_listed(names, "- ", "  ") + "\n" + _wrapped(why) for why, names in said if names]
    if rows:
        yield f"## {ON_PURPOSE}\n\n" + "\n".join(rows) + "\n"


def _wrapped(why: str) -> str:
    return textwrap.fill(why, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def read(page: str) -> Standing:
    """What a printed page says."""
    sections = {part.partition("\n")[0]: part.partition("\n")[2] for part in page.split("\n## ")}
    figures = re.search(r"\*\*([\d,]+) of\s([\d,]+)", page)
    if figures is None:
        raise ValueError("the page has no figures")
    there, whole = (int(figure.replace(",", "")) for figure in figures.groups())
    return Standing(
        there,
        whole,
        frozenset(_of_table(sections[LACKING])),
        frozenset(_quoted(sections[ABSENT])),
        frozenset({*_quoted(sections[OWN_TYPES]), *_of_table(sections[OWN_FIELDS])}),
    )


def _by_type(coordinates: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in sorted(coordinates):
        name, _, member = one.partition(".")
        found[name].append(member)
    return found


def _listed(names: Iterable[str], head: str = "", indent: str = "") -> str:
    text = head + ", ".join(f"`{name}`" for name in names)
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def _table(by_type: Mapping[str, list[str]]) -> str:
    return "".join(
        _listed(members, f"- **{name}**: ", "  ") + "\n" for name, members in sorted(by_type.items())
    )


def _of_table(text: str) -> Iterator[str]:
    for row in re.split(r"^- ", text, flags=re.MULTILINE)[1:]:
        name = row.partition("**: ")[0].removeprefix("**")
        yield from (f"{name}.{member}" for member in _quoted(row))


def _quoted(text: str) -> list[str]:
    return [" ".join(name.split()) for name in re.findall(r"`([^`]+)`", text)]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("page", type=Path)
    arguments.add_argument("--reference", type=Path, help="Saleor's own schema: print the page anew")
    given = arguments.parse_args()
    ours = elements(api_schema().graphql)
    if given.reference:
        contract = build_schema(given.reference.read_text(encoding="utf-8"))
        sys.stdout.write(printed(compared(ours, elements(contract))))
        return 0
    found = list(complaints(ours, read(given.page.read_text(encoding="utf-8"))))
    if found:
        sys.stderr.write("\n".join([f"{given.page} is stale: make contract REFERENCE=...", *found[:20], ""]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
