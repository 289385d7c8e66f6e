"""What product types ask for, of products and of variants; by which of it variants are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.asked import ask, asked_ids
from marketplace.catalog.attributes import (
    Attribute,
    AttributeInputType,
    AttributeScope,
    AttributeType,
    ProductTypeAttribute,
)
from marketplace.catalog.models import Product, ProductType, ProductVariant
from marketplace.kit.errors import DomainError, Errors
from marketplace.kit.ids import to_global_id

CANNOT = "ATTRIBUTE_CANNOT_BE_ASSIGNED"
CHOSEN_BY = (
    AttributeInputType.DROPDOWN,
    AttributeInputType.BOOLEAN,
    AttributeInputType.SWATCH,
    AttributeInputType.NUMERIC,
)
"""Variants are chosen only by attributes of these kinds."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """An attribute that a type is to ask for, of its products or of their variants."""

    attribute: Attribute
    of_variants: bool
    variant_selection: bool = False


async def assign(session: AsyncSession, product_type: ProductType, assignments: Sequence[Assignment]) -> None:
    """Ask products of a type, or their variants, for more attributes.

    Raises Errors: INVALID, ATTRIBUTE_ALREADY_ASSIGNED, ATTRIBUTE_CANNOT_BE_ASSIGNED,
    ATTRIBUTE_VARIANTS_DISABLED, DUPLICATED_INPUT_ITEM.
    """
    _check_variants(product_type, is_needed=any(each.of_variants for each in assignments))
    known: set[int] = set()
    for model in (Product, ProductVariant):
        known |= set(await asked_ids(session, model, product_type.id))
    faults: list[DomainError] = []
    foreign = [each for each in assignments if each.attribute.type is not AttributeType.PRODUCT_TYPE]
    _note(faults, "INVALID", "Products are asked only for attributes of products.", foreign)
    of_products = [each for each in assignments if not each.of_variants]
    reserved = [each for each in of_products if each.attribute.is_variant_only]
    _note(faults, CANNOT, "Only variants are asked for some of these.", reserved)
    choosing = [each for each in of_products if each.variant_selection]
    _note(faults, CANNOT, "Only variants are chosen by attributes.", choosing)
    _note_unchosen(faults, [each for each in assignments if each.of_variants and each.variant_selection])
    again = [each for each in assignments if each.attribute.id in known]
    _note(faults, "ATTRIBUTE_ALREADY_ASSIGNED", "Some of these are asked for already.", again)
    _note(faults, "DUPLICATED_INPUT_ITEM", "Some of these are given twice.", _given_twice(assignments))
    if faults:
        raise Errors(faults)
    for model, of_variants in ((Product, False), (ProductVariant, True)):
        chosen = [each for each in assignments if each.of_variants is of_variants]
        columns = {each.attribute.id: {"variant_selection": each.variant_selection} for each in chosen}
        await ask(session, model, product_type.id, columns)


async def choose_by(session: AsyncSession, product_type: ProductType, chosen: Sequence[Assignment]) -> None:
    """Say by which attributes of a type's variants buyers choose.

    Raises Errors: INVALID, NOT_FOUND, ATTRIBUTE_CANNOT_BE_ASSIGNED, ATTRIBUTE_VARIANTS_DISABLED.
    """
    _check_variants(product_type, is_needed=bool(chosen))
    faults: list[DomainError] = []
    _note(faults, "INVALID", "Name each attribute once.", _given_twice(chosen))
    known = set(await asked_ids(session, ProductVariant, product_type.id))
    unknown = [each for each in chosen if each.attribute.id not in known]
    _note(faults, "NOT_FOUND", "Variants are not asked for some of these.", unknown)
    _note_unchosen(faults, [each for each in chosen if each.variant_selection])
    if faults:
        raise Errors(faults)
    for each in chosen:
        await session.execute(
            update(ProductTypeAttribute)
            .where(
                ProductTypeAttribute.product_type_id == product_type.id,
                ProductTypeAttribute.attribute_id == each.attribute.id,
                ProductTypeAttribute.scope == AttributeScope.VARIANT,
            )
            .values(variant_selection=each.variant_selection)
        )


def _check_variants(product_type: ProductType, *, is_needed: bool) -> None:
    if is_needed and not product_type.has_variants:
        message = "Products of this type have no variants."
        raise DomainError(message, field="operations", code="ATTRIBUTE_VARIANTS_DISABLED")


def _given_twice(assignments: Sequence[Assignment]) -> list[Assignment]:
    named = [each.attribute.id for each in assignments]
    return [each for each in assignments if named.count(each.attribute.id) > 1]


def _note_unchosen(faults: list[DomainError], assignments: Sequence[Assignment]) -> None:
    wrong = [each for each in assignments if each.attribute.input_type not in CHOSEN_BY]
    kinds = ", ".join(kind.value for kind in CHOSEN_BY)
    _note(faults, CANNOT, f"Variants are chosen only by: {kinds}.", wrong)


def _note(faults: list[DomainError], code: str, message: str, wrong: Sequence[Assignment]) -> None:
    if wrong:
        keys = dict.fromkeys(each.attribute.id for each in wrong)
        named = [to_global_id("Attribute", key) for key in keys]
        faults.append(DomainError(message, field="operations", code=code, attributes=named))
