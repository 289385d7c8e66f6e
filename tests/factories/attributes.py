"""Attributes for tests, who is asked for them, and what is answered."""

from itertools import count

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import (
    Attribute,
    AttributeScope,
    AttributeType,
    AttributeValue,
    CustomerTypeAttribute,
    ProductTypeAttribute,
    product_attribute_value,
    user_attribute_value,
    variant_attribute_value,
)
from marketplace.catalog.models import Product, ProductType, ProductVariant
from marketplace.content.pages import Page, PageType, PageTypeAttribute, page_attribute_value
from marketplace.people.models import CustomerType, User

_numbers = count(1)


async def make_attribute(
    session: AsyncSession,
    asked_by: ProductType | PageType | CustomerType | None = None,
    *,
    scope: AttributeScope = AttributeScope.PRODUCT,
    variant_selection: bool = False,
    **given: object,
) -> Attribute:
    """An attribute that a type asks for: of its products, its variants, its pages or its customers."""
    number = next(_numbers)
    defaults: dict[str, object] = {"slug": f"attribut-{number}", "name": f"Attribut {number}"}
    if isinstance(asked_by, PageType):
        defaults["type"] = AttributeType.PAGE_TYPE
    if isinstance(asked_by, CustomerType):
        defaults["type"] = AttributeType.CUSTOMER_TYPE
    attribute = Attribute(**defaults | given)
    session.add(attribute)
    await session.flush()
    if isinstance(asked_by, PageType):
        session.add(PageTypeAttribute(page_type_id=asked_by.id, attribute_id=attribute.id, position=number))
    elif isinstance(asked_by, CustomerType):
        session.add(
            CustomerTypeAttribute(customer_type_id=asked_by.id, attribute_id=attribute.id, position=number)
        )
    elif asked_by is not None:
        session.add(
            ProductTypeAttribute(
                product_type_id=asked_by.id,
                attribute_id=attribute.id,
                scope=scope,
                position=number,
                variant_selection=variant_selection,
            )
        )
    await session.flush()
    return attribute


async def make_value(session: AsyncSession, attribute: Attribute, **given: object) -> AttributeValue:
    number = next(_numbers)
    defaults: dict[str, object] = {"slug": f"valeur-{number}", "name": f"Valeur {number}"}
    value = AttributeValue(attribute_id=attribute.id, **defaults | {"position": number} | given)
    session.add(value)
    await session.flush()
    return value


async def answer(
    session: AsyncSession, row: Product | ProductVariant | Page | User, *values: AttributeValue
) -> None:
    """Let a row give values, in this order."""
    table, owner = {
        Product: (product_attribute_value, "product_id"),
        ProductVariant: (variant_attribute_value, "variant_id"),
        Page: (page_attribute_value, "page_id"),
        User: (user_attribute_value, "user_id"),
    }[type(row)]
    for position, value in enumerate(values):
        said = {owner: row.id, "value_id": value.id, "position": position}
        await session.execute(insert(table).values(said))
