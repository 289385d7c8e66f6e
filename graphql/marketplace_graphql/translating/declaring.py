"""Mutations that translate: one thing, or many at once. Declared in a line each."""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry import ID
from strawberry.utils.str_converters import to_camel_case

from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.kit.models import Base
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    ErrorPolicyEnum,
    Faults,
    Info,
    changes,
    error_entries,
    error_type,
    in_bulk,
    input_type,
    mutation,
    object_type,
)
from marketplace_graphql.kernel.made import NamedLater, by_its_id, called
from marketplace_graphql.kernel.subjects import subject
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.translations import TranslationError

NEEDS = Permission.MANAGE_TRANSLATIONS
BULK_LIMIT = 500

Translate = Callable[[AsyncSession, Any, str, Mapping[str, Any]], Awaitable[Any]]
"""(session, row, language code, texts) -> the translation."""
Follow = Callable[[AsyncSession, Sequence[Any]], Awaitable[None]]
Rule = Callable[[Any], Any]
"""(model) -> which of its rows a translator may translate."""


def translating(
    model: type[Base],
    texts: type[Any],
    translate: Translate,
    *,
    doc: str,
    returns: str | None = None,
    field: str | None = None,
    follow: Follow | None = None,
    rule: Rule | None = None,
    twin: str | None = "translationErrors",
    deprecated: str | None = None,
) -> Any:
    """`categoryTranslate(id, input, languageCode)`: the id may be the thing's or that of its texts.

    Translators translate everything there is, also what is not for sale yet; `rule` says what they may not.
    `twin` is the errors' older name in the payload, None where Saleor never had it.
    """

    @subject()
    async def the_row(info: Info, id: ID) -> Base:
        return await _row(info, model, "id", id, rule)

    def declare(name: str, module: str) -> Any:
        async def write(self: Any, info: Info, row: Any, input: Any, language_code: LanguageCodeEnum) -> Any:
            await translate(info.session, row, language_code.value, changes(input))
            if follow is not None:
                await follow(info.session, [row])
            return row

        return mutation(
            returns=returns or model.__name__,
            errors=dataclasses.replace(TranslationError, twin=twin),
            needs=NEEDS,
            about=by_its_id(model, the_row),
            field=field,
            deprecated=deprecated,
        )(called(write, name, module, doc, input=texts))

    return NamedLater(declare)


def bulk_translating(
    model: type[Base],
    texts: type[Any],
    translate: Translate,
    *,
    doc: str,
    names: str,
    follow: Follow | None = None,
    rule: Rule | None = None,
) -> Any:
    """`productBulkTranslate(translations, errorPolicy)` of things by id or external reference.

    `names` is how Saleor's types of it begin: `Product` for `ProductBulkTranslateInput` and its like.
    """
    errors = error_type(
        f"{names}BulkTranslateError",
        ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED"),
        path_only=True,
        codes_name=f"{names}TranslateErrorCode",
    )
    one = input_type(
        _class(
            f"{names}BulkTranslateInput",
            "One thing, and what is said of it in a language.",
            id=ID | None,
            external_reference=str | None,
            language_code=LanguageCodeEnum,
            translation_fields=texts,
        )
    )
    result = object_type(
        _class(
            f"{names}BulkTranslateResult",
            "What became of one translation.",
            translation=f"{names}Translation | None",
            errors=list[errors.declared] | None,  # type: ignore[name-defined]
        )
    )

    def declare(name: str, module: str) -> Any:
        async def write(
            self: Any, info: Info, translations: Any, error_policy: ErrorPolicyEnum | None = None
        ) -> dict[str, Any]:
            info.at_most(BULK_LIMIT, translations, "translations")
            done: list[Base] = []

            async def translate_one(given: Any, faults: Faults) -> Any:
                row = await _named_row(info, model, given, rule)
                said = changes(given.translation_fields)
                made = None
                for part in [{each: text} for each, text in said.items()] or [{}]:
                    with faults.at():
                        made = await translate(info.session, row, given.language_code.value, part)
                done.append(row)
                return made or await translate(info.session, row, given.language_code.value, {})

            outcomes = await in_bulk(info.session, translations, translate_one, error_policy)
            if follow is not None:
                await follow(info.session, done)
            found = [
                {"translation": each.row, "errors": error_entries(errors, each.errors)} for each in outcomes
            ]
            return {"count": sum(each.row is not None for each in outcomes), "results": found}

        return mutation(
            returns={"count": int, "results": list[result]},  # type: ignore[valid-type]
            failed={"count": 0, "results": []},
            errors=errors,
            needs=NEEDS,
        )(called(write, name, module, doc, translations=list[one]))  # type: ignore[valid-type]

    return NamedLater(declare)


def _class(name: str, doc: str, **annotations: Any) -> type[Any]:
    return type(name, (), {"__annotations__": annotations, "__module__": __name__, "__doc__": doc})


async def _named_row(info: Info, model: type[Any], given: Any, rule: Rule | None) -> Base:
    """The row that an item of a bulk names. Raises DomainErrors."""
    if bool(given.id) == bool(given.external_reference):
        raise DomainError("Give one of 'id' and 'externalReference'.", code="GRAPHQL_ERROR")
    name = "id" if given.id else "external_reference"
    return await _row(info, model, name, getattr(given, name), rule)


async def _row(info: Info, model: type[Any], name: str, value: str, rule: Rule | None) -> Base:
    """The row itself, whoever else may see it. Raises NotFoundError."""
    field = to_camel_case(name)
    try:
        wanted = info.key(value, *info.schema.types_of_model(model)) if name == "id" else value
    except InvalidError as error:
        raise NotFoundError(error.message, field=field) from error
    found = select(model).where(getattr(model, name) == wanted)
    row: Base | None = await info.session.scalar(found if rule is None else found.where(rule(model)))
    if row is None:
        raise NotFoundError(f"Couldn't resolve to a node: {value}", field=field)
    return row
