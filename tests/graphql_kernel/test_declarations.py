"""Declarations that can't be kept are refused when the schema is made; those that can are described by it."""

import pytest
from graphql import parse

from marketplace_graphql.kernel import (
    ID,
    ApiSchema,
    DeclarationError,
    Node,
    column,
    expression,
    node,
    object_type,
    related,
    visibility,
)
from tests.graphql_kernel import models


def schema_of(declared: type) -> ApiSchema:
    query = object_type(
        type(
            "Query",
            (),
            {
                "__annotations__": {"it": declared | None},
                "__module__": __name__,
                "it": related(lambda root, it, ctx: it.id == 1),
            },
        )
    )
    return ApiSchema(query)


def test_a_promise_on_a_nullable_column_is_refused() -> None:
    @node(models.Loan)
    class Promised(Node):
        note: str

    with pytest.raises(DeclarationError, match=r"Promised\.note promises never to be null"):
        schema_of(Promised)


def test_a_column_that_is_not_there_is_refused() -> None:
    @node(models.Loan)
    class Missing(Node):
        colour: str | None = column("color")

    with pytest.raises(DeclarationError, match=r"Missing\.colour: Loan has no color"):
        schema_of(Missing)


def test_a_name_that_nobody_declares_is_refused_with_its_place() -> None:
    @node(models.Loan)
    class Wanting(Node):
        book: "Nowhere | None" = related()  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(DeclarationError, match=r"Nowhere \(in Wanting\.book\)"):
        schema_of(Wanting)


def test_an_argument_without_a_type_is_refused() -> None:
    with pytest.raises(DeclarationError, match="size needs a type"):

        @expression
        def picture(row, ctx, size=1) -> str:  # type: ignore[no-untyped-def]
            return row


def test_a_field_without_a_type_is_refused() -> None:
    with pytest.raises(DeclarationError, match="untyped has no type"):

        @object_type
        class Untyped:
            untyped = expression(lambda row, ctx: 1)


def test_a_model_has_one_rule_of_visibility() -> None:
    with pytest.raises(DeclarationError, match="Book already says which of its rows are visible"):
        visibility(models.Book)(lambda row, ctx: row.id == 1)


def test_a_node_derives_from_node() -> None:
    with pytest.raises(DeclarationError, match="derives from Node"):

        @node(models.Loan)
        class Rootless:
            id: ID


def test_descriptions_are_docstrings_and_the_strings_below_fields(schema: ApiSchema) -> None:
    author = schema.graphql.type_map["Author"]
    assert author.description == "Who writes."
    assert author.fields["name"].description == "As on the cover."
    book = schema.graphql.type_map["Book"]
    assert book.fields["longerThan"].description == "Whether its title is longer than another."


def test_the_schema_prints_as_graphql(schema: ApiSchema) -> None:
    sdl = schema.sdl()
    assert parse(sdl)
    assert "type BookCountableConnection" in sdl
    assert "bookUpdate(id: ID!, input: BookInput!): BookUpdate" in sdl
    assert "longerThan(other: String!, strictly: Boolean! = true): Boolean!" in sdl
    assert "chapter(id: ID, position: Int): Prose" in sdl
