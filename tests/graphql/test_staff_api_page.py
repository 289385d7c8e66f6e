"""docs/staff-api.md speaks of what there is: its examples are valid, its names are names of the schema."""

import re
from pathlib import Path

from graphql import parse, print_schema, validate

from marketplace_graphql.schema import api_schema

PAGE = (Path(__file__).parents[2] / "docs" / "staff-api.md").read_text(encoding="utf-8")


def test_examples_are_valid() -> None:
    examples = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) > 5
    for example in examples:
        assert validate(api_schema().graphql, parse(example)) == []


def test_names_are_names_of_the_schema() -> None:
    known = set(re.findall(r"\w+", print_schema(api_schema().graphql)))
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    quoted = {word for code in re.findall(r"`([^`\n]+)`", prose) for word in re.findall(r"[\w-]+", code)}
    said = {word for word in quoted if re.fullmatch(r"[a-z]+([A-Z][a-z]+)+|MANAGE_\w+|[A-Z]+_[A-Z_]+", word)}
    assert len(said) > 50
    assert {word for word in said - known if not word.startswith("MARKETPLACE_")} == set()
