"""How staff make and change types of products, and what products and variants are asked for."""

from enum import Enum
from typing import Any

from strawberry import ID

from marketplace.catalog import assignments, models, product_types
from marketplace.catalog import attributes as asked
from marketplace.catalog.asked import ask_no_more, reorder_asked
from marketplace.kit.errors import DomainError, Errors, InvalidError, NotFoundError
from marketplace.markets.models import TaxClass
from marketplace.people.permissions import Permission
from marketplace_graphql.attributes.attribute_mutations import given_moves
from marketplace_graphql.catalog.product_errors import ProductError
from marketplace_graphql.catalog.products import ProductTypeKindEnum
from marketplace_graphql.inputs import ReorderInput
from marketplace_graphql.kernel import (
    Info,
    WeightScalar,
    bulk_deletion,
    changes,
    deletion,
    enum,
    input_type,
    mutation,
    object_type,
)

NEEDS = Permission.MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES
AT_ONCE = 100
ONE_FORM = "Every product has variants; this says whether they are chosen from."


@enum
class ProductAttributeType(Enum):
    """Who is asked for an attribute: the product, or each of its variants."""

    PRODUCT = "PRODUCT"
    VARIANT = "VARIANT"


@input_type(
    outdated={"has_variants": ONE_FORM, "tax_code": "Taxes are worked out by `taxClass`."},
)
class ProductTypeInput:
    """A new type of products, or what changes of one."""

    name: str | None
    slug: str | None
    """Made of the name where a new type has none."""
    kind: "ProductTypeKindEnum | None"
    has_variants: bool | None
    """Whether buyers choose from variants."""
    product_attributes: list[ID] | None
    """All that products are asked for."""
    variant_attributes: list[ID] | None
    """All that variants are asked for."""
    is_shipping_required: bool | None
    is_digital: bool | None
    """Nothing digital is sold here: only `false` will do."""
    weight: WeightScalar | None
    """What a product weighs that says nothing itself."""
    tax_code: str | None
    tax_class: ID | None
    """How products are taxed that have no tax class of their own."""


@input_type
class ProductAttributeAssignInput:
    """An attribute that is to be asked for."""

    id: ID
    type: ProductAttributeType
    variant_selection: bool | None
    """Whether buyers choose a variant by it."""


@input_type
class ProductAttributeAssignmentUpdateInput:
    """Whether buyers choose a variant by an attribute."""

    id: ID
    variant_selection: bool


MODELS: dict[ProductAttributeType, type[Any]] = {
    ProductAttributeType.PRODUCT: models.Product,
    ProductAttributeType.VARIANT: models.ProductVariant,
}


@object_type
class ProductTypeMutations:
    """What is changed of types of products."""

    @mutation(returns="ProductType", errors=ProductError, needs=NEEDS)
    async def product_type_create(self, info: Info, input: ProductTypeInput) -> models.ProductType:
        """Makes a type of products."""
        said = await _said(info, input)
        return await product_types.create_product_type(info.session, said, **await _asked(info, said))

    @mutation(returns="ProductType", errors=ProductError, needs=NEEDS)
    async def product_type_update(self, info: Info, id: ID, input: ProductTypeInput) -> models.ProductType:
        """Changes a type of products. What was answered to attributes that are left out is gone."""
        product_type = await _found(info, id, "id")
        said = await _said(info, input)
        return await product_types.update_product_type(
            info.session, product_type, said, **await _asked(info, said)
        )

    product_type_delete = deletion(
        models.ProductType,
        product_types.delete_product_types,
        doc="Deletes a type of products with all its products, whoever sells them.",
        errors=ProductError,
        needs=NEEDS,
    )
    product_type_bulk_delete = bulk_deletion(
        models.ProductType,
        product_types.delete_product_types,
        doc="Deletes types of products with all their products, whoever sells them.",
        errors=ProductError,
        needs=NEEDS,
    )

    @mutation(returns="ProductType", errors=ProductError, needs=NEEDS)
    async def product_attribute_assign(
        self, info: Info, product_type_id: ID, operations: list[ProductAttributeAssignInput]
    ) -> models.ProductType:
        """Asks products of a type, or their variants, for more attributes."""
        product_type = await _found(info, product_type_id, "productTypeId")
        found = await _attributes(info, [each.id for each in operations], "operations")
        given = [
            assignments.Assignment(
                attribute,
                of_variants=each.type is ProductAttributeType.VARIANT,
                variant_selection=bool(changes(each).get("variant_selection")),
            )
            for attribute, each in zip(found, operations, strict=True)
        ]
        await assignments.assign(info.session, product_type, given)
        return product_type

    @mutation(returns="ProductType", errors=ProductError, needs=NEEDS)
    async def product_attribute_assignment_update(
        self, info: Info, product_type_id: ID, operations: list[ProductAttributeAssignmentUpdateInput]
    ) -> models.ProductType:
        """Says by which attributes buyers choose a variant."""
        product_type = await _found(info, product_type_id, "productTypeId")
        found = await _attributes(info, [each.id for each in operations], "operations")
        given = [
            assignments.Assignment(attribute, of_variants=True, variant_selection=each.variant_selection)
            for attribute, each in zip(found, operations, strict=True)
        ]
        await assignments.choose_by(info.session, product_type, given)
        return product_type

    @mutation(returns="ProductType", errors=ProductError, needs=NEEDS)
    async def product_attribute_unassign(
        self, info: Info, product_type_id: ID, attribute_ids: list[ID]
    ) -> models.ProductType:
        """Asks products and variants of a type for some attributes no more. What was answered is gone."""
        product_type = await _found(info, product_type_id, "productTypeId")
        found = await _attributes(info, attribute_ids, "attributeIds")
        keys = [attribute.id for attribute in found]
        for model in (models.Product, models.ProductVariant):
            await ask_no_more(info.session, model, product_type.id, keys)
        return product_type

    @mutation(returns="ProductType", errors=ProductError, needs=NEEDS)
    async def product_type_reorder_attributes(
        self, info: Info, product_type_id: ID, type: ProductAttributeType, moves: list[ReorderInput]
    ) -> models.ProductType:
        """Puts what products of a type, or their variants, are asked for in another order."""
        product_type = await _found(info, product_type_id, "productTypeId")
        given = given_moves(info, moves, "Attribute")
        await reorder_asked(info.session, MODELS[type], product_type.id, given)
        return product_type


async def _found(info: Info, product_type_id: ID, field: str) -> models.ProductType:
    return await info.find(models.ProductType, product_type_id, field_name=field, lock=True)


async def _attributes(info: Info, ids: list[ID], field: str) -> list[asked.Attribute]:
    info.at_most(AT_ONCE, ids, field)
    try:
        return await info.find_many(asked.Attribute, ids, field_name=field)
    except NotFoundError as error:
        error.details["attributes"] = await _missing(info, ids)
        raise


async def _missing(info: Info, ids: list[ID]) -> list[ID]:
    keys = {info.key(each, "Attribute"): each for each in ids}
    return [each for key, each in keys.items() if key not in await info.seen(asked.Attribute, keys)]


async def _asked(info: Info, said: dict[str, Any]) -> dict[str, list[asked.Attribute] | None]:
    """What products and variants are to be asked for, where it was said."""
    given = {name: said.pop(name, None) for name in ("product_attributes", "variant_attributes")}
    return {
        "of_products": await _whole(info, given["product_attributes"], "productAttributes"),
        "of_variants": await _whole(info, given["variant_attributes"], "variantAttributes"),
    }


async def _whole(info: Info, ids: list[ID] | None, field: str) -> list[asked.Attribute] | None:
    return None if ids is None else await _attributes(info, list(dict.fromkeys(ids)), field)


async def _said(info: Info, input: ProductTypeInput) -> dict[str, Any]:
    """What was sent, under the names of the type's columns. Raises Errors, NotFoundError."""
    said = changes(input)
    faults: list[DomainError] = []
    if said.pop("is_digital", None):
        faults.append(InvalidError("Nothing digital is sold here.", field="isDigital"))
    if said.pop("tax_code", None):
        faults.append(InvalidError("Name a tax class instead of a code.", field="taxCode"))
    if faults:
        raise Errors(faults)
    if "tax_class" in said:
        tax_class = said.pop("tax_class")
        found = tax_class and await info.find(TaxClass, tax_class, field_name="taxClass")
        said["tax_class_id"] = found.id if found else None
    return said
